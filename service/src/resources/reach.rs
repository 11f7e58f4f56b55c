//! Which identities reach a resource, and which resources the grants of one identity touch. Neither is stored: patterns
//! are compared when somebody asks, each rule once, however many grants share it.
//!
//! What it costs. Who reaches a resource: one walk over the rules whose dialect can name such a place (some 10 µs a rule:
//! reading it and comparing its patterns), then for each rule that matches two walks along the index of its holders, then
//! a few probes for each identity of the page. The bounds below and one `Work` for each answer keep the sum under a second
//! whatever the store holds and however its patterns are written; where one is reached the answer says that there may be
//! more. What an identity's grants touch: the rules
//! it holds times the registered resources, most pairs of which differ in their first letters.

use crate::identities::ShownGrant;
use crate::{Error, Read, Result, Services};
use domain::asof::AsOf;
use domain::identity::Plane;
use domain::ids::{IdentityId, ResourceId, RuleId};
use domain::locator::{Pattern, Reach, Work};
use domain::permission::Action;
use domain::privilege::{self, Class, Classes};
use domain::resource::{self, Extent};
use domain::rule::{Effect, Rule, Via};
use domain::seq::Seq;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use store::engine::db::Tx;
use store::grants::{self, At, Path};
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
    work: Work,
}

/// A page of the identities that reach a resource, after one.
pub async fn reach(read: &mut Read, id: ResourceId, after: Option<IdentityId>, limit: i64) -> Result<Reached> {
    read.authorise(Action::ReadInventory)?;
    let (as_of, limit) = (read.as_of(), limit.clamp(1, COUNTED));
    let of = resources::by_id(read.tx(), id, as_of.seq).await?.ok_or(Error::NotFound("resource as of this position"))?.resource;
    let found = compare(read, &of).await?;
    let at = (as_of, read.at_head());
    let tx = read.tx();
    let counted = holders(tx, &found.rules, at, IdentityId::nil(), COUNTED + 1).await?.len();
    let mut shown = holders(tx, &found.rules, at, after.unwrap_or(IdentityId::nil()), limit + 1).await?;
    let more = shown.len() as i64 > limit;
    if more {
        shown.pop_last();
    }
    let next = shown.keys().next_back().copied().filter(|_| more);
    let mut page = Vec::with_capacity(shown.len());
    for (identity, held) in shown {
        page.extend(holder(tx, at, identity, &held, &found.rules).await?);
    }
    let total = counted.min(COUNTED as usize);
    let at_least = !found.every_rule || counted > total;
    Ok(Reached { as_of, holders: page, total, at_least, compared: found.compared, every_rule: found.every_rule, next })
}

async fn compare(read: &mut Read, of: &Resource) -> Result<Compared> {
    let mut found = Compared { rules: vec![], compared: 0, every_rule: true, work: Work::default() };
    let Some(pattern) = resource::stored(of.kind, &of.pattern) else { return Ok(found) };
    let (services, at) = (read.services().clone(), (read.as_of(), read.at_head()));
    let (dialects, pattern) = (resource::dialects(of.kind), Arc::new(pattern));
    let mut after = RuleId::nil();
    loop {
        let page = permission_sets::allowing(read.tx(), &dialects, Plane::Observed, at, after, STEP).await?;
        let last = (page.len() as i64) < STEP;
        after = page.last().map_or(after, |(id, _)| *id);
        let pattern = pattern.clone();
        found = services.compare(move || found.with(page, &pattern)).await?;
        if last || !found.every_rule {
            break;
        }
    }
    found.rules.sort_by_key(|m| Reverse(m.classes.severity()));
    Ok(found)
}

impl Compared {
    /// Compares more rules, up to the first bound.
    fn with(mut self, page: Vec<(RuleId, Rule)>, pattern: &Pattern) -> Self {
        for (id, rule) in page {
            if self.compared == RULES || self.rules.len() == MATCHED {
                self.every_rule = false;
                break;
            }
            let reach = Reach::of(&rule, &mut self.work);
            let touches = reach.touches(pattern, &mut self.work);
            if self.work.is_spent() {
                self.every_rule = false;
                break;
            }
            self.compared += 1;
            if touches {
                self.rules.push(Matched { id, classes: privilege::judge(&rule).classes, rule, reach });
            }
        }
        self
    }
}

/// The first identities after one, by id, that hold any of the rules, with the places of their rules. Of each rule as
/// many are read as are wanted of all: so none of the first can be missed, nor a rule that it holds.
async fn holders(tx: &mut Tx, rules: &[Matched], at: At, after: IdentityId, limit: i64) -> Result<BTreeMap<IdentityId, Vec<usize>>> {
    let mut found: BTreeMap<IdentityId, Vec<usize>> = BTreeMap::new();
    for (place, matched) in rules.iter().enumerate() {
        for id in grants::holders_of_rule(tx, matched.id, Plane::Observed, at, after, limit).await? {
            found.entry(id).or_default().push(place);
        }
        while found.len() as i64 > limit {
            found.pop_last();
        }
    }
    Ok(found)
}

/// `held` are the places of the rules it holds, the worst first.
async fn holder(tx: &mut Tx, at: At, id: IdentityId, held: &[usize], rules: &[Matched]) -> Result<Option<Holder>> {
    let Some(worst) = held.first().and_then(|place| rules.get(*place)) else { return Ok(None) };
    let paths = grants::paths_of_rule(tx, worst.id, id, Plane::Observed, at, PATHS).await?;
    let listed = identities::facts_of(tx, id, at.0.seq).await?;
    let denied = listed.as_ref().is_some_and(|l| l.facts.denied > 0);
    let narrowed = denied || grants::is_bounded(tx, id, Plane::Observed, at.0.seq).await?;
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

/// What is compared of a grant.
struct InForce {
    rule: Rule,
    via_name: String,
    class: Option<Class>,
}

/// Which resources some grants touch. A grant of which nothing is left, a deny and a boundary touch none.
pub(crate) async fn touched(services: &Services, tx: &mut Tx, seq: Seq, held: &[ShownGrant]) -> Result<Touched> {
    let mut all = resources::after(tx, None, seq, ResourceId::nil(), REGISTERED as i64 + 1).await?;
    if all.is_empty() {
        return Ok(Touched { complete: true, ..Touched::default() });
    }
    let complete = all.len() <= REGISTERED;
    all.truncate(REGISTERED);
    let rules = in_force(held);
    let narrowed = held.iter().any(|g| g.held.rule.effect == Effect::Deny || g.held.via == Via::Boundary);
    services.compare(move || meeting(all, rules, narrowed, complete)).await
}

/// The resources that rules touch, each by the first of them.
fn meeting(all: Vec<Resource>, rules: Vec<InForce>, narrowed: bool, complete: bool) -> Touched {
    let mut out = Touched { resources: vec![], registered: true, complete };
    let mut work = Work::default();
    let rules: Vec<(Reach, InForce)> = rules.into_iter().map(|grant| (Reach::of(&grant.rule, &mut work), grant)).collect();
    let mut left = PAIRS;
    for one in all {
        if left < rules.len() {
            out.complete = false;
            break;
        }
        left -= rules.len();
        let Some(pattern) = resource::stored(one.kind, &one.pattern) else { continue };
        let found = rules.iter().find(|(reach, _)| reach.touches(&pattern, &mut work));
        if work.is_spent() {
            out.complete = false;
            break;
        }
        if let Some((reach, grant)) = found {
            let (extent, why) = resource::extent(&grant.rule, reach, &grant.via_name, narrowed);
            out.resources.push(TouchedResource { resource: one, class: grant.class, extent, why });
        }
    }
    out.resources.sort_by_key(|t| Reverse(t.resource.criticality));
    out
}

/// The rules of grants of which something is left, each once, the worst first.
fn in_force(held: &[ShownGrant]) -> Vec<InForce> {
    let allows =
        |g: &&ShownGrant| g.held.rule.effect == Effect::Allow && g.held.via != Via::Boundary && g.judged.classes.highest().is_some();
    let mut grants: Vec<&ShownGrant> = held.iter().filter(allows).collect();
    grants.sort_by_key(|g| Reverse(g.judged.order_key()));
    let mut seen: HashSet<&Rule> = HashSet::new();
    grants.retain(|g| seen.insert(&g.held.rule));
    let own = |g: &ShownGrant| InForce { rule: g.held.rule.clone(), via_name: g.held.via_name.clone(), class: g.judged.classes.highest() };
    grants.into_iter().map(own).collect()
}
