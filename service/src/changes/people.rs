//! Everybody who might decide, as `domain::change::independence` asks for them: one entry for one human, with all their
//! accounts hold. The few whose decision counts are asked of their own rows once more (`standing`).

use crate::{Result, standing};
use domain::change::independence::{Decider, Tenure};
use domain::ids::PersonId;
use domain::permission::Role;
use domain::seq::Seq;
use std::collections::{BTreeMap, BTreeSet};
use store::engine::db::Tx;
use store::people::{self, Person};
use store::{deciders, tokens};

/// The people of an installation, as far as deciding goes.
pub(super) struct Everybody {
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
        Ok(Self { deciders: all.into_values().filter(decides).collect(), names, humans })
    }

    pub fn name(&self, person: PersonId) -> String {
        self.names.get(&person).cloned().unwrap_or_else(|| "an erased person".to_owned())
    }

    /// Of those who are named, only what their rows say as the ledger has them: whoever was given a role in the database
    /// decides nothing.
    pub async fn proven(&mut self, tx: &mut Tx, those: &BTreeSet<PersonId>) -> Result<()> {
        for decider in self.deciders.iter_mut().filter(|d| those.contains(&d.person)) {
            let genuine = standing::person(tx, decider.person).await?.is_some_and(|p| p.is_active());
            let roles = standing::roles(tx, decider.person).await?;
            decider.active &= genuine;
            decider.roles.retain(|tenure| roles.contains(&tenure.held));
        }
        Ok(())
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
