//! `clientDataJSON`: what the browser says the signature is for. Parsed from the bytes as received; members that are not
//! known, and any order of them, are legal.

use super::{Expected, Refused};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny};
use subtle::ConstantTimeEq;

/// A typed struct, so that a member that stands twice is refused: two readers would each take another one.
#[derive(Deserialize)]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(default, rename = "crossOrigin")]
    cross_origin: bool,
    /// Present at all, whatever it says.
    #[serde(default, rename = "topOrigin", deserialize_with = "present")]
    top_origin: bool,
}

fn present<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(from).map(|_| true)
}

fn parse(bytes: &[u8]) -> Option<ClientData> {
    let text = std::str::from_utf8(bytes).ok()?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // serde would read the members from a list too.
    if !text.trim_start().starts_with('{') {
        return None;
    }
    serde_json::from_str(text).ok()
}

/// Type, challenge, origin and embedding.
pub(super) fn check(bytes: &[u8], expected: &Expected) -> Result<(), Refused> {
    let data = parse(bytes).ok_or(Refused::Malformed)?;
    if data.kind != "webauthn.get" {
        return Err(Refused::WrongType);
    }
    let challenge = URL_SAFE_NO_PAD.decode(&data.challenge).map_err(|_| Refused::WrongChallenge)?;
    if !bool::from(challenge.ct_eq(expected.challenge)) {
        return Err(Refused::WrongChallenge);
    }
    if !expected.site.origins.contains(&data.origin) {
        return Err(Refused::WrongOrigin);
    }
    if data.cross_origin || data.top_origin {
        return Err(Refused::CrossOrigin);
    }
    Ok(())
}
