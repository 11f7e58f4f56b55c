//! What is asked for, operation by operation, in the words of the record: names for ids, nothing left out.

use super::{Names, named};
use domain::change::adopt::Adopt;
use domain::change::baseline::Baseline;
use domain::change::content::{Grant, MatchKey, Record, Resource, Terms};
use domain::change::operation::{Attribute, Installation, Operation, RoleHeld, SourceSaid, Subject};
use domain::rule::{Effect as RuleEffect, Rule};
use domain::text;
use leptos::prelude::*;
use service::changes::Step;

/// A label and what stands beside it.
type Line = (&'static str, String);

pub fn list(steps: &[Step], before: &Baseline, names: &Names) -> AnyView {
    let items = steps.iter().enumerate().map(|(at, step)| {
        view! {
            <li>
                <h3>{format!("{}. {}", at + 1, text::visible(&step.said))}</h3>
                {facts(&step.operation, Some(before), names)}
            </li>
        }
    });
    let n = steps.len() as i64;
    view! {
        <section class="card" id="operations">
            <header><h2>"What is asked for"</h2><span class="small muted">{ui::counted(n, "operation", "operations")}</span></header>
            <ol class="ops">{items.collect_view()}</ol>
        </section>
    }
    .into_any()
}

/// The facts of one operation, for the page of a change and for the form that proposes it.
pub fn facts(operation: &Operation, before: Option<&Baseline>, names: &Names) -> AnyView {
    let nothing = Baseline::default();
    let lines = lines(operation, before.unwrap_or(&nothing), names);
    let lines = lines.into_iter().map(|(label, said)| view! { <dt>{label}</dt><dd>{said}</dd> });
    view! { <dl class="facts left">{lines.collect_view()}</dl> }.into_any()
}

fn lines(operation: &Operation, before: &Baseline, names: &Names) -> Vec<Line> {
    match operation {
        Operation::Adopt(o) => adopted(o, names),
        Operation::GrantAdd(grant) => added(grant, names),
        Operation::GrantRemove(o) => of_grant(&o.grant, before, names),
        Operation::GrantTighten(o) => {
            let same = before.grants.get(&o.grant).is_some_and(|grant| grant.rule == o.rule);
            let becomes = if same { vec![] } else { rule(&o.rule) };
            let head = of_grant(&o.grant, before, names).into_iter().chain([("Becomes", "narrower, as below".to_owned())]);
            head.chain(becomes).chain(terms(&o.terms)).collect()
        }
        Operation::GrantExtend(o) => {
            let head = of_grant(&o.grant, before, names).into_iter().chain([("Becomes", "wider, as below".to_owned())]);
            head.chain(terms(&o.terms)).collect()
        }
        Operation::SetRules(o) => o.rules.iter().flat_map(rule).collect(),
        Operation::Register(o) => record(&o.record, names),
        Operation::RecordSet(o) => {
            let head = vec![("Identity", named(names, o.identity))];
            let old = before.records.get(&o.identity);
            head.into_iter().chain(o.attributes.iter().map(|a| attribute(a, old, names))).collect()
        }
        Operation::Lifecycle(o) => {
            let old = before.lifecycles.get(&o.identity).map(|old| old.label().to_owned());
            vec![("Identity", named(names, o.identity)), ("State", moved(old, o.to.label().to_owned()))]
        }
        Operation::SameAs(o) => vec![("ID", shown(&o.key.key)), ("From", named(names, o.from)), ("To", named(names, o.to))],
        Operation::Suspend(o) => {
            let until = o.lifts_at.map_or_else(|| "a person lifts it".to_owned(), |at| format!("{} UTC", at.moment()));
            vec![("Suspended", subject(&o.subject, names)), ("For", shown(&o.cause)), ("Until", until)]
        }
        Operation::Lift(o) => vec![("Lifted for", subject(&o.subject, names)), ("Was suspended for", shown(&o.cause))],
        Operation::ResourceSet(o) => resource(&o.to, names),
        Operation::Anchor(o) => vec![("Identity", named(names, o.identity)), ("State reviewed, SHA-256", o.state.clone())],
        Operation::SurfacePut(o) => vec![("Surface ID", o.surface.to_string())],
        Operation::SurfaceRemove(o) => vec![("Surface ID", o.surface.to_string())],
        Operation::ToolAdd(o) | Operation::ToolUpdate(o) => vec![("Tool ID", o.tool.to_string())],
        Operation::ToolRemove(o) => vec![("Tool ID", o.tool.to_string())],
        Operation::CredentialIssue(o) | Operation::CredentialRotate(o) => vec![("Credential ID", o.credential.to_string())],
        Operation::CredentialRevoke(o) => vec![("Credential ID", o.credential.to_string())],
        Operation::EnvelopeSet(o) => vec![("Surface ID", o.surface.to_string())],
        Operation::Installation(o) => installation(o, before, names),
    }
}

/// What is adopted, counted, and what of it is privileged, rule by rule.
fn adopted(o: &Adopt, names: &Names) -> Vec<Line> {
    let n = |table: &str| o.rows.get(table).copied().unwrap_or(0) as i64;
    let count = |n: u64| ui::number(n as i64);
    let mut out = vec![("Source", named(names, o.source))];
    out.extend(o.scope.as_deref().map(|scope| ("Location", shown(scope))));
    out.push(("As imported by", format!("ledger entry {}", o.position)));
    out.push(("Identities", ui::number(n("identity_versions"))));
    out.push(("Grants", ui::number(n("grants"))));
    out.push(("Surfaces", ui::number(n("surface_versions"))));
    for group in &o.groups {
        let class = group.class.map_or("denies and boundaries", |class| class.label());
        let place = group.place.as_deref().map(|place| format!(", {}", shown(place))).unwrap_or_default();
        let set = group.set.as_deref().map_or_else(|| "granted directly or not listed".to_owned(), shown);
        out.push(("Of these grants", format!("{} × {class}: {set}{place}", count(group.grants))));
    }
    if !o.except.is_empty() {
        out.push(("Left out", ui::counted(o.except.len() as i64, "grant", "grants")));
    }
    if o.left > 0 {
        out.push((
            "Not in this change",
            ui::counted(o.left as i64, "privileged grant, approved apart", "privileged grants, approved apart"),
        ));
    }
    for one in o.apart.iter().flatten() {
        let set = one.set.as_ref().map(|set| format!("{} {}", shown(&set.kind), shown(&set.key)));
        out.push(("Privileged access", set.unwrap_or_else(|| "granted directly".to_owned())));
        out.extend(rule(&one.rule));
        out.push(("Expires", one.ends_at.map_or_else(|| "never".to_owned(), |at| format!("{} UTC", at.moment()))));
        out.push(("Held by", ui::counted(one.holders as i64, "identity", "identities")));
    }
    out.push(("SHA-256", o.root.clone()));
    out
}

/// What is changed of the gate, with how it stands.
fn installation(o: &Installation, before: &Baseline, names: &Names) -> Vec<Line> {
    let gate = &before.gate;
    match o {
        Installation::Seal {} => vec![("Sealed", "for good: people who decide, groups and sources change only by changes".to_owned())],
        Installation::Roles(o) => {
            let old = gate.roles.get(&o.person).map(|held| roles(held, names));
            vec![("Person", named(names, o.person)), ("Roles", moved(old, roles(&o.roles, names)))]
        }
        Installation::Group(o) => {
            let group = |id: Option<&domain::ids::GroupId>| id.map_or_else(|| "no group".to_owned(), |id| named(names, id));
            let old = gate.accounts.contains_key(&o.person).then(|| group(gate.members.get(&o.person)));
            vec![("Person", named(names, o.person)), ("Group", moved(old, group(o.group.as_ref())))]
        }
        Installation::GroupAdd(o) => vec![("Name", shown(&o.name))],
        Installation::Source(o) => {
            let old = gate.sources.get(&o.source).map(|known| &known.said);
            [("Source", named(names, o.source))].into_iter().chain(source(&o.to, old, names)).collect()
        }
        Installation::SourceAdd(o) => {
            let head = [("Name", shown(&o.name)), ("Kind", o.kind.label().to_owned())];
            head.into_iter().chain(source(&o.to, None, names)).collect()
        }
        Installation::Restore(o) => {
            let held = gate.roles.get(&o.person).map_or_else(|| "none".to_owned(), |held| roles(held, names));
            vec![("Person", named(names, o.person)), ("Roles", held)]
        }
    }
}

fn roles(held: &std::collections::BTreeSet<RoleHeld>, names: &Names) -> String {
    let one = |r: &RoleHeld| match r.scope.as_str() {
        "" => r.role.label().to_owned(),
        of => format!("{} for {}", r.role.label(), names.get(of).map_or_else(|| of.to_owned(), |name| text::capped(name, 60))),
    };
    let all: Vec<String> = held.iter().map(one).collect();
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}

/// What is said of a source, each with what was.
fn source(to: &SourceSaid, old: Option<&SourceSaid>, names: &Names) -> Vec<Line> {
    let owner = |of: &SourceSaid| of.owner.map_or_else(|| "no owner".to_owned(), |id| named(names, id));
    let environment = |of: &SourceSaid| of.environment.map_or_else(|| "not stated".to_owned(), |e| e.label().to_owned());
    let every = |of: &SourceSaid| of.interval_seconds.map_or_else(|| "whenever".to_owned(), |s| format!("every {} hours", s / 3600));
    let line = |label, said: &dyn Fn(&SourceSaid) -> String| (label, moved(old.map(said), said(to)));
    vec![
        line("Owner", &owner),
        line("Environment", &environment),
        line("Evidence", &|of: &SourceSaid| of.vantage.label().to_owned()),
        line("Imports", &every),
    ]
}

fn shown(said: &str) -> String {
    text::visible(said)
}

fn holder(grant: &MatchKey, names: &Names) -> String {
    grant.holder().map_or_else(|| "unknown".to_owned(), |id| named(names, id))
}

/// A grant as it stood; one that nobody knows any more by the end of what names it.
fn of_grant(key: &MatchKey, before: &Baseline, names: &Names) -> Vec<Line> {
    if let Some(grant) = before.grants.get(key) {
        return added(grant, names);
    }
    let end = key.0.get(key.0.len().saturating_sub(8)..).unwrap_or_default();
    vec![("Identity", holder(key, names)), ("Grant", format!("…{end}"))]
}

/// `none → Ben`; of what nobody knows how it was, what it becomes.
fn moved(from: Option<String>, to: String) -> String {
    match from {
        Some(from) => format!("{from} → {to}"),
        None => format!("becomes {to}"),
    }
}

fn subject(of: &Subject, names: &Names) -> String {
    match of {
        Subject::Grant(grant) => format!("a grant of {}", holder(grant, names)),
        Subject::Identity(id) => named(names, id),
        Subject::Source(id) => named(names, id),
    }
}

fn added(grant: &Grant, names: &Names) -> Vec<Line> {
    let via =
        if grant.via_name.is_empty() { grant.via.label().to_owned() } else { format!("{} {}", grant.via.label(), shown(&grant.via_name)) };
    let set = grant.set.as_ref().map(|set| ("Policy, role or group", format!("{} {}", shown(&set.kind), shown(&set.key))));
    let head = vec![("Identity", named(names, grant.identity)), ("Source", named(names, grant.source)), ("Granted by", via)];
    head.into_iter().chain(set).chain(rule(&grant.rule)).chain(terms(&grant.terms)).collect()
}

fn rule(rule: &Rule) -> Vec<Line> {
    let lists = [
        ("Actions", &rule.actions),
        ("All actions but", &rule.actions_negated),
        ("Resources", &rule.resources),
        ("All resources but", &rule.resources_negated),
        ("Only where", &rule.conditions),
        ("Lets in", &rule.principals),
        ("Lets in all but", &rule.principals_negated),
    ];
    let effect = (rule.effect == RuleEffect::Deny).then(|| ("Effect", "denies".to_owned()));
    let lists = lists.into_iter().filter(|(_, all)| !all.is_empty()).map(|(label, all)| (label, shown(&all.join(", "))));
    effect.into_iter().chain(lists).collect()
}

fn terms(terms: &Terms) -> Vec<Line> {
    let ends = terms.ends_at.map_or_else(|| "never".to_owned(), |at| format!("{} UTC", at.moment()));
    let uses = terms.max_uses.map(|n| ("Uses", ui::number(i64::from(n))));
    let starts = terms.starts_at.map(|at| ("Starts", format!("{} UTC", at.moment())));
    starts.into_iter().chain([("Expires", ends)]).chain(uses).collect()
}

fn record(record: &Record, names: &Names) -> Vec<Line> {
    let person = |id: Option<domain::ids::PersonId>, none: &str| id.map_or_else(|| none.to_owned(), |id| named(names, id));
    let mut out = vec![
        ("Name", shown(&record.name)),
        ("Kind", record.kind.label().to_owned()),
        ("Environment", record.environment.label().to_owned()),
        ("Criticality", record.criticality.label().to_owned()),
        ("Owner", person(record.owner, "no owner")),
        ("Backup owner", person(record.backup, "no backup owner")),
    ];
    out.extend(record.team.map(|id| ("Team", named(names, id))));
    out.extend(record.parent.map(|id| ("Parent", named(names, id))));
    out.extend(record.autonomy.map(|a| ("Autonomy", a.label().to_owned())));
    out.extend(record.purpose.as_ref().map(|p| ("Purpose", purpose(p, names))));
    out
}

/// What somebody states a purpose to be, quoted; of an erased one what the ledger holds of it.
fn purpose(text: &domain::change::content::Text, names: &Names) -> String {
    match names.get(&text.blob.to_string()) {
        Some(words) => format!("\u{201c}{}\u{201d}", shown(words)),
        None => format!("an erased text of {} bytes, SHA-256 {}", text.bytes, text.sha256),
    }
}

fn attribute(to: &Attribute, old: Option<&Record>, names: &Names) -> Line {
    let (label, becomes) = value(to, names);
    (label, moved(old.map(|old| value(&to.of(old), names).1), becomes))
}

/// An attribute as a label and what it says.
fn value(attribute: &Attribute, names: &Names) -> Line {
    let or = |said: Option<String>, none: &str| said.unwrap_or_else(|| none.to_owned());
    match attribute {
        Attribute::Name(to) => ("Name", shown(to)),
        Attribute::Kind(to) => ("Kind", to.label().to_owned()),
        Attribute::Environment(to) => ("Environment", to.label().to_owned()),
        Attribute::Criticality(to) => ("Criticality", to.label().to_owned()),
        Attribute::Owner(to) => ("Owner", or(to.map(|id| named(names, id)), "none")),
        Attribute::Backup(to) => ("Backup owner", or(to.map(|id| named(names, id)), "none")),
        Attribute::Team(to) => ("Team", or(to.map(|id| named(names, id)), "none")),
        Attribute::Autonomy(to) => ("Autonomy", or(to.map(|a| a.label().to_owned()), "unknown")),
        Attribute::Purpose(to) => ("Purpose", or(to.as_ref().map(|text| purpose(text, names)), "not stated")),
        Attribute::Human(to) => ("A person?", or(to.map(|h| h.label().to_owned()), "unclear")),
        Attribute::Parent(to) => ("Parent", or(to.map(|id| named(names, id)), "none")),
    }
}

fn resource(to: &Resource, names: &Names) -> Vec<Line> {
    vec![
        ("Name", shown(&to.name)),
        ("Location", shown(&to.pattern)),
        ("Owner", to.owner.map_or_else(|| "no owner".to_owned(), |id| named(names, id))),
        ("Criticality", to.criticality.label().to_owned()),
        ("Data", to.data_class.label().to_owned()),
        ("Environment", to.environment.label().to_owned()),
    ]
}
