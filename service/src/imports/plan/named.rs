//! What the difference is called: names for whoever reads a preview or a record. It decides nothing.

use super::{Making, Plan};
use crate::Result;
use domain::difference::{Difference, Differences, How, Thing};
use domain::ids::{GrantId, IdentityId, ToolId};
use domain::rule::{Rule, Via};
use domain::text;
use serde_json::Value;
use std::collections::HashMap;
use store::differences::{self, NamedGrant, STEP};
use store::engine::db::Tx;

/// The most grants that went or changed and are looked up for their names.
const GRANTS_MOST: usize = 20_000;

/// How many of what would go are named where an import asks.
const NAMED_WHEN_ASKED: usize = 20;

/// What is named when the comparison is done.
#[derive(Default)]
pub struct Naming {
    pub(super) all: Differences,
    /// Grants of identities that stay, by id.
    pub(super) grants: Vec<(GrantId, How)>,
    /// Tools that changed: the row they had, what they are called, and what they say now.
    pub(super) tools: Vec<(ToolId, Difference, String)>,
}

impl Naming {
    pub(super) fn push(&mut self, one: Difference) {
        self.all.push(one);
    }

    pub(super) fn grant(&mut self, id: GrantId, how: How) {
        if self.grants.len() < GRANTS_MOST {
            self.grants.push((id, how));
        } else {
            self.all.leave_out(1);
        }
    }

    /// Looks up what only the store can name.
    async fn looked_up(mut self, tx: &mut Tx) -> Result<Differences> {
        let hows: HashMap<GrantId, How> = self.grants.iter().copied().collect();
        for ids in self.grants.chunks(STEP) {
            let ids: Vec<GrantId> = ids.iter().map(|(id, _)| *id).collect();
            for one in differences::grants(tx, &ids).await? {
                let how = hows.get(&one.id).copied().unwrap_or(How::Changed);
                self.all.push(of_store(&one, how));
            }
        }
        for tools in self.tools.chunks(STEP) {
            let ids: Vec<ToolId> = tools.iter().map(|(id, ..)| *id).collect();
            let before: HashMap<ToolId, String> = differences::definitions(tx, &ids).await?.into_iter().collect();
            for (id, one, after) in tools {
                let before = before.get(id).map(String::as_str).unwrap_or_default();
                self.all.push(one.clone().with_words(&words(before), &words(after)));
            }
        }
        Ok(self.all)
    }
}

impl Plan {
    /// Why the import asks first, with what would go.
    pub fn what_goes(&self, reason: &str) -> String {
        let removed = self.outcome.differences.iter().filter(|d| d.how == How::Removed).take(NAMED_WHEN_ASKED + 1);
        let names: Vec<String> = removed.map(|d| format!("{} {}", d.thing.label(), text::capped(&d.name, 100))).collect();
        let more = if names.len() > NAMED_WHEN_ASKED { ", and more: preview it to see all" } else { "" };
        format!("{reason} What would go: {}{more}.", names[..names.len().min(NAMED_WHEN_ASKED)].join(", "))
    }

    /// Names what moves: the first of each kind in the outcome, all of it as a text where that is more.
    pub async fn named(&mut self, tx: &mut Tx) -> Result<()> {
        let all = std::mem::take(&mut self.naming).looked_up(tx).await?;
        (self.outcome.differences, self.differences, self.outcome.not_named) = all.into_parts();
        Ok(())
    }
}

impl Making<'_> {
    pub(super) fn differs(&mut self, thing: Thing, how: How, name: &str) {
        self.plan.naming.push(Difference::new(thing, how, name));
    }

    /// Of something that an identity of the input has, by its index; one that the input does not name is not said.
    pub(super) fn differs_of(&mut self, thing: Thing, how: How, name: &str, identity: Option<u32>) {
        let one = Difference::new(thing, how, name);
        self.plan.naming.push(match identity {
            Some(at) => one.of(&self.seen.identities[at as usize].name),
            None => one,
        });
    }

    /// The index of an identity that the source knew already.
    pub(super) fn index_of(&self, identity: IdentityId) -> Option<u32> {
        self.identities.by_id.get(&identity).copied()
    }

    /// A grant that is new for an identity that is not: those of a new one come with it.
    pub(super) fn grant_is_new(&mut self, at: usize) {
        let grant = self.seen.grants[at];
        let identity = self.identity_ids[grant.identity as usize];
        if !self.identities.by_id.contains_key(&identity) {
            return;
        }
        let set = grant.set().map(|s| self.seen.sets[s as usize].name.as_str());
        let (via, via_name) = self.seen.paths.get(grant.path);
        let name = grant_name(set, self.seen.rules.get(grant.rule), via, via_name);
        let holder = &self.seen.identities[grant.identity as usize].name;
        self.plan.naming.push(Difference::new(Thing::Grant, How::Added, &name).of(holder));
    }

    /// A grant that goes, or goes on with other terms, while its identity stays.
    pub(super) fn grant_moves(&mut self, id: GrantId, how: How) {
        self.plan.naming.grant(id, how);
    }
}

fn of_store(grant: &NamedGrant, how: How) -> Difference {
    let name = grant_name(grant.set_name.as_deref(), &grant.rule, grant.via, &grant.via_name);
    Difference::new(Thing::Grant, how, &name).of(&grant.holder)
}

/// What a grant gives, and by which path: `s3:GetObject on arn:aws:s3:::b/* (policy Readers, via group staff)`.
pub(super) fn grant_name(set: Option<&str>, rule: &Rule, via: Via, via_name: &str) -> String {
    let some = |list: &[String], not: &[String]| match (list.is_empty(), not.is_empty()) {
        (false, _) => text::capped(&list.join(" "), 100),
        (true, false) => text::capped(&format!("all but {}", not.join(" ")), 100),
        (true, true) => "everything".to_owned(),
    };
    let (actions, places) = (some(&rule.actions, &rule.actions_negated), some(&rule.resources, &rule.resources_negated));
    let set = set.map(|set| format!("{}, ", text::capped(set, 60))).unwrap_or_default();
    let path = if via_name.is_empty() { via.label().to_owned() } else { format!("{} {}", via.label(), text::capped(via_name, 60)) };
    format!("{}{actions} on {places} ({set}{path})", if rule.effect == domain::rule::Effect::Deny { "deny " } else { "" })
}

/// What a tool says, for people: its description first, then the rest of its definition member by member.
fn words(definition: &str) -> String {
    let Ok(Value::Object(mut members)) = serde_json::from_str::<Value>(definition) else { return definition.to_owned() };
    let description = members.remove("description").and_then(|d| d.as_str().map(str::to_owned));
    members.remove("name");
    let rest = members.iter().map(|(name, value)| format!("{name}: {value}"));
    description.into_iter().chain(rest).collect::<Vec<_>>().join("\n")
}
