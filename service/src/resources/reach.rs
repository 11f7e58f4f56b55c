//! Which identities reach a resource, and which resources the grants of one identity touch. Neither is stored: patterns
//! are compared when somebody asks, each rule once, however many grants share it.
//!
//! What it costs. Who reaches a resource: one walk over the rules whose dialect can name such a place (some 10 µs a rule:
//! reading it and comparing its patterns), then for each rule that matches two walks along the index of its holders, then
//! a few probes for each identity of the page. The bounds below keep the sum under a fraction of a second whatever the
//! store holds; where one is reached the answer says that there may be more. What an identity's grants touch: the rules
//! it holds times the registered resources, most pairs of which differ in their first letters.

use crate::identities::ShownGrant;
use crate::{Error, Read, Result};
use domain::asof::AsOf;
use domain::identity::Plane;
use domain::ids::{IdentityId, ResourceId, RuleId};
use domain::locator::{Pattern, Reach};
use domain::permission::Action;
use domain::privilege::{self, Class, Classes};
use domain::resource::{self, Extent};
use domain::rule::{Effect, Rule, Via};
use domain::seq::Seq;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use store::engine::db::Tx;
use store::grants::{self, Path};
use store::identities::{self, Listed};
use store::permission_sets;
use store::resources::{self, Resource};

/// Rules compared for one answer, and read at a time.
const RULES: usize = 5_000;
const STEP: i64 = 500;
/// Rules that may match before the walk ends: each costs statements of its own.
const MATCHED: usize = 300;
/// Identities counted one by one; beyond them the count is "at least".
const COUNTED: i64 = 1_000;
/// Paths shown of how an identity holds a rule.
const PATHS: i64 = 5;

/// Who reaches a resource.
#[derive(Clone, Debug)]
pub struct Reached {
    pub as_of: AsOf,
    /// Identities of this page, by id.
    pub holders: Vec<Holder>,
    /// Identities that reach it, each counted once.
    pub total: usize,
    /// True where `total` is a lower bound: not every rule was compared, or not every holder counted.
    pub at_least: bool,
    /// Rules compared.
    pub compared: usize,
    /// False where there are more rules than were compared.
    pub every_rule: bool,
    /// Where the next page starts.
    pub next: Option<IdentityId>,
}

/// An identity that holds rules that reach a resource.
#[derive(Clone, Debug)]
pub struct Holder {
    pub id: IdentityId,
    /// What lists show of it.
    pub listed: Option<Listed>,
    /// How many rules that it holds reach the resource; what follows is of the worst of them.
    pub rules: usize,
    pub rule: Rule,
    /// What the rule alone amounts to: denies and the boundary of its holder are not taken off.
    pub classes: Classes,
    pub paths: Vec<Path>,
    pub extent: Extent,
    /// Why it is no surer; empty where it is known.
    pub why: &'static str,
}

/// A rule that reaches the resource.
struct Matched {
    id: RuleId,
    rule: Rule,
    reach: Reach,
    classes: Classes,
}

/// The rules that reach a resource, the worst first.
struct Compared {
    rules: Vec<Matched>,
    compared: usize,
    every_rule: bool,
}

/// A page of the identities that reach a resource, after one.
pub async fn reach(read: &mut Read, id: ResourceId, after: Option<IdentityId>, limit: i64) -> Result<Reached> {
    read.authorise(Action::ReadInventory)?;
    let (as_of, limit) = (read.as_of(), limit.clamp(1, COUNTED));
    let tx = read.tx();
    let of = resources::by_id(tx, id, as_of.seq).await?.ok_or(Error::NotFound("resource as of this position"))?.resource;
    let found = compare(tx, as_of.seq, &of).await?;
    let counted = holders(tx, &found.rules, as_of, IdentityId::nil(), COUNTED + 1).await?.len();
    let mut shown = holders(tx, &found.rules, as_of, after.unwrap_or(IdentityId::nil()), limit + 1).await?;
    let more = shown.len() as i64 > limit;
    if more {
        shown.pop_last();
    }
    let next = shown.keys().next_back().copied().filter(|_| more);
    let mut page = Vec::with_capacity(shown.len());
    for (identity, held) in shown {
        page.extend(holder(tx, as_of, identity, &held, &found.rules).await?);
    }
    let total = counted.min(COUNTED as usize);
    let at_least = !found.every_rule || counted > total;
    Ok(Reached { as_of, holders: page, total, at_least, compared: found.compared, every_rule: found.every_rule, next })
}

async fn compare(tx: &mut Tx, seq: Seq, of: &Resource) -> Result<Compared> {
    let mut found = Compared { rules: vec![], compared: 0, every_rule: true };
    let Some(pattern) = resource::stored(of.kind, &of.pattern) else { return Ok(found) };
    let dialects = resource::dialects(of.kind);
    let mut after = RuleId::nil();
    loop {
        let page = permission_sets::allowing(tx, &dialects, seq, after, STEP).await?;
        let last = (page.len() as i64) < STEP;
        for (id, rule) in page {
            if found.compared == RULES || found.rules.len() == MATCHED {
                found.every_rule = false;
                break;
            }
            after = id;
            found.compared += 1;
            found.rules.extend(matched(id, rule, &pattern));
        }
        if last || !found.every_rule {
            break;
        }
    }
    found.rules.sort_by_key(|m| Reverse(m.classes.severity()));
    Ok(found)
}

fn matched(id: RuleId, rule: Rule, pattern: &Pattern) -> Option<Matched> {
    let reach = Reach::of(&rule);
    let classes = reach.touches(pattern).then(|| privilege::judge(&rule).classes)?;
    Some(Matched { id, rule, reach, classes })
}

/// The first identities after one, by id, that hold any of the rules, with the places of their rules. Of each rule as
/// many are read as are wanted of all: so none of the first can be missed, nor a rule that it holds.
async fn holders(tx: &mut Tx, rules: &[Matched], as_of: AsOf, after: IdentityId, limit: i64) -> Result<BTreeMap<IdentityId, Vec<usize>>> {
    let mut found: BTreeMap<IdentityId, Vec<usize>> = BTreeMap::new();
    for (place, matched) in rules.iter().enumerate() {
        for id in grants::holders_of_rule(tx, matched.id, Plane::Observed, as_of, after, limit).await? {
            found.entry(id).or_default().push(place);
        }
        while found.len() as i64 > limit {
            found.pop_last();
        }
    }
    Ok(found)
}

/// `held` are the places of the rules it holds, the worst first.
async fn holder(tx: &mut Tx, as_of: AsOf, id: IdentityId, held: &[usize], rules: &[Matched]) -> Result<Option<Holder>> {
    let Some(worst) = held.first().and_then(|place| rules.get(*place)) else { return Ok(None) };
    let paths = grants::paths_of_rule(tx, worst.id, id, Plane::Observed, as_of, PATHS).await?;
    let listed = identities::facts_of(tx, id, as_of.seq).await?;
    let denied = listed.as_ref().is_some_and(|l| l.facts.denied > 0);
    let narrowed = denied || grants::is_bounded(tx, id, Plane::Observed, as_of.seq).await?;
    // Of several paths the surest counts.
    let extents = paths.iter().map(|p| resource::extent(&worst.rule, &worst.reach, &p.via_name, narrowed));
    let (extent, why) = extents.min().unwrap_or((Extent::Unknown, "the path is not known"));
    Ok(Some(Holder { id, listed, rules: held.len(), rule: worst.rule.clone(), classes: worst.classes, paths, extent, why }))
}

/// Registered resources that one identity is compared with, and pairs of rule and resource compared for it.
const REGISTERED: usize = 1_000;
const PAIRS: usize = 200_000;

/// Resources that the grants of one identity touch.
#[derive(Clone, Debug, Default)]
pub struct Touched {
    /// The most critical first.
    pub resources: Vec<TouchedResource>,
    /// False where no resource is registered: then what the grants reach is unknown.
    pub registered: bool,
    /// False where not every resource was compared with every rule.
    pub complete: bool,
}

/// A resource with the worst grant that touches it.
#[derive(Clone, Debug)]
pub struct TouchedResource {
    pub resource: Resource,
    /// The highest class of that grant, after denies and the boundary.
    pub class: Option<Class>,
    pub extent: Extent,
    pub why: &'static str,
}

/// Which resources some grants touch. A grant of which nothing is left, a deny and a boundary touch none.
pub(crate) async fn touched(tx: &mut Tx, seq: Seq, held: &[ShownGrant]) -> Result<Touched> {
    let mut all = resources::after(tx, None, seq, ResourceId::nil(), REGISTERED as i64 + 1).await?;
    let mut out = Touched { resources: vec![], registered: !all.is_empty(), complete: all.len() <= REGISTERED };
    all.truncate(REGISTERED);
    if all.is_empty() {
        return Ok(out);
    }
    let rules = in_force(held);
    let narrowed = held.iter().any(|g| g.held.rule.effect == Effect::Deny || g.held.via == Via::Boundary);
    let mut left = PAIRS;
    for one in all {
        if left < rules.len() {
            out.complete = false;
            break;
        }
        left -= rules.len();
        let Some(pattern) = resource::stored(one.kind, &one.pattern) else { continue };
        if let Some((reach, grant)) = rules.iter().find(|(reach, _)| reach.touches(&pattern)) {
            let (extent, why) = resource::extent(&grant.held.rule, reach, &grant.held.via_name, narrowed);
            out.resources.push(TouchedResource { resource: one, class: grant.judged.classes.highest(), extent, why });
        }
    }
    out.resources.sort_by_key(|t| Reverse(t.resource.criticality));
    Ok(out)
}

/// The rules of grants of which something is left, each once, the worst first.
fn in_force(held: &[ShownGrant]) -> Vec<(Reach, &ShownGrant)> {
    let allows =
        |g: &&ShownGrant| g.held.rule.effect == Effect::Allow && g.held.via != Via::Boundary && g.judged.classes.highest().is_some();
    let mut grants: Vec<&ShownGrant> = held.iter().filter(allows).collect();
    grants.sort_by_key(|g| Reverse(g.judged.order_key()));
    let mut seen: HashSet<&Rule> = HashSet::new();
    grants.into_iter().filter(|g| seen.insert(&g.held.rule)).map(|g| (Reach::of(&g.held.rule), g)).collect()
}
