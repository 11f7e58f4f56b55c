//! What the page of a comparison shows: figures of both moments, and identity by identity what differs.

use super::walk::{Walk, narrowed};
use super::{About, Filter, Sides};
use crate::listing::bad_cursor;
use crate::{Error, Read, Result};
use domain::comparison::Changed;
use domain::ids::IdentityId;
use domain::permission::Action;
use domain::privilege::Class;
use domain::seq::Seq;
use store::comparison::{At, Counted};
use store::measures;

/// Identities on a page.
const IDENTITIES: usize = 20;
/// Identities that one page looks into at most, where a filter leaves few of them.
const LOOKED: usize = 200;
/// Rows that are counted at most.
const COUNTED: i64 = 500;

/// What is compared, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    Everything,
    Identity(IdentityId, String),
    Source(domain::ids::SourceId, String),
}

/// A comparison of two moments.
#[derive(Clone, Debug)]
pub struct Page {
    pub sides: Sides,
    pub subject: Subject,
    /// Grants by highest class at the older moment and at the newer; none of a source, whose grants are not counted apart.
    pub classes: Option<[(i64, i64); 6]>,
    pub counted: Counted,
    /// True where there are more identities than were counted.
    pub more: bool,
    pub changed: Vec<Changed>,
    /// Where the next page begins.
    pub next: Option<String>,
    /// True where the page holds all that differs, whatever it is narrowed to.
    pub whole: bool,
}

/// What is compared, by its name at a position or, where that was gone by then, its last one.
pub async fn subject(read: &mut Read, about: Option<About>, seq: Seq) -> Result<Subject> {
    read.authorise(Action::ReadInventory)?;
    Ok(match about {
        None => Subject::Everything,
        Some(About::Identity(id)) => {
            let known = store::names::of(read.tx(), domain::ids::Noun::Identity, id.uuid(), seq).await?;
            Subject::Identity(id, known.and_then(|k| k.name).ok_or(Error::NotFound("identity"))?)
        }
        Some(About::Source(id)) => {
            let known = store::names::of(read.tx(), domain::ids::Noun::Source, id.uuid(), seq).await?;
            Subject::Source(id, known.and_then(|k| k.name).ok_or(Error::NotFound("source"))?)
        }
    })
}

/// A page of what differs between two moments, from a place on that an earlier page gave.
pub async fn page(read: &mut Read, sides: Sides, filter: &Filter, after: Option<&str>) -> Result<Page> {
    let subject = subject(read, filter.of, sides.to.seq).await?;
    let after = after.map(place).transpose()?;
    let classes = classes(read, sides, filter.of).await?;
    let (counted, more) = counted(read, sides, filter.of).await?;
    let mut walk = Walk::begin(read, sides, filter, after).await?;
    let (mut changed, mut last, mut looked) = (Vec::new(), after, 0);
    loop {
        let batch = walk.next(read, IDENTITIES - changed.len()).await?;
        if batch.is_empty() {
            break;
        }
        for (at, one) in batch {
            (last, looked) = (Some(at), looked + 1);
            changed.extend(narrowed(one, filter));
        }
        if changed.len() >= IDENTITIES || looked >= LOOKED {
            break;
        }
    }
    let next = walk.rest(last).map(|at| format!("{}~{}", at.seq, at.identity_id));
    let whole = next.is_none() && after.is_none() && filter.thing.is_none() && filter.how.is_none();
    Ok(Page { sides, subject, classes, counted, more, changed, next, whole })
}

/// What one entry made other than it was in its source, for the record of an import.
pub(crate) async fn of_source(read: &mut Read, source: domain::ids::SourceId, seq: Seq) -> Result<Page> {
    let sides = super::of_entry(read, seq).await?;
    let filter = Filter { of: Some(About::Source(source)), ..Filter::default() };
    page(read, sides, &filter, None).await
}

fn place(text: &str) -> Result<At> {
    let (seq, id) = text.split_once('~').ok_or_else(bad_cursor)?;
    let seq = seq.parse().map(Seq).map_err(|_| bad_cursor())?;
    Ok(At { seq, identity_id: IdentityId::parse(id).map_err(|_| bad_cursor())? })
}

async fn counted(read: &mut Read, sides: Sides, about: Option<About>) -> Result<(Counted, bool)> {
    let source = match about {
        Some(About::Identity(_)) => return Ok((Counted::default(), false)),
        Some(About::Source(id)) => Some(id),
        None => None,
    };
    let between = sides.between();
    let begin = between.begin(read.tx()).await?;
    let counted = between.counted(read.tx(), begin, source, COUNTED).await?;
    Ok((counted, counted.is_cut(COUNTED)))
}

async fn classes(read: &mut Read, sides: Sides, about: Option<About>) -> Result<Option<[(i64, i64); 6]>> {
    let (before, after) = match about {
        Some(About::Source(_)) => return Ok(None),
        Some(About::Identity(id)) => {
            let mut both = [[0; 6]; 2];
            for (slot, at) in both.iter_mut().zip([sides.from, sides.to]) {
                let facts = store::comparison::facts(read.tx(), &[id], at.seq).await?;
                *slot = facts.first().map_or([0; 6], store::identities::IdentityFacts::by_class);
            }
            (both[0], both[1])
        }
        None => (of_all(read, sides.from.seq).await?, of_all(read, sides.to.seq).await?),
    };
    let mut out = [(0, 0); 6];
    for (slot, both) in out.iter_mut().zip(before.into_iter().zip(after)) {
        *slot = both;
    }
    Ok(Some(out))
}

async fn of_all(read: &mut Read, seq: Seq) -> Result<[i64; 6]> {
    let counts = measures::all_at(read.tx(), seq).await?;
    let mut out = [0; 6];
    for (slot, class) in out.iter_mut().zip(Class::ALL) {
        *slot = counts.get(&format!("grants.class.{}", class.as_str())).copied().unwrap_or(0);
    }
    Ok(out)
}
