//! Sources: registered feeds of facts.

use crate::Result;
use crate::db::Tx;
use crate::rows::Row;
use crate::tables;
use domain::facts::{ColumnKind, Value};
use uuid::Uuid;

statements! {
    BY_NAME = "SELECT id, since, name, kind, environment, vantage FROM source_versions
        WHERE name = $1 AND since <= $2 AND $2 < until LIMIT 1";
    ALL_AT = "SELECT id, since, name, kind, environment, vantage FROM source_versions
        WHERE since <= $1 AND $1 < until ORDER BY name LIMIT 1000";
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Source {
    pub id: Uuid,
    pub since: i64,
    pub name: String,
    pub kind: String,
    pub environment: Option<String>,
    pub vantage: String,
}

pub fn row(id: Uuid, name: &str, kind: &str, environment: Option<&str>, vantage: &str) -> Row {
    Row::new(
        &tables::SOURCE_VERSIONS,
        vec![
            id.into(),
            name.into(),
            kind.into(),
            Value::Null(ColumnKind::Id),
            environment.into(),
            vantage.into(),
            Value::Null(ColumnKind::Int),
            "[]".into(),
            "organisation".into(),
            "{}".into(),
        ],
    )
}

pub async fn by_name(tx: &mut Tx, name: &str, seq: i64) -> Result<Option<Source>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Source>(BY_NAME).bind(name).bind(seq).fetch_optional(c).await?))
}

pub async fn all_at(tx: &mut Tx, seq: i64) -> Result<Vec<Source>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Source>(ALL_AT).bind(seq).fetch_all(c).await?))
}
