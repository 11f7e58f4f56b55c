//! One permission set: what its rules reach, who holds it, and what its rules were before.

use crate::{Error, Read, Result};
use domain::asof::AsOf;
use domain::ids::{BatchId, IdentityId, PermissionSetId, RuleId};
use domain::permission::Action;
use domain::privilege::{self, Judgement};
use domain::rule::{Effect, Rule, Via};
use domain::seq::Seq;
use domain::time::Timestamp;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use store::identities::{self, Listed as Identity};
use store::permission_sets::PermissionSet;
use store::permission_sets::read::{self as sets, HeldRule, Holding, Listed};

/// Rules shown, and holders on a page.
pub const SHOWN: usize = 200;
const HOLDERS: usize = 50;
/// Rules of now and of before that are read, and steps of its history. `store::ledger::entries` takes as many positions.
const READ: i64 = 1_000;
const STEPS: usize = 50;
/// Grants of one rule that are read for a page of holders: some hold it by several paths.
const PATHS: i64 = 200;

/// One permission set as of a position.
#[derive(Clone, Debug)]
pub struct Detail {
    pub as_of: AsOf,
    pub listed: Listed,
    /// Its rules, each with what it reaches by itself, the worst first.
    pub rules: Vec<(Rule, Judgement)>,
    /// A page of whoever holds it.
    pub holders: Vec<Holder>,
    /// Where the next page starts: behind this identity.
    pub next: Option<IdentityId>,
    /// Newest first.
    pub steps: Vec<Step>,
    /// True where older steps are left out.
    pub cut: bool,
}

/// An identity that holds the set.
#[derive(Clone, Debug)]
pub struct Holder {
    pub id: IdentityId,
    /// What lists show of it.
    pub listed: Option<Identity>,
    pub ways: Vec<Way>,
}

/// How an identity holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    pub via: Via,
    pub via_name: String,
    pub ends_at: Option<Timestamp>,
}

/// A position at which the set was other than before.
#[derive(Clone, Debug, Default)]
pub struct Step {
    pub seq: Seq,
    pub at: Timestamp,
    /// The version that began, where it is one.
    pub version: Option<PermissionSet>,
    pub added: Vec<Rule>,
    pub removed: Vec<Rule>,
}

/// One set, with the holders after an identity.
pub async fn show(read: &mut Read, id: PermissionSetId, after: Option<IdentityId>) -> Result<Detail> {
    read.authorise(Action::ReadInventory)?;
    let as_of = read.as_of();
    let listed = sets::by_id(read.tx(), id, as_of.seq).await?.ok_or(Error::NotFound("permission set"))?;
    let held = sets::rules_of(read.tx(), id, as_of.seq, READ).await?;
    let (holders, next) = holders(read, id, &held, after.unwrap_or_else(IdentityId::nil)).await?;
    let (steps, cut) = steps(read, id, &held).await?;
    let now: Vec<Rule> = held.into_iter().filter(|r| r.until > as_of.seq).map(|r| r.rule).collect();
    let services = read.services().clone();
    let rules = services.compare(move || judged(now)).await?;
    Ok(Detail { as_of, listed, rules, holders, next, steps, cut })
}

/// What each rule reaches by itself: what a holder's denies and boundary leave of it, the holder's page says.
fn judged(rules: Vec<Rule>) -> Vec<(Rule, Judgement)> {
    let alone = |rule: Rule| {
        let judgement = if rule.effect == Effect::Deny { Judgement::default() } else { privilege::judge(&rule) };
        (rule, judgement)
    };
    let mut out: Vec<(Rule, Judgement)> = rules.into_iter().map(alone).collect();
    out.sort_by_key(|(_, j)| Reverse((j.classes.severity(), j.breadth, j.classes.wildcard())));
    out.truncate(SHOWN);
    out
}

/// The first identities behind one that hold a rule through the set, in the order of identities, and whether there are more.
async fn holders(read: &mut Read, id: PermissionSetId, held: &[HeldRule], after: IdentityId) -> Result<(Vec<Holder>, Option<IdentityId>)> {
    let as_of = read.as_of();
    let mut found: BTreeMap<IdentityId, Vec<Way>> = BTreeMap::new();
    // Behind the last identity of a walk that broke off not every path of the others is known.
    let mut known = IdentityId::max();
    let rules: Vec<RuleId> = held.iter().filter(|r| r.until > as_of.seq).take(SHOWN).map(|r| r.id).collect();
    for rule in rules {
        let some = sets::holding(read.tx(), (id, rule), as_of, after, PATHS).await?;
        if some.len() as i64 == PATHS {
            known = known.min(some.last().map_or(known, |h| h.identity_id));
        }
        for Holding { identity_id, via, via_name, ends_at } in some {
            let ways = found.entry(identity_id).or_default();
            let way = Way { via, via_name, ends_at };
            if !ways.contains(&way) {
                ways.push(way);
            }
        }
    }
    let all = found.len();
    found.retain(|id, _| *id <= known);
    let more = found.len() < all || found.len() > HOLDERS || known < IdentityId::max();
    let mut out = Vec::new();
    for (id, ways) in found.into_iter().take(HOLDERS) {
        out.push(Holder { id, listed: identities::facts_of(read.tx(), id, as_of.seq).await?, ways });
    }
    let next = out.last().map(|h| h.id).filter(|_| more);
    Ok((out, next))
}

/// What its rules and its version were, step by step.
async fn steps(read: &mut Read, id: PermissionSetId, held: &[HeldRule]) -> Result<(Vec<Step>, bool)> {
    let seq = read.seq();
    let versions = sets::versions_of(read.tx(), id, seq, STEPS as i64).await?;
    // Rows of a large import are written in parts and live from its last entry on.
    let ends: HashMap<BatchId, Seq> = store::imports::live_batches(read.tx()).await?.into_iter().collect();
    let begins = |since: Seq, batch: Option<BatchId>| batch.and_then(|b| ends.get(&b).copied()).unwrap_or(since);
    let mut all: BTreeMap<Seq, Step> = BTreeMap::new();
    for version in versions {
        let at = begins(version.since, version.batch);
        all.entry(at).or_default().version = Some(version);
    }
    for rule in held {
        all.entry(begins(rule.since, rule.batch)).or_default().added.push(rule.rule.clone());
        if rule.until <= seq {
            all.entry(rule.until).or_default().removed.push(rule.rule.clone());
        }
    }
    let cut = all.len() > STEPS || held.len() as i64 == READ;
    let newest: Vec<(Seq, Step)> = all.into_iter().rev().take(STEPS).collect();
    let positions: Vec<Seq> = newest.iter().map(|(seq, _)| *seq).collect();
    let entries = store::ledger::entries(read.tx(), &positions).await?;
    let at = |seq: Seq| entries.iter().find(|s| s.entry.seq == seq).map_or(Timestamp(0), |s| s.entry.at);
    Ok((newest.into_iter().map(|(seq, step)| Step { seq, at: at(seq), ..step }).collect(), cut))
}
