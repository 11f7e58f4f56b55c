//! Sources: who answers for a feed, from where it looks, and how often it is expected. What a feed says comes in
//! by imports; this only says what it is.

use crate::identities::store_since;
use crate::{Error, Principal, Result, Services, command, payload};
use domain::asof::{AsOf, OPEN, Wanted};
use domain::identity::Environment;
use domain::ids::{Noun, parse, show};
use domain::permission::Action;
use domain::source::{Kind, Vantage, is_late};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use store::db::Tx;
use store::rows::Close;
use store::sources::{self, Source};
use store::writer::Written;
use store::{people, tables};
use uuid::Uuid;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct Page {
    pub as_of: AsOf,
    pub sources: Vec<Listed>,
    /// Active people, for the choice of an owner.
    pub people: Vec<(Uuid, String)>,
}

/// A source with what came from it.
#[derive(Clone, Debug)]
pub struct Listed {
    pub source: Source,
    pub owner: Option<String>,
    pub identities: i64,
    pub imports: i64,
    /// In microseconds; none where nothing was imported.
    pub last_heard: Option<i64>,
    pub late: bool,
    /// Names of the tokens that may feed it.
    pub tokens: Vec<String>,
}

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

/// Every source as of a position, by name.
pub async fn page(services: &Services, who: &Principal, wanted: Wanted) -> Result<Page> {
    who.authorise(Action::ReadInventory)?;
    let mut reader = crate::asof::open(services, wanted).await?;
    let (seq, now) = (reader.as_of.seq, reader.as_of.seq == reader.head);
    let tx = &mut reader.tx;
    let all = sources::all_at(tx, seq).await?;
    let heard: HashMap<Uuid, (i64, i64)> = sources::heard(tx, seq).await?.into_iter().map(|(id, at, n)| (id, (at, n))).collect();
    let mut held: HashMap<Uuid, i64> = HashMap::new();
    for place in store::adoption::places(tx, seq, now).await? {
        *held.entry(place.source_id.unwrap_or_default()).or_default() += place.identities + place.platform;
    }
    let everybody = people::all_at(tx, seq).await?;
    let tokens = store::tokens::all_at(tx, seq).await?;
    let as_of = reader.as_of;
    reader.close().await?;
    let listed = |source: Source| {
        let known = heard.get(&source.id);
        let bound = |t: &&store::tokens::Token| t.source_id == Some(source.id) && t.expires_at > as_of.at.micros();
        Listed {
            owner: source.owner_id.and_then(|o| everybody.iter().find(|p| p.id == o)).map(people::Person::shown),
            identities: held.get(&source.id).copied().unwrap_or(0),
            imports: known.map_or(0, |k| k.1),
            last_heard: known.map(|k| k.0),
            late: is_late(known.map(|k| k.0), source.interval_seconds, as_of.at.micros()),
            tokens: tokens.iter().filter(bound).map(|t| t.name.clone()).collect(),
            source,
        }
    };
    let sources = all.into_iter().map(listed).collect();
    let people = everybody.iter().filter(|p| p.state == "active").map(|p| (p.id, p.shown())).collect();
    Ok(Page { as_of, sources, people })
}

/// Registers a source ahead of its first import.
pub async fn register(services: &Services, who: &Principal, wish: &Wish) -> Result<(Uuid, Written)> {
    who.authorise(Action::ManageSources)?;
    let name = crate::name("name", &wish.name)?;
    let kind = Kind::parse(wish.kind.trim()).ok_or_else(|| Error::invalid("kind", "choose what feeds it"))?;
    let mut tx = services.db.snapshot().await?;
    if sources::by_name(&mut tx, name, OPEN - 1).await?.is_some() {
        return Err(Error::invalid("name", "a source of this name is there already"));
    }
    let id = services.ids.next();
    let mut source = Source::new(id, name, kind, None);
    let said = say(services, &mut tx, &mut source, wish).await?;
    tx.rollback().await?;
    let mut c = command(who, "source.registered", "source", Some(id));
    c.anchors.push((&tables::SOURCE_VERSIONS, id));
    c.opens.push(source.row());
    c.payload = payload(who, json!({ "name": name, "kind": kind.as_str(), "fields": said, "provenance": "bootstrap" }))?;
    Ok((id, services.write(c).await?))
}

/// A new version of what is said of a source. `seen` is the version the form showed. Its name stays: imports find it by that.
pub async fn edit(services: &Services, who: &Principal, id: Uuid, seen: i64, wish: &Wish) -> Result<Written> {
    who.authorise(Action::ManageSources)?;
    let mut tx = services.db.snapshot().await?;
    let old = sources::by_id(&mut tx, id, OPEN - 1).await?.ok_or(Error::NotFound("source"))?;
    let mut new = old.clone();
    let said = say(services, &mut tx, &mut new, wish).await?;
    tx.rollback().await?;
    if old.since != seen {
        return Err(Error::Conflict("somebody else edited this source since you opened the page".to_owned()));
    }
    if new == old {
        return Err(Error::invalid("vantage", "nothing was changed"));
    }
    let mut c = command(who, "source.edited", "source", Some(id));
    c.closes.push(Close { table: &tables::SOURCE_VERSIONS, key: vec![id.into(), store_since(old.since)] });
    c.opens.push(new.row());
    c.payload = payload(who, json!({ "fields": said, "provenance": "bootstrap" }))?;
    services.write(c).await
}

/// Puts what was said into the source; gives what changed, with old and new words.
async fn say(services: &Services, tx: &mut Tx, source: &mut Source, wish: &Wish) -> Result<Map<String, Value>> {
    let old = source.clone();
    source.owner_id = owner(services, tx, wish.owner.trim()).await?;
    source.environment = match wish.environment.trim() {
        "" => None,
        word => Some(Environment::parse(word).ok_or_else(|| Error::invalid("environment", "not one of the choices"))?.as_str().to_owned()),
    };
    if !wish.vantage.trim().is_empty() {
        let vantage = Vantage::parse(wish.vantage.trim()).ok_or_else(|| Error::invalid("vantage", "not one of the choices"))?;
        vantage.as_str().clone_into(&mut source.vantage);
    }
    source.interval_seconds = match wish.hours.trim() {
        "" => None,
        text => match text.parse::<i64>() {
            Ok(hours @ 1..=8760) => Some(hours * 3600),
            _ => return Err(Error::invalid("hours", "between 1 and 8,760 hours, or empty")),
        },
    };
    let mut said = Map::new();
    let mut field = |name: &str, old: Value, new: Value| {
        if old != new {
            said.insert(name.to_owned(), json!({ "from": old, "to": new }));
        }
    };
    let person = |id: Option<Uuid>| json!(id.map(|i| show(Noun::Person, i)));
    field("owner", person(old.owner_id), person(source.owner_id));
    field("environment", json!(old.environment), json!(source.environment));
    field("vantage", json!(old.vantage), json!(source.vantage));
    field("interval_seconds", json!(old.interval_seconds), json!(source.interval_seconds));
    Ok(said)
}

async fn owner(services: &Services, tx: &mut Tx, text: &str) -> Result<Option<Uuid>> {
    if text.is_empty() {
        return Ok(None);
    }
    let found = match parse(Noun::Person, text) {
        Ok(id) => people::by_id(tx, id, OPEN - 1).await?,
        Err(_) => people::by_email_key(tx, &crate::people::email_key(services, text)).await?,
    };
    match found {
        Some(p) if p.state == "active" => Ok(Some(p.id)),
        _ => Err(Error::invalid("owner", "nobody active by this id or address")),
    }
}
