//! The operations on the gate itself: who decides, in which group, what feeds the inventory, and that all of it changes only
//! so from now on. Each is a part of the operation `installation`.

use crate::identity::Environment;
use crate::ids::{GroupId, PersonId, SourceId};
use crate::permission::{HeldRole, Role, RoleScope, ScopeKind};
use crate::source::{SourceKind, Vantage};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What of the installation is changed: `{"op":"installation","part":"group","person":"per_…","group":"grp_…"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "part", rename_all = "snake_case", deny_unknown_fields)]
pub enum Installation {
    /// From now on the gate changes only by changes like this one.
    Seal {},
    Roles(RolesSet),
    Group(GroupSet),
    GroupAdd(GroupAdd),
    Source(SourceSet),
    SourceAdd(SourceAdd),
    /// Somebody who was deactivated comes back, and chooses a new password by a link.
    Restore(Restore),
}

/// All roles of a person, in place of those they hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RolesSet {
    pub person: PersonId,
    pub roles: BTreeSet<RoleHeld>,
}

/// A role and over what it is held, as columns and URLs name the two.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleHeld {
    pub role: Role,
    pub scope_kind: ScopeKind,
    pub scope: String,
}

/// The group of a person; none takes them out of theirs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupSet {
    pub person: PersonId,
    pub group: Option<GroupId>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupAdd {
    pub group: GroupId,
    pub name: String,
}

/// What is said of a source, in place of what was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceSet {
    pub source: SourceId,
    pub to: SourceSaid,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceAdd {
    pub source: SourceId,
    pub name: String,
    pub kind: SourceKind,
    pub to: SourceSaid,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceSaid {
    pub owner: Option<PersonId>,
    pub environment: Option<Environment>,
    pub vantage: Vantage,
    pub interval_seconds: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Restore {
    pub person: PersonId,
}

impl RoleHeld {
    pub fn of(held: HeldRole) -> Self {
        Self { role: held.role, scope_kind: held.scope.kind(), scope: held.scope.of() }
    }

    /// None where it names nothing that could be.
    pub fn held(&self) -> Option<HeldRole> {
        Some(HeldRole { role: self.role, scope: RoleScope::parse(self.scope_kind, &self.scope)? })
    }

    /// True of a role that governs everybody.
    pub fn is_admin(&self) -> bool {
        self.role == Role::Admin && self.scope_kind == ScopeKind::Organisation
    }
}

impl Installation {
    /// Whom it is about: they decide nothing on it.
    pub fn person(&self) -> Option<PersonId> {
        match self {
            Self::Roles(o) => Some(o.person),
            Self::Group(o) => Some(o.person),
            Self::Restore(o) => Some(o.person),
            Self::Seal {} | Self::GroupAdd(_) | Self::Source(_) | Self::SourceAdd(_) => None,
        }
    }

    /// What is said of a source by it.
    pub fn source(&self) -> Option<(SourceId, &SourceSaid)> {
        match self {
            Self::Source(o) => Some((o.source, &o.to)),
            Self::SourceAdd(o) => Some((o.source, &o.to)),
            Self::Seal {} | Self::Roles(_) | Self::Group(_) | Self::GroupAdd(_) | Self::Restore(_) => None,
        }
    }
}
