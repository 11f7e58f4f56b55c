//! CSV: one grant a line. Columns by name: `identity` (needed), `kind`, `name`, `environment`, `criticality`,
//! `owner`, `team`, `account`, `permission_set`, `effect`, `action`, `resource`, `ends_at`. A line without an action states an
//! identity only.

use crate::input::Input;
use crate::{Error, Result};
use domain::identity;
use domain::rule::{Dialect, Effect, Rule, Via};
use domain::snapshot::{Hints, SeenIdentity, SeenSet, Snapshot};
use domain::time::Timestamp;
use serde::Deserialize;
use std::collections::{HashMap, HashSet};

#[derive(Deserialize)]
struct Line {
    identity: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    environment: String,
    #[serde(default)]
    criticality: String,
    #[serde(default)]
    owner: String,
    #[serde(default)]
    team: String,
    /// The account or tenant it stands in, for grouping.
    #[serde(default)]
    account: String,
    #[serde(default)]
    permission_set: String,
    #[serde(default)]
    effect: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    resource: String,
    #[serde(default)]
    ends_at: String,
}

pub fn read(input: &Input) -> Result<Snapshot> {
    let mut out = Snapshot::default();
    let (mut identities, mut sets) = (HashMap::new(), HashMap::new());
    let mut seen = HashSet::new();
    for file in &input.files {
        let text = file.text()?;
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(false).from_reader(text.as_bytes());
        let headers = reader.headers().map_err(|e| Error::new(&file.name, e.to_string()))?.clone();
        if !headers.iter().any(|h| h == "identity") {
            return Err(Error::at(&file.name, "line 1", "no column named identity"));
        }
        let mut record = csv::StringRecord::new();
        while reader.read_record(&mut record).map_err(|e| line_error(&file.name, &e))? {
            let line_number = record.position().map_or(0, csv::Position::line);
            let line: Line = record.deserialize(Some(&headers)).map_err(|e| line_error(&file.name, &e))?;
            let at = |reason: String| Error::at(&file.name, format!("line {line_number}"), reason);
            add(&mut out, &mut identities, &mut sets, &mut seen, line).map_err(at)?;
        }
    }
    Ok(out)
}

fn line_error(file: &str, error: &csv::Error) -> Error {
    match error.position() {
        Some(p) => Error::at(file, format!("line {}", p.line()), error.to_string()),
        None => Error::new(file, error.to_string()),
    }
}

type Index = HashMap<(&'static str, String), u32>;

fn hints(line: &Line) -> Hints {
    let mut hints = Hints::default();
    let said = [
        ("environment", &line.environment),
        ("criticality", &line.criticality),
        ("owner", &line.owner),
        ("team", &line.team),
        ("account", &line.account),
    ];
    for (name, value) in said {
        if !value.is_empty() {
            hints.insert(name, value);
        }
    }
    hints
}

fn add(
    out: &mut Snapshot,
    identities: &mut Index,
    sets: &mut Index,
    seen: &mut HashSet<(u32, Option<u32>, u32, Option<i64>)>,
    line: Line,
) -> std::result::Result<(), String> {
    if line.identity.is_empty() {
        return Err("the identity is empty".to_owned());
    }
    let kind = match line.kind.as_str() {
        "" => identity::Kind::ServiceAccount,
        word => identity::Kind::parse(word).ok_or_else(|| format!("{word:?} is no kind of identity"))?,
    };
    let hints = hints(&line);
    let name = if line.name.is_empty() { line.identity.clone() } else { line.name };
    let identity = out.identity(
        identities,
        SeenIdentity {
            key_kind: "csv",
            key: line.identity,
            kind,
            name,
            human: None,
            platform_managed: false,
            unknown_access: vec![],
            hints,
        },
    );
    if line.action.is_empty() {
        return Ok(());
    }
    let effect = match line.effect.as_str() {
        "" => Effect::Allow,
        word => Effect::parse(word).ok_or_else(|| format!("effect is {word:?}, not allow or deny"))?,
    };
    let ends_at = match line.ends_at.as_str() {
        "" => None,
        text => Some(Timestamp::parse(text).map_err(|e| format!("ends_at: {e}"))?.micros()),
    };
    let mut rule = Rule::new(Dialect::Csv, effect);
    rule.actions = vec![line.action];
    rule.resources = vec![if line.resource.is_empty() { "unstated".to_owned() } else { line.resource }];
    let rule = out.rules.intern(rule.normal());
    let set = (!line.permission_set.is_empty()).then(|| {
        let key = line.permission_set.clone();
        out.set(sets, SeenSet { kind: "set", key, name: line.permission_set, version: None, present: true })
    });
    if let Some(set) = set
        && !out.set_rules.iter().any(|(s, r, _)| *s == set && *r == rule)
    {
        out.set_rules.push((set, rule, None));
    }
    if seen.insert((identity, set, rule, ends_at)) {
        out.grant(identity, set, rule, Via::Direct, "", ends_at);
    }
    Ok(())
}
