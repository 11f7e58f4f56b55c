//! What the other rules of its holder leave of a rule on one resource: denies take away exactly what they surely speak of, a
//! boundary caps, a binding in one namespace gives what is in there. Whatever may narrow the answer in a way that is not
//! compared only makes it less sure. It must not know who the holder is.

use super::Extent;
use super::bearing::{Act, Allow, Bearing, Spoken, Target, acts, classes, keeping};
use crate::access::{self, HeldRule, IN_ONE_NAMESPACE, Memory, may_name, speaks_of, surely_names};
use crate::locator::{Left, Others, Pattern, Reach, Work};
use crate::privilege::aws::{self, Acts};
use crate::privilege::{Class, Classes};
use crate::rule::{Dialect, Effect, Rule, Via};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a holder's denies or boundary may do to the answer without its being known.
const NARROWED: &str = "a deny or the boundary of its holder may take it away";

/// A deny or a rule of a boundary, taken apart.
#[derive(Clone, Debug)]
struct Other {
    rule: Rule,
    via: Via,
    /// What it may speak of, and what it speaks of beyond doubt.
    widely: Reach,
    surely: Reach,
    /// Read widely it says the same as read surely, and no condition stands in its way.
    exact: bool,
}

impl Other {
    fn of(rule: &Rule, via: Via, work: &mut Work) -> Arc<Self> {
        let (widely, surely) = (Reach::widely(rule, work), Reach::surely(rule, work));
        let exact = !rule.is_conditional() && widely.is_as_sure_as(&surely);
        Arc::new(Self { rule: rule.clone(), via, widely, surely, exact })
    }
}

/// The denies and the boundary of one holder.
#[derive(Clone, Debug, Default)]
pub struct Company {
    denies: Vec<(Arc<Other>, Spoken)>,
    boundary: Vec<(Arc<Other>, Spoken)>,
}

/// The one namespace that a rule is bound in, by the name of the path it is held by; none where it is bound everywhere.
pub fn namespace(dialect: Dialect, via_name: &str) -> Option<&str> {
    let name = via_name.strip_prefix(IN_ONE_NAMESPACE).filter(|_| dialect == Dialect::Kubernetes)?;
    Some(name.split_once('/').map_or(name, |(namespace, _)| namespace))
}

/// How the names of bindings in one namespace begin that can give something of a resource.
pub fn bindings(target: &Target) -> String {
    match target.pattern.namespace() {
        Some(one) if !one.contains(['*', '?']) => format!("{IN_ONE_NAMESPACE}{one}/"),
        _ => IN_ONE_NAMESPACE.to_owned(),
    }
}

/// Whether what is bound in a namespace, or everywhere, can be of a resource at all.
pub fn gives(namespace: Option<&str>, target: &Target, work: &mut Work) -> bool {
    bound(namespace, target, work).is_some()
}

impl Company {
    /// Of the rules that one holder has in force, those that narrow the others.
    pub fn of<'a>(held: impl Iterator<Item = (&'a Rule, Via)>, work: &mut Work) -> Self {
        let mut out = Self::default();
        for (rule, via) in held {
            // A deny in a boundary denies as any other.
            if rule.effect == Effect::Deny {
                out.denies.push((Other::of(rule, via, work), Spoken::default()));
            } else if via == Via::Boundary {
                out.boundary.push((Other::of(rule, via, work), Spoken::default()));
            }
        }
        out
    }

    /// What of it speaks of a resource.
    pub fn on(&mut self, target: &Target, work: &mut Work) -> Beside {
        let mut speaking = |others: &mut Vec<(Arc<Other>, Spoken)>| {
            let mut out = Vec::new();
            for (other, spoken) in others {
                if other.widely.touches(&target.pattern, work) {
                    out.push(Speaking { acts: spoken.on(&other.rule, target, work), of: other.clone() });
                }
            }
            out
        };
        Beside { denies: speaking(&mut self.denies), capped: !self.boundary.is_empty(), boundary: speaking(&mut self.boundary) }
    }

    /// Whether a rule that is full control by itself still is, in this company and bound everywhere; true as well where no
    /// work is left.
    pub fn leaves_full_control(&self, rule: &Rule, memory: &mut Memory, work: &mut Work) -> bool {
        if !work.take(aws::table().actions.len() * (1 + self.denies.len() + self.boundary.len())) {
            return true;
        }
        let held = |rule, via| HeldRule { rule, via, via_name: "", timed: false };
        let others = self.denies.iter().chain(&self.boundary).map(|(other, _)| held(&other.rule, other.via));
        let grants: Vec<HeldRule<'_>> = std::iter::once(held(rule, Via::Direct)).chain(others).collect();
        access::judge(&grants, memory).first().is_some_and(|judged| judged.classes.has(Class::FullControl))
    }
}

/// One of them with what it names of what can be done to the resource.
#[derive(Clone, Debug)]
struct Speaking {
    of: Arc<Other>,
    acts: Arc<Acts>,
}

impl Speaking {
    fn names(&self, act: Act<'_>, surely: bool) -> bool {
        match act {
            Act::Known(at) => self.acts.known.binary_search(&at).is_ok() && speaks_of(self.of.via, &aws::table().actions[at as usize].name),
            Act::Word(word) if surely => surely_names(&self.of.rule, word) && speaks_of(self.of.via, &word.to_lowercase()),
            Act::Word(word) => may_name(&self.of.rule, word),
        }
    }
}

/// What of a holder's company speaks of one resource.
#[derive(Clone, Debug, Default)]
pub struct Beside {
    denies: Vec<Speaking>,
    /// Whether the holder has a boundary at all.
    capped: bool,
    boundary: Vec<Speaking>,
}

/// What is left of a rule on a resource.
#[derive(Clone, Debug)]
pub struct Rest {
    /// The rule with what is left of it alone.
    pub rule: Rule,
    /// With full control where the rule still is that.
    pub classes: Classes,
    pub extent: Extent,
    /// Why it is no surer; empty where it is known.
    pub why: &'static str,
}

/// An act that is left, and how sure that is.
type Kept<'a> = (Act<'a>, Extent, &'static str);

impl Beside {
    /// None where nothing is left. `full` says that the grant amounts to full control.
    pub fn leaves(
        &self,
        (allow, bearing): (&Allow, &Bearing),
        namespace: Option<&str>,
        full: bool,
        target: &Target,
        work: &mut Work,
    ) -> Option<Rest> {
        let bound = bound(namespace, target, work)?;
        let kept = self.kept(allow, bearing, target, work);
        if kept.is_empty() {
            return None;
        }
        let (before, left) = (&bearing.acts, kept.iter().map(|(act, ..)| *act));
        let whole = kept.len() == before.known.len() + before.words.len() + before.perhaps.len();
        let rule = if whole { bearing.rule.clone() } else { keeping(bearing.rule.clone(), &left.clone().collect::<Vec<_>>()) };
        let all = if whole { bearing.classes } else { classes(&rule, left) };
        // As sure as the surest of what makes it as bad as it is.
        let of_those = |most: Extent| classes(&rule, kept.iter().filter(|(_, extent, _)| *extent <= most).map(|(act, ..)| *act));
        let mut levels = Extent::ALL.iter().copied().filter(|level| kept.iter().any(|(_, extent, _)| extent == level));
        let level = levels.find(|most| of_those(*most).severity() == all.severity()).unwrap_or(Extent::Unknown);
        let why = kept.iter().find(|(_, extent, _)| *extent == level).map_or("", |(.., why)| *why);
        let (extent, why) = [bound, (level, why), stated(allow)].into_iter().max_by_key(|(extent, _)| *extent).unwrap_or(bound);
        let classes = if full { all.with(Class::FullControl) } else { all };
        Some(Rest { rule, classes, extent, why })
    }

    /// The acts of a rule of which something is left.
    fn kept<'a>(&self, allow: &Allow, bearing: &'a Bearing, target: &Target, work: &mut Work) -> Vec<Kept<'a>> {
        let dialect = allow.rule.dialect;
        let denies: Vec<&Speaking> = self.denies.iter().filter(|d| d.of.rule.dialect == dialect).collect();
        let capped = self.capped && dialect == Dialect::Aws;
        let (sure, perhaps) = acts(&bearing.acts);
        let open = "the service of its actions is not known";
        let all = sure.map(|act| (act, Extent::Known, "")).chain(perhaps.map(|act| (act, Extent::Unknown, open)));
        if denies.is_empty() && !capped {
            return all.collect();
        }
        // What the same others name stands or falls together.
        let mut answers: BTreeMap<Vec<bool>, Option<Extent>> = BTreeMap::new();
        let boundary = if capped { self.boundary.as_slice() } else { &[] };
        let mut out = Vec::new();
        work.take(bearing.acts.known.len() * (denies.len() + boundary.len()));
        for (act, extent, why) in all {
            let naming = denies.iter().copied().chain(boundary).flat_map(|other| [other.names(act, true), other.names(act, false)]);
            let naming: Vec<bool> = naming.collect();
            let left = *answers.entry(naming).or_insert_with_key(|naming| {
                let (denies, boundary) = (named(&denies, naming), named(&boundary.iter().collect::<Vec<_>>(), &naming[2 * denies.len()..]));
                left(&allow.reach, (&denies, capped.then_some(&boundary)), target, work)
            });
            match left {
                Some(Extent::Known) => out.push((act, extent, why)),
                Some(_) => out.push((act, extent.max(Extent::Bounded), if extent == Extent::Unknown { why } else { NARROWED })),
                None => {}
            }
        }
        out
    }
}

/// Those of some others that name an act: surely, and perhaps.
struct Named<'a> {
    surely: Vec<&'a Other>,
    perhaps: Vec<&'a Other>,
}

fn named<'a>(others: &[&'a Speaking], naming: &[bool]) -> Named<'a> {
    let of = |at: usize| {
        others.iter().zip(naming.chunks(2)).filter(move |(_, n)| n.get(at) == Some(&true)).map(|(other, _)| &*other.of).collect()
    };
    Named { surely: of(0), perhaps: of(1) }
}

/// Whether a place of the resource is left to acts that these denies and these rules of the boundary name, and how sure it is.
fn left(reach: &Reach, others: (&Named<'_>, Option<&Named<'_>>), target: &Target, work: &mut Work) -> Option<Extent> {
    let (denies, boundary) = others;
    let exact = |other: &&&Other| other.exact && !other.widely.leaves_out();
    // As if whatever may be taken away were: then what is left is sure.
    let least = Others {
        taken: denies.perhaps.iter().map(|d| &d.widely).collect(),
        limits: boundary.iter().map(|b| b.surely.iter().filter(exact).map(|other| &other.surely).collect()).collect(),
    };
    if reach.left(&target.pattern, &least, work) == Left::Something {
        return Some(Extent::Known);
    }
    let most = Others {
        taken: denies.surely.iter().filter(|d| !d.rule.is_conditional()).map(|d| &d.surely).collect(),
        limits: boundary.iter().map(|b| b.perhaps.iter().map(|other| &other.widely).collect()).collect(),
    };
    (reach.left(&target.pattern, &most, work) != Left::Nothing).then_some(Extent::Bounded)
}

/// What the rule itself says of how sure it is.
fn stated(allow: &Allow) -> (Extent, &'static str) {
    if allow.reach.has_too_many() {
        (Extent::Unknown, "it has too many patterns to compare")
    } else if !allow.reach.is_stated() {
        (Extent::Unknown, "the rule does not say what it reaches")
    } else if allow.rule.is_conditional() {
        (Extent::Bounded, "only where its conditions hold")
    } else {
        (Extent::Known, "")
    }
}

/// How sure it is that what is bound in a namespace gives something of a resource; none where the resource has nothing in
/// there. Of a resource that says no namespace nobody knows whether its objects are in one at all.
fn bound(namespace: Option<&str>, target: &Target, work: &mut Work) -> Option<(Extent, &'static str)> {
    let Some(namespace) = namespace else { return Some((Extent::Known, "")) };
    if !Pattern::in_namespace(namespace).overlaps(&target.pattern, work) {
        return None;
    }
    Some(if target.pattern.namespace().is_some() { (Extent::Known, "") } else { (Extent::Bounded, "bound in one namespace only") })
}
