//! Pages of the ledger: which entries, in which order, and the statements that find them.

use super::{Raw, Stored};
use crate::Result;
use crate::engine::db::Tx;
use domain::query::ledger::Order;
use domain::seq::Seq;
use uuid::Uuid;

/// A page, newest first: `$1` is before which entry, `$2` as of which, `$3` how many.
macro_rules! page {
    ($($narrowed:expr),+) => {
        concat!(entry!(), "WHERE seq < $1 AND seq <= $2 ", $($narrowed),+, " ORDER BY seq DESC LIMIT $3")
    };
}

/// The same, oldest first.
macro_rules! oldest {
    ($($narrowed:expr),+) => {
        concat!(entry!(), "WHERE seq > $1 AND seq <= $2 ", $($narrowed),+, " ORDER BY seq LIMIT $3")
    };
}

/// Places for verbs; those that are not needed hold one of them again.
macro_rules! verbs {
    () => {
        "($5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)"
    };
}

/// `$4` says how the verbs narrow: 0 not at all, 1 to these, 2 to all but these.
macro_rules! of_verbs {
    () => {
        concat!("AND ($4 = 0 OR ($4 = 1 AND verb IN ", verbs!(), ") OR ($4 = 2 AND verb NOT IN ", verbs!(), "))")
    };
}

/// Places for ids; those that are not needed hold none that there is.
macro_rules! found {
    () => {
        "($21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51, $52, $53, $54, $55, $56, $57, $58, $59, $60, $61, $62, $63, $64, $65, $66, $67, $68, $69, $70)"
    };
}

/// How many verbs one page is narrowed to at most, and how many ids.
const VERBS_MOST: usize = 16;
pub const FOUND: usize = 50;

statements! {
    PAGE = page!("");
    /// All but some verbs: the key is walked, and few are passed over.
    PAGE_BUT = page!("AND $4 > 0 AND verb NOT IN ", verbs!());
    PAGE_OF_VERBS = page!("AND $4 > 0 AND verb IN ", verbs!());
    PAGE_OF_SUBJECT = page!("AND subject_id = $21 ", of_verbs!());
    PAGE_OF_ACTOR = page!("AND actor_id = $21 ", of_verbs!());
    PAGE_OF_FOUND = page!("AND (subject_id IN ", found!(), " OR actor_id IN ", found!(), ") ", of_verbs!());
    PAGE_OLDEST = oldest!("");
    PAGE_OLDEST_BUT = oldest!("AND $4 > 0 AND verb NOT IN ", verbs!());
    PAGE_OLDEST_OF_VERBS = oldest!("AND $4 > 0 AND verb IN ", verbs!());
    PAGE_OLDEST_OF_SUBJECT = oldest!("AND subject_id = $21 ", of_verbs!());
    PAGE_OLDEST_OF_ACTOR = oldest!("AND actor_id = $21 ", of_verbs!());
    PAGE_OLDEST_OF_FOUND = oldest!("AND (subject_id IN ", found!(), " OR actor_id IN ", found!(), ") ", of_verbs!());
}

/// About or by whom the entries of a page are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Of {
    All,
    Subject(Uuid),
    /// What somebody did.
    Actor(Uuid),
    /// About or by any of these, the first fifty of them.
    Found(Vec<Uuid>),
}

/// Which verbs a page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verbs {
    Any,
    Only(Vec<String>),
    But(Vec<String>),
}

impl Verbs {
    fn mode(&self) -> i64 {
        match self {
            Self::Any => 0,
            Self::Only(_) => 1,
            Self::But(_) => 2,
        }
    }

    fn words(&self) -> &[String] {
        match self {
            Self::Any => &[],
            Self::Only(words) | Self::But(words) => words,
        }
    }
}

/// Which entries a page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Which {
    pub of: Of,
    pub verbs: Verbs,
}

impl Which {
    pub const ALL: Self = Self { of: Of::All, verbs: Verbs::Any };

    pub fn subject(id: Uuid) -> Self {
        Self { of: Of::Subject(id), ..Self::ALL }
    }

    pub fn verb(verb: &str) -> Self {
        Self { verbs: Verbs::Only(vec![verb.to_owned()]), ..Self::ALL }
    }

    fn text(&self, order: Order) -> &'static str {
        match (&self.of, &self.verbs, order) {
            (Of::All, Verbs::Any, Order::Newest) => PAGE,
            (Of::All, Verbs::Any, Order::Oldest) => PAGE_OLDEST,
            (Of::All, Verbs::Only(_), Order::Newest) => PAGE_OF_VERBS,
            (Of::All, Verbs::Only(_), Order::Oldest) => PAGE_OLDEST_OF_VERBS,
            (Of::All, Verbs::But(_), Order::Newest) => PAGE_BUT,
            (Of::All, Verbs::But(_), Order::Oldest) => PAGE_OLDEST_BUT,
            (Of::Subject(_), _, Order::Newest) => PAGE_OF_SUBJECT,
            (Of::Subject(_), _, Order::Oldest) => PAGE_OLDEST_OF_SUBJECT,
            (Of::Actor(_), _, Order::Newest) => PAGE_OF_ACTOR,
            (Of::Actor(_), _, Order::Oldest) => PAGE_OLDEST_OF_ACTOR,
            (Of::Found(_), _, Order::Newest) => PAGE_OF_FOUND,
            (Of::Found(_), _, Order::Oldest) => PAGE_OLDEST_OF_FOUND,
        }
    }
}

/// Before the first entry in an order.
pub fn start(order: Order) -> Seq {
    match order {
        Order::Newest => Seq::OPEN,
        Order::Oldest => Seq::ZERO,
    }
}

/// Entries beyond `cursor` in the order given, as of `seq`.
pub async fn page(tx: &mut Tx, (order, cursor): (Order, Seq), seq: Seq, limit: i64, which: &Which) -> Result<Vec<Stored>> {
    let words = which.verbs.words();
    let ids = match &which.of {
        Of::All => vec![],
        Of::Subject(id) | Of::Actor(id) => vec![*id],
        Of::Found(ids) => (0..FOUND).map(|place| ids.get(place).copied().unwrap_or_default()).collect(),
    };
    let raw = on!(tx, c => {
        let mut query = sqlx::query_as::<_, Raw>(which.text(order)).bind(cursor).bind(seq).bind(limit);
        if *which != Which::ALL {
            query = query.bind(which.verbs.mode());
            for place in 0..VERBS_MOST {
                query = query.bind(words.get(place).or(words.first()).map_or("", String::as_str));
            }
        }
        for id in ids {
            query = query.bind(id);
        }
        query.fetch_all(c).await?
    });
    Ok(raw.into_iter().map(Stored::from).collect())
}
