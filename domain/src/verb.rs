//! What an entry of the ledger can be about: every verb that is ever written, and the area it belongs to. A verb is a word
//! of the record and of the API; what people read of it is `sentence`. It must not know who writes entries.

crate::words! {
    /// A verb. Its label is what was done, for filters.
    Verb {
        IdentityRegistered = "identity.registered", "Identity registered";
        IdentityEdited = "identity.edited", "Identity edited";
        IdentityAssigned = "identity.assigned", "Owner assigned";
        GrantsEnded = "grants.ended", "Grants expired";
        ResourceRegistered = "resource.registered", "Resource registered";
        ResourceEdited = "resource.edited", "Resource edited";
        ResourceRetired = "resource.retired", "Resource retired";
        ImportApplied = "import.applied", "File imported";
        ImportUnchanged = "import.unchanged", "File imported, nothing changed";
        ImportPart = "import.part", "Part of a file imported";
        ImportAbandoned = "import.abandoned", "Import stopped";
        ChangeProposed = "change.proposed", "Change proposed";
        ChangeRebased = "change.rebased", "Change proposed again";
        ChangeApproved = "change.approved", "Change approved";
        ChangeRejected = "change.rejected", "Change rejected";
        ChangeConsented = "change.consented", "Consent given";
        ChangeRefused = "change.refused", "Consent refused";
        ChangeAsked = "change.asked", "Question asked";
        ChangeAnswered = "change.answered", "Question answered";
        ChangeRecused = "change.recused", "Reviewer stepped aside";
        ChangeObjected = "change.objected", "Objection raised";
        ChangeWithdrawn = "change.withdrawn", "Change withdrawn";
        ChangeReturned = "change.returned", "Change returned to review";
        ChangeDelayed = "change.delayed", "Wait started again";
        ChangeEnded = "change.ended", "Change ended without effect";
        ChangeBegun = "change.begun", "Change begun";
        ChangePart = "change.part", "Part of a change applied";
        ChangeApplied = "change.applied", "Change applied";
        SourceRegistered = "source.registered", "Source added";
        SourceEdited = "source.edited", "Source edited";
        PersonAdded = "person.added", "Person added";
        PersonInvited = "person.invited", "Person invited";
        PersonJoined = "person.joined", "Person joined";
        PersonLockedOut = "person.locked_out", "Person deactivated";
        PersonTakenBack = "person.taken_back", "Person reactivated";
        RoleGiven = "person.role_given", "Role added";
        RoleTaken = "person.role_taken", "Role removed";
        PasswordLink = "person.reset_link", "Password link created";
        PasswordReset = "person.password_reset", "Password reset";
        PasswordChanged = "person.password_changed", "Password changed";
        FactorAdded = "person.factor_added", "Second factor added";
        FactorRemoved = "person.factor_removed", "Second factor removed";
        RecoveryCodes = "person.recovery_codes", "Recovery codes created";
        RecoveryUsed = "person.recovery_used", "Recovery code used";
        PasskeySuspect = "person.passkey_suspect", "Passkey may be copied";
        ResetAsked = "person.reset_asked", "Reset of second factors requested";
        FactorsReset = "person.factors_reset", "Second factors reset";
        SessionEnded = "person.session_ended", "Session ended";
        GroupAdded = "group.added", "Group added";
        GroupJoined = "group.joined", "Added to a group";
        GroupLeft = "group.left", "Removed from a group";
        TeamAdded = "team.added", "Team added";
        TokenMinted = "token.minted", "Token created";
        TokenRevoked = "token.revoked", "Token revoked";
        SignedIn = "person.signed_in", "Signed in";
        SignedOut = "person.signed_out", "Signed out";
        SlowedDown = "person.slowed_down", "Sign-in attempts slowed down";
        RedactionAsked = "redaction.asked", "Erasure requested";
        RedactionCarriedOut = "redaction.carried_out", "Text erased";
        ExportMade = "export.made", "Data exported";
        ClockJumped = "clock.jumped", "Clock moved";
        RestoredAccepted = "restored.accepted", "Restored copy accepted";
    }
}

crate::words! {
    /// The part of the product an entry is about.
    Area {
        Inventory = "inventory", "Identities and resources";
        Changes = "changes", "Changes";
        Imports = "imports", "Imports and sources";
        People = "people", "People and access";
        SignIns = "sign_ins", "Sign-ins";
        System = "system", "Ledger and server";
    }
}

impl Verb {
    pub fn area(self) -> Area {
        match self {
            Self::IdentityRegistered | Self::IdentityEdited | Self::IdentityAssigned | Self::GrantsEnded => Area::Inventory,
            Self::ResourceRegistered | Self::ResourceEdited | Self::ResourceRetired => Area::Inventory,
            Self::ChangeProposed
            | Self::ChangeRebased
            | Self::ChangeApproved
            | Self::ChangeRejected
            | Self::ChangeConsented
            | Self::ChangeRefused
            | Self::ChangeAsked
            | Self::ChangeAnswered
            | Self::ChangeRecused
            | Self::ChangeObjected
            | Self::ChangeWithdrawn
            | Self::ChangeReturned
            | Self::ChangeDelayed
            | Self::ChangeEnded
            | Self::ChangeBegun
            | Self::ChangePart
            | Self::ChangeApplied => Area::Changes,
            Self::ImportApplied
            | Self::ImportUnchanged
            | Self::ImportPart
            | Self::ImportAbandoned
            | Self::SourceRegistered
            | Self::SourceEdited => Area::Imports,
            Self::PersonAdded
            | Self::PersonInvited
            | Self::PersonJoined
            | Self::PersonLockedOut
            | Self::PersonTakenBack
            | Self::RoleGiven
            | Self::RoleTaken
            | Self::PasswordLink
            | Self::PasswordReset
            | Self::PasswordChanged
            | Self::FactorAdded
            | Self::FactorRemoved
            | Self::RecoveryCodes
            | Self::ResetAsked
            | Self::FactorsReset
            | Self::GroupAdded
            | Self::GroupJoined
            | Self::GroupLeft
            | Self::TeamAdded
            | Self::TokenMinted
            | Self::TokenRevoked => Area::People,
            Self::SignedIn | Self::SignedOut | Self::SlowedDown | Self::SessionEnded | Self::RecoveryUsed | Self::PasskeySuspect => {
                Area::SignIns
            }
            Self::RedactionAsked | Self::RedactionCarriedOut | Self::ExportMade | Self::ClockJumped | Self::RestoredAccepted => {
                Area::System
            }
        }
    }
}

impl Area {
    /// The words of its verbs.
    pub fn verbs(self) -> Vec<&'static str> {
        Verb::ALL.iter().filter(|v| v.area() == self).map(|v| v.as_str()).collect()
    }
}
