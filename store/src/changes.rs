//! Change requests: their versions, what they touch, and their candidates. What people say of them stands in `verdicts`,
//! what came of them in `applications`, what is open of them for everybody in `inbox`.

/// States in which something may still become of a change: `domain::change::state::is_open`.
macro_rules! open_states {
    ($alias:literal) => {
        concat!($alias, "state IN ('in_review', 'needs_information', 'narrowed', 'approved', 'applying', 'reported')")
    };
}

pub mod adopted;
pub mod applications;
pub mod counted;
pub mod inbox;
pub mod verdicts;

use crate::Result;
use crate::engine::db::Tx;
use crate::engine::table::{Rows, Table, TableKind, index, index_where};
use domain::change::route::{Auth, Line};
use domain::change::{Direction, State};
use domain::ids::{BlobId, CandidateId, ChangeId, ChangeSubjectId, IdentityId, PersonId};
use domain::ledger::ActorKind;
use domain::query::changes::Filter;
use domain::seq::Seq;
use domain::time::Timestamp;
use uuid::Uuid;

row! { $
    /// A version of a change: where it stands.
    Change in CHANGE_VERSIONS, change_columns {
        since,
        id: ChangeId,
        state: State,
        candidate_id: CandidateId,
        asked_by_kind: ActorKind,
        asked_by_id: Option<Uuid>,
        drafted_by_kind: ActorKind,
        drafted_by_id: Option<Uuid>,
        /// Who minted the token it came by: they may have written it.
        minted_by_id: Option<PersonId>,
        direction: Direction,
        /// Its place among others, by the matrix: the severest has the lowest.
        rank: i64,
        justification_id: Option<BlobId>,
        ticket: Option<String>,
        rollback_id: Option<BlobId>,
        undoes_id: Option<ChangeId> [-> "changes"],
        asked_at: Timestamp,
        review_ends_at: Timestamp,
        /// Of an approved one: until when anybody eligible may object.
        waits_until: Option<Timestamp>,
        lapses_at: Option<Timestamp>,
        /// When time alone moves it next.
        due_at: Option<Timestamp>,
        outcome_unknown_since: Option<Timestamp>,
    }
}

pub static CHANGE_VERSIONS: Table = Table {
    name: "change_versions",
    about: "Change requests.",
    anchor: Some("changes"),
    key: &["id", "since"],
    columns: Change::COLUMNS,
    one_open: &["id"],
    indexes: &[
        index_where("by_rank_open", &["rank", "asked_at", "id"], Rows::OpenWhere(open_states!(""))),
        index_where("by_due_at_open", &["due_at", "id"], Rows::OpenWhere("due_at IS NOT NULL")),
        index_where("by_asked_by_open", &["asked_by_id", "asked_at"], Rows::Open),
        index("by_undoes_id", &["undoes_id"]),
        index("by_asked_at_id", &["asked_at", "id"]),
    ],
    checks: &[
        "asked_by_kind <> 'import' AND drafted_by_kind <> 'import'",
        "asked_by_kind IN ('system', 'host') OR asked_by_id IS NOT NULL",
        "drafted_by_kind IN ('system', 'host') OR drafted_by_id IS NOT NULL",
    ],
    ..Table::PLAIN
};

row! { $
    /// That a change touches an identity, by one of its candidates.
    ChangeSubject in CHANGE_SUBJECTS, subject_columns {
        id: ChangeSubjectId,
        seq: Seq,
        change_id: ChangeId [-> "changes"],
        identity_id: IdentityId [-> "identities"],
    }
}

pub static CHANGE_SUBJECTS: Table = Table {
    name: "change_subjects",
    about: "Which identities a change touches: for their pages, their sums and their quotas.",
    kind: TableKind::Recorded,
    columns: ChangeSubject::COLUMNS,
    unique: &[&["change_id", "identity_id"]],
    indexes: &[index("by_identity_id", &["identity_id", "change_id"])],
    ..Table::PLAIN
};

row! { $
    /// That a change of the gate is about a person.
    ChangePerson in CHANGE_PEOPLE, change_person_columns {
        id: ChangeSubjectId,
        seq: Seq,
        change_id: ChangeId [-> "changes"],
        person_id: PersonId [-> "people"],
        /// Whether it lets them in again.
        restores: i64,
    }
}

pub static CHANGE_PEOPLE: Table = Table {
    name: "change_people",
    about: "Which people a change of the gate is about: doors ask it whether a role or an account still stands.",
    kind: TableKind::Recorded,
    columns: ChangePerson::COLUMNS,
    unique: &[&["change_id", "person_id"]],
    indexes: &[index("by_person_id", &["person_id", "change_id"])],
    checks: &["restores IN (0, 1)"],
    ..Table::PLAIN
};

row! { $
    /// A candidate: what is approved.
    Candidate in CANDIDATES, candidate_columns {
        since,
        id: CandidateId,
        change_id: ChangeId [-> "changes"],
        /// RFC 8785 of all of it: what is hashed.
        text: String,
        digest: String,
        /// Who has to do with it, as it was made: what lists ask. Decisions compute it anew.
        ties: String,
        direction: Direction,
        /// The row of the matrix: what changes the gate is known by it.
        line: Line,
        policy_version: i64,
        auth: Auth,
        required_people: i64,
        required_groups: i64,
        required_security: i64,
        /// How many owners must consent.
        required_owners: i64,
        required_resource_owners: i64,
    }
}

pub static CANDIDATES: Table = Table {
    name: "candidates",
    about: "Base (read set), operations, computed effect, route and policy version, hashed: what is approved. What its route asks for stands beside it, so that the database can count.",
    columns: Candidate::COLUMNS,
    one_open: &["change_id"],
    indexes: &[index("by_change_id", &["change_id"])],
    checks: &[
        "required_people >= 0 AND required_groups >= 0 AND required_security >= 0",
        "required_owners >= 0 AND required_resource_owners >= 0",
    ],
    ..Table::PLAIN
};

statements! {
    BY_ID = concat!("SELECT ", change_columns!("v"), " FROM change_versions v WHERE v.id = $1 AND v.since <= $2 AND $2 < v.until LIMIT 1");
    VERSIONS_OF = concat!("SELECT ", change_columns!("v"), " FROM change_versions v WHERE v.id = $1 AND v.since <= $2 ORDER BY v.since LIMIT 1000");
    /// Newest first, before an instant and an id.
    PAGE = concat!("SELECT ", change_columns!("v"), " FROM change_versions v
        WHERE v.since <= $1 AND $1 < v.until
          AND (CAST($2 AS TEXT) IS NULL OR v.state = $2) AND (CAST($3 AS TEXT) IS NULL OR v.direction = $3)
          AND ($4 = 0 OR v.asked_by_id = $5)
          AND ($6 = 0 OR EXISTS (SELECT 1 FROM change_subjects s WHERE s.change_id = v.id AND s.identity_id = $7))
          AND (v.asked_at, v.id) < ($8, $9) ORDER BY v.asked_at DESC, v.id DESC LIMIT $10");
    /// What is open, the severest first, then the oldest; after a place in that order.
    OPEN = concat!("SELECT ", change_columns!("v"), " FROM change_versions v
        WHERE v.until = 9223372036854775807 AND ", open_states!("v."), " AND (v.rank, v.asked_at, v.id) > ($1, $2, $3) ORDER BY v.rank, v.asked_at, v.id LIMIT $4");
    DUE = concat!("SELECT ", change_columns!("v"), " FROM change_versions v
        WHERE v.until = 9223372036854775807 AND v.due_at IS NOT NULL AND v.due_at <= $1 ORDER BY v.due_at, v.id LIMIT 200");
    CANDIDATE = concat!("SELECT ", candidate_columns!("c"), " FROM candidates c WHERE c.id = $1 LIMIT 1");
    /// The candidate that a change had at a position.
    CANDIDATE_AT = concat!("SELECT ", candidate_columns!("c"), " FROM candidates c WHERE c.change_id = $1 AND c.since <= $2 ORDER BY c.since DESC LIMIT 1");
    CANDIDATES_OF = concat!("SELECT ", candidate_columns!("c"), " FROM candidates c WHERE c.change_id = $1 AND c.since <= $2 ORDER BY c.since LIMIT 1000");
    SUBJECTS_OF = "SELECT s.identity_id FROM change_subjects s WHERE s.change_id = $1 AND s.seq <= $2 ORDER BY s.identity_id LIMIT 100000";
    /// What is open of an identity, or took effect since a position.
    OF_IDENTITY = concat!("SELECT ", change_columns!("v"), " FROM change_subjects s JOIN change_versions v ON v.id = s.change_id AND v.until = 9223372036854775807
        WHERE s.identity_id = $1 AND (", open_states!("v."), " OR (v.state IN ('effective', 'rolled_back') AND v.since > $2)) ORDER BY v.id LIMIT 500");
    ABOUT = "SELECT s.change_id FROM change_subjects s WHERE s.identity_id = $1 ORDER BY s.change_id LIMIT 100000";
    ABOUT_PERSON = "SELECT p.change_id FROM change_people p WHERE p.person_id = $1 ORDER BY p.change_id LIMIT 1000";
    /// Open changes that somebody decided on, or is asked about: who has to do with a candidate stands in its ties.
    INVOLVING = concat!("SELECT v.id FROM change_versions v JOIN candidates c ON c.id = v.candidate_id
        WHERE v.until = 9223372036854775807 AND ", open_states!("v."), "
          AND (c.ties LIKE '%' || $1 || '%' OR EXISTS (SELECT 1 FROM decisions d WHERE d.candidate_id = c.id AND d.person_id = $2))
          AND v.id > $3 ORDER BY v.id LIMIT 1000");
    UNDONE_BY = "SELECT v.id FROM change_versions v WHERE v.undoes_id = $1 AND v.until = 9223372036854775807 ORDER BY v.id DESC LIMIT 1";
    /// Of one asker about one identity: how many are open, and how many were asked for since an instant.
    ASKED = concat!("SELECT COUNT(CASE WHEN ", open_states!("v."), " THEN 1 END), COUNT(CASE WHEN v.asked_at > $3 THEN 1 END)
        FROM change_subjects s JOIN change_versions v ON v.id = s.change_id AND v.until = 9223372036854775807
        WHERE s.identity_id = $1 AND v.asked_by_id = $2 AND v.id <> $4");
}

/// A change as of a position.
pub async fn by_id(tx: &mut Tx, id: ChangeId, seq: Seq) -> Result<Option<Change>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Change>(BY_ID).bind(id).bind(seq).fetch_optional(c).await?))
}

/// Every version up to a position, oldest first.
pub async fn versions_of(tx: &mut Tx, id: ChangeId, seq: Seq) -> Result<Vec<Change>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Change>(VERSIONS_OF).bind(id).bind(seq).fetch_all(c).await?))
}

/// One page, newest first, before an instant and an id.
pub async fn page(tx: &mut Tx, seq: Seq, f: &Filter, before: (Timestamp, ChangeId), limit: i64) -> Result<Vec<Change>> {
    let of = |id: Option<Uuid>| (i64::from(id.is_some()), id.unwrap_or_default());
    let (asked, identity) = (of(f.asked_by.map(PersonId::uuid)), of(f.identity.map(IdentityId::uuid)));
    Ok(on!(tx, c => {
        sqlx::query_as::<_, Change>(PAGE).bind(seq).bind(f.state).bind(f.direction).bind(asked.0).bind(asked.1)
            .bind(identity.0).bind(identity.1).bind(before.0).bind(before.1).bind(limit).fetch_all(c).await?
    }))
}

/// Where a list of open changes goes on: rank, age, id.
pub type Place = (i64, Timestamp, ChangeId);

impl Change {
    /// Its place among what is open.
    pub fn place(&self) -> Place {
        (self.rank, self.asked_at, self.id)
    }
}

/// What is open, the severest first, then the oldest; one page.
pub async fn open(tx: &mut Tx, after: Place, limit: i64) -> Result<Vec<Change>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Change>(OPEN).bind(after.0).bind(after.1).bind(after.2).bind(limit).fetch_all(c).await?))
}

/// What time alone has moved by an instant.
pub async fn due(tx: &mut Tx, at: Timestamp) -> Result<Vec<Change>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Change>(DUE).bind(at).fetch_all(c).await?))
}

pub async fn candidate(tx: &mut Tx, id: CandidateId) -> Result<Option<Candidate>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Candidate>(CANDIDATE).bind(id).fetch_optional(c).await?))
}

/// The candidate that a change had at a position.
pub async fn candidate_at(tx: &mut Tx, change: ChangeId, seq: Seq) -> Result<Option<Candidate>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Candidate>(CANDIDATE_AT).bind(change).bind(seq).fetch_optional(c).await?))
}

/// Every candidate of a change up to a position, oldest first.
pub async fn candidates_of(tx: &mut Tx, change: ChangeId, seq: Seq) -> Result<Vec<Candidate>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Candidate>(CANDIDATES_OF).bind(change).bind(seq).fetch_all(c).await?))
}

/// The identities a change touches.
pub async fn subjects_of(tx: &mut Tx, change: ChangeId, seq: Seq) -> Result<Vec<IdentityId>> {
    Ok(on!(tx, c => sqlx::query_scalar::<_, IdentityId>(SUBJECTS_OF).bind(change).bind(seq).fetch_all(c).await?))
}

/// Changes of an identity that are open, or took effect after a position.
pub async fn of_identity(tx: &mut Tx, identity: IdentityId, since: Seq) -> Result<Vec<Change>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Change>(OF_IDENTITY).bind(identity).bind(since).fetch_all(c).await?))
}

/// Every change that ever touched an identity.
pub async fn about(tx: &mut Tx, identity: IdentityId) -> Result<Vec<ChangeId>> {
    Ok(on!(tx, c => sqlx::query_scalar::<_, ChangeId>(ABOUT).bind(identity).fetch_all(c).await?))
}

/// Every change of the gate that was ever about a person.
pub async fn about_person(tx: &mut Tx, person: PersonId) -> Result<Vec<ChangeId>> {
    Ok(on!(tx, c => sqlx::query_scalar::<_, ChangeId>(ABOUT_PERSON).bind(person).fetch_all(c).await?))
}

/// Open changes that somebody decided on or is asked about, after one; a thousand at most.
pub async fn involving(tx: &mut Tx, person: PersonId, after: ChangeId) -> Result<Vec<ChangeId>> {
    let named = person.to_string();
    Ok(on!(tx, c => sqlx::query_scalar::<_, ChangeId>(INVOLVING).bind(named.as_str()).bind(person).bind(after).fetch_all(c).await?))
}

/// The newest change that undoes another one.
pub async fn undone_by(tx: &mut Tx, change: ChangeId) -> Result<Option<ChangeId>> {
    Ok(on!(tx, c => sqlx::query_scalar::<_, ChangeId>(UNDONE_BY).bind(change).fetch_optional(c).await?))
}

/// Of one asker about one identity, but for one change: how many are open, and how many were asked for after an instant.
pub async fn asked(tx: &mut Tx, identity: IdentityId, by: Uuid, after: Timestamp, but: ChangeId) -> Result<(i64, i64)> {
    Ok(on!(tx, c => sqlx::query_as::<_, (i64, i64)>(ASKED).bind(identity).bind(by).bind(after).bind(but).fetch_one(c).await?))
}
