//! From objects that are settled to the snapshot: who is there, what roles hold, who holds them by which binding.

use super::budget::Budget;
use super::defaults;
use super::members::Members;
use super::notes::{Notes, Topic};
use super::objects::{Subject, SubjectKind};
use super::rules;
use super::settle::{Account, PlacedBinding, PlacedRole, Settled};
use domain::access::IN_ONE_NAMESPACE;
use domain::identity::{self, Human};
use domain::rule::Via;
use domain::snapshot::{Hints, SeenGrant, SeenIdentity, SeenSet, Snapshot};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// Whoever does not sign in.
const ANONYMOUS: &str = "system:anonymous";

/// What a role gives in one namespace, and in words what it does not.
#[derive(Clone)]
struct Narrowed {
    left: Rc<Vec<u32>>,
    lost: Rc<str>,
}

pub(super) struct Build<'a, 'w> {
    pub(super) out: Snapshot,
    pub(super) notes: &'a mut Notes,
    pub(super) budget: &'a mut Budget<'w>,
    /// Where a binding stands, in words.
    pub(super) place: &'a dyn Fn(&PlacedBinding) -> String,
    identities: HashMap<(&'static str, String), u32>,
    sets: HashMap<(&'static str, String), u32>,
    members: Members,
    /// What a set holds, and why that may be less than it gives.
    rules: HashMap<u32, Rc<Vec<u32>>>,
    unknown: HashMap<u32, String>,
    /// Sets that hold everything.
    everything: HashSet<u32>,
    /// What sets hold in one namespace, and what they lose there.
    narrowed: HashMap<u32, Narrowed>,
    /// Identities of which something shows that people gave them access, or that they may do everything.
    by_people: Vec<bool>,
}

impl<'a, 'w> Build<'a, 'w> {
    pub(super) fn new(notes: &'a mut Notes, budget: &'a mut Budget<'w>, place: &'a dyn Fn(&PlacedBinding) -> String) -> Self {
        Self {
            out: Snapshot::default(),
            notes,
            budget,
            place,
            identities: HashMap::new(),
            sets: HashMap::new(),
            members: Members::default(),
            rules: HashMap::new(),
            unknown: HashMap::new(),
            everything: HashSet::new(),
            narrowed: HashMap::new(),
            by_people: Vec::new(),
        }
    }

    /// Everybody the input names, ahead of the groups they are in.
    pub(super) fn everybody(&mut self, settled: &Settled) {
        for ((namespace, name), account) in &settled.accounts {
            self.account(namespace, name, account);
        }
        for subject in settled.bindings.iter().flat_map(|b| &b.binding.subjects) {
            match subject.kind {
                SubjectKind::Account => {
                    let account = Account { assumed: subject.assumed, managed: false };
                    self.account(subject.namespace.as_deref().unwrap_or_default(), &subject.name, &account);
                }
                SubjectKind::User => drop(self.user(&subject.name)),
                // Whoever does not sign in is one user, in this group only.
                SubjectKind::Group if subject.name == "system:unauthenticated" => drop(self.user(ANONYMOUS)),
                SubjectKind::Group => {}
            }
        }
        self.by_people = vec![false; self.out.identities.len()];
    }

    fn account(&mut self, namespace: &str, name: &str, account: &Account) -> u32 {
        let mut hints = Hints::from_iter([("namespace".to_owned(), namespace.to_owned())]);
        if account.assumed {
            hints.insert("namespace assumed", "the object names none; it is where the import put it");
        }
        let seen = SeenIdentity {
            key_kind: "service_account",
            key: format!("{namespace}/{name}"),
            kind: identity::Kind::ServiceAccount,
            name: name.to_owned(),
            human: None,
            platform_managed: account.managed || defaults::is_account(namespace, name),
            unknown_access: vec![],
            hints,
        };
        let at = self.out.identity(&mut self.identities, seen);
        self.members.account(namespace, at);
        at
    }

    fn user(&mut self, name: &str) -> u32 {
        // A service account under its user name is the same account, not a person of its own.
        if let Some((namespace, account)) = name.strip_prefix("system:serviceaccount:").and_then(|n| n.split_once(':')) {
            return self.account(namespace, account, &Account::default());
        }
        let (human, why) = match name {
            ANONYMOUS => (Human::Unclear, "anybody who reaches the API server and does not sign in"),
            _ if defaults::is_user(name) => (Human::NonHuman, "a part of Kubernetes itself"),
            _ => (Human::Unclear, "a user of a binding: the manifest does not say who signs in"),
        };
        let seen = SeenIdentity {
            key_kind: "user",
            key: name.to_owned(),
            kind: identity::Kind::CloudUser,
            name: name.to_owned(),
            human: Some((human, why.to_owned())),
            platform_managed: defaults::is_user(name),
            unknown_access: vec![],
            hints: Hints::default(),
        };
        let at = self.out.identity(&mut self.identities, seen);
        if name != ANONYMOUS {
            self.members.user(at);
        }
        at
    }

    fn set(&mut self, cluster: bool, namespace: &str, name: &str, state: (bool, Option<&str>)) -> u32 {
        let (kind, key) = if cluster { ("ClusterRole", name.to_owned()) } else { ("Role", format!("{namespace}/{name}")) };
        let seen = SeenSet { kind, key, name: name.to_owned(), version: state.1.map(str::to_owned), present: state.0 };
        self.out.set(&mut self.sets, seen)
    }

    /// A role with what it holds; `unknown` says why that may not be all.
    pub(super) fn role(&mut self, role: &PlacedRole, held: impl Iterator<Item = domain::rule::Rule>, unknown: Option<String>) {
        let of_input = role.place.is_some();
        let state = (of_input, (!of_input).then_some(defaults::VERSION));
        let set = self.set(role.cluster, &role.namespace, &role.name, state);
        self.unknown.extend(unknown.map(|why| (set, why)));
        let held: Vec<u32> = held.map(|rule| self.out.rules.intern(rule)).collect();
        self.out.set_rules.extend(held.iter().map(|at| (set, *at, None)));
        if held.iter().any(|at| rules::is_everything(self.out.rules.get(*at))) {
            self.everything.insert(set);
        }
        self.rules.insert(set, Rc::new(held));
    }

    /// Gives everybody whom a binding names what its role holds. What is too much is said.
    pub(super) fn binding(&mut self, placed: &PlacedBinding) -> Result<(), String> {
        let (role, known) = (&placed.binding.role, self.sets.len());
        let set = self.set(role.cluster, &placed.namespace, &role.name, (false, None));
        if self.sets.len() > known {
            self.unknown.insert(set, format!("{} {} is not in the input", role.word(), role.name));
        }
        let rules = self.effective(placed, set);
        let own = if placed.cluster {
            format!("ClusterRoleBinding {}", placed.name)
        } else {
            format!("{IN_ONE_NAMESPACE}{}/{}", placed.namespace, placed.name)
        };
        let everything = placed.cluster && self.everything.contains(&set);
        let by_people = everything || !defaults::is_binding(placed);
        let unknown = self.unknown.get(&set).cloned();
        for subject in &placed.binding.subjects {
            self.say(placed, subject);
            let (holders, via) = self.holders(subject);
            self.budget
                .grants((holders.len() as u64).saturating_mul(rules.len().max(1) as u64))
                .map_err(|why| format!("{} rules for {} holders through {}: {why}", rules.len(), holders.len(), subject.name))?;
            let name = if via == Via::Group { format!("{own}, group {}", subject.name) } else { own.clone() };
            let path = self.out.paths.intern(via, &name);
            for holder in holders {
                self.by_people[holder as usize] |= by_people;
                let reasons = &mut self.out.identities[holder as usize].unknown_access;
                reasons.extend(unknown.iter().filter(|why| !reasons.contains(why)).cloned().collect::<Vec<_>>());
                self.out.grants.extend(rules.iter().map(|rule| SeenGrant::new(holder, Some(set), *rule, path, None)));
            }
        }
        Ok(())
    }

    /// The rules of a set as a binding gives them: in one namespace less than in the cluster.
    fn effective(&mut self, placed: &PlacedBinding, set: u32) -> Rc<Vec<u32>> {
        if placed.cluster {
            return self.rules.get(&set).cloned().unwrap_or_default();
        }
        let Narrowed { left, lost } = self.narrow(set);
        if !lost.is_empty() {
            let PlacedBinding { namespace, name, binding, .. } = placed;
            let (place, role) = ((self.place)(placed), &binding.role);
            let what = format!("RoleBinding {namespace}/{name} ({place}) gives nothing on {lost} of {} {}", role.word(), role.name);
            self.notes.say(Topic::NoEffect, format!("{what}: they take no effect in one namespace"));
        }
        left
    }

    fn narrow(&mut self, set: u32) -> Narrowed {
        if let Some(known) = self.narrowed.get(&set) {
            return known.clone();
        }
        let (mut left, mut lost) = (Vec::new(), Vec::new());
        for rule in self.rules.get(&set).cloned().unwrap_or_default().iter() {
            let (narrow, out) = rules::in_one_namespace(self.out.rules.get(*rule));
            if out.is_empty() {
                left.push(*rule);
            } else if !narrow.resources.is_empty() {
                left.push(self.out.rules.intern(narrow));
            }
            lost.extend(out);
        }
        lost.sort_unstable();
        lost.dedup();
        let shown = lost.iter().take(6).map(|l| l.trim_start_matches('/')).collect::<Vec<_>>().join(", ");
        let more = if lost.len() > 6 { format!(" and {} more", lost.len() - 6) } else { String::new() };
        let narrowed = Narrowed { left: Rc::new(left), lost: format!("{shown}{more}").into() };
        self.narrowed.insert(set, narrowed.clone());
        narrowed
    }

    /// Who a subject stands for. Groups whose members are known are expanded; others stay permission sets.
    fn holders(&mut self, subject: &Subject) -> (Vec<u32>, Via) {
        match subject.kind {
            SubjectKind::Account => {
                let namespace = subject.namespace.as_deref().unwrap_or_default();
                (vec![self.account(namespace, &subject.name, &Account::default())], Via::Binding)
            }
            SubjectKind::User => (vec![self.user(&subject.name)], Via::Binding),
            SubjectKind::Group if subject.name == "system:unauthenticated" => (vec![self.user(ANONYMOUS)], Via::Group),
            SubjectKind::Group => {
                let known = self.members.of(&subject.name);
                if known.is_none() {
                    let (key, name) = (subject.name.clone(), subject.name.clone());
                    self.out.set(&mut self.sets, SeenSet { kind: "Group", key, name, version: None, present: true });
                }
                (known.unwrap_or_default(), Via::Group)
            }
        }
    }

    /// Says whom a subject stands for beside those whom the input names.
    fn say(&mut self, placed: &PlacedBinding, subject: &Subject) {
        let word = if placed.cluster { "ClusterRoleBinding" } else { "RoleBinding" };
        let role = format!("{} {}", placed.binding.role.word(), placed.binding.role.name);
        let binds = |whom: &str| format!("{word} {} ({}) binds {whom}", placed.name, (self.place)(placed));
        let (topic, note) = match (subject.kind, subject.name.as_str()) {
            (SubjectKind::User, ANONYMOUS) | (SubjectKind::Group, "system:unauthenticated") => {
                (Topic::Anybody, format!("Anyone can use {role} without signing in: {}", binds(&subject.name)))
            }
            (SubjectKind::Group, name @ "system:authenticated") => {
                (Topic::Anybody, format!("Everyone who signs in can use {role}, also those who are not in the input: {}", binds(name)))
            }
            (SubjectKind::Group, name @ "system:masters") => {
                let who = "Everyone in the group system:masters can do everything, and the input does not say who that is";
                (Topic::Anybody, format!("{who}: {}", binds(name)))
            }
            (SubjectKind::Group, "system:serviceaccounts:") => (
                Topic::Groups,
                format!("Nobody is in a group of the service accounts of no namespace: {}", binds("system:serviceaccounts:")),
            ),
            (SubjectKind::Group, name) if name == "system:serviceaccounts" || name.starts_with("system:serviceaccounts:") => {
                let whose = name.strip_prefix("system:serviceaccounts:").map_or(String::new(), |n| format!(" of {n}"));
                (
                    Topic::Groups,
                    format!("Every service account{whose} can use {role}, also those that are not in the input: {}", binds(name)),
                )
            }
            (SubjectKind::Group, name) => (Topic::Groups, format!("Group {name} holds a role. The input does not say who is in the group")),
            _ => return,
        };
        self.notes.say(topic, note);
    }

    /// The snapshot. What people gave access to is not only the platform's any more, whatever it is called.
    pub(super) fn finish(mut self) -> Snapshot {
        self.out.sort_grants();
        self.out.grants.dedup_by_key(|g| (g.identity, g.set(), g.rule, g.path));
        for (identity, by_people) in self.out.identities.iter_mut().zip(&self.by_people) {
            identity.platform_managed &= !by_people && identity.key != ANONYMOUS;
        }
        self.out
    }
}
