//! Manifests, read as the API server would apply them. The helpers say in words what a snapshot holds.

use connect::{Input, InputFile, Options, read};
use domain::access::{self, HeldRule, Memory};
use domain::privilege::Class;
use domain::snapshot::{Format, SeenIdentity, Snapshot};

mod aggregation;
mod bounds;
mod defaults;
mod folders;
mod matching;
mod objects;
mod scope;
mod text;
mod who;

/// Everything a test reads: a file, or several as a folder.
pub fn try_files(files: &[(&str, &[u8])]) -> Result<Snapshot, connect::Error> {
    let files: Vec<InputFile> = files.iter().map(|(name, bytes)| InputFile::from_bytes(*name, bytes.to_vec())).collect();
    let name = if files.len() == 1 { files[0].name.clone() } else { "folder".to_owned() };
    read(Format::Kubernetes, &Input::of(name, files), &Options::default())
}

pub fn files(all: &[(&str, &str)]) -> Snapshot {
    let all: Vec<(&str, &[u8])> = all.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    try_files(&all).expect("reads")
}

pub fn one(text: &str) -> Snapshot {
    files(&[("in.yaml", text)])
}

pub fn refused(text: &str) -> connect::Error {
    try_files(&[("in.yaml", text.as_bytes())]).expect_err("refused")
}

pub fn identity<'a>(s: &'a Snapshot, key: &str) -> &'a SeenIdentity {
    s.identities.iter().find(|i| i.key == key).unwrap_or_else(|| panic!("{key} is not among {:?}", keys(s)))
}

pub fn keys(s: &Snapshot) -> Vec<&str> {
    let mut keys: Vec<&str> = s.identities.iter().map(|i| i.key.as_str()).collect();
    keys.sort_unstable();
    keys
}

/// What an identity holds: verbs, resources and path of every grant.
pub fn held(s: &Snapshot, key: &str) -> Vec<String> {
    let at = s.identities.iter().position(|i| i.key == key).expect("an identity") as u32;
    let line = |g: &domain::snapshot::SeenGrant| {
        let rule = s.rules.get(g.rule);
        format!("{} on {} by {}", rule.actions.join(" "), rule.resources.join(" "), s.paths.get(g.path).1)
    };
    let mut lines: Vec<String> = s.grants.iter().filter(|g| g.identity == at).map(line).collect();
    lines.sort();
    lines
}

/// The classes of an identity, worst first, and the mark.
pub fn classes(s: &Snapshot, key: &str) -> String {
    let at = s.identities.iter().position(|i| i.key == key).expect("an identity") as u32;
    let of = s.grants.iter().filter(|g| g.identity == at);
    let held: Vec<HeldRule<'_>> = of
        .map(|g| HeldRule { rule: s.rules.get(g.rule), via: s.paths.get(g.path).0, via_name: s.paths.get(g.path).1, timed: false })
        .collect();
    let judged = access::judge(&held, &mut Memory::default());
    let has = |class: Class| judged.iter().any(|j| j.classes.has(class));
    let words = Class::ALL.iter().filter(|c| has(**c)).map(|c| c.as_str());
    let mark = judged.iter().any(|j| j.classes.wildcard()).then_some("wildcard");
    words.chain(mark).collect::<Vec<_>>().join(" ")
}

/// True where one note holds all the words.
pub fn says(s: &Snapshot, words: &[&str]) -> bool {
    s.notes.iter().any(|note| words.iter().all(|w| note.contains(w)))
}

/// A manifest of the RBAC group.
pub fn rbac(kind: &str, rest: &str) -> String {
    format!("apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\n{rest}\n---\n")
}

/// A role of the cluster with rules in short form.
pub fn cluster_role(name: &str, rules: &str) -> String {
    rbac("ClusterRole", &format!("metadata: {{name: \"{name}\"}}\nrules: {rules}"))
}

/// A binding in the whole cluster, of one subject in short form.
pub fn cluster_binding(name: &str, role: &str, subject: &str) -> String {
    let role = format!("roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: \"{role}\"}}");
    rbac("ClusterRoleBinding", &format!("metadata: {{name: \"{name}\"}}\n{role}\nsubjects: [{subject}]"))
}

/// A binding of a role of the cluster in one namespace.
pub fn binding(place: &str, role: &str, subject: &str) -> String {
    let (namespace, name) = place.split_once('/').expect("a namespace");
    let role = format!("roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: \"{role}\"}}");
    rbac("RoleBinding", &format!("metadata: {{name: {name}, namespace: {namespace}}}\n{role}\nsubjects: [{subject}]"))
}

pub fn account(key: &str) -> String {
    let (namespace, name) = key.split_once('/').expect("a namespace");
    format!("apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: {name}, namespace: {namespace}}}\n---\n")
}

/// A subject that is a service account, in short form.
pub fn holder(key: &str) -> String {
    let (namespace, name) = key.split_once('/').expect("a namespace");
    format!("{{kind: ServiceAccount, name: {name}, namespace: {namespace}}}")
}

/// A subject that is a group, in short form.
pub fn group(name: &str) -> String {
    format!("{{kind: Group, apiGroup: rbac.authorization.k8s.io, name: \"{name}\"}}")
}

pub fn user(name: &str) -> String {
    format!("{{kind: User, apiGroup: rbac.authorization.k8s.io, name: \"{name}\"}}")
}

pub const SECRETS: &str = "[{apiGroups: [''], resources: [secrets], verbs: [get]}]";
pub const PODS: &str = "[{apiGroups: [''], resources: [pods], verbs: [get]}]";
pub const ALL: &str = "[{apiGroups: ['*'], resources: ['*'], verbs: ['*']}]";
