//! A2A agent cards, 1.0 and 0.3: the agent, its skills as items of its tools surface, its sign-in schemes.

use crate::input::Input;
use crate::secrets::Scrub;
use crate::{Error, Result};
use domain::identity;
use domain::json;
use domain::snapshot::{Hints, SeenCredential, SeenIdentity, SeenSurface, SeenTool, Snapshot};
use domain::surface::SurfaceKind;
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

#[derive(Deserialize)]
struct Interface {
    url: String,
}

#[derive(Deserialize)]
struct Provider {
    #[serde(default)]
    organization: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Card {
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    supported_interfaces: Vec<Interface>,
    /// 0.3 cards.
    url: Option<String>,
    #[serde(default)]
    version: String,
    provider: Option<Provider>,
    #[serde(default)]
    skills: Vec<Value>,
    #[serde(default)]
    security_schemes: BTreeMap<String, Value>,
}

pub fn read(input: &Input, scrub: Scrub) -> Result<Snapshot> {
    let mut out = Snapshot::default();
    let mut index = HashMap::new();
    for file in &input.files {
        let card: Card = serde_json::from_str(&file.text()?).map_err(|e| Error::json(&file.name, &e))?;
        card_into(&mut out, &mut index, (&file.name, scrub), card)?;
    }
    Ok(out)
}

fn card_into(
    out: &mut Snapshot,
    index: &mut HashMap<(&'static str, String), u32>,
    (file, scrub): (&str, Scrub),
    mut card: Card,
) -> Result<()> {
    // Before digests are taken: one over text that holds a secret is a digest of the secret.
    card.skills.iter_mut().for_each(|s| scrub.json(s));
    let url = card
        .supported_interfaces
        .first()
        .map(|i| i.url.clone())
        .or(card.url)
        .ok_or_else(|| Error::at(file, "supportedInterfaces", "a card without an interface URL"))?;
    let mut hints = Hints::from_iter([
        ("url".to_owned(), url.clone()),
        ("version".to_owned(), card.version),
        ("description".to_owned(), card.description),
    ]);
    if let Some(provider) = card.provider {
        hints.insert("provider", &provider.organization);
    }
    let seen = SeenIdentity {
        key_kind: "a2a_url",
        key: url.clone(),
        kind: identity::Kind::AiAgent,
        name: card.name,
        human: None,
        platform_managed: false,
        unknown_access: vec!["an agent card says what the agent offers, not what it may reach".to_owned()],
        hints,
    };
    let identity = out.identity(index, seen);
    let digest = json::digest(&card.skills).map_err(|e| Error::new(file, e.to_string()))?;
    out.surfaces.push(SeenSurface { identity, kind: SurfaceKind::Tools, locator: url, digest: Some(digest), content: None });
    let surface = (out.surfaces.len() - 1) as u32;
    for (i, skill) in card.skills.iter().enumerate() {
        let name = skill
            .get("id")
            .or_else(|| skill.get("name"))
            .and_then(Value::as_str)
            .ok_or_else(|| Error::at(file, format!("skills[{i}]"), "a skill without an id"))?;
        let canonical = json::canonical(skill).map_err(|e| Error::new(file, e.to_string()))?;
        out.tools.push(SeenTool {
            surface,
            name: name.to_owned(),
            drift_key: json::sha256_hex(canonical.as_bytes()),
            annotations: "{}".to_owned(),
            definition: canonical,
        });
    }
    for (name, scheme) in card.security_schemes {
        let method = scheme
            .as_object()
            .and_then(|o| o.get("type").and_then(Value::as_str).map(str::to_owned).or_else(|| o.keys().next().cloned()))
            .unwrap_or_else(|| "unknown".to_owned());
        out.credentials.push(SeenCredential { identity, method, key_id: name, issued_at: None, expires_at: None, state: None });
    }
    Ok(())
}
