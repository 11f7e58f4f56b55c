//! Suspensions: what is out of the live plane, and why. One is an insert that compares nothing, so that nothing can keep a
//! quarantine from happening.

use crate::Result;
use crate::changes::applications::COUNTERSIGNED;
use crate::engine::db::Tx;
use crate::engine::table::{Table, index};
use crate::identities::{PROVENANCE, proven};
use domain::change::operation::SubjectKind;
use domain::identity::Plane;
use domain::ids::{IdentityId, SuspensionId};
use domain::seq::Seq;
use domain::time::Timestamp;

proven! { $
    /// That something is out of the live plane.
    Suspension in SUSPENSIONS, suspension_columns {
        since,
        id: SuspensionId,
        plane: Plane,
        subject_kind: SubjectKind,
        /// A match key or an id.
        subject: String,
        cause: String,
        lifts_at: Option<Timestamp>,
    }
}

pub static SUSPENSIONS: Table = Table {
    name: "suspensions",
    about: "What is out of the live plane: a grant, an identity, a source, by cause.",
    columns: Suspension::COLUMNS,
    one_open: &["plane", "subject_kind", "subject", "cause"],
    indexes: &[index("by_subject", &["subject"])],
    checks: PROVENANCE,
    refusals: &[COUNTERSIGNED],
    ..Table::PLAIN
};

statements! {
    OF_SUBJECT = concat!("SELECT ", suspension_columns!("s"), " FROM suspensions s
        WHERE s.subject = $1 AND s.since <= $2 AND $2 < s.until AND s.plane = $3 ORDER BY s.id LIMIT 1000");
    /// Match keys begin with their holder.
    OF_HOLDER = concat!("SELECT ", suspension_columns!("s"), " FROM suspensions s
        WHERE (s.subject = $1 OR (s.subject >= $4 AND s.subject < $4 || '~')) AND s.since <= $2 AND $2 < s.until AND s.plane = $3 ORDER BY s.id LIMIT 10000");
}

/// What is suspended of a subject in a plane as of a position.
pub async fn of_subject(tx: &mut Tx, subject: &str, plane: Plane, seq: Seq) -> Result<Vec<Suspension>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Suspension>(OF_SUBJECT).bind(subject).bind(seq).bind(plane).fetch_all(c).await?))
}

/// What is suspended of an identity and of its grants.
pub async fn of_holder(tx: &mut Tx, id: IdentityId, plane: Plane, seq: Seq) -> Result<Vec<Suspension>> {
    let (own, keys) = (id.to_string(), id.uuid().simple().to_string());
    Ok(on!(tx, c => {
        sqlx::query_as::<_, Suspension>(OF_HOLDER).bind(own.as_str()).bind(seq).bind(plane).bind(keys.as_str()).fetch_all(c).await?
    }))
}
