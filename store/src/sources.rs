//! Sources: registered feeds of facts.

use crate::Result;
use crate::db::Tx;
use crate::rows::Row;
use crate::tables;
use uuid::Uuid;

macro_rules! source {
    () => {
        "SELECT id, since, name, kind, owner_id, environment, vantage, interval_seconds, allowed_tokens, scope, settings FROM source_versions "
    };
}

statements! {
    BY_NAME = concat!(source!(), "WHERE name = $1 AND since <= $2 AND $2 < until LIMIT 1");
    BY_ID = concat!(source!(), "WHERE id = $1 AND since <= $2 AND $2 < until LIMIT 1");
    ALL_AT = concat!(source!(), "WHERE since <= $1 AND $1 < until ORDER BY name LIMIT 1000");
    HEARD = "SELECT source_id, MAX(observed_at) AS last, COUNT(*) AS imports FROM imports WHERE seq <= $1 GROUP BY source_id LIMIT 1000";
}

#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Source {
    pub id: Uuid,
    pub since: i64,
    pub name: String,
    pub kind: String,
    pub owner_id: Option<Uuid>,
    pub environment: Option<String>,
    pub vantage: String,
    /// How often it is expected.
    pub interval_seconds: Option<i64>,
    /// JSON: which tokens may feed it, where that is narrowed.
    allowed_tokens: String,
    scope: String,
    settings: String,
}

impl Source {
    pub fn new(id: Uuid, name: &str, kind: domain::source::Kind, environment: Option<&str>) -> Self {
        Self {
            id,
            since: 0,
            name: name.to_owned(),
            kind: kind.as_str().to_owned(),
            owner_id: None,
            environment: environment.map(str::to_owned),
            vantage: domain::source::Vantage::of(kind).as_str().to_owned(),
            interval_seconds: None,
            allowed_tokens: "[]".to_owned(),
            scope: "organisation".to_owned(),
            settings: "{}".to_owned(),
        }
    }

    #[must_use]
    pub fn without_owner(&self) -> Self {
        Self { owner_id: None, ..self.clone() }
    }

    pub fn row(&self) -> Row {
        Row::new(
            &tables::SOURCE_VERSIONS,
            vec![
                self.id.into(),
                self.name.as_str().into(),
                self.kind.as_str().into(),
                self.owner_id.into(),
                self.environment.clone().into(),
                self.vantage.as_str().into(),
                self.interval_seconds.into(),
                self.allowed_tokens.as_str().into(),
                self.scope.as_str().into(),
                self.settings.as_str().into(),
            ],
        )
    }
}

pub async fn by_name(tx: &mut Tx, name: &str, seq: i64) -> Result<Option<Source>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Source>(BY_NAME).bind(name).bind(seq).fetch_optional(c).await?))
}

pub async fn by_id(tx: &mut Tx, id: Uuid, seq: i64) -> Result<Option<Source>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Source>(BY_ID).bind(id).bind(seq).fetch_optional(c).await?))
}

pub async fn all_at(tx: &mut Tx, seq: i64) -> Result<Vec<Source>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Source>(ALL_AT).bind(seq).fetch_all(c).await?))
}

/// When each source was last heard, and how often in all.
pub async fn heard(tx: &mut Tx, seq: i64) -> Result<Vec<(Uuid, i64, i64)>> {
    Ok(on!(tx, c => sqlx::query_as::<_, (Uuid, i64, i64)>(HEARD).bind(seq).fetch_all(c).await?))
}
