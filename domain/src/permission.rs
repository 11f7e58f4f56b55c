//! Who may do what: one table. `service` asks it in the first line of every use case.

use crate::identity::Environment;
use crate::ids::{SourceId, TeamId};

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
        WriteInventory = "write_inventory", "register and edit identities and resources";
        Import = "import", "import files";
        ReadChanges = "read_changes", "see changes";
        ProposeChange = "propose_change", "propose changes";
        DecideChange = "decide_change", "decide on changes";
        ReadLedger = "read_ledger", "read the ledger";
        VerifyLedger = "verify_ledger", "verify and export the ledger";
        Redact = "redact", "erase texts";
        AcceptGap = "accept_gap", "accept a restored store";
        ReadPeople = "read_people", "see people and roles";
        ManagePeople = "manage_people", "manage people and roles";
        ResetFactors = "reset_factors", "reset second factors";
        ManageSources = "manage_sources", "manage sources";
        ManageTokens = "manage_tokens", "create tokens";
    }
}

crate::words! {
    /// Of which kind a reach is.
    ScopeKind {
        Organisation = "organisation", "the whole organisation";
        Team = "team", "a team and the teams below it";
        Environment = "environment", "an environment";
        Source = "source", "a source";
    }
}

/// Over what a role reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RoleScope {
    Organisation,
    /// A team and the teams below it.
    Team(TeamId),
    Environment(Environment),
    Source(SourceId),
}

impl RoleScope {
    /// Reads the two columns of an assignment; none where it names nothing that could be.
    pub fn parse(kind: ScopeKind, of: &str) -> Option<Self> {
        match kind {
            ScopeKind::Organisation if of.is_empty() => Some(Self::Organisation),
            ScopeKind::Organisation => None,
            ScopeKind::Team => TeamId::parse(of).ok().map(Self::Team),
            ScopeKind::Environment => Environment::parse(of).map(Self::Environment),
            ScopeKind::Source => SourceId::parse(of).ok().map(Self::Source),
        }
    }

    pub fn kind(self) -> ScopeKind {
        match self {
            Self::Organisation => ScopeKind::Organisation,
            Self::Team(_) => ScopeKind::Team,
            Self::Environment(_) => ScopeKind::Environment,
            Self::Source(_) => ScopeKind::Source,
        }
    }

    /// What of its kind: an id, a word, or nothing.
    pub fn of(self) -> String {
        match self {
            Self::Organisation => String::new(),
            Self::Team(id) => id.to_string(),
            Self::Environment(e) => e.as_str().to_owned(),
            Self::Source(id) => id.to_string(),
        }
    }

    pub(crate) fn covers(self, place: &Place) -> bool {
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
pub struct HeldRole {
    pub role: Role,
    pub scope: RoleScope,
}

impl HeldRole {
    pub fn everywhere(role: Role) -> Self {
        Self { role, scope: RoleScope::Organisation }
    }
}

/// Where something stands that is to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Its team, and the teams above that.
    pub teams: Vec<TeamId>,
    pub environment: Option<Environment>,
    pub source: Option<SourceId>,
}

impl Role {
    /// True for those who decide on changes.
    pub fn is_deciding(self) -> bool {
        Self::deciding().contains(&self)
    }

    /// The roles that decide on changes.
    pub const fn deciding() -> [Self; 2] {
        [Self::Reviewer, Self::SecurityReviewer]
    }
}

/// The table. A role that is not named does not pass.
pub fn roles_for(action: Action) -> &'static [Role] {
    use Role::{Admin, Analyst, Auditor, Executive, Reviewer, SecurityReviewer};
    match action {
        Action::ReadOverview => &[Executive, Analyst, Reviewer, SecurityReviewer, Auditor, Admin],
        Action::ReadInventory => &[Executive, Analyst, Reviewer, SecurityReviewer, Auditor, Admin],
        Action::WriteInventory | Action::Import => &[Analyst, Admin],
        // Owners are asked to consent, whatever their role: so everybody reads changes.
        Action::ReadChanges => &[Executive, Analyst, Reviewer, SecurityReviewer, Auditor, Admin],
        Action::ProposeChange => &[Analyst, Reviewer, SecurityReviewer, Admin],
        Action::DecideChange => &[Reviewer, SecurityReviewer],
        Action::ReadLedger => &[Analyst, Reviewer, SecurityReviewer, Auditor, Admin],
        Action::VerifyLedger => &[Analyst, Auditor, Admin],
        // One person asks and another one confirms; auditors read what was erased and by whom.
        Action::Redact | Action::AcceptGap | Action::ResetFactors => &[SecurityReviewer, Admin],
        Action::ReadPeople => &[Auditor, Admin],
        Action::ManagePeople | Action::ManageSources => &[Admin],
        Action::ManageTokens => &[Analyst, Auditor, Admin],
    }
}

/// What a command on the machine may do. It never decides, applies, seals nor reads as a person; people are managed
/// from the host only while nobody else can be asked (`service::people`).
pub fn host_may(action: Action) -> bool {
    match action {
        Action::ReadOverview | Action::ReadInventory | Action::ReadChanges | Action::ReadLedger | Action::VerifyLedger => true,
        Action::Import | Action::ManagePeople | Action::ManageSources | Action::ManageTokens | Action::ReadPeople => true,
        // Where there is nobody who could be asked: `restored::step`.
        Action::AcceptGap => true,
        Action::WriteInventory | Action::Redact | Action::ResetFactors => false,
        // Nobody knows which human a command on the machine is: it could propose and then approve as somebody.
        Action::ProposeChange | Action::DecideChange => false,
    }
}

/// How far a role must reach for an action. One installation is one organisation: who may read at all reads it
/// whole; what is written is written where the role reaches; what governs everybody needs a role over everything.
fn needs_everything(action: Action) -> bool {
    match action {
        Action::ReadOverview | Action::ReadInventory | Action::ReadLedger | Action::VerifyLedger | Action::ManageTokens => false,
        // Where a role reaches a change is asked with what the change touches: `change::independence`.
        Action::ReadChanges | Action::ProposeChange | Action::DecideChange => false,
        // Asked again with the place: see `allows_at`.
        Action::WriteInventory | Action::Import => false,
        Action::Redact | Action::AcceptGap | Action::ReadPeople | Action::ManagePeople | Action::ResetFactors | Action::ManageSources => {
            true
        }
    }
}

/// True when one of the roles passes, wherever it reaches where that is enough.
pub fn allows(held: &[HeldRole], action: Action) -> bool {
    let enough = |h: &HeldRole| h.scope == RoleScope::Organisation || !needs_everything(action);
    held.iter().any(|h| roles_for(action).contains(&h.role) && enough(h))
}

/// True when one of the roles passes and reaches the place.
pub fn allows_at(held: &[HeldRole], action: Action, place: &Place) -> bool {
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
read_changes     +executive +analyst +reviewer +security_reviewer +auditor +admin
propose_change   -executive +analyst +reviewer +security_reviewer -auditor +admin
decide_change    -executive -analyst +reviewer +security_reviewer -auditor -admin
read_ledger      -executive +analyst +reviewer +security_reviewer +auditor +admin
verify_ledger    -executive +analyst -reviewer -security_reviewer +auditor +admin
redact           -executive -analyst -reviewer +security_reviewer -auditor +admin
accept_gap       -executive -analyst -reviewer +security_reviewer -auditor +admin
read_people      -executive -analyst -reviewer -security_reviewer +auditor +admin
manage_people    -executive -analyst -reviewer -security_reviewer -auditor +admin
reset_factors    -executive -analyst -reviewer +security_reviewer -auditor +admin
manage_sources   -executive -analyst -reviewer -security_reviewer -auditor +admin
manage_tokens    -executive +analyst -reviewer -security_reviewer +auditor +admin";
        assert_eq!(lines.join("\n"), expected);
    }

    #[test]
    fn a_narrow_role_reads_all_writes_where_it_reaches_and_governs_nothing() {
        let uuid = uuid::Uuid::from_u128;
        let (team, other, source) = (TeamId::new(uuid(1)), TeamId::new(uuid(2)), SourceId::new(uuid(3)));
        let held = |role, scope| vec![HeldRole { role, scope }];
        let place = Place { teams: vec![other, team], environment: Some(Environment::Test), source: Some(source) };
        for scope in [RoleScope::Team(team), RoleScope::Environment(Environment::Test), RoleScope::Source(source), RoleScope::Organisation]
        {
            assert!(allows(&held(Role::Analyst, scope), Action::ReadInventory), "{scope:?}");
            assert!(allows_at(&held(Role::Analyst, scope), Action::WriteInventory, &place), "{scope:?}");
            assert!(!allows_at(&held(Role::Executive, scope), Action::WriteInventory, &place), "{scope:?}");
            assert_eq!(RoleScope::parse(scope.kind(), &scope.of()), Some(scope));
        }
        for scope in [
            RoleScope::Team(TeamId::new(uuid(3))),
            RoleScope::Environment(Environment::Production),
            RoleScope::Source(SourceId::new(uuid(1))),
        ] {
            assert!(!allows_at(&held(Role::Analyst, scope), Action::WriteInventory, &place), "{scope:?}");
            assert!(!allows(&held(Role::Admin, scope), Action::ManagePeople), "{scope:?}");
        }
        assert!(!allows_at(&held(Role::Analyst, RoleScope::Team(team)), Action::Import, &Place::default()));
        assert_eq!((RoleScope::parse(ScopeKind::Team, "Support"), RoleScope::parse(ScopeKind::Organisation, "x")), (None, None));
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
