//! Evaluations and uses, and what anchors and retires them. Nothing writes them yet; the decision point does.

use crate::engine::table::{Event, Refusal, Table, TableKind, index};
use domain::evaluation::{Anchored, Retained};
use domain::ids::{AnchorId, EvaluationId, GrantId, IdentityId, RetentionId};
use domain::seq::Seq;
use domain::time::Timestamp;

log! { $
    /// An answer of the decision point.
    Evaluation in EVALUATIONS, evaluation_columns {
        id: EvaluationId,
        at: Timestamp,
        identity_id: IdentityId,
        action: String,
        resource: String,
        decision: i64,
        reason: String,
        position: Seq,
    }
}

pub static EVALUATIONS: Table = Table {
    name: "evaluations",
    about: "Answers of the decision point. `anchors` commits to each minute of them; they may be deleted below the position a retention entry names.",
    kind: TableKind::Log,
    columns: Evaluation::COLUMNS,
    indexes: &[index("by_identity_id_at", &["identity_id", "at"])],
    refusals: &[Refusal {
        name: "delete",
        on: Event::Delete,
        only: "",
        when: "NOT EXISTS (SELECT 1 FROM retentions r WHERE r.kind = 'evaluations' AND OLD.at < r.below_at)",
        message: "no retention entry names this position",
    }],
    ..Table::PLAIN
};

row! { $
    /// What a minute of evaluations or uses came to.
    Anchor in ANCHORS, anchor_columns {
        id: AnchorId,
        seq: Seq,
        kind: Anchored,
        from_at: Timestamp,
        to_at: Timestamp,
        n: i64,
        root: String,
    }
}

pub static ANCHORS: Table = Table {
    name: "anchors",
    about: "One a minute: how many evaluations or uses there were and the root over them.",
    kind: TableKind::Recorded,
    columns: Anchor::COLUMNS,
    ..Table::PLAIN
};

row! { $
    /// What was removed under which root.
    Retention in RETENTIONS, retention_columns {
        id: RetentionId,
        seq: Seq,
        kind: Retained,
        below_at: Timestamp,
        n: i64,
        root: String,
    }
}

pub static RETENTIONS: Table = Table {
    name: "retentions",
    about: "What was removed under which root: evaluations below `below_at` may go once this stands.",
    kind: TableKind::Recorded,
    columns: Retention::COLUMNS,
    ..Table::PLAIN
};

log! { $
    /// One use of a grant with a limit of uses.
    Use in USES, use_columns {
        grant_id: GrantId [-> "grants"],
        n: i64,
        at: Timestamp,
        request: String,
    }
}

pub static USES: Table = Table {
    name: "uses",
    about: "Uses of grants whose uses are limited.",
    kind: TableKind::Log,
    key: &["grant_id", "n"],
    columns: Use::COLUMNS,
    unique: &[&["grant_id", "request"]],
    ..Table::PLAIN
};
