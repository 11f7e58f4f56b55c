//! Which fields of a record differ, in words.

use super::between::Names;
use domain::comparison::reported;
use domain::difference::{Difference, How, Thing};
use domain::identity::Plane;
use domain::ids::{PersonId, TeamId};
use domain::text;
use store::identities::{IdentityFacts, Record};

/// What lists show at one moment, and the records of every plane at it.
type Side<'a> = (&'a IdentityFacts, &'a [&'a Record]);

/// The fields that differ. What lists show of an identity says most of them; of the rest the records speak.
pub(super) fn differences<'a>(before: Side<'a>, after: Side<'a>, names: &Names) -> Vec<Difference> {
    let (old, new) = (shown(before, names), shown(after, names));
    let said = |v: Option<String>| v.map_or_else(|| "none".to_owned(), |v| text::capped(&v, 300));
    let mut out: Vec<Difference> = old
        .into_iter()
        .zip(new)
        .filter(|((_, a), (_, b))| a != b)
        .map(|((name, a), (_, b))| Difference::new(Thing::Record, How::Changed, name).with_words(&said(a), &said(b)))
        .collect();
    let hints = |side: Side<'a>| record(side.1, Plane::Observed).and_then(|r| r.hints.as_deref());
    out.extend(
        reported(hints(before), hints(after))
            .into_iter()
            .map(|(name, a, b)| Difference::new(Thing::Record, How::Changed, &format!("reported {name}")).with_words(&said(a), &said(b))),
    );
    // A text of its own, which may be erased: that it is another one is all that is said.
    let purpose = |side: Side<'_>| stated(side.1, |r| r.purpose_id);
    let how = match (purpose(before), purpose(after)) {
        (a, b) if a == b => return out,
        (None, _) => How::Added,
        (_, None) => How::Removed,
        _ => How::Changed,
    };
    out.push(Difference::new(Thing::Record, how, "purpose"));
    out
}

fn record<'a>(all: &[&'a Record], plane: Plane) -> Option<&'a Record> {
    all.iter().rev().find(|r| r.plane == plane).copied()
}

/// What people state: countersigned, else entered by hand.
fn stated<T>(all: &[&Record], of: impl Fn(&Record) -> Option<T>) -> Option<T> {
    [Plane::Baseline, Plane::Manual].into_iter().find_map(|plane| record(all, plane).and_then(&of))
}

/// Every field with its value at one moment.
fn shown((facts, records): Side<'_>, names: &Names) -> Vec<(&'static str, Option<String>)> {
    let person = |id: Option<PersonId>| id.map(|id| names.people.get(&id).cloned().unwrap_or_else(|| "an erased person".to_owned()));
    let team = |id: Option<TeamId>| id.map(|id| names.teams.get(&id).cloned().unwrap_or_else(|| "a team".to_owned()));
    let label = |label: &str| Some(label.to_owned());
    let observed = record(records, Plane::Observed);
    vec![
        ("owner", person(facts.owner_id)),
        ("backup owner", person(facts.backup_id)),
        ("team", team(facts.team_id)),
        ("name", Some(facts.name.clone())),
        ("kind", label(facts.kind.label())),
        ("state", label(facts.lifecycle.label())),
        ("environment", label(facts.environment.label())),
        ("criticality", label(facts.criticality.label())),
        ("autonomy", stated(records, |r| r.autonomy).map(|a| a.label().to_owned())),
        ("unknown access", observed.and_then(|r| r.unknown_access.clone())),
    ]
}
