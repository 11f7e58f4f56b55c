//! The parts of the form that are about the installation itself: sealing it, who decides, groups, sources. Each choice carries
//! what stands today as JSON, so that the form works without a script.

use super::{Options, Part, with_nobody};
use crate::context::PageContext;
use domain::change::operation::RoleHeld;
use domain::identity::Environment;
use domain::permission::Role;
use domain::person::State;
use domain::source::{SourceKind, Vantage};
use domain::text;
use leptos::prelude::*;
use serde_json::json;
use service::changes::{Choices, GateChoices, Member};
use ui::{Field, Flash, Select};

pub fn parts(cx: &PageContext, sent: &Flash, choices: &Choices) -> Vec<Part> {
    let Some(gate) = &choices.gate else { return vec![] };
    let about = cx.param("person").unwrap_or_default().to_owned();
    let mut out = Vec::new();
    if !gate.sealed {
        out.push(seal());
    }
    out.extend([roles(sent, gate, &about), unroles(sent, gate), group(sent, gate, &about), group_add(sent)]);
    if !gate.sources.is_empty() {
        out.push(source(cx, sent, gate, choices));
    }
    out.push(source_add(sent, choices));
    if gate.people.iter().any(|p| p.state == State::Deactivated) {
        out.push(restore(sent, gate, &about));
    }
    out
}

fn seal() -> Part {
    let inside = view! {
        <p class="small">"From then on people who decide or administer, groups and sources change only by changes that two people approve. It cannot be undone."</p>
        <p class="small muted">"Roles and groups count from their seventh day. Overview lists what has to be in place first."</p>
    }
    .into_any();
    Part { op: "seal", heading: "Seal this installation", button: "Add the seal", inside }
}

fn shown(member: &Member) -> String {
    let held: Vec<String> = member.roles.iter().map(|r| r.role.label().to_owned()).collect();
    let held = if held.is_empty() { "no role".to_owned() } else { held.join(", ") };
    format!("{} ({held})", text::capped(&member.name, 60))
}

fn standing(gate: &GateChoices) -> impl Iterator<Item = &Member> {
    gate.people.iter().filter(|p| p.state != State::Deactivated)
}

fn word(member: &Member, roles: &[RoleHeld]) -> String {
    json!({ "person": member.id, "roles": roles }).to_string()
}

/// The choice that a link was about.
fn chosen(options: &Options, about: &str) -> String {
    let fits = |(word, _): &&(String, String)| !about.is_empty() && word.contains(about);
    options.iter().find(fits).map(|(word, _)| word.clone()).unwrap_or_default()
}

fn roles(sent: &Flash, gate: &GateChoices, about: &str) -> Part {
    let people: Options = standing(gate).map(|p| (word(p, &p.roles), shown(p))).collect();
    let value = chosen(&people, about);
    let roles = Role::ALL.iter().map(|r| (r.as_str().to_owned(), r.label().to_owned())).collect();
    let scopes = gate.reaches.iter().map(|(word, label)| (word.clone(), text::capped(label, 60))).collect();
    let inside = view! {
        <Select sent=sent.clone() name="roles_person" label="Person" none="choose…" options=people value=value/>
        <Select sent=sent.clone() name="roles_role" label="Role" none="choose…" options=roles/>
        <Select sent=sent.clone() name="roles_scope" label="Scope" none="the whole organisation" options=scopes/>
    }
    .into_any();
    Part { op: "roles", heading: "Add a role to someone", button: "Add this role", inside }
}

fn unroles(sent: &Flash, gate: &GateChoices) -> Part {
    let held = standing(gate).flat_map(|p| {
        p.roles.iter().map(|gone| {
            let rest: Vec<RoleHeld> = p.roles.iter().filter(|r| *r != gone).cloned().collect();
            (word(p, &rest), format!("{}: {}", text::capped(&p.name, 60), gone.role.label()))
        })
    });
    let held: Options = held.collect();
    let inside = view! { <Select sent=sent.clone() name="unroles_what" label="Role" none="choose…" options=held/> };
    Part { op: "unroles", heading: "Remove a role from someone", button: "Add this removal", inside: inside.into_any() }
}

fn group(sent: &Flash, gate: &GateChoices, about: &str) -> Part {
    let people: Options = standing(gate).map(|p| (p.id.to_string(), shown(p))).collect();
    let value = chosen(&people, about);
    let inside = view! {
        <Select sent=sent.clone() name="group_person" label="Person" none="choose…" options=people value=value/>
        <Select sent=sent.clone() name="group_to" label="Group" none="choose…" options=with_nobody(&gate.groups, "no group")/>
    }
    .into_any();
    Part { op: "group", heading: "Change someone's group", button: "Add this membership", inside }
}

fn group_add(sent: &Flash) -> Part {
    let inside = view! { <Field sent=sent.clone() name="groupadd_name" label="Name" hint="For example: Security operations"/> }.into_any();
    Part { op: "group_add", heading: "Add a group", button: "Add this group", inside }
}

/// What is said of a source: the fields of the one that is changed, and of the one that is added.
fn said(sent: &Flash, stem: &'static str, none: &'static str, choices: &Choices) -> AnyView {
    let owners = with_nobody(&choices.people, "no owner");
    let environments = Environment::ALL.iter().map(|e| (e.as_str().to_owned(), e.label().to_owned())).collect();
    let evidence = Vantage::ALL.iter().map(|v| (v.as_str().to_owned(), v.label().to_owned())).collect();
    view! {
        <Select sent=sent.clone() name=format!("{stem}_owner") label="Owner" none=none options=owners/>
        <Select sent=sent.clone() name=format!("{stem}_environment") label="Environment" none=none options=environments/>
        <Select sent=sent.clone() name=format!("{stem}_vantage") label="Evidence" none=none options=evidence/>
        <Field sent=sent.clone() name=format!("{stem}_hours") label="Import every … hours" optional=true/>
    }
    .into_any()
}

fn source(cx: &PageContext, sent: &Flash, gate: &GateChoices, choices: &Choices) -> Part {
    let all: Options =
        gate.sources.iter().map(|(id, name, said)| (json!({ "source": id, "to": said }).to_string(), text::capped(name, 60))).collect();
    let value = chosen(&all, cx.param("source").unwrap_or_default());
    let inside = view! {
        <Select sent=sent.clone() name="source_which" label="Source" none="choose…" options=all value=value/>
        {said(sent, "source", "as it is", choices)}
    }
    .into_any();
    Part { op: "source", heading: "Change a source", button: "Add this source change", inside }
}

fn source_add(sent: &Flash, choices: &Choices) -> Part {
    let kinds = SourceKind::ALL.iter().map(|k| (k.as_str().to_owned(), k.label().to_owned())).collect();
    let inside = view! {
        <Field sent=sent.clone() name="sourceadd_name" label="Name" hint="e.g. prod-cluster. Imports find it by this name."/>
        <Select sent=sent.clone() name="sourceadd_kind" label="Kind" none="choose…" options=kinds/>
        {said(sent, "sourceadd", "not stated", choices)}
    }
    .into_any();
    Part { op: "source_add", heading: "Add a source", button: "Add this source", inside }
}

fn restore(sent: &Flash, gate: &GateChoices, about: &str) -> Part {
    let gone = gate.people.iter().filter(|p| p.state == State::Deactivated);
    let people: Options = gone.map(|p| (p.id.to_string(), shown(p))).collect();
    let value = chosen(&people, about);
    let inside = view! {
        <Select sent=sent.clone() name="restore_person" label="Person" none="choose…" options=people value=value hint="They keep their roles and choose a new password."/>
    }
    .into_any();
    Part { op: "restore", heading: "Reactivate someone", button: "Add this reactivation", inside }
}
