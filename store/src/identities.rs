//! Identities: what lists show (side table `identity_facts`), and the record per plane.

use crate::Result;
use crate::db::Tx;
use crate::rows::Row;
use crate::tables;
use domain::access::Totals;
use domain::facts::{ColumnKind, Value};
use uuid::Uuid;

mod filter;

pub use filter::{After, Filter, Sort};

/// Rows of a batch that is not live at the position are left out.
macro_rules! live {
    ($alias:literal, $seq:literal) => {
        concat!(
            "(",
            $alias,
            ".batch IS NULL OR ",
            $alias,
            ".batch IN (SELECT e.batch FROM batch_ends e WHERE e.outcome = 'live' AND e.seq <= ",
            $seq,
            "))"
        )
    };
}
pub(crate) use live;

/// What lists show, of the side table `f`.
macro_rules! facts {
    () => {
        "f.identity_id, f.since, f.name, f.name_sort, f.kind, f.environment, f.environment_from, f.owner_id, f.owner_hint, f.lifecycle, f.review,
                    f.human, f.platform_managed, f.source_id, f.grants, f.standing, f.timed, f.denied, f.conditional, f.n_read, f.n_write,
                    f.n_destructive, f.n_admin, f.n_secrets, f.n_wildcard, f.privilege, f.surfaces, f.team_id, f.search, f.backup_id, f.place"
    };
}

macro_rules! record {
    () => {
        "v.id, v.since, v.plane, v.kind, v.name, v.lifecycle, v.environment, v.owner_id, v.backup_id, v.team_id, v.autonomy, v.purpose_id,
                    v.human, v.human_reason, v.platform_managed, v.unknown_access, v.source_id, v.hints"
    };
}

macro_rules! list {
    ($open:literal, $after:literal, $order:literal) => {
        concat!(
            "SELECT ", facts!(), ", p.name AS owner_name
             FROM identity_facts f LEFT JOIN person_versions p ON p.id = f.owner_id AND p.since <= $1 AND $1 < p.until
             WHERE ", $open, " AND ", live!("f", "$1"),
            " AND (CAST($2 AS TEXT) IS NULL OR f.kind = $2) AND (CAST($3 AS TEXT) IS NULL OR f.environment = $3)
              AND (CAST($4 AS TEXT) IS NULL OR f.search LIKE $4 ESCAPE '\\')
              AND ($5 = 0 OR f.owner_id IS NULL) AND ($6 = 0 OR f.n_admin + f.n_secrets + f.n_destructive + f.n_wildcard > 0)
              AND ($7 = 1 OR f.platform_managed = 0)
              AND (CAST($11 AS TEXT) IS NULL OR ($11 = '' AND f.source_id IS NULL) OR f.source_id IN (SELECT n.id FROM source_versions n WHERE n.name = $11 AND n.since <= $1 AND $1 < n.until))
              AND ($12 = 0 OR f.owner_id = $13) AND (CAST($14 AS TEXT) IS NULL OR f.review = $14)
              AND (CASE CAST($15 AS BIGINT) WHEN 0 THEN f.n_read WHEN 1 THEN f.n_write WHEN 2 THEN f.n_destructive WHEN 3 THEN f.n_admin WHEN 4 THEN f.n_secrets WHEN 5 THEN f.n_wildcard ELSE 1 END) > 0
              AND ($16 = 0 OR f.team_id = $17) AND (CAST($18 AS TEXT) IS NULL OR f.lifecycle = $18)
              AND (CAST($19 AS TEXT) IS NULL OR COALESCE(f.place, '') = $19) AND (CAST($20 AS TEXT) IS NULL OR f.owner_hint = $20)
              AND ($21 = 0 OR f.identity_id IN (SELECT w.id FROM identity_versions w WHERE w.plane = 'manual' AND w.owner_id IS NULL AND w.since <= $1 AND $1 < w.until
                  AND EXISTS (SELECT 1 FROM identity_versions b WHERE b.id = w.id AND b.plane = 'manual' AND b.since < w.since AND b.owner_id IS NOT NULL)))
              AND ($22 = 0 OR (f.owner_id IS NOT NULL AND f.backup_id IS NULL)) AND ($23 = 0 OR COALESCE(f.human, 'non_human') = 'non_human')
              AND ($24 = 0 OR f.platform_managed <> 0) AND ($25 = 0 OR (f.owner_id IS NOT NULL AND f.backup_id IS NOT NULL))
              AND ($26 = 0 OR f.standing > 0) AND ($27 = 0 OR f.timed > 0) AND ($28 = 0 OR f.conditional > 0) AND ($29 = 0 OR f.denied > 0)
              AND ($30 = 0 OR f.owner_hint IS NOT NULL) AND (CAST($31 AS TEXT) IS NULL OR f.human = $31)
              AND ", $after, " ORDER BY ", $order, " LIMIT $10"
        )
    };
}

statements! {
    LIST_BY_NAME_NOW = list!("f.until = 9223372036854775807 AND $1 >= 0", "(f.name_sort, f.identity_id) > ($8, $9)", "f.name_sort, f.identity_id");
    /// A search by name and nothing else: which rows, from an index that holds all it asks for, then the rows.
    SEARCH_BY_NAME_NOW = concat!("SELECT ", facts!(), ", p.name AS owner_name
             FROM identity_facts f LEFT JOIN person_versions p ON p.id = f.owner_id AND p.since <= $1 AND $1 < p.until
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
    FACTS_OF = concat!("SELECT ", facts!(), ", p.name AS owner_name
             FROM identity_facts f LEFT JOIN person_versions p ON p.id = f.owner_id AND p.since <= $2 AND $2 < p.until
             WHERE f.identity_id = $1 AND f.since <= $2 AND $2 < f.until AND ", live!("f", "$2"), " LIMIT 1");
    /// The source is hidden from SQLite's planner: by the index that begins with it, every page would sort all that is left.
    FACTS_OF_SOURCE = concat!("SELECT ", facts!(), ", CAST(NULL AS TEXT) AS owner_name
             FROM identity_facts f WHERE (CASE WHEN f.source_id = $1 THEN 1 ELSE 0 END) = 1 AND f.identity_id > $2 AND f.until = 9223372036854775807 ORDER BY f.identity_id LIMIT 500");
    RECORDS_OF = concat!("SELECT ", record!(), "
             FROM identity_versions v WHERE v.id = $1 AND v.since <= $2 AND $2 < v.until AND ", live!("v", "$2"), " ORDER BY v.plane LIMIT 10");
    RECORDS_OF_SOURCE = concat!("SELECT ", record!(), "
             FROM identity_versions v WHERE v.source_id = $1 AND v.id > $2 AND v.plane = 'observed' AND v.until = 9223372036854775807 ORDER BY v.id LIMIT 500");
    MANUAL_OF_SOURCE = concat!("SELECT ", record!(), "
             FROM identity_versions v WHERE v.plane = 'manual' AND v.until = 9223372036854775807
               AND v.id IN (SELECT k.identity_id FROM external_keys k WHERE k.source_id = $1 AND k.until = 9223372036854775807) ORDER BY v.id LIMIT 10000000");
    VERSIONS_OF = concat!("SELECT ", record!(), "
             FROM identity_versions v WHERE v.id = $1 AND v.since <= $2 AND ", live!("v", "$2"), " ORDER BY v.since DESC LIMIT 100");
}

/// What lists show of an identity.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct Facts {
    pub identity_id: Uuid,
    pub since: i64,
    pub name: String,
    pub name_sort: String,
    pub kind: String,
    pub environment: String,
    pub environment_from: String,
    pub owner_id: Option<Uuid>,
    pub owner_hint: Option<String>,
    pub lifecycle: String,
    pub review: String,
    pub human: Option<String>,
    pub platform_managed: i64,
    pub source_id: Option<Uuid>,
    pub grants: i64,
    pub standing: i64,
    pub timed: i64,
    pub denied: i64,
    pub conditional: i64,
    pub n_read: i64,
    pub n_write: i64,
    pub n_destructive: i64,
    pub n_admin: i64,
    pub n_secrets: i64,
    pub n_wildcard: i64,
    pub privilege: i64,
    pub surfaces: i64,
    pub team_id: Option<Uuid>,
    pub search: String,
    pub backup_id: Option<Uuid>,
    /// The account or the namespace it stands in, where the source says.
    pub place: Option<String>,
    pub owner_name: Option<String>,
}

impl Facts {
    /// Grants per class in the order of `privilege::Class::ALL`.
    pub fn by_class(&self) -> [i64; 6] {
        [self.n_read, self.n_write, self.n_destructive, self.n_admin, self.n_secrets, self.n_wildcard]
    }

    pub fn set_totals(&mut self, t: &Totals) {
        (self.grants, self.standing, self.timed, self.denied, self.conditional) = (t.grants, t.standing, t.timed, t.denied, t.conditional);
        [self.n_read, self.n_write, self.n_destructive, self.n_admin, self.n_secrets, self.n_wildcard] = t.by_class;
        self.privilege = t.privilege;
    }

    /// True where the two would show the same, whenever they were written.
    pub fn same(&self, other: &Self) -> bool {
        Self { since: 0, owner_name: None, ..self.clone() } == Self { since: 0, owner_name: None, ..other.clone() }
    }
}

pub fn facts_row(f: &Facts, batch: Option<Uuid>) -> Row {
    let n = Value::Int;
    Row::new(
        &tables::IDENTITY_FACTS,
        vec![
            f.identity_id.into(),
            batch.into(),
            f.name.as_str().into(),
            f.name_sort.as_str().into(),
            f.search.as_str().into(),
            f.kind.as_str().into(),
            f.environment.as_str().into(),
            f.environment_from.as_str().into(),
            f.owner_id.into(),
            f.team_id.into(),
            f.owner_hint.clone().into(),
            f.lifecycle.as_str().into(),
            f.review.as_str().into(),
            f.human.clone().into(),
            n(f.platform_managed),
            f.source_id.into(),
            n(f.grants),
            n(f.standing),
            n(f.timed),
            n(f.denied),
            n(f.conditional),
            n(f.n_read),
            n(f.n_write),
            n(f.n_destructive),
            n(f.n_admin),
            n(f.n_secrets),
            n(f.n_wildcard),
            n(f.privilege),
            n(f.surfaces),
            f.backup_id.into(),
            f.place.clone().into(),
        ],
    )
}

/// One version of the record in one plane.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct Record {
    pub id: Uuid,
    pub since: i64,
    pub plane: String,
    pub kind: Option<String>,
    pub name: Option<String>,
    pub lifecycle: Option<String>,
    pub environment: Option<String>,
    pub owner_id: Option<Uuid>,
    pub backup_id: Option<Uuid>,
    pub team_id: Option<Uuid>,
    pub autonomy: Option<String>,
    pub purpose_id: Option<Uuid>,
    pub human: Option<String>,
    pub human_reason: Option<String>,
    pub platform_managed: Option<i64>,
    pub unknown_access: Option<String>,
    pub source_id: Option<Uuid>,
    pub hints: Option<String>,
}

impl Record {
    pub fn new(id: Uuid, plane: &str) -> Self {
        Self {
            id,
            since: 0,
            plane: plane.to_owned(),
            kind: None,
            name: None,
            lifecycle: None,
            environment: None,
            owner_id: None,
            backup_id: None,
            team_id: None,
            autonomy: None,
            purpose_id: None,
            human: None,
            human_reason: None,
            platform_managed: None,
            unknown_access: None,
            source_id: None,
            hints: None,
        }
    }

    /// True where the two say the same, whenever they were written.
    pub fn same(&self, other: &Self) -> bool {
        Self { since: 0, ..self.clone() } == Self { since: 0, ..other.clone() }
    }

    pub fn row(&self, batch: Option<Uuid>) -> Row {
        let mut values = vec![
            self.id.into(),
            self.plane.as_str().into(),
            batch.into(),
            self.kind.clone().into(),
            self.name.clone().into(),
            self.lifecycle.clone().into(),
            self.environment.clone().into(),
            self.owner_id.into(),
            self.backup_id.into(),
            self.team_id.into(),
            self.autonomy.clone().into(),
            self.purpose_id.into(),
            self.human.clone().into(),
            self.human_reason.clone().into(),
            self.platform_managed.into(),
            self.unknown_access.clone().into(),
            self.source_id.into(),
            Value::Null(ColumnKind::Id),
            self.hints.clone().into(),
        ];
        // Observed and manual rows have no provenance: nobody approved them.
        values.extend(no_provenance());
        Row::new(&tables::IDENTITY_VERSIONS, values)
    }
}

/// The provenance columns of a row that is not baseline.
pub(crate) fn no_provenance() -> Vec<Value> {
    use ColumnKind::{Id, Text};
    [Text, Text, Id, Text, Id, Text, Id, Id, Text].map(Value::Null).to_vec()
}

/// One page of identities as of `seq`; `now` picks the statements that use the indexes on open rows.
pub async fn list(tx: &mut Tx, seq: i64, now: bool, filter: &Filter, sort: Sort, after: &After, limit: i64) -> Result<Vec<Facts>> {
    let text = match (sort, now) {
        (Sort::Name, true) => LIST_BY_NAME_NOW,
        (Sort::Name, false) => LIST_BY_NAME_AT,
        (Sort::Privilege, true) => LIST_BY_PRIVILEGE_NOW,
        (Sort::Privilege, false) => LIST_BY_PRIVILEGE_AT,
        (Sort::Grants, true) => LIST_BY_GRANTS_NOW,
        (Sort::Grants, false) => LIST_BY_GRANTS_AT,
    };
    if let (Some(term), Sort::Name, true) = (filter.only_search(), sort, now) {
        let term = format!("%{}%", domain::text::like_literal(term));
        let (name, id) = match after {
            After::Name(name, id) => (name.as_str(), *id),
            _ => ("", Uuid::nil()),
        };
        let platform = i64::from(filter.with_platform);
        return Ok(on!(tx, c => {
            sqlx::query_as::<_, Facts>(SEARCH_BY_NAME_NOW)
                .bind(seq).bind(term).bind(platform).bind(name).bind(id).bind(limit).fetch_all(c).await?
        }));
    }
    let search = filter.search.as_ref().map(|t| format!("%{}%", domain::text::like_literal(t)));
    let flag = |b: bool| i64::from(b);
    Ok(on!(tx, c => {
        let query = sqlx::query_as::<_, Facts>(text)
            .bind(seq).bind(filter.kind.clone()).bind(filter.environment.clone()).bind(search)
            .bind(flag(filter.no_owner)).bind(flag(filter.privileged)).bind(flag(filter.with_platform || filter.only_platform));
        let query = match (sort, after) {
            (Sort::Name, After::Name(name, id)) => query.bind(name.clone()).bind(*id),
            (Sort::Name, _) => query.bind(String::new()).bind(Uuid::nil()),
            (_, After::Number(n, id)) => query.bind(*n).bind(*id),
            (_, _) => query.bind(i64::MAX).bind(Uuid::max()),
        };
        query
            .bind(limit).bind(filter.source.clone())
            .bind(flag(filter.owner.is_some())).bind(filter.owner.unwrap_or_default()).bind(filter.review.clone())
            .bind(filter.class.map_or(-1, |c| c as i64))
            .bind(flag(filter.team.is_some())).bind(filter.team.unwrap_or_default()).bind(filter.lifecycle.clone())
            .bind(filter.place.clone()).bind(filter.hint.clone()).bind(flag(filter.orphaned)).bind(flag(filter.no_backup))
            .bind(flag(filter.without_people)).bind(flag(filter.only_platform)).bind(flag(filter.owned))
            .bind(flag(filter.standing)).bind(flag(filter.timed)).bind(flag(filter.conditional)).bind(flag(filter.denied))
            .bind(flag(filter.hinted)).bind(filter.human.clone())
            .fetch_all(c).await?
    }))
}

pub async fn facts_of(tx: &mut Tx, id: Uuid, seq: i64) -> Result<Option<Facts>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Facts>(FACTS_OF).bind(id).bind(seq).fetch_optional(c).await?))
}

/// What lists show of the identities of a source after an id; one page.
pub async fn facts_of_source(tx: &mut Tx, source: Uuid, after: Uuid) -> Result<Vec<Facts>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Facts>(FACTS_OF_SOURCE).bind(source).bind(after).fetch_all(c).await?))
}

pub async fn records_of(tx: &mut Tx, id: Uuid, seq: i64) -> Result<Vec<Record>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Record>(RECORDS_OF).bind(id).bind(seq).fetch_all(c).await?))
}

/// The observed records of a source after an id; one page.
pub async fn records_of_source(tx: &mut Tx, source: Uuid, after: Uuid) -> Result<Vec<Record>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Record>(RECORDS_OF_SOURCE).bind(source).bind(after).fetch_all(c).await?))
}

/// What people entered by hand about the identities of a source.
pub async fn manual_of_source(tx: &mut Tx, source: Uuid) -> Result<Vec<Record>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Record>(MANUAL_OF_SOURCE).bind(source).fetch_all(c).await?))
}

/// Every version of the record up to a position, newest first.
pub async fn versions_of(tx: &mut Tx, id: Uuid, seq: i64) -> Result<Vec<Record>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Record>(VERSIONS_OF).bind(id).bind(seq).fetch_all(c).await?))
}
