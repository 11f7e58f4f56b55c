//! Trust policies: each is a permission set of its role, kept whole. An identity of the file that a statement names holds
//! it `via` trust. Services, providers, accounts and `*` are shown, and held by nobody: the file does not hold who stands
//! behind them. It must not decide whether an assumption succeeds: an allow and a deny are both held, and judged elsewhere.

use super::Reading;
use super::budget::Budget;
use super::document::Statement;
use super::open::open_to;
use super::principal::{ANYBODY, account_of};
use super::wire::Wrong;
use crate::{Error, Result};
use domain::privilege::glob;
use domain::rule::{Effect, Rule, Via};
use domain::snapshot::SeenSet;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What makes somebody a role; `sts:TagSession` and the like only go with it.
const ASSUMPTIONS: [&str; 3] = ["sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity"];
/// Principals named in a hint, notes of one kind, roles named in a note.
const SHOWN: usize = 20;
const NOTES: usize = 50;
const ROLES: usize = 10;

impl Reading<'_> {
    /// Keeps the trust policy of a role and says whom it lets in, sorted.
    pub(super) fn trust(&mut self, account: u16, role: &str, statements: Vec<Statement>) -> Wrong<Vec<String>> {
        let mut who = BTreeSet::new();
        for rule in statements.iter().map(|s| &s.rule).filter(|r| lets_in(r)) {
            who.extend(rule.principals.iter().cloned());
            if !rule.principals_negated.is_empty() {
                who.insert(ANYBODY.to_owned());
            }
        }
        let key = format!("role/{role}/trust");
        let seen = SeenSet { kind: "trust_policy", key, name: format!("trust of {role}"), version: None, present: true };
        let set = self.set(account, seen);
        self.statements(set, statements).map_err(|why| format!("role {role}, trust policy, {why}"))?;
        self.trusts.insert(set, role.to_owned());
        Ok(who.into_iter().collect())
    }

    /// Turns trust into grants and notes, now that every identity of the file is known.
    pub(super) fn trusted(&mut self) -> Result<()> {
        let trusts = std::mem::take(&mut self.trusts);
        let mut held: Vec<(u32, u32, u32)> = Vec::new();
        let by_arn: HashMap<&str, u32> =
            self.out.identities.iter().enumerate().filter_map(|(i, s)| Some((s.hints.get("arn")?, i as u32))).collect();
        let mut budget = std::mem::replace(&mut self.budget, Budget::of(0, self.work));
        for (set, role) in &trusts {
            let of_role = self.holders(*set, &by_arn, &mut budget);
            let of_role = of_role.map_err(|why| Error::at(&self.input.name, format!("trust policy of {role}"), why))?;
            held.extend(of_role.into_iter().map(|(identity, rule)| (identity, *set, rule)));
        }
        let notes = self.trust_notes(&trusts);
        for (identity, set, rule) in held {
            let name = format!("trust policy of {}", trusts.get(&set).map_or("", String::as_str));
            self.out.grant(identity, Some(set), rule, Via::Trust, &name, None);
        }
        self.out.notes.extend(notes);
        Ok(())
    }

    fn rules_of(&self, set: u32) -> &[u32] {
        self.rules.get(&set).map(Vec::as_slice).unwrap_or_default()
    }

    /// Who holds which statement of a trust policy, of the account of the role: (identity, rule), each once.
    fn holders(&self, set: u32, by_arn: &HashMap<&str, u32>, budget: &mut Budget<'_>) -> Wrong<BTreeSet<(u32, u32)>> {
        let mut out = BTreeSet::new();
        let mut let_in: BTreeMap<u32, &str> = BTreeMap::new();
        let account = self.accounts.of_sets[set as usize];
        let here = |identity: &&u32| self.accounts.of_identities[**identity as usize] == account;
        for at in self.rules_of(set) {
            let rule = self.out.rules.get(*at);
            if rule.effect == Effect::Allow && !lets_in(rule) {
                continue;
            }
            for principal in &rule.principals {
                let Some(identity) = principal.strip_prefix("aws:").and_then(|arn| by_arn.get(arn)).filter(here) else { continue };
                out.insert((*identity, *at));
                if rule.effect == Effect::Allow {
                    let_in.insert(*identity, principal);
                }
            }
        }
        let denies: Vec<(u32, &Rule)> =
            self.rules_of(set).iter().map(|at| (*at, self.out.rules.get(*at))).filter(|(_, rule)| rule.effect == Effect::Deny).collect();
        let named = denies.iter().map(|(_, rule)| 1 + (rule.principals.len() + rule.principals_negated.len()) as u64).sum();
        budget.trusting(let_in.len() as u64, named)?;
        // A deny of more than identities (`*`, an account, all but some) is held by those whom it shuts out again.
        for (at, rule) in denies {
            out.extend(let_in.iter().filter(|(_, principal)| speaks_of(rule, principal)).map(|(identity, _)| (*identity, at)));
        }
        budget.grants(out.len() as u64)?;
        Ok(out)
    }

    /// What a reader of the import should know of whom the file does not hold.
    fn trust_notes(&self, trusts: &BTreeMap<u32, String>) -> Vec<String> {
        // Without a condition first.
        let mut open: BTreeSet<(bool, String)> = BTreeSet::new();
        let mut foreign: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let mut unknown: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (set, role) in trusts {
            let own = self.accounts.name(self.accounts.of_sets[*set as usize]);
            for rule in self.rules_of(*set).iter().map(|at| self.out.rules.get(*at)) {
                let named = rule.principals.iter().chain(&rule.principals_negated);
                for kind in named.filter_map(|p| p.strip_prefix("unknown:")?.split(':').next()) {
                    unknown.entry(kind).or_default().insert(role);
                }
                if !lets_in(rule) {
                    continue;
                }
                if let Some((who, kept_out)) = open_to(rule) {
                    open.insert((kept_out, format!("role {role} can be assumed by {who}{}", under(rule))));
                }
                for account in rule.principals.iter().filter_map(|p| account_of(p)).filter(|a| Some(*a) != own) {
                    foreign.entry(account).or_default().insert(role);
                }
            }
        }
        let mut out = capped(open.into_iter().map(|(_, note)| note).collect(), "statements that let in whoever comes");
        let foreign = foreign.iter().map(|(account, roles)| format!("another account, {account}, is trusted by {}", few(roles)));
        out.extend(capped(foreign.collect(), "accounts that are trusted"));
        let unknown = unknown.iter().map(|(kind, roles)| {
            format!("principals of the type {kind}, which this version does not know, are kept as they stand: {}", few(roles))
        });
        out.extend(capped(unknown.collect(), "principal types"));
        out
    }
}

/// Whether a statement lets anybody become the role.
fn lets_in(rule: &Rule) -> bool {
    let names = |patterns: &[String], action: &str| patterns.iter().any(|p| glob(p.to_lowercase().as_bytes(), action.as_bytes()));
    let all_but = |action: &str| !rule.actions_negated.is_empty() && !names(&rule.actions_negated, action);
    rule.effect == Effect::Allow && ASSUMPTIONS.iter().any(|a| names(&rule.actions, a) || all_but(a))
}

/// Whether a deny surely speaks of an identity that it does not name.
fn speaks_of(deny: &Rule, identity: &str) -> bool {
    let account = account_of(identity);
    let named = |p: &String| p == ANYBODY || (account.is_some() && p.strip_prefix("account:") == account);
    deny.principals.iter().any(named)
        || (!deny.principals_negated.is_empty() && !deny.principals_negated.iter().any(|p| may_be(p, identity)))
}

/// Whether what a `NotPrincipal` names may be an identity, its account or a session of it: then the deny may pass it by.
fn may_be(named: &str, identity: &str) -> bool {
    match named.split_once(':') {
        Some(("service" | "federated" | "canonical", _)) => false,
        Some(("account", id)) => account_of(identity) == Some(id),
        Some(("aws", name)) => named == identity || !name.contains(":iam::"),
        _ => true,
    }
}

/// Operators and keys of the conditions; their values stand in the rule.
fn under(rule: &Rule) -> String {
    if !rule.is_conditional() {
        return String::new();
    }
    let keys = rule.conditions.iter().map(|c| c.match_indices(' ').nth(1).map_or(c.as_str(), |(end, _)| &c[..end]));
    format!(" under the condition {}", first(keys, ROLES))
}

/// Whom a role trusts, for the page of the role.
pub(super) fn hint(who: Option<&[String]>) -> String {
    match who {
        None => "unknown: the file does not hold its trust policy".to_owned(),
        Some([]) => "nobody".to_owned(),
        Some(who) => first(who.iter().map(String::as_str), SHOWN),
    }
}

fn few(roles: &BTreeSet<&str>) -> String {
    let word = if roles.len() == 1 { "the role" } else { "the roles" };
    format!("{word} {}", first(roles.iter().copied(), ROLES))
}

/// `a, b and 3 more`.
fn first<'a>(all: impl Iterator<Item = &'a str>, most: usize) -> String {
    let mut named: Vec<&str> = all.collect();
    let more = named.len().saturating_sub(most);
    named.truncate(most);
    let named = named.join(", ");
    if more == 0 { named } else { format!("{named} and {more} more") }
}

fn capped(mut notes: Vec<String>, what: &str) -> Vec<String> {
    let more = notes.len().saturating_sub(NOTES);
    notes.truncate(NOTES);
    if more > 0 {
        notes.push(format!("and {more} more {what}"));
    }
    notes
}
