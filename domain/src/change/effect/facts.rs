//! What operations on records, lives, keys, suspensions and resources come to, one by one. Facts that routing or oversight
//! rest on govern the identity they are about: changing one is self-governing, but for a first owner and a stricter value
//! (threats.md 31). Access is `access`'s to compare.

use super::{Found, Moves, Reversibility, Row, reversibility};
use crate::change::Direction;
use crate::change::baseline::Baseline;
use crate::change::content::{Grant, MatchKey, Record, Resource};
use crate::change::operation::{Attribute, Installation, LifecycleSet, Operation, Subject};
use crate::identity::{Autonomy, Criticality, Environment, Lifecycle};
use crate::ids::{IdentityId, PersonId};
use crate::privilege::{self, Classes};
use crate::resource::{DataClass, Extent};
use crate::rule::Effect as RuleEffect;

pub(super) fn rows(operation: &Operation, before: &Baseline, after: &Baseline, found: &mut Found) {
    match operation {
        Operation::Adopt(o) => super::adopt::rows(o, found),
        // Compared as a whole, for every holder.
        Operation::GrantAdd(_)
        | Operation::GrantRemove(_)
        | Operation::GrantTighten(_)
        | Operation::GrantExtend(_)
        | Operation::SetRules(_)
        | Operation::SurfacePut(_)
        | Operation::SurfaceRemove(_)
        | Operation::ToolAdd(_)
        | Operation::ToolUpdate(_)
        | Operation::ToolRemove(_)
        | Operation::CredentialIssue(_)
        | Operation::CredentialRotate(_)
        | Operation::CredentialRevoke(_)
        | Operation::Anchor(_)
        | Operation::EnvelopeSet(_) => {}
        Operation::Installation(o) => {
            found.installation = true;
            found.push(of_the_gate(o));
        }
        Operation::Register(o) => {
            found.first = true;
            let why = "it is registered and holds nothing by that; its grants are judged as they are added";
            found.push(fact(Some(o.identity), Direction::Neutral, "registered", why));
        }
        Operation::RecordSet(o) => {
            let Some(record) = before.records.get(&o.identity) else { return };
            for attribute in &o.attributes {
                found.push_fact(Some(o.identity), attribute_set(record, attribute));
            }
        }
        Operation::Lifecycle(o) => {
            let row = lifecycle(o, before, after);
            if row.direction >= Direction::Widens {
                found.live(&Subject::Identity(o.identity), after);
            }
            found.push(row);
        }
        Operation::SameAs(o) => found.push(same_as(o.to)),
        Operation::Suspend(o) => {
            let why = "what is suspended is not allowed until it is lifted";
            found.push(suspension(&o.subject, Moves::Loses, Direction::Reduces, before, why));
        }
        Operation::Lift(o) => {
            found.live(&o.subject, after);
            let why = "what was suspended is live again";
            found.push(suspension(&o.subject, Moves::Gains, Direction::Widens, after, why));
        }
        Operation::ResourceSet(o) => {
            for said in resource_set(before.resources.get(&o.resource), &o.to) {
                found.push_fact(None, said);
            }
        }
    }
}

fn same_as(to: IdentityId) -> Row {
    let why = "what the source says of it is another's from now on: its owner and its routing too";
    Row { reversibility: Reversibility::Partly, ..fact(Some(to), Direction::SelfGoverning, "same as", why) }
}

/// What is changed of the gate: whoever decides rests on it.
fn of_the_gate(o: &Installation) -> Row {
    let (what, why, reversibility) = match o {
        Installation::Seal {} => (
            "sealed",
            "from now on people who decide, groups, sources and the seal change only by changes like this",
            Reversibility::Irreversible,
        ),
        Installation::Roles(_) => ("roles", "who decides and who administers rests on roles", Reversibility::Undoable),
        Installation::Group(_) => ("group", "two people of one group count as one where groups must differ", Reversibility::Undoable),
        Installation::GroupAdd(_) => ("new group", "people of it count apart from those of other groups", Reversibility::Partly),
        Installation::Source(_) => {
            ("source", "what a source says is judged by its owner, environment and evidence", Reversibility::Undoable)
        }
        Installation::SourceAdd(_) => ("new source", "what it says becomes part of the inventory", Reversibility::Partly),
        Installation::Restore(_) => ("account", "the person can sign in again, with the roles they held", Reversibility::Partly),
    };
    Row { reversibility, ..fact(None, Direction::SelfGoverning, what, why) }
}

/// A direction, the field, and why; with whether it is a first owner or a stricter value.
struct Said {
    direction: Direction,
    what: &'static str,
    why: &'static str,
    first: bool,
}

fn said(direction: Direction, what: &'static str, why: &'static str) -> Said {
    Said { direction, what, why, first: false }
}

fn neutral(what: &'static str) -> Said {
    said(Direction::Neutral, what, "neither access nor routing rests on it")
}

fn governs(what: &'static str) -> Said {
    said(Direction::SelfGoverning, what, "routing or oversight rests on it")
}

fn first(what: &'static str, why: &'static str) -> Said {
    Said { first: true, ..said(Direction::Neutral, what, why) }
}

pub(super) fn fact(identity: Option<IdentityId>, direction: Direction, what: &str, why: &str) -> Row {
    Row {
        moves: if direction == Direction::Neutral { Moves::Keeps } else { Moves::Governs },
        direction,
        reversibility: Reversibility::Undoable,
        identity,
        identities: 1,
        class: None,
        wildcard: false,
        extent: Extent::Known,
        what: what.to_owned(),
        why: why.to_owned(),
    }
}

impl Found {
    /// What is live from now on lasts as its terms say.
    fn live(&mut self, subject: &Subject, of: &Baseline) {
        for grant in grants_of(subject, of).filter(|grant| grant.rule.effect == RuleEffect::Allow) {
            self.ends.push(grant.terms.ends_at);
            self.uses.push(grant.terms.max_uses);
        }
        self.gaining += 1;
    }

    fn push_fact(&mut self, identity: Option<IdentityId>, said: Said) {
        self.first |= said.first;
        self.push(fact(identity, said.direction, said.what, said.why));
    }
}

/// One attribute against what stands there.
fn attribute_set(record: &Record, attribute: &Attribute) -> Said {
    match attribute {
        Attribute::Name(_) => neutral("name"),
        Attribute::Purpose(_) => neutral("purpose"),
        Attribute::Kind(to) if *to == record.kind => neutral("kind"),
        Attribute::Kind(_) => governs("kind"),
        Attribute::Environment(to) => environment_set(record.environment, *to),
        Attribute::Criticality(to) => criticality_set(record.criticality, *to),
        Attribute::Owner(to) => owner_set(record.owner, *to),
        Attribute::Backup(to) if *to == record.backup => neutral("backup"),
        Attribute::Backup(_) => governs("backup"),
        Attribute::Team(to) if *to == record.team => neutral("team"),
        Attribute::Team(_) => governs("team"),
        Attribute::Autonomy(to) => autonomy_set(record.autonomy, *to),
        Attribute::Human(to) if *to == record.human => neutral("human"),
        Attribute::Human(_) => governs("human"),
        Attribute::Parent(to) if *to == record.parent => neutral("parent"),
        Attribute::Parent(_) => governs("parent"),
    }
}

fn owner_set(from: Option<PersonId>, to: Option<PersonId>) -> Said {
    match (from, to) {
        (from, to) if from == to => neutral("owner"),
        (None, Some(_)) => first("owner", "a first owner, who must accept"),
        _ => governs("owner"),
    }
}

/// Unknown counts as production: only leaving test or development for these is stricter.
fn environment_set(from: Environment, to: Environment) -> Said {
    let strict = |of: Environment| matches!(of, Environment::Production | Environment::Unknown);
    match (from, to) {
        (from, to) if from == to => neutral("environment"),
        (_, Environment::Production) => first("environment", "the strictest value"),
        (from, Environment::Unknown) if !strict(from) => first("environment", "unknown counts as production"),
        _ => governs("environment"),
    }
}

/// Unknown routes as production: only critical is stricter than it.
fn criticality_set(from: Criticality, to: Criticality) -> Said {
    let rank = |of: Criticality| match of {
        Criticality::Low => 0,
        Criticality::Medium => 1,
        Criticality::High => 2,
        Criticality::Unknown => 3,
        Criticality::Critical => 4,
    };
    match rank(from).cmp(&rank(to)) {
        std::cmp::Ordering::Equal => neutral("criticality"),
        std::cmp::Ordering::Less => first("criticality", "a stricter value"),
        std::cmp::Ordering::Greater => governs("criticality"),
    }
}

fn data_class_set(from: DataClass, to: DataClass) -> Said {
    let rank = |of: DataClass| match of {
        DataClass::Public => 0,
        DataClass::Internal => 1,
        DataClass::Confidential => 2,
        DataClass::Personal => 3,
        // Unknown counts as the worst.
        DataClass::Secret | DataClass::Unknown => 4,
    };
    match rank(from).cmp(&rank(to)) {
        std::cmp::Ordering::Equal => neutral("data class"),
        std::cmp::Ordering::Less => first("data class", "a stricter value"),
        std::cmp::Ordering::Greater => governs("data class"),
    }
}

/// The less it acts without a person the less it can do; what nobody stated is the most.
fn autonomy_set(from: Option<Autonomy>, to: Option<Autonomy>) -> Said {
    let of = |autonomy: Option<Autonomy>| autonomy.unwrap_or(Autonomy::Autonomous);
    match of(from).cmp(&of(to)) {
        std::cmp::Ordering::Equal => neutral("autonomy"),
        std::cmp::Ordering::Greater => said(Direction::Reduces, "autonomy", "it acts less without a person"),
        std::cmp::Ordering::Less => said(Direction::Widens, "autonomy", "it acts further without a person"),
    }
}

fn resource_set(before: Option<&Resource>, to: &Resource) -> Vec<Said> {
    let Some(from) = before else {
        // Nothing registered counts as unknown, and its source's owner answers.
        return vec![first("resource", "a first statement about it"), owner_set(None, to.owner)];
    };
    let mut out = vec![
        owner_set(from.owner, to.owner),
        environment_set(from.environment, to.environment),
        criticality_set(from.criticality, to.criticality),
        data_class_set(from.data_class, to.data_class),
    ];
    if (from.kind, &from.pattern) != (to.kind, &to.pattern) {
        out.push(governs("places"));
    }
    out
}

/// What an identity may do at worst, by the grants it holds.
pub(super) fn classes(of: &Baseline, identity: IdentityId) -> Classes {
    let own = of.grants.values().filter(|grant| grant.identity == identity);
    own.fold(Classes::default(), |all, grant| all.union(privilege::judge(&grant.rule).classes))
}

fn lifecycle(o: &LifecycleSet, before: &Baseline, after: &Baseline) -> Row {
    let from = before.lifecycles.get(&o.identity).copied().unwrap_or(Lifecycle::Proposed);
    let (moves, direction, back, why) = match (from, o.to) {
        (_, Lifecycle::Active) => (Moves::Gains, Direction::Widens, None, "whatever it holds is live"),
        (Lifecycle::Quarantined, Lifecycle::Suspended) => (Moves::Weakens, Direction::Widens, None, "it comes out of quarantine"),
        (_, Lifecycle::Retired) => {
            (Moves::Loses, Direction::Reduces, Some(Reversibility::Irreversible), "retired is the end: it cannot come back")
        }
        (_, Lifecycle::Suspended | Lifecycle::Quarantined | Lifecycle::Proposed) => {
            (Moves::Loses, Direction::Reduces, Some(Reversibility::Undoable), "nothing it holds is live")
        }
    };
    let classes = classes(after, o.identity);
    let class = classes.highest();
    // Who holds nothing gains nothing that could not be taken back.
    let back = back.unwrap_or_else(|| class.map_or(Reversibility::Undoable, |class| reversibility(Some(class))));
    let row = fact(Some(o.identity), direction, "lifecycle", why);
    Row { moves, class, wildcard: classes.wildcard(), reversibility: back, ..row }
}

fn grants_of<'a>(subject: &'a Subject, of: &'a Baseline) -> impl Iterator<Item = &'a Grant> {
    let about = move |(key, grant): &(&'a MatchKey, &'a Grant)| match subject {
        Subject::Grant(own) => own == *key,
        Subject::Identity(identity) => *identity == grant.identity,
        Subject::Source(source) => *source == grant.source,
    };
    of.grants.iter().filter(about).map(|(_, grant)| grant)
}

fn suspension(subject: &Subject, moves: Moves, direction: Direction, of: &Baseline, why: &str) -> Row {
    let (mut classes, mut holders) = (Classes::default(), Vec::new());
    for grant in grants_of(subject, of) {
        classes = classes.union(privilege::judge(&grant.rule).classes);
        holders.push(grant.identity);
    }
    holders.sort_unstable();
    holders.dedup();
    let identity = if let Subject::Identity(identity) = subject { Some(*identity) } else { holders.first().copied() };
    let class = classes.highest();
    let back = if direction == Direction::Reduces { Reversibility::Undoable } else { reversibility(class) };
    let row = fact(identity, direction, "suspension", why);
    let identities = holders.len().max(1) as u64;
    Row { moves, class, wildcard: classes.wildcard(), reversibility: back, identities, ..row }
}
