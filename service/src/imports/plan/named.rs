//! What the difference is called: names for whoever reads a preview or a record. It decides nothing.

use super::grants::range;
use super::{Making, Plan};
use crate::Result;
use crate::comparison::words;
use crate::identities::TIMED_AT_MOST;
use domain::access::{self, HeldRule};
use domain::difference::{Difference, Differences, How, Thing};
use domain::ids::{BlobId, GrantId, IdentityId, ToolId};
use domain::privilege::Class;
use domain::snapshot::Snapshot;
use domain::text;
use domain::time::Timestamp;
use std::collections::HashMap;
use store::blobs::{self, Within};
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
    /// Surfaces that change, of an import that is only looked at: the text there is, what it is called, and what it says now.
    pub(super) surfaces: Vec<(BlobId, Difference, String)>,
    /// The classes of the grants of the identity that was judged last, by their place in the snapshot.
    judged: Option<(u32, HashMap<usize, Class>)>,
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
                self.all.push(one.clone().with_words(&words::tool(before), &words::tool(after)));
            }
        }
        for (id, one, after) in std::mem::take(&mut self.surfaces) {
            self.all.push(match blobs::read_within(tx, id, words::LONGEST as i64).await? {
                Some(Within::Text(before)) => words::with_texts(one, &String::from_utf8_lossy(&before), &after),
                Some(Within::Erased | Within::Larger) | None => one,
            });
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
        let rule = self.seen.rules.get(grant.rule);
        let name = words::grant_name(set, rule, via, via_name);
        let holder = &self.seen.identities[grant.identity as usize].name;
        let (thing, class) = (Thing::of_rule(rule, via), self.class_of(grant.identity, at));
        let one = Difference::new(thing, How::Added, &name).of(holder).class(class.filter(|_| thing == Thing::Grant));
        self.plan.naming.push(one);
    }

    /// The highest class of a grant, judged with all the others of its identity. Grants of one identity stand together, so they
    /// are judged once.
    fn class_of(&mut self, identity: u32, at: usize) -> Option<Class> {
        let known = self.plan.naming.judged.as_ref().filter(|(of, _)| *of == identity);
        if known.is_none() {
            let places: Vec<usize> = range(&self.seen.grants, identity).collect();
            let (seen, now) = (self.seen, self.now);
            let held: Vec<HeldRule<'_>> = places.iter().map(|n| held(seen, now, *n)).collect();
            let judged = access::judge(&held, &mut self.memory);
            let classes = places.into_iter().zip(judged).filter_map(|(n, j)| Some((n, j.classes.highest()?))).collect();
            self.plan.naming.judged = Some((identity, classes));
        }
        self.plan.naming.judged.as_ref().and_then(|(_, classes)| classes.get(&at).copied())
    }

    /// A grant that goes, or goes on with other terms, while its identity stays.
    pub(super) fn grant_moves(&mut self, id: GrantId, how: How) {
        self.plan.naming.grant(id, how);
    }
}

/// Alone: what denies and a boundary left of it is not asked of what goes.
fn of_store(grant: &NamedGrant, how: How) -> Difference {
    let name = words::grant_name(grant.set_name.as_deref(), &grant.rule, grant.via, &grant.via_name);
    let thing = Thing::of_rule(&grant.rule, grant.via);
    let class = domain::privilege::judge(&grant.rule).classes.highest().filter(|_| thing == Thing::Grant);
    Difference::new(thing, how, &name).of(&grant.holder).class(class)
}

/// A grant of the input, as it is judged.
fn held(seen: &Snapshot, now: Timestamp, at: usize) -> HeldRule<'_> {
    let grant = &seen.grants[at];
    let (via, via_name) = seen.paths.get(grant.path);
    let timed = grant.ends_at().map(Timestamp).is_some_and(|e| e.since(now) <= TIMED_AT_MOST);
    HeldRule { rule: seen.rules.get(grant.rule), via, via_name, timed }
}
