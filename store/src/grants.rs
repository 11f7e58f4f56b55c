//! Grants, and reading them in the company of their rules and permission sets.

use crate::Result;
use crate::changes::applications::COUNTERSIGNED_OR_BATCHED;
use crate::engine::db::Tx;
use crate::engine::table::{Rows, Table, index, index_where};
use crate::identities::{PROVENANCE, live, proven};
use crate::permission_sets::RuleRow;
use domain::asof::AsOf;
use domain::identity::Plane;
use domain::ids::{BatchId, GrantId, IdentityId, PermissionSetId, RuleId, SourceId};
use domain::rule::{Effect, Enforced, Rule, Via};
use domain::seq::Seq;
use domain::time::Timestamp;

pub mod countersigned;

proven! { $
    /// One rule held by one identity through one path.
    Grant in GRANTS, grant_columns {
        since,
        id: GrantId,
        batch: Option<BatchId>,
        plane: Plane,
        identity_id: IdentityId [-> "identities"],
        permission_set_id: Option<PermissionSetId>,
        rule_id: RuleId [-> "rules"],
        via: Via,
        via_name: String,
        /// Identity, then a hash of source, path and rule: the same in every plane, without times and row ids.
        match_key: String,
        /// The first grant of this key without a gap: uses are counted along it.
        line_id: GrantId,
        source_id: SourceId [-> "sources"],
        ends_at: Option<Timestamp>,
        max_uses: Option<i64>,
        enforced: Enforced,
    }
}

pub static GRANTS: Table = Table {
    name: "grants",
    about: "One rule held by one identity through one path.",
    columns: Grant::COLUMNS,
    one_open: &["plane", "match_key"],
    indexes: &[
        index("by_identity_id_plane", &["identity_id", "plane"]),
        // Over every row: who held a rule is asked of the past as well.
        index("by_rule_id_identity_id", &["rule_id", "identity_id"]),
        // A feed that comes and goes leaves any number of closed rows behind: the present must not walk them.
        index_where("by_ends_at_open", &["ends_at"], Rows::OpenWhere("ends_at IS NOT NULL")),
    ],
    checks: PROVENANCE,
    refusals: &[COUNTERSIGNED_OR_BATCHED],
    bulk: true,
    ..Table::PLAIN
};

/// True of a grant that gives access where it is open: it lives, is no boundary and has not ended.
macro_rules! gives {
    ($seq:literal, $plane:literal, $at:literal) => {
        concat!(
            "g.plane || '' = ",
            $plane,
            " AND ",
            live!("g", $seq),
            " AND g.via <> 'boundary' AND (g.ends_at IS NULL OR g.ends_at > ",
            $at,
            ")"
        )
    };
}
pub(crate) use gives;

/// Whoever holds a rule, each once: one walk along the index, however many grants they have. Of the paths whose names begin
/// with one text only those count that begin with another.
macro_rules! holders_of_rule {
    ($open:literal) => {
        concat!(
            "SELECT DISTINCT g.identity_id FROM grants g WHERE g.rule_id = $1 AND ",
            $open,
            " AND ",
            gives!("$3", "$2", "$4"),
            " AND (substr(g.via_name, 1, length(CAST($5 AS TEXT))) <> $5 OR substr(g.via_name, 1, length(CAST($6 AS TEXT))) = $6)",
            " ORDER BY g.identity_id LIMIT $7"
        )
    };
}

/// Which rules an identity holds in force, whatever they do to one another.
macro_rules! in_force {
    ($open:literal) => {
        concat!(
            "SELECT g.rule_id, g.via, g.via_name, r.effect FROM grants g JOIN rules r ON r.id = g.rule_id
        WHERE g.identity_id = $1 AND g.plane = $2 AND ",
            $open,
            " AND ",
            live!("g", "$3"),
            " AND (g.ends_at IS NULL OR g.ends_at > $4) LIMIT $5"
        )
    };
}

macro_rules! paths_of_rule {
    ($open:literal) => {
        concat!("SELECT g.via, g.via_name, g.ends_at, g.permission_set_id, s.name AS set_name, src.name AS source
        FROM grants g LEFT JOIN permission_set_versions s ON s.id = g.permission_set_id AND s.plane = g.plane AND s.since <= $4 AND $4 < s.until
        JOIN source_versions src ON src.id = g.source_id AND src.since <= $4 AND $4 < src.until
        WHERE g.rule_id = $1 AND g.identity_id = $2 AND ", $open, " AND ", gives!("$4", "$3", "$5"), " ORDER BY g.id LIMIT $6")
    };
}

/// Grants of an identity by their ids, from one end or the other.
macro_rules! some_of_identity {
    ($behind:literal, $order:literal) => {
        concat!("SELECT g.id, g.since, g.plane, g.via, g.via_name, g.ends_at, g.max_uses, g.enforced, g.source_id, g.permission_set_id,
            r.dialect, r.effect, r.actions, r.actions_negated, r.resources, r.resources_negated, r.principals, r.principals_negated, r.conditions,
            s.name AS set_name, s.kind AS set_kind, src.name AS source
        FROM (SELECT * FROM grants g WHERE g.identity_id = $1 AND g.plane = $4 AND g.since <= $2 AND $2 < g.until ", $behind, " AND ", live!("g", "$2"), "
            ORDER BY ", $order, " LIMIT $3) g
        JOIN rules r ON r.id = g.rule_id
        LEFT JOIN permission_set_versions s ON s.id = g.permission_set_id AND s.plane = g.plane AND s.since <= $2 AND $2 < s.until
        JOIN source_versions src ON src.id = g.source_id AND src.since <= $2 AND $2 < src.until
        ORDER BY ", $order, " LIMIT $3")
    };
}

statements! {
    OF_IDENTITY = concat!("SELECT g.id, g.since, g.plane, g.via, g.via_name, g.ends_at, g.max_uses, g.enforced, g.source_id, g.permission_set_id,
            r.dialect, r.effect, r.actions, r.actions_negated, r.resources, r.resources_negated, r.principals, r.principals_negated, r.conditions,
            s.name AS set_name, s.kind AS set_kind, src.name AS source
        FROM grants g JOIN rules r ON r.id = g.rule_id
        LEFT JOIN permission_set_versions s ON s.id = g.permission_set_id AND s.plane = g.plane AND s.since <= $2 AND $2 < s.until
        JOIN source_versions src ON src.id = g.source_id AND src.since <= $2 AND $2 < src.until
        WHERE g.identity_id = $1 AND g.plane = $4 AND g.since <= $2 AND $2 < g.until AND ", live!("g", "$2"), "
        ORDER BY src.name, s.name, g.id LIMIT $3");
    /// Some of them, in the order of the index they are found by: of a hundred thousand, the others are not even read.
    SOME_OF_IDENTITY = some_of_identity!("AND g.id > $5", "g.id");
    NEWEST_OF_IDENTITY = some_of_identity!("", "g.id DESC");
    /// What came and went of an identity's grants, newest first.
    MOVED = concat!("SELECT x.seq, x.opened, r.dialect, r.effect, r.actions, r.actions_negated, r.resources, r.resources_negated, r.principals, r.principals_negated, r.conditions
        FROM (SELECT g.id, g.since AS seq, CAST(1 AS BIGINT) AS opened, g.rule_id FROM grants g WHERE g.identity_id = $1 AND g.plane = $4 AND g.since <= $2 AND ", live!("g", "$2"), "
            UNION ALL SELECT g.id, g.until, CAST(0 AS BIGINT), g.rule_id FROM grants g WHERE g.identity_id = $1 AND g.plane = $4 AND g.until <= $2 AND ", live!("g", "$2"), ") x
        JOIN rules r ON r.id = x.rule_id ORDER BY x.seq DESC, x.opened DESC, x.id LIMIT $3");
    /// `plane || ''` keeps SQLite from walking the index that begins with the plane: it holds every source's grants
    /// (six minutes for an import that takes thirteen seconds). `plans.txt` shows the index it must take.
    OF_SET = "SELECT g.id, g.identity_id, g.via, g.via_name, g.ends_at, r.content_key AS rule_key FROM grants g JOIN rules r ON r.id = g.rule_id
        WHERE g.source_id = $1 AND g.permission_set_id = $2 AND g.plane = $3 AND g.until = 9223372036854775807 ORDER BY g.match_key LIMIT 10000000";
    HOLDERS_OF_RULE_NOW = holders_of_rule!("g.until = 9223372036854775807");
    HOLDERS_OF_RULE_AT = holders_of_rule!("g.since <= $3 AND $3 < g.until");
    PATHS_OF_RULE_NOW = paths_of_rule!("g.until = 9223372036854775807");
    PATHS_OF_RULE_AT = paths_of_rule!("g.since <= $4 AND $4 < g.until");
    IN_FORCE_NOW = in_force!("g.until = 9223372036854775807");
    IN_FORCE_AT = in_force!("g.since <= $3 AND $3 < g.until");
    ENDED = "SELECT identity_id, ends_at, id FROM grants WHERE until = 9223372036854775807 AND plane = $4 AND ends_at IS NOT NULL AND (ends_at, id) > ($1, $2) AND ends_at <= $3
        ORDER BY ends_at, id LIMIT 1000";
}

#[derive(sqlx::FromRow)]
struct RawHeld {
    id: GrantId,
    since: Seq,
    plane: Plane,
    via: Via,
    via_name: String,
    ends_at: Option<Timestamp>,
    max_uses: Option<i64>,
    enforced: Enforced,
    source_id: SourceId,
    permission_set_id: Option<PermissionSetId>,
    #[sqlx(flatten)]
    rule: RuleRow,
    set_name: Option<String>,
    set_kind: Option<String>,
    source: String,
}

/// A grant of one identity with its rule, permission set and source.
#[derive(Clone, Debug)]
pub struct HeldGrant {
    pub id: GrantId,
    pub since: Seq,
    pub plane: Plane,
    pub via: Via,
    pub via_name: String,
    pub ends_at: Option<Timestamp>,
    pub max_uses: Option<i64>,
    pub enforced: Enforced,
    pub source_id: SourceId,
    pub source: String,
    pub permission_set_id: Option<PermissionSetId>,
    pub set_name: Option<String>,
    pub set_kind: Option<String>,
    pub rule: Rule,
}

impl From<RawHeld> for HeldGrant {
    fn from(r: RawHeld) -> Self {
        Self {
            rule: r.rule.rule(),
            id: r.id,
            since: r.since,
            plane: r.plane,
            via: r.via,
            via_name: r.via_name,
            ends_at: r.ends_at,
            max_uses: r.max_uses,
            enforced: r.enforced,
            source_id: r.source_id,
            source: r.source,
            permission_set_id: r.permission_set_id,
            set_name: r.set_name,
            set_kind: r.set_kind,
        }
    }
}

/// The grants an identity holds in a plane as of a position, at most `limit`.
pub async fn of_identity(tx: &mut Tx, id: IdentityId, plane: Plane, seq: Seq, limit: i64) -> Result<Vec<HeldGrant>> {
    held(tx, OF_IDENTITY, id, plane, seq, limit).await
}

/// Some of them, by their ids: the first behind one. An import writes what is new of an identity with very many the weightiest
/// first, and ids rise.
pub async fn some_of_identity(tx: &mut Tx, id: IdentityId, plane: Plane, seq: Seq, behind: GrantId, limit: i64) -> Result<Vec<HeldGrant>> {
    let raw = on!(tx, c => sqlx::query_as::<_, RawHeld>(SOME_OF_IDENTITY).bind(id).bind(seq).bind(limit).bind(plane).bind(behind).fetch_all(c).await?);
    Ok(raw.into_iter().map(HeldGrant::from).collect())
}

/// The newest of them, from the newest on.
pub async fn newest_of_identity(tx: &mut Tx, id: IdentityId, plane: Plane, seq: Seq, limit: i64) -> Result<Vec<HeldGrant>> {
    held(tx, NEWEST_OF_IDENTITY, id, plane, seq, limit).await
}

async fn held(tx: &mut Tx, text: &'static str, id: IdentityId, plane: Plane, seq: Seq, limit: i64) -> Result<Vec<HeldGrant>> {
    let raw = on!(tx, c => sqlx::query_as::<_, RawHeld>(text).bind(id).bind(seq).bind(limit).bind(plane).fetch_all(c).await?);
    Ok(raw.into_iter().map(HeldGrant::from).collect())
}

#[derive(sqlx::FromRow)]
struct RawMoved {
    seq: Seq,
    opened: i64,
    #[sqlx(flatten)]
    rule: RuleRow,
}

/// A grant that came or went.
#[derive(Clone, Debug)]
pub struct Moved {
    pub seq: Seq,
    pub opened: bool,
    pub rule: Rule,
}

/// Grants of an identity that came and went in a plane up to a position, newest first.
pub async fn moved(tx: &mut Tx, id: IdentityId, plane: Plane, seq: Seq, limit: i64) -> Result<Vec<Moved>> {
    let raw = on!(tx, c => sqlx::query_as::<_, RawMoved>(MOVED).bind(id).bind(seq).bind(limit).bind(plane).fetch_all(c).await?);
    Ok(raw.into_iter().map(|r| Moved { seq: r.seq, opened: r.opened == 1, rule: r.rule.rule() }).collect())
}

/// An open grant of one permission set.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct OfSet {
    pub id: GrantId,
    pub identity_id: IdentityId,
    pub via: Via,
    pub via_name: String,
    pub ends_at: Option<Timestamp>,
    pub rule_key: String,
}

pub async fn of_set(tx: &mut Tx, source: SourceId, set: PermissionSetId, plane: Plane) -> Result<Vec<OfSet>> {
    Ok(on!(tx, c => sqlx::query_as::<_, OfSet>(OF_SET).bind(source).bind(set).bind(plane).fetch_all(c).await?))
}

/// A holder of an open grant whose end has come, with that end and the grant.
pub type Ended = (IdentityId, Timestamp, GrantId);

/// Holders of open grants whose end is not after `to`, after an end and a grant; one page.
pub async fn ended(tx: &mut Tx, plane: Plane, after: (Timestamp, GrantId), to: Timestamp) -> Result<Vec<Ended>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Ended>(ENDED).bind(after.0).bind(after.1).bind(to).bind(plane).fetch_all(c).await?))
}

/// As of when access is asked for, and whether that is the newest position: then the statements over open rows apply.
pub type At = (AsOf, bool);

/// Paths that do not count though they give the rule: their names begin with `all`, and not with `but`.
#[derive(Clone, Copy, Debug)]
pub struct Apart<'a> {
    pub all: &'a str,
    pub but: &'a str,
}

/// The first identities that hold a rule in force, by id. A boundary gives nothing, and a grant that has ended is no access
/// any more.
pub async fn holders_of_rule(tx: &mut Tx, rule: RuleId, plane: Plane, at: At, apart: Apart<'_>, limit: i64) -> Result<Vec<IdentityId>> {
    let (at, now) = at;
    let text = if now { HOLDERS_OF_RULE_NOW } else { HOLDERS_OF_RULE_AT };
    Ok(on!(tx, c => {
        sqlx::query_scalar::<_, IdentityId>(text).bind(rule).bind(plane).bind(at.seq).bind(at.at).bind(apart.all).bind(apart.but)
            .bind(limit).fetch_all(c).await?
    }))
}

/// A grant in force, for whoever asks what the rules of one identity do to one another.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct InForce {
    pub rule_id: RuleId,
    pub via: Via,
    pub via_name: String,
    pub effect: Effect,
}

/// What an identity holds in force, boundaries among it; at most `limit`, in no order.
pub async fn in_force(tx: &mut Tx, identity: IdentityId, plane: Plane, at: At, limit: i64) -> Result<Vec<InForce>> {
    let (at, now) = at;
    let text = if now { IN_FORCE_NOW } else { IN_FORCE_AT };
    Ok(on!(tx, c => {
        sqlx::query_as::<_, InForce>(text).bind(identity).bind(plane).bind(at.seq).bind(at.at).bind(limit).fetch_all(c).await?
    }))
}

/// How an identity comes to hold a rule.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Path {
    pub via: Via,
    pub via_name: String,
    pub ends_at: Option<Timestamp>,
    pub permission_set_id: Option<PermissionSetId>,
    pub set_name: Option<String>,
    pub source: String,
}

/// The paths by which an identity holds a rule in force, at most `limit`.
pub async fn paths_of_rule(tx: &mut Tx, rule: RuleId, identity: IdentityId, plane: Plane, at: At, limit: i64) -> Result<Vec<Path>> {
    let (at, now) = at;
    let text = if now { PATHS_OF_RULE_NOW } else { PATHS_OF_RULE_AT };
    Ok(on!(tx, c => {
        sqlx::query_as::<_, Path>(text).bind(rule).bind(identity).bind(plane).bind(at.seq).bind(at.at).bind(limit)
            .fetch_all(c).await?
    }))
}

/// What a source says of a grant.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    pub id: GrantId,
    pub line: GrantId,
    pub identity: IdentityId,
    pub set: Option<PermissionSetId>,
    pub rule: RuleId,
    pub via: Via,
    pub via_name: &'a str,
    pub match_key: &'a str,
    pub source: SourceId,
    pub ends_at: Option<Timestamp>,
}

impl Grant {
    /// An observed grant: nothing here decides for the source, so it is `provisioned_elsewhere`, and nobody
    /// countersigned it.
    pub fn observed(seen: &Seen<'_>, batch: Option<BatchId>) -> Self {
        Self {
            since: Seq::ZERO,
            id: seen.id,
            batch,
            plane: Plane::Observed,
            identity_id: seen.identity,
            permission_set_id: seen.set,
            rule_id: seen.rule,
            via: seen.via,
            via_name: seen.via_name.to_owned(),
            match_key: seen.match_key.to_owned(),
            line_id: seen.line,
            source_id: seen.source,
            ends_at: seen.ends_at,
            max_uses: None,
            enforced: Enforced::ProvisionedElsewhere,
            origin: None,
            author_kind: None,
            author_id: None,
            approver_kind: None,
            approver_id: None,
            applier_kind: None,
            applier_id: None,
            change_id: None,
            self_evidence: None,
        }
    }
}

/// The close of a grant by its id.
pub fn close(id: GrantId) -> crate::engine::rows::Close {
    crate::engine::rows::Close { table: &GRANTS, key: vec![id.into()] }
}
