//! Which identities reach a resource. It is not stored: rules are compared when somebody asks, each once, however many
//! grants share it, and then each with what stands beside it.
//!
//! What it costs. One walk over the rules whose dialect can name such a place (some 10 µs a rule: reading it and comparing
//! its patterns), for each rule that bears on it one walk along the index of its holders, for each holder one along the
//! index of its grants, then a few probes for each identity of the page. The bounds below and one `Work` for each answer
//! keep the sum under a second whatever the store holds and however its patterns are written; where one is reached the
//! answer says that there may be more. The worst rules are asked first for their holders, so that these are never the ones
//! left out.

use super::judging::{Candidate, Judged, judged};
use crate::listing::bad_cursor;
use crate::{Error, Read, Result};
use domain::access::IN_ONE_NAMESPACE;
use domain::asof::AsOf;
use domain::identity::Plane;
use domain::ids::{IdentityId, ResourceId, RuleId};
use domain::locator::Work;
use domain::permission::Action;
use domain::privilege::Classes;
use domain::resource::{self, Allow, Extent, Target};
use domain::rule::{Dialect, Effect, Rule, Via};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use store::engine::db::Tx;
use store::grants::{self, Apart, At, InForce, Path};
use store::identities::{self, Listed};
use store::permission_sets;
use store::resources::{self, Resource};

/// Rules compared for one answer, and read at a time.
const RULES: usize = 5_000;
const STEP: i64 = 500;
/// Rules that may bear on the resource before the walk ends: each costs a statement of its own.
const MATCHED: usize = 300;
/// Identities counted one by one, the holders of the worst rules first; beyond them the count is "at least".
const COUNTED: usize = 1_000;
/// Grants of all of them that are read, and denies and rules of boundaries that are compared. Where one is reached, the
/// holders that follow count as if nothing narrowed what they hold, and the row says so.
const GRANTS: usize = 50_000;
const NARROWING: usize = 300;
/// Paths shown of how an identity holds a rule, and read: bindings in other namespaces are left out.
const PATHS: usize = 5;
const PATHS_READ: i64 = 200;

/// Who reaches a resource.
#[derive(Clone, Debug)]
pub struct Reached {
    pub as_of: AsOf,
    /// Identities of this page, the worst first.
    pub holders: Vec<Holder>,
    /// Identities that reach it, each counted once.
    pub total: usize,
    /// True where `total` is a lower bound: not every rule was compared, or not every holder counted.
    pub at_least: bool,
    /// Rules compared.
    pub compared: usize,
    /// False where there are more rules than were compared.
    pub every_rule: bool,
    /// Where the next page starts: behind this identity.
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
    /// What of the rule reaches the resource, less what denies and the boundary take away.
    pub rule: Rule,
    /// What that amounts to.
    pub classes: Classes,
    pub paths: Vec<Path>,
    pub extent: Extent,
    /// Why it is no surer; empty where it is known.
    pub why: &'static str,
}

/// The rules that bear on a resource, the worst first.
pub(super) struct Compared {
    pub target: Arc<Target>,
    pub rules: Vec<Candidate>,
    pub compared: usize,
    pub every_rule: bool,
    pub work: Work,
}

/// Whoever holds one of them.
pub(super) struct Holding {
    pub id: IdentityId,
    /// Places of rules it holds, as the walk along their holders found them.
    pub found: Vec<usize>,
    /// All that it has in force; none where too much was read before.
    pub held: Option<Vec<InForce>>,
}

/// A page of the identities that reach a resource, after one.
pub async fn reach(read: &mut Read, id: ResourceId, after: Option<IdentityId>, limit: i64) -> Result<Reached> {
    read.authorise(Action::ReadInventory)?;
    let (as_of, limit) = (read.as_of(), usize::try_from(limit).unwrap_or(1).clamp(1, COUNTED));
    let of = resources::by_id(read.tx(), id, as_of.seq).await?.ok_or(Error::NotFound("resource"))?.resource;
    let found = compare(read, &of).await?;
    let (compared, every_rule, target) = (found.compared, found.every_rule, found.target.clone());
    let (services, at) = (read.services().clone(), (as_of, read.at_head()));
    let tx = read.tx();
    let (holders, more) = holders(tx, &found, at).await?;
    let narrowing = narrowing(tx, &holders).await?;
    let (judged, complete) = services.compare(move || judged(found, holders, &narrowing)).await?;
    let from = match after {
        None => 0,
        Some(id) => judged.iter().position(|one| one.id == id).ok_or_else(bad_cursor)? + 1,
    };
    let shown = &judged[from..judged.len().min(from + limit)];
    let next = shown.last().map(|one| one.id).filter(|_| from + shown.len() < judged.len());
    let mut page = Vec::with_capacity(shown.len());
    for one in shown {
        page.push(holder(tx, at, one, &target).await?);
    }
    let at_least = !every_rule || more || !complete;
    Ok(Reached { as_of, holders: page, total: judged.len(), at_least, compared, every_rule, next })
}

async fn compare(read: &mut Read, of: &Resource) -> Result<Compared> {
    let pattern = resource::stored(of.kind, &of.pattern).ok_or_else(|| Error::Internal("no pattern of its kind".to_owned()))?;
    let target = Arc::new(Target::of(pattern));
    let mut found = Compared { target, rules: vec![], compared: 0, every_rule: true, work: Work::default() };
    let (services, at) = (read.services().clone(), (read.as_of(), read.at_head()));
    let dialects = resource::dialects(of.kind);
    let mut after = RuleId::nil();
    loop {
        let page = permission_sets::allowing(read.tx(), &dialects, Plane::Observed, at, after, STEP).await?;
        let last = (page.len() as i64) < STEP;
        after = page.last().map_or(after, |(id, _)| *id);
        found = services.compare(move || found.with(page)).await?;
        if last || !found.every_rule {
            break;
        }
    }
    found.rules.sort_by_key(|rule| Reverse(rule.severity()));
    Ok(found)
}

impl Compared {
    /// Compares more rules, up to the first bound.
    fn with(mut self, page: Vec<(RuleId, Rule)>) -> Self {
        for (id, rule) in page {
            if self.compared == RULES || self.rules.len() == MATCHED {
                self.every_rule = false;
                break;
            }
            let mut allow = Allow::of(rule, &mut self.work);
            let bearing = allow.on(&self.target, &mut self.work);
            if self.work.is_spent() {
                self.every_rule = false;
                break;
            }
            self.compared += 1;
            self.rules.extend(bearing.map(|bearing| Candidate { id, full: allow.is_full_control(), allow, bearing }));
        }
        self
    }
}

/// Whoever holds the rules, the holders of the worst ones first, with all they have in force; and whether there are more.
async fn holders(tx: &mut Tx, of: &Compared, at: At) -> Result<(Vec<Holding>, bool)> {
    let (mut found, mut more): (BTreeMap<IdentityId, Vec<usize>>, bool) = (BTreeMap::new(), false);
    let here = resource::bindings(&of.target);
    for (place, rule) in of.rules.iter().enumerate() {
        // Only of a rule of Kubernetes a path says where it is bound.
        let apart = if rule.allow.rule.dialect == Dialect::Kubernetes { IN_ONE_NAMESPACE } else { here.as_str() };
        let apart = Apart { all: apart, but: &here };
        for id in grants::holders_of_rule(tx, rule.id, Plane::Observed, at, apart, COUNTED as i64 + 1).await? {
            if found.len() == COUNTED && !found.contains_key(&id) {
                more = true;
                break;
            }
            found.entry(id).or_default().push(place);
        }
        if more {
            break;
        }
    }
    let (mut out, mut left) = (Vec::with_capacity(found.len()), GRANTS);
    for (id, found) in found {
        let mut held = None;
        if left > 0 {
            let read = grants::in_force(tx, id, Plane::Observed, at, left as i64 + 1).await?;
            held = (read.len() <= left).then_some(read);
            left = held.as_ref().map_or(0, |held| left - held.len());
        }
        out.push(Holding { id, found, held });
    }
    Ok((out, more))
}

/// The denies and the rules of boundaries among what they hold.
async fn narrowing(tx: &mut Tx, holders: &[Holding]) -> Result<HashMap<RuleId, Rule>> {
    let mut out = HashMap::new();
    let held = holders.iter().filter_map(|one| one.held.as_ref()).flatten();
    let narrows = held.filter(|grant| grant.effect == Effect::Deny || grant.via == Via::Boundary);
    let ids: Vec<RuleId> = narrows.map(|grant| grant.rule_id).collect();
    for id in ids {
        if out.len() == NARROWING {
            break;
        }
        if !out.contains_key(&id) {
            let rule = permission_sets::rule(tx, id).await?;
            out.extend(rule.map(|rule| (id, rule)));
        }
    }
    Ok(out)
}

async fn holder(tx: &mut Tx, at: At, of: &Judged, target: &Target) -> Result<Holder> {
    let mut paths = grants::paths_of_rule(tx, of.worst, of.id, Plane::Observed, at, PATHS_READ).await?;
    let (dialect, work) = (of.rest.rule.dialect, &mut Work::default());
    paths.retain(|path| resource::gives(resource::namespace(dialect, &path.via_name), target, work));
    paths.truncate(PATHS);
    let listed = identities::facts_of(tx, of.id, at.0.seq).await?;
    let resource::Rest { rule, classes, extent, why } = of.rest.clone();
    Ok(Holder { id: of.id, listed, rules: of.rules, rule, classes, paths, extent, why })
}
