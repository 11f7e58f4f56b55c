//! Redactions: what was erased, by whom, and the erasing itself. The digests stay, so every proof still holds.

use crate::engine::db::Tx;
use crate::engine::table::{Table, TableKind};
use crate::ledger::{self, Stored, Which};
use crate::{Error, Result};
use domain::ids::{BlobId, IdentityId, PersonId, RedactionId};
use domain::query::ledger::Order;
use domain::redaction::{Reason, Subject};
use domain::seq::Seq;
use domain::surface::SurfaceKind;
use uuid::Uuid;

row! { $
    /// A redaction that was carried out.
    Redaction in REDACTIONS, redaction_columns {
        id: RedactionId,
        seq: Seq,
        subject_table: String,
        subject_id: Uuid,
        reason: Reason,
        first_person_id: PersonId,
        second_person_id: PersonId,
    }
}

pub static REDACTIONS: Table = Table {
    name: "redactions",
    about: "What two people erased, and why.",
    kind: TableKind::Recorded,
    columns: Redaction::COLUMNS,
    checks: &["first_person_id <> second_person_id"],
    ..Table::PLAIN
};

statements! {
    ERASE_BLOB = "UPDATE blobs SET content = NULL, salt = NULL WHERE id = $1 AND content IS NOT NULL";
    ERASE_PERSON = "UPDATE person_versions SET name = NULL, email = NULL, pii_salt = NULL WHERE id = $1 AND pii_salt IS NOT NULL";
    BLOB_STANDS = "SELECT COUNT(*) FROM blobs WHERE id = $1 AND content IS NOT NULL";
    PERSON_STANDS = "SELECT COUNT(*) FROM person_versions WHERE id = $1 AND pii_salt IS NOT NULL";
    ALL_AT = concat!("SELECT ", redaction_columns!("r"), " FROM redactions r WHERE r.seq <= $1 ORDER BY r.seq DESC LIMIT 200");
    /// Of which identity a text is, and which surface; the purpose of a record is none.
    SURFACE_OF = "SELECT identity_id, kind FROM surface_versions WHERE content_id = $1 ORDER BY since DESC LIMIT 1";
    PURPOSE_OF = "SELECT id FROM identity_versions WHERE purpose_id = $1 ORDER BY since DESC LIMIT 1";
}

/// Whose a text is: the surface it stands in, or the purpose of an identity.
pub async fn whose(tx: &mut Tx, blob: BlobId) -> Result<Option<(IdentityId, Option<SurfaceKind>)>> {
    let surface = on!(tx, c => sqlx::query_as::<_, (IdentityId, SurfaceKind)>(SURFACE_OF).bind(blob).fetch_optional(c).await?);
    if let Some((id, kind)) = surface {
        return Ok(Some((id, Some(kind))));
    }
    let purpose = on!(tx, c => sqlx::query_scalar::<_, IdentityId>(PURPOSE_OF).bind(blob).fetch_optional(c).await?);
    Ok(purpose.map(|id| (id, None)))
}

impl Redaction {
    pub fn new(id: RedactionId, subject: Subject, reason: Reason, first: PersonId, second: PersonId) -> Self {
        let (subject_table, subject_id) = (subject.table().to_owned(), subject.id());
        Self { id, seq: Seq::ZERO, subject_table, subject_id, reason, first_person_id: first, second_person_id: second }
    }
}

/// Erases; that nothing stood there is a conflict.
pub(crate) async fn erase(tx: &mut Tx, subject: Subject) -> Result<()> {
    let text = match subject {
        Subject::Blob(_) => ERASE_BLOB,
        Subject::Person(_) => ERASE_PERSON,
    };
    let changed = on!(tx, c => sqlx::query(text).bind(subject.id()).execute(c).await.map_err(Error::from_statement)?.rows_affected());
    if changed == 0 { Err(Error::Conflict { what: subject.kind().to_owned() }) } else { Ok(()) }
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
pub async fn all_at(tx: &mut Tx, seq: Seq) -> Result<Vec<Redaction>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Redaction>(ALL_AT).bind(seq).fetch_all(c).await?))
}

/// The newest entries of a verb as of a position.
pub async fn asked(tx: &mut Tx, seq: Seq, verb: &str) -> Result<Vec<Stored>> {
    ledger::page(tx, (Order::Newest, seq.plus(1)), seq, 200, &Which::verb(verb)).await
}
