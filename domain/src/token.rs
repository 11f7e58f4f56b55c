//! API tokens: what a scope opens. A token opens what its scopes name and, for a person's, what that person's
//! roles of today allow; never a decision.

use crate::permission::Action;

crate::words! {
    /// A scope.
    Scope {
        InventoryRead = "inventory:read", "read identities and their access";
        InventoryWrite = "inventory:write", "import and register";
        SignalWrite = "signal:write", "report learning signals";
        ChangePropose = "change:propose", "propose changes";
        ChangeApply = "change:apply", "apply approved changes";
        ObserveWrite = "observe:write", "report what a source saw";
        AccessEvaluate = "access:evaluate", "ask whether something is allowed";
        LedgerRead = "ledger:read", "read, verify and export the ledger";
    }
}

/// What a scope opens. Scopes whose feature is not there yet open nothing.
pub fn opens(scope: Scope) -> &'static [Action] {
    match scope {
        Scope::InventoryRead => &[Action::ReadOverview, Action::ReadInventory],
        Scope::InventoryWrite => &[Action::WriteInventory, Action::Import],
        Scope::LedgerRead => &[Action::ReadLedger, Action::VerifyLedger],
        Scope::SignalWrite | Scope::ChangePropose | Scope::ChangeApply | Scope::ObserveWrite | Scope::AccessEvaluate => &[],
    }
}

/// Scopes that write signals or observations and the scope that applies never meet in one holder.
pub fn excludes(a: Scope, b: Scope) -> bool {
    let feeds = |s| matches!(s, Scope::SignalWrite | Scope::ObserveWrite);
    (a == Scope::ChangeApply && feeds(b)) || (b == Scope::ChangeApply && feeds(a))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_scope_lets_a_token_decide_or_manage() {
        for scope in Scope::ALL {
            for action in [Action::Redact, Action::ManagePeople, Action::ManageTokens, Action::ReadPeople] {
                assert!(!opens(*scope).contains(&action), "{scope:?} {action:?}");
            }
        }
    }

    #[test]
    fn who_feeds_does_not_apply() {
        assert!(excludes(Scope::SignalWrite, Scope::ChangeApply) && excludes(Scope::ChangeApply, Scope::ObserveWrite));
        assert!(!excludes(Scope::SignalWrite, Scope::ObserveWrite) && !excludes(Scope::ChangePropose, Scope::ChangeApply));
    }
}
