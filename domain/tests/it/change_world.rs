//! A small installation for the tests of changes.

use domain::change::baseline::Baseline;
use domain::change::content::{Grant, Record, SetRef, Terms, Text};
use domain::change::effect::{Around, Effect, Own, Written, effect};
use domain::change::operation::{GrantRemove, Operation};
use domain::coupling::{Estate, Named};
use domain::identity::{Criticality, Environment, Kind, Lifecycle};
use domain::ids::{BlobId, IdentityId, PermissionSetId, PersonId, SourceId};
use domain::locator::Work;
use domain::rule::{Dialect, Effect as Does, Rule, SelfEvidence, Via};
use domain::time::{DAY, Timestamp};
use std::collections::BTreeMap;
use uuid::Uuid;

pub const NOW: Timestamp = Timestamp(1_800_000_000_000_000);

pub fn identity(n: u128) -> IdentityId {
    IdentityId::new(Uuid::from_u128(n))
}

pub fn person(n: u128) -> PersonId {
    PersonId::new(Uuid::from_u128(n))
}

pub fn set(n: u128) -> PermissionSetId {
    PermissionSetId::new(Uuid::from_u128(n))
}

fn words(text: &str, negated: bool) -> Vec<String> {
    let of = text.split(' ').filter(|w| !w.is_empty() && w.starts_with('!') == negated);
    of.map(|w| w.trim_start_matches('!').to_owned()).collect()
}

/// A rule from words; `!` before a word negates it.
pub fn rule(dialect: Dialect, does: Does, actions: &str, resources: &str) -> Rule {
    let mut rule = Rule::new(dialect, does);
    (rule.actions, rule.actions_negated) = (words(actions, false), words(actions, true));
    (rule.resources, rule.resources_negated) = (words(resources, false), words(resources, true));
    rule.normal()
}

pub fn grant(holder: u128, rule: Rule) -> Grant {
    Grant {
        identity: identity(holder),
        source: SourceId::new(Uuid::from_u128(90)),
        set: None,
        via: Via::Direct,
        via_name: String::new(),
        rule,
        terms: Terms::default(),
    }
}

pub fn boundary(holder: u128, rule: Rule) -> Grant {
    Grant { via: Via::Boundary, ..grant(holder, rule) }
}

pub fn of_set(holder: u128, n: u128, rule: Rule) -> Grant {
    Grant { set: Some(SetRef { id: set(n), kind: "managed".to_owned(), key: n.to_string() }), ..grant(holder, rule) }
}

pub fn remove(grant: &Grant) -> Operation {
    Operation::GrantRemove(GrantRemove { grant: grant.key() })
}

pub fn record(name: &str) -> Record {
    Record {
        name: name.to_owned(),
        kind: Kind::AiAgent,
        environment: Environment::Production,
        criticality: Criticality::Medium,
        owner: Some(person(1)),
        backup: None,
        team: None,
        autonomy: None,
        purpose: None,
        human: None,
        parent: None,
    }
}

pub fn world(grants: &[Grant]) -> Baseline {
    let mut out = Baseline::default();
    for grant in grants {
        out.grants.insert(grant.key(), grant.clone());
        if let Some(set) = &grant.set {
            let rules: &mut Vec<Rule> = out.sets.entry(set.id).or_default();
            if !rules.contains(&grant.rule) {
                rules.push(grant.rule.clone());
                rules.sort_by_key(Rule::content_key);
            }
        }
        out.records.entry(grant.identity).or_insert_with(|| record("agent"));
        out.lifecycles.entry(grant.identity).or_insert(Lifecycle::Active);
    }
    out
}

/// The effect beside what these identities have of their own.
pub fn beside(before: &Baseline, operations: &[Operation], own: &BTreeMap<IdentityId, Own>) -> Effect {
    let around = Around { at: NOW, timed_most: DAY, own, written: Written::UNKNOWN };
    effect(before, operations, &around, &mut Work::default()).expect("a change")
}

pub fn effect_of(before: &Baseline, operations: &[Operation]) -> Effect {
    beside(before, operations, &BTreeMap::new())
}

/// Texts and what is known beside them.
pub struct Story {
    pub texts: BTreeMap<String, String>,
    pub estate: Estate,
    pub itself: SelfEvidence,
    pub anchored: BTreeMap<IdentityId, Baseline>,
}

impl Default for Story {
    fn default() -> Self {
        let names = [(Named::Secret, "vault/crm/quick"), (Named::Host, "intake.example"), (Named::Tool, "refund_create")];
        let estate = Estate::new(names.map(|(named, name)| (named, name.to_owned())));
        Self { texts: BTreeMap::new(), estate, itself: SelfEvidence::Unknown, anchored: BTreeMap::new() }
    }
}

impl Story {
    /// Keeps a text, and names it.
    pub fn text(&mut self, text: &str) -> Text {
        let sha256 = domain::json::sha256_hex(text.as_bytes());
        self.texts.insert(sha256.clone(), text.to_owned());
        Text { blob: BlobId::new(Uuid::from_u128(self.texts.len() as u128)), sha256, bytes: text.len() as u64 }
    }

    pub fn around(&self) -> Around<'_> {
        static NOTHING: BTreeMap<IdentityId, Own> = BTreeMap::new();
        let written = Written { texts: Some(&self.texts), estate: Some(&self.estate), itself: self.itself, anchored: Some(&self.anchored) };
        Around { at: NOW, timed_most: DAY, own: &NOTHING, written }
    }

    pub fn effect(&self, before: &Baseline, operations: &[Operation]) -> Effect {
        effect(before, operations, &self.around(), &mut Work::default()).expect("a change")
    }
}
