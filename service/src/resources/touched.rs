//! Which registered resources the grants of one identity touch. What it costs: the rules it holds times the registered
//! resources, most pairs of which differ in their first letters; one `Work` and the bounds below hold the rest.

use crate::identities::ShownGrant;
use crate::{Result, Services};
use domain::asof::AsOf;
use domain::ids::ResourceId;
use domain::locator::Work;
use domain::privilege::Class;
use domain::resource::{self, Allow, Company, Extent, Rest, Target};
use domain::rule::{Effect, Rule, Via};
use std::cmp::Reverse;
use std::collections::HashMap;
use store::engine::db::Tx;
use store::resources::{self, Resource};

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
    /// The highest class of what of that grant reaches it, after denies and the boundary.
    pub class: Option<Class>,
    pub extent: Extent,
    pub why: &'static str,
}

/// A rule that is held, whatever the paths that give the same.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Held {
    rule: usize,
    /// The one it is bound in.
    namespace: Option<String>,
    /// Whether the grant amounts to full control.
    full: bool,
}

/// What is compared of somebody's grants: each rule once, the paths they are held by, and what narrows them.
struct Holding {
    rules: Vec<Allow>,
    held: Vec<Held>,
    company: Company,
}

/// Which resources some grants touch. A grant of which nothing is left, a deny and a boundary touch none.
pub(crate) async fn touched(services: &Services, tx: &mut Tx, as_of: AsOf, held: &[ShownGrant]) -> Result<Touched> {
    let mut all = resources::after(tx, None, as_of.seq, ResourceId::nil(), REGISTERED as i64 + 1).await?;
    if all.is_empty() {
        return Ok(Touched { complete: true, ..Touched::default() });
    }
    let complete = all.len() <= REGISTERED;
    all.truncate(REGISTERED);
    let in_force: Vec<ShownGrant> = held.iter().filter(|g| g.held.ends_at.is_none_or(|end| end > as_of.at)).cloned().collect();
    services.compare(move || meeting(all, &in_force, complete)).await
}

/// The resources that grants touch, each by the worst of them.
fn meeting(all: Vec<Resource>, grants: &[ShownGrant], complete: bool) -> Touched {
    let mut out = Touched { resources: vec![], registered: true, complete };
    let mut work = Work::default();
    let mut holding = Holding::of(grants, &mut work);
    let mut left = PAIRS;
    for one in all {
        if left < holding.rules.len() {
            out.complete = false;
            break;
        }
        left -= holding.rules.len();
        let Some(pattern) = resource::stored(one.kind, &one.pattern) else { continue };
        let worst = holding.on(&Target::of(pattern), &mut work);
        if work.is_spent() {
            out.complete = false;
            break;
        }
        let row = |rest: Rest| TouchedResource { resource: one, class: rest.classes.highest(), extent: rest.extent, why: rest.why };
        out.resources.extend(worst.map(row));
    }
    out.resources.sort_by_key(|t| Reverse(t.resource.criticality));
    out
}

impl Holding {
    fn of(grants: &[ShownGrant], work: &mut Work) -> Self {
        let mut out = Self { rules: vec![], held: vec![], company: Company::of(grants.iter().map(|g| (&g.held.rule, g.held.via)), work) };
        let allows =
            |g: &&ShownGrant| g.held.rule.effect == Effect::Allow && g.held.via != Via::Boundary && g.judged.classes.highest().is_some();
        let mut places: HashMap<&Rule, usize> = HashMap::new();
        for grant in grants.iter().filter(allows) {
            let rule = *places.entry(&grant.held.rule).or_insert_with(|| {
                out.rules.push(Allow::of(grant.held.rule.clone(), work));
                out.rules.len() - 1
            });
            let namespace = resource::namespace(grant.held.rule.dialect, &grant.held.via_name).map(str::to_owned);
            out.held.push(Held { rule, namespace, full: grant.judged.classes.has(Class::FullControl) });
        }
        out.held.sort_unstable();
        out.held.dedup();
        out
    }

    /// The worst that they do to one resource.
    fn on(&mut self, target: &Target, work: &mut Work) -> Option<Rest> {
        let mut beside = None;
        let mut worst: Option<Rest> = None;
        for held in self.held.chunk_by(|a, b| a.rule == b.rule) {
            let Some(rule) = held.first().and_then(|one| self.rules.get_mut(one.rule)) else { continue };
            let Some(bearing) = rule.on(target, work) else { continue };
            let beside = beside.get_or_insert_with(|| self.company.on(target, work));
            for one in held {
                let rest = beside.leaves((rule, &bearing), one.namespace.as_deref(), one.full, target, work);
                let weight = |rest: &Rest| (rest.classes.severity(), Reverse(rest.extent));
                worst = worst.into_iter().chain(rest).max_by_key(weight);
            }
        }
        worst
    }
}
