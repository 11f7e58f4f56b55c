//! Who may do what: one table. `service` asks it in the first line of every use case.

crate::words! {
    /// A role, assigned to a person within a scope. Admin excludes every deciding role, auditor all others.
    Role {
        Executive = "executive", "executive";
        Analyst = "analyst", "analyst";
        Reviewer = "reviewer", "reviewer";
        SecurityReviewer = "security_reviewer", "security reviewer";
        Auditor = "auditor", "auditor";
        Admin = "admin", "admin";
    }
}

crate::words! {
    /// What a use case needs.
    Action {
        ReadOverview = "read_overview", "see the overview";
        ReadInventory = "read_inventory", "see identities and their access";
        WriteInventory = "write_inventory", "register and edit identities by hand";
        Import = "import", "import into the observed plane";
        ReadLedger = "read_ledger", "read the ledger";
        VerifyLedger = "verify_ledger", "verify and export the ledger";
        Redact = "redact", "erase a text with a second person";
        ReadPeople = "read_people", "see who may do what";
        ManagePeople = "manage_people", "add people and assign roles";
        ManageTokens = "manage_tokens", "mint tokens for yourself and revoke them";
    }
}

impl Role {
    /// True for those who decide on changes.
    pub fn is_deciding(self) -> bool {
        matches!(self, Self::Reviewer | Self::SecurityReviewer)
    }
}

/// The table. A role that is not named does not pass.
pub fn roles_for(action: Action) -> &'static [Role] {
    use Role::{Admin, Analyst, Auditor, Executive, Reviewer, SecurityReviewer};
    match action {
        Action::ReadOverview => &[Executive, Analyst, Reviewer, SecurityReviewer, Auditor, Admin],
        Action::ReadInventory => &[Executive, Analyst, Reviewer, SecurityReviewer, Auditor, Admin],
        Action::WriteInventory | Action::Import => &[Analyst, Admin],
        Action::ReadLedger => &[Analyst, Reviewer, SecurityReviewer, Auditor, Admin],
        Action::VerifyLedger => &[Analyst, Auditor, Admin],
        // One person asks and another one confirms; auditors read what was erased and by whom.
        Action::Redact => &[SecurityReviewer, Admin],
        Action::ReadPeople => &[Auditor, Admin],
        Action::ManagePeople => &[Admin],
        Action::ManageTokens => &[Analyst, Auditor, Admin],
    }
}

/// True when one of the roles passes.
pub fn allows(roles: &[Role], action: Action) -> bool {
    roles.iter().any(|r| roles_for(action).contains(r))
}

/// Which roles may not stand beside each other on one person (also a constraint in the database).
pub fn excludes(a: Role, b: Role) -> bool {
    (a == Role::Auditor) != (b == Role::Auditor) || (a == Role::Admin && b.is_deciding()) || (b == Role::Admin && a.is_deciding())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_reads_as_a_person_would_expect() {
        let mut lines = Vec::new();
        for action in Action::ALL {
            let marks: Vec<String> =
                Role::ALL.iter().map(|r| format!("{}{}", if roles_for(*action).contains(r) { '+' } else { '-' }, r.as_str())).collect();
            lines.push(format!("{:16} {}", action.as_str(), marks.join(" ")));
        }
        let expected = "\
read_overview    +executive +analyst +reviewer +security_reviewer +auditor +admin
read_inventory   +executive +analyst +reviewer +security_reviewer +auditor +admin
write_inventory  -executive +analyst -reviewer -security_reviewer -auditor +admin
import           -executive +analyst -reviewer -security_reviewer -auditor +admin
read_ledger      -executive +analyst +reviewer +security_reviewer +auditor +admin
verify_ledger    -executive +analyst -reviewer -security_reviewer +auditor +admin
redact           -executive -analyst -reviewer +security_reviewer -auditor +admin
read_people      -executive -analyst -reviewer -security_reviewer +auditor +admin
manage_people    -executive -analyst -reviewer -security_reviewer -auditor +admin
manage_tokens    -executive +analyst -reviewer -security_reviewer +auditor +admin";
        assert_eq!(lines.join("\n"), expected);
    }

    #[test]
    fn exclusions_are_symmetric() {
        for a in Role::ALL {
            for b in Role::ALL {
                assert_eq!(excludes(*a, *b), excludes(*b, *a));
            }
        }
        assert!(excludes(Role::Admin, Role::Reviewer) && excludes(Role::Auditor, Role::Analyst));
        assert!(!excludes(Role::Admin, Role::Analyst));
    }
}
