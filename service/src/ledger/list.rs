//! The list of entries: its fields and its rows.

use super::named::{Book, find};
use crate::exports::Bound;
use crate::listing::{Listing, Sheet, bad_cursor};
use crate::{Read, Result};
use domain::ids::parse_any;
use domain::ledger::ActorKind;
use domain::listing::{Datum, Field, Sorted};
use domain::permission::Action;
use domain::query::Term;
use domain::query::ledger::{Filter, Order, SignIns};
use domain::sentence::{Names, Sentence, sentence, who};
use domain::seq::Seq;
use domain::verb::Area;
use store::engine::db::Tx;
use store::ledger::{self, Of, Stored, StoredCheckpoint, Verbs, Which};

/// Entries of the ledger.
pub struct List;

/// An entry, and what it says with the names of then.
#[derive(Clone, Debug)]
pub struct Row {
    pub stored: Stored,
    pub sentence: Sentence,
    pub names: Names,
}

impl Row {
    /// Who did it, by name.
    pub fn who(&self) -> String {
        who(&self.stored.entry, &self.names).plain()
    }
}

type F = Field<Row>;

impl Listing for List {
    type Row = Row;
    type Filter = Filter;
    const NAME: &'static str = "ledger";
    const NEEDS: Action = Action::ReadLedger;
    const BOUND: Option<Bound> = Some(Bound::Entries);
    const FIELDS: &'static [F] = &[
        F::number("seq", "its number", |r| Datum::number(r.stored.entry.seq))
            .shown("Entry")
            .sorted("newest", Sorted::Turning("oldest"))
            .brief(),
        F::time("at", "when it was written", |r| Datum::Time(r.stored.entry.at)).shown("When").brief(),
        F::text("summary", "what happened, as a sentence with the names of then", |r| Datum::Text(r.sentence.plain()))
            .shown("What happened")
            .brief(),
        F::text("verb", "what was done, as a word for programs", |r| Datum::text(&r.stored.entry.verb)),
        F::words("actor_kind", "what kind of actor did it", ActorKind::WORDS, |r| Datum::text(r.stored.entry.actor.kind)),
        F::text("actor", "the ID of who did it", |r| Datum::perhaps(r.stored.entry.actor.shown())).optional(),
        F::text("actor_name", "who did it, by the name of then", |r| Datum::Text(r.who())),
        F::text("subject_kind", "what kind of thing it is about", |r| Datum::text(&r.stored.entry.subject_kind)),
        F::text("subject", "the ID of what it is about", |r| Datum::perhaps(r.stored.entry.subject_id.map(|_| r.stored.entry.subject())))
            .optional(),
        F::json("payload", "the facts, exactly as they were hashed", |r| Datum::Json(r.stored.entry.payload.clone())),
        F::text("facts", "Merkle root over the records it added and ended", |r| Datum::text(&r.stored.entry.facts)),
        F::text("leaf_hash", "RFC 6962 hash of the entry", |r| Datum::text(&r.stored.leaf_hash)),
    ];

    async fn sheet<'a>(read: &'a mut Read, filter: &'a Filter, after: Option<&'a str>, limit: i64) -> Result<Sheet<Row>> {
        read.authorise(Self::NEEDS)?;
        let (as_of, seq, now) = (read.as_of(), read.seq(), read.at_head());
        let order = filter.sort.unwrap_or(Order::Newest);
        let from = after.map_or(Ok(ledger::start(order)), |c| c.parse().map(Seq).map_err(|_| bad_cursor()))?;
        let stored = match &filter.search {
            Some(term) if numbered(term).is_some() => one(read.tx(), numbered(term).unwrap_or_default(), seq, order, from).await?,
            term => {
                let which = Which { of: of(read.tx(), filter, term.as_ref(), (seq, now)).await?, verbs: verbs(filter) };
                ledger::page(read.tx(), (order, from), seq, limit + 1, &which).await?
            }
        };
        let sheet = Sheet::cut(as_of, stored, limit, |s| s.entry.seq.to_string());
        let rows = told(read.tx(), sheet.rows).await?;
        Ok(Sheet { as_of, rows, next: sheet.next })
    }
}

/// Entries with their sentences.
pub(crate) async fn told(tx: &mut Tx, all: Vec<Stored>) -> Result<Vec<Row>> {
    let mut book = Book::default();
    let mut rows = Vec::with_capacity(all.len());
    for stored in all {
        let names = book.of(tx, &stored.entry).await?;
        rows.push(Row { sentence: sentence(&stored.entry, &names), stored, names });
    }
    Ok(rows)
}

/// The number of an entry, as people write it: `26`, `#26`, `entry 26`.
pub(crate) fn numbered(term: &Term) -> Option<Seq> {
    let text = term.as_str();
    text.strip_prefix('#').or_else(|| text.strip_prefix("entry")).unwrap_or(text).trim().parse().ok().filter(|n| *n > 0).map(Seq)
}

async fn one(tx: &mut Tx, number: Seq, seq: Seq, order: Order, from: Seq) -> Result<Vec<Stored>> {
    let ahead = match order {
        Order::Newest => number < from,
        Order::Oldest => number > from,
    };
    Ok(if ahead && number <= seq { ledger::entries(tx, &[number]).await? } else { vec![] })
}

/// About or by whom.
async fn of(tx: &mut Tx, filter: &Filter, term: Option<&Term>, as_of: (Seq, bool)) -> Result<Of> {
    Ok(match (&filter.subject, &filter.actor, term) {
        (Some(id), _, _) => Of::Subject(id.0),
        (_, Some(id), _) => Of::Actor(id.0),
        (_, _, Some(term)) => Of::Found(match parse_any(term.as_str()) {
            Some((_, id)) => vec![id],
            None => find(tx, term, as_of).await?,
        }),
        (None, None, None) => Of::All,
    })
}

fn verbs(filter: &Filter) -> Verbs {
    let words = |area: Area| area.verbs().into_iter().map(str::to_owned).collect();
    match (&filter.verb, filter.area, filter.sign_ins) {
        (Some(verb), _, _) => Verbs::Only(vec![verb.clone()]),
        (_, Some(area), _) => Verbs::Only(words(area)),
        (_, _, Some(SignIns::Hidden)) => Verbs::But(words(Area::SignIns)),
        (None, None, None | Some(SignIns::Shown)) => Verbs::Any,
    }
}

/// The newest checkpoint, and when the newest entry was written.
pub async fn newest_checkpoint(read: &mut Read) -> Result<Option<StoredCheckpoint>> {
    read.authorise(Action::ReadLedger)?;
    let seq = read.seq();
    Ok(ledger::checkpoint_at(read.tx(), seq).await?)
}
