//! What lists show of an identity, made from its records, and how the recorded counts move with it.

use super::store_since;
use crate::overview::ORGANISATION;
use domain::identity::Environment;
use domain::text::{cut, folded};
use serde_json::{Map, Value};
use std::collections::HashMap;
use store::identities::{self, Facts, Record};
use store::rows::Close;
use store::tables;
use store::writer::{Command, CountDelta};
use uuid::Uuid;

/// Shown: baseline, else entered by hand, else as a hint.
pub(crate) fn facts_from(observed: Option<&Record>, manual: Option<&Record>, source_environment: Option<&str>) -> Option<Facts> {
    let any = observed.or(manual)?;
    let hints: Map<String, Value> =
        observed.and_then(|o| o.hints.as_deref()).and_then(|h| serde_json::from_str(h).ok()).unwrap_or_default();
    let hint = |names: &[&str]| names.iter().filter_map(|n| hints.get(*n)?.as_str()).find(|t| !t.trim().is_empty()).map(str::to_owned);
    let tagged = hint(&["environment", "env", "stage"]).and_then(|t| environment_word(&t));
    let by_hand = manual.and_then(|m| m.environment.clone()).or_else(|| source_environment.map(str::to_owned));
    let (environment, environment_from) = match (by_hand, tagged) {
        (Some(e), _) => (e, "manual"),
        (None, Some(e)) => (e.as_str().to_owned(), "hint"),
        (None, None) => ("unknown".to_owned(), "none"),
    };
    let name = manual.and_then(|m| m.name.clone()).or_else(|| observed.and_then(|o| o.name.clone())).unwrap_or_default();
    let kind = manual.and_then(|m| m.kind.clone()).or_else(|| observed.and_then(|o| o.kind.clone())).unwrap_or_default();
    let arn = hint(&["arn", "url"]).unwrap_or_default();
    Some(Facts {
        identity_id: any.id,
        since: 0,
        // Bounded, because both stand in an index: PostgreSQL takes at most 2,700 bytes of a row there.
        name_sort: cut(folded(&name), 400),
        search: cut(folded(&format!("{name} {arn}")), 1200),
        name,
        kind,
        environment,
        environment_from: environment_from.to_owned(),
        owner_id: manual.and_then(|m| m.owner_id),
        owner_hint: hint(&["owner", "team", "contact"]).map(|h| cut(h, 400)),
        lifecycle: manual.and_then(|m| m.lifecycle.clone()).unwrap_or_else(|| "active".to_owned()),
        review: "unreviewed".to_owned(),
        human: observed.and_then(|o| o.human.clone()),
        platform_managed: observed.and_then(|o| o.platform_managed).unwrap_or(0),
        source_id: observed.and_then(|o| o.source_id),
        grants: 0,
        standing: 0,
        timed: 0,
        denied: 0,
        conditional: 0,
        n_read: 0,
        n_write: 0,
        n_destructive: 0,
        n_admin: 0,
        n_secrets: 0,
        n_wildcard: 0,
        privilege: 0,
        surfaces: 0,
        team_id: manual.and_then(|m| m.team_id),
        backup_id: manual.and_then(|m| m.backup_id),
        place: place(hint(&["arn"]), hint(&["namespace"]), hint(&["account"])),
        owner_name: None,
    })
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

/// How the recorded counts move when an identity goes from one state to another.
#[derive(Default)]
pub(crate) struct Deltas(HashMap<String, i64>);

impl Deltas {
    pub(crate) fn moved(&mut self, before: Option<&Facts>, after: Option<&Facts>) {
        if let Some(f) = before {
            self.add(f, -1);
        }
        if let Some(f) = after {
            self.add(f, 1);
        }
    }

    fn add(&mut self, f: &Facts, sign: i64) {
        let mut one = |measure: String, n: i64| *self.0.entry(measure).or_default() += sign * n;
        match f.human.as_deref() {
            // People and those who may be people are shown apart; they are not counted as identities.
            Some("human") => one("identities.human".to_owned(), 1),
            Some("unclear") => one("identities.unclear".to_owned(), 1),
            _ => {
                one("identities".to_owned(), 1);
                one(format!("identities.kind.{}", f.kind), 1);
                one(format!("identities.environment.{}", f.environment), 1);
                one(format!("identities.review.{}", f.review), 1);
                match (f.owner_id, f.backup_id, &f.owner_hint) {
                    (Some(_), Some(_), _) => {}
                    (Some(_), None, _) => one("identities.no_backup".to_owned(), 1),
                    (None, _, hint) => {
                        one("identities.no_owner".to_owned(), 1);
                        one("identities.hinted".to_owned(), i64::from(hint.is_some()));
                    }
                }
                if f.n_admin + f.n_secrets + f.n_destructive + f.n_wildcard > 0 {
                    one("identities.privileged".to_owned(), 1);
                }
                if f.platform_managed == 1 {
                    one("identities.platform".to_owned(), 1);
                }
                one("grants".to_owned(), f.grants);
                one("grants.standing".to_owned(), f.standing);
                one("grants.timed".to_owned(), f.timed);
                one("grants.denied".to_owned(), f.denied);
                one("grants.conditional".to_owned(), f.conditional);
                for (class, n) in domain::privilege::Class::ALL.iter().zip(f.by_class()) {
                    one(format!("grants.class.{}", class.as_str()), n);
                }
            }
        }
    }

    pub(crate) fn into_counts(self) -> Vec<CountDelta> {
        let mut out: Vec<CountDelta> = self
            .0
            .into_iter()
            .filter(|(_, n)| *n != 0)
            .map(|(measure, delta)| CountDelta { scope: ORGANISATION.to_owned(), measure, delta })
            .collect();
        out.sort_by(|a, b| a.measure.cmp(&b.measure));
        out
    }
}

/// Closes the open facts row and opens the new one, where they differ.
pub(crate) fn replace_facts(c: &mut Command, before: Option<&Facts>, after: Option<&Facts>, batch: Option<Uuid>) {
    if let (Some(b), Some(a)) = (before, after)
        && b.same(a)
    {
        return;
    }
    if let Some(b) = before {
        let key = vec![b.identity_id.into(), store_since(b.since)];
        c.closes.push(Close { table: &tables::IDENTITY_FACTS, key });
    }
    if let Some(a) = after {
        c.opens.push(identities::facts_row(a, batch));
    }
}
