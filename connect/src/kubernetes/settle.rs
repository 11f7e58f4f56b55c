//! Puts objects together as the API server would: each in its namespace, and of those said twice the last. Where an object
//! names no namespace, the one it is put into is an assumption and is said.

use super::intake::place;
use super::notes::{Notes, Topic};
use super::objects::{Binding, Body, Kind, Object, Place, Role, Subject, SubjectKind};
use crate::Options;
use crate::input::Input;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How many of many are named in a sentence.
const NAMED: usize = 4;

pub(super) struct Settled {
    pub(super) accounts: BTreeMap<(String, String), Account>,
    pub(super) roles: Vec<PlacedRole>,
    pub(super) bindings: Vec<PlacedBinding>,
}

#[derive(Default)]
pub(super) struct Account {
    /// True where its namespace was not stated.
    pub(super) assumed: bool,
    /// True where its labels say that the platform keeps it.
    pub(super) managed: bool,
}

pub(super) struct PlacedRole {
    pub(super) cluster: bool,
    /// Empty for a role of the cluster.
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) exported: bool,
    pub(super) role: Role,
    /// None where it is not in the input: one of Kubernetes' defaults.
    pub(super) place: Option<Place>,
}

pub(super) struct PlacedBinding {
    pub(super) cluster: bool,
    /// Where it stands; empty in the cluster.
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) managed: bool,
    pub(super) binding: Binding,
    pub(super) place: Place,
}

pub(super) fn settle(input: &Input, options: &Options, objects: Vec<Object>, notes: &mut Notes) -> Settled {
    let mut objects = objects;
    namespaces(input, options, &mut objects, notes);
    let objects = last_of_each(input, objects, notes);
    let mut out = Settled { accounts: BTreeMap::new(), roles: vec![], bindings: vec![] };
    for object in objects {
        let managed = is_kept(&object.labels);
        let Object { place, kind, namespace, assumed, name, labels, exported, body } = object;
        let namespace = namespace.unwrap_or_default();
        match body {
            Body::Account => {
                out.accounts.insert((namespace, name), Account { assumed, managed });
            }
            Body::Role(role) => {
                let cluster = !kind.is_namespaced();
                out.roles.push(PlacedRole { cluster, namespace, name, labels, exported, role, place: Some(place) });
            }
            Body::Binding(binding) => {
                let cluster = !kind.is_namespaced();
                out.bindings.push(PlacedBinding { cluster, namespace, name, managed, binding, place });
            }
        }
    }
    out
}

/// True where a label says that the platform itself creates the object and puts it right again.
fn is_kept(labels: &BTreeMap<String, String>) -> bool {
    let is = |key: &str, value: &str| labels.get(key).is_some_and(|v| v == value);
    is("kubernetes.io/bootstrapping", "rbac-defaults") || is("addonmanager.kubernetes.io/mode", "Reconcile")
}

/// Gives every object and subject its namespace: the stated one, else that of the option, else the only one the input names,
/// else `default`.
fn namespaces(input: &Input, options: &Options, objects: &mut [Object], notes: &mut Notes) {
    let mut named: BTreeSet<&str> = objects.iter().filter_map(|o| o.namespace.as_deref()).collect();
    named.extend(objects.iter().flat_map(subjects).filter_map(|s| s.namespace.as_deref()));
    let only = (named.len() == 1).then(|| named.first().copied()).flatten();
    let several = named.len();
    let wanted = options.namespace.as_deref().filter(|n| !n.is_empty());
    let taken = wanted.or(only).unwrap_or("default").to_owned();
    let mut said = Vec::new();
    for object in objects.iter_mut() {
        let what = format!("{} {}", object.kind.word(), object.name);
        if object.kind.is_namespaced() && object.namespace.is_none() {
            said.push(format!("{what} ({})", place(input, object.place)));
            (object.namespace, object.assumed) = (Some(taken.clone()), wanted.is_none());
        }
        let Body::Binding(binding) = &mut object.body else { continue };
        for subject in binding.subjects.iter_mut().filter(|s| s.kind == SubjectKind::Account && s.namespace.is_none()) {
            let own = object.namespace.clone();
            subject.assumed = object.assumed || (own.is_none() && wanted.is_none());
            if own.is_none() {
                said.push(format!("ServiceAccount {} in {what} ({})", subject.name, place(input, object.place)));
            }
            subject.namespace = Some(own.unwrap_or_else(|| taken.clone()));
        }
    }
    if said.is_empty() || wanted.is_some() {
        return;
    }
    let why = match several {
        0 => "the input names no namespace".to_owned(),
        1 => "the input names no other".to_owned(),
        n => format!("the input names {n} namespaces"),
    };
    let (who, were) =
        if said.len() == 1 { ("1 object names".to_owned(), "It was") } else { (format!("{} objects name", said.len()), "They were") };
    let note = format!(
        "{who} no namespace. {were} put into {taken}, because {why}. Choose another as the namespace of the import: {}",
        named_first(&said)
    );
    notes.say(Topic::Namespaces, note);
}

fn subjects(object: &Object) -> impl Iterator<Item = &Subject> {
    let body = if let Body::Binding(binding) = &object.body { Some(&binding.subjects) } else { None };
    body.into_iter().flatten()
}

/// Of objects that are the same one to the API server the last counts, as when they are applied one after another.
fn last_of_each(input: &Input, objects: Vec<Object>, notes: &mut Notes) -> Vec<Object> {
    type Key = (Kind, Option<String>, String);
    let mut at: HashMap<Key, usize> = HashMap::with_capacity(objects.len());
    let mut kept: Vec<Object> = Vec::with_capacity(objects.len());
    let mut places: BTreeMap<usize, Vec<Place>> = BTreeMap::new();
    for object in objects {
        let key = (object.kind, object.namespace.clone(), object.name.clone());
        if let Some(&before) = at.get(&key) {
            let all = places.entry(before).or_insert_with(|| vec![kept[before].place]);
            all.push(object.place);
            kept[before] = object;
        } else {
            at.insert(key, kept.len());
            kept.push(object);
        }
    }
    for (one, places) in places {
        let Object { kind, namespace, name, .. } = &kept[one];
        let full = namespace.as_ref().map_or_else(|| name.clone(), |n| format!("{n}/{name}"));
        let all: Vec<String> = places.iter().map(|p| place(input, *p)).collect();
        let times = if all.len() == 2 { "twice".to_owned() } else { format!("{} times", all.len()) };
        let note = format!(
            "{} {full} is said {times}. The last one counts, as when they are applied in this order: {}",
            kind.word(),
            named_first(&all)
        );
        notes.say(Topic::Repeats, note);
    }
    kept
}

fn named_first(all: &[String]) -> String {
    let shown = |some: &[String]| some.join("; ");
    match all {
        // The last one is the one that counts.
        [first @ .., last] if all.len() > NAMED => format!("{}; … {} more …; {last}", shown(&first[..NAMED - 1]), all.len() - NAMED),
        _ => shown(all),
    }
}
