//! Learning signals and the verdicts of loops: their tables. Nothing writes them yet.

use crate::engine::table::{Table, TableKind, index};
use domain::ids::{BlobId, IdentityId, LoopVerdictId, SignalId};
use domain::ledger::ActorKind;
use domain::loops::{Basis, Verdict};
use domain::seq::Seq;
use domain::time::Timestamp;
use uuid::Uuid;

row! { $
    /// A learning signal.
    Signal in SIGNALS, signal_columns {
        id: SignalId,
        seq: Seq,
        emitter_kind: ActorKind,
        emitter_id: Option<Uuid>,
        identity_id: IdentityId [-> "identities"],
        kind: domain::signal::Kind,
        occurred_at: Timestamp,
        digest: String,
        content_id: Option<BlobId>,
        influence: String,
    }
}

pub static SIGNALS: Table = Table {
    name: "signals",
    about: "Learning signals: cited by digest, they carry no authority. No column here leads to a grant, a surface or a setting.",
    kind: TableKind::Recorded,
    columns: Signal::COLUMNS,
    indexes: &[index("by_identity_id_seq", &["identity_id", "seq"])],
    ..Table::PLAIN
};

row! { $
    /// A verdict on a loop.
    LoopVerdict in LOOP_VERDICTS, loop_verdict_columns {
        id: LoopVerdictId,
        seq: Seq,
        identity_id: IdentityId [-> "identities"],
        surface_kind: Option<domain::surface::SurfaceKind>,
        basis: Basis,
        verdict: Verdict,
        witness: String,
        ruleset: i64,
    }
}

pub static LOOP_VERDICTS: Table = Table {
    name: "loop_verdicts",
    about: "Three verdicts side by side: declared by the owner, structural (could), observed (did). Computed from what was observed.",
    kind: TableKind::Recorded,
    columns: LoopVerdict::COLUMNS,
    indexes: &[index("by_identity_id_seq", &["identity_id", "seq"])],
    ..Table::PLAIN
};
