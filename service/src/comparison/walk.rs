//! The walk over the identities that differ, newest first, in stretches that are bounded whatever the store holds.

use super::between::{self, Names};
use super::{About, Filter, Sides};
use crate::{Read, Result};
use domain::comparison::Changed;
use domain::difference::{Difference, How, Thing};
use domain::seq::Seq;
use store::comparison::{self as rows, At};

/// Rows of `identity_facts` that are looked at by one statement, and statements of one walk.
const ROWS: i64 = 500;
const STRETCHES: usize = 20;

/// A walk between two moments.
pub(super) struct Walk<'a> {
    sides: Sides,
    filter: &'a Filter,
    begin: Seq,
    names: Names,
    /// Found, and not handed on yet.
    found: Vec<At>,
    after: Option<At>,
    ended: bool,
    stretches: usize,
}

impl<'a> Walk<'a> {
    /// From behind a place on; from the newest change without one.
    pub async fn begin(read: &mut Read, sides: Sides, filter: &'a Filter, after: Option<At>) -> Result<Self> {
        let between = sides.between();
        let begin = between.begin(read.tx()).await?;
        let names = Names::load(read.tx(), between).await?;
        Ok(Self { sides, filter, begin, names, found: vec![], after, ended: false, stretches: 0 })
    }

    /// The next identities that differ, at most so many, each with what differs; none where there are no more, or none within
    /// what one walk looks at.
    pub async fn next(&mut self, read: &mut Read, most: usize) -> Result<Vec<(At, Changed)>> {
        while self.found.is_empty() && self.goes_on() {
            self.look(read).await?;
        }
        let taken: Vec<At> = self.found.drain(..most.min(between::STEP).min(self.found.len())).collect();
        self.compared(read, taken).await
    }

    /// One identity again, for whoever goes on within it.
    pub async fn compared(&self, read: &mut Read, all: Vec<At>) -> Result<Vec<(At, Changed)>> {
        let services = read.services().clone();
        let changed = between::compared(&services, read.tx(), &all, self.sides.between(), &self.names).await?;
        let place = |c: &Changed| all.iter().find(|at| Some(at.identity_id) == c.identity).copied();
        Ok(changed.into_iter().filter_map(|c| Some((place(&c)?, c))).collect())
    }

    fn goes_on(&self) -> bool {
        !self.ended && self.stretches < STRETCHES
    }

    async fn look(&mut self, read: &mut Read) -> Result<()> {
        self.stretches += 1;
        if let Some(About::Identity(identity_id)) = self.filter.of {
            self.ended = true;
            let there = [self.sides.from.seq, self.sides.to.seq];
            let mut newest = Seq::ZERO;
            for seq in there {
                newest = rows::facts(read.tx(), &[identity_id], seq).await?.first().map_or(newest, |f| newest.max(f.since));
            }
            self.found = if self.after.is_none() && newest > Seq::ZERO { vec![At { seq: newest, identity_id }] } else { vec![] };
            return Ok(());
        }
        let source = match self.filter.of {
            Some(About::Source(id)) => Some(id),
            _ => None,
        };
        let stretch = self.sides.between().moved(read.tx(), self.begin, source, self.after, ROWS).await?;
        self.ended = stretch.next.is_none();
        self.after = stretch.next.or(self.after);
        self.found = stretch.found;
        Ok(())
    }

    /// Where the walk goes on behind an identity that was handed on; none where nothing is left.
    pub fn rest(&self, last: Option<At>) -> Option<At> {
        if self.found.is_empty() && self.ended {
            return None;
        }
        // Behind the last that was handed on; where a whole walk found nothing, behind what it looked at.
        if self.found.is_empty() { self.after } else { last.or(self.after) }
    }
}

/// What a filter leaves of an identity; nothing where that is nothing.
pub(super) fn narrowed(mut one: Changed, filter: &Filter) -> Option<Changed> {
    let fits = |d: &Difference| filter.thing.is_none_or(|t| d.thing == t) && filter.how.is_none_or(|h| d.how == h);
    let whole = filter.thing.is_none_or(|t| t == Thing::Identity) && filter.how.is_none_or(|h| one.how == h);
    if one.how == How::Changed {
        one.differences.retain(fits);
        one.left_out = one.left_out.filter(|_| whole);
        return (!one.differences.is_empty() || one.left_out.is_some()).then_some(one);
    }
    whole.then_some(one)
}
