//! Everybody who might decide, with since when: roles, groups and ways to sign in, each with the instant of its entry.

use crate::Result;
use crate::engine::db::Tx;
use crate::people::Assignment;
use domain::ids::{GroupId, PersonId};
use domain::ledger::ActorKind;
use domain::person::AuthenticatorKind;
use domain::seq::Seq;
use domain::time::Timestamp;
use uuid::Uuid;

statements! {
    ROLES = "SELECT r.since, r.id, r.person_id, r.role, r.scope_kind, r.scope, l.at AS held_at
        FROM role_assignments r JOIN ledger l ON l.seq = r.since WHERE r.until = 9223372036854775807 ORDER BY r.person_id, r.id LIMIT 20000";
    GROUPS = "SELECT m.person_id, m.group_id, l.at FROM group_members m JOIN ledger l ON l.seq = m.since WHERE m.until = 9223372036854775807 ORDER BY m.person_id LIMIT 20000";
    FACTORS = "SELECT a.person_id, a.kind, a.enrolled_by_kind, a.enrolled_by_id, l.at
        FROM authenticators a JOIN ledger l ON l.seq = a.since WHERE a.until = 9223372036854775807 ORDER BY a.person_id, a.id LIMIT 50000";
    /// Whoever a change lets in again was taken back by it.
    RESETS = "SELECT seq, at, verb, actor_kind, actor_id, subject_id FROM ledger
        WHERE verb IN ('person.password_reset', 'person.reset_asked', 'person.factors_reset', 'person.taken_back', 'person.joined')
        UNION ALL SELECT l.seq, l.at, 'person.taken_back', l.actor_kind, l.actor_id, p.person_id FROM change_people p JOIN ledger l ON l.seq = p.seq
        WHERE p.restores = 1 ORDER BY seq LIMIT 50000";
}

/// A role and since when it is held.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Held {
    #[sqlx(flatten)]
    pub assignment: Assignment,
    pub held_at: Timestamp,
}

/// A way somebody signs in: who made it, and when.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Factor {
    pub person_id: PersonId,
    pub kind: AuthenticatorKind,
    pub enrolled_by_kind: ActorKind,
    pub enrolled_by_id: Option<Uuid>,
    pub at: Timestamp,
}

/// Everybody's roles of now.
pub async fn roles(tx: &mut Tx) -> Result<Vec<Held>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Held>(ROLES).fetch_all(c).await?))
}

/// Who is in which group now, and since when.
pub async fn groups(tx: &mut Tx) -> Result<Vec<(PersonId, GroupId, Timestamp)>> {
    Ok(on!(tx, c => sqlx::query_as::<_, (PersonId, GroupId, Timestamp)>(GROUPS).fetch_all(c).await?))
}

/// Everybody's ways to sign in.
pub async fn factors(tx: &mut Tx) -> Result<Vec<Factor>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Factor>(FACTORS).fetch_all(c).await?))
}

/// An entry by which somebody else reset, or asked to reset, a way somebody signs in.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Reset {
    pub seq: Seq,
    pub at: Timestamp,
    pub verb: String,
    pub actor_kind: ActorKind,
    pub actor_id: Option<Uuid>,
    pub subject_id: Option<PersonId>,
}

/// Every reset of a way to sign in and every request for one, oldest first.
pub async fn resets(tx: &mut Tx) -> Result<Vec<Reset>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Reset>(RESETS).fetch_all(c).await?))
}
