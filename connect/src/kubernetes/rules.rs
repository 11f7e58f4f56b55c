//! Rules of roles in our words, and what of them is left in one namespace.

use super::objects::{PolicyRule, is_unnamed};
use super::scope;
use domain::rule::{Dialect, Effect, Rule};

/// One Kubernetes rule is at most two of ours by itself: resources, of which some verbs may reach fewer, or URLs.
pub(super) fn of(raw: &PolicyRule) -> Vec<Rule> {
    let mut out = Vec::new();
    let make = |verbs: &[String], resources: Vec<String>| {
        let mut rule = Rule::new(Dialect::Kubernetes, Effect::Allow);
        rule.actions = verbs.to_vec();
        rule.resources = resources;
        rule.normal()
    };
    let pairs = |wanted: fn(&str) -> bool| {
        let resources = raw.resources.iter().filter(move |resource| wanted(resource));
        resources.flat_map(|resource| raw.groups.iter().map(move |group| format!("{group}/{resource}")))
    };
    let named = |wanted: fn(&str) -> bool| -> Vec<String> {
        pairs(wanted).flat_map(|pair| raw.names.iter().map(move |name| format!("{pair}#{name}"))).collect()
    };
    let mut add = |verbs: &[String], resources: Vec<String>| {
        if !resources.is_empty() && !verbs.is_empty() {
            out.push(make(verbs, resources));
        }
    };
    if raw.names.is_empty() {
        add(&raw.verbs, pairs(|_| true).collect());
    } else if raw.unnamed().is_some() {
        // What is created has no name yet when the request is judged; a subresource is asked for at an object that has one.
        let verbs: Vec<String> = raw.verbs.iter().filter(|verb| !is_unnamed(verb)).cloned().collect();
        add(&verbs, named(|resource| !resource.contains('/')));
        add(&raw.verbs, named(|resource| resource.contains('/')));
    } else {
        add(&raw.verbs, named(|_| true));
    }
    if !raw.urls.is_empty() && !raw.verbs.is_empty() {
        out.push(make(&raw.verbs, raw.urls.iter().map(|url| format!("url:{url}")).collect()));
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
