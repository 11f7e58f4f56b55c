//! Registering and editing by hand. Every edit is a new version with a ledger entry that says what changed.

use super::{
    Action, Autonomy, Close, Command, Deltas, Environment, Error, Kind, Map, NewSurface, OPEN, Place, Principal, Record, Result, Services,
    Tx, Uuid, Value, Written, blobs, command, facts_from, identities, json, payload, people, replace_facts, store_since, surface, surfaces,
    tables,
};

/// Bytes of a text that forms and API take.
const MAX_TEXT: usize = 200_000;

/// What a person enters: words as the forms and the API send them; empty means none.
#[derive(Clone, Debug, Default, serde::Deserialize, serde::Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Registration {
    pub name: String,
    pub kind: String,
    pub lifecycle: String,
    pub environment: String,
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

struct Checked {
    name: String,
    kind: Kind,
    lifecycle: domain::identity::Lifecycle,
    environment: Option<Environment>,
    autonomy: Option<Autonomy>,
    owner: Option<Uuid>,
    backup: Option<Uuid>,
    team: Option<(Uuid, String)>,
    purpose: Option<String>,
    surfaces: Vec<(surface::Kind, String, Option<String>)>,
}

fn optional<T>(field: &'static str, text: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    parse(text).map(Some).ok_or_else(|| Error::invalid(field, format!("{text:?} is not one of the choices")))
}

async fn check(tx: &mut Tx, r: &Registration) -> Result<Checked> {
    let name = r.name.trim();
    if name.is_empty() || name.chars().count() > 200 {
        return Err(Error::invalid("name", "write a name of at most 200 characters"));
    }
    if name.chars().any(domain::text::is_invisible) {
        return Err(Error::invalid("name", "it holds characters that cannot be seen"));
    }
    if connect::secrets::position(name).is_some() {
        return Err(Error::invalid("name", "there seems to be a secret in it"));
    }
    let kind = optional("kind", &r.kind, Kind::parse)?.ok_or_else(|| Error::invalid("kind", "choose what kind of identity it is"))?;
    let owner = person(tx, "owner", &r.owner).await?;
    let backup = person(tx, "backup", &r.backup).await?;
    if owner.is_some() && owner == backup {
        return Err(Error::invalid("backup", "the backup must be somebody else than the owner"));
    }
    let purpose = clean("purpose", &r.purpose)?;
    let team = match r.team.trim() {
        "" => None,
        text => Some(team(tx, text).await?),
    };
    let surfaces = texts(&r.surfaces)?;
    Ok(Checked {
        name: name.to_owned(),
        kind,
        lifecycle: optional("lifecycle", &r.lifecycle, domain::identity::Lifecycle::parse)?.unwrap_or(domain::identity::Lifecycle::Active),
        environment: optional("environment", &r.environment, Environment::parse)?,
        autonomy: optional("autonomy", &r.autonomy, Autonomy::parse)?,
        owner,
        backup,
        team,
        purpose,
        surfaces,
    })
}

async fn team(tx: &mut Tx, text: &str) -> Result<(Uuid, String)> {
    let all = store::teams::all_at(tx, OPEN - 1).await?;
    let id = crate::teams::known(&all, text).ok_or_else(|| Error::invalid("team", "no such team"))?;
    let name = all.into_iter().find(|t| t.id == id).map(|t| t.name).unwrap_or_default();
    Ok((id, name))
}

fn texts(given: &[NewText]) -> Result<Vec<(surface::Kind, String, Option<String>)>> {
    if given.len() > MAX_SURFACES {
        return Err(Error::invalid("surfaces", format!("at most {MAX_SURFACES} surfaces at a time")));
    }
    let mut out: Vec<(surface::Kind, String, Option<String>)> = Vec::new();
    for one in given {
        let locator = one.locator.trim();
        let Some(kind) = optional("surfaces", &one.kind, surface::Kind::parse)? else {
            if locator.is_empty() && one.text.trim().is_empty() {
                continue;
            }
            return Err(Error::invalid("surfaces", "choose which surface it is"));
        };
        if locator.is_empty() || locator.chars().count() > 500 {
            return Err(Error::invalid("surfaces", "say where the surface stands: a URI, an ARN or a repository path"));
        }
        if let Some(at) = connect::secrets::position(locator) {
            return Err(Error::invalid("surfaces", format!("there seems to be a secret at character {} of the place", at + 1)));
        }
        if out.iter().any(|(k, l, _)| *k == kind && l == locator) {
            return Err(Error::invalid("surfaces", format!("{} at {locator} stands there twice", kind.label())));
        }
        let text = clean("surfaces", &one.text)?;
        if surface::is_derived(kind) && text.is_some() {
            return Err(Error::invalid("surfaces", "the content of permissions and tools is derived; leave the text empty"));
        }
        out.push((kind, locator.to_owned(), text));
    }
    Ok(out)
}

fn clean(field: &'static str, text: &str) -> Result<Option<String>> {
    let text = text.trim();
    if text.len() > MAX_TEXT {
        return Err(Error::invalid(field, "use at most 200,000 bytes"));
    }
    if let Some(at) = connect::secrets::position(text) {
        return Err(Error::invalid(field, format!("there seems to be a secret at character {}; take it out, the place is enough", at + 1)));
    }
    Ok((!text.is_empty()).then(|| text.replace("\r\n", "\n")))
}

async fn person(tx: &mut Tx, field: &'static str, text: &str) -> Result<Option<Uuid>> {
    let Some(id) = optional(field, text, |t| domain::ids::parse(domain::ids::Noun::Person, t).ok())? else { return Ok(None) };
    match people::by_id(tx, id, OPEN - 1).await? {
        Some(p) if p.state == "active" => Ok(Some(id)),
        _ => Err(Error::invalid(field, "nobody active by this id")),
    }
}

/// Registers an identity by hand; gives its id.
pub async fn register(services: &Services, who: &Principal, r: &Registration) -> Result<(Uuid, Written)> {
    who.authorise(Action::WriteInventory)?;
    let mut tx = services.db.snapshot().await?;
    let checked = check(&mut tx, r).await?;
    let place = place(&mut tx, checked.team.as_ref().map(|(id, _)| *id), checked.environment, None).await?;
    tx.rollback().await?;
    who.authorise_at(Action::WriteInventory, &place)?;
    let id = services.ids.next();
    let mut c = command(who, "identity.registered", "identity", Some(id));
    c.anchors.push((&tables::IDENTITY_VERSIONS, id));
    let record = record(services, &mut c, id, &checked);
    let surfaces_added = open_surfaces(services, &mut c, id, &checked, &[]);
    let mut facts = facts_from(None, Some(&record), None).ok_or_else(|| Error::Internal("no facts of a record".to_owned()))?;
    facts.surfaces = surfaces_added;
    let mut deltas = Deltas::default();
    deltas.moved(None, Some(&facts));
    replace_facts(&mut c, None, Some(&facts), None);
    c.opens.push(record.row(None));
    c.counts = deltas.into_counts();
    c.payload = payload(who, json!({ "kind": record.kind, "fields": changed(None, &record) }))?;
    Ok((id, services.write(c).await?))
}

/// Where an identity stands, for roles that reach over a part only.
async fn place(tx: &mut Tx, team: Option<Uuid>, environment: Option<Environment>, source: Option<Uuid>) -> Result<Place> {
    let teams = match team {
        Some(_) => crate::teams::with_ancestors(&store::teams::all_at(tx, OPEN - 1).await?, team),
        None => vec![],
    };
    Ok(Place { teams, environment, source })
}

/// Out of where the role reaches nothing is fetched, and nothing is put away to there. What people stated counts
/// for that; a tag is a hint and never routes.
async fn within_reach(
    tx: &mut Tx,
    who: &Principal,
    (before, old): (&store::identities::Facts, Option<&Record>),
    checked: &Checked,
    of_source: Option<Environment>,
) -> Result<()> {
    let stated = old.and_then(|m| m.environment.as_deref()).and_then(Environment::parse).or(of_source);
    let is = place(tx, before.team_id, stated, before.source_id).await?;
    let team = checked.team.as_ref().map(|(id, _)| *id);
    let becomes = place(tx, team, checked.environment.or(of_source), before.source_id).await?;
    who.authorise_at(Action::WriteInventory, &is)?;
    who.authorise_at(Action::WriteInventory, &becomes)
}

fn may_become(from: &str, to: domain::identity::Lifecycle) -> Result<()> {
    let from = domain::identity::Lifecycle::parse(from).unwrap_or(domain::identity::Lifecycle::Active);
    if from.may_become(to) {
        return Ok(());
    }
    let next: Vec<&str> = from.next().iter().map(|l| l.label()).collect();
    let ways = if next.is_empty() { "it stays so".to_owned() } else { format!("from there it goes to {}", next.join(" or ")) };
    Err(Error::invalid("lifecycle", format!("it is {}; {ways}", from.label())))
}

/// A new version of the manual record. `seen` is the version the form showed: another means a conflict.
pub async fn edit(services: &Services, who: &Principal, id: Uuid, seen: i64, r: &Registration) -> Result<Written> {
    who.authorise(Action::WriteInventory)?;
    let mut tx = services.db.snapshot().await?;
    let checked = check(&mut tx, r).await?;
    let records = identities::records_of(&mut tx, id, OPEN - 1).await?;
    let before = identities::facts_of(&mut tx, id, OPEN - 1).await?.ok_or(Error::NotFound("identity"))?;
    let known = surfaces::of_identity(&mut tx, id, OPEN - 1).await?;
    let source_says = match before.source_id {
        Some(source) => store::sources::by_id(&mut tx, source, OPEN - 1).await?.and_then(|s| s.environment),
        None => None,
    };
    let old = records.iter().find(|x| x.plane == "manual");
    let of_source = source_says.as_deref().and_then(Environment::parse);
    within_reach(&mut tx, who, (&before, old), &checked, of_source).await?;
    let kept = match old.and_then(|o| o.purpose_id) {
        Some(blob) => Some((blob, super::text(&mut tx, Some(blob)).await?)),
        None => None,
    };
    tx.rollback().await?;
    if old.map_or(0, |o| o.since) != seen {
        return Err(Error::Conflict("somebody else edited this identity since you opened the form; your text is still below".to_owned()));
    }
    may_become(&before.lifecycle, checked.lifecycle)?;
    let mut c = command(who, "identity.edited", "identity", Some(id));
    let mut checked = checked;
    let same = kept.filter(|(_, t)| checked.purpose.as_ref().is_some_and(|p| *t == super::Text::Content(p.clone())));
    if same.is_some() {
        checked.purpose = None;
    }
    let mut record = record(services, &mut c, id, &checked);
    record.purpose_id = record.purpose_id.or(same.map(|(blob, _)| blob));
    let surfaces_added = open_surfaces(services, &mut c, id, &checked, &known);
    let mut facts = facts_from(records.iter().find(|x| x.plane == "observed"), Some(&record), source_says.as_deref())
        .ok_or(Error::NotFound("identity"))?;
    copy_totals(&mut facts, &before);
    facts.surfaces = before.surfaces + surfaces_added;
    if let Some(o) = old {
        c.closes.push(Close { table: &tables::IDENTITY_VERSIONS, key: vec![id.into(), "manual".into(), store_since(o.since)] });
    }
    let diff = changed(old, &record);
    if diff.is_empty() && c.opens.is_empty() {
        return Err(Error::invalid("name", "nothing was changed"));
    }
    let mut deltas = Deltas::default();
    deltas.moved(Some(&before), Some(&facts));
    replace_facts(&mut c, Some(&before), Some(&facts), None);
    c.opens.push(record.row(None));
    c.counts = deltas.into_counts();
    c.payload = payload(who, json!({ "fields": diff }))?;
    services.write(c).await
}

fn copy_totals(to: &mut store::identities::Facts, from: &store::identities::Facts) {
    (to.grants, to.standing, to.timed, to.denied, to.conditional) = (from.grants, from.standing, from.timed, from.denied, from.conditional);
    [to.n_read, to.n_write, to.n_destructive, to.n_admin, to.n_secrets, to.n_wildcard] = from.by_class();
    to.privilege = from.privilege;
}

fn record(services: &Services, c: &mut Command, id: Uuid, checked: &Checked) -> Record {
    let mut record = Record::new(id, "manual");
    record.name = Some(checked.name.clone());
    record.kind = Some(checked.kind.as_str().to_owned());
    record.lifecycle = Some(checked.lifecycle.as_str().to_owned());
    record.environment = checked.environment.map(|e| e.as_str().to_owned());
    record.autonomy = checked.autonomy.map(|a| a.as_str().to_owned());
    record.owner_id = checked.owner;
    record.backup_id = checked.backup;
    record.team_id = checked.team.as_ref().map(|(id, _)| *id);
    if let Some(purpose) = &checked.purpose {
        let blob = services.ids.next();
        c.opens.push(blobs::row(blob, "text/plain", &services.salt(), purpose.as_bytes()));
        record.purpose_id = Some(blob);
    }
    record
}

/// Opens a version of every surface that is new or has a new text; gives how many are new.
fn open_surfaces(services: &Services, c: &mut Command, identity: Uuid, checked: &Checked, known: &[store::surfaces::Surface]) -> i64 {
    let mut added = 0;
    for (kind, locator, text) in &checked.surfaces {
        let old = known.iter().find(|s| s.kind == kind.as_str() && s.locator == *locator && s.plane == "manual");
        let digest = text.as_ref().map(|t| domain::json::sha256_hex(t.as_bytes()));
        if old.is_some_and(|o| o.content_digest == digest) {
            continue;
        }
        let content = text.as_ref().map(|text| {
            let blob = services.ids.next();
            c.opens.push(blobs::row(blob, "text/plain", &services.salt(), text.as_bytes()));
            blob
        });
        let id = old.map_or_else(|| services.ids.next(), |o| o.id);
        match old {
            Some(o) => c.closes.push(Close { table: &tables::SURFACE_VERSIONS, key: vec![id.into(), store_since(o.since)] }),
            None => c.anchors.push((&tables::SURFACE_VERSIONS, id)),
        }
        let new =
            NewSurface { id, plane: "manual", identity, kind: kind.as_str(), locator, digest: digest.as_deref(), content, source: None };
        c.opens.push(surfaces::row(&new, None));
        added += i64::from(old.is_none());
    }
    added
}

/// Which fields changed, with old and new words; free text and people by id only.
fn changed(old: Option<&Record>, new: &Record) -> Map<String, Value> {
    let mut out = Map::new();
    let mut field = |name: &str, old: Option<String>, new: Option<String>| {
        if old != new {
            out.insert(name.to_owned(), json!({ "from": old, "to": new }));
        }
    };
    let id = |u: Option<Uuid>| u.map(|u| domain::ids::show(domain::ids::Noun::Person, u));
    field("name", old.and_then(|o| o.name.clone()), new.name.clone());
    field("kind", old.and_then(|o| o.kind.clone()), new.kind.clone());
    field("lifecycle", old.and_then(|o| o.lifecycle.clone()), new.lifecycle.clone());
    field("environment", old.and_then(|o| o.environment.clone()), new.environment.clone());
    field("autonomy", old.and_then(|o| o.autonomy.clone()), new.autonomy.clone());
    field("owner", id(old.and_then(|o| o.owner_id)), id(new.owner_id));
    let team = |u: Option<Uuid>| u.map(|u| domain::ids::show(domain::ids::Noun::Team, u));
    field("team", team(old.and_then(|o| o.team_id)), team(new.team_id));
    field("backup", id(old.and_then(|o| o.backup_id)), id(new.backup_id));
    let had = |r: Option<Uuid>| r.map(|b| domain::ids::show(domain::ids::Noun::Blob, b));
    field("purpose", had(old.and_then(|o| o.purpose_id)), had(new.purpose_id));
    out
}
