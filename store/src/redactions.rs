//! Redactions: what was erased, by whom, and the erasing itself. The digests stay, so every proof still holds.

use crate::db::Tx;
use crate::ledger::{self, Stored};
use crate::rows::Row;
use crate::{Error, Result, tables};
use domain::facts::Value;
use domain::redaction::Subject;
use uuid::Uuid;

statements! {
    ERASE_BLOB = "UPDATE blobs SET content = NULL, salt = NULL WHERE id = $1 AND content IS NOT NULL";
    ERASE_PERSON = "UPDATE person_versions SET name = NULL, email = NULL, pii_salt = NULL WHERE id = $1 AND pii_salt IS NOT NULL";
    BLOB_STANDS = "SELECT COUNT(*) FROM blobs WHERE id = $1 AND content IS NOT NULL";
    PERSON_STANDS = "SELECT COUNT(*) FROM person_versions WHERE id = $1 AND pii_salt IS NOT NULL";
    ALL_AT = "SELECT seq, subject_table, subject_id, reason, first_person_id, second_person_id FROM redactions WHERE seq <= $1 ORDER BY seq DESC LIMIT 200";
}

/// A redaction that was carried out.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Redaction {
    pub seq: i64,
    pub subject_table: String,
    pub subject_id: Uuid,
    pub reason: String,
    pub first_person_id: Uuid,
    pub second_person_id: Uuid,
}

pub fn row(id: Uuid, subject: Subject, reason: &str, first: Uuid, second: Uuid) -> Row {
    let values = vec![id.into(), Value::Int(0), subject.table().into(), subject.id().into(), reason.into(), first.into(), second.into()];
    Row::new(&tables::REDACTIONS, values)
}

/// Erases; that nothing stood there is a conflict.
pub(crate) async fn erase(tx: &mut Tx, subject: Subject) -> Result<()> {
    let text = match subject {
        Subject::Blob(_) => ERASE_BLOB,
        Subject::Person(_) => ERASE_PERSON,
    };
    let changed = on!(tx, c => sqlx::query(text).bind(subject.id()).execute(c).await.map_err(Error::from_statement)?.rows_affected());
    if changed == 0 { Err(Error::Conflict { table: subject.table() }) } else { Ok(()) }
}

/// True where there is something to erase.
pub async fn stands(tx: &mut Tx, subject: Subject) -> Result<bool> {
    let text = match subject {
        Subject::Blob(_) => BLOB_STANDS,
        Subject::Person(_) => PERSON_STANDS,
    };
    Ok(on!(tx, c => sqlx::query_scalar::<_, i64>(text).bind(subject.id()).fetch_one(c).await?) > 0)
}

/// The newest redactions as of a position.
pub async fn all_at(tx: &mut Tx, seq: i64) -> Result<Vec<Redaction>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Redaction>(ALL_AT).bind(seq).fetch_all(c).await?))
}

/// The newest entries of a verb as of a position.
pub async fn asked(tx: &mut Tx, seq: i64, verb: &str) -> Result<Vec<Stored>> {
    ledger::page(tx, (ledger::Order::NewestFirst, seq + 1), seq, 200, &ledger::Filter::Verb(verb.to_owned())).await
}
