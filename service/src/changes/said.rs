//! What a change is, as computed sentences: never a word of whoever asked in a title.

use domain::change::operation::{Attribute, Installation, Operation, Subject};
use domain::change::{content::MatchKey, effect::Effect};
use domain::text::capped;
use std::collections::BTreeMap;

/// Names of what a change names by id.
pub(super) type Names = BTreeMap<String, String>;

fn name(names: &Names, id: &impl ToString, unnamed: &str) -> String {
    names.get(&id.to_string()).map_or_else(|| unnamed.to_owned(), |name| capped(name, 80))
}

fn holder(names: &Names, key: &MatchKey) -> String {
    key.holder().map_or_else(|| "an identity".to_owned(), |id| name(names, &id, "an identity"))
}

/// One operation: what is done to what.
pub(super) fn operation(operation: &Operation, names: &Names) -> String {
    let of = |id: &domain::ids::IdentityId| name(names, id, "an identity");
    match operation {
        Operation::Adopt(o) => {
            let what = if o.apart.is_some() { "the privileged access in" } else { "what is seen in" };
            let scope = o.scope.as_deref().map(|scope| format!(", {}", capped(scope, 80))).unwrap_or_default();
            format!("Adopt {what} {}{scope}", name(names, &o.source, "a source"))
        }
        Operation::GrantAdd(grant) => format!("Add access for {}", of(&grant.identity)),
        Operation::GrantRemove(o) => format!("Remove access of {}", holder(names, &o.grant)),
        Operation::GrantTighten(o) => format!("Tighten access of {}", holder(names, &o.grant)),
        Operation::GrantExtend(o) => format!("Extend access of {}", holder(names, &o.grant)),
        Operation::SetRules(_) => "Change the rules of a shared policy".to_owned(),
        Operation::Register(o) => format!("Register {}", capped(&o.record.name, 80)),
        Operation::RecordSet(o) => {
            let fields: Vec<&str> = o.attributes.iter().map(field).collect();
            format!("Change {} of {}", listed(&fields), of(&o.identity))
        }
        Operation::Lifecycle(o) => format!("Set {} to {}", of(&o.identity), o.to.label()),
        Operation::SameAs(o) => format!("Say that {} and {} are the same", of(&o.from), of(&o.to)),
        Operation::Suspend(o) => format!("Suspend {}", subject(&o.subject, names)),
        Operation::Lift(o) => format!("Lift the suspension of {}", subject(&o.subject, names)),
        Operation::ResourceSet(o) => format!("Change resource {}", capped(&o.to.name, 80)),
        Operation::SurfacePut(_) | Operation::SurfaceRemove(_) => "Change a surface".to_owned(),
        Operation::ToolAdd(_) | Operation::ToolUpdate(_) | Operation::ToolRemove(_) => "Change a tool".to_owned(),
        Operation::CredentialIssue(_) | Operation::CredentialRotate(_) | Operation::CredentialRevoke(_) => "Change a credential".to_owned(),
        Operation::Anchor(o) => format!("Review all of {}", of(&o.identity)),
        Operation::EnvelopeSet(_) => "Change an envelope".to_owned(),
        Operation::Installation(o) => installation(o, names),
    }
}

fn installation(o: &Installation, names: &Names) -> String {
    let person = |id: &domain::ids::PersonId| name(names, id, "a person");
    match o {
        Installation::Seal {} => "Seal this installation".to_owned(),
        Installation::Roles(o) => format!("Change the roles of {}", person(&o.person)),
        Installation::Group(o) => match &o.group {
            Some(group) => format!("Add {} to group {}", person(&o.person), name(names, group, "a new group")),
            None => format!("Remove {} from their group", person(&o.person)),
        },
        Installation::GroupAdd(o) => format!("Add group {}", capped(&o.name, 80)),
        Installation::Source(o) => format!("Change source {}", name(names, &o.source, "a source")),
        Installation::SourceAdd(o) => format!("Add source {}", capped(&o.name, 80)),
        Installation::Restore(o) => format!("Reactivate {}", person(&o.person)),
    }
}

fn subject(subject: &Subject, names: &Names) -> String {
    match subject {
        Subject::Grant(key) => format!("a grant of {}", holder(names, key)),
        Subject::Identity(id) => name(names, id, "an identity"),
        Subject::Source(id) => name(names, id, "a source"),
    }
}

fn field(attribute: &Attribute) -> &'static str {
    match attribute {
        Attribute::Name(_) => "the name",
        Attribute::Kind(_) => "the kind",
        Attribute::Environment(_) => "the environment",
        Attribute::Criticality(_) => "the criticality",
        Attribute::Owner(_) => "the owner",
        Attribute::Backup(_) => "the backup owner",
        Attribute::Team(_) => "the team",
        Attribute::Autonomy(_) => "the autonomy",
        Attribute::Purpose(_) => "the purpose",
        Attribute::Human(_) => "whether it is a human",
        Attribute::Parent(_) => "the parent",
    }
}

fn listed(words: &[&str]) -> String {
    match words.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// The whole change in one line: its title, and which way it moves authority.
pub(super) fn sentence(operations: &[Operation], effect: &Effect, names: &Names) -> String {
    format!("{}: {}", title(operations, names), effect.direction.label())
}

/// Its first operation, and how many more.
pub(super) fn title(operations: &[Operation], names: &Names) -> String {
    let first = operations.first().map(|o| operation(o, names)).unwrap_or_default();
    let more = match operations.len() {
        0 | 1 => String::new(),
        2 => " and 1 more operation".to_owned(),
        n => format!(" and {} more operations", n - 1),
    };
    format!("{first}{more}")
}
