//! Salted free text: rows whose content redaction may erase.

use crate::db::Tx;
use crate::rows::Row;
use crate::{Result, tables};
use domain::blob::commitment;
use domain::facts::Value;
use uuid::Uuid;

statements! {
    READ = "SELECT content FROM blobs WHERE id = $1 LIMIT 1";
}

/// A new blob under `id`.
pub fn row(id: Uuid, media: &str, salt: &[u8], content: &[u8]) -> Row {
    Row::new(
        &tables::BLOBS,
        vec![
            id.into(),
            Value::Int(0),
            commitment(salt, content).into(),
            Value::Int(content.len() as i64),
            media.into(),
            Value::Bytes(salt.to_vec()),
            Value::Bytes(content.to_vec()),
        ],
    )
}

/// The content: the outer option is the row, the inner one is empty after a redaction.
pub async fn read(tx: &mut Tx, id: Uuid) -> Result<Option<Option<Vec<u8>>>> {
    Ok(on!(tx, c => sqlx::query_scalar::<_, Option<Vec<u8>>>(READ).bind(id).fetch_optional(c).await?))
}
