//! Registering and editing by hand. Every edit is a new version with a ledger entry that says what changed.

use super::check::{Checked, check};
use super::countersigned::is_edited_by_hand;
use super::facts::with_totals;
use super::read::{Text, text};
use super::{Projection, Said, facts_from};
use crate::{Act, Error, Result, Written};
use domain::identity::{Environment, Lifecycle, Plane};
use domain::ids::{BlobId, IdentityId, SourceId, TeamId};
use domain::permission::{Action, Place};
use domain::seq::Seq;
use domain::verb::Verb;
use serde_json::{Map, Value, json};
use store::blobs::Blob;
use store::engine::db::Tx;
use store::engine::table::Declared;
use store::engine::writer::Command;
use store::identities::{self, IdentityFacts, Record, Reviewed};
use store::sources::Source;
use store::surfaces::{self, Surface};

/// What a person enters: words as the forms and the API send them; empty means none.
#[derive(Clone, Debug, Default, serde::Deserialize, serde::Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Registration {
    pub name: String,
    pub kind: String,
    pub lifecycle: String,
    pub environment: String,
    pub criticality: String,
    pub autonomy: String,
    pub owner: String,
    pub backup: String,
    /// A team by id or by name.
    pub team: String,
    pub purpose: String,
    /// Surfaces to add, or to give a new version of their text.
    pub surfaces: Vec<NewText>,
}

/// A surface with its text, as a form or the API gives it.
#[derive(Clone, Debug, Default, serde::Deserialize, serde::Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct NewText {
    pub kind: String,
    pub locator: String,
    pub text: String,
}

/// Surfaces that one form or call takes.
pub const MAX_SURFACES: usize = 20;

/// Registers an identity by hand; gives its id.
pub async fn register(act: &Act, r: &Registration) -> Result<(IdentityId, Written)> {
    act.authorise(Action::WriteInventory)?;
    let mut tx = act.snapshot().await?;
    let checked = check(&mut tx, r).await?;
    let place = place(&mut tx, checked.team.as_ref().map(|t| t.id), checked.environment, None).await?;
    tx.rollback().await?;
    act.who().authorise_at(Action::WriteInventory, &place)?;
    let id: IdentityId = act.id();
    let mut c = act.command(Verb::IdentityRegistered, "identity", Some(id.uuid()));
    c.requires = checked.requires();
    let record = record(act, &mut c, id, &checked);
    let surfaces_added = open_surfaces(act, &mut c, id, &checked, &[]);
    let mut facts = facts_from(&Said { manual: Some(&record), ..Said::default() }, None)
        .ok_or_else(|| Error::Internal("no facts of a record".to_owned()))?;
    facts.surfaces = surfaces_added;
    let mut projection = Projection::default();
    projection.touch(&mut c, None, Some(Reviewed::new(facts)));
    projection.finish(&mut c);
    c.payload = act.payload(json!({ "kind": record.kind, "fields": changed(None, &record) }))?;
    c.add(id.uuid(), record);
    Ok((id, act.write(c).await?))
}

/// Where an identity stands, for roles that reach over a part only.
async fn place(tx: &mut Tx, team: Option<TeamId>, environment: Option<Environment>, source: Option<SourceId>) -> Result<Place> {
    let teams = match team {
        Some(_) => crate::teams::with_ancestors(&store::teams::all_at(tx, Seq::NOW).await?, team),
        None => vec![],
    };
    Ok(Place { teams, environment, source })
}

/// Out of where the role reaches nothing is fetched, and nothing is put away to there. What people stated counts
/// for that; a tag is a hint and never routes.
async fn within_reach(
    tx: &mut Tx,
    act: &Act,
    (before, old): (&IdentityFacts, Option<&Record>),
    checked: &Checked,
    of_source: Option<Environment>,
) -> Result<()> {
    let stated = old.and_then(|m| m.environment).or(of_source);
    let is = place(tx, before.team_id, stated, before.source_id).await?;
    let team = checked.team.as_ref().map(|t| t.id);
    let becomes = place(tx, team, checked.environment.or(of_source), before.source_id).await?;
    act.who().authorise_at(Action::WriteInventory, &is)?;
    act.who().authorise_at(Action::WriteInventory, &becomes)
}

fn may_become(from: Lifecycle, to: Lifecycle) -> Result<()> {
    if from.may_become(to) {
        return Ok(());
    }
    let next: Vec<&str> = from.next().iter().map(|l| l.label()).collect();
    let ways = if next.is_empty() { "it stays so".to_owned() } else { format!("from there it goes to {}", next.join(" or ")) };
    Err(Error::invalid("lifecycle", format!("it is {}; {ways}", from.label())))
}

/// What an edit was decided on.
struct Before {
    records: Vec<Record>,
    shown: Reviewed,
    surfaces: Vec<Surface>,
    source: Option<Source>,
    /// The purpose of today, with its text.
    purpose: Option<(BlobId, Text)>,
}

impl Before {
    async fn load(tx: &mut Tx, id: IdentityId) -> Result<Self> {
        let records = identities::records_of(tx, id, Seq::NOW).await?;
        let shown: Reviewed = identities::facts_of(tx, id, Seq::NOW).await?.ok_or(Error::NotFound("identity"))?.into();
        let surfaces = surfaces::of_identity(tx, id, Seq::NOW).await?;
        let source = match shown.source_id {
            Some(source) => store::sources::by_id(tx, source, Seq::NOW).await?,
            None => None,
        };
        let blob = records.iter().find(|r| r.plane == Plane::Manual).and_then(|r| r.purpose_id);
        let purpose = match blob {
            Some(blob) => Some((blob, text(tx, Some(blob)).await?)),
            None => None,
        };
        Ok(Self { records, shown, surfaces, source, purpose })
    }

    fn of(&self, plane: Plane) -> Option<&Record> {
        self.records.iter().find(|r| r.plane == plane)
    }

    /// What the planes say, with another record by hand.
    fn said<'a>(&'a self, manual: &'a Record) -> Said<'a> {
        Said { observed: self.of(Plane::Observed), manual: Some(manual), baseline: self.of(Plane::Baseline) }
    }

    fn environment(&self) -> Option<Environment> {
        self.source.as_ref().and_then(|s| s.environment)
    }
}

/// A new version of the manual record. `seen` is the version the form showed: another means a conflict.
pub async fn edit(act: &Act, id: IdentityId, seen: Seq, r: &Registration) -> Result<Written> {
    act.authorise(Action::WriteInventory)?;
    let mut tx = act.snapshot().await?;
    let before = Before::load(&mut tx, id).await?;
    is_edited_by_hand(&before.records)?;
    let old = before.of(Plane::Manual).cloned();
    // First: a form that is refused for something else first would come back with the version of today in it.
    if old.as_ref().map_or(Seq::ZERO, |o| o.since) != seen {
        return Err(edited_meanwhile());
    }
    let mut checked = check(&mut tx, r).await?;
    within_reach(&mut tx, act, (&before.shown.facts, old.as_ref()), &checked, before.environment()).await?;
    tx.rollback().await?;
    may_become(before.shown.lifecycle, checked.lifecycle)?;
    let mut c = act.command(Verb::IdentityEdited, "identity", Some(id.uuid()));
    c.requires = checked.requires();
    c.requires.extend(before.source.clone().map(Declared::still));
    c.requires.extend(before.of(Plane::Observed).cloned().map(Declared::still));
    let same = before.purpose.clone().filter(|(_, t)| checked.purpose.as_ref().is_some_and(|p| *t == Text::Content(p.clone())));
    if same.is_some() {
        checked.purpose = None;
    }
    let mut record = record(act, &mut c, id, &checked);
    record.purpose_id = record.purpose_id.or(same.map(|(blob, _)| blob));
    let surfaces_added = open_surfaces(act, &mut c, id, &checked, &before.surfaces);
    let facts = facts_from(&before.said(&record), before.environment()).ok_or(Error::NotFound("identity"))?;
    let diff = changed(old.as_ref(), &record);
    if diff.is_empty() && c.opens.is_empty() {
        return Err(Error::Unchanged);
    }
    let mut projection = Projection::default();
    let after = before.shown.with(with_totals(facts, &before.shown.facts, surfaces_added));
    projection.touch(&mut c, Some(before.shown), Some(after));
    projection.finish(&mut c);
    c.closes.extend(old.map(Declared::close));
    c.opens.push(record.open());
    c.payload = act.payload(json!({ "fields": diff }))?;
    // Two first edits at once: neither closes a row, and the database lets one be open.
    act.write(c).await.map_err(|e| e.refused_by("identity_versions_one_open", edited_meanwhile))
}

fn edited_meanwhile() -> Error {
    Error::Conflict(
        "Someone else saved first. Your text is still below, and theirs is under each field that differs. Reload to take theirs."
            .to_owned(),
    )
}

fn record(act: &Act, c: &mut Command, id: IdentityId, checked: &Checked) -> Record {
    let mut record = Record::new(id, Plane::Manual);
    record.name = Some(checked.name.clone());
    record.kind = Some(checked.kind);
    record.lifecycle = Some(checked.lifecycle);
    record.environment = checked.environment;
    record.criticality = checked.criticality;
    record.autonomy = checked.autonomy;
    record.owner_id = checked.owner.as_ref().map(|p| p.id);
    record.backup_id = checked.backup.as_ref().map(|p| p.id);
    record.team_id = checked.team.as_ref().map(|t| t.id);
    record.purpose_id = checked.purpose.as_ref().map(|purpose| keep(act, c, purpose));
    record
}

/// Keeps a text under a new salt; gives its id.
fn keep(act: &Act, c: &mut Command, text: &str) -> BlobId {
    let id = act.id();
    c.opens.push(Blob::text(id, &act.services().salt(), text).open());
    id
}

/// Opens a version of every surface that is new or has a new text; gives how many are new.
fn open_surfaces(act: &Act, c: &mut Command, identity: IdentityId, checked: &Checked, known: &[Surface]) -> i64 {
    let mut added = 0;
    for (kind, locator, text) in &checked.surfaces {
        let old = known.iter().find(|s| s.kind == *kind && s.locator == *locator && s.plane == Plane::Manual);
        let digest = text.as_ref().map(|t| domain::json::sha256_hex(t.as_bytes()));
        if old.is_some_and(|o| o.content_digest == digest) {
            continue;
        }
        let mut new = Surface::new(old.map_or_else(|| act.id(), |o| o.id), Plane::Manual, identity, *kind, locator);
        new.content_digest = digest;
        new.content_id = text.as_ref().map(|text| keep(act, c, text));
        match old {
            Some(old) => c.replace(old.clone(), new),
            None => c.add(new.id.uuid(), new),
        }
        added += i64::from(old.is_none());
    }
    added
}

/// Which fields changed, with old and new words; free text and people by id only.
fn changed(old: Option<&Record>, new: &Record) -> Map<String, Value> {
    let mut out = Map::new();
    let mut field = |name: &str, of: &dyn Fn(&Record) -> Value| {
        let (old, new) = (old.map_or(Value::Null, of), of(new));
        if old != new {
            out.insert(name.to_owned(), json!({ "from": old, "to": new }));
        }
    };
    field("name", &|r| json!(r.name));
    field("kind", &|r| json!(r.kind));
    field("lifecycle", &|r| json!(r.lifecycle));
    field("environment", &|r| json!(r.environment));
    field("criticality", &|r| json!(r.criticality));
    field("autonomy", &|r| json!(r.autonomy));
    field("owner", &|r| json!(r.owner_id));
    field("team", &|r| json!(r.team_id));
    field("backup", &|r| json!(r.backup_id));
    field("purpose", &|r| json!(r.purpose_id));
    out
}
