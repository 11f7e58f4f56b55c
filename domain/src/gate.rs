//! What is of the gate (DESIGN invariant 11): which commands stop being one person's act once an installation is sealed, and
//! which roles they are about. Declared once, by the verb of the entry that a command writes; `service` asks it wherever a
//! command is written, whichever door it came by. What takes rights away at once (revoking a token, ending a session,
//! deactivating a person) is free: it lowers no quorum that was met.

use crate::permission::Role;
use crate::token::Scope;
use crate::verb::Verb;

/// Of whom or what a command is a matter of the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gated {
    No,
    /// Whatever it is about.
    Always,
    /// Where the person holds, gets or loses a role that the gate rests on.
    Roles,
    /// Where the token may apply changes or report observations.
    Scopes,
    /// Where it brings a source that nobody registered.
    NewSource,
}

/// What a command is told that changes only by a change of the gate.
impl Gated {
    pub fn what(self) -> &'static str {
        match self {
            Self::No => "this",
            Self::Always => "groups and sources change",
            Self::Roles => "people who decide or administer change",
            Self::Scopes => "tokens that apply changes or report observations are created",
            Self::NewSource => "sources are added",
        }
    }
}

/// The table. A verb that is added refuses to compile until it has an answer.
pub fn of(verb: Verb) -> Gated {
    match verb {
        Verb::GroupAdded | Verb::GroupJoined | Verb::GroupLeft | Verb::SourceRegistered | Verb::SourceEdited => Gated::Always,
        Verb::RoleGiven | Verb::RoleTaken | Verb::PersonAdded | Verb::PersonInvited | Verb::PersonTakenBack => Gated::Roles,
        Verb::TokenMinted => Gated::Scopes,
        Verb::ImportApplied | Verb::ImportUnchanged | Verb::ImportPart => Gated::NewSource,
        // It is the change of the gate itself, or only speaks of one.
        Verb::ChangeProposed
        | Verb::ChangeRebased
        | Verb::ChangeApproved
        | Verb::ChangeRejected
        | Verb::ChangeConsented
        | Verb::ChangeRefused
        | Verb::ChangeAsked
        | Verb::ChangeAnswered
        | Verb::ChangeRecused
        | Verb::ChangeObjected
        | Verb::ChangeWithdrawn
        | Verb::ChangeReturned
        | Verb::ChangeDelayed
        | Verb::ChangeEnded
        | Verb::ChangeApplied
        | Verb::ChangeBegun
        | Verb::ChangePart => Gated::No,
        // They only take away, at once.
        Verb::PersonLockedOut | Verb::TokenRevoked | Verb::SessionEnded | Verb::ImportAbandoned => Gated::No,
        // One's own ways to sign in, and what two people do to another's (`factors::reset`), with the days in which neither decides.
        Verb::PersonJoined
        | Verb::PasswordLink
        | Verb::PasswordReset
        | Verb::PasswordChanged
        | Verb::FactorAdded
        | Verb::FactorRemoved
        | Verb::RecoveryCodes
        | Verb::RecoveryUsed
        | Verb::PasskeySuspect
        | Verb::ResetAsked
        | Verb::FactorsReset
        | Verb::SignedIn
        | Verb::SignedOut
        | Verb::SlowedDown => Gated::No,
        // Nothing of it is the gate's.
        Verb::IdentityRegistered
        | Verb::IdentityEdited
        | Verb::IdentityAssigned
        | Verb::GrantsEnded
        | Verb::ResourceRegistered
        | Verb::ResourceEdited
        | Verb::ResourceRetired
        | Verb::TeamAdded
        | Verb::RedactionAsked
        | Verb::RedactionCarriedOut
        | Verb::ExportMade
        | Verb::ClockJumped
        | Verb::RestoredAccepted => Gated::No,
    }
}

impl Role {
    /// True of what the gate rests on: who decides, and who administers.
    pub fn is_of_the_gate(self) -> bool {
        self.is_deciding() || self == Self::Admin
    }
}

impl Scope {
    /// True of what may apply a change or feed the proof of one.
    pub fn is_of_the_gate(self) -> bool {
        matches!(self, Self::ChangeApply | Self::ObserveWrite)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_away_acts_at_once_and_what_gives_does_not() {
        for free in [Verb::PersonLockedOut, Verb::TokenRevoked, Verb::SessionEnded] {
            assert_eq!(of(free), Gated::No, "{free}");
        }
        for gated in [Verb::RoleGiven, Verb::RoleTaken, Verb::PersonTakenBack, Verb::GroupJoined, Verb::SourceEdited, Verb::TokenMinted] {
            assert_ne!(of(gated), Gated::No, "{gated}");
        }
        let roles: Vec<_> = Role::ALL.iter().filter(|r| r.is_of_the_gate()).collect();
        assert_eq!(roles, [&Role::Reviewer, &Role::SecurityReviewer, &Role::Admin]);
        let scopes: Vec<_> = Scope::ALL.iter().filter(|s| s.is_of_the_gate()).collect();
        assert_eq!(scopes, [&Scope::ChangeApply, &Scope::ObserveWrite]);
    }
}
