//! API tokens: what a scope opens. A token opens what its scopes name and, for a person's, what that person's
//! roles of today allow; never a decision.

use crate::permission::Action;

crate::words! {
    /// A scope.
    Scope {
        InventoryRead = "inventory:read", "read identities, resources, imports and access";
        InventoryWrite = "inventory:write", "import files, register and edit identities and resources";
        SignalWrite = "signal:write", "report learning signals";
        ChangeRead = "change:read", "read every change and what was said of it";
        ChangePropose = "change:propose", "propose changes, and read what it asked for";
        ChangeApply = "change:apply", "apply approved changes";
        ObserveWrite = "observe:write", "report what a source saw";
        AccessEvaluate = "access:evaluate", "ask whether something is allowed";
        LedgerRead = "ledger:read", "read, verify and export the ledger";
    }
}

impl Scope {
    /// Those that open something today.
    pub fn in_use() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|s| Action::ALL.iter().any(|a| scopes_for(*a).contains(s)))
    }

    /// True where something can be written with it.
    pub fn writes(self) -> bool {
        match self {
            Self::InventoryWrite | Self::SignalWrite | Self::ChangePropose | Self::ChangeApply | Self::ObserveWrite => true,
            Self::InventoryRead | Self::ChangeRead | Self::AccessEvaluate | Self::LedgerRead => false,
        }
    }
}

crate::words! {
    /// Who holds a token.
    HolderKind {
        Person = "person", "a person";
        Identity = "identity", "an identity";
    }
}

/// The scopes that open an action. No token ever decides, manages people or tokens, or erases.
pub fn scopes_for(action: Action) -> &'static [Scope] {
    match action {
        Action::ReadOverview | Action::ReadInventory => &[Scope::InventoryRead],
        Action::WriteInventory | Action::Import => &[Scope::InventoryWrite],
        // Who only proposes reads what it asked for itself: `service::changes`.
        Action::ReadChanges => &[Scope::ChangeRead, Scope::ChangePropose],
        Action::ProposeChange => &[Scope::ChangePropose],
        Action::ReadLedger | Action::VerifyLedger => &[Scope::LedgerRead],
        Action::DecideChange => &[],
        Action::Redact
        | Action::AcceptGap
        | Action::ReadPeople
        | Action::ManagePeople
        | Action::ResetFactors
        | Action::ManageSources
        | Action::ManageTokens => &[],
    }
}

/// True for what feeds the observed plane or the signals.
fn feeds(scope: Scope) -> bool {
    match scope {
        Scope::InventoryWrite | Scope::SignalWrite | Scope::ObserveWrite => true,
        Scope::InventoryRead
        | Scope::ChangeRead
        | Scope::ChangePropose
        | Scope::ChangeApply
        | Scope::AccessEvaluate
        | Scope::LedgerRead => false,
    }
}

/// Who feeds and who applies never meet in one holder: the applier must not write its own proof.
pub fn excludes(a: Scope, b: Scope) -> bool {
    (a == Scope::ChangeApply && feeds(b)) || (b == Scope::ChangeApply && feeds(a))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_scope_lets_a_token_decide_or_manage() {
        for action in [
            Action::DecideChange,
            Action::Redact,
            Action::ManagePeople,
            Action::ResetFactors,
            Action::ManageTokens,
            Action::ManageSources,
            Action::ReadPeople,
        ] {
            assert_eq!(scopes_for(action), [], "{action:?}");
        }
    }

    #[test]
    fn only_scopes_that_open_something_are_offered() {
        let offered: Vec<_> = Scope::in_use().map(Scope::as_str).collect();
        assert_eq!(offered, ["inventory:read", "inventory:write", "change:read", "change:propose", "ledger:read"]);
    }

    #[test]
    fn who_feeds_does_not_apply() {
        for scope in [Scope::SignalWrite, Scope::ObserveWrite, Scope::InventoryWrite] {
            assert!(excludes(scope, Scope::ChangeApply) && excludes(Scope::ChangeApply, scope), "{scope:?}");
        }
        assert!(!excludes(Scope::SignalWrite, Scope::ObserveWrite) && !excludes(Scope::ChangePropose, Scope::ChangeApply));
    }
}
