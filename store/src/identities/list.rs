//! The list of identities: one condition, in three orders, now and as of a position; and how many it leaves.

use super::Listed;
use super::reviews::reviews;
use super::unknown::unknown_access;
use crate::Result;
use crate::engine::db::Tx;
use domain::identity::{Human, Kind};
use domain::ids::{IdentityId, PersonId, TeamId};
use domain::query::OrNone;
use domain::query::identities::{Filter, People, Platform, Sort};
use domain::seq::Seq;
use std::collections::BTreeMap;

/// The rows that a filter leaves; `$8` to `$10` are the statement's own.
macro_rules! narrowed {
    ($open:literal) => {
        concat!(
            $open,
            " AND ",
            live!("f", "$1"),
            " AND (CAST($2 AS TEXT) IS NULL OR f.kind = $2) AND (CAST($3 AS TEXT) IS NULL OR f.environment = $3)
              AND (CAST($4 AS TEXT) IS NULL OR f.search LIKE $4 ESCAPE '\\')
              AND ($5 = 0 OR f.owner_id IS NULL) AND ($6 = 0 OR f.n_full_control + f.n_admin + f.n_secrets + f.n_destructive > 0)
              AND ($7 = 1 OR f.platform_managed = 0)
              AND (CAST($11 AS TEXT) IS NULL OR ($11 = '' AND f.source_id IS NULL) OR f.source_id IN (SELECT n.id FROM source_versions n WHERE n.name = $11 AND n.since <= $1 AND $1 < n.until))
              AND ($12 = 0 OR f.owner_id = $13) AND (CAST($14 AS TEXT) IS NULL OR COALESCE(r.review, 'unreviewed') = $14)
              AND (CASE CAST($15 AS BIGINT) WHEN 0 THEN f.n_full_control WHEN 1 THEN f.n_admin WHEN 2 THEN f.n_secrets WHEN 3 THEN f.n_destructive WHEN 4 THEN f.n_write WHEN 5 THEN f.n_read ELSE 1 END) > 0
              AND ($16 = 0 OR f.team_id = $17) AND (CAST($18 AS TEXT) IS NULL OR f.lifecycle = $18)
              AND (CAST($19 AS TEXT) IS NULL OR COALESCE(f.place, '') = $19) AND (CAST($20 AS TEXT) IS NULL OR f.owner_hint = $20)
              AND ($21 = 0 OR f.identity_id IN (SELECT w.id FROM identity_versions w WHERE w.plane = 'manual' AND w.owner_id IS NULL AND w.since <= $1 AND $1 < w.until
                  AND EXISTS (SELECT 1 FROM identity_versions b WHERE b.id = w.id AND b.plane = 'manual' AND b.since < w.since AND b.owner_id IS NOT NULL)))
              AND ($22 = 0 OR (f.owner_id IS NOT NULL AND f.backup_id IS NULL)) AND ($23 = 0 OR COALESCE(f.human, 'non_human') <> 'human')
              AND ($24 = 0 OR f.platform_managed <> 0) AND ($25 = 0 OR (f.owner_id IS NOT NULL AND f.backup_id IS NOT NULL))
              AND ($26 = 0 OR f.standing > 0) AND ($27 = 0 OR f.timed > 0) AND ($28 = 0 OR f.conditional > 0) AND ($29 = 0 OR f.denied > 0)
              AND ($30 = 0 OR f.owner_hint IS NOT NULL) AND (CAST($31 AS TEXT) IS NULL OR f.human = $31) AND ($32 = 0 OR f.n_wildcard > 0) AND (CAST($33 AS TEXT) IS NULL OR f.criticality = $33)"
        )
    };
}

macro_rules! list {
    ($open:literal, $after:literal, $order:literal) => {
        concat!(
            "SELECT ",
            fact_columns!("f"),
            ", COALESCE(r.review, 'unreviewed') AS review, p.name AS owner_name, ",
            unknown_access!("$1"),
            "
             FROM identity_facts f LEFT JOIN person_versions p ON p.id = f.owner_id AND p.since <= $1 AND $1 < p.until",
            reviews!("$1"),
            "
             WHERE ",
            narrowed!($open),
            " AND ",
            $after,
            " ORDER BY ",
            $order,
            " LIMIT $10"
        )
    };
}

/// How many a filter leaves, kind by kind, up to a bound, and what a sentence says of them.
macro_rules! counted {
    ($open:literal) => {
        concat!(
            "SELECT x.kind, CAST(COUNT(*) AS BIGINT) AS n, CAST(SUM(x.unowned) AS BIGINT) AS unowned, CAST(SUM(x.no_backup) AS BIGINT) AS no_backup,
              CAST(SUM(x.privileged) AS BIGINT) AS privileged, CAST(SUM(x.unclear) AS BIGINT) AS unclear
             FROM (SELECT f.kind, CASE WHEN f.owner_id IS NULL THEN 1 ELSE 0 END AS unowned,
                CASE WHEN f.owner_id IS NOT NULL AND f.backup_id IS NULL THEN 1 ELSE 0 END AS no_backup,
                CASE WHEN f.n_full_control + f.n_admin + f.n_secrets + f.n_destructive > 0 THEN 1 ELSE 0 END AS privileged,
                CASE WHEN f.human = 'unclear' THEN 1 ELSE 0 END AS unclear
              FROM identity_facts f",
            reviews!("$1"),
            " WHERE ",
            narrowed!($open),
            " AND f.grants >= $8 AND f.identity_id > $9 LIMIT $10) x GROUP BY x.kind ORDER BY x.kind LIMIT 100"
        )
    };
}

statements! {
    LIST_BY_NAME_NOW = list!("f.until = 9223372036854775807 AND $1 >= 0", "(f.name_sort, f.identity_id) > ($8, $9)", "f.name_sort, f.identity_id");
    /// A search by name and nothing else: which rows, from an index that holds all it asks for, then the rows.
    SEARCH_BY_NAME_NOW = concat!("SELECT ", fact_columns!("f"), ", COALESCE(r.review, 'unreviewed') AS review, p.name AS owner_name, ", unknown_access!("$1"), "
             FROM identity_facts f LEFT JOIN person_versions p ON p.id = f.owner_id AND p.since <= $1 AND $1 < p.until", reviews!("$1"), "
             WHERE f.until = 9223372036854775807 AND f.identity_id IN (
                SELECT s.identity_id FROM identity_facts s WHERE s.until = 9223372036854775807 AND ", live!("s", "$1"), "
                  AND s.search LIKE $2 ESCAPE '\\' AND ($3 = 1 OR s.platform_managed = 0) AND (s.name_sort, s.identity_id) > ($4, $5)
                ORDER BY s.name_sort, s.identity_id LIMIT $6)
             ORDER BY f.name_sort, f.identity_id LIMIT $6");
    LIST_BY_NAME_AT = list!("f.since <= $1 AND $1 < f.until", "(f.name_sort, f.identity_id) > ($8, $9)", "f.name_sort, f.identity_id");
    LIST_BY_PRIVILEGE_NOW = list!("f.until = 9223372036854775807 AND $1 >= 0", "(f.privilege, f.identity_id) < ($8, $9)", "f.privilege DESC, f.identity_id DESC");
    LIST_BY_PRIVILEGE_AT = list!("f.since <= $1 AND $1 < f.until", "(f.privilege, f.identity_id) < ($8, $9)", "f.privilege DESC, f.identity_id DESC");
    LIST_BY_GRANTS_NOW = list!("f.until = 9223372036854775807 AND $1 >= 0", "(f.grants, f.identity_id) < ($8, $9)", "f.grants DESC, f.identity_id DESC");
    LIST_BY_GRANTS_AT = list!("f.since <= $1 AND $1 < f.until", "(f.grants, f.identity_id) < ($8, $9)", "f.grants DESC, f.identity_id DESC");
    /// What few rows may fit begins with those: the order of all would be walked to its end for them.
    LIST_BY_PRIVILEGE_OF_KIND = list!("f.until = 9223372036854775807 AND $1 >= 0 AND f.kind = CAST($2 AS TEXT)", "(f.privilege, f.identity_id) < ($8, $9)", "f.privilege DESC, f.identity_id DESC");
    LIST_BY_PRIVILEGE_UNOWNED = list!("f.until = 9223372036854775807 AND $1 >= 0 AND f.owner_id IS NULL", "(f.privilege, f.identity_id) < ($8, $9)", "f.privilege DESC, f.identity_id DESC");
    LIST_BY_PRIVILEGE_OF_OWNER = list!("f.until = 9223372036854775807 AND $1 >= 0 AND f.owner_id = $13", "(f.privilege, f.identity_id) < ($8, $9)", "f.privilege DESC, f.identity_id DESC");
    COUNTED_OF_KIND = counted!("f.until = 9223372036854775807 AND $1 >= 0 AND f.kind = CAST($2 AS TEXT)");
    COUNTED_NOW = counted!("f.until = 9223372036854775807 AND $1 >= 0");
    COUNTED_AT = counted!("f.since <= $1 AND $1 < f.until");
}

fn flag(set: bool) -> i64 {
    i64::from(set)
}

fn named(name: Option<&OrNone>) -> Option<String> {
    name.map(|n| n.bound().to_owned())
}

/// Binds `$1` to `$7` of a narrowed statement.
macro_rules! first {
    ($query:expr, $seq:expr, $filter:expr) => {
        $query
            .bind($seq)
            .bind($filter.kind)
            .bind($filter.environment)
            .bind($filter.search.as_ref().map(|t| t.anywhere()))
            .bind(flag($filter.no_owner))
            .bind(flag($filter.privileged))
            .bind(flag($filter.platform.is_some()))
    };
}

/// Binds `$11` and what follows.
macro_rules! rest {
    ($query:expr, $filter:expr) => {
        $query
            .bind(named($filter.source.as_ref()))
            .bind(flag($filter.owner.is_some()))
            .bind($filter.owner.unwrap_or(PersonId::nil()))
            .bind($filter.review)
            .bind($filter.class.map_or(-1, |c| c as i64))
            .bind(flag($filter.team.is_some()))
            .bind($filter.team.unwrap_or(TeamId::nil()))
            .bind($filter.lifecycle)
            .bind(named($filter.place.as_ref()))
            .bind($filter.hint.clone())
            .bind(flag($filter.orphaned))
            .bind(flag($filter.no_backup))
            .bind(flag($filter.people == Some(People::No)))
            .bind(flag($filter.platform == Some(Platform::Only)))
            .bind(flag($filter.owned))
            .bind(flag($filter.standing))
            .bind(flag($filter.timed))
            .bind(flag($filter.conditional))
            .bind(flag($filter.denied))
            .bind(flag($filter.hinted))
            .bind($filter.human)
            .bind(flag($filter.wildcard))
            .bind($filter.criticality)
    };
}

/// Where a page of a list starts: behind the value the rows are sorted by, and an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum After {
    Start,
    Name(String, IdentityId),
    Number(i64, IdentityId),
}

/// One page of identities as of `seq`; `now` picks the statements that use the indexes on open rows.
pub async fn list(tx: &mut Tx, seq: Seq, now: bool, filter: &Filter, after: &After, limit: i64) -> Result<Vec<Listed>> {
    let sort = filter.sort.unwrap_or(Sort::Name);
    let text = match (sort, now) {
        (Sort::Name, true) => LIST_BY_NAME_NOW,
        (Sort::Name, false) => LIST_BY_NAME_AT,
        (Sort::Privilege, true) if filter.kind.is_some() => LIST_BY_PRIVILEGE_OF_KIND,
        (Sort::Privilege, true) if filter.owner.is_some() => LIST_BY_PRIVILEGE_OF_OWNER,
        (Sort::Privilege, true) if filter.no_owner => LIST_BY_PRIVILEGE_UNOWNED,
        (Sort::Privilege, true) => LIST_BY_PRIVILEGE_NOW,
        (Sort::Privilege, false) => LIST_BY_PRIVILEGE_AT,
        (Sort::Grants, true) => LIST_BY_GRANTS_NOW,
        (Sort::Grants, false) => LIST_BY_GRANTS_AT,
    };
    if let (Some(term), true) = (filter.only_search(), now) {
        let term = term.anywhere();
        let (name, id) = match after {
            After::Name(name, id) => (name.as_str(), *id),
            _ => ("", IdentityId::nil()),
        };
        let platform = i64::from(filter.platform.is_some());
        return Ok(on!(tx, c => {
            sqlx::query_as::<_, Listed>(SEARCH_BY_NAME_NOW)
                .bind(seq).bind(term).bind(platform).bind(name).bind(id).bind(limit).fetch_all(c).await?
        }));
    }
    Ok(on!(tx, c => {
        let query = sqlx::query_as::<_, Listed>(text);
        let query = first!(query, seq, filter);
        let query = match (sort, after) {
            (Sort::Name, After::Name(name, id)) => query.bind(name.clone()).bind(*id),
            (Sort::Name, _) => query.bind(String::new()).bind(IdentityId::nil()),
            (_, After::Number(n, id)) => query.bind(*n).bind(*id),
            (_, _) => query.bind(i64::MAX).bind(IdentityId::max()),
        };
        rest!(query.bind(limit), filter).fetch_all(c).await?
    }))
}

/// What a filter leaves of one kind, in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct OfKind {
    pub kind: Kind,
    pub n: i64,
    unowned: i64,
    no_backup: i64,
    privileged: i64,
    unclear: i64,
}

/// What a filter leaves, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    pub all: i64,
    pub unowned: i64,
    pub no_backup: i64,
    pub privileged: i64,
    pub unclear: i64,
    pub kinds: Vec<OfKind>,
}

impl Counted {
    /// The numbers of rows that are all there are.
    pub fn of(rows: &[Listed]) -> Self {
        let mut by_kind: BTreeMap<&str, OfKind> = BTreeMap::new();
        for row in rows {
            let none = OfKind { kind: row.kind, n: 0, unowned: 0, no_backup: 0, privileged: 0, unclear: 0 };
            let of = by_kind.entry(row.kind.as_str()).or_insert(none);
            of.n += 1;
            of.unowned += i64::from(row.owner_id.is_none());
            of.no_backup += i64::from(row.owner_id.is_some() && row.backup_id.is_none());
            of.privileged += i64::from(row.is_privileged());
            of.unclear += i64::from(row.human == Some(Human::Unclear));
        }
        Self::summed(by_kind.into_values().collect())
    }

    fn summed(kinds: Vec<OfKind>) -> Self {
        let sum = |of: fn(&OfKind) -> i64| kinds.iter().map(of).sum();
        Self {
            all: sum(|k| k.n),
            unowned: sum(|k| k.unowned),
            no_backup: sum(|k| k.no_backup),
            privileged: sum(|k| k.privileged),
            unclear: sum(|k| k.unclear),
            kinds,
        }
    }
}

/// Rows that are counted at most: beyond it a number says that there are more.
pub const COUNTED_MOST: i64 = 10_000;

/// How many a filter leaves as of `seq`, at most one more than `COUNTED_MOST`.
pub async fn counted(tx: &mut Tx, seq: Seq, now: bool, filter: &Filter) -> Result<Counted> {
    let text = match (now, filter.kind) {
        (true, Some(_)) => COUNTED_OF_KIND,
        (true, None) => COUNTED_NOW,
        (false, _) => COUNTED_AT,
    };
    let kinds = on!(tx, c => {
        let query = first!(sqlx::query_as::<_, OfKind>(text), seq, filter).bind(0_i64).bind(IdentityId::nil()).bind(COUNTED_MOST + 1);
        rest!(query, filter).fetch_all(c).await?
    });
    Ok(Counted::summed(kinds))
}
