//! Changes of the gate: what of the installation their operations touch, the rows it stands in, and those that are written
//! when they are applied.

use crate::{Error, Result, Services, standing};
use domain::change::baseline::Baseline;
use domain::change::baseline::gate::{Gate, Source as Known};
use domain::change::candidate::Pinned;
use domain::change::operation::{Installation, Operation, RoleHeld, SourceSaid};
use domain::ids::{ChangeId, PersonId, SourceId};
use domain::seq::Seq;
use std::collections::{BTreeMap, BTreeSet};
use store::changes::ChangePerson;
use store::engine::db::Tx;
use store::engine::require::Require;
use store::engine::table::Declared;
use store::engine::writer::Command;
use store::groups::{self, Group, Member};
use store::people::{self, Assignment, Person};
use store::settings::{self, Seal};
use store::sources::{self, Source};

/// The rows that a gate was read from.
#[derive(Clone, Default)]
pub(super) struct Rows {
    people: BTreeMap<PersonId, Person>,
    assignments: BTreeMap<PersonId, Vec<Assignment>>,
    members: BTreeMap<PersonId, Member>,
    sources: BTreeMap<SourceId, Source>,
    groups: Vec<Group>,
}

/// The parts of operations that are about the installation.
pub(super) fn parts(operations: &[Operation]) -> impl Iterator<Item = &Installation> {
    operations.iter().filter_map(|operation| if let Operation::Installation(o) = operation { Some(o) } else { None })
}

/// What is said of a source.
pub(super) fn said(row: &Source) -> SourceSaid {
    SourceSaid { owner: row.owner_id, environment: row.environment, vantage: row.vantage, interval_seconds: row.interval_seconds }
}

/// Loads what operations touch of the gate as of a position; nothing where they touch nothing of it.
pub(super) async fn load(tx: &mut Tx, operations: &[Operation], seq: Seq) -> Result<(Gate, Rows)> {
    let (mut gate, mut rows) = (Gate::default(), Rows::default());
    if parts(operations).next().is_none() {
        return Ok((gate, rows));
    }
    gate.sealed = settings::sealed(tx, seq).await?;
    rows.groups = groups::all_at(tx, seq).await?;
    gate.groups = rows.groups.iter().map(|group| (group.id, group.name.clone())).collect();
    let members = groups::members_at(tx, seq).await?;
    let all = people::assignments_at(tx, seq).await?;
    gate.last_admin = last_admin(tx, &all).await?;
    for part in parts(operations) {
        if let Some(person) = part.person() {
            let Some(row) = people::by_id(tx, person, seq).await? else { continue };
            gate.accounts.insert(person, row.state);
            rows.people.insert(person, row);
            let own: Vec<Assignment> = all.iter().filter(|a| a.person_id == person).cloned().collect();
            let held: BTreeSet<RoleHeld> = own.iter().filter_map(Assignment::held).map(RoleHeld::of).collect();
            if !held.is_empty() {
                gate.roles.insert(person, held);
            }
            rows.assignments.insert(person, own);
            if let Some(member) = members.iter().find(|m| m.person_id == person) {
                gate.members.insert(person, member.group_id);
                rows.members.insert(person, member.clone());
            }
        }
        let found = match part {
            Installation::SourceAdd(o) => sources::by_name(tx, &o.name, seq).await?,
            other => match other.source() {
                Some((source, _)) => sources::by_id(tx, source, seq).await?,
                None => None,
            },
        };
        if let Some(row) = found {
            gate.sources.insert(row.id, Known { name: row.name.clone(), kind: row.kind, said: said(&row) });
            rows.sources.insert(row.id, row);
        }
    }
    Ok((gate, rows))
}

/// The one active person who governs everybody, where there is only one.
async fn last_admin(tx: &mut Tx, all: &[Assignment]) -> Result<Option<PersonId>> {
    let active: BTreeSet<PersonId> = people::active(tx).await?.into_iter().collect();
    let admins: BTreeSet<PersonId> = all.iter().filter(|a| a.is_admin()).map(|a| a.person_id).filter(|p| active.contains(p)).collect();
    let mut admins = admins.into_iter();
    Ok(admins.next().filter(|_| admins.next().is_none()))
}

/// The rows that operations on the gate are about.
pub(super) fn pinned(rows: &Rows, operations: &[Operation]) -> Vec<Pinned> {
    let pin = |table: &str, key: String, since: Seq| Pinned { table: table.to_owned(), key, since };
    let mut out = Vec::new();
    for part in parts(operations) {
        match part {
            Installation::Roles(o) => {
                let own = rows.assignments.get(&o.person).into_iter().flatten();
                out.extend(own.map(|a| pin("role_assignments", a.id.to_string(), a.since)));
            }
            Installation::Group(o) => {
                out.extend(rows.members.get(&o.person).map(|m| pin("group_members", m.id.to_string(), m.since)));
            }
            Installation::Source(o) => {
                out.extend(rows.sources.get(&o.source).map(|s| pin("source_versions", s.id.to_string(), s.since)));
            }
            Installation::Restore(o) => {
                out.extend(rows.people.get(&o.person).map(|p| pin("person_versions", p.id.to_string(), p.since)));
            }
            Installation::Seal {} | Installation::GroupAdd(_) | Installation::SourceAdd(_) => {}
        }
    }
    out
}

/// Whom operations on the gate are about, and who owns the sources they change.
pub(super) fn concerned(gate: &Gate, operations: &[Operation]) -> (BTreeSet<PersonId>, BTreeSet<PersonId>) {
    let about = parts(operations).filter_map(Installation::person).collect();
    let owners = parts(operations).filter_map(Installation::source).flat_map(|(source, to)| {
        let before = gate.sources.get(&source).and_then(|known| known.said.owner);
        [before, to.owner].into_iter().flatten()
    });
    (about, owners.collect())
}

/// What is written: the rows of a gate as it becomes, in place of those it was read from.
pub(super) struct Writing<'a> {
    pub services: &'a Services,
    pub tx: &'a mut Tx,
    pub c: &'a mut Command,
    pub change: ChangeId,
    pub rows: &'a Rows,
    pub after: &'a Baseline,
}

impl Writing<'_> {
    pub async fn all(mut self, operations: &[Operation]) -> Result<()> {
        let mut about: BTreeMap<PersonId, bool> = BTreeMap::new();
        for part in parts(operations) {
            if let Some(person) = part.person() {
                *about.entry(person).or_default() |= matches!(part, Installation::Restore(_));
            }
            self.part(part).await?;
        }
        for (person_id, restores) in about {
            let id = self.services.ids.make();
            self.c.opens.push(ChangePerson { id, seq: Seq::ZERO, change_id: self.change, person_id, restores: i64::from(restores) }.open());
        }
        Ok(())
    }

    async fn part(&mut self, part: &Installation) -> Result<()> {
        match part {
            Installation::Seal {} => {
                let seal = Seal { id: self.services.ids.make(), seq: Seq::ZERO, change_id: self.change, sealed: 1 };
                self.c.opens.push(seal.open());
            }
            Installation::Roles(o) => self.roles(o.person, &o.roles)?,
            Installation::Group(o) => self.group(o.person, o.group)?,
            Installation::GroupAdd(o) => {
                self.c.add(o.group.uuid(), Group { since: Seq::ZERO, id: o.group, name: o.name.clone() });
            }
            Installation::Source(o) => {
                let old = self.rows.sources.get(&o.source).cloned().ok_or_else(unread)?;
                self.c.replace(old.clone(), with(old, &o.to));
            }
            Installation::SourceAdd(o) => {
                self.c.add(o.source.uuid(), with(Source::new(o.source, &o.name, o.kind, None), &o.to));
            }
            Installation::Restore(o) => {
                let old = self.person(o.person)?;
                let state = self.after.gate.accounts.get(&o.person).copied().unwrap_or(old.state);
                let back = old.in_state(state);
                self.c.replace(old, back);
                // They choose a new one by a link.
                self.c.closes.extend(standing::password(self.tx, o.person).await?.map(Declared::close));
            }
        }
        Ok(())
    }

    fn person(&self, id: PersonId) -> Result<Person> {
        self.rows.people.get(&id).cloned().ok_or_else(unread)
    }

    /// The account stands, and nobody has added or removed another role.
    fn roles(&mut self, person: PersonId, to: &BTreeSet<RoleHeld>) -> Result<()> {
        self.c.requires.push(self.person(person)?.still());
        let own = self.rows.assignments.get(&person).cloned().unwrap_or_default();
        let is = |a: &Assignment, role: &RoleHeld| a.held().map(RoleHeld::of).as_ref() == Some(role);
        let new: Vec<&RoleHeld> = to.iter().filter(|role| !own.iter().any(|a| is(a, role))).collect();
        let (stay, go): (Vec<Assignment>, Vec<Assignment>) = own.into_iter().partition(|a| to.iter().any(|role| is(a, role)));
        if go.iter().any(Assignment::is_admin) && !stay.iter().any(Assignment::is_admin) {
            self.c.requires.push(Require::AnotherAdmin { than: person, without: None });
        }
        self.c.requires.extend(stay.into_iter().map(Declared::still));
        self.c.closes.extend(go.into_iter().map(Declared::close));
        for held in new.into_iter().filter_map(RoleHeld::held) {
            self.c.opens.push(Assignment::new(self.services.ids.make(), person, held).open());
        }
        Ok(())
    }

    fn group(&mut self, person: PersonId, to: Option<domain::ids::GroupId>) -> Result<()> {
        self.c.requires.push(self.person(person)?.still());
        let before = self.rows.members.get(&person).cloned();
        self.c.requires.push(Require::MemberOf { person, membership: before.as_ref().map(|m| m.id) });
        self.c.closes.extend(before.map(Member::close));
        if let Some(group_id) = to {
            let group = self.rows.groups.iter().find(|group| group.id == group_id).cloned();
            // One that this very change adds has no row yet.
            self.c.requires.extend(group.map(Declared::still));
            self.c.opens.push(Member { since: Seq::ZERO, id: self.services.ids.make(), group_id, person_id: person }.open());
        }
        Ok(())
    }
}

fn with(row: Source, to: &SourceSaid) -> Source {
    let (owner_id, environment) = (to.owner, to.environment);
    Source { owner_id, environment, vantage: to.vantage, interval_seconds: to.interval_seconds, ..row }
}

fn unread() -> Error {
    Error::Internal("a row of the gate that was not read".to_owned())
}
