//! A small estate with a past, for looking around: four agents that change themselves, over half a year. It is
//! made by the same use cases as any other, with a clock that is set back; only an empty store takes it.

use crate::identities::{self, Registration};
use crate::imports::{self, Request};
use crate::listing::Listing;
use crate::{Act, Error, Principal, Read, Result, Services, groups, people, sources, teams};
use connect::{Input, InputFile};
use domain::asof::Wanted;
use domain::ids::{IdentityId, PersonId};
use domain::permission::Role;
use domain::ports::Clock;
use domain::query::Term;
use domain::query::identities::Filter;
use domain::seq::Seq;
use domain::snapshot::Format;
use domain::time::{DAY, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

const DATA: &str = include_str!("../data/demo.json");

#[derive(Deserialize)]
struct Data {
    source: String,
    people: Vec<(String, String, String)>,
    teams: Vec<String>,
    groups: Vec<(String, String)>,
    owners: Vec<(String, String, String, String)>,
    identities: Vec<Value>,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    days: i64,
    story: String,
    says: String,
    change: Vec<Change>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    key: String,
    #[serde(default)]
    grants_add: Vec<Value>,
    #[serde(default)]
    surfaces_add: Vec<Value>,
    #[serde(default)]
    surfaces_set: Vec<Value>,
}

/// A clock that is moved by hand.
pub struct SetClock(AtomicI64);

impl SetClock {
    pub fn at(start: Timestamp) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(start.micros())))
    }

    /// Half a year ahead of `now`, where the demo begins.
    pub fn before(now: Timestamp) -> Arc<Self> {
        Self::at(Timestamp(now.micros() - 180 * DAY))
    }

    fn set(&self, to: i64) {
        self.0.fetch_max(to, Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// A step of a story and where it stands.
#[derive(Clone, Debug)]
pub struct Told {
    /// Empty where the step belongs to no story.
    pub story: String,
    pub says: String,
    pub seq: Seq,
    pub at: Timestamp,
    /// The identity the step is about.
    pub identity: Option<String>,
}

/// Loads the estate; `clock` is the one `services` were made with. Everybody signs in with `password`.
pub async fn load(services: &Services, who: &Principal, clock: &SetClock, now: Timestamp, password: &str) -> Result<Vec<Told>> {
    let mut tx = services.db.snapshot().await?;
    let empty = store::engine::head::read(&mut tx).await?.is_none_or(|h| h.seq == Seq::ZERO);
    tx.rollback().await?;
    if !empty {
        return Err(Error::Conflict("the demo goes into an empty store only; give another --data-dir".to_owned()));
    }
    let act = Act::new(services, who);
    let data: Data = serde_json::from_str(DATA).map_err(|e| Error::Internal(format!("the demo's data: {e}")))?;
    for (name, email, role) in &data.people {
        let roles: Vec<Role> = Role::parse(role).into_iter().collect();
        people::add(&act, name, email, password, &roles).await?;
    }
    for team in &data.teams {
        teams::add(&act, team, "").await?;
    }
    for (group, person) in &data.groups {
        let (id, _) = groups::add(&act, group).await?;
        groups::join(&act, known_person(services, person).await?, id).await?;
    }
    let mut estate = data.identities.clone();
    let mut told = Vec::new();
    for (n, step) in data.steps.iter().enumerate() {
        clock.set(now.micros() - step.days * DAY);
        step.change.iter().for_each(|change| apply(&mut estate, change));
        let seq = import(&act, &data.source, &estate, Timestamp(now.micros() - step.days * DAY)).await?;
        if n == 0 {
            clock.set(now.micros() - (step.days - 2) * DAY);
            own(services, &data).await?;
            answer_for(services, who, &data.source).await?;
        }
        let identity = match step.change.first() {
            Some(change) => Some(named(services, who, &change.key).await?.to_string()),
            None => None,
        };
        told.push(Told {
            story: step.story.clone(),
            says: step.says.clone(),
            seq,
            at: Timestamp(now.micros() - step.days * DAY),
            identity,
        });
    }
    clock.set(now.micros());
    Ok(told)
}

fn apply(estate: &mut [Value], change: &Change) {
    let Some(identity) = estate.iter_mut().find(|i| i["key"] == change.key.as_str()) else { return };
    if let Some(grants) = identity["grants"].as_array_mut() {
        grants.extend(change.grants_add.iter().cloned());
    }
    if let Some(surfaces) = identity["surfaces"].as_array_mut() {
        surfaces.retain(|s| !change.surfaces_set.iter().any(|n| n["locator"] == s["locator"]));
        surfaces.extend(change.surfaces_set.iter().chain(&change.surfaces_add).cloned());
    }
}

/// The file of a step is called as such files are: by the day it was written.
async fn import(act: &Act, source: &str, estate: &[Value], day: Timestamp) -> Result<Seq> {
    let file = json!({ "version": 1, "source": source, "identities": estate }).to_string();
    let input = Input::single(InputFile::from_bytes(format!("agents-{}.json", day.date()), file.into_bytes()));
    let request = Request { format: Format::Countersign, input, how: imports::Wish::default() };
    let outcome = imports::run(act, request, |_| {}).await?;
    outcome.seq.ok_or_else(|| Error::Internal("an import without a position".to_owned()))
}

async fn named(services: &Services, who: &Principal, name: &str) -> Result<IdentityId> {
    let filter = Filter { search: Some(Term::new(name)), ..Filter::default() };
    let mut read = Read::open(services, who, Wanted::Now).await?;
    let list = identities::List::sheet(&mut read, &filter, None, 10).await?;
    read.close().await?;
    let found = list.rows.iter().find(|l| l.facts.name == name);
    found.map(|l| l.facts.identity_id).ok_or(Error::NotFound("identity of the demo"))
}

async fn known_person(services: &Services, name: &str) -> Result<PersonId> {
    let mut tx = services.db.snapshot().await?;
    let everybody = store::people::all_at(&mut tx, Seq::NOW).await?;
    tx.rollback().await?;
    everybody.iter().find(|p| p.name.as_deref() == Some(name)).map(|p| p.id).ok_or(Error::NotFound("person of the demo"))
}

/// The admin answers for the source, which is expected once a quarter.
async fn answer_for(services: &Services, who: &Principal, name: &str) -> Result<()> {
    let mut read = Read::open(services, who, Wanted::Now).await?;
    let source = sources::named(&mut read, name).await?;
    read.close().await?;
    let wish = sources::Wish {
        owner: known_person(services, "Lena Fischer").await?.to_string(),
        hours: (90 * 24).to_string(),
        ..sources::Wish::default()
    };
    sources::edit(&Act::new(services, who), source.id, source.since, &wish).await?;
    Ok(())
}

/// A few identities get owners, by the hand of the analyst; the rest have none, as in life.
async fn own(services: &Services, data: &Data) -> Result<()> {
    let analyst = known_person(services, "Mara Okafor").await?;
    let analyst = people::current(services, analyst).await?.ok_or(Error::NotFound("analyst of the demo"))?;
    for (identity, owner, backup, team) in &data.owners {
        let at = named(services, &analyst, identity).await?;
        let mut read = Read::open(services, &analyst, Wanted::Now).await?;
        let facts = identities::show(&mut read, at).await?.facts;
        read.close().await?;
        let record = Registration {
            name: facts.name,
            kind: facts.kind.to_string(),
            owner: known_person(services, owner).await?.to_string(),
            backup: known_person(services, backup).await.map(|p| p.to_string()).unwrap_or_default(),
            team: team.clone(),
            environment: facts.environment.to_string(),
            ..Registration::default()
        };
        identities::edit(&Act::new(services, &analyst), at, Seq::ZERO, &record).await?;
    }
    Ok(())
}
