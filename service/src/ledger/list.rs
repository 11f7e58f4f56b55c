//! The list of entries: its fields and its rows.

use crate::exports::Bound;
use crate::listing::{Listing, Sheet, bad_cursor};
use crate::{Read, Result};
use domain::ids::PersonId;
use domain::ledger::ActorKind;
use domain::listing::{Datum, Field, Sorted};
use domain::permission::Action;
use domain::query::ledger::{Filter, Order};
use domain::seq::Seq;
use store::ledger::{self, Stored, StoredCheckpoint, Which};

/// Entries of the ledger.
pub struct List;

/// An entry, and who did it by name where it was a person.
#[derive(Clone, Debug)]
pub struct Row {
    pub stored: Stored,
    pub actor_name: Option<String>,
}

type F = Field<Row>;

impl Listing for List {
    type Row = Row;
    type Filter = Filter;
    const NAME: &'static str = "ledger";
    const NEEDS: Action = Action::ReadLedger;
    const BOUND: Option<Bound> = Some(Bound::Entries);
    const FIELDS: &'static [F] = &[
        F::number("seq", "its position", |r| Datum::number(r.stored.entry.seq))
            .shown("Entry")
            .sorted("newest", Sorted::Turning("oldest"))
            .brief(),
        F::text("verb", "what was done", |r| Datum::text(&r.stored.entry.verb)).shown("What").brief(),
        F::words("actor_kind", "who did it", ActorKind::WORDS, |r| Datum::text(r.stored.entry.actor.kind)),
        F::text("actor", "the id of who did it", |r| Datum::perhaps(r.stored.entry.actor.shown())).optional(),
        F::text("actor_name", "the name of who did it, as of here", |r| Datum::perhaps(r.actor_name.as_deref()))
            .optional()
            .shown("Who")
            .brief(),
        F::text("subject_kind", "what it is about", |r| Datum::text(&r.stored.entry.subject_kind)),
        F::text("subject", "the id of what it is about", |r| Datum::perhaps(r.stored.entry.subject_id.map(|_| r.stored.entry.subject())))
            .optional()
            .shown("Subject")
            .brief(),
        F::json("payload", "what was said of it", |r| Datum::Json(r.stored.entry.payload.clone())),
        F::text("facts", "Merkle root over the rows it opened and closed", |r| Datum::text(&r.stored.entry.facts)),
        F::text("leaf_hash", "RFC 6962 leaf hash of the entry", |r| Datum::text(&r.stored.leaf_hash)).shown("Leaf hash"),
        F::time("at", "when it was written", |r| Datum::Time(r.stored.entry.at)).shown("When").brief(),
    ];

    async fn sheet<'a>(read: &'a mut Read, filter: &'a Filter, after: Option<&'a str>, limit: i64) -> Result<Sheet<Row>> {
        read.authorise(Self::NEEDS)?;
        let (as_of, seq) = (read.as_of(), read.seq());
        let order = filter.sort.unwrap_or(Order::Newest);
        let from = after.map_or(Ok(ledger::start(order)), |c| c.parse().map(Seq).map_err(|_| bad_cursor()))?;
        let rows = ledger::page(read.tx(), (order, from), seq, limit + 1, &which(filter)).await?;
        let names = super::names(read.tx(), seq).await?;
        let named = |stored: Stored| {
            let actor = stored.entry.actor.id;
            Row { actor_name: actor.and_then(|id| names.get(&PersonId::new(id))).cloned(), stored }
        };
        Ok(Sheet::cut(as_of, rows, limit, |s| s.entry.seq.to_string()).map(named))
    }
}

/// The filter lets one of the three through.
fn which(filter: &Filter) -> Which {
    match (&filter.subject, &filter.actor, &filter.verb) {
        (Some(id), _, _) => Which::Subject(id.0),
        (_, Some(id), _) => Which::Actor(id.0),
        (_, _, Some(verb)) => Which::Verb(verb.clone()),
        (None, None, None) => Which::All,
    }
}

/// The verbs that stand in the ledger, and the newest checkpoint.
pub async fn surroundings(read: &mut Read) -> Result<(Vec<String>, Option<StoredCheckpoint>)> {
    read.authorise(Action::ReadLedger)?;
    let seq = read.seq();
    Ok((ledger::verbs(read.tx(), seq).await?, ledger::checkpoint_at(read.tx(), seq).await?))
}
