//! Salted free text: rows whose content redaction may erase.

use crate::Result;
use crate::engine::db::Tx;
use crate::engine::table::{Table, TableKind, index};
use domain::blob::commitment;
use domain::ids::BlobId;
use domain::seq::Seq;

row! { $
    /// A text. The ledger commits to SHA-256(salt ‖ content) only.
    Blob in BLOBS, blob_columns {
        id: BlobId,
        seq: Seq,
        digest: String,
        size: i64,
        media: String,
        salt: Option<Vec<u8>> [erasable],
        content: Option<Vec<u8>> [erasable],
    }
}

pub static BLOBS: Table = Table {
    name: "blobs",
    about: "Free text and personal data. The ledger commits to SHA-256(salt || content) only; redaction sets both to NULL and every proof still holds.",
    kind: TableKind::Recorded,
    columns: Blob::COLUMNS,
    indexes: &[index("by_digest", &["digest"])],
    ..Table::PLAIN
};

statements! {
    READ = "SELECT content FROM blobs WHERE id = $1 LIMIT 1";
    COMMITTED = "SELECT digest, size FROM blobs WHERE id = $1 LIMIT 1";
    /// What is larger is not even read.
    READ_WITHIN = "SELECT size, CASE WHEN size <= $2 THEN content END AS content FROM blobs WHERE id = $1 LIMIT 1";
}

impl Blob {
    /// A plain text under a new salt.
    pub fn text(id: BlobId, salt: &[u8], content: &str) -> Self {
        Self {
            id,
            seq: Seq::ZERO,
            digest: commitment(salt, content.as_bytes()),
            size: content.len() as i64,
            media: "text/plain".to_owned(),
            salt: Some(salt.to_vec()),
            content: Some(content.as_bytes().to_vec()),
        }
    }
}

/// The content: the outer option is the row, the inner one is empty after a redaction.
pub async fn read(tx: &mut Tx, id: BlobId) -> Result<Option<Option<Vec<u8>>>> {
    Ok(on!(tx, c => sqlx::query_scalar::<_, Option<Vec<u8>>>(READ).bind(id).fetch_optional(c).await?))
}

/// What the ledger commits to of a text, and how long it is; of an erased one too.
pub async fn committed(tx: &mut Tx, id: BlobId) -> Result<Option<(String, i64)>> {
    Ok(on!(tx, c => sqlx::query_as::<_, (String, i64)>(COMMITTED).bind(id).fetch_optional(c).await?))
}

/// A content, if it is not too large.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Within {
    Text(Vec<u8>),
    Erased,
    Larger,
}

/// The content where it is at most so long; none where there is no such row.
pub async fn read_within(tx: &mut Tx, id: BlobId, most: i64) -> Result<Option<Within>> {
    let found = on!(tx, c => sqlx::query_as::<_, (i64, Option<Vec<u8>>)>(READ_WITHIN).bind(id).bind(most).fetch_optional(c).await?);
    Ok(found.map(|(size, content)| match content {
        Some(bytes) => Within::Text(bytes),
        None if size > most => Within::Larger,
        None => Within::Erased,
    }))
}
