//! Rules of roles in our words, and what of them is left in one namespace.

use super::objects::PolicyRule;
use super::scope;
use domain::rule::{Dialect, Effect, Rule};

/// One Kubernetes rule is at most two of ours: resources, and URLs.
pub(super) fn of(raw: &PolicyRule) -> Vec<Rule> {
    let mut out = Vec::new();
    let make = |resources: Vec<String>| {
        let mut rule = Rule::new(Dialect::Kubernetes, Effect::Allow);
        rule.actions.clone_from(&raw.verbs);
        rule.resources = resources;
        rule.normal()
    };
    let pairs = raw.groups.iter().flat_map(|group| raw.resources.iter().map(move |resource| format!("{group}/{resource}")));
    let named: Vec<String> = if raw.names.is_empty() {
        pairs.collect()
    } else {
        pairs.flat_map(|pair| raw.names.iter().map(move |name| format!("{pair}#{name}"))).collect()
    };
    if !named.is_empty() {
        out.push(make(named));
    }
    if !raw.urls.is_empty() {
        out.push(make(raw.urls.iter().map(|url| format!("url:{url}")).collect()));
    }
    out
}

/// What is left of a rule where its role is bound in one namespace, and what is not.
pub(super) fn in_one_namespace(rule: &Rule) -> (Rule, Vec<String>) {
    let (left, out): (Vec<String>, Vec<String>) = rule.resources.iter().cloned().partition(|r| scope::takes_effect(&rule.actions, r));
    (Rule { resources: left, ..rule.clone() }, out)
}

/// How many units a rule has.
pub(super) fn units(rule: &Rule) -> u64 {
    (rule.actions.len() as u64).saturating_mul(rule.resources.len() as u64)
}

/// Every verb on every resource.
pub(super) fn is_everything(rule: &Rule) -> bool {
    rule.actions.iter().any(|v| v == "*") && rule.resources.iter().any(|r| r == "*/*")
}
