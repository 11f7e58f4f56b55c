//! External keys: how sources name identities.

use crate::Result;
use crate::engine::db::Tx;
use crate::engine::table::{Table, index, index_open};
use crate::identities::live;
use domain::ids::{BatchId, ExternalKeyId, IdentityId, SourceId};
use domain::seq::Seq;

row! { $
    /// A key by which a source names an identity.
    ExternalKey in EXTERNAL_KEYS, external_key_columns {
        since,
        id: ExternalKeyId,
        batch: Option<BatchId>,
        identity_id: IdentityId [-> "identities"],
        source_id: SourceId [-> "sources"],
        kind: String,
        key: String,
    }
}

pub static EXTERNAL_KEYS: Table = Table {
    name: "external_keys",
    about: "How a source names an identity. A key belongs to one identity, an identity has many.",
    columns: ExternalKey::COLUMNS,
    one_open: &["source_id", "kind", "key"],
    indexes: &[index("by_identity_id", &["identity_id"]), index_open("by_source_id_kind_key_open", &["source_id", "kind", "key"])],
    ..Table::PLAIN
};

statements! {
    OF_IDENTITY = concat!("SELECT k.source_id, k.kind, k.key, s.name AS source FROM external_keys k
             JOIN source_versions s ON s.id = k.source_id AND s.since <= $2 AND $2 < s.until
             WHERE k.identity_id = $1 AND k.since <= $2 AND $2 < k.until AND ", live!("k", "$2"), " ORDER BY s.name, k.kind LIMIT 50");
    KEYS_OF = concat!("SELECT ", external_key_columns!("k"), " FROM external_keys k
             WHERE k.identity_id = $1 AND k.since <= $2 AND $2 < k.until AND ", live!("k", "$2"), " ORDER BY k.id LIMIT 1000");
    /// Whose a key is now, of a batch that lives or not yet.
    HOLDER = "SELECT identity_id FROM external_keys WHERE source_id = $1 AND kind = $2 AND key = $3 AND until = 9223372036854775807 LIMIT 1";
    OF_SOURCE = "SELECT kind, key, identity_id FROM external_keys WHERE source_id = $1 AND (kind, key) > ($2, $3) AND until = 9223372036854775807 ORDER BY kind, key LIMIT 2000";
}

/// An external key with the source's name.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct NamedKey {
    pub source_id: SourceId,
    pub kind: String,
    pub key: String,
    pub source: String,
}

pub async fn of_identity(tx: &mut Tx, id: IdentityId, seq: Seq) -> Result<Vec<NamedKey>> {
    Ok(on!(tx, c => sqlx::query_as::<_, NamedKey>(OF_IDENTITY).bind(id).bind(seq).fetch_all(c).await?))
}

/// The keys of an identity as of a position.
pub async fn keys_of(tx: &mut Tx, id: IdentityId, seq: Seq) -> Result<Vec<ExternalKey>> {
    Ok(on!(tx, c => sqlx::query_as::<_, ExternalKey>(KEYS_OF).bind(id).bind(seq).fetch_all(c).await?))
}

/// Whose a key is now.
pub async fn holder(tx: &mut Tx, source: SourceId, kind: &str, key: &str) -> Result<Option<IdentityId>> {
    Ok(on!(tx, c => sqlx::query_scalar::<_, IdentityId>(HOLDER).bind(source).bind(kind).bind(key).fetch_optional(c).await?))
}

/// The open keys of a source after (kind, key); one page.
pub async fn of_source(tx: &mut Tx, source: SourceId, (kind, key): (&str, &str)) -> Result<Vec<(String, String, IdentityId)>> {
    Ok(on!(tx, c => sqlx::query_as::<_, (String, String, IdentityId)>(OF_SOURCE).bind(source).bind(kind).bind(key).fetch_all(c).await?))
}
