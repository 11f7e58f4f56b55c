//! External keys: how sources name identities.

use crate::db::Tx;
use crate::identities::live;
use crate::rows::Row;
use crate::{Result, tables};
use uuid::Uuid;

statements! {
    OF_IDENTITY = concat!("SELECT k.source_id, k.kind, k.key, s.name AS source FROM external_keys k
             JOIN source_versions s ON s.id = k.source_id AND s.since <= $2 AND $2 < s.until
             WHERE k.identity_id = $1 AND k.since <= $2 AND $2 < k.until AND ", live!("k", "$2"), " ORDER BY s.name, k.kind LIMIT 50");
    OF_SOURCE = "SELECT kind, key, identity_id FROM external_keys WHERE source_id = $1 AND (kind, key) > ($2, $3) AND until = 9223372036854775807 ORDER BY kind, key LIMIT 2000";
}

/// An external key with the source's name.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Key {
    pub source_id: Uuid,
    pub kind: String,
    pub key: String,
    pub source: String,
}

pub async fn of_identity(tx: &mut Tx, id: Uuid, seq: i64) -> Result<Vec<Key>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Key>(OF_IDENTITY).bind(id).bind(seq).fetch_all(c).await?))
}

/// The open keys of a source after (kind, key); one page.
pub async fn of_source(tx: &mut Tx, source: Uuid, (kind, key): (&str, &str)) -> Result<Vec<(String, String, Uuid)>> {
    Ok(on!(tx, c => sqlx::query_as::<_, (String, String, Uuid)>(OF_SOURCE).bind(source).bind(kind).bind(key).fetch_all(c).await?))
}

pub fn row(id: Uuid, batch: Option<Uuid>, identity: Uuid, source: Uuid, kind: &str, key: &str) -> Row {
    Row::new(&tables::EXTERNAL_KEYS, vec![id.into(), batch.into(), identity.into(), source.into(), kind.into(), key.into()])
}
