//! Passkeys: what a decision's signature covers (`challenge`), the public keys (`key`), and whether an assertion holds
//! (`verify`). Pure, for the server and for whoever verifies a receipt offline: everything that is expected comes from the
//! verifier's own configuration, never from what is verified. Source: Web Authentication Level 3, section 7.2.

mod bytes;
pub mod challenge;
mod client;
mod decision;
pub mod key;
mod site;
mod verify;

pub use bytes::Bytes;
pub use challenge::Verdict;
pub use decision::{Decided, Evidence};
pub use site::Site;
pub use verify::{Counter, Enrolled, Expected, Seen, verify};

use serde::{Deserialize, Serialize};

crate::words! {
    /// Why an assertion is refused: the first check that fails, in the order of the specification.
    Refused {
        UnknownCredential = "unknown_credential", "this passkey isn't one of the person's";
        Malformed = "malformed", "the answer of the browser can't be read";
        WrongType = "wrong_type", "the passkey was asked for something else";
        WrongChallenge = "wrong_challenge", "the passkey signed something else";
        WrongOrigin = "wrong_origin", "the passkey was used on another site";
        CrossOrigin = "cross_origin", "the passkey was used inside another site's page";
        WrongRp = "wrong_rp", "the passkey belongs to another site";
        UserNotPresent = "user_not_present", "nobody touched the passkey";
        UserNotVerified = "user_not_verified", "the device didn't check who used the passkey";
        BackupFlags = "backup_flags", "the passkey contradicts itself about backups";
        BackupChanged = "backup_changed", "the passkey changed its kind since it was added";
        UnsupportedAlgorithm = "unsupported_algorithm", "the passkey's algorithm isn't supported";
        BadSignature = "bad_signature", "the signature is wrong";
        Counter = "counter", "the passkey may have been copied: its counter didn't grow";
    }
}

crate::words! {
    /// What a ceremony is for. One that was begun for something else answers nothing.
    Purpose {
        Enrol = "enrol", "add a passkey";
        SignIn = "sign_in", "sign in";
        Reauth = "reauth", "confirm who you are";
        Decide = "decide", "sign a decision";
    }
}

/// What an authenticator answered, as received: nothing of it is decoded and encoded again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assertion {
    pub credential: Bytes,
    pub client_data: Bytes,
    pub authenticator_data: Bytes,
    pub signature: Bytes,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_handle: Option<Bytes>,
}

impl Assertion {
    /// Reads the JSON that the page sends and the store keeps. None where it is not that, or larger than any authenticator's.
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str::<Self>(text).ok().filter(Self::is_small)
    }

    /// The largest that is looked at: 4 KiB of client data, 1 KiB of each of the others, a credential id of 1,023 bytes.
    fn is_small(&self) -> bool {
        let handle = self.user_handle.as_ref().map_or(0, |h| h.0.len());
        self.client_data.0.len() <= 4096
            && self.authenticator_data.0.len() <= 1024
            && self.signature.0.len() <= 1024
            && (1..=1023).contains(&self.credential.0.len())
            && handle <= 64
    }
}
