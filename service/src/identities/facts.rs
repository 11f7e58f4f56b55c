//! What lists show of an identity, made from its records, and how the recorded counts move with it. Every command
//! that touches an identity comes through `Projection`, once for each.

use domain::identity::{Criticality, Environment, Kind, Lifecycle, StatedBy};
use domain::seq::Seq;
use domain::text::{cut, folded};
use serde_json::{Map, Value};
use store::engine::table::Declared;
use store::engine::writer::Command;
use store::identities::{IdentityFacts, Record, Reviewed};
use store::measures::Deltas;

/// What each plane says of an identity.
#[derive(Clone, Copy, Default)]
pub(crate) struct Said<'a> {
    pub observed: Option<&'a Record>,
    pub manual: Option<&'a Record>,
    pub baseline: Option<&'a Record>,
}

impl Said<'_> {
    /// What people state: countersigned, else entered by hand; and which of the two it is.
    fn stated<T>(&self, of: impl Fn(&Record) -> Option<T>) -> Option<(T, StatedBy)> {
        let by = |record: Option<&Record>, by| record.and_then(&of).map(|value| (value, by));
        by(self.baseline, StatedBy::Baseline).or_else(|| by(self.manual, StatedBy::Manual))
    }

    fn value<T>(&self, of: impl Fn(&Record) -> Option<T>) -> Option<T> {
        self.stated(of).map(|(value, _)| value)
    }
}

/// Shown: baseline, else entered by hand, else as a hint. None where no plane knows the identity.
pub(crate) fn facts_from(said: &Said<'_>, source_environment: Option<Environment>) -> Option<IdentityFacts> {
    let observed = said.observed;
    let any = observed.or(said.manual).or(said.baseline)?;
    let hints: Map<String, Value> =
        observed.and_then(|o| o.hints.as_deref()).and_then(|h| serde_json::from_str(h).ok()).unwrap_or_default();
    let hint = |names: &[&str]| names.iter().filter_map(|n| hints.get(*n)?.as_str()).find(|t| !t.trim().is_empty()).map(str::to_owned);
    let tagged = hint(&["environment", "env", "stage"]).and_then(|t| environment_word(&t));
    let by_people = said.stated(|r| r.environment).or(source_environment.map(|e| (e, StatedBy::Manual)));
    let (environment, environment_from) = stated(by_people, tagged, Environment::Unknown);
    let tagged = hint(&["criticality"]).and_then(|t| Criticality::parse(t.trim().to_lowercase().as_str()));
    let (criticality, criticality_from) = stated(said.stated(|r| r.criticality), tagged, Criticality::Unknown);
    let name = said.value(|r| r.name.clone()).or_else(|| observed.and_then(|o| o.name.clone())).unwrap_or_default();
    // A record without a kind cannot be: importers and forms insist on one.
    let kind = said.value(|r| r.kind).or_else(|| observed.and_then(|o| o.kind)).unwrap_or(Kind::Integration);
    let arn = hint(&["arn", "url"]).unwrap_or_default();
    Some(IdentityFacts {
        since: Seq::ZERO,
        identity_id: any.id,
        batch: None,
        // Bounded, because both stand in an index: PostgreSQL takes at most 2,700 bytes of a row there.
        name_sort: cut(folded(&name), 400),
        search: cut(folded(&format!("{name} {arn}")), 1200),
        name,
        kind,
        environment,
        environment_from,
        criticality,
        criticality_from,
        owner_id: said.value(|r| r.owner_id),
        owner_hint: hint(&["owner", "team", "contact"]).map(|h| cut(h, 400)),
        lifecycle: said.value(|r| r.lifecycle).unwrap_or(Lifecycle::Active),
        human: said.baseline.and_then(|b| b.human).or(observed.and_then(|o| o.human)),
        platform_managed: observed.and_then(|o| o.platform_managed).unwrap_or(0),
        source_id: observed.and_then(|o| o.source_id),
        grants: 0,
        standing: 0,
        timed: 0,
        denied: 0,
        conditional: 0,
        n_full_control: 0,
        n_admin: 0,
        n_secrets: 0,
        n_destructive: 0,
        n_write: 0,
        n_read: 0,
        n_wildcard: 0,
        privilege: 0,
        surfaces: 0,
        team_id: said.value(|r| r.team_id),
        backup_id: said.value(|r| r.backup_id),
        place: place(hint(&["arn"]), hint(&["namespace"]), hint(&["account"])),
    })
}

/// What counts of an attribute, and who says it: a person before a tag, a tag before nobody.
fn stated<T>(by_people: Option<(T, StatedBy)>, tagged: Option<T>, unknown: T) -> (T, StatedBy) {
    match (by_people, tagged) {
        (Some(stated), _) => stated,
        (None, Some(value)) => (value, StatedBy::Hint),
        (None, None) => (unknown, StatedBy::Nobody),
    }
}

/// Where an identity stands within its source: the account of its ARN, or its namespace.
fn place(arn: Option<String>, namespace: Option<String>, account: Option<String>) -> Option<String> {
    let of_arn = arn.and_then(|a| a.split(':').nth(4).filter(|n| !n.is_empty()).map(str::to_owned));
    let account = of_arn.or(account).map(|a| format!("account {a}"));
    account.or_else(|| namespace.filter(|n| !n.is_empty()).map(|n| format!("namespace {n}"))).map(|p| cut(p, 200))
}

fn environment_word(text: &str) -> Option<Environment> {
    match text.to_lowercase().as_str() {
        "prod" | "production" | "live" => Some(Environment::Production),
        "test" | "staging" | "stage" | "qa" => Some(Environment::Test),
        "dev" | "development" | "sandbox" => Some(Environment::Development),
        _ => None,
    }
}

/// What an edit does not move: what the identity holds.
pub(crate) fn with_totals(to: IdentityFacts, from: &IdentityFacts, surfaces_added: i64) -> IdentityFacts {
    IdentityFacts {
        since: from.since,
        identity_id: from.identity_id,
        batch: from.batch,
        name: to.name,
        name_sort: to.name_sort,
        search: to.search,
        kind: to.kind,
        environment: to.environment,
        environment_from: to.environment_from,
        criticality: to.criticality,
        criticality_from: to.criticality_from,
        owner_id: to.owner_id,
        team_id: to.team_id,
        owner_hint: to.owner_hint,
        lifecycle: to.lifecycle,
        human: to.human,
        place: to.place,
        backup_id: to.backup_id,
        surfaces: from.surfaces + surfaces_added,
        ..from.clone()
    }
}

/// What a command does to lists and counts.
#[derive(Default)]
pub(crate) struct Projection {
    deltas: Deltas,
}

impl Projection {
    /// One touched identity: its open row gives way to a new one, also where lists show the same, because two moments are
    /// compared along these rows. Its review is adopting's to write.
    pub(crate) fn touch(&mut self, c: &mut Command, before: Option<Reviewed>, after: Option<Reviewed>) {
        self.deltas.moved(before.as_ref(), after.as_ref());
        c.closes.extend(before.map(|b| b.facts.close()));
        c.opens.extend(after.map(|a| a.facts.open()));
    }

    /// The counts that move with the command.
    pub(crate) fn finish(self, c: &mut Command) {
        c.counts.extend(self.deltas.into_counts());
    }
}
