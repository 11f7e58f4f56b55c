//! What changed of late, step by step: each entry that made an identity other than it was, whoever did it. It is read along
//! the rows that entries closed, so that first imports do not stand in the way.

use super::between::{self, Names};
use crate::{Read, Result};
use domain::asof::AsOf;
use domain::comparison::Changed;
use domain::difference::How;
use domain::ids::IdentityId;
use domain::seq::Seq;
use domain::time::Timestamp;
use std::collections::HashMap;
use store::comparison::{self as rows, At, Between};
use store::ledger;

/// Rows that are looked at.
const ROWS: i64 = 60;

/// An identity that one entry made other than it was.
#[derive(Clone, Debug)]
pub struct Step {
    pub seq: Seq,
    pub at: Timestamp,
    pub changed: Changed,
}

/// The newest steps up to the position that is read, newest first, at most so many.
pub(crate) async fn steps(read: &mut Read, most: usize) -> Result<Vec<Step>> {
    let seq = read.seq();
    let services = read.services().clone();
    let all = rows::steps(read.tx(), seq, ROWS).await?;
    let times = times(read, &all).await?;
    let now = read.as_of();
    let names = Names::load(read.tx(), Between { from: now, to: now }).await?;
    let mut out: Vec<Step> = Vec::new();
    for of_entry in all.chunk_by(|a, b| a.seq == b.seq) {
        let seq = of_entry[0].seq;
        let at = |seq: Seq| AsOf { seq, at: times.get(&seq).copied().unwrap_or_default() };
        let between = Between { from: at(seq.plus(-1)), to: at(seq) };
        let few = &of_entry[..of_entry.len().min(between::STEP)];
        for changed in between::compared(&services, read.tx(), few, between, &names).await? {
            if out.len() == most {
                return Ok(out);
            }
            if changed.how != How::Changed || !changed.differences.is_empty() {
                out.push(Step { seq, at: at(seq).at, changed });
            }
        }
    }
    Ok(out)
}

/// When the entries and those ahead of them were written.
async fn times(read: &mut Read, all: &[At]) -> Result<HashMap<Seq, Timestamp>> {
    let mut seqs: Vec<Seq> = all.iter().flat_map(|at| [at.seq.plus(-1), at.seq]).filter(|s| *s > Seq::ZERO).collect();
    seqs.sort_unstable();
    seqs.dedup();
    let mut out = HashMap::new();
    for some in seqs.chunks(50) {
        out.extend(ledger::entries(read.tx(), some).await?.into_iter().map(|s| (s.entry.seq, s.entry.at)));
    }
    Ok(out)
}

impl Step {
    /// The identity that it is of.
    pub fn identity(&self) -> Option<IdentityId> {
        self.changed.identity
    }
}
