//! The columns that say where a row came from: who wrote it, who let it, who carried it out, by which change. They stand
//! last in each table whose rows people countersign, and `PROVENANCE` says what the database asks of them.

/// Declares a row as `row!` does, with the columns of its provenance behind its own.
macro_rules! proven {
    ($d:tt $(#[$doc:meta])* $name:ident in $table:ident, $list:ident { since, $($own:tt)* }) => {
        $crate::row! { $d
            $(#[$doc])*
            $name in $table, $list {
                since,
                $($own)*
                origin: Option<domain::rule::Origin>,
                author_kind: Option<domain::ledger::ActorKind>,
                author_id: Option<uuid::Uuid>,
                approver_kind: Option<domain::ledger::ActorKind>,
                approver_id: Option<uuid::Uuid>,
                applier_kind: Option<domain::ledger::ActorKind>,
                applier_id: Option<uuid::Uuid>,
                change_id: Option<domain::ids::ChangeId>,
                self_evidence: Option<domain::rule::SelfEvidence>,
            }
        }
    };
}
pub(crate) use proven;
