//! Our own JSON, for sources that no other importer reads. The schema is published at
//! `/api/schemas/import.json`; unknown members are refused, so that a typing error is not silence.

use crate::input::Input;
use crate::instants;
use crate::json::{Object, Texts, or_nothing, typed};
use crate::notes::Notes;
use crate::secrets::Scrub;
use crate::work::Work;
use crate::{Error, Result};
use domain::identity;
use domain::json;
use domain::rule::{Dialect, Effect, Rule, Via};
use domain::snapshot::{SeenCredential, SeenIdentity, SeenSet, SeenSurface, Snapshot};
use domain::surface;
use domain::time::BadInstant;
use serde::Deserialize;
use std::collections::{HashMap, HashSet};

/// The JSON Schema of the format.
pub const SCHEMA: &str = include_str!("countersign.schema.json");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    source: Option<String>,
    identities: Vec<Object<Identity>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Identity {
    key: String,
    name: String,
    kind: identity::Kind,
    #[serde(default, deserialize_with = "or_nothing")]
    hints: Texts,
    #[serde(default, deserialize_with = "or_nothing")]
    grants: Vec<Object<Grant>>,
    #[serde(default, deserialize_with = "or_nothing")]
    surfaces: Vec<Object<Surface>>,
    #[serde(default, deserialize_with = "or_nothing")]
    credentials: Vec<Object<Credential>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Grant {
    permission_set: Option<String>,
    effect: Option<Effect>,
    actions: Vec<String>,
    resources: Vec<String>,
    #[serde(default, deserialize_with = "or_nothing")]
    conditions: Vec<String>,
    ends_at: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Surface {
    kind: surface::SurfaceKind,
    locator: String,
    content: Option<String>,
    digest: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Credential {
    method: String,
    key_id: String,
    issued_at: Option<String>,
    expires_at: Option<String>,
}

/// The most hints of one identity: each is looked up among the others.
const HINTS: usize = 1000;

/// What is kept of each thing, in bytes as the machine's memory counts them, beside its texts.
struct Kept;

impl Kept {
    const IDENTITY: usize = size_of::<SeenIdentity>() + 300;
    const HINT: usize = 100;
    const GRANT: usize = size_of::<Rule>() + 400;
    const TEXT: usize = 56;
    const SURFACE: usize = size_of::<SeenSurface>() + 250;
    const CREDENTIAL: usize = size_of::<SeenCredential>() + 250;
    /// Steps of an identity, and of a grant.
    const STEPS: u64 = 5_000;
}

impl Identity {
    fn bytes(&self) -> u64 {
        let hints = self.hints.0.iter().map(|(name, value)| Kept::HINT + name.len() + value.len());
        let texts = |texts: &[String]| texts.iter().map(|text| Kept::TEXT + text.len()).sum::<usize>();
        let grants = self.grants.iter().map(|Object(g)| Kept::GRANT + texts(&g.actions) + texts(&g.resources) + texts(&g.conditions));
        let surfaces =
            self.surfaces.iter().map(|Object(s)| Kept::SURFACE + 2 * s.locator.len() + s.content.as_ref().map_or(0, String::len));
        let credentials = self.credentials.iter().map(|Object(c)| Kept::CREDENTIAL + 2 * (c.method.len() + c.key_id.len()));
        let own = Kept::IDENTITY + 4 * self.key.len() + self.name.len();
        (own + hints.chain(grants).chain(surfaces).chain(credentials).sum::<usize>()) as u64
    }
}

type Index = HashMap<(&'static str, String), u32>;
/// When something was issued, and when it expires.
type Times = (Option<i64>, Option<i64>);
/// A place within an identity, and what is wrong there.
type Said<T> = std::result::Result<T, (String, String)>;

struct Reading<'a> {
    work: &'a Work,
    out: Snapshot,
    scrub: Scrub,
    identities: Index,
    sets: Index,
    held: HashSet<(u32, u32)>,
    /// Where each identity stands.
    places: HashMap<String, String>,
    /// The source's name, and the file that says it.
    source: Option<(String, String)>,
    notes: Notes,
}

pub fn read(input: &Input, scrub: Scrub, work: &Work) -> Result<Snapshot> {
    let mut reading = Reading {
        work,
        out: Snapshot::default(),
        scrub,
        identities: HashMap::new(),
        sets: HashMap::new(),
        held: HashSet::new(),
        places: HashMap::new(),
        source: None,
        notes: Notes::of("notes about what is stated twice"),
    };
    for file in &input.files {
        let values = typed::<Object<File>>(&file.name, &file.text()?)?;
        let all = values.len();
        for (at, Object(value)) in values.into_iter().enumerate() {
            let within = if all > 1 { format!("value {}.", at + 1) } else { String::new() };
            reading.file(&file.name, &within, value)?;
        }
    }
    reading.out.default_source = reading.source.map(|(source, _)| source);
    reading.out.notes.extend(reading.notes.into_texts());
    Ok(reading.out)
}

impl Reading<'_> {
    fn file(&mut self, file: &str, within: &str, parsed: File) -> Result<()> {
        if parsed.version != 1 {
            let reason = format!("version {} is not known; this reads version 1", parsed.version);
            return Err(Error::at(file, format!("{within}version"), reason));
        }
        if let Some(source) = parsed.source.filter(|s| !s.is_empty()) {
            match &self.source {
                Some((other, first)) if *other != source => {
                    let reason = format!("the source is {source:?} here and {other:?} in {first}: import each by itself");
                    return Err(Error::at(file, format!("{within}source"), reason));
                }
                Some(_) => {}
                None => self.source = Some((source, file.to_owned())),
            }
        }
        for (i, Object(one)) in parsed.identities.into_iter().enumerate() {
            let place = format!("{within}identities[{i}]");
            let known = self.places.get(&one.key).cloned();
            if let Some(known) = known {
                return Err(Error::at(file, format!("{place}.key"), format!("the key {:?} stands in {known} already", one.key)));
            }
            self.places.insert(one.key.clone(), format!("{file}, {place}"));
            self.identity(&format!("{file}, {place}"), one).map_err(|(p, r)| Error::at(file, format!("{place}.{p}"), r))?;
        }
        Ok(())
    }

    fn identity(&mut self, place: &str, one: Identity) -> Said<()> {
        for (member, text) in [("key", &one.key), ("name", &one.name)] {
            if text.trim().is_empty() {
                return Err((member.to_owned(), "key and name may not be empty".to_owned()));
            }
            if text.contains('\0') {
                return Err((member.to_owned(), crate::NUL.to_owned()));
            }
        }
        if one.hints.0.len() > HINTS {
            return Err(("hints".to_owned(), format!("{} hints; at most {HINTS} are read", one.hints.0.len())));
        }
        self.work
            .steps(Kept::STEPS, "reading the identities")
            .and_then(|()| self.work.keeps(one.bytes()))
            .map_err(|r| ("key".to_owned(), r))?;
        let seen = SeenIdentity {
            key_kind: "countersign",
            key: one.key,
            kind: one.kind,
            name: one.name,
            human: None,
            platform_managed: false,
            unknown_access: vec![],
            hints: one.hints.0.into_iter().collect(),
        };
        let identity = self.out.identity(&mut self.identities, seen);
        self.grants(place, identity, one.grants)?;
        self.surfaces(place, identity, one.surfaces)?;
        self.credentials(place, identity, one.credentials)
    }

    fn grants(&mut self, place: &str, identity: u32, all: Vec<Object<Grant>>) -> Said<()> {
        // What makes two grants one, the end of it, and where it was stated first.
        let mut seen: HashMap<(Option<u32>, u32), (Option<i64>, usize)> = HashMap::new();
        for (i, Object(grant)) in all.into_iter().enumerate() {
            self.work.steps(Kept::STEPS, "reading the grants").map_err(|r| (format!("grants[{i}]"), r))?;
            let ends_at = instant(grant.ends_at.as_deref(), instants::end).map_err(|r| (format!("grants[{i}].ends_at"), r))?;
            let mut rule = Rule::new(Dialect::Countersign, grant.effect.unwrap_or(Effect::Allow));
            for (member, texts) in [("actions", &grant.actions), ("resources", &grant.resources)] {
                if texts.is_empty() || texts.iter().any(|t| t.trim().is_empty()) {
                    return Err((format!("grants[{i}].{member}"), format!("{member} may not be empty")));
                }
            }
            (rule.actions, rule.resources, rule.conditions) = (grant.actions, grant.resources, grant.conditions);
            if let Some(reason) = crate::too_wide(&rule) {
                return Err((format!("grants[{i}]"), reason));
            }
            let rule = self.out.rules.intern(rule.normal());
            let set = grant.permission_set.filter(|key| !key.trim().is_empty()).map(|key| {
                let seen = SeenSet { kind: "set", key: key.clone(), name: key, version: None, present: true };
                self.out.set(&mut self.sets, seen)
            });
            if let Some(set) = set
                && self.held.insert((set, rule))
            {
                self.out.set_rules.push((set, rule, None));
            }
            match seen.get_mut(&(set, rule)) {
                None => {
                    seen.insert((set, rule), (ends_at, i));
                }
                Some((end, first)) if *end == ends_at => {
                    self.notes.add(format!("{place}: grants[{i}] states what grants[{first}] states; it is counted once"));
                }
                Some((end, first)) => {
                    *end = end.zip(ends_at).map(|(a, b)| a.max(b));
                    let note =
                        format!("{place}: grants[{first}] and grants[{i}] state the same access with different ends; the later end counts");
                    self.notes.add(note);
                }
            }
        }
        for ((set, rule), (ends_at, _)) in seen {
            self.out.grant(identity, set, rule, Via::Direct, "", ends_at);
        }
        Ok(())
    }

    fn surfaces(&mut self, place: &str, identity: u32, all: Vec<Object<Surface>>) -> Said<()> {
        let mut seen: HashMap<(surface::SurfaceKind, String), (Option<String>, usize)> = HashMap::new();
        for (i, Object(surface)) in all.into_iter().enumerate() {
            if surface.locator.trim().is_empty() {
                return Err((format!("surfaces[{i}].locator"), "a surface needs a locator".to_owned()));
            }
            let content = surface.content.map(|c| self.scrub.text(&c).into_owned());
            let digest = surface.digest.or_else(|| content.as_ref().map(|c| json::sha256_hex(c.as_bytes())));
            let key = (surface.kind, surface.locator.clone());
            match seen.get(&key) {
                Some((other, first)) if *other == digest => {
                    self.notes.add(format!("{place}: surfaces[{i}] states what surfaces[{first}] states; it is kept once"));
                    continue;
                }
                Some((_, first)) => {
                    let reason =
                        format!("the {} at {:?} stands in surfaces[{first}] with another content", surface.kind.label(), surface.locator);
                    return Err((format!("surfaces[{i}]"), reason));
                }
                None => {
                    seen.insert(key, (digest.clone(), i));
                }
            }
            let content = if surface::is_derived(surface.kind) { None } else { content };
            self.out.surfaces.push(SeenSurface { identity, kind: surface.kind, locator: surface.locator, digest, content });
        }
        Ok(())
    }

    fn credentials(&mut self, place: &str, identity: u32, all: Vec<Object<Credential>>) -> Said<()> {
        let mut seen: HashMap<(String, String), (Times, usize)> = HashMap::new();
        for (i, Object(c)) in all.into_iter().enumerate() {
            let at = |r: String| (format!("credentials[{i}]"), r);
            if c.method.trim().is_empty() || c.key_id.trim().is_empty() {
                return Err(at("method and key_id may not be empty".to_owned()));
            }
            let times =
                (instant(c.issued_at.as_deref(), instants::at).map_err(at)?, instant(c.expires_at.as_deref(), instants::end).map_err(at)?);
            match seen.get(&(c.method.clone(), c.key_id.clone())) {
                Some((other, first)) if *other == times => {
                    self.notes.add(format!("{place}: credentials[{i}] states what credentials[{first}] states; it is kept once"));
                    continue;
                }
                Some((_, first)) => {
                    return Err(at(format!("{} {:?} stands in credentials[{first}] with other times", c.method, c.key_id)));
                }
                None => {
                    seen.insert((c.method.clone(), c.key_id.clone()), (times, i));
                }
            }
            let (issued_at, expires_at) = times;
            self.out.credentials.push(SeenCredential { identity, method: c.method, key_id: c.key_id, issued_at, expires_at, state: None });
        }
        Ok(())
    }
}

/// An instant; an empty text is none.
fn instant(text: Option<&str>, read: fn(&str) -> std::result::Result<i64, BadInstant>) -> std::result::Result<Option<i64>, String> {
    text.filter(|t| !t.trim().is_empty()).map(read).transpose().map_err(|e| e.to_string())
}
