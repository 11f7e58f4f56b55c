//! What a change moves of access: each holder's grants before against those after, holders with the same before and after
//! taken together. An allow that is not proven to lie in what was there is gained; a deny or a boundary that nothing takes
//! the place of is weakened, whatever it cut. It must not look at records.

use super::{Around, Found, Moves, Own, Row, reversibility};
use crate::change::Direction;
use crate::change::baseline::Baseline;
use crate::change::content::{Grant, MatchKey, Terms};
use crate::change::covers::{Answer, Gain, Statement, covers, weakened};
use crate::change::effect::Reversibility;
use crate::ids::{IdentityId, SourceId};
use crate::locator::{LocatorKind, Pattern, Reach, Work};
use crate::privilege::{self, Class};
use crate::resource::Extent;
use crate::rule::{Effect as RuleEffect, Rule, Via};
use crate::surface::SurfaceKind;
use std::collections::{BTreeSet, HashMap};

/// Everything of a grant but its holder.
type Shape<'a> = (SourceId, &'a Rule, Via, &'a str, &'a Terms);
type Held<'a> = Vec<(&'a MatchKey, &'a Grant)>;

fn shapes<'a>(held: &Held<'a>) -> Vec<Shape<'a>> {
    held.iter().map(|(_, g)| (g.source, &g.rule, g.via, g.via_name.as_str(), &g.terms)).collect()
}

/// Holders that lose and gain the same.
struct Alike<'a> {
    before: Held<'a>,
    after: Held<'a>,
    holders: Vec<IdentityId>,
}

pub(super) fn rows(before: &Baseline, after: &Baseline, around: &Around<'_>, found: &mut Found, work: &mut Work) {
    let (mut was, mut is) = (before.held(), after.held());
    let holders: BTreeSet<IdentityId> = was.keys().chain(is.keys()).copied().collect();
    let mut order: Vec<Alike<'_>> = Vec::new();
    let mut at: HashMap<(Vec<Shape<'_>>, Vec<Shape<'_>>), usize> = HashMap::new();
    for holder in holders {
        let (one, two) = (was.remove(&holder).unwrap_or_default(), is.remove(&holder).unwrap_or_default());
        let shape = (shapes(&one), shapes(&two));
        if shape.0 == shape.1 {
            continue;
        }
        let place = *at.entry(shape).or_insert_with(|| {
            order.push(Alike { before: one, after: two, holders: Vec::new() });
            order.len() - 1
        });
        order[place].holders.push(holder);
    }
    for alike in &order {
        alike.rows(after, around, found, work);
    }
}

impl Alike<'_> {
    fn rows(&self, whole: &Baseline, around: &Around<'_>, found: &mut Found, work: &mut Work) {
        let before: Vec<Statement<'_>> = self.before.iter().map(|(line, grant)| Statement::of(line, grant)).collect();
        let after: Vec<Statement<'_>> = self.after.iter().map(|(line, grant)| Statement::of(line, grant)).collect();
        let gains = covers(&before, &after, work).gains;
        let weak = weakened(&before, &after, work);
        for gain in &gains {
            let statement = &after[gain.at];
            found.ends.push(statement.terms.ends_at);
            found.uses.push(statement.terms.max_uses);
            let why = said_of(gain);
            let extent = if gain.answer == Answer::Unknown { Extent::Unknown } else { extent_of(statement.rule) };
            found.push(self.row(Moves::Gains, Direction::Widens, statement.rule, extent, why));
            self.steers(statement.rule, whole, around, found, work);
        }
        for at in &weak {
            let limit = &before[*at];
            let (direction, why) = if limit.caps() {
                (Direction::SelfGoverning, "a boundary that governed it is gone or was changed other than by tightening")
            } else {
                (Direction::Widens, "a deny is gone or takes away less: what it could cut is gained")
            };
            found.push(self.row(Moves::Weakens, direction, limit.rule, Extent::Bounded, why.to_owned()));
        }
        if !gains.is_empty() || !weak.is_empty() {
            found.gaining += self.holders.len() as u64;
        }
        let lost = covers(&after, &before, work).gains;
        for loss in &lost {
            let rule = before[loss.at].rule;
            found.push(self.row(Moves::Loses, Direction::Reduces, rule, extent_of(rule), "it lies no longer in what is given".to_owned()));
        }
        if gains.is_empty() && weak.is_empty() && lost.is_empty() {
            let rule = self.after.iter().chain(&self.before).map(|(_, grant)| &grant.rule).next();
            found.rows.extend(
                rule.map(|rule| self.row(Moves::Keeps, Direction::Neutral, rule, Extent::Known, "proven to give the same".to_owned())),
            );
        }
    }

    fn row(&self, moves: Moves, direction: Direction, rule: &Rule, extent: Extent, why: String) -> Row {
        // A deny is judged by what it keeps out.
        let judged = privilege::judge(&Rule { effect: RuleEffect::Allow, ..rule.clone() });
        let class = judged.classes.highest();
        let back = if direction <= Direction::Neutral { Reversibility::Undoable } else { reversibility(class) };
        Row {
            moves,
            direction,
            reversibility: back,
            identity: self.holders.first().copied(),
            identities: self.holders.len() as u64,
            class,
            wildcard: judged.classes.wildcard(),
            extent,
            what: said(rule),
            why,
        }
    }

    /// Whether what is gained can write a surface or a gate of its holder or of the holder's lineage: what a child may write,
    /// its parent may.
    fn steers(&self, rule: &Rule, whole: &Baseline, around: &Around<'_>, found: &mut Found, work: &mut Work) {
        let judged = privilege::judge(rule);
        if judged.classes.severity() <= Class::Read.severity() && judged.classes.highest().is_some() {
            return;
        }
        let reach = Reach::of(rule, work);
        for holder in &self.holders {
            let lineage = whole.lineage(*holder);
            let own = lineage.iter().filter_map(|id| around.own.get(id));
            let Some(why) = own.into_iter().find_map(|own| reached(&reach, own, work)) else { continue };
            let row = self.row(Moves::Steers, Direction::SelfGoverning, rule, extent_of(rule), why);
            found.push(Row { identity: Some(*holder), identities: 1, reversibility: row.reversibility.max(Reversibility::Partly), ..row });
        }
    }
}

/// Whether somebody could write something of their own by a rule: a surface, or a gate that governs them.
pub fn steers(rule: &Reach, own: &Own, work: &mut Work) -> bool {
    reached(rule, own, work).is_some()
}

/// What of its own something that may be written is; none where it reaches none of it.
fn reached(reach: &Reach, own: &Own, work: &mut Work) -> Option<String> {
    for (kind, place) in &own.surfaces {
        let met = match place {
            Some(place) => reach.touches(place, work),
            None => stores(*kind).iter().filter_map(|kind| everywhere(*kind)).any(|all| reach.touches(&all, work)),
        };
        if met {
            let located = if place.is_some() { "" } else { ", which nobody has located" };
            return Some(format!("it can write its own {}{located}", kind.label()));
        }
    }
    own.gates.iter().any(|gate| reach.touches(gate, work)).then(|| "it can write a gate that governs it".to_owned())
}

fn everywhere(kind: LocatorKind) -> Option<Pattern> {
    Pattern::parse(Some(kind), "*").ok()
}

/// Where a surface of a kind may be kept, as long as nobody says where it is (decisions C4).
fn stores(kind: SurfaceKind) -> &'static [LocatorKind] {
    match kind {
        SurfaceKind::Instructions | SurfaceKind::Evaluator | SurfaceKind::ApprovalRule => {
            &[LocatorKind::Repository, LocatorKind::Arn, LocatorKind::Kubernetes]
        }
        SurfaceKind::Tools => &[LocatorKind::Mcp, LocatorKind::Repository, LocatorKind::Arn],
        SurfaceKind::Memory => &[LocatorKind::Arn, LocatorKind::Uri],
        SurfaceKind::Permissions | SurfaceKind::Boundary => &[LocatorKind::Arn, LocatorKind::Kubernetes],
        SurfaceKind::Model => &[LocatorKind::Arn, LocatorKind::Uri, LocatorKind::Repository],
    }
}

/// A condition may not hold: then it is at most this.
fn extent_of(rule: &Rule) -> Extent {
    if rule.is_conditional() { Extent::Bounded } else { Extent::Known }
}

fn said_of(gain: &Gain) -> String {
    let why = gain.why.label();
    match &gain.witness {
        Some(w) => crate::text::capped(&format!("{why}: for example {} on {}", w.action, w.resource), 300),
        None => format!("{why}; not proven to lie in what was there"),
    }
}

pub(super) fn said(rule: &Rule) -> String {
    let list = |texts: &[String], but: &[String]| match (texts, but) {
        ([], []) => "anything".to_owned(),
        (texts, []) => texts.join(", "),
        ([], but) => format!("all but {}", but.join(", ")),
        (texts, but) => format!("{}, not {}", texts.join(", "), but.join(", ")),
    };
    let on = list(&rule.resources, &rule.resources_negated);
    let what = format!("{} on {on}", list(&rule.actions, &rule.actions_negated));
    let when = if rule.conditions.is_empty() { String::new() } else { format!(", where {}", rule.conditions.join(" and ")) };
    crate::text::capped(&format!("{}{what}{when}", if rule.effect == RuleEffect::Deny { "deny " } else { "" }), 400)
}
