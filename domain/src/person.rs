//! People: where an account stands, and how somebody signs in.

crate::words! {
    /// Where an account stands.
    State {
        Invited = "invited", "invited";
        Active = "active", "active";
        Deactivated = "deactivated", "deactivated";
    }
}

crate::words! {
    /// How somebody proves who they are.
    AuthenticatorKind {
        Password = "password", "password";
        /// A passkey for signing in.
        Passkey = "passkey", "passkey";
        /// A passkey that signs decisions and nothing else: no page that signs somebody in ever asks for it.
        DecisionPasskey = "decision_passkey", "passkey for decisions";
        Totp = "totp", "authenticator app";
        RecoveryCode = "recovery_code", "recovery code";
    }
}

impl AuthenticatorKind {
    /// One of them, as a sentence says it.
    pub fn one(self) -> &'static str {
        match self {
            Self::Password => "a password",
            Self::Passkey => "a passkey",
            Self::DecisionPasskey => "a passkey for decisions",
            Self::Totp => "an authenticator app",
            Self::RecoveryCode => "a recovery code",
        }
    }

    /// True of what is asked for beside the password.
    pub fn is_second(self) -> bool {
        matches!(self, Self::Passkey | Self::Totp)
    }
}
