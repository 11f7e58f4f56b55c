//! Narrowing (decisions C6, C12; threats.md 12): a smaller change in place of the one asked for, proven to lie within it. It
//! is made by leaving operations out, shortening terms and tightening rules, and by nothing else. The proof is on what comes
//! of it, not on how it is written: after the narrower change nobody has anything that they would not have after the whole,
//! and every deny, boundary, condition, gate and stricter value of the whole stands. What is not proven is refused.

use super::Direction;
use super::baseline::{BadChange, Baseline, is_narrower};
use super::content::{Grant, MatchKey, Terms};
use super::covers::{Answer, Statement, covers, weakened};
use super::effect::{Around, Effect, Matter, Moves, Row, effect};
use super::operation::{GrantExtend, GrantTighten, Operation};
use crate::ids::IdentityId;
use crate::locator::Work;
use std::collections::BTreeSet;

/// Why a change is not proven to be narrower. Fit for a person; operations are counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotNarrower {
    #[error("It is the same change. Leave an operation out, shorten an end or tighten a rule.")]
    Same,
    #[error("Nothing is left of the change. Reject it instead.")]
    Nothing,
    #[error("Operation {} is not part of the change that was asked for.", .0 + 1)]
    NotAsked(usize),
    #[error("Operation {} of the change takes something away or is stricter. It must stay.", .0 + 1)]
    Stricter(usize),
    #[error("Operation {} of the change adds a prohibition, a condition or a step that asks a person. It must stay.", .0 + 1)]
    Restrains(usize),
    #[error("Somebody would have access that the whole change does not give.")]
    Wider,
    #[error("A deny or a boundary of the whole change is missing.")]
    Weaker,
    #[error("Its effect has something that the whole change does not have: {0}.")]
    OtherEffect(String),
    #[error("{0}")]
    Cannot(BadChange),
}

/// Proves that `narrow` lies within `whole`, both made of `before`; gives its effect.
pub fn narrower(
    before: &Baseline,
    whole: &[Operation],
    narrow: &[Operation],
    around: &Around<'_>,
    work: &mut Work,
) -> Result<Effect, NotNarrower> {
    if narrow.is_empty() {
        return Err(NotNarrower::Nothing);
    }
    if narrow == whole {
        return Err(NotNarrower::Same);
    }
    let all = before.check(whole).map_err(NotNarrower::Cannot)?;
    let some = before.check(narrow).map_err(NotNarrower::Cannot)?;
    let mut kept = BTreeSet::new();
    for (at, operation) in narrow.iter().enumerate() {
        let from = whole.iter().enumerate().find(|(place, one)| !kept.contains(place) && lies_within(before, operation, one));
        kept.insert(from.ok_or(NotNarrower::NotAsked(at))?.0);
    }
    for (at, left_out) in whole.iter().enumerate().filter(|(at, _)| !kept.contains(at)) {
        may_go(before, at, left_out, around, work)?;
    }
    let holders: BTreeSet<IdentityId> = some.held().keys().chain(all.held().keys()).copied().collect();
    holders.into_iter().try_for_each(|holder| within(holder, &all, &some, work))?;
    let (larger, own) = (effect(before, whole, around, work), effect(before, narrow, around, work));
    let (larger, own) = (larger.map_err(NotNarrower::Cannot)?, own.map_err(NotNarrower::Cannot)?);
    rows_within(&larger, &own)?;
    Ok(own)
}

/// Whether an operation is one of those asked for, or a tighter one in its place.
fn lies_within(before: &Baseline, narrow: &Operation, whole: &Operation) -> bool {
    match (narrow, whole) {
        (Operation::GrantAdd(own), Operation::GrantAdd(asked)) => {
            let place = |grant: &Grant| (grant.identity, grant.source, grant.set.clone(), grant.via, grant.via_name.clone());
            // What comes through a set says what the set says.
            let rule = asked.set.is_none() || own.rule == asked.rule;
            own == asked || (rule && place(own) == place(asked) && is_narrower(asked, own))
        }
        (Operation::GrantExtend(own), Operation::GrantExtend(asked)) => own.grant == asked.grant && own.terms.within(&asked.terms, true),
        (Operation::GrantTighten(own), Operation::GrantTighten(asked)) => own.grant == asked.grant && tighter(before, own, asked),
        (Operation::EnvelopeSet(own), Operation::EnvelopeSet(asked)) => {
            own == asked || own.surface == asked.surface && matches!((&own.to, &asked.to), (Some(own), Some(asked)) if own.within(asked))
        }
        (own, asked) => own == asked,
    }
}

fn tighter(before: &Baseline, own: &GrantTighten, asked: &GrantTighten) -> bool {
    let Some(grant) = before.grants.get(&own.grant) else { return false };
    let of = |o: &GrantTighten| Grant { rule: o.rule.clone(), terms: o.terms.clone(), ..grant.clone() };
    own == asked || is_narrower(&of(asked), &of(own))
}

/// Whether an operation may be left out: by itself it takes nothing away and makes nothing stricter.
fn may_go(before: &Baseline, at: usize, operation: &Operation, around: &Around<'_>, work: &mut Work) -> Result<(), NotNarrower> {
    let alone = effect(before, std::slice::from_ref(operation), around, work).map_err(NotNarrower::Cannot)?;
    let stricter = alone.matter == Matter::FirstOwner || alone.rows.iter().any(|row| row.direction == Direction::Reduces);
    if stricter || matches!(operation, Operation::Suspend(_) | Operation::Adopt(_) | Operation::Anchor(_)) {
        return Err(NotNarrower::Stricter(at));
    }
    if let Operation::SurfacePut(o) = operation {
        let old = before.surfaces.get(&o.surface).and_then(|surface| surface.content.as_ref());
        // Back from the new text to the old: what is lost on that way holds the agent back in the new one.
        if around.written.restrains(old, o.to.content.as_ref()) {
            return Err(NotNarrower::Restrains(at));
        }
    }
    if let Operation::ToolUpdate(o) = operation {
        let old = before.tools.get(&o.tool).map(|tool| &tool.definition);
        if around.written.restrains(old, Some(&o.to.definition)) {
            return Err(NotNarrower::Restrains(at));
        }
    }
    Ok(())
}

/// What one holder has after the narrower change lies in what they have after the whole, and no control is missing.
fn within(holder: IdentityId, all: &Baseline, some: &Baseline, work: &mut Work) -> Result<(), NotNarrower> {
    let of = |baseline: &Baseline| -> Vec<(MatchKey, Grant)> {
        let held = baseline.held().remove(&holder).unwrap_or_default();
        held.into_iter().map(|(key, grant)| (key.clone(), grant.clone())).collect()
    };
    let (wide, narrow) = (of(all), of(some));
    let outer: Vec<Statement<'_>> = wide.iter().map(|(key, grant)| Statement::of(key, grant)).collect();
    let inner: Vec<Statement<'_>> = narrow.iter().map(|(key, grant)| Statement::of(key, grant)).collect();
    if covers(&outer, &inner, work).answer != Answer::Contained {
        return Err(NotNarrower::Wider);
    }
    if weakened(&outer, &inner, work).is_empty() { Ok(()) } else { Err(NotNarrower::Weaker) }
}

/// Beside access: every row of the narrower effect that widens stands in the whole one.
fn rows_within(larger: &Effect, own: &Effect) -> Result<(), NotNarrower> {
    let same =
        |one: &Row, two: &Row| (one.moves, one.direction, one.identity, &one.what) == (two.moves, two.direction, two.identity, &two.what);
    let access = |row: &Row| matches!(row.moves, Moves::Gains | Moves::Keeps | Moves::Loses | Moves::Steers);
    let fresh =
        own.rows.iter().find(|row| row.direction >= Direction::Widens && !access(row) && !larger.rows.iter().any(|other| same(row, other)));
    match fresh {
        Some(row) => Err(NotNarrower::OtherEffect(row.what.clone())),
        None if own.direction > larger.direction => Err(NotNarrower::OtherEffect(own.direction.label().to_owned())),
        None => Ok(()),
    }
}

/// One use of an action on a resource, as a feed counted it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    pub identity: IdentityId,
    pub action: String,
    pub resource: String,
}

/// What was used, and over how long it was counted.
#[derive(Clone, Copy, Debug)]
pub struct Usage<'a> {
    pub uses: &'a BTreeSet<Use>,
    pub days: u32,
}

/// A narrower change made of what was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnlyUsed {
    pub operations: Vec<Operation>,
    pub effect: Effect,
    /// How many actions the whole change names, and how many of these were used. A pattern is one action.
    pub named: usize,
    pub used: usize,
    pub days: u32,
}

/// "Approve only what it uses": every grant that the change adds, with the actions and resources that were used of it, and
/// no longer than `life` from the instant of the base, in microseconds. None without a feed, where nothing was used, where
/// that is all there is, or where it is not proven to be narrower.
pub fn only_used(
    before: &Baseline,
    whole: &[Operation],
    usage: Option<Usage<'_>>,
    life: i64,
    around: &Around<'_>,
    work: &mut Work,
) -> Option<OnlyUsed> {
    let usage = usage?;
    let (mut operations, mut named, mut used) = (Vec::new(), 0, 0);
    for operation in whole {
        match operation {
            Operation::GrantAdd(grant) if Statement::of(&grant.key(), grant).gives() => {
                let less = used_of(grant, usage, life, around);
                named += grant.rule.actions.len() + usize::from(!grant.rule.actions_negated.is_empty());
                used += less.as_ref().map_or(0, |grant| grant.rule.actions.len());
                operations.extend(less.map(Operation::GrantAdd));
            }
            Operation::GrantExtend(o) => {
                let terms = shortened(&o.terms, life, around);
                // An extension that would be none is left out.
                let extends = before.grants.get(&o.grant).is_some_and(|old| old.terms != terms && old.terms.within(&terms, true));
                operations.extend(extends.then(|| Operation::GrantExtend(GrantExtend { grant: o.grant.clone(), terms })));
            }
            other => operations.push(other.clone()),
        }
    }
    let effect = narrower(before, whole, &operations, around, work).ok()?;
    (used > 0).then_some(OnlyUsed { operations, effect, named, used, days: usage.days })
}

fn shortened(terms: &Terms, life: i64, around: &Around<'_>) -> Terms {
    let from = terms.starts_at.map_or(around.at, |start| start.max(around.at));
    let end = from.plus(life);
    Terms { ends_at: Some(terms.ends_at.map_or(end, |own| own.min(end))), ..terms.clone() }
}

/// A grant with what was used of it; none where nothing was.
fn used_of(grant: &Grant, usage: Usage<'_>, life: i64, around: &Around<'_>) -> Option<Grant> {
    let terms = shortened(&grant.terms, life, around);
    let own = usage.uses.iter().filter(|one| one.identity == grant.identity);
    if grant.set.is_some() {
        let any = own.clone().any(|one| is_narrower(grant, &piece(grant, one, &terms)));
        return any.then(|| Grant { terms, ..grant.clone() });
    }
    let mut rule = grant.rule.clone();
    (rule.actions, rule.resources) = (Vec::new(), Vec::new());
    (rule.actions_negated, rule.resources_negated) = (Vec::new(), Vec::new());
    for one in own {
        if is_narrower(grant, &piece(grant, one, &terms)) {
            rule.actions.push(one.action.clone());
            rule.resources.push(one.resource.clone());
        }
    }
    let less = Grant { rule: rule.normal(), terms, ..grant.clone() };
    (!less.rule.actions.is_empty() && is_narrower(grant, &less)).then_some(less)
}

/// One use as a grant: what must lie in another for that to have been used.
fn piece(grant: &Grant, one: &Use, terms: &Terms) -> Grant {
    let mut rule = grant.rule.clone();
    (rule.actions, rule.resources) = (vec![one.action.clone()], vec![one.resource.clone()]);
    (rule.actions_negated, rule.resources_negated) = (Vec::new(), Vec::new());
    Grant { rule, terms: terms.clone(), ..grant.clone() }
}
