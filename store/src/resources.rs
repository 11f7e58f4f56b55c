//! Resources: what grants reach.

use crate::Result;
use crate::engine::db::Tx;
use crate::engine::search::Page;
use crate::engine::table::{Table, index, index_open};
use domain::identity::{Criticality, Environment};
use domain::ids::{PersonId, ResourceId};
use domain::locator::LocatorKind;
use domain::query::resources::Filter;
use domain::resource::DataClass;
use domain::seq::Seq;

row! { $
    /// A version of a resource.
    Resource in RESOURCE_VERSIONS, resource_columns {
        since,
        id: ResourceId,
        name: String,
        kind: LocatorKind,
        /// As it was typed.
        pattern: String,
        /// The normal form of the pattern: two writings of the same places are one resource.
        normal: String,
        owner_id: Option<PersonId>,
        criticality: Criticality,
        data_class: DataClass,
        environment: Environment,
    }
}

pub static RESOURCE_VERSIONS: Table = Table {
    name: "resource_versions",
    about: "Something grants reach. None registered is unknown, and the source's owner answers.",
    anchor: Some("resources"),
    key: &["id", "since"],
    columns: Resource::COLUMNS,
    one_open: &["kind", "normal"],
    indexes: &[index("by_name_id_since", &["name", "id", "since"]), index_open("by_owner_id_open", &["owner_id"])],
    ..Table::PLAIN
};

statements! {
    PAGE = concat!("SELECT ", resource_columns!("r"), ", p.name AS owner_name FROM resource_versions r
             LEFT JOIN person_versions p ON p.id = r.owner_id AND p.since <= $1 AND $1 < p.until
             WHERE r.since <= $1 AND $1 < r.until
               AND (CAST($2 AS TEXT) IS NULL OR r.kind = $2) AND ($3 = 0 OR r.owner_id = $4)
               AND (CAST($5 AS TEXT) IS NULL OR r.criticality = $5) AND (CAST($6 AS TEXT) IS NULL OR r.data_class = $6)
               AND (CAST($7 AS TEXT) IS NULL OR r.environment = $7) AND ($8 = 0 OR r.owner_id IS NULL)
               AND (r.name, r.id) > ($9, $10) ORDER BY r.name, r.id LIMIT $11");
    TOTALS = "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN r.owner_id IS NULL THEN 1 ELSE 0 END), 0) AS BIGINT)
             FROM resource_versions r WHERE r.since <= $1 AND $1 < r.until";
    BY_ID = concat!("SELECT ", resource_columns!("r"), ", p.name AS owner_name FROM resource_versions r
             LEFT JOIN person_versions p ON p.id = r.owner_id AND p.since <= $2 AND $2 < p.until
             WHERE r.id = $1 AND r.since <= $2 AND $2 < r.until LIMIT 1");
    OF_PATTERN = concat!("SELECT ", resource_columns!("r"), " FROM resource_versions r
             WHERE r.kind = $1 AND r.normal = $2 AND r.until = 9223372036854775807 LIMIT 1");
    /// For matching: of one kind, or of all.
    AFTER = concat!("SELECT ", resource_columns!("r"), " FROM resource_versions r
             WHERE r.id > $1 AND r.since <= $2 AND $2 < r.until AND (CAST($3 AS TEXT) IS NULL OR r.kind = $3) ORDER BY r.id LIMIT $4");
    VERSIONS_OF = concat!("SELECT ", resource_columns!("r"), " FROM resource_versions r WHERE r.id = $1 AND r.since <= $2 ORDER BY r.since DESC LIMIT $3");
    OWNED_BY = concat!("SELECT ", resource_columns!("r"), " FROM resource_versions r WHERE r.owner_id = $1 AND r.until = 9223372036854775807 ORDER BY r.id LIMIT 1000000");
}

/// A resource with the name of its owner.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct Listed {
    #[sqlx(flatten)]
    pub resource: Resource,
    pub owner_name: Option<String>,
}

impl Resource {
    #[must_use]
    pub fn without_owner(&self) -> Self {
        Self { owner_id: None, ..self.clone() }
    }
}

/// One page by name, after a name and an id.
pub async fn page(tx: &mut Tx, seq: Seq, filter: &Filter, after: (&str, ResourceId), limit: i64) -> Result<Vec<Listed>> {
    let flag = |b: bool| i64::from(b);
    let mut page = Page::new(filter.search.as_ref(), limit);
    let (mut name, mut id) = (after.0.to_owned(), after.1);
    loop {
        let rows = on!(tx, c => {
            sqlx::query_as::<_, Listed>(PAGE).bind(seq).bind(filter.kind)
                .bind(flag(filter.owner.is_some())).bind(filter.owner.unwrap_or(PersonId::nil()))
                .bind(filter.criticality).bind(filter.data_class).bind(filter.environment).bind(flag(filter.no_owner))
                .bind(name.clone()).bind(id).bind(page.step()).fetch_all(c).await?
        });
        if let Some(last) = rows.last() {
            (name, id) = (last.resource.name.clone(), last.resource.id);
        }
        if !page.take(rows, |term, l| term.is_in(&l.resource.name) || term.is_in(&l.resource.normal)) {
            return Ok(page.rows);
        }
    }
}

/// How many there are, and how many of those have no owner.
pub async fn totals(tx: &mut Tx, seq: Seq) -> Result<(i64, i64)> {
    Ok(on!(tx, c => sqlx::query_as::<_, (i64, i64)>(TOTALS).bind(seq).fetch_one(c).await?))
}

pub async fn by_id(tx: &mut Tx, id: ResourceId, seq: Seq) -> Result<Option<Listed>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Listed>(BY_ID).bind(id).bind(seq).fetch_optional(c).await?))
}

/// The resource of a kind and a normal form, where one is registered now.
pub async fn of_pattern(tx: &mut Tx, kind: LocatorKind, normal: &str) -> Result<Option<Resource>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Resource>(OF_PATTERN).bind(kind).bind(normal).fetch_optional(c).await?))
}

/// Resources of a kind, or of every kind, after an id; one page.
pub async fn after(tx: &mut Tx, kind: Option<LocatorKind>, seq: Seq, id: ResourceId, limit: i64) -> Result<Vec<Resource>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Resource>(AFTER).bind(id).bind(seq).bind(kind).bind(limit).fetch_all(c).await?))
}

/// Every version up to a position, newest first.
pub async fn versions_of(tx: &mut Tx, id: ResourceId, seq: Seq, limit: i64) -> Result<Vec<Resource>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Resource>(VERSIONS_OF).bind(id).bind(seq).bind(limit).fetch_all(c).await?))
}

/// What somebody owns now.
pub async fn owned_by(tx: &mut Tx, person: PersonId) -> Result<Vec<Resource>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Resource>(OWNED_BY).bind(person).fetch_all(c).await?))
}
