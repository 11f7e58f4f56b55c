//! Permission sets as people look at them: their list, one with its versions, the rules it held, and who holds it.

use super::{PermissionSet, RuleRow};
use crate::Result;
use crate::engine::db::Tx;
use crate::engine::search::Page;
use crate::identities::live;
use domain::asof::AsOf;
use domain::identity::Plane;
use domain::ids::{BatchId, IdentityId, PermissionSetId, RuleId};
use domain::query::permission_sets::Filter;
use domain::rule::{Rule, Via};
use domain::seq::Seq;
use domain::time::Timestamp;

/// What narrows the list; `$6` to `$9` are the statement's own.
macro_rules! narrowed {
    () => {
        concat!(
            "s.plane = $2 AND s.since <= $1 AND $1 < s.until AND ",
            live!("s", "$1"),
            " AND (CAST($3 AS TEXT) IS NULL OR src.name = $3) AND (CAST($4 AS TEXT) IS NULL OR s.kind = $4)
               AND (CAST($5 AS TEXT) IS NULL OR s.state = $5)"
        )
    };
}

/// The source of every row: joined from the left, so that the rows are walked in the order of their names.
macro_rules! listed {
    () => {
        concat!(
            "SELECT ",
            set_columns!("s"),
            ", src.name AS source, (SELECT COUNT(*) FROM set_rules m WHERE m.permission_set_id = s.id AND m.plane = s.plane
                AND m.since <= $1 AND $1 < m.until AND ",
            live!("m", "$1"),
            ") AS rules FROM permission_set_versions s LEFT JOIN source_versions src ON src.id = s.source_id AND src.since <= $1 AND $1 < src.until"
        )
    };
}

statements! {
    PAGE = concat!(listed!(), " WHERE ", narrowed!(), " AND (CAST($9 AS TEXT) IS NULL OR LOWER(s.name) LIKE $9 ESCAPE '\\') AND (s.name, s.id) > ($6, $7) ORDER BY s.name, s.id LIMIT $8");
    COUNTED = concat!("SELECT COUNT(*) FROM (SELECT s.id FROM permission_set_versions s
            LEFT JOIN source_versions src ON src.id = s.source_id AND src.since <= $1 AND $1 < src.until
            WHERE ", narrowed!(), " LIMIT $6) x");
    BY_ID = concat!(listed!(), " WHERE s.id = $2 AND s.plane = $3 AND s.since <= $1 AND $1 < s.until AND ", live!("s", "$1"), " LIMIT 1");
    VERSIONS_OF = concat!("SELECT ", set_columns!("s"), " FROM permission_set_versions s
            WHERE s.id = $1 AND s.plane = $2 AND s.since <= $3 AND ", live!("s", "$3"), " ORDER BY s.since DESC LIMIT $4");
    /// Those it holds first, then those it held, the newest ahead.
    HELD = concat!("SELECT m.since, m.until, m.batch, m.label, r.id, r.dialect, r.effect, r.actions, r.actions_negated, r.resources, r.resources_negated,
              r.principals, r.principals_negated, r.conditions
            FROM set_rules m JOIN rules r ON r.id = m.rule_id
            WHERE m.permission_set_id = $1 AND m.plane = $2 AND m.since <= $3 AND ", live!("m", "$3"), "
            ORDER BY CASE WHEN m.until > $3 THEN 0 ELSE 1 END, m.since DESC, m.id DESC LIMIT $4");
    /// One walk along the index of a rule, in the order of its holders: a set that many hold costs its page what one does
    /// that few hold.
    HOLDERS = concat!("SELECT g.identity_id, g.via, g.via_name, g.ends_at FROM grants g
            WHERE g.rule_id = $1 AND g.identity_id > $2 AND g.permission_set_id = $3 AND g.plane || '' = $4 AND g.since <= $5 AND $5 < g.until
              AND ", live!("g", "$5"), " AND (g.ends_at IS NULL OR g.ends_at > $6) ORDER BY g.identity_id LIMIT $7");
}

/// A permission set with its source and how many rules it holds.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct Listed {
    #[sqlx(flatten)]
    pub set: PermissionSet,
    pub source: Option<String>,
    pub rules: i64,
}

/// One page by name, after a name and an id.
pub async fn page(tx: &mut Tx, seq: Seq, filter: &Filter, after: (&str, PermissionSetId), limit: i64) -> Result<Vec<Listed>> {
    let mut page = Page::new(filter.search.as_ref(), limit);
    let (mut name, mut id) = (after.0.to_owned(), after.1);
    // Both engines fold ASCII, and there may be as many sets as identities; what else there is of letters is compared below.
    let ascii = filter.search.as_ref().filter(|t| t.as_str().is_ascii()).map(|t| t.anywhere());
    loop {
        let rows = on!(tx, c => {
            sqlx::query_as::<_, Listed>(PAGE).bind(seq).bind(Plane::Observed).bind(filter.source.clone()).bind(filter.kind.clone())
                .bind(filter.state).bind(name.clone()).bind(id).bind(page.step()).bind(ascii.clone()).fetch_all(c).await?
        });
        if let Some(last) = rows.last() {
            (name, id) = (last.set.name.clone(), last.set.id);
        }
        if !page.take(rows, |term, l| term.is_in(&l.set.name)) {
            return Ok(page.rows);
        }
    }
}

/// How many a filter leaves, whatever it searches for; at most `most`.
pub async fn counted(tx: &mut Tx, seq: Seq, filter: &Filter, most: i64) -> Result<i64> {
    Ok(on!(tx, c => {
        sqlx::query_scalar::<_, i64>(COUNTED).bind(seq).bind(Plane::Observed).bind(filter.source.clone()).bind(filter.kind.clone())
            .bind(filter.state).bind(most).fetch_one(c).await?
    }))
}

pub async fn by_id(tx: &mut Tx, id: PermissionSetId, seq: Seq) -> Result<Option<Listed>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Listed>(BY_ID).bind(seq).bind(id).bind(Plane::Observed).fetch_optional(c).await?))
}

/// Its versions up to a position, newest first.
pub async fn versions_of(tx: &mut Tx, id: PermissionSetId, seq: Seq, limit: i64) -> Result<Vec<PermissionSet>> {
    Ok(on!(tx, c => {
        sqlx::query_as::<_, PermissionSet>(VERSIONS_OF).bind(id).bind(Plane::Observed).bind(seq).bind(limit).fetch_all(c).await?
    }))
}

#[derive(sqlx::FromRow)]
struct RawHeld {
    since: Seq,
    until: Seq,
    batch: Option<BatchId>,
    label: Option<String>,
    id: RuleId,
    #[sqlx(flatten)]
    rule: RuleRow,
}

/// That a set holds a rule, or held it.
#[derive(Clone, Debug)]
pub struct HeldRule {
    pub since: Seq,
    pub until: Seq,
    pub batch: Option<BatchId>,
    /// What the source calls the statement.
    pub label: Option<String>,
    pub id: RuleId,
    pub rule: Rule,
}

/// The rules it holds as of a position, then those it held before; at most `limit`.
pub async fn rules_of(tx: &mut Tx, id: PermissionSetId, seq: Seq, limit: i64) -> Result<Vec<HeldRule>> {
    let raw = on!(tx, c => sqlx::query_as::<_, RawHeld>(HELD).bind(id).bind(Plane::Observed).bind(seq).bind(limit).fetch_all(c).await?);
    let held = |r: RawHeld| HeldRule { since: r.since, until: r.until, batch: r.batch, label: r.label, id: r.id, rule: r.rule.rule() };
    Ok(raw.into_iter().map(held).collect())
}

/// A grant of a rule through the set: who has it, by which path, until when.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Holding {
    pub identity_id: IdentityId,
    pub via: Via,
    pub via_name: String,
    pub ends_at: Option<Timestamp>,
}

/// Who holds one rule through the set in force, after an identity, in the order of identities.
pub async fn holding(tx: &mut Tx, (set, rule): (PermissionSetId, RuleId), at: AsOf, after: IdentityId, limit: i64) -> Result<Vec<Holding>> {
    Ok(on!(tx, c => {
        sqlx::query_as::<_, Holding>(HOLDERS).bind(rule).bind(after).bind(set).bind(Plane::Observed).bind(at.seq).bind(at.at).bind(limit)
            .fetch_all(c).await?
    }))
}
