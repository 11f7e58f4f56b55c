//! Searching the short lists by name. Databases fold the case of ASCII letters only, and the columns of governed rows are
//! what was written; so a search reads such a list in its order, some rows at a time, and takes in Rust what fits. Lists
//! that may be long have a column for it in what lists show. It must not know what is searched.

use domain::query::Term;

/// Rows read at a time where a search lets some of them through.
const STEP: i64 = 1_000;

/// The rows of a page, gathered from as many statements as the search needs.
pub(crate) struct Page<'a, R> {
    term: Option<&'a Term>,
    limit: i64,
    pub(crate) rows: Vec<R>,
}

impl<'a, R> Page<'a, R> {
    pub(crate) fn new(term: Option<&'a Term>, limit: i64) -> Self {
        Self { term, limit, rows: Vec::new() }
    }

    /// How many rows the next statement is to read.
    pub(crate) fn step(&self) -> i64 {
        if self.term.is_some() { STEP } else { self.limit }
    }

    /// Takes of what was read what the search finds; true where the page wants more and there may be more.
    pub(crate) fn take(&mut self, read: Vec<R>, finds: impl Fn(&Term, &R) -> bool) -> bool {
        let may_go_on = self.term.is_some() && read.len() as i64 == STEP;
        let wanted = usize::try_from(self.limit).unwrap_or(0).saturating_sub(self.rows.len());
        self.rows.extend(read.into_iter().filter(|row| self.term.is_none_or(|term| finds(term, row))).take(wanted));
        may_go_on && (self.rows.len() as i64) < self.limit
    }
}
