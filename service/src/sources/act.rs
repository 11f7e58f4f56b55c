//! Adding sources and editing what is said of them.

use crate::{Act, Error, Result, Written};
use domain::identity::Environment;
use domain::ids::{PersonId, SourceId};
use domain::permission::Action;
use domain::seq::Seq;
use domain::source::{SourceKind, Vantage};
use domain::verb::Verb;
use serde_json::{Map, Value, json};
use store::engine::db::Tx;
use store::engine::table::Declared;
use store::people::{self, Person};
use store::sources::{self, Source};

/// What is said of a source: words as the forms and commands send them; empty means none.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wish {
    pub name: String,
    pub kind: String,
    /// A person by id or e-mail address.
    pub owner: String,
    pub environment: String,
    pub vantage: String,
    pub hours: String,
}

/// Registers a source ahead of its first import.
pub async fn register(act: &Act, wish: &Wish) -> Result<(SourceId, Written)> {
    act.authorise(Action::ManageSources)?;
    let name = crate::name("name", &wish.name)?;
    let kind = SourceKind::parse(wish.kind.trim()).ok_or_else(|| none_of("kind", "Kind", SourceKind::WORDS))?;
    let mut tx = act.snapshot().await?;
    let left = left_by_an_import(&mut tx, name).await?;
    let mut source = Source::new(left.as_ref().map_or_else(|| act.id(), |l| l.id), name, kind, None);
    let id = source.id;
    let (said, owner) = say(act, &mut tx, &mut source, wish).await?;
    tx.rollback().await?;
    let mut c = act.command(Verb::SourceRegistered, "source", Some(id.uuid()));
    c.requires.extend(owner.map(Person::still));
    match left {
        Some(left) => c.replace(left, source),
        None => c.add(id.uuid(), source),
    }
    c.payload = act.payload(json!({ "name": name, "kind": kind, "fields": said, "provenance": "bootstrap" }))?;
    let taken = || Error::invalid("name", "A source with this name already exists.");
    Ok((id, act.write(c).await.map_err(|e| e.refused_by("source_versions_one_open", taken))?))
}

/// A source of this name that no list shows, because the import that brought it never came to live.
async fn left_by_an_import(tx: &mut Tx, name: &str) -> Result<Option<Source>> {
    let Some(source) = sources::by_name(tx, name, Seq::NOW).await? else { return Ok(None) };
    Ok((!sources::is_known(tx, source.id, Seq::NOW).await?).then_some(source))
}

/// A new version of what is said of a source. `seen` is the version the form showed. Its name stays: imports find it by that.
pub async fn edit(act: &Act, id: SourceId, seen: Seq, wish: &Wish) -> Result<Written> {
    act.authorise(Action::ManageSources)?;
    let mut tx = act.snapshot().await?;
    let old = sources::by_id(&mut tx, id, Seq::NOW).await?.ok_or(Error::NotFound("source"))?;
    // First: a form that is refused for something else first would come back with the version of today in it.
    if old.since != seen {
        return Err(Error::Conflict("Someone else saved first. Reload to see their change, then save yours.".to_owned()));
    }
    let mut new = old.clone();
    let (said, owner) = say(act, &mut tx, &mut new, wish).await?;
    tx.rollback().await?;
    if new == old {
        return Err(Error::Unchanged);
    }
    let mut c = act.command(Verb::SourceEdited, "source", Some(id.uuid()));
    c.requires.extend(owner.map(Person::still));
    c.replace(old, new);
    c.payload = act.payload(json!({ "fields": said, "provenance": "bootstrap" }))?;
    act.write(c).await
}

/// Puts what was said into the source; gives what changed, with old and new words, and who was named.
async fn say(act: &Act, tx: &mut Tx, source: &mut Source, wish: &Wish) -> Result<(Map<String, Value>, Option<Person>)> {
    let old = source.clone();
    let owner = owner(act, tx, wish.owner.trim()).await?;
    source.owner_id = owner.as_ref().map(|p| p.id);
    source.environment = match wish.environment.trim() {
        "" => None,
        word => Some(Environment::parse(word).ok_or_else(|| none_of("environment", "Environment", Environment::WORDS))?),
    };
    if !wish.vantage.trim().is_empty() {
        source.vantage = Vantage::parse(wish.vantage.trim()).ok_or_else(|| none_of("vantage", "Evidence", Vantage::WORDS))?;
    }
    source.interval_seconds = match wish.hours.trim() {
        "" => None,
        text => match text.parse::<i64>() {
            Ok(hours @ 1..=8760) => Some(hours * 3600),
            _ => return Err(Error::invalid("hours", "Enter a number of hours from 1 to 8,760, or leave it empty.")),
        },
    };
    let mut said = Map::new();
    let mut field = |name: &str, old: Value, new: Value| {
        if old != new {
            said.insert(name.to_owned(), json!({ "from": old, "to": new }));
        }
    };
    field("owner", json!(old.owner_id), json!(source.owner_id));
    field("environment", json!(old.environment), json!(source.environment));
    field("vantage", json!(old.vantage), json!(source.vantage));
    field("interval_seconds", json!(old.interval_seconds), json!(source.interval_seconds));
    Ok((said, owner))
}

fn none_of(field: &'static str, what: &str, words: &[&str]) -> Error {
    Error::invalid(field, format!("{what} must be one of: {}.", words.join(", ")))
}

async fn owner(act: &Act, tx: &mut Tx, text: &str) -> Result<Option<Person>> {
    if text.is_empty() {
        return Ok(None);
    }
    let found = match PersonId::parse(text) {
        Ok(id) => people::by_id(tx, id, Seq::NOW).await?,
        Err(_) => people::by_email_key(tx, &crate::people::email_key(act.services(), text)).await?,
    };
    let active = found.filter(Person::is_active);
    active.map(Some).ok_or_else(|| Error::invalid("owner", "No active person has this ID or email."))
}
