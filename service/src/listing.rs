//! Lists: what every noun says of its own, once, so that its page, its CSV, its list in the API and on the command line are
//! the same rows. Each noun implements `Listing` beside its reads; nothing here knows a noun.

use crate::exports::Bound;
use crate::{Error, Read, Result};
use domain::asof::AsOf;
use domain::ids::{Id, Named};
use domain::listing::Field;
use domain::permission::Action;
use domain::query::{Asked, Filter, Refused};
use std::fmt::Display;
use std::str::FromStr;

/// Rows on a page.
pub const PAGE: i64 = 50;
/// Rows read at a time where a whole list is wanted.
pub const STEP: i64 = 1000;

/// A list: its rows, what they are narrowed by and what is shown of them.
pub trait Listing: Send + Sync + 'static {
    type Row: Clone + Send + Sync + 'static;
    type Filter: Filter;
    /// The list's name: of its files, in the entry of an export, and on the command line.
    const NAME: &'static str;
    const FIELDS: &'static [Field<Self::Row>];
    /// Who may see it.
    const NEEDS: Action;
    /// What it has no more rows than, where it may be too long for a request.
    const BOUND: Option<Bound> = None;

    /// Rows after a cursor that an earlier sheet gave, at the as-of of the snapshot. Authorises in its first line.
    fn sheet<'a>(
        read: &'a mut Read,
        filter: &'a Self::Filter,
        after: Option<&'a str>,
        limit: i64,
    ) -> impl Future<Output = Result<Sheet<Self::Row>>> + Send + 'a;
}

/// A stretch of a list.
#[derive(Clone, Debug)]
pub struct Sheet<R> {
    pub as_of: AsOf,
    pub rows: Vec<R>,
    /// Where the next one begins.
    pub next: Option<String>,
}

impl<R> Sheet<R> {
    /// From one row more than wanted: whether there is a next sheet, and where it begins.
    pub fn cut(as_of: AsOf, mut rows: Vec<R>, limit: i64, cursor: impl Fn(&R) -> String) -> Self {
        let wanted = usize::try_from(limit).unwrap_or(0);
        let more = rows.len() > wanted;
        rows.truncate(wanted);
        let next = if more { rows.last().map(cursor) } else { None };
        Self { as_of, rows, next }
    }

    /// Of a short list that was read whole: the rows after a cursor.
    pub fn of_all(as_of: AsOf, rows: Vec<R>, after: Option<&str>, limit: i64, cursor: impl Fn(&R) -> String) -> Result<Self> {
        let from = match after {
            None => 0,
            Some(at) => rows.iter().position(|r| cursor(r) == at).ok_or_else(bad_cursor)? + 1,
        };
        Ok(Self::cut(as_of, rows.into_iter().skip(from).collect(), limit, cursor))
    }

    /// The same stretch of other rows.
    pub fn map<S>(self, row: impl FnMut(R) -> S) -> Sheet<S> {
        Sheet { as_of: self.as_of, rows: self.rows.into_iter().map(row).collect(), next: self.next }
    }
}

/// A cursor that no list gave.
pub fn bad_cursor() -> Error {
    Error::invalid("after", "this is no place where a page of this list starts")
}

/// A cursor: an id, then a tilde, then the value the rows are sorted by.
pub(crate) fn cursor<N: Named>(id: Id<N>, value: impl Display) -> String {
    format!("{id}~{value}")
}

/// What such a cursor says.
pub(crate) fn parse_cursor<V: FromStr, N: Named>(after: &str) -> Result<(V, Id<N>)> {
    let (id, value) = after.split_once('~').ok_or_else(bad_cursor)?;
    Ok((value.parse().map_err(|_| bad_cursor())?, Id::parse(id).map_err(|_| bad_cursor())?))
}

/// Reads what a list is asked.
pub fn asked<L: Listing>(asked: &Asked) -> Result<L::Filter> {
    Ok(L::Filter::parse(asked)?)
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        Self::invalid(refused.name, refused.why)
    }
}
