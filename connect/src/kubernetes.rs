//! Kubernetes manifests: ServiceAccounts, Roles, ClusterRoles and their bindings of the groups whose objects grant access, in
//! YAML or JSON, many documents or files. It reads them as the API server would apply them, and says where it assumes.

use crate::input::Input;
use crate::work::Work;
use crate::{Error, Options, Result};
use domain::snapshot::Snapshot;
use std::collections::{BTreeMap, BTreeSet};

mod aggregate;
mod budget;
mod build;
mod defaults;
mod intake;
mod members;
mod names;
mod notes;
mod objects;
mod pages;
mod rules;
mod scope;
mod settle;
mod wire;

use aggregate::Held;
pub(crate) use budget::thousands;
use build::Build;
use notes::{Notes, Topic};
use settle::{PlacedBinding, PlacedRole, Settled};

pub fn read(input: &Input, options: &Options, work: &Work) -> Result<Snapshot> {
    let intake::Read { objects, mut budget, mut notes } = intake::read(input, work)?;
    let settled = settle::settle(input, options, objects, &mut notes);
    let place = |binding: &PlacedBinding| intake::place(input, binding.place);
    let roles = roles(input, settled, &mut budget)?;
    let mut build = Build::new(&mut notes, &mut budget, &place);
    build.everybody(&roles.settled);
    roles.give(&mut build);
    for binding in &roles.settled.bindings {
        build.binding(binding).map_err(|why| Error::at(&input.files[binding.place.file as usize].name, at(binding), why))?;
    }
    let mut out = build.finish();
    roles.say(input, &mut notes);
    if out.identities.is_empty() && out.sets.is_empty() {
        notes.say(Topic::Nothing, "The input holds no service account, role or binding of Kubernetes".to_owned());
    }
    out.skipped = std::mem::take(&mut notes.skipped);
    out.notes = notes.into_list();
    Ok(out)
}

fn at(binding: &PlacedBinding) -> String {
    format!("line {}, {} {}", binding.place.line, if binding.cluster { "ClusterRoleBinding" } else { "RoleBinding" }, binding.name)
}

/// The roles of the input and, after them, the default ones it does not hold.
struct Roles {
    settled: Settled,
    held: Held,
    /// Default roles that a binding names.
    named: BTreeSet<usize>,
}

fn roles(input: &Input, mut settled: Settled, budget: &mut budget::Budget<'_>) -> Result<Roles> {
    let known: BTreeSet<(bool, String, String)> = settled.roles.iter().map(key).collect();
    let defaults = defaults::roles()?.into_iter().filter(|role| !known.contains(&key(role)));
    settled.roles.extend(defaults);
    let by_key: BTreeMap<(bool, String, String), usize> = settled.roles.iter().enumerate().map(|(at, role)| (key(role), at)).collect();
    let held = aggregate::held(&settled.roles, budget).map_err(|much| {
        let role = &settled.roles[much.role];
        let file = role.place.and_then(|p| input.files.get(p.file as usize)).map_or(input.name.as_str(), |f| f.name.as_str());
        Error::at(file, format!("line {}, {} {}", role.place.map_or(1, |p| p.line), word(role), role.name), much.reason)
    })?;
    let wanted = settled.bindings.iter().map(|b| {
        let role = &b.binding.role;
        (role.cluster, if role.cluster { String::new() } else { b.namespace.clone() }, role.name.clone())
    });
    let named = wanted.filter_map(|key| by_key.get(&key).copied()).filter(|at| settled.roles[*at].place.is_none()).collect();
    Ok(Roles { settled, held, named })
}

fn key(role: &PlacedRole) -> (bool, String, String) {
    (role.cluster, role.namespace.clone(), role.name.clone())
}

fn word(role: &PlacedRole) -> &'static str {
    if role.cluster { "ClusterRole" } else { "Role" }
}

impl Roles {
    /// Gives the roles that the input holds or names to the snapshot.
    fn give(&self, build: &mut Build<'_, '_>) {
        for (at, role) in self.settled.roles.iter().enumerate() {
            let is_default = role.place.is_none();
            if is_default && !self.named.contains(&at) {
                continue;
            }
            let (word, name) = (word(role), &role.name);
            let unknown = if is_default && !role.role.selectors.is_empty() {
                Some(format!(
                    "{word} {name} is not in the input: its rules are Kubernetes' defaults, and what the cluster adds to them is unknown"
                ))
            } else if self.held.unknown.contains(&at) {
                Some(format!("{word} {name} takes over rules by labels that no role of the input bears"))
            } else {
                None
            };
            build.role(role, self.held.of[at].iter().map(|rule| self.held.rules[*rule as usize].clone()), unknown);
        }
    }

    fn say(&self, input: &Input, notes: &mut Notes) {
        let all = &self.settled.roles;
        let place = |at: usize| all[at].place.map_or_else(|| "a default".to_owned(), |p| intake::place(input, p));
        let full = |at: usize| format!("{} {} ({})", word(&all[at]), all[at].name, place(at));
        for at in self.named.union(&self.held.lent) {
            let role = format!("{} {}", word(&all[*at]), all[*at].name);
            let note = format!("{role} is not in the input. Its rules are taken from Kubernetes' defaults, not from the input");
            notes.say(Topic::Defaults, note);
        }
        for at in self.held.replaced.iter().filter(|at| all[**at].place.is_some()) {
            let why = "The control plane replaces them by those of the roles its aggregationRule names";
            notes.say(Topic::Aggregation, format!("The rules written in {} do not count. {why}", full(*at)));
        }
        for circle in &self.held.circles {
            let names = circle.iter().take(10).map(|at| full(*at)).collect::<Vec<_>>().join("; ");
            let note = format!("{} roles take over rules from one another, and the rules of all count for each: {names}", circle.len());
            notes.say(Topic::Aggregation, note);
        }
        for at in self.held.unknown.iter().filter(|at| all[**at].place.is_some()) {
            let what = "takes over rules by labels that no role of the input bears. What the role gives is unknown";
            notes.say(Topic::Aggregation, format!("{} {what}", full(*at)));
        }
    }
}
