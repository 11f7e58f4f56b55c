//! Change requests: their tables and what the database refuses. Nothing writes them yet; the rules that do come with
//! the changes themselves.

use crate::engine::table::{Event, Refusal, Table, TableKind, index};
use domain::change::{ConsentAs, ConsentVerdict, Direction, State, Verdict};
use domain::ids::{ApplicationId, BlobId, CandidateId, ChangeId, CommentId, ConsentId, DecisionId, GroupId, PersonId};
use domain::ledger::ActorKind;
use domain::seq::Seq;
use domain::time::Timestamp;
use uuid::Uuid;

row! { $
    /// A version of a change.
    Change in CHANGE_VERSIONS, change_columns {
        since,
        id: ChangeId,
        state: State,
        kind: String,
        title_id: Option<BlobId>,
        asked_by_kind: ActorKind,
        asked_by_id: Option<Uuid>,
        drafted_by_kind: ActorKind,
        drafted_by_id: Option<Uuid>,
        candidate_id: Option<CandidateId>,
        review_ends_at: Option<Timestamp>,
        outcome_unknown_since: Option<Timestamp>,
    }
}

pub static CHANGE_VERSIONS: Table = Table {
    name: "change_versions",
    about: "Change requests.",
    anchor: Some("changes"),
    key: &["id", "since"],
    columns: Change::COLUMNS,
    checks: &["asked_by_kind <> 'import' AND drafted_by_kind <> 'import'"],
    ..Table::PLAIN
};

row! { $
    /// A candidate: what is approved.
    Candidate in CANDIDATES, candidate_columns {
        since,
        id: CandidateId,
        change_id: ChangeId [-> "changes"],
        base: String,
        operations: String,
        effect: String,
        direction: Direction,
        policy_version: String,
        digest: String,
        required_people: i64,
        required_groups: i64,
        required_security: i64,
    }
}

pub static CANDIDATES: Table = Table {
    name: "candidates",
    about: "Base (read set), operations, computed effect and policy version, hashed: what is approved.",
    columns: Candidate::COLUMNS,
    indexes: &[index("by_change_id", &["change_id"])],
    ..Table::PLAIN
};

row! { $
    /// One person's verdict on one candidate.
    Decision in DECISIONS, decision_columns {
        id: DecisionId,
        seq: Seq,
        candidate_id: CandidateId [-> "candidates"],
        person_id: PersonId [-> "people"],
        verdict: Verdict,
        group_id: Option<GroupId>,
        security: i64,
        independent: i64,
        reasons: String,
        assertion: Option<String>,
        model_id: Option<BlobId>,
        comment_id: Option<BlobId>,
    }
}

pub static DECISIONS: Table = Table {
    name: "decisions",
    about: "One person's verdict on one candidate. Group and security flag are those of the day.",
    kind: TableKind::Recorded,
    columns: Decision::COLUMNS,
    unique: &[&["candidate_id", "person_id"]],
    ..Table::PLAIN
};

row! { $
    /// An owner's consent.
    Consent in CONSENTS, consent_columns {
        id: ConsentId,
        seq: Seq,
        candidate_id: CandidateId [-> "candidates"],
        person_id: PersonId [-> "people"],
        as_kind: ConsentAs,
        verdict: ConsentVerdict,
        comment_id: Option<BlobId>,
    }
}

pub static CONSENTS: Table = Table {
    name: "consents",
    about: "An owner's consent: needed, never counted as an approval.",
    kind: TableKind::Recorded,
    columns: Consent::COLUMNS,
    unique: &[&["candidate_id", "person_id", "as_kind"]],
    ..Table::PLAIN
};

row! { $
    /// A comment on a change.
    Comment in COMMENTS, comment_columns {
        id: CommentId,
        seq: Seq,
        change_id: ChangeId [-> "changes"],
        author_kind: ActorKind,
        author_id: Option<Uuid>,
        content_id: BlobId,
    }
}

pub static COMMENTS: Table = Table {
    name: "comments",
    about: "Comments on changes.",
    kind: TableKind::Recorded,
    columns: Comment::COLUMNS,
    indexes: &[index("by_change_id_seq", &["change_id", "seq"])],
    ..Table::PLAIN
};

row! { $
    /// That a change was applied, and by whom.
    Application in APPLICATIONS, application_columns {
        id: ApplicationId,
        seq: Seq,
        change_id: ChangeId [-> "changes"],
        candidate_id: CandidateId [-> "candidates"],
        direction: Direction,
        policy_version: String,
        author_kind: ActorKind,
        author_id: Option<Uuid>,
        approver_kind: ActorKind,
        approver_id: Option<Uuid>,
        applier_kind: ActorKind,
        applier_id: Option<Uuid>,
    }
}

pub static APPLICATIONS: Table = Table {
    name: "applications",
    about: "Author, approver and applier are different humans; a rule approves only what reduces or is proven neutral. What the candidate requires is compared with its decisions.",
    kind: TableKind::Recorded,
    columns: Application::COLUMNS,
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
    ],
    refusals: &[Refusal {
        name: "route",
        on: Event::Insert,
        when: "EXISTS (SELECT 1 FROM candidates c WHERE c.id = NEW.candidate_id AND (
        (SELECT COUNT(DISTINCT d.person_id) FROM decisions d WHERE d.candidate_id = c.id AND d.verdict = 'approve' AND d.independent = 1) < c.required_people
        OR (SELECT COUNT(DISTINCT d.group_id) FROM decisions d WHERE d.candidate_id = c.id AND d.verdict = 'approve' AND d.independent = 1) < c.required_groups
        OR (SELECT COUNT(*) FROM decisions d WHERE d.candidate_id = c.id AND d.verdict = 'approve' AND d.independent = 1 AND d.security = 1) < c.required_security
        OR (NEW.approver_kind = 'rule' AND c.required_people > 0)
        OR (NEW.approver_kind = 'person' AND NOT EXISTS (SELECT 1 FROM decisions d WHERE d.candidate_id = c.id AND d.person_id = NEW.approver_id AND d.verdict = 'approve' AND d.independent = 1))
        OR c.direction <> NEW.direction OR c.change_id <> NEW.change_id))",
        message: "the route of the candidate is not complete",
    }],
    ..Table::PLAIN
};
