//! The cells of the matrix in force. Nothing is kept of them: each is what the code that routes says.

use crate::changes::{Everybody, policy};
use crate::listing::{Listing, Sheet};
use crate::{Read, Result};
use domain::asof::AsOf;
use domain::change::independence::{Lack, Today, today};
use domain::change::route::{Auth, Column, Endless, LAPSE, Line, Notice, Profile};
use domain::listing::{Datum, Field};
use domain::permission::Action;
use domain::query::routing::Filter;

/// The cells of the routing policy, in the order of the matrix.
pub struct List;

/// A cell, with who can decide in it today; of a page of the past nobody says that.
#[derive(Clone, Debug)]
pub struct Row {
    pub cell: Today,
    pub now: bool,
}

type F = Field<Row>;

fn seconds(of: Option<u32>) -> Datum {
    of.map_or(Datum::Nothing, Datum::number)
}

impl Row {
    /// What is missing, as a sentence would have it; nothing where nothing is.
    pub fn missing(&self) -> Vec<&'static str> {
        if self.now { self.cell.lacks.iter().map(|lack| lack.label()).collect() } else { vec![] }
    }
}

impl Listing for List {
    type Row = Row;
    type Filter = Filter;
    const NAME: &'static str = "routing";
    const NEEDS: Action = Action::ReadChanges;
    const FIELDS: &'static [F] =
        &[
            F::words("line", "the row of the matrix: effect and reversibility", Line::WORDS, |r| Datum::text(r.cell.line))
                .shown("Change")
                .brief(),
            F::words("column", "the column of the matrix: where it applies", Column::WORDS, |r| Datum::text(r.cell.column))
                .shown("Where")
                .brief(),
            F::number("people", "independent people who must approve", |r| Datum::number(r.cell.cell.people)).shown("Approvals").brief(),
            F::flag("groups_distinct", "true where they are of different groups", |r| Datum::Flag(r.cell.cell.groups_distinct)),
            F::flag("security", "true where one is a security reviewer", |r| Datum::Flag(r.cell.cell.security)),
            F::flag("lot", "true where they are drawn by lot", |r| Datum::Flag(r.cell.cell.lot)),
            F::flag("owner_counts", "true where an owner who did not ask counts", |r| Datum::Flag(r.cell.cell.owner_counts)),
            F::flag("owner", "true where the owner must consent", |r| Datum::Flag(r.cell.cell.owner)).shown("Consent"),
            F::flag("resource_owner", "true where owners of resources must consent", |r| Datum::Flag(r.cell.cell.resource_owner)),
            F::words("auth", "how an approval is proven", Auth::WORDS, |r| Datum::text(r.cell.cell.auth)).shown("Proof").brief(),
            F::number("wait_seconds", "the wait after the last approval", |r| Datum::number(r.cell.cell.wait)).shown("Wait").brief(),
            F::number("life_seconds", "the longest access may last", |r| seconds(r.cell.cell.life)).optional().shown("Access lasts"),
            F::number("uses", "the most uses access may have", |r| seconds(r.cell.cell.uses)).optional(),
            F::words("endless", "what becomes of access without an end", Endless::WORDS, |r| Datum::text(r.cell.cell.endless)),
            F::number("verify_within_seconds", "until when an independent source must see it", |r| seconds(r.cell.cell.verify_within))
                .optional(),
            F::words("notice", "who is told where nobody decides", Notice::WORDS, |r| Datum::text(r.cell.cell.notice)),
            F::number("sampled", "how many of 100 are looked at afterwards", |r| Datum::number(r.cell.cell.sampled)),
            F::number("in_envelope", "within an approved range nobody is asked, and so many of 100 are looked at", |r| {
                r.cell.cell.in_envelope.map_or(Datum::Nothing, Datum::number)
            })
            .optional(),
            F::number("undo_within_seconds", "until when one person may undo it", |r| seconds(r.cell.cell.undo_within)).optional(),
            F::number("review_seconds", "when a review without a decision ends", |r| Datum::number(r.cell.column.review())).shown("Lapses"),
            F::number("lapse_seconds", "when an approval that is not applied lapses, after the wait", |_| Datum::number(LAPSE)),
            F::flag("single_control", "true where one person stands for several", |r| Datum::Flag(r.cell.single_control)),
            F::number("can_decide", "how many people may decide today", |r| {
                if r.now { Datum::count(r.cell.may as u64) } else { Datum::Nothing }
            })
            .optional()
            .shown("Who can decide today")
            .brief(),
            F::text("missing", "what keeps them from completing it", |r| {
                let missing: Vec<&str> = if r.now { r.cell.lacks.iter().map(|l| Lack::as_str(*l)).collect() } else { vec![] };
                Datum::perhaps((!missing.is_empty()).then(|| missing.join(", ")))
            })
            .optional()
            .brief(),
        ];

    async fn sheet<'a>(read: &'a mut Read, filter: &'a Filter, after: Option<&'a str>, limit: i64) -> Result<Sheet<Row>> {
        let mut rows = cells(read).await?;
        let lacks = |row: &Row| row.now && !row.cell.lacks.is_empty();
        rows.retain(|row| {
            filter.line.is_none_or(|line| line == row.cell.line)
                && filter.column.is_none_or(|column| column == row.cell.column)
                && (!filter.missing || lacks(row))
        });
        Sheet::of_all(read.as_of(), rows, after, limit, |row| format!("{}.{}", row.cell.line, row.cell.column))
    }
}

/// Every cell as of the reader's position, with the people of today.
async fn cells(read: &mut Read) -> Result<Vec<Row>> {
    read.authorise(List::NEEDS)?;
    let (seq, at, now) = (read.seq(), read.as_of().at, read.is_now());
    let policy = policy(read.tx(), seq).await?.policy;
    let people = if now { Everybody::load(read.tx()).await?.deciders } else { vec![] };
    let sealed = store::settings::sealed(read.tx(), seq).await?;
    Ok(today(&policy, &people, sealed, at).into_iter().map(|cell| Row { cell, now }).collect())
}

/// What the page says of the policy as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    pub as_of: AsOf,
    /// 0 is the default, which nobody has changed.
    pub version: i64,
    pub profile: Profile,
    pub cells: usize,
    /// How many of them nobody can complete today.
    pub missing: usize,
}

pub async fn summary(read: &mut Read) -> Result<Summary> {
    let rows = cells(read).await?;
    let (as_of, seq) = (read.as_of(), read.seq());
    let routing = policy(read.tx(), seq).await?;
    let missing = rows.iter().filter(|row| !row.missing().is_empty()).count();
    Ok(Summary { as_of, version: routing.version, profile: routing.policy.profile, cells: rows.len(), missing })
}
