//! The checklist of sealing: each line computed from what is there. A change that seals asks it at every computation, so that
//! none is applied while a line is open.

use super::factor;
use super::people::Everybody;
use super::weigh::policy;
use crate::{Read, Result, Services};
use domain::change::independence::{Ties, people_block};
use domain::change::route::{Column, Line as Row, Profile};
use domain::ids::PersonId;
use domain::permission::{Action, Role, RoleScope};
use domain::sealing::{Beside, Candidate, Line, open};
use domain::seq::Seq;
use domain::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use store::engine::db::Tx;
use store::{deciders, people, settings};

/// What is left to do before the installation can be sealed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checklist {
    pub sealed: bool,
    pub open: Vec<Line>,
}

/// The checklist as it is now; of a sealed installation nothing is asked.
pub async fn checklist(read: &mut Read) -> Result<Checklist> {
    read.authorise(Action::ReadOverview)?;
    let (services, now) = (read.services().clone(), read.as_of().at);
    let sealed = settings::sealed(read.tx(), Seq::NOW).await?;
    let open = if sealed { vec![] } else { lines(&services, read.tx(), now).await? };
    Ok(Checklist { sealed, open })
}

/// The open lines.
pub(super) async fn lines(services: &Services, tx: &mut Tx, now: Timestamp) -> Result<Vec<Line>> {
    let routing = policy(tx, Seq::NOW).await?.policy;
    let (cell, _) = routing.of_profile(routing.cell(Row::Gate, Column::Critical));
    let everybody = Everybody::load(tx).await?;
    let blocked = people_block(&everybody.deciders, &Ties::default(), &cell, now).or_else(|| factor::block(services, cell.auth));
    let beside = Beside { agree: blocked.is_none(), outside: services.is_anchored(), small_team: routing.profile == Profile::SmallTeam };
    Ok(open(&candidates(tx).await?, beside))
}

/// Everybody active with a role over everything.
async fn candidates(tx: &mut Tx) -> Result<Vec<Candidate>> {
    let active: BTreeSet<PersonId> = people::active(tx).await?.into_iter().collect();
    let mut all: BTreeMap<PersonId, Candidate> = BTreeMap::new();
    for held in deciders::roles(tx).await? {
        let person = held.assignment.person_id;
        let Some(role) = held.assignment.held().filter(|r| active.contains(&person) && r.scope == RoleScope::Organisation) else {
            continue;
        };
        let nobody = Candidate { person, decides: false, security: false, admin: false, group: None, factor: false };
        let of = all.entry(person).or_insert(nobody);
        of.decides |= role.role.is_deciding();
        of.security |= role.role == Role::SecurityReviewer;
        of.admin |= role.role == Role::Admin;
    }
    for (person, group, _) in deciders::groups(tx).await? {
        if let Some(of) = all.get_mut(&person) {
            of.group = Some(group);
        }
    }
    for factor in deciders::factors(tx).await? {
        let own = factor.enrolled_by_id == Some(factor.person_id.uuid());
        if let Some(of) = all.get_mut(&factor.person_id).filter(|_| own) {
            of.factor |= factor.kind.is_second();
        }
    }
    Ok(all.into_values().collect())
}
