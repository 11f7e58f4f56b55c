//! The list of sources with what came from them.

use crate::listing::{Listing, Sheet};
use crate::{Error, Read, Result};
use domain::identity::Environment;
use domain::ids::SourceId;
use domain::listing::{Datum, Field};
use domain::permission::Action;
use domain::query::sources::Filter;
use domain::source::{SourceKind, Vantage, is_late};
use domain::time::Timestamp;
use std::collections::HashMap;
use store::people::{self, Person};
use store::sources::{self, Source};
use store::tokens;

/// Sources, by name.
pub struct List;

/// A source with what came from it.
#[derive(Clone, Debug)]
pub struct Listed {
    pub source: Source,
    pub owner: Option<String>,
    pub identities: i64,
    pub imports: i64,
    /// None where nothing was imported.
    pub last_heard: Option<Timestamp>,
    pub late: bool,
    /// Names of the tokens that may feed it.
    pub tokens: Vec<String>,
}

type F = Field<Listed>;

impl Listing for List {
    type Row = Listed;
    type Filter = Filter;
    const NAME: &'static str = "sources";
    const NEEDS: Action = Action::ReadInventory;
    const FIELDS: &'static [F] = &[
        F::text("id", "the ID, src_…", |s| Datum::text(s.source.id)),
        F::text("name", "its name", |s| Datum::text(&s.source.name)).shown("Source").brief(),
        F::words("kind", "the kind of system it describes", SourceKind::WORDS, |s| Datum::text(s.source.kind)).brief(),
        F::text("owner", "the ID of its owner, per_…", |s| Datum::perhaps(s.source.owner_id)).optional(),
        F::text("owner_name", "its owner, by name", |s| Datum::perhaps(s.owner.as_deref())).optional().shown("Owner").brief(),
        F::words("vantage", "what kind of evidence it gives", Vantage::WORDS, |s| Datum::text(s.source.vantage)).shown("Evidence"),
        F::words("environment", "the environment of everything in it", Environment::WORDS, |s| Datum::perhaps(s.source.environment))
            .optional()
            .shown("Environment"),
        F::number("interval_seconds", "how often an import is expected, in seconds", |s| {
            s.source.interval_seconds.map_or(Datum::Nothing, Datum::Number)
        })
        .optional(),
        F::number("identities", "identities in it", |s| Datum::Number(s.identities)).shown("Identities").brief(),
        F::number("imports", "imports of it", |s| Datum::Number(s.imports)),
        F::time("last_heard", "when it was last imported", |s| s.last_heard.map_or(Datum::Nothing, Datum::Time))
            .optional()
            .shown("Last import")
            .brief(),
        F::flag("late", "true when an import is overdue", |s| Datum::Flag(s.late)).brief(),
        F::text("tokens", "names of the tokens bound to it", |s| Datum::Text(s.tokens.join(", "))),
    ];

    async fn sheet<'a>(read: &'a mut Read, _: &'a Filter, after: Option<&'a str>, limit: i64) -> Result<Sheet<Listed>> {
        let all = all(read).await?;
        let as_of = read.as_of();
        let mut sheet = Sheet::of_all(as_of, all, after, limit, |s| s.source.id.to_string())?;
        for listed in &mut sheet.rows {
            listed.tokens = tokens::names_of_source(read.tx(), listed.source.id, as_of, TOKENS as i64 + 1).await?;
            if listed.tokens.len() > TOKENS {
                listed.tokens.truncate(TOKENS);
                listed.tokens.push("and more".to_owned());
            }
        }
        Ok(sheet)
    }
}

/// One source.
pub async fn show(read: &mut Read, id: SourceId) -> Result<Listed> {
    let mut found = all(read).await?.into_iter().find(|s| s.source.id == id).ok_or(Error::NotFound("source"))?;
    let as_of = read.as_of();
    found.tokens = tokens::names_of_source(read.tx(), id, as_of, TOKENS as i64).await?;
    Ok(found)
}

/// Tokens named of one source; that there are more is said.
const TOKENS: usize = 100;

/// Every source as of a position, by name, without its tokens.
async fn all(read: &mut Read) -> Result<Vec<Listed>> {
    read.authorise(Action::ReadInventory)?;
    let (as_of, seq) = (read.as_of(), read.seq());
    let all = sources::all_at(read.tx(), seq).await?;
    let heard = sources::heard(read.tx(), seq).await?;
    let heard: HashMap<SourceId, (Timestamp, i64)> = heard.into_iter().map(|(id, at, n)| (id, (at, n))).collect();
    let mut held: HashMap<SourceId, i64> = HashMap::new();
    for place in &crate::adoption::figures(read).await?.places {
        if let Some(source) = place.source_id {
            *held.entry(source).or_default() += place.identities.n + place.platform.n;
        }
    }
    let everybody = people::all_at(read.tx(), seq).await?;
    let listed = |source: Source| {
        let known = heard.get(&source.id);
        Listed {
            owner: source.owner_id.and_then(|o| everybody.iter().find(|p| p.id == o)).map(Person::shown),
            identities: held.get(&source.id).copied().unwrap_or(0),
            imports: known.map_or(0, |k| k.1),
            last_heard: known.map(|k| k.0),
            late: is_late(known.map(|k| k.0), source.interval_seconds, as_of.at),
            tokens: vec![],
            source,
        }
    };
    Ok(all.into_iter().map(listed).collect())
}

/// How many there are, without an owner, and expected but silent; when any was last heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct States {
    pub all: i64,
    pub unowned: i64,
    pub late: i64,
    pub last_heard: Option<Timestamp>,
}

pub async fn states(read: &mut Read) -> Result<States> {
    read.authorise(Action::ReadInventory)?;
    let (seq, now) = (read.seq(), read.as_of().at);
    let all = sources::all_at(read.tx(), seq).await?;
    let heard: HashMap<SourceId, Timestamp> = sources::heard(read.tx(), seq).await?.into_iter().map(|(id, at, _)| (id, at)).collect();
    let late = |s: &&Source| is_late(heard.get(&s.id).copied(), s.interval_seconds, now);
    let unowned = all.iter().filter(|s| s.owner_id.is_none()).count();
    Ok(States {
        all: all.len() as i64,
        unowned: unowned as i64,
        late: all.iter().filter(late).count() as i64,
        last_heard: heard.values().max().copied(),
    })
}

/// A source by its name.
pub async fn named(read: &mut Read, name: &str) -> Result<Source> {
    read.authorise(Action::ReadInventory)?;
    let seq = read.seq();
    let source = sources::by_name(read.tx(), name, seq).await?.ok_or(Error::NotFound("source"))?;
    if sources::is_known(read.tx(), source.id, seq).await? { Ok(source) } else { Err(Error::NotFound("source")) }
}
