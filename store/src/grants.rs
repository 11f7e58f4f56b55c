//! Permission sets, rules and grants.

use crate::db::{Engine, Tx};
use crate::identities::live;
use crate::rows::Row;
use crate::{Error, Result, tables};
use domain::facts::{ColumnKind, Value};
use domain::rule::{Dialect, Effect, Rule, Via};
use uuid::Uuid;

statements! {
    OF_IDENTITY = concat!("SELECT g.id, g.since, g.plane, g.via, g.via_name, g.ends_at, g.max_uses, g.enforced, g.source_id, g.permission_set_id,
            r.dialect, r.effect, r.actions, r.actions_negated, r.resources, r.resources_negated, r.conditions,
            s.name AS set_name, s.kind AS set_kind, src.name AS source
        FROM grants g JOIN rules r ON r.id = g.rule_id
        LEFT JOIN permission_set_versions s ON s.id = g.permission_set_id AND s.since <= $2 AND $2 < s.until
        JOIN source_versions src ON src.id = g.source_id AND src.since <= $2 AND $2 < src.until
        WHERE g.identity_id = $1 AND g.since <= $2 AND $2 < g.until AND ", live!("g", "$2"), "
        ORDER BY src.name, s.name, g.id LIMIT $3");
    /// What came and went of an identity's grants, newest first.
    MOVED = concat!("SELECT x.seq, x.opened, r.dialect, r.effect, r.actions, r.actions_negated, r.resources, r.resources_negated, r.conditions
        FROM (SELECT g.id, g.since AS seq, CAST(1 AS BIGINT) AS opened, g.rule_id FROM grants g WHERE g.identity_id = $1 AND g.since <= $2 AND ", live!("g", "$2"), "
            UNION ALL SELECT g.id, g.until, CAST(0 AS BIGINT), g.rule_id FROM grants g WHERE g.identity_id = $1 AND g.until <= $2 AND ", live!("g", "$2"), ") x
        JOIN rules r ON r.id = x.rule_id ORDER BY x.seq DESC, x.opened DESC, x.id LIMIT $3");
    /// `plane || ''` keeps SQLite from walking the index that begins with the plane: it holds every source's grants
    /// (six minutes for an import that takes thirteen seconds). `plans.txt` shows the index it must take.
    KEYS_OF_SOURCE = "SELECT id, content_key, identity_id FROM grants WHERE identity_id >= $2 AND identity_id <= $3 AND source_id = $1
        AND plane || '' = 'observed' AND until = 9223372036854775807 ORDER BY identity_id, id LIMIT 10000000";
    OF_SET = "SELECT g.id, g.identity_id, g.via, g.via_name, g.ends_at, r.content_key AS rule_key FROM grants g JOIN rules r ON r.id = g.rule_id
        WHERE g.source_id = $1 AND g.permission_set_id = $2 AND g.plane = 'observed' AND g.until = 9223372036854775807 ORDER BY g.content_key LIMIT 10000000";
    ENDED = "SELECT identity_id, ends_at, id FROM grants WHERE until = 9223372036854775807 AND ends_at IS NOT NULL AND (ends_at, id) > ($1, $2) AND ends_at <= $3
        ORDER BY ends_at, id LIMIT 1000";
    SETS_OF_SOURCE = "SELECT id, since, kind, key, name, version, state FROM permission_set_versions WHERE source_id = $1 AND until = 9223372036854775807 ORDER BY id LIMIT 10000000";
    SET_RULES_OF_SOURCE = "SELECT m.id, m.permission_set_id, r.content_key FROM set_rules m
        JOIN permission_set_versions s ON s.id = m.permission_set_id AND s.until = 9223372036854775807
        JOIN rules r ON r.id = m.rule_id
        WHERE s.source_id = $1 AND m.until = 9223372036854775807 ORDER BY m.id LIMIT 100000000";
    RULES_OF_SOURCE = "SELECT DISTINCT r.id, r.content_key, r.dialect, r.effect, r.actions, r.actions_negated, r.resources, r.resources_negated, r.conditions
        FROM set_rules m JOIN permission_set_versions s ON s.id = m.permission_set_id AND s.until = 9223372036854775807
        JOIN rules r ON r.id = m.rule_id
        WHERE s.source_id = $1 AND m.until = 9223372036854775807 ORDER BY r.id LIMIT 10000000";
}

const RULE_IDS_SQLITE: &str =
    "SELECT content_key, id FROM rules WHERE until = 9223372036854775807 AND content_key IN (SELECT value FROM json_each($1)) LIMIT 100000";
const RULE_IDS_POSTGRES: &str = "SELECT content_key, id FROM rules WHERE until = 9223372036854775807 AND content_key = ANY(ARRAY(SELECT json_array_elements_text(CAST($1 AS JSON)))) LIMIT 100000";

#[derive(sqlx::FromRow)]
struct RawRule {
    dialect: String,
    effect: String,
    actions: String,
    actions_negated: String,
    resources: String,
    resources_negated: String,
    conditions: String,
}

impl RawRule {
    fn rule(&self) -> Result<Rule> {
        let list =
            |text: &str| -> Result<Vec<String>> { serde_json::from_str(text).map_err(|e| Error::Corrupt(format!("a rule's list: {e}"))) };
        let word = |what: &str| Error::Corrupt(format!("a rule's {what}"));
        Ok(Rule {
            dialect: Dialect::parse(&self.dialect).ok_or_else(|| word("dialect"))?,
            effect: Effect::parse(&self.effect).ok_or_else(|| word("effect"))?,
            actions: list(&self.actions)?,
            actions_negated: list(&self.actions_negated)?,
            resources: list(&self.resources)?,
            resources_negated: list(&self.resources_negated)?,
            conditions: list(&self.conditions)?,
        })
    }
}

#[derive(sqlx::FromRow)]
struct RawHeld {
    id: Uuid,
    since: i64,
    plane: String,
    via: String,
    via_name: String,
    ends_at: Option<i64>,
    max_uses: Option<i64>,
    enforced: String,
    source_id: Uuid,
    permission_set_id: Option<Uuid>,
    #[sqlx(flatten)]
    rule: RawRule,
    set_name: Option<String>,
    set_kind: Option<String>,
    source: String,
}

/// A grant of one identity with its rule, permission set and source.
#[derive(Clone, Debug)]
pub struct Held {
    pub id: Uuid,
    pub since: i64,
    pub plane: String,
    pub via: Via,
    pub via_name: String,
    pub ends_at: Option<i64>,
    pub max_uses: Option<i64>,
    pub enforced: String,
    pub source_id: Uuid,
    pub source: String,
    pub permission_set_id: Option<Uuid>,
    pub set_name: Option<String>,
    pub set_kind: Option<String>,
    pub rule: Rule,
}

/// The grants an identity holds as of a position, at most `limit`.
pub async fn of_identity(tx: &mut Tx, id: Uuid, seq: i64, limit: i64) -> Result<Vec<Held>> {
    let raw = on!(tx, c => sqlx::query_as::<_, RawHeld>(OF_IDENTITY).bind(id).bind(seq).bind(limit).fetch_all(c).await?);
    raw.into_iter()
        .map(|r| {
            Ok(Held {
                rule: r.rule.rule()?,
                via: Via::parse(&r.via).ok_or_else(|| Error::Corrupt("a grant's path".to_owned()))?,
                id: r.id,
                since: r.since,
                plane: r.plane,
                via_name: r.via_name,
                ends_at: r.ends_at,
                max_uses: r.max_uses,
                enforced: r.enforced,
                source_id: r.source_id,
                source: r.source,
                permission_set_id: r.permission_set_id,
                set_name: r.set_name,
                set_kind: r.set_kind,
            })
        })
        .collect()
}

#[derive(sqlx::FromRow)]
struct RawMoved {
    seq: i64,
    opened: i64,
    #[sqlx(flatten)]
    rule: RawRule,
}

/// A grant that came or went.
#[derive(Clone, Debug)]
pub struct Moved {
    pub seq: i64,
    pub opened: bool,
    pub rule: Rule,
}

/// Grants of an identity that came and went up to a position, newest first.
pub async fn moved(tx: &mut Tx, id: Uuid, seq: i64, limit: i64) -> Result<Vec<Moved>> {
    let raw = on!(tx, c => sqlx::query_as::<_, RawMoved>(MOVED).bind(id).bind(seq).bind(limit).fetch_all(c).await?);
    raw.into_iter().map(|r| Ok(Moved { seq: r.seq, opened: r.opened == 1, rule: r.rule.rule()? })).collect()
}

/// An open observed grant, for comparison.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Known {
    pub id: Uuid,
    pub content_key: String,
    pub identity_id: Uuid,
}

/// The open observed grants of a source that identities of a range of ids hold, holder by holder.
pub async fn keys_of_source(tx: &mut Tx, source: Uuid, (from, to): (Uuid, Uuid)) -> Result<Vec<Known>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Known>(KEYS_OF_SOURCE).bind(source).bind(from).bind(to).fetch_all(c).await?))
}

/// An open observed grant of one permission set.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct OfSet {
    pub id: Uuid,
    pub identity_id: Uuid,
    pub via: String,
    pub via_name: String,
    pub ends_at: Option<i64>,
    pub rule_key: String,
}

pub async fn of_set(tx: &mut Tx, source: Uuid, set: Uuid) -> Result<Vec<OfSet>> {
    Ok(on!(tx, c => sqlx::query_as::<_, OfSet>(OF_SET).bind(source).bind(set).fetch_all(c).await?))
}

/// Holders of open grants whose end is not after `to`, with that end and the grant, after such a pair; one page.
pub async fn ended(tx: &mut Tx, after: (i64, Uuid), to: i64) -> Result<Vec<(Uuid, i64, Uuid)>> {
    Ok(on!(tx, c => sqlx::query_as::<_, (Uuid, i64, Uuid)>(ENDED).bind(after.0).bind(after.1).bind(to).fetch_all(c).await?))
}

/// An open permission set.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Set {
    pub id: Uuid,
    pub since: i64,
    pub kind: String,
    pub key: String,
    pub name: String,
    pub version: Option<String>,
    pub state: String,
}

pub async fn sets_of_source(tx: &mut Tx, source: Uuid) -> Result<Vec<Set>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Set>(SETS_OF_SOURCE).bind(source).fetch_all(c).await?))
}

/// Which rules the sets of a source hold: membership id, set, rule content key.
pub async fn set_rules_of_source(tx: &mut Tx, source: Uuid) -> Result<Vec<(Uuid, Uuid, String)>> {
    Ok(on!(tx, c => sqlx::query_as::<_, (Uuid, Uuid, String)>(SET_RULES_OF_SOURCE).bind(source).fetch_all(c).await?))
}

#[derive(sqlx::FromRow)]
struct RawKnown {
    id: Uuid,
    content_key: String,
    #[sqlx(flatten)]
    rule: RawRule,
}

/// The rules the sets of a source hold, each once.
pub async fn rules_of_source(tx: &mut Tx, source: Uuid) -> Result<Vec<(Uuid, String, Rule)>> {
    let raw = on!(tx, c => sqlx::query_as::<_, RawKnown>(RULES_OF_SOURCE).bind(source).fetch_all(c).await?);
    raw.into_iter().map(|r| Ok((r.id, r.content_key, r.rule.rule()?))).collect()
}

/// The ids of the rules that are known already, by content key.
pub async fn rule_ids(tx: &mut Tx, keys: &[&str]) -> Result<Vec<(String, Uuid)>> {
    let text = match tx.engine() {
        Engine::Sqlite => RULE_IDS_SQLITE,
        Engine::Postgres => RULE_IDS_POSTGRES,
    };
    let mut out = Vec::new();
    for chunk in keys.chunks(20_000) {
        let list = serde_json::to_string(chunk).unwrap_or_default();
        out.extend(on!(tx, c => sqlx::query_as::<_, (String, Uuid)>(text).bind(list.as_str()).fetch_all(c).await?));
    }
    Ok(out)
}

fn list(items: &[String]) -> Value {
    serde_json::to_string(items).unwrap_or_default().into()
}

pub fn rule_row(id: Uuid, batch: Option<Uuid>, key: &str, r: &Rule) -> Row {
    Row::new(
        &tables::RULES,
        vec![
            id.into(),
            batch.into(),
            key.into(),
            r.dialect.as_str().into(),
            r.effect.as_str().into(),
            list(&r.actions),
            list(&r.actions_negated),
            list(&r.resources),
            list(&r.resources_negated),
            list(&r.conditions),
        ],
    )
}

/// What a permission set says of itself.
#[derive(Clone, Copy, Debug)]
pub struct NewSet<'a> {
    pub id: Uuid,
    pub source: Uuid,
    pub kind: &'a str,
    pub key: &'a str,
    pub name: &'a str,
    pub version: Option<&'a str>,
    pub digest: &'a str,
    pub present: bool,
}

pub fn set_row(s: &NewSet<'_>, batch: Option<Uuid>) -> Row {
    Row::new(
        &tables::PERMISSION_SET_VERSIONS,
        vec![
            s.id.into(),
            batch.into(),
            s.source.into(),
            s.kind.into(),
            s.key.into(),
            s.name.into(),
            s.version.into(),
            s.digest.into(),
            if s.present { "seen" } else { "absent" }.into(),
        ],
    )
}

pub fn set_rule_row(id: Uuid, batch: Option<Uuid>, set: Uuid, rule: Uuid, label: Option<&str>) -> Row {
    Row::new(&tables::SET_RULES, vec![id.into(), batch.into(), set.into(), rule.into(), label.into()])
}

/// What a grant says.
#[derive(Clone, Copy, Debug)]
pub struct NewGrant<'a> {
    pub id: Uuid,
    pub identity: Uuid,
    pub set: Option<Uuid>,
    pub rule: Uuid,
    pub via: Via,
    pub via_name: &'a str,
    pub content_key: &'a str,
    pub source: Uuid,
    pub ends_at: Option<i64>,
}

/// An observed grant: nothing here decides for the source, so it is `provisioned_elsewhere`.
pub fn observed_row(g: &NewGrant<'_>, batch: Option<Uuid>) -> Row {
    let mut values = vec![
        g.id.into(),
        batch.into(),
        "observed".into(),
        g.identity.into(),
        g.set.into(),
        g.rule.into(),
        g.via.as_str().into(),
        g.via_name.into(),
        g.content_key.into(),
        g.source.into(),
        g.ends_at.into(),
        Value::Null(ColumnKind::Int),
        "provisioned_elsewhere".into(),
    ];
    values.extend(crate::identities::no_provenance());
    Row::new(&tables::GRANTS, values)
}
