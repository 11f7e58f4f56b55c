//! The differences between two moments as a list: one thing a row, newest identity first.

use super::walk::{Walk, narrowed};
use super::{Filter, Sides, ordered, sides};
use crate::exports::Bound;
use crate::listing::{Listing, Sheet, bad_cursor};
use crate::{Read, Result};
use domain::asof::{AsOf, Wanted};
use domain::difference::{Difference, How, Thing};
use domain::ids::IdentityId;
use domain::listing::{Datum, Field};
use domain::permission::Action;
use domain::privilege::Class;
use domain::seq::Seq;
use store::comparison::At;

/// Identities that one sheet looks into at most for each row wanted, and in all: where a filter leaves little, it says where
/// it goes on.
const FOR_EACH: usize = 4;
const IDENTITIES: usize = 2_000;

/// Differences between two moments.
pub struct List;

/// A difference, between which moments, and its place.
#[derive(Clone, Debug)]
pub struct Row {
    pub sides: Sides,
    pub difference: Difference,
}

type F = Field<Row>;

impl Listing for List {
    type Row = Row;
    type Filter = Filter;
    const NAME: &'static str = "comparison";
    const NEEDS: Action = Action::ReadInventory;
    const BOUND: Option<Bound> = Some(Bound::Grants);
    const FIELDS: &'static [F] = &[
        F::text("from", "the older moment", |r| Datum::text(r.sides.from)),
        F::text("to", "the newer moment", |r| Datum::text(r.sides.to)),
        F::text("identity", "the ID of the identity, idn_…", |r| Datum::perhaps(r.difference.identity)).optional(),
        F::text("identity_name", "the name of the identity", |r| Datum::text(r.difference.of.as_ref().unwrap_or(&r.difference.name)))
            .shown("Identity")
            .brief(),
        F::words("thing", "what kind of thing differs", Thing::WORDS, |r| Datum::text(r.difference.thing)).shown("Kind").brief(),
        F::words("how", "whether it was added, removed or changed", How::WORDS, |r| Datum::text(r.difference.how)).shown("Change").brief(),
        F::text("name", "its name", |r| Datum::text(&r.difference.name)).shown("Name").brief(),
        F::words("class", "the highest class of a grant, or of an identity that was added or removed", Class::WORDS, |r| {
            Datum::perhaps(r.difference.class)
        })
        .optional()
        .shown("Highest class"),
        F::text("before", "what it said before", |r| Datum::perhaps(r.difference.before.as_ref())).optional(),
        F::text("after", "what it says after", |r| Datum::perhaps(r.difference.after.as_ref())).optional(),
        F::number("entry", "the ledger entry that made it so", |r| r.difference.entry.map_or(Datum::Nothing, Datum::number)).optional(),
    ];

    async fn sheet<'a>(read: &'a mut Read, filter: &'a Filter, after: Option<&'a str>, limit: i64) -> Result<Sheet<Row>> {
        read.authorise(Self::NEEDS)?;
        let as_of = read.as_of();
        let cursor = after.map(Cursor::parse).transpose()?;
        let sides = match cursor {
            // A moment that is judged by the clock stays what it was while a list is read.
            Some(cursor) => ordered(as_of, read.beside(Wanted::Pair(cursor.other)).await?),
            None => sides(read, filter.against.as_deref()).await?,
        };
        let (rows, next) = rows(read, sides, filter, cursor, usize::try_from(limit).unwrap_or(0)).await?;
        let other = if sides.swapped { sides.to } else { sides.from };
        let next = next.map(|(at, given)| Cursor { other, at, given }.to_string());
        Ok(Sheet { as_of, rows: rows.into_iter().map(|difference| Row { sides, difference }).collect(), next })
    }
}

/// A place of the list: the identity, and how many of its rows were given; none where all of them were.
#[derive(Clone, Copy, Debug)]
struct Cursor {
    other: AsOf,
    at: At,
    given: Option<usize>,
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let given = self.given.map(|n| n.to_string()).unwrap_or_default();
        write!(f, "{}~{}~{}~{given}", self.other, self.at.seq, self.at.identity_id)
    }
}

impl Cursor {
    fn parse(text: &str) -> Result<Self> {
        let mut parts = text.split('~');
        let mut part = || parts.next().ok_or_else(bad_cursor);
        let (seq, at) = part()?.split_once('@').ok_or_else(bad_cursor)?;
        let number = |text: &str| text.parse::<i64>().map(Seq).map_err(|_| bad_cursor());
        let at = domain::time::Timestamp::parse(at).map_err(|_| bad_cursor())?;
        let other = AsOf { seq: number(seq)?, at };
        let at = At { seq: number(part()?)?, identity_id: IdentityId::parse(part()?).map_err(|_| bad_cursor())? };
        let given = match part()? {
            "" => None,
            n => Some(n.parse().map_err(|_| bad_cursor())?),
        };
        Ok(Self { other, at, given })
    }
}

/// Rows from a place on, and where the next ones begin.
async fn rows(
    read: &mut Read,
    sides: Sides,
    filter: &Filter,
    cursor: Option<Cursor>,
    most: usize,
) -> Result<(Vec<Difference>, Option<(At, Option<usize>)>)> {
    let mut walk = Walk::begin(read, sides, filter, cursor.map(|c| c.at)).await?;
    let mut batch = match cursor.filter(|c| c.given.is_some()) {
        Some(within) => walk.compared(read, vec![within.at]).await?,
        None => walk.next(read, usize::MAX).await?,
    };
    let mut skip = cursor.and_then(|c| c.given).unwrap_or(0);
    let (mut out, mut seen, mut last) = (Vec::new(), 0, cursor.map(|c| c.at));
    while !batch.is_empty() {
        for (at, one) in batch {
            seen += 1;
            for (n, row) in narrowed(one, filter).map(|c| c.rows()).unwrap_or_default().into_iter().enumerate().skip(skip) {
                if out.len() == most {
                    return Ok((out, Some((at, Some(n)))));
                }
                out.push(row);
            }
            (skip, last) = (0, Some(at));
        }
        if seen >= IDENTITIES.min(most.saturating_mul(FOR_EACH)) {
            break;
        }
        batch = walk.next(read, usize::MAX).await?;
    }
    Ok((out, walk.rest(last).map(|at| (at, None))))
}
