//! Registering a resource, saying anew what it is, retiring it. Each is an entry that says what changed.

use crate::{Act, Error, Result, Written};
use domain::identity::{Criticality, Environment};
use domain::ids::{PersonId, ResourceId};
use domain::locator::LocatorKind;
use domain::permission::{Action, Place};
use domain::resource::{self, BadPattern, DataClass};
use domain::seq::Seq;
use domain::verb::Verb;
use serde_json::{Map, Value, json};
use store::engine::db::Tx;
use store::engine::table::Declared;
use store::engine::writer::Command;
use store::people::{self, Person};
use store::resources::{self, Resource};

/// What is said of a resource: words as the forms, the API and commands send them; empty means none, or unknown.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wish {
    pub name: String,
    pub kind: String,
    pub pattern: String,
    /// A person by id or e-mail address.
    pub owner: String,
    pub criticality: String,
    pub data_class: String,
    pub environment: String,
}

/// Where a resource stands, for roles that reach over a part only.
pub(super) fn place(resource: &Resource) -> Place {
    Place { environment: Some(resource.environment), ..Place::default() }
}

/// Registers a resource; gives its id.
pub async fn register(act: &Act, wish: &Wish) -> Result<(ResourceId, Written)> {
    act.authorise(Action::WriteInventory)?;
    let id: ResourceId = act.id();
    let mut tx = act.snapshot().await?;
    let (new, owner) = check(act, &mut tx, id, wish).await?;
    act.who().authorise_at(Action::WriteInventory, &place(&new))?;
    alone(&mut tx, &new).await?;
    tx.rollback().await?;
    let mut c = act.command(Verb::ResourceRegistered, "resource", Some(id.uuid()));
    c.requires.extend(owner.map(Person::still));
    c.payload = act.payload(json!({ "fields": changed(None, &new) }))?;
    c.add(id.uuid(), new);
    Ok((id, act.write(c).await.map_err(|e| e.refused_by(ONE_OPEN, taken_meanwhile))?))
}

/// A new version of a resource. `seen` is the version the form showed: another means a conflict.
pub async fn edit(act: &Act, id: ResourceId, seen: Seq, wish: &Wish) -> Result<Written> {
    act.authorise(Action::WriteInventory)?;
    let mut tx = act.snapshot().await?;
    let old = within_reach(act, &mut tx, id).await?;
    // First: a form that is refused for something else first would come back with the version of today in it.
    unchanged_since(&old, seen)?;
    let (new, owner) = check(act, &mut tx, id, wish).await?;
    // Nothing is put away to where the role does not reach.
    act.who().authorise_at(Action::WriteInventory, &place(&new))?;
    alone(&mut tx, &new).await?;
    tx.rollback().await?;
    let fields = changed(Some(&old), &new);
    if fields.is_empty() {
        return Err(Error::Unchanged);
    }
    let mut c = act.command(Verb::ResourceEdited, "resource", Some(id.uuid()));
    c.requires.extend(owner.map(Person::still));
    c.payload = act.payload(json!({ "fields": fields }))?;
    c.replace(old, new);
    act.write(c).await.map_err(|e| e.refused_by(ONE_OPEN, taken_meanwhile))
}

/// Retires a resource: from here on it is in no list, and who reaches it is not asked any more. Its past stays.
pub async fn retire(act: &Act, id: ResourceId, seen: Seq) -> Result<Written> {
    act.authorise(Action::WriteInventory)?;
    let mut tx = act.snapshot().await?;
    let old = within_reach(act, &mut tx, id).await?;
    tx.rollback().await?;
    unchanged_since(&old, seen)?;
    let mut c = act.command(Verb::ResourceRetired, "resource", Some(id.uuid()));
    c.payload = act.payload(json!({ "name": old.name, "kind": old.kind, "pattern": old.pattern }))?;
    c.closes.push(old.close());
    act.write(c).await
}

/// When somebody leaves: what they own has no owner any more, for a resource has no backup. Adds to `c` a new version
/// of each; gives how many.
pub(crate) async fn leave(tx: &mut Tx, c: &mut Command, leaver: PersonId) -> Result<usize> {
    let owned = resources::owned_by(tx, leaver).await?;
    let n = owned.len();
    for old in owned {
        let nobodys = old.without_owner();
        c.replace(old, nobodys);
    }
    Ok(n)
}

async fn within_reach(act: &Act, tx: &mut Tx, id: ResourceId) -> Result<Resource> {
    let old = resources::by_id(tx, id, Seq::NOW).await?.ok_or(Error::NotFound("resource"))?.resource;
    act.who().authorise_at(Action::WriteInventory, &place(&old))?;
    Ok(old)
}

fn unchanged_since(old: &Resource, seen: Seq) -> Result<()> {
    if old.since == seen {
        return Ok(());
    }
    Err(Error::Conflict(
        "Someone else saved first. Your text is still below, and theirs is under each field that differs. Reload to take theirs."
            .to_owned(),
    ))
}

const ONE_OPEN: &str = "resource_versions_one_open";

fn taken_meanwhile() -> Error {
    Error::invalid("pattern", "Another resource with this location was registered meanwhile.")
}

/// Two resources of one kind never have the same places; such as only overlap are both fine.
async fn alone(tx: &mut Tx, new: &Resource) -> Result<()> {
    match resources::of_pattern(tx, new.kind, &new.normal).await? {
        Some(other) if other.id != new.id => {
            let name = domain::text::capped(&other.name, 80);
            Err(Error::invalid("pattern", format!("“{name}” already has this location ({}).", other.id)))
        }
        _ => Ok(()),
    }
}

/// What was typed, as the resource it makes, and whoever is named as its owner.
async fn check(act: &Act, tx: &mut Tx, id: ResourceId, wish: &Wish) -> Result<(Resource, Option<Person>)> {
    let name = crate::name("name", &wish.name)?;
    let kind = LocatorKind::parse(wish.kind.trim()).ok_or_else(|| Error::invalid("kind", "Choose a kind of location."))?;
    let typed = wish.pattern.trim();
    if let Some(at) = connect::secrets::position(typed) {
        return Err(Error::invalid("pattern", format!("Character {} looks like a secret. Remove it and keep only the location.", at + 1)));
    }
    let pattern = resource::pattern(kind, typed).map_err(refused)?;
    let owner = owner(act, tx, wish.owner.trim()).await?;
    let resource = Resource {
        since: Seq::ZERO,
        id,
        name: name.to_owned(),
        kind,
        pattern: typed.to_owned(),
        normal: pattern.normal().to_owned(),
        owner_id: owner.as_ref().map(|p| p.id),
        criticality: word("criticality", &wish.criticality, Criticality::parse)?.unwrap_or(Criticality::Unknown),
        data_class: word("data_class", &wish.data_class, DataClass::parse)?.unwrap_or(DataClass::Unknown),
        environment: word("environment", &wish.environment, Environment::parse)?.unwrap_or(Environment::Unknown),
    };
    Ok((resource, owner))
}

/// The field that is to be mended: the kind, where the text is plainly of another one.
fn refused(bad: BadPattern) -> Error {
    let field = match &bad {
        BadPattern::Locator(domain::locator::BadLocator::OtherKind { .. }) => "kind",
        _ => "pattern",
    };
    Error::invalid(field, bad.to_string())
}

fn word<T>(field: &'static str, text: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>> {
    match text.trim() {
        "" => Ok(None),
        text => parse(text).map(Some).ok_or_else(|| Error::invalid(field, format!("“{}” isn't a choice.", domain::text::capped(text, 60)))),
    }
}

async fn owner(act: &Act, tx: &mut Tx, text: &str) -> Result<Option<Person>> {
    if text.is_empty() {
        return Ok(None);
    }
    let found = match PersonId::parse(text) {
        Ok(id) => people::by_id(tx, id, Seq::NOW).await?,
        Err(_) => people::by_email_key(tx, &crate::people::email_key(act.services(), text)).await?,
    };
    let known = found.ok_or_else(|| Error::invalid("owner", "No person has this ID or email."))?;
    if known.is_active() {
        return Ok(Some(known));
    }
    Err(Error::invalid("owner", "This person isn't active. Choose another owner."))
}

/// Which fields changed, with old and new words; people by id only.
fn changed(old: Option<&Resource>, new: &Resource) -> Map<String, Value> {
    let mut out = Map::new();
    let mut field = |name: &str, of: &dyn Fn(&Resource) -> Value| {
        let (old, new) = (old.map_or(Value::Null, of), of(new));
        if old != new {
            out.insert(name.to_owned(), json!({ "from": old, "to": new }));
        }
    };
    field("name", &|r| json!(r.name));
    field("kind", &|r| json!(r.kind));
    field("pattern", &|r| json!(r.pattern));
    field("owner", &|r| json!(r.owner_id));
    field("criticality", &|r| json!(r.criticality));
    field("data_class", &|r| json!(r.data_class));
    field("environment", &|r| json!(r.environment));
    out
}
