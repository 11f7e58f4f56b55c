//! Permission sets, their rules, and which set holds which.

use crate::Result;
use crate::changes::applications::OF_AN_APPLICATION;
use crate::engine::db::{Engine, Tx};
use crate::engine::field::Texts;
use crate::engine::rows::Close;
use crate::engine::table::{Table, index, index_open};
use crate::grants::{At, gives};
use crate::identities::live;
use domain::identity::Plane;
use domain::ids::{BatchId, PermissionSetId, RuleId, SetRuleId, SourceId};
use domain::rule::{Dialect, Effect, Rule, SetState};
use domain::seq::Seq;

row! { $
    /// A version of a permission set.
    PermissionSet in PERMISSION_SET_VERSIONS, set_columns {
        since,
        id: PermissionSetId,
        batch: Option<BatchId>,
        plane: Plane,
        source_id: SourceId [-> "sources"],
        kind: String,
        key: String,
        name: String,
        version: Option<String>,
        document_digest: Option<String>,
        state: SetState,
    }
}

pub static PERMISSION_SET_VERSIONS: Table = Table {
    name: "permission_set_versions",
    about: "A named container in a source: policy, group, role. `absent`: referred to and not in the input, so access through it is unknown, never empty.",
    anchor: Some("permission_sets"),
    key: &["id", "plane", "since"],
    columns: PermissionSet::COLUMNS,
    one_open: &["plane", "source_id", "kind", "key"],
    indexes: &[index_open("by_source_id_open", &["source_id", "id"]), index("by_name_id_since", &["name", "id", "since"])],
    refusals: &[OF_AN_APPLICATION],
    ..Table::PLAIN
};

row! { $
    /// One statement, named by the digest of its content.
    StoredRule in RULES, rule_columns {
        since,
        id: RuleId,
        batch: Option<BatchId>,
        content_key: String,
        dialect: Dialect,
        effect: Effect,
        actions: Texts,
        actions_negated: Texts,
        resources: Texts,
        resources_negated: Texts,
        /// Whom a statement of a trust policy lets in or shuts out; empty elsewhere.
        principals: Texts,
        principals_negated: Texts,
        conditions: Texts,
    }
}

pub static RULES: Table = Table {
    name: "rules",
    about: "One statement, content-addressed: sorted sets as JSON arrays. Never closed; many grants share one.",
    columns: StoredRule::COLUMNS,
    one_open: &["content_key"],
    ..Table::PLAIN
};

row! { $
    /// That a permission set holds a rule.
    SetRule in SET_RULES, set_rule_columns {
        since,
        id: SetRuleId,
        batch: Option<BatchId>,
        plane: Plane,
        permission_set_id: PermissionSetId [-> "permission_sets"],
        rule_id: RuleId [-> "rules"],
        label: Option<String>,
    }
}

pub static SET_RULES: Table = Table {
    name: "set_rules",
    about: "Which rules a permission set holds, bound to anybody or not.",
    columns: SetRule::COLUMNS,
    one_open: &["plane", "permission_set_id", "rule_id"],
    indexes: &[
        // Over every row: what a set held is asked of the past as well.
        index("by_rule_id", &["rule_id"]),
        index("by_permission_set_id", &["permission_set_id"]),
    ],
    refusals: &[OF_AN_APPLICATION],
    ..Table::PLAIN
};

/// Each rule stands once, however many grants share it; a deny reaches nothing, nor does one that nobody holds. Rules of
/// other dialects and without a holder are passed by on the way: at worst the table is walked from end to end.
macro_rules! allowing {
    ($open:literal) => {
        concat!("SELECT r.id, r.dialect, r.effect, r.actions, r.actions_negated, r.resources, r.resources_negated, r.principals, r.principals_negated, r.conditions
        FROM rules r WHERE r.id > $1 AND r.since <= $2 AND r.effect = 'allow' AND r.dialect IN ($4, $5, $6, $7, $8, $9)
          AND EXISTS (SELECT 1 FROM grants g WHERE g.rule_id = r.id AND ", $open, " AND ", gives!("$2", "$10", "$11"), ") ORDER BY r.id LIMIT $3")
    };
}

statements! {
    SETS_OF_SOURCE = concat!("SELECT ", set_columns!("s"), " FROM permission_set_versions s WHERE s.source_id = $1 AND s.plane = $2 AND s.until = 9223372036854775807 ORDER BY s.id LIMIT 10000000");
    SET_RULES_OF_SOURCE = "SELECT m.id, m.permission_set_id, r.content_key FROM set_rules m
        JOIN permission_set_versions s ON s.id = m.permission_set_id AND s.plane = $2 AND s.until = 9223372036854775807
        JOIN rules r ON r.id = m.rule_id
        WHERE s.source_id = $1 AND m.plane = $2 AND m.until = 9223372036854775807 ORDER BY m.id LIMIT 100000000";
    RULE = "SELECT r.dialect, r.effect, r.actions, r.actions_negated, r.resources, r.resources_negated, r.principals, r.principals_negated, r.conditions
        FROM rules r WHERE r.id = $1 LIMIT 1";
    /// What a set is called, whichever plane says so.
    CALLED = "SELECT s.kind, s.key, s.source_id FROM permission_set_versions s WHERE s.id = $1 AND s.since <= $2 AND $2 < s.until ORDER BY s.plane LIMIT 1";
    ALLOWING_NOW = allowing!("g.until = 9223372036854775807");
    ALLOWING_AT = allowing!("g.since <= $2 AND $2 < g.until");
}

/// Columns of the rules of some content keys, on SQLite and on PostgreSQL.
macro_rules! by_keys {
    ($columns:literal) => {
        [
            concat!("SELECT ", $columns, " FROM rules WHERE until = 9223372036854775807 AND content_key IN (SELECT value FROM json_each($1)) LIMIT 100000"),
            concat!("SELECT ", $columns, " FROM rules WHERE until = 9223372036854775807 AND content_key = ANY(ARRAY(SELECT json_array_elements_text(CAST($1 AS JSON)))) LIMIT 100000"),
        ]
    };
}
const RULE_IDS: [&str; 2] = by_keys!("content_key, id");
const RULES_NAMED: [&str; 2] = by_keys!(
    "content_key, dialect, effect, actions, actions_negated, resources, resources_negated, principals, principals_negated, conditions"
);

fn of_engine(texts: [&'static str; 2], tx: &Tx) -> &'static str {
    match tx.engine() {
        Engine::Sqlite => texts[0],
        Engine::Postgres => texts[1],
    }
}

/// The columns of a rule as statements join them.
#[derive(sqlx::FromRow)]
pub(crate) struct RuleRow {
    dialect: Dialect,
    effect: Effect,
    actions: Texts,
    actions_negated: Texts,
    resources: Texts,
    resources_negated: Texts,
    principals: Texts,
    principals_negated: Texts,
    conditions: Texts,
}

impl RuleRow {
    pub(crate) fn rule(self) -> Rule {
        Rule {
            dialect: self.dialect,
            effect: self.effect,
            actions: self.actions.0,
            actions_negated: self.actions_negated.0,
            resources: self.resources.0,
            resources_negated: self.resources_negated.0,
            principals: self.principals.0,
            principals_negated: self.principals_negated.0,
            conditions: self.conditions.0,
        }
    }
}

impl StoredRule {
    pub fn new(id: RuleId, batch: Option<BatchId>, content_key: &str, r: &Rule) -> Self {
        Self {
            since: Seq::ZERO,
            id,
            batch,
            content_key: content_key.to_owned(),
            dialect: r.dialect,
            effect: r.effect,
            actions: Texts(r.actions.clone()),
            actions_negated: Texts(r.actions_negated.clone()),
            resources: Texts(r.resources.clone()),
            resources_negated: Texts(r.resources_negated.clone()),
            principals: Texts(r.principals.clone()),
            principals_negated: Texts(r.principals_negated.clone()),
            conditions: Texts(r.conditions.clone()),
        }
    }
}

pub async fn of_source(tx: &mut Tx, source: SourceId, plane: Plane) -> Result<Vec<PermissionSet>> {
    Ok(on!(tx, c => sqlx::query_as::<_, PermissionSet>(SETS_OF_SOURCE).bind(source).bind(plane).fetch_all(c).await?))
}

/// Which rules the sets of a source hold: membership, set, rule content key.
pub async fn set_rules_of_source(tx: &mut Tx, source: SourceId, plane: Plane) -> Result<Vec<(SetRuleId, PermissionSetId, String)>> {
    Ok(
        on!(tx, c => sqlx::query_as::<_, (SetRuleId, PermissionSetId, String)>(SET_RULES_OF_SOURCE).bind(source).bind(plane).fetch_all(c).await?),
    )
}

#[derive(sqlx::FromRow)]
struct RawKnown {
    content_key: String,
    #[sqlx(flatten)]
    rule: RuleRow,
}

/// The rules of some content keys.
pub async fn rules_named(tx: &mut Tx, keys: &[&str]) -> Result<Vec<(String, Rule)>> {
    let text = of_engine(RULES_NAMED, tx);
    let mut out = Vec::with_capacity(keys.len());
    for chunk in keys.chunks(1_000) {
        let list = serde_json::to_string(chunk).unwrap_or_default();
        let raw = on!(tx, c => sqlx::query_as::<_, RawKnown>(text).bind(list.as_str()).fetch_all(c).await?);
        out.extend(raw.into_iter().map(|r| (r.content_key, r.rule.rule())));
    }
    Ok(out)
}

#[derive(sqlx::FromRow)]
struct RawAllowing {
    id: RuleId,
    #[sqlx(flatten)]
    rule: RuleRow,
}

/// Rules of some dialects that allow something to somebody, after an id; one page. There are six dialects, and a place for
/// each.
pub async fn allowing(tx: &mut Tx, dialects: &[Dialect], plane: Plane, at: At, after: RuleId, limit: i64) -> Result<Vec<(RuleId, Rule)>> {
    let (at, now) = at;
    let text = if now { ALLOWING_NOW } else { ALLOWING_AT };
    let raw = on!(tx, c => {
        let mut query = sqlx::query_as::<_, RawAllowing>(text).bind(after).bind(at.seq).bind(limit);
        for place in 0..Dialect::ALL.len() {
            query = query.bind(dialects.get(place).or(dialects.first()).copied());
        }
        query.bind(plane).bind(at.at).fetch_all(c).await?
    });
    Ok(raw.into_iter().map(|r| (r.id, r.rule.rule())).collect())
}

/// One rule by its id.
pub async fn rule(tx: &mut Tx, id: RuleId) -> Result<Option<Rule>> {
    Ok(on!(tx, c => sqlx::query_as::<_, RuleRow>(RULE).bind(id).fetch_optional(c).await?).map(RuleRow::rule))
}

/// Kind, key and source of a set.
pub async fn called(tx: &mut Tx, set: PermissionSetId, seq: Seq) -> Result<Option<(String, String, SourceId)>> {
    Ok(on!(tx, c => sqlx::query_as::<_, (String, String, SourceId)>(CALLED).bind(set).bind(seq).fetch_optional(c).await?))
}

/// The ids of the rules that are known already, by content key.
pub async fn rule_ids(tx: &mut Tx, keys: &[&str]) -> Result<Vec<(String, RuleId)>> {
    let text = of_engine(RULE_IDS, tx);
    let mut out = Vec::new();
    for chunk in keys.chunks(20_000) {
        let list = serde_json::to_string(chunk).unwrap_or_default();
        out.extend(on!(tx, c => sqlx::query_as::<_, (String, RuleId)>(text).bind(list.as_str()).fetch_all(c).await?));
    }
    Ok(out)
}

pub mod read;

/// The close of a membership by its id.
pub fn close_set_rule(id: SetRuleId) -> Close {
    Close { table: &SET_RULES, key: vec![id.into()] }
}
