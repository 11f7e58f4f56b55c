//! A2A agent cards of 0.2, 0.3 and 1.0, alone or in lists: the agent, its skills as items of its tools surface, its sign-in
//! schemes. An agent is known by the interface it is called at and its tenant, in whatever order a card lists them.

mod card;

use crate::input::Input;
use crate::json::{self, Place, object, wrong};
use crate::notes::{Notes, first};
use crate::secrets::Scrub;
use crate::{Error, Result};
use card::Card;
use domain::identity;
use domain::json as canonical;
use domain::snapshot::{Hints, SeenCredential, SeenIdentity, SeenSurface, SeenTool, Snapshot};
use domain::surface::SurfaceKind;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap, HashSet};

struct Reading {
    out: Snapshot,
    index: HashMap<(&'static str, String), u32>,
    /// The first card of each agent: where it stands, and the digest of what it says.
    cards: HashMap<String, (Place, String)>,
    scrub: Scrub,
    notes: Notes,
}

pub fn read(input: &Input, scrub: Scrub) -> Result<Snapshot> {
    let notes = Notes::of("notes about cards");
    let mut reading = Reading { out: Snapshot::default(), index: HashMap::new(), cards: HashMap::new(), scrub, notes };
    for file in &input.files {
        let values = json::values(&file.name, &file.text()?)?;
        let all = values.len();
        for (at, value) in values.iter().enumerate() {
            reading.value(&Place::of(&file.name, at, all), value)?;
        }
    }
    if reading.out.identities.is_empty() {
        return Err(Error::new(&input.name, "there is no agent card in it"));
    }
    reading.out.notes.extend(reading.notes.into_texts());
    Ok(reading.out)
}

const EXPECTED: &str = "an agent card (an object with name, skills and the URL of an interface) or a list of cards";
/// What directories and answers put around cards.
const LISTS: [&str; 6] = ["agents", "cards", "agentCards", "agent_cards", "items", "data"];
const AROUND: [&str; 5] = ["agentCard", "agent_card", "card", "result", "agent"];

impl Reading {
    fn value(&mut self, place: &Place, value: &Value) -> Result<()> {
        match value {
            Value::Array(items) => self.list(place, items),
            Value::Object(members) => self.members(place, members),
            other => Err(wrong(place, EXPECTED, other)),
        }
    }

    fn list(&mut self, place: &Place, items: &[Value]) -> Result<()> {
        for (at, item) in items.iter().enumerate() {
            let place = place.item(at);
            self.members(&place, object(&place, "an agent card, an object", item)?)?;
        }
        Ok(())
    }

    fn members(&mut self, place: &Place, members: &Map<String, Value>) -> Result<()> {
        if !card::is_one(members) {
            for name in LISTS {
                if let Some(Value::Array(items)) = members.get(name) {
                    return self.list(&place.member(name), items);
                }
            }
            for name in AROUND {
                if let Some(inner @ (Value::Object(_) | Value::Array(_))) = members.get(name) {
                    return self.value(&place.member(name), inner);
                }
            }
            if members.is_empty() {
                return Err(wrong(place, EXPECTED, &Value::Object(members.clone())));
            }
        }
        let card = card::read(place, members)?;
        self.card(place, card, members)
    }

    fn card(&mut self, place: &Place, card: Card, whole: &Map<String, Value>) -> Result<()> {
        // Addresses may carry a password or a token, and are names.
        let url = self.scrub.url(&card.url);
        let key = match &card.tenant {
            Some(tenant) => format!("{url}#tenant={tenant}"),
            None => url.clone(),
        };
        let digest = canonical::digest(whole).map_err(|e| place.error(e.to_string()))?;
        if let Some((other, before)) = self.cards.get(&key) {
            if *before != digest {
                return Err(place.error(format!("another card of the agent at {key} stands in {other}; keep one card of an agent")));
            }
            self.notes.add(format!("the card in {place} says what the one in {other} says; it is kept once"));
            return Ok(());
        }
        self.cards.insert(key.clone(), (place.clone(), digest));
        if !card.unread.is_empty() {
            self.notes.add(format!("members of the card in {place} that are not known and were not read: {}", first(&card.unread, 10)));
            *self.out.skipped.entry("unknown member of a card".to_owned()).or_default() += card.unread.len() as u64;
        }
        let seen = SeenIdentity {
            key_kind: "a2a_url",
            key,
            kind: identity::Kind::AiAgent,
            name: card.name.clone(),
            human: None,
            platform_managed: false,
            unknown_access: vec!["an agent card says what the agent offers, not what it may reach".to_owned()],
            hints: self.hints(&url, &card),
        };
        let identity = self.out.identity(&mut self.index, seen);
        self.skills(identity, url, card.skills)?;
        self.schemes(identity, place, card.schemes);
        Ok(())
    }

    fn hints(&self, url: &str, card: &Card) -> Hints {
        let others: Vec<String> = card.others.iter().map(|url| self.scrub.url(url)).collect();
        let said = [
            ("url", url),
            ("version", card.version.as_deref().unwrap_or_default()),
            ("description", card.description.as_deref().unwrap_or_default()),
            ("provider", card.provider.as_deref().unwrap_or_default()),
            ("tenant", card.tenant.as_deref().unwrap_or_default()),
            ("other interfaces", &first(&others, 10)),
        ];
        said.into_iter().filter(|(_, value)| !value.is_empty()).map(|(n, v)| (n.to_owned(), v.to_owned())).collect()
    }

    /// Skills as tools, by name: the order of a card is no change.
    fn skills(&mut self, identity: u32, locator: String, skills: BTreeMap<String, (Place, Value)>) -> Result<()> {
        let surface = self.out.surfaces.len() as u32;
        let mut keys = Vec::new();
        for (name, (place, mut skill)) in skills {
            // Before digests are taken: one over text that holds a secret is a digest of the secret.
            self.scrub.json(&mut skill);
            let definition = skill.to_string();
            if let Value::Object(members) = &mut skill {
                members.retain(|_, value| !value.is_null());
            }
            canonical::exact(&mut skill);
            let drift_key = canonical::digest(&skill).map_err(|e| place.error(e.to_string()))?;
            keys.push((name.clone(), drift_key.clone()));
            let name = self.scrub.text(&name).into_owned();
            self.out.tools.push(SeenTool { surface, name, drift_key, annotations: "{}".to_owned(), definition });
        }
        let digest = canonical::digest(&keys).map_err(|e| Error::new(&locator, e.to_string()))?;
        self.out.surfaces.push(SeenSurface { identity, kind: SurfaceKind::Tools, locator, digest: Some(digest), content: None });
        Ok(())
    }

    fn schemes(&mut self, identity: u32, place: &Place, schemes: Vec<(String, String)>) {
        let mut seen = HashSet::new();
        for (method, key_id) in schemes {
            if seen.insert((method.clone(), key_id.clone())) {
                self.out.credentials.push(SeenCredential { identity, method, key_id, issued_at: None, expires_at: None, state: None });
            } else {
                self.notes.add(format!("the card in {place} names the sign-in {key_id} twice; it is kept once"));
            }
        }
    }
}
