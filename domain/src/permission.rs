//! Who may do what: one table. `service` asks it in the first line of every use case.

use crate::identity::Environment;
use crate::ids::{self, Noun};
use uuid::Uuid;

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
        ManageSources = "manage_sources", "register sources and say who answers for them";
        ManageTokens = "manage_tokens", "mint tokens for yourself and revoke them";
    }
}

/// Over what a role reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    Organisation,
    /// A team and the teams below it.
    Team(Uuid),
    Environment(Environment),
    Source(Uuid),
}

impl Scope {
    /// Reads the two columns of an assignment; none where it names nothing that could be.
    pub fn parse(kind: &str, of: &str) -> Option<Self> {
        match kind {
            "organisation" if of.is_empty() => Some(Self::Organisation),
            "team" => ids::parse(Noun::Team, of).ok().map(Self::Team),
            "environment" => Environment::parse(of).map(Self::Environment),
            "source" => ids::parse(Noun::Source, of).ok().map(Self::Source),
            _ => None,
        }
    }

    pub fn kind(self) -> &'static str {
        match self {
            Self::Organisation => "organisation",
            Self::Team(_) => "team",
            Self::Environment(_) => "environment",
            Self::Source(_) => "source",
        }
    }

    /// What of its kind: an id, a word, or nothing.
    pub fn of(self) -> String {
        match self {
            Self::Organisation => String::new(),
            Self::Team(id) => ids::show(Noun::Team, id),
            Self::Environment(e) => e.as_str().to_owned(),
            Self::Source(id) => ids::show(Noun::Source, id),
        }
    }

    fn covers(self, place: &Place) -> bool {
        match self {
            Self::Organisation => true,
            Self::Team(id) => place.teams.contains(&id),
            Self::Environment(e) => place.environment == Some(e),
            Self::Source(id) => place.source == Some(id),
        }
    }
}

/// A role and over what it is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Held {
    pub role: Role,
    pub scope: Scope,
}

impl Held {
    pub fn everywhere(role: Role) -> Self {
        Self { role, scope: Scope::Organisation }
    }
}

/// Where something stands that is to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Its team, and the teams above that.
    pub teams: Vec<Uuid>,
    pub environment: Option<Environment>,
    pub source: Option<Uuid>,
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
        Action::ManagePeople | Action::ManageSources => &[Admin],
        Action::ManageTokens => &[Analyst, Auditor, Admin],
    }
}

/// How far a role must reach for an action. One installation is one organisation: who may read at all reads it
/// whole; what is written is written where the role reaches; what governs everybody needs a role over everything.
fn needs_everything(action: Action) -> bool {
    match action {
        Action::ReadOverview | Action::ReadInventory | Action::ReadLedger | Action::VerifyLedger | Action::ManageTokens => false,
        // Asked again with the place: see `allows_at`.
        Action::WriteInventory | Action::Import => false,
        Action::Redact | Action::ReadPeople | Action::ManagePeople | Action::ManageSources => true,
    }
}

/// True when one of the roles passes, wherever it reaches where that is enough.
pub fn allows(held: &[Held], action: Action) -> bool {
    let enough = |h: &Held| h.scope == Scope::Organisation || !needs_everything(action);
    held.iter().any(|h| roles_for(action).contains(&h.role) && enough(h))
}

/// True when one of the roles passes and reaches the place.
pub fn allows_at(held: &[Held], action: Action, place: &Place) -> bool {
    held.iter().any(|h| roles_for(action).contains(&h.role) && h.scope.covers(place))
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
manage_sources   -executive -analyst -reviewer -security_reviewer -auditor +admin
manage_tokens    -executive +analyst -reviewer -security_reviewer +auditor +admin";
        assert_eq!(lines.join("\n"), expected);
    }

    #[test]
    fn a_narrow_role_reads_all_writes_where_it_reaches_and_governs_nothing() {
        let (team, other, source) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3));
        let held = |role, scope| vec![Held { role, scope }];
        let place = Place { teams: vec![other, team], environment: Some(Environment::Test), source: Some(source) };
        for scope in [Scope::Team(team), Scope::Environment(Environment::Test), Scope::Source(source), Scope::Organisation] {
            assert!(allows(&held(Role::Analyst, scope), Action::ReadInventory), "{scope:?}");
            assert!(allows_at(&held(Role::Analyst, scope), Action::WriteInventory, &place), "{scope:?}");
            assert!(!allows_at(&held(Role::Executive, scope), Action::WriteInventory, &place), "{scope:?}");
            assert_eq!(Scope::parse(scope.kind(), &scope.of()), Some(scope));
        }
        for scope in [Scope::Team(source), Scope::Environment(Environment::Production), Scope::Source(team)] {
            assert!(!allows_at(&held(Role::Analyst, scope), Action::WriteInventory, &place), "{scope:?}");
            assert!(!allows(&held(Role::Admin, scope), Action::ManagePeople), "{scope:?}");
        }
        assert!(!allows_at(&held(Role::Analyst, Scope::Team(team)), Action::Import, &Place::default()));
        assert_eq!((Scope::parse("team", "Support"), Scope::parse("organisation", "x")), (None, None));
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
