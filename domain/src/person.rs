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
        Passkey = "passkey", "passkey";
        Totp = "totp", "one-time code";
    }
}
