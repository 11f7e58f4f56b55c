//! Kubernetes manifests: ServiceAccounts, Roles, ClusterRoles and their bindings, in YAML or JSON, many
//! documents or files. Aggregated rules are the least fixed point, so a cycle converges.

use crate::input::Input;
use crate::{Error, Options, Result, yaml};
use domain::identity::{self, Human};
use domain::rule::{Dialect, Effect, Rule, Via};
use domain::snapshot::{Hints, SeenIdentity, SeenSet, Snapshot};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

mod wire;

use wire::{Manifest, PolicyRule, RoleRef, Selector, Subject};

struct Role {
    cluster: bool,
    namespace: String,
    name: String,
    labels: BTreeMap<String, String>,
    rules: Vec<PolicyRule>,
    selectors: Vec<Selector>,
}

struct Binding {
    cluster: bool,
    namespace: Option<String>,
    name: String,
    role: RoleRef,
    subjects: Vec<Subject>,
}

#[derive(Default)]
struct Reading {
    accounts: BTreeSet<(Option<String>, String)>,
    roles: Vec<Role>,
    bindings: Vec<Binding>,
    namespaces: BTreeSet<String>,
    skipped: BTreeMap<String, u64>,
    objects: u64,
}

pub fn read(input: &Input, options: &Options) -> Result<Snapshot> {
    let mut reading = Reading::default();
    for file in &input.files {
        let text = file.text()?;
        for document in yaml::documents::<Option<Manifest>>(&file.name, &text)?.into_iter().flatten() {
            reading.object(&file.name, document)?;
        }
    }
    if reading.objects == 0 {
        return Err(Error::new(&input.name, "no Kubernetes object with a kind in it"));
    }
    // Where objects name no namespace: the option, else the only one the input names, else `default`.
    let only = (reading.namespaces.len() == 1).then(|| reading.namespaces.first().cloned()).flatten();
    let namespace = options.namespace.clone().or(only).unwrap_or_else(|| "default".to_owned());
    Ok(reading.snapshot(&namespace))
}

impl Reading {
    fn object(&mut self, file: &str, m: Manifest) -> Result<()> {
        if meta_continues(&m) {
            return Err(Error::at(file, "metadata.continue", "only the first page of a list: fetch all of it and import it together"));
        }
        let Some(kind) = m.kind else { return Err(Error::new(file, "an object without a kind")) };
        self.objects += 1;
        if let Some(items) = m.items {
            return items.into_iter().try_for_each(|item| self.object(file, item));
        }
        let meta = m.metadata.unwrap_or_default();
        let known = matches!(kind.as_str(), "ServiceAccount" | "Role" | "ClusterRole" | "RoleBinding" | "ClusterRoleBinding");
        if !known {
            *self.skipped.entry(kind).or_default() += 1;
            return Ok(());
        }
        let name = meta.name.ok_or_else(|| Error::new(file, format!("a {kind} without a name")))?;
        if let Some(ns) = &meta.namespace {
            self.namespaces.insert(ns.clone());
        }
        for subject in m.subjects.iter().flatten() {
            self.namespaces.extend(subject.namespace.clone());
        }
        match kind.as_str() {
            "ServiceAccount" => {
                self.accounts.insert((meta.namespace, name));
            }
            "Role" | "ClusterRole" => {
                let rules = match m.rules {
                    None | Some(serde_json::Value::Null) => Vec::new(),
                    Some(raw) => {
                        serde_json::from_value(raw).map_err(|e| Error::at(file, format!("{kind} {name}, rules"), e.to_string()))?
                    }
                };
                let labels = meta.labels.unwrap_or_default().into_iter().filter_map(|(k, v)| v.map(|v| (k, v))).collect();
                let selectors = m.aggregation_rule.map(|a| a.cluster_role_selectors).unwrap_or_default();
                self.roles.push(Role {
                    cluster: kind == "ClusterRole",
                    namespace: meta.namespace.unwrap_or_default(),
                    name,
                    labels,
                    rules,
                    selectors,
                });
            }
            _ => {
                let role = m.role_ref.ok_or_else(|| Error::at(file, format!("{kind} {name}"), "no roleRef"))?;
                let subjects = m.subjects.unwrap_or_default();
                let cluster = kind == "ClusterRoleBinding";
                self.bindings.push(Binding { cluster, namespace: meta.namespace, name, role, subjects });
            }
        }
        Ok(())
    }

    fn snapshot(mut self, namespace: &str) -> Snapshot {
        for role in &mut self.roles {
            if !role.cluster && role.namespace.is_empty() {
                namespace.clone_into(&mut role.namespace);
            }
        }
        let mut build = Build {
            out: Snapshot { skipped: std::mem::take(&mut self.skipped), ..Snapshot::default() },
            identities: HashMap::new(),
            sets: HashMap::new(),
            rules: HashMap::new(),
            seen: HashSet::new(),
        };
        for (ns, name) in &self.accounts {
            build.account(ns.as_deref().unwrap_or(namespace), name);
        }
        let rules = aggregated(&self.roles);
        for (role, rules) in self.roles.iter().zip(&rules) {
            build.role(role, rules);
        }
        for binding in &self.bindings {
            for subject in binding.subjects.iter().filter(|s| s.kind == "ServiceAccount") {
                build.account(subject.namespace.as_deref().or(binding.namespace.as_deref()).unwrap_or(namespace), &subject.name);
            }
        }
        for binding in &self.bindings {
            build.binding(binding, namespace);
        }
        build.out
    }
}

fn meta_continues(m: &Manifest) -> bool {
    m.metadata.as_ref().and_then(|m| m.more.as_deref()).is_some_and(|t| !t.is_empty())
}

/// The rules of every role, aggregated ones as the least fixed point over label selectors.
fn aggregated(roles: &[Role]) -> Vec<Vec<Rule>> {
    let own: Vec<Vec<Rule>> = roles.iter().map(|r| r.rules.iter().flat_map(rules_of).collect()).collect();
    let mut all: Vec<BTreeSet<String>> = vec![BTreeSet::new(); roles.len()];
    let mut by_key: HashMap<String, Rule> = HashMap::new();
    for (i, rules) in own.iter().enumerate() {
        for rule in rules {
            let key = rule.content_key();
            all[i].insert(key.clone());
            by_key.insert(key, rule.clone());
        }
    }
    loop {
        let mut grew = false;
        for i in 0..roles.len() {
            for selector in &roles[i].selectors {
                for j in 0..roles.len() {
                    let fits = roles[j].cluster && selector.fits(&roles[j].labels);
                    if i == j || !fits {
                        continue;
                    }
                    let more: Vec<String> = all[j].difference(&all[i]).cloned().collect();
                    grew |= !more.is_empty();
                    all[i].extend(more);
                }
            }
        }
        if !grew {
            break;
        }
    }
    all.into_iter().map(|keys| keys.iter().filter_map(|k| by_key.get(k).cloned()).collect()).collect()
}

/// One Kubernetes rule is at most two of ours: resources, and URLs.
fn rules_of(raw: &PolicyRule) -> Vec<Rule> {
    let mut out = Vec::new();
    let make = |resources: Vec<String>| {
        let mut rule = Rule::new(Dialect::Kubernetes, Effect::Allow);
        rule.actions.clone_from(&raw.verbs);
        rule.resources = resources;
        rule.normal()
    };
    let resources = raw.resources.as_deref().unwrap_or_default();
    if !resources.is_empty() {
        let none = [String::new()];
        let groups = raw.api_groups.as_deref().filter(|g| !g.is_empty()).unwrap_or(&none);
        let mut pairs = Vec::new();
        for group in groups {
            for resource in resources {
                match raw.resource_names.as_deref().filter(|n| !n.is_empty()) {
                    Some(names) => pairs.extend(names.iter().map(|n| format!("{group}/{resource}#{n}"))),
                    None => pairs.push(format!("{group}/{resource}")),
                }
            }
        }
        out.push(make(pairs));
    }
    let urls = raw.non_resource_urls.as_deref().unwrap_or_default();
    if !urls.is_empty() {
        out.push(make(urls.iter().map(|u| format!("url:{u}")).collect()));
    }
    out
}

struct Build {
    out: Snapshot,
    identities: HashMap<(&'static str, String), u32>,
    sets: HashMap<(&'static str, String), u32>,
    rules: HashMap<u32, Vec<u32>>,
    seen: HashSet<(u32, u32, u32, String)>,
}

impl Build {
    fn account(&mut self, namespace: &str, name: &str) -> u32 {
        let seen = SeenIdentity {
            key_kind: "service_account",
            key: format!("{namespace}/{name}"),
            kind: identity::Kind::ServiceAccount,
            name: name.to_owned(),
            human: None,
            platform_managed: namespace == "kube-system" || name.starts_with("system:"),
            unknown_access: vec![],
            hints: Hints::from_iter([("namespace".to_owned(), namespace.to_owned())]),
        };
        self.out.identity(&mut self.identities, seen)
    }

    fn user(&mut self, name: &str) -> u32 {
        let seen = SeenIdentity {
            key_kind: "user",
            key: name.to_owned(),
            kind: identity::Kind::CloudUser,
            name: name.to_owned(),
            human: Some((Human::Unclear, "a user of a binding: the manifest does not say who signs in".to_owned())),
            platform_managed: name.starts_with("system:"),
            unknown_access: vec![],
            hints: Hints::default(),
        };
        self.out.identity(&mut self.identities, seen)
    }

    fn role_set(&mut self, cluster: bool, namespace: &str, name: &str, present: bool) -> u32 {
        let (kind, key) = if cluster { ("ClusterRole", name.to_owned()) } else { ("Role", format!("{namespace}/{name}")) };
        let seen = SeenSet { kind, key, name: name.to_owned(), version: None, present };
        self.out.set(&mut self.sets, seen)
    }

    fn role(&mut self, role: &Role, rules: &[Rule]) {
        let set = self.role_set(role.cluster, &role.namespace, &role.name, true);
        for rule in rules {
            let at = self.out.rules.intern(rule.clone());
            let list = self.rules.entry(set).or_default();
            if !list.contains(&at) {
                list.push(at);
                self.out.set_rules.push((set, at, None));
            }
        }
    }

    fn binding(&mut self, binding: &Binding, namespace: &str) {
        let own = binding.namespace.as_deref().unwrap_or(namespace);
        let set = self.role_set(binding.role.kind == "ClusterRole", own, &binding.role.name, false);
        let via_name =
            if binding.cluster { format!("ClusterRoleBinding {}", binding.name) } else { format!("RoleBinding {own}/{}", binding.name) };
        let absent = !self.out.sets[set as usize].present;
        for subject in &binding.subjects {
            let (holders, via) = self.holders(subject, own);
            for holder in holders {
                if absent {
                    let why = format!("{} {} is not in the input", binding.role.kind, binding.role.name);
                    let list = &mut self.out.identities[holder as usize].unknown_access;
                    if !list.contains(&why) {
                        list.push(why);
                    }
                }
                let name = if via == Via::Group { format!("{via_name}, group {}", subject.name) } else { via_name.clone() };
                self.grant(holder, set, via, &name);
            }
        }
    }

    /// Who a subject stands for. Groups of accounts are expanded; other groups stay permission sets.
    fn holders(&mut self, subject: &Subject, own: &str) -> (Vec<u32>, Via) {
        match (subject.kind.as_str(), subject.name.as_str()) {
            ("ServiceAccount", name) => (vec![self.account(subject.namespace.as_deref().unwrap_or(own), name)], Via::Binding),
            ("Group", "system:authenticated" | "system:unauthenticated") => {
                self.note(format!("group {} holds a role: it stands for more than the accounts seen here", subject.name));
                (self.accounts_in(None), Via::Group)
            }
            ("Group", "system:serviceaccounts") => (self.accounts_in(None), Via::Group),
            ("Group", group) if group.starts_with("system:serviceaccounts:") => {
                (self.accounts_in(group.strip_prefix("system:serviceaccounts:")), Via::Group)
            }
            ("Group", group) => {
                let seen = SeenSet { kind: "Group", key: group.to_owned(), name: group.to_owned(), version: None, present: true };
                self.out.set(&mut self.sets, seen);
                self.note(format!("group {group} holds a role; who is in it the manifests do not say"));
                (vec![], Via::Group)
            }
            // A service account under its user name is the same account, not a person of its own.
            (_, name) => match name.strip_prefix("system:serviceaccount:").and_then(|n| n.split_once(':')) {
                Some((namespace, account)) => (vec![self.account(namespace, account)], Via::Binding),
                None => (vec![self.user(name)], Via::Binding),
            },
        }
    }

    fn note(&mut self, note: String) {
        if !self.out.notes.contains(&note) {
            self.out.notes.push(note);
        }
    }

    fn accounts_in(&self, namespace: Option<&str>) -> Vec<u32> {
        let mut found: Vec<u32> = self
            .identities
            .iter()
            .filter(|((kind, key), _)| *kind == "service_account" && namespace.is_none_or(|ns| key.split('/').next() == Some(ns)))
            .map(|(_, at)| *at)
            .collect();
        found.sort_unstable();
        found
    }

    fn grant(&mut self, identity: u32, set: u32, via: Via, via_name: &str) {
        for rule in self.rules.get(&set).cloned().unwrap_or_default() {
            if self.seen.insert((identity, set, rule, via_name.to_owned())) {
                self.out.grant(identity, Some(set), rule, via, via_name, None);
            }
        }
    }
}
