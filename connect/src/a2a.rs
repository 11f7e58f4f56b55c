//! A2A agent cards of 0.2, 0.3 and 1.0, alone or in lists: the agent, its skills as items of its tools surface, its sign-in
//! schemes. An agent is known by the interface it is called at and its tenant, in whatever order a card lists them.

mod card;

use crate::input::Input;
use crate::json::{self, Place, object, wrong};
use crate::notes::{Notes, first};
use crate::secrets::Scrub;
use crate::work::Work;
use crate::{Error, Result};
use card::Card;
use domain::identity;
use domain::json as canonical;
use domain::snapshot::{Hints, SeenCredential, SeenIdentity, SeenSurface, SeenTool, Snapshot};
use domain::surface::SurfaceKind;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap, HashSet};

struct Reading<'a> {
    work: &'a Work,
    out: Snapshot,
    index: HashMap<(&'static str, String), u32>,
    /// The first card of each agent: where it stands, and the digest of what it says.
    cards: HashMap<String, (Place, String)>,
    scrub: Scrub,
    notes: Notes,
    /// How many lists the value stands in that is read.
    within: usize,
    /// Entries of lists that are no card, with place and reason.
    odd: Vec<Error>,
    /// Lists of cards, and whether each says that another page follows.
    pages: Vec<(Place, bool)>,
}

pub fn read(input: &Input, scrub: Scrub, work: &Work) -> Result<Snapshot> {
    let notes = Notes::of("notes about cards");
    let mut reading = Reading {
        work,
        out: Snapshot::default(),
        index: HashMap::new(),
        cards: HashMap::new(),
        scrub,
        notes,
        within: 0,
        odd: vec![],
        pages: vec![],
    };
    for file in &input.files {
        json::each(&file.name, &file.text()?, work, |place, value| reading.value(&place, &value))?;
    }
    reading.odd()?;
    if let (Some((place, _)), true) = (reading.pages.last(), reading.pages.iter().all(|(_, more)| *more)) {
        let reason = "the last page of the list is missing: fetch every page and import them together, as one folder or upload";
        return Err(place.error(reason));
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

/// What an agent takes beside its key and skills, and a skill beside its definition.
const CARD: usize = 1_200;
const SKILL: usize = 400;
const SCHEME: usize = 250;
/// Steps of a card, of a skill, and of each byte of it: digests are taken over it in canonical form.
const CARD_STEPS: u64 = 10_000;
const SKILL_STEPS: u64 = 10_000;
const STEPS_OF_BYTE: u64 = 150;

impl Reading<'_> {
    fn value(&mut self, place: &Place, value: &Value) -> Result<()> {
        match value {
            Value::Array(items) => self.list(place, items),
            Value::Object(members) => self.members(place, members),
            other => Err(wrong(place, EXPECTED, other)),
        }
    }

    fn list(&mut self, place: &Place, items: &[Value]) -> Result<()> {
        self.within += 1;
        for (at, item) in items.iter().enumerate() {
            let place = place.item(at);
            match object(&place, "an agent card, an object", item) {
                Ok(members) => self.members(&place, members)?,
                Err(odd) => self.refused(odd)?,
            }
        }
        self.within -= 1;
        Ok(())
    }

    /// What is no card: an entry of a list is passed by and named.
    fn refused(&mut self, why: Error) -> Result<()> {
        if self.within == 0 {
            return Err(why);
        }
        let bytes = size_of::<Error>() + 64 + why.file.len() + why.place.as_ref().map_or(0, String::len) + why.reason.len();
        self.work.keeps(bytes as u64).map_err(|more| Error { reason: more, ..why.clone() })?;
        self.odd.push(why);
        Ok(())
    }

    /// Keeps so much more for what stands at a place.
    fn keeps(&self, place: &Place, bytes: usize) -> Result<()> {
        self.work.keeps(bytes as u64).map_err(|why| place.error(why))
    }

    /// Names the entries that are no card; where there is nothing else, the first one is why the input is refused.
    fn odd(&mut self) -> Result<()> {
        let all = std::mem::take(&mut self.odd);
        if self.out.identities.is_empty() {
            return all.into_iter().next().map_or(Ok(()), Err);
        }
        if !all.is_empty() {
            self.out.skipped.insert("entry that is no agent card".to_owned(), all.len() as u64);
        }
        for odd in all {
            self.notes.add(format!("Not read, {odd}"));
        }
        Ok(())
    }

    fn members(&mut self, place: &Place, members: &Map<String, Value>) -> Result<()> {
        if !card::is_one(members) {
            for name in LISTS {
                if let Some(Value::Array(items)) = members.get(name) {
                    let next = ["nextPageToken", "next_page_token", "nextCursor", "next_cursor"];
                    self.keeps(place, 2 * place.bytes())?;
                    self.pages.push((place.member(name), json::present(members, &next).is_some()));
                    return self.list(&place.member(name), items);
                }
            }
            for name in AROUND {
                if let Some(inner @ (Value::Object(_) | Value::Array(_))) = members.get(name) {
                    return self.value(&place.member(name), inner);
                }
            }
            if members.is_empty() {
                return self.refused(wrong(place, EXPECTED, &Value::Object(members.clone())));
            }
        }
        self.work.steps(CARD_STEPS, "reading the cards").map_err(|why| place.error(why))?;
        // Its skills are held twice, and once more where digests are taken.
        let twice = 2 * members.iter().map(|(_, value)| json::weight(value)).sum::<u64>();
        self.keeps(place, twice as usize)?;
        let read = match card::read(place, members) {
            Err(odd) => self.refused(odd),
            Ok(card) => self.card(place, card),
        };
        self.work.drops(twice);
        read
    }

    fn card(&mut self, place: &Place, card: Card) -> Result<()> {
        // Addresses may carry a password or a token, and are names.
        let url = self.scrub.url(&card.url);
        let key = match &card.tenant {
            Some(tenant) => format!("{url}#tenant={tenant}"),
            None => url.clone(),
        };
        let digest = card.digest().map_err(|e| place.error(e.to_string()))?;
        if let Some((other, before)) = self.cards.get(&key) {
            if *before != digest {
                return Err(place.error(format!("another card of the agent at {key} stands in {other}; keep one card of an agent")));
            }
            self.notes.add(format!("the card in {place} says what the one in {other} says; it is kept once"));
            return Ok(());
        }
        self.keeps(place, CARD + place.bytes() + 4 * key.len())?;
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
        self.schemes(identity, place, card.schemes)
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
            let steps = SKILL_STEPS.saturating_add(definition.len() as u64 * STEPS_OF_BYTE);
            self.work.steps(steps, "reading the skills").map_err(|why| place.error(why))?;
            self.keeps(&place, SKILL + 3 * name.len() + definition.len())?;
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

    fn schemes(&mut self, identity: u32, place: &Place, schemes: Vec<(String, String)>) -> Result<()> {
        let mut seen = HashSet::new();
        for (method, key_id) in schemes {
            self.keeps(place, SCHEME + 2 * (method.len() + key_id.len()))?;
            if seen.insert((method.clone(), key_id.clone())) {
                self.out.credentials.push(SeenCredential { identity, method, key_id, issued_at: None, expires_at: None, state: None });
            } else {
                self.notes.add(format!("the card in {place} names the sign-in {key_id} twice; it is kept once"));
            }
        }
        Ok(())
    }
}
