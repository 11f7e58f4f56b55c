//! A governed non-human identity and the attributes of its record.

crate::words! {
    /// What kind of thing an identity is. An agent is an identity of kind `ai_agent`.
    Kind {
        AiAgent = "ai_agent", "AI agent";
        ServiceAccount = "service_account", "service account";
        Workload = "workload", "workload";
        CiIdentity = "ci_identity", "CI identity";
        CloudUser = "cloud_user", "cloud user";
        CloudRole = "cloud_role", "cloud role";
        Bot = "bot", "bot";
        Integration = "integration", "integration";
    }
}

crate::words! {
    /// Where an identity stands in its life.
    Lifecycle {
        Proposed = "proposed", "proposed";
        Active = "active", "active";
        Suspended = "suspended", "suspended";
        Quarantined = "quarantined", "quarantined";
        Retired = "retired", "retired";
    }
}

impl Lifecycle {
    /// Where the record may go from here by hand. Retired is the end: who comes back is registered anew.
    pub fn next(self) -> &'static [Self] {
        match self {
            Self::Proposed => &[Self::Active, Self::Retired],
            Self::Active => &[Self::Suspended, Self::Quarantined, Self::Retired],
            Self::Suspended => &[Self::Active, Self::Quarantined, Self::Retired],
            // Out of quarantine only step by step.
            Self::Quarantined => &[Self::Suspended, Self::Retired],
            Self::Retired => &[],
        }
    }

    /// True while an identity may call with a token of its own.
    pub fn may_call(self) -> bool {
        matches!(self, Self::Proposed | Self::Active)
    }

    pub fn may_become(self, to: Self) -> bool {
        self == to || self.next().contains(&to)
    }
}

crate::words! {
    /// Where an identity works. Unknown counts as production wherever a rule asks.
    Environment {
        Production = "production", "production";
        Test = "test", "test";
        Development = "development", "development";
        Unknown = "unknown", "unknown";
    }
}

crate::words! {
    /// How far an identity acts without a person.
    Autonomy {
        None = "none", "none: fixed program";
        Advisory = "advisory", "advisory: proposes only";
        Supervised = "supervised", "supervised: a person confirms each action";
        Bounded = "bounded", "bounded: free within an approved envelope";
        Autonomous = "autonomous", "autonomous: free within its access";
    }
}

crate::words! {
    /// Whether a `cloud_user` is a person. Unclear counts in every total, and is said beside it.
    Human {
        Human = "human", "human";
        NonHuman = "non_human", "non-human";
        Unclear = "unclear", "unclear";
    }
}

crate::words! {
    /// How much depends on an identity or a resource. Unknown routes as production.
    Criticality {
        Low = "low", "low";
        Medium = "medium", "medium";
        High = "high", "high";
        Critical = "critical", "critical";
        Unknown = "unknown", "unknown";
    }
}

crate::words! {
    /// Where an attribute that lists show comes from. Hints never route.
    StatedBy {
        Baseline = "baseline", "countersigned";
        Manual = "manual", "entered manually";
        Hint = "hint", "a tag";
        Nobody = "none", "not stated";
    }
}

crate::words! {
    /// Whether people have countersigned an identity's access.
    Review {
        Unreviewed = "unreviewed", "unreviewed";
        Adopted = "adopted", "adopted";
    }
}

crate::words! {
    /// Who issued a credential.
    Issuer {
        SelfSigned = "self_signed", "self-signed";
        Ca = "ca", "a certificate authority";
        Platform = "platform", "the platform";
        Unknown = "unknown", "unknown";
    }
}

crate::words! {
    /// The plane a row stands in; the three are never mixed.
    Plane {
        Observed = "observed", "observed";
        Manual = "manual", "entered manually";
        Baseline = "baseline", "countersigned";
    }
}

/// Whether an IAM user looks like a person, with the reason shown beside it. A console password says
/// human; access keys alone, a path or a name for machines say non-human; else it stays unclear.
pub fn human_of_user(name: &str, path: &str, has_password: Option<bool>) -> (Human, &'static str) {
    const MACHINE: [&str; 14] = [
        "svc",
        "service",
        "bot",
        "ci",
        "deploy",
        "automation",
        "lambda",
        "terraform",
        "jenkins",
        "github",
        "backup",
        "system",
        "app",
        "agent",
    ];
    let lower = name.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    if has_password == Some(true) {
        return (Human::Human, "it has a console password");
    }
    if path.contains("service") || path.contains("system") || path.contains("machine") {
        return (Human::NonHuman, "its path is one for machines");
    }
    if words.iter().any(|w| MACHINE.contains(w)) {
        return (Human::NonHuman, "its name is one for machines");
    }
    if name.contains('@') {
        return (Human::Human, "its name is an email address");
    }
    (Human::Unclear, "the file does not say whether a person signs in with it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_comes_back_from_retired_nor_leaps_out_of_quarantine() {
        use Lifecycle::{Active, Proposed, Quarantined, Retired, Suspended};
        assert!(Lifecycle::ALL.iter().all(|to| *to == Retired || !Retired.may_become(*to)));
        assert!(!Quarantined.may_become(Active) && Quarantined.may_become(Suspended));
        assert!(Lifecycle::ALL.iter().all(|from| *from == Proposed || !from.may_become(Proposed)));
        assert!(Suspended.may_become(Active));
    }

    #[test]
    fn users_are_sorted_with_a_reason_and_never_guessed() {
        assert_eq!(human_of_user("svc-backup", "/", None).0, Human::NonHuman);
        assert_eq!(human_of_user("ann@example.org", "/", None).0, Human::Human);
        assert_eq!(human_of_user("obama", "/", None).0, Human::Unclear);
        assert_eq!(human_of_user("circus", "/", None).0, Human::Unclear);
    }
}
