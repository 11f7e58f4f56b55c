//! What people say of a change: decisions, consents, and what is neither. The database refuses what no rule of ours could
//! have let through: on a candidate that is closed or not in review, by its authors, twice by one human, without a MAC, or
//! without an assertion where the route asks for a passkey.

use crate::Result;
use crate::engine::db::Tx;
use crate::engine::table::{Event, Refusal, Table, TableKind, index};
use domain::change::state;
use domain::change::{ConsentAs, ConsentVerdict, Verdict};
use domain::ids::{BlobId, CandidateId, ChangeId, ConsentId, DecisionId, GroupId, PersonId, ReviewEventId};
use domain::ledger::ActorKind;
use domain::seq::Seq;
use uuid::Uuid;

row! { $
    /// One human's verdict on one candidate.
    Decision in DECISIONS, decision_columns {
        id: DecisionId,
        seq: Seq,
        candidate_id: CandidateId [-> "candidates"],
        person_id: PersonId [-> "people"],
        human: String,
        verdict: Verdict,
        group_id: Option<GroupId>,
        security: i64,
        independent: i64,
        /// Hex SHA-256 of what was on the page, and the page's own content.
        shown: String,
        shown_id: BlobId,
        nonce: Option<String>,
        /// JSON of a passkey's assertion over candidate, `shown`, person, nonce and verdict.
        assertion: Option<String>,
        guidance_id: Option<BlobId>,
        /// Keyed outside the database.
        mac: String,
    }
}

/// Nobody decides or consents who is not a human of today by that account.
const UNKNOWN_HUMAN: Refusal = Refusal {
    name: "human",
    on: Event::Insert,
    only: "",
    when: "NOT EXISTS (SELECT 1 FROM person_versions p WHERE p.id = NEW.person_id AND p.human = NEW.human AND p.since <= NEW.seq AND NEW.seq < p.until)",
    message: "the person is not that human",
};

/// A candidate that was replaced takes no word any more, nor does a change that is not in review. A command opens the new
/// version of the change before its decision, so what the decision made of it counts too.
macro_rules! not_in_review {
    ($states:literal) => {
        concat!(
            "NOT EXISTS (SELECT 1 FROM candidates c JOIN change_versions v ON v.id = c.change_id AND v.candidate_id = c.id AND v.since <= NEW.seq AND NEW.seq < v.until
        WHERE c.id = NEW.candidate_id AND c.since <= NEW.seq AND NEW.seq < c.until AND v.state IN (", $states, "))"
        )
    };
}

pub static DECISIONS: Table = Table {
    name: "decisions",
    about: "One human's verdict on one candidate. Group and security flag are those of the day.",
    kind: TableKind::Recorded,
    columns: Decision::COLUMNS,
    unique: &[&["candidate_id", "human"]],
    checks: &["mac <> ''", "shown <> ''", "(nonce IS NULL) = (assertion IS NULL)", "security IN (0, 1)", "independent IN (0, 1)"],
    refusals: &[
        UNKNOWN_HUMAN,
        Refusal {
            name: "open",
            on: Event::Insert,
            only: "NEW.verdict = 'approve'",
            when: not_in_review!("'in_review', 'approved'"),
            message: "the candidate is closed or not in review",
        },
        Refusal {
            name: "ended",
            on: Event::Insert,
            only: "NEW.verdict <> 'approve'",
            when: not_in_review!("'rejected', 'narrowed'"),
            message: "the candidate is closed or not in review",
        },
        Refusal {
            name: "author",
            on: Event::Insert,
            only: "",
            when: "EXISTS (SELECT 1 FROM candidates c JOIN change_versions v ON v.id = c.change_id AND v.since <= NEW.seq AND NEW.seq < v.until
        JOIN person_versions a ON a.since <= NEW.seq AND NEW.seq < a.until AND (a.id = v.asked_by_id OR a.id = v.drafted_by_id OR a.id = v.minted_by_id)
        WHERE c.id = NEW.candidate_id AND a.human = NEW.human)",
            message: "who asked for a change, drafted it or minted the token it came by decides nothing on it",
        },
        Refusal {
            name: "assertion",
            on: Event::Insert,
            only: "NEW.assertion IS NULL AND NEW.verdict IN ('approve', 'narrow')",
            when: "EXISTS (SELECT 1 FROM candidates c WHERE c.id = NEW.candidate_id AND c.auth = 'passkey')",
            message: "the route asks for a passkey",
        },
    ],
    ..Table::PLAIN
};

row! { $
    /// An owner's consent.
    Consent in CONSENTS, consent_columns {
        id: ConsentId,
        seq: Seq,
        candidate_id: CandidateId [-> "candidates"],
        person_id: PersonId [-> "people"],
        human: String,
        as_kind: ConsentAs,
        verdict: ConsentVerdict,
        shown: String,
        shown_id: BlobId,
        guidance_id: Option<BlobId>,
        /// Keyed outside the database.
        mac: String,
    }
}

pub static CONSENTS: Table = Table {
    name: "consents",
    about: "An owner's consent: needed, never counted as an approval.",
    kind: TableKind::Recorded,
    columns: Consent::COLUMNS,
    unique: &[&["candidate_id", "human", "as_kind"]],
    checks: &["mac <> ''", "shown <> ''"],
    refusals: &[
        UNKNOWN_HUMAN,
        Refusal {
            name: "open",
            on: Event::Insert,
            only: "",
            when: not_in_review!("'in_review', 'approved', 'rejected'"),
            message: "the candidate is closed or not in review",
        },
    ],
    ..Table::PLAIN
};

row! { $
    /// What happened to a change that is neither decision nor consent.
    ReviewEvent in REVIEW_EVENTS, review_event_columns {
        id: ReviewEventId,
        seq: Seq,
        change_id: ChangeId [-> "changes"],
        candidate_id: CandidateId [-> "candidates"],
        event: state::Event,
        actor_kind: ActorKind,
        actor_id: Option<Uuid>,
        /// What somebody wrote with it.
        content_id: Option<BlobId>,
        /// Why the server did it, in our own words.
        reason: Option<String>,
    }
}

pub static REVIEW_EVENTS: Table = Table {
    name: "review_events",
    about: "Questions, answers, recusals, objections, and what time or other changes did to a change.",
    kind: TableKind::Recorded,
    columns: ReviewEvent::COLUMNS,
    indexes: &[index("by_change_id_seq", &["change_id", "seq"])],
    ..Table::PLAIN
};

statements! {
    DECISIONS_OF = concat!("SELECT ", decision_columns!("d"), " FROM decisions d JOIN candidates c ON c.id = d.candidate_id
        WHERE c.change_id = $1 AND d.seq <= $2 ORDER BY d.seq LIMIT 1000");
    CONSENTS_OF = concat!("SELECT ", consent_columns!("k"), " FROM consents k JOIN candidates c ON c.id = k.candidate_id
        WHERE c.change_id = $1 AND k.seq <= $2 ORDER BY k.seq LIMIT 1000");
    /// Candidates say which way they move authority.
    WIDENINGS_OF = "SELECT COUNT(*) FROM decisions d JOIN candidates c ON c.id = d.candidate_id
        WHERE d.person_id = $1 AND d.seq > $2 AND d.verdict = 'approve' AND c.direction IN ('widens', 'self_governing')";
    EVENTS_OF = concat!("SELECT ", review_event_columns!("e"), " FROM review_events e WHERE e.change_id = $1 AND e.seq <= $2 ORDER BY e.seq LIMIT 1000");
}

/// Every decision on a change up to a position, of every candidate it had, oldest first.
pub async fn decisions_of(tx: &mut Tx, change: ChangeId, seq: Seq) -> Result<Vec<Decision>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Decision>(DECISIONS_OF).bind(change).bind(seq).fetch_all(c).await?))
}

/// The same of consents.
pub async fn consents_of(tx: &mut Tx, change: ChangeId, seq: Seq) -> Result<Vec<Consent>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Consent>(CONSENTS_OF).bind(change).bind(seq).fetch_all(c).await?))
}

/// The same of what is neither.
pub async fn events_of(tx: &mut Tx, change: ChangeId, seq: Seq) -> Result<Vec<ReviewEvent>> {
    Ok(on!(tx, c => sqlx::query_as::<_, ReviewEvent>(EVENTS_OF).bind(change).bind(seq).fetch_all(c).await?))
}

/// How many candidates that widen access somebody approved after a position.
pub async fn widenings_of(tx: &mut Tx, person: PersonId, after: Seq) -> Result<i64> {
    Ok(on!(tx, c => sqlx::query_scalar::<_, i64>(WIDENINGS_OF).bind(person).bind(after).fetch_one(c).await?))
}
