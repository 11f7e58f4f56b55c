//! That a change was carried out, and what the database asks before it believes that: each rule a refusal of its own, so
//! that somebody with SQL and no service is told which one.

use crate::Result;
use crate::engine::db::Tx;
use crate::engine::table::{Event, Refusal, Rows, Table, TableKind, index, index_where};
use domain::change::Direction;
use domain::ids::{ApplicationId, BatchId, CandidateId, ChangeId};
use domain::ledger::ActorKind;
use domain::seq::Seq;
use uuid::Uuid;

row! { $
    /// That a change was applied, and by whom.
    Application in APPLICATIONS, application_columns {
        id: ApplicationId,
        seq: Seq,
        change_id: ChangeId [-> "changes"],
        candidate_id: CandidateId [-> "candidates"],
        direction: Direction,
        policy_version: i64,
        author_kind: ActorKind,
        author_id: Option<Uuid>,
        approver_kind: ActorKind,
        approver_id: Option<Uuid>,
        applier_kind: ActorKind,
        applier_id: Option<Uuid>,
        /// Digests of the baseline it touched, before and after.
        before: String,
        after: String,
        /// What is written under it, entry by entry, where it is too much for one; it lives with the batch.
        batch: Option<BatchId>,
    }
}

const fn on_insert(name: &'static str, when: &'static str, message: &'static str) -> Refusal {
    Refusal { name, on: Event::Insert, only: "", when, message }
}

/// Fewer distinct humans, groups or security reviewers than the route of the candidate asks for.
const PEOPLE: Refusal = on_insert(
    "people",
    "EXISTS (SELECT 1 FROM candidates c WHERE c.id = NEW.candidate_id AND (
        (SELECT COUNT(DISTINCT d.human) FROM decisions d WHERE d.candidate_id = c.id AND d.verdict = 'approve' AND d.independent = 1) < c.required_people
        OR (SELECT COUNT(DISTINCT d.group_id) FROM decisions d WHERE d.candidate_id = c.id AND d.verdict = 'approve' AND d.independent = 1) < c.required_groups
        OR (SELECT COUNT(DISTINCT d.human) FROM decisions d WHERE d.candidate_id = c.id AND d.verdict = 'approve' AND d.independent = 1 AND d.security = 1) < c.required_security))",
    "the route of the candidate is not complete",
);

/// Whoever is named as approver approved it; a rule approves only where nobody is asked for.
const APPROVER: Refusal = on_insert(
    "approver",
    "EXISTS (SELECT 1 FROM candidates c WHERE c.id = NEW.candidate_id AND (
        (NEW.approver_kind = 'rule' AND c.required_people > 0)
        OR (NEW.approver_kind = 'person' AND NOT EXISTS (SELECT 1 FROM decisions d WHERE d.candidate_id = c.id AND d.person_id = NEW.approver_id AND d.verdict = 'approve' AND d.independent = 1))))",
    "the approver did not approve it",
);

const CONSENTS: Refusal = on_insert(
    "consents",
    "EXISTS (SELECT 1 FROM candidates c WHERE c.id = NEW.candidate_id AND (
        (SELECT COUNT(DISTINCT k.human) FROM consents k WHERE k.candidate_id = c.id AND k.verdict = 'consent' AND k.as_kind = 'owner') < c.required_owners
        OR (SELECT COUNT(DISTINCT k.human) FROM consents k WHERE k.candidate_id = c.id AND k.verdict = 'consent' AND k.as_kind = 'resource_owner') < c.required_resource_owners))",
    "an owner has not consented",
);

const REFUSED: Refusal = on_insert(
    "refused",
    "EXISTS (SELECT 1 FROM decisions d WHERE d.candidate_id = NEW.candidate_id AND d.verdict <> 'approve')
    OR EXISTS (SELECT 1 FROM consents k WHERE k.candidate_id = NEW.candidate_id AND k.verdict = 'refuse')",
    "somebody rejected the candidate or refused to consent",
);

/// What is applied is the open candidate of an approved change, as it was computed, in the name of its own author.
const CANDIDATE: Refusal = on_insert(
    "candidate",
    "NOT EXISTS (SELECT 1 FROM candidates c JOIN change_versions v ON v.id = c.change_id AND v.candidate_id = c.id AND v.since <= NEW.seq AND NEW.seq < v.until
        WHERE c.id = NEW.candidate_id AND c.change_id = NEW.change_id AND c.since <= NEW.seq AND NEW.seq < c.until
          AND v.state IN ('approved', 'applying', 'effective') AND c.direction = NEW.direction AND c.policy_version = NEW.policy_version
          AND v.drafted_by_kind = NEW.author_kind AND COALESCE(v.drafted_by_id, NEW.candidate_id) = COALESCE(NEW.author_id, NEW.candidate_id))",
    "it is not the open candidate of an approved change",
);

/// No author is among those who approved or applied, whatever account they used.
const AUTHOR: Refusal = on_insert(
    "author",
    "EXISTS (SELECT 1 FROM change_versions v JOIN person_versions a ON a.since <= NEW.seq AND NEW.seq < a.until
        AND (a.id = v.asked_by_id OR a.id = v.drafted_by_id OR a.id = v.minted_by_id)
        WHERE v.id = NEW.change_id AND v.since <= NEW.seq AND NEW.seq < v.until AND (
          EXISTS (SELECT 1 FROM decisions d WHERE d.candidate_id = NEW.candidate_id AND d.verdict = 'approve' AND d.human = a.human)
          OR (NEW.applier_kind = 'person' AND EXISTS (SELECT 1 FROM person_versions p WHERE p.id = NEW.applier_id AND p.since <= NEW.seq AND NEW.seq < p.until AND p.human = a.human))))
    OR (NEW.applier_kind = 'person' AND EXISTS (SELECT 1 FROM person_versions p JOIN decisions d ON d.human = p.human
        WHERE p.id = NEW.applier_id AND p.since <= NEW.seq AND NEW.seq < p.until AND d.candidate_id = NEW.candidate_id AND d.verdict = 'approve'))",
    "author, approver and applier are different humans",
);

pub static APPLICATIONS: Table = Table {
    name: "applications",
    about: "Author, approver and applier are different humans; a rule approves only what reduces or is proven neutral. What the candidate requires is compared with its decisions.",
    kind: TableKind::Recorded,
    columns: Application::COLUMNS,
    unique: &[&["change_id"]],
    indexes: &[index("by_seq", &["seq"]), index_where("by_batch", &["batch"], Rows::Where("batch IS NOT NULL"))],
    checks: &[
        "author_kind <> 'person' OR author_id IS NOT NULL",
        "approver_kind <> 'person' OR approver_id IS NOT NULL",
        "applier_kind <> 'person' OR applier_id IS NOT NULL",
        "approver_kind IN ('person', 'rule')",
        "applier_kind <> 'host'",
        "approver_kind <> 'rule' OR direction IN ('reduces', 'neutral')",
        "author_kind <> 'person' OR approver_kind <> 'person' OR author_id <> approver_id",
        "applier_kind <> 'person' OR approver_kind <> 'person' OR applier_id <> approver_id",
        "author_kind <> 'person' OR applier_kind <> 'person' OR author_id <> applier_id",
        "author_kind <> 'agent' OR applier_kind <> 'agent' OR author_id <> applier_id",
    ],
    refusals: &[PEOPLE, APPROVER, CONSENTS, REFUSED, CANDIDATE, AUTHOR],
    ..Table::PLAIN
};

/// For tables whose rows have the whole of a provenance: a row of the baseline stands at the entry of the application of its
/// own change.
pub(crate) const COUNTERSIGNED: Refusal = Refusal {
    name: "countersigned",
    on: Event::Insert,
    only: "NEW.plane = 'baseline'",
    when: "NOT EXISTS (SELECT 1 FROM applications a WHERE a.seq = NEW.since AND a.change_id = NEW.change_id)",
    message: "the baseline is written by applying a change, and by nothing else",
};

/// The same where rows may stand in a batch: the application stands in its first entry, and once the batch has ended nothing
/// is added to it.
pub(crate) const COUNTERSIGNED_OR_BATCHED: Refusal = Refusal {
    when: "NOT EXISTS (SELECT 1 FROM applications a WHERE a.change_id = NEW.change_id AND (a.seq = NEW.since
        OR (a.batch = NEW.batch AND NOT EXISTS (SELECT 1 FROM batch_ends e WHERE e.batch = NEW.batch))))",
    ..COUNTERSIGNED
};

/// The same for tables whose rows say only that they are of the baseline.
pub(crate) const OF_AN_APPLICATION: Refusal =
    Refusal { when: "NOT EXISTS (SELECT 1 FROM applications a WHERE a.seq = NEW.since)", ..COUNTERSIGNED };

statements! {
    /// What is written in a batch stands from its end on.
    NEWEST = "SELECT COALESCE(MAX(x.seq), 0) FROM (SELECT MAX(a.seq) AS seq FROM applications a
        UNION ALL SELECT MAX(e.seq) FROM applications a JOIN batch_ends e ON e.batch = a.batch WHERE a.batch IS NOT NULL) x";
    OF_CHANGE = concat!("SELECT ", application_columns!("a"), " FROM applications a WHERE a.change_id = $1 AND a.seq <= $2 LIMIT 1");
}

/// The position of the newest application: nothing else has written the baseline since.
pub async fn newest(tx: &mut Tx) -> Result<Seq> {
    Ok(on!(tx, c => sqlx::query_scalar::<_, Seq>(NEWEST).fetch_one(c).await?))
}

/// The application of a change, where it was carried out by a position.
pub async fn of_change(tx: &mut Tx, change: ChangeId, seq: Seq) -> Result<Option<Application>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Application>(OF_CHANGE).bind(change).bind(seq).fetch_optional(c).await?))
}
