//! Everybody who might decide, as `domain::change::independence` asks for them: one entry for one human, with all their
//! accounts hold. The few whose decision counts are asked of their own rows once more (`standing`).

use crate::{Error, Result, Services, factors, standing};
use domain::change::independence::{Decider, Tenure};
use domain::ids::PersonId;
use domain::ledger::ActorKind;
use domain::permission::Role;
use domain::seq::Seq;
use domain::verb::Verb;
use std::collections::{BTreeMap, BTreeSet};
use store::engine::db::Tx;
use store::people::{self, Person};
use store::{deciders, tokens};

/// The people of an installation, as far as deciding goes.
pub(crate) struct Everybody {
    pub deciders: Vec<Decider>,
    pub names: BTreeMap<PersonId, String>,
    pub humans: BTreeMap<PersonId, String>,
}

impl Everybody {
    pub async fn load(tx: &mut Tx) -> Result<Self> {
        let people = people::all_at(tx, Seq::NOW).await?;
        let names = people.iter().map(|p| (p.id, p.shown())).collect();
        let humans = people.iter().map(|p| (p.id, p.human.clone())).collect();
        let mut all: BTreeMap<PersonId, Decider> = people.iter().map(|p| (p.id, of(p))).collect();
        for held in deciders::roles(tx).await? {
            let (person, role) = (held.assignment.person_id, held.assignment.held());
            if let (Some(decider), Some(role)) = (all.get_mut(&person), role) {
                decider.roles.push(Tenure { held: role, since: held.held_at });
            }
        }
        for (person, group, since) in deciders::groups(tx).await? {
            if let Some(decider) = all.get_mut(&person) {
                decider.group = Some((group, since));
            }
        }
        for factor in deciders::factors(tx).await? {
            let Some(decider) = all.get_mut(&factor.person_id) else { continue };
            decider.factors.insert(factor.kind);
            let by_other = factor.enrolled_by_id.is_none_or(|by| by != factor.person_id.uuid());
            if by_other {
                decider.factor_by_other = decider.factor_by_other.max(Some(factor.at));
                decider.tied_to.extend(factor.enrolled_by_id.map(PersonId::new));
            }
        }
        reset(&mut all, &deciders::resets(tx).await?);
        Ok(Self { deciders: all.into_values().filter(decides).collect(), names, humans })
    }

    pub fn name(&self, person: PersonId) -> String {
        self.names.get(&person).cloned().unwrap_or_else(|| "an erased person".to_owned())
    }

    /// Of those who are named, only what their rows say as the ledger has them: whoever was given a role or a factor in the
    /// database decides nothing.
    pub async fn proven(&mut self, services: &Services, tx: &mut Tx, those: &BTreeSet<PersonId>) -> Result<()> {
        for decider in self.deciders.iter_mut().filter(|d| those.contains(&d.person)) {
            let genuine = standing::person(tx, decider.person).await?.is_some_and(|p| p.is_active());
            let roles = standing::roles(tx, decider.person).await?;
            decider.active &= genuine;
            decider.roles.retain(|tenure| roles.contains(&tenure.held));
            decider.factors = match factors::kinds(services, tx, decider.person).await {
                // Their rows are not those of the ledger, which is loud already.
                Err(Error::Conflict(_)) => BTreeSet::new(),
                kinds => kinds?,
            };
        }
        Ok(())
    }
}

/// Whose way to sign in somebody else reset, when, and by whom: who asked for it and who carried it out are both tied to them.
fn reset(all: &mut BTreeMap<PersonId, Decider>, entries: &[deciders::Reset]) {
    let mut asked: BTreeMap<PersonId, PersonId> = BTreeMap::new();
    let mut back: BTreeMap<PersonId, Option<PersonId>> = BTreeMap::new();
    for entry in entries {
        let Some(person) = entry.subject_id else { continue };
        let Some(decider) = all.get_mut(&person) else { continue };
        let by = entry.actor_id.filter(|_| entry.actor_kind == ActorKind::Person).map(PersonId::new);
        if entry.verb == Verb::ResetAsked.as_str() {
            asked.extend(by.map(|by| (person, by)));
            continue;
        }
        // Somebody taken back comes in by a link of others, whenever it is followed. Whoever joins for the first time does not.
        if entry.verb == Verb::PersonTakenBack.as_str() {
            back.insert(person, by);
        } else if entry.verb == Verb::PersonJoined.as_str() {
            let Some(who) = back.remove(&person) else { continue };
            decider.tied_to.extend(who);
        }
        decider.factor_by_other = decider.factor_by_other.max(Some(entry.at));
        if entry.verb == Verb::FactorsReset.as_str() {
            decider.tied_to.extend(by.into_iter().chain(asked.remove(&person)));
        }
    }
}

fn of(person: &Person) -> Decider {
    Decider {
        person: person.id,
        active: person.is_active(),
        roles: vec![],
        group: None,
        factors: BTreeSet::new(),
        factor_by_other: None,
        tied_to: BTreeSet::new(),
    }
}

/// Whoever holds no role that decides is nobody to list.
fn decides(decider: &Decider) -> bool {
    decider.roles.iter().any(|tenure| Role::is_deciding(tenure.held.role))
}

/// Who minted the token that a change came by.
pub(super) async fn minter(tx: &mut Tx, token: domain::ids::TokenId) -> Result<Option<PersonId>> {
    Ok(tokens::by_id(tx, token).await?.map(|t| t.minted_by_id))
}
