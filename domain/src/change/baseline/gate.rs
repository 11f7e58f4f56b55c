//! What of the gate a change touches, and what operations make of it. Whoever loads it brings the people, groups and sources
//! that the operations name.

use super::{Baseline, CannotApply};
use crate::change::operation::{GroupSet, Installation, Op, RoleHeld, RolesSet, SourceAdd, SourceSaid};
use crate::ids::{GroupId, PersonId, SourceId};
use crate::permission::excludes;
use crate::person::State;
use crate::sealing::Line;
use crate::source::SourceKind;
use std::collections::{BTreeMap, BTreeSet};

/// The gate, as far as it was loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gate {
    pub sealed: bool,
    /// The first open line of the checklist; asked where a seal is.
    pub open: Option<Line>,
    pub accounts: BTreeMap<PersonId, State>,
    pub roles: BTreeMap<PersonId, BTreeSet<RoleHeld>>,
    pub members: BTreeMap<PersonId, GroupId>,
    pub groups: BTreeMap<GroupId, String>,
    pub sources: BTreeMap<SourceId, Source>,
    /// The one active admin over everything, where there is only one.
    pub last_admin: Option<PersonId>,
}

/// A source: its name and kind stay, what is said of it changes.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Source {
    pub name: String,
    pub kind: SourceKind,
    pub said: SourceSaid,
}

impl Baseline {
    /// Carries one operation on the gate out. On an error nothing has changed.
    pub(super) fn apply_gate(&mut self, o: &Installation) -> Result<(), CannotApply> {
        let (there, absent) = (CannotApply::There(Op::Installation), CannotApply::Absent(Op::Installation));
        let gate = &mut self.gate;
        match o {
            Installation::Seal {} => match gate.open {
                Some(line) => Err(CannotApply::NotSealable(line)),
                None if gate.sealed => Err(there),
                None => {
                    gate.sealed = true;
                    Ok(())
                }
            },
            Installation::Roles(o) => gate.roles_set(o),
            Installation::Group(o) => gate.group_set(o),
            Installation::GroupAdd(o) => {
                if gate.groups.contains_key(&o.group) || gate.groups.values().any(|name| *name == o.name) {
                    return Err(there);
                }
                gate.groups.insert(o.group, o.name.clone());
                Ok(())
            }
            Installation::Source(o) => {
                let source = gate.sources.get_mut(&o.source).ok_or(absent)?;
                if source.said == o.to {
                    return Err(there);
                }
                source.said.clone_from(&o.to);
                Ok(())
            }
            Installation::SourceAdd(o) => gate.source_add(o),
            Installation::Restore(o) => {
                let account = gate.accounts.get_mut(&o.person).ok_or(absent)?;
                if *account != State::Deactivated {
                    return Err(there);
                }
                *account = State::Invited;
                Ok(())
            }
        }
    }
}

impl Gate {
    fn stands(&self, person: PersonId) -> Result<(), CannotApply> {
        match self.accounts.get(&person) {
            None => Err(CannotApply::Absent(Op::Installation)),
            Some(State::Deactivated) => Err(CannotApply::Deactivated),
            Some(State::Active | State::Invited) => Ok(()),
        }
    }

    fn roles_set(&mut self, o: &RolesSet) -> Result<(), CannotApply> {
        self.stands(o.person)?;
        if o.roles.iter().any(|a| a.held().is_none() || o.roles.iter().any(|b| excludes(a.role, b.role))) {
            return Err(CannotApply::Excluded);
        }
        let held = self.roles.get(&o.person).cloned().unwrap_or_default();
        if held == o.roles {
            return Err(CannotApply::There(Op::Installation));
        }
        let governs = |roles: &BTreeSet<RoleHeld>| roles.iter().any(RoleHeld::is_admin);
        if self.last_admin == Some(o.person) && governs(&held) && !governs(&o.roles) {
            return Err(CannotApply::LastAdmin);
        }
        self.roles.insert(o.person, o.roles.clone());
        Ok(())
    }

    fn group_set(&mut self, o: &GroupSet) -> Result<(), CannotApply> {
        self.stands(o.person)?;
        if self.members.get(&o.person).copied() == o.group {
            return Err(CannotApply::There(Op::Installation));
        }
        match o.group {
            Some(group) if !self.groups.contains_key(&group) => return Err(CannotApply::Absent(Op::Installation)),
            Some(group) => self.members.insert(o.person, group),
            None => self.members.remove(&o.person),
        };
        Ok(())
    }

    fn source_add(&mut self, o: &SourceAdd) -> Result<(), CannotApply> {
        if self.sources.contains_key(&o.source) || self.sources.values().any(|source| source.name == o.name) {
            return Err(CannotApply::There(Op::Installation));
        }
        self.sources.insert(o.source, Source { name: o.name.clone(), kind: o.kind, said: o.to.clone() });
        Ok(())
    }
}
