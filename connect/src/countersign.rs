//! Our own JSON, for sources that no other importer reads. The schema is published at
//! `/api/schemas/import.json`; unknown members are refused, so that a typing error is not silence.

use crate::input::Input;
use crate::secrets::Scrub;
use crate::{Error, Result};
use domain::identity;
use domain::json;
use domain::rule::{Dialect, Effect, Rule, Via};
use domain::snapshot::{SeenCredential, SeenIdentity, SeenSet, SeenSurface, Snapshot};
use domain::surface;
use domain::time::Timestamp;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap, HashSet};

/// The JSON Schema of the format.
pub const SCHEMA: &str = include_str!("countersign.schema.json");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    source: Option<String>,
    identities: Vec<Identity>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Identity {
    key: String,
    name: String,
    kind: identity::Kind,
    #[serde(default)]
    hints: BTreeMap<String, String>,
    #[serde(default)]
    grants: Vec<Grant>,
    #[serde(default)]
    surfaces: Vec<Surface>,
    #[serde(default)]
    credentials: Vec<Credential>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Grant {
    #[serde(default)]
    permission_set: Option<String>,
    #[serde(default = "allow")]
    effect: Effect,
    actions: Vec<String>,
    resources: Vec<String>,
    #[serde(default)]
    conditions: Vec<String>,
    #[serde(default)]
    ends_at: Option<String>,
}

fn allow() -> Effect {
    Effect::Allow
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Surface {
    kind: surface::SurfaceKind,
    locator: String,
    #[serde(default)]
    content: Option<String>,
    #[serde(default)]
    digest: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Credential {
    method: String,
    key_id: String,
    #[serde(default)]
    issued_at: Option<String>,
    #[serde(default)]
    expires_at: Option<String>,
}

pub fn read(input: &Input, scrub: Scrub) -> Result<Snapshot> {
    let mut out = Snapshot::default();
    let (mut identities, mut sets) = (HashMap::new(), HashMap::new());
    for file in &input.files {
        let parsed: File = serde_json::from_str(&file.text()?).map_err(|e| Error::json(&file.name, &e))?;
        if parsed.version != 1 {
            return Err(Error::at(&file.name, "version", format!("version {} is not known; this reads version 1", parsed.version)));
        }
        out.default_source = out.default_source.or(parsed.source);
        for (i, one) in parsed.identities.into_iter().enumerate() {
            let place = format!("identities[{i}]");
            add(&mut out, (&mut identities, &mut sets), scrub, one).map_err(|(p, r)| Error::at(&file.name, format!("{place}.{p}"), r))?;
        }
    }
    Ok(out)
}

type Index = HashMap<(&'static str, String), u32>;

fn add(
    out: &mut Snapshot,
    (identities, sets): (&mut Index, &mut Index),
    scrub: Scrub,
    one: Identity,
) -> std::result::Result<(), (String, String)> {
    if one.key.is_empty() || one.name.is_empty() {
        return Err(("key".to_owned(), "key and name may not be empty".to_owned()));
    }
    if identities.contains_key(&("countersign", one.key.clone())) {
        return Err(("key".to_owned(), format!("the key {:?} stands there already", one.key)));
    }
    let seen = SeenIdentity {
        key_kind: "countersign",
        key: one.key,
        kind: one.kind,
        name: one.name,
        human: None,
        platform_managed: false,
        unknown_access: vec![],
        hints: one.hints.into_iter().collect(),
    };
    let identity = out.identity(identities, seen);
    let mut held = HashSet::new();
    for (i, grant) in one.grants.into_iter().enumerate() {
        let ends_at = instant(grant.ends_at.as_deref()).map_err(|r| (format!("grants[{i}].ends_at"), r))?;
        let mut rule = Rule::new(Dialect::Countersign, grant.effect);
        rule.actions = grant.actions;
        rule.resources = grant.resources;
        rule.conditions = grant.conditions;
        let rule = out.rules.intern(rule.normal());
        let set = grant
            .permission_set
            .map(|key| out.set(sets, SeenSet { kind: "set", key: key.clone(), name: key, version: None, present: true }));
        if let Some(set) = set
            && !out.set_rules.iter().any(|(s, r, _)| *s == set && *r == rule)
        {
            out.set_rules.push((set, rule, None));
        }
        if held.insert((set, rule, ends_at)) {
            out.grant(identity, set, rule, Via::Direct, "", ends_at);
        }
    }
    for surface in one.surfaces {
        let content = surface.content.map(|c| scrub.text(&c).into_owned());
        let digest = surface.digest.or_else(|| content.as_ref().map(|c| json::sha256_hex(c.as_bytes())));
        let content = if surface::is_derived(surface.kind) { None } else { content };
        out.surfaces.push(SeenSurface { identity, kind: surface.kind, locator: surface.locator, digest, content });
    }
    credentials(out, identity, one.credentials)
}

fn credentials(out: &mut Snapshot, identity: u32, all: Vec<Credential>) -> std::result::Result<(), (String, String)> {
    for (i, c) in all.into_iter().enumerate() {
        let at = |r| (format!("credentials[{i}]"), r);
        out.credentials.push(SeenCredential {
            identity,
            method: c.method,
            key_id: c.key_id,
            issued_at: instant(c.issued_at.as_deref()).map_err(at)?,
            expires_at: instant(c.expires_at.as_deref()).map_err(at)?,
            state: None,
        });
    }
    Ok(())
}

fn instant(text: Option<&str>) -> std::result::Result<Option<i64>, String> {
    text.map(|t| Timestamp::parse(t).map(Timestamp::micros).map_err(|e| e.to_string())).transpose()
}
