//! The fields of one operation, a folded part for each kind: only what can be asked for of this identity is offered.

mod gate;

use crate::context::PageContext;
use crate::proposal::NOBODY;
use domain::identity::{Criticality, Environment, Kind, Lifecycle};
use domain::rule::Rule;
use domain::text;
use leptos::prelude::*;
use serde_json::json;
use service::changes::{Choices, Held, Subjected};
use ui::{Field, Flash, Select, TextArea};

/// A word and what it says, for a select.
type Options = Vec<(String, String)>;

/// One folded part: the word of its operation, its heading, what its button says, its fields.
struct Part {
    op: &'static str,
    heading: &'static str,
    button: &'static str,
    inside: AnyView,
}

pub fn fields(cx: &PageContext, sent: &Flash, choices: &Choices) -> AnyView {
    let parts = match &choices.identity {
        Some(identity) => of_identity(sent, identity, choices),
        None => [register(sent, None, choices)].into_iter().chain(gate::parts(cx, sent, choices)).collect(),
    };
    let wanted = cx.param("op").map(str::to_owned).or_else(|| (choices.identity.is_none()).then(|| "register".to_owned()));
    let refused = sent.error.as_ref().map(|(field, _)| field.clone()).unwrap_or_default();
    let added = cx.flash.values.contains_key("operations");
    let parts = parts.into_iter().map(|part| {
        let own = refused.split('_').next().is_some_and(|stem| !stem.is_empty() && stem == stem_of(part.op));
        let open = own || (!added && wanted.as_deref() == Some(part.op));
        view! {
            <details class="op" name="op" open=open>
                <summary>{part.heading}</summary>
                <div class="stack pad">
                    {part.inside}
                    <div class="row"><button class="btn" type="submit" name="do" value=format!("add-{}", part.op)>{part.button}</button></div>
                </div>
            </details>
        }
    });
    let find = choices.identity.is_none().then(|| {
        view! { <p class="small">"To change an identity that is listed, open "<a href="/identities">"its page"</a>" and choose “Propose a change” there."</p> }
    });
    let unreviewed = choices.identity.as_ref().filter(|i| i.record.is_none()).map(|_| {
        view! { <p class="small muted">"This identity is unreviewed. Record it first to change its owner, environment, criticality or state."</p> }
    });
    view! { <fieldset class="part ops-choice"><legend>"Add an operation"</legend>{find}{unreviewed}{parts.collect_view()}</fieldset> }
        .into_any()
}

/// The first word of the names of an operation's fields.
fn stem_of(op: &str) -> &str {
    match op {
        "record_set" => "record",
        "grant_add" => "add",
        "grant_remove" => "remove",
        "grant_time" => "time",
        "group_add" => "groupadd",
        "source_add" => "sourceadd",
        other => other,
    }
}

fn of_identity(sent: &Flash, identity: &Subjected, choices: &Choices) -> Vec<Part> {
    let mut out = Vec::new();
    if let Some(record) = &identity.record {
        let states = identity.lifecycle.map(Lifecycle::next).unwrap_or_default();
        if !states.is_empty() {
            out.push(lifecycle(sent, identity.lifecycle, states));
        }
        out.push(record_set(sent, record, choices));
    } else {
        out.push(register(sent, Some(identity), choices));
    }
    out.push(suspend(sent));
    if !identity.suspended.is_empty() {
        out.push(lift(sent, identity));
    }
    out.push(grant_add(sent, identity, choices));
    if !identity.granted.is_empty() {
        out.push(grant_remove(sent, &identity.granted));
        out.push(grant_time(sent, &identity.granted));
    }
    out
}

fn lifecycle(sent: &Flash, now: Option<Lifecycle>, states: &[Lifecycle]) -> Part {
    let options = states.iter().map(|s| (s.as_str().to_owned(), s.label().to_owned())).collect();
    let now = now.map(|now| view! { <p class="small">{format!("It is {} now.", now.label())}</p> });
    let inside =
        view! { {now}<Select sent=sent.clone() name="lifecycle_to" label="State becomes" none="choose…" options=options/> }.into_any();
    Part { op: "lifecycle", heading: "Quarantine, suspend, activate or retire it", button: "Add this state", inside }
}

fn record_set(sent: &Flash, record: &domain::change::content::Record, choices: &Choices) -> Part {
    let people = with_nobody(&choices.people, "no owner");
    let backups = with_nobody(&choices.people, "no backup owner");
    let teams = with_nobody(&choices.teams, "no team");
    let environments = Environment::ALL.iter().map(|e| (e.as_str().to_owned(), e.label().to_owned())).collect();
    let criticalities = Criticality::ALL.iter().map(|c| (c.as_str().to_owned(), c.label().to_owned())).collect();
    let name = |id: Option<domain::ids::PersonId>| {
        let known = id.and_then(|id| choices.people.iter().find(|(p, _)| *p == id).map(|(_, name)| text::capped(name, 60)));
        known.unwrap_or_else(|| "nobody".to_owned())
    };
    let now = format!(
        "Now: owner {}, backup owner {}, environment {}, criticality {}.",
        name(record.owner),
        name(record.backup),
        record.environment.label(),
        record.criticality.label()
    );
    let inside = view! {
        <p class="small">{now}</p>
        <Select sent=sent.clone() name="record_owner" label="Owner" none="as it is" options=people/>
        <Select sent=sent.clone() name="record_backup" label="Backup owner" none="as it is" options=backups/>
        <Select sent=sent.clone() name="record_environment" label="Environment" none="as it is" options=environments/>
        <Select sent=sent.clone() name="record_criticality" label="Criticality" none="as it is" options=criticalities/>
        <Select sent=sent.clone() name="record_team" label="Team" none="as it is" options=teams/>
    }
    .into_any();
    Part { op: "record_set", heading: "Change owner, environment or criticality", button: "Add these facts", inside }
}

fn with_nobody<T: ToString>(all: &[(T, String)], none: &str) -> Options {
    let first = [(NOBODY.to_owned(), none.to_owned())].into_iter();
    first.chain(all.iter().map(|(id, name)| (id.to_string(), text::capped(name, 60)))).collect()
}

fn suspend(sent: &Flash) -> Part {
    let inside = view! {
        <p class="small muted">"Everything it may do stops until a person lifts the suspension."</p>
        <Field sent=sent.clone() name="suspend_cause" label="Suspended for" hint="For example incident-42"/>
    }
    .into_any();
    Part { op: "suspend", heading: "Suspend its access", button: "Add this suspension", inside }
}

fn lift(sent: &Flash, identity: &Subjected) -> Part {
    let options = identity
        .suspended
        .iter()
        .map(|(subject, cause)| (json!({ "subject": subject, "cause": cause }).to_string(), text::capped(cause, 80)));
    let inside =
        view! { <Select sent=sent.clone() name="lift_what" label="Suspension" none="choose…" options=options.collect()/> }.into_any();
    Part { op: "lift", heading: "Lift a suspension", button: "Add this lift", inside }
}

/// `s3:PutObject on arn:… through role deploy`, for a choice.
fn said(held: &Held) -> String {
    let some = |all: &[String], negated: &[String]| match (all, negated) {
        ([], []) => "anything".to_owned(),
        ([], but) => format!("all but {}", text::capped(&but.join(", "), 60)),
        (all, _) => text::capped(&all.join(", "), 60),
    };
    let Rule { actions, actions_negated, resources, resources_negated, .. } = &held.grant.rule;
    let ends = held.grant.terms.ends_at.map(|at| format!(", expires {}", at.moment())).unwrap_or_default();
    let via = if held.grant.via_name.is_empty() {
        String::new()
    } else {
        format!(", {} {}", held.grant.via.label(), text::capped(&held.grant.via_name, 40))
    };
    format!("{} on {}{via}{ends} ({})", some(actions, actions_negated), some(resources, resources_negated), text::capped(&held.source, 40))
}

/// Names a grant, with what another end for it needs.
fn of_grants(all: &[Held]) -> Options {
    let word = |held: &Held| json!({ "grant": held.key, "rule": held.grant.rule, "terms": held.grant.terms }).to_string();
    all.iter().map(|held| (word(held), said(held))).collect()
}

fn grant_add(sent: &Flash, identity: &Subjected, choices: &Choices) -> Part {
    let observed: Options =
        identity.observed.iter().filter_map(|held| Some((serde_json::to_string(&held.grant).ok()?, said(held)))).collect();
    let sources =
        choices.sources.iter().map(|(id, name, dialect)| (format!("{id} {}", dialect.as_str()), text::capped(name, 60))).collect();
    let seen = (!observed.is_empty()).then(|| {
        view! { <Select sent=sent.clone() name="add_observed" label="As a source reports it" none="write it below" options=observed.clone() hint="Not approved yet. What is written below is left out."/> }
    });
    let inside = view! {
        {seen}
        <Select sent=sent.clone() name="add_source" label="Source" none="choose…" options=sources hint="Where this access is."/>
        <TextArea sent=sent.clone() name="add_actions" label="Actions" hint="One a line, for example s3:GetObject"/>
        <TextArea sent=sent.clone() name="add_resources" label="Resources" hint="One a line. Empty: everything."/>
        <Field sent=sent.clone() name="add_until" label="Expires" hint="For example 4 hours. Empty: never."/>
        <Field sent=sent.clone() name="add_uses" label="Uses" hint="For example 20. Empty: any number." optional=true/>
    }
    .into_any();
    Part { op: "grant_add", heading: "Add a grant", button: "Add this grant", inside }
}

fn grant_remove(sent: &Flash, granted: &[Held]) -> Part {
    let inside =
        view! { <Select sent=sent.clone() name="remove_grant" label="Grant" none="choose…" options=of_grants(granted)/> }.into_any();
    Part { op: "grant_remove", heading: "Remove a grant", button: "Add this removal", inside }
}

fn grant_time(sent: &Flash, granted: &[Held]) -> Part {
    let inside = view! {
        <Select sent=sent.clone() name="time_grant" label="Grant" none="choose…" options=of_grants(granted)/>
        <Field sent=sent.clone() name="time_until" label="Expires" hint="For example 4 hours, 30 Nov 2026, 18:00, or never."/>
    }
    .into_any();
    Part { op: "grant_time", heading: "Make a grant expire earlier or later", button: "Add this expiry", inside }
}

fn register(sent: &Flash, identity: Option<&Subjected>, choices: &Choices) -> Part {
    let kinds = Kind::ALL.iter().map(|k| (k.as_str().to_owned(), k.label().to_owned())).collect();
    let environments = Environment::ALL.iter().map(|e| (e.as_str().to_owned(), e.label().to_owned())).collect();
    let criticalities = Criticality::ALL.iter().map(|c| (c.as_str().to_owned(), c.label().to_owned())).collect();
    let people: Options = choices.people.iter().map(|(id, name)| (id.to_string(), text::capped(name, 60))).collect();
    let teams: Options = choices.teams.iter().map(|(id, name)| (id.to_string(), text::capped(name, 60))).collect();
    let (name, kind) = identity.map(|i| (i.name.clone(), i.kind.as_str().to_owned())).unwrap_or_default();
    let inside = view! {
        <Field sent=sent.clone() name="register_name" label="Name" value=name/>
        <Select sent=sent.clone() name="register_kind" label="Kind" value=kind none="choose…" options=kinds/>
        <Select sent=sent.clone() name="register_environment" label="Environment" none="unknown" options=environments hint="Unknown is treated like production."/>
        <Select sent=sent.clone() name="register_criticality" label="Criticality" none="unknown" options=criticalities/>
        <Select sent=sent.clone() name="register_owner" label="Owner" none="no owner" options=people hint="Asked to accept before it takes effect."/>
        <Select sent=sent.clone() name="register_team" label="Team" none="no team" options=teams/>
        <TextArea sent=sent.clone() name="register_purpose" label="Purpose (optional)" hint="A sentence or two. No secrets."/>
    }
    .into_any();
    let heading = if identity.is_some() { "Record this identity" } else { "Register an identity" };
    let button = if identity.is_some() { "Add this record" } else { "Add this registration" };
    Part { op: "register", heading, button, inside }
}
