//! Who asked for a job, as the job keeps it: it runs with the rights of the day it runs, and is shown to nobody else.

use crate::{Error, Holder, Principal, Result, Services};
use domain::ids::{IdentityId, PersonId, TokenId};
use domain::seq::Seq;
use serde::{Deserialize, Serialize};
use store::engine::jobs::Job;

/// Who asked for a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Caller {
    Person(PersonId),
    PersonsToken { token: TokenId, name: String, person: PersonId, scopes: Vec<domain::token::Scope> },
    IdentitysToken { token: TokenId, name: String, identity: IdentityId, scopes: Vec<domain::token::Scope> },
    Host(String),
}

/// What the payload of every job says beside its own.
#[derive(Deserialize)]
struct Asked {
    caller: Caller,
}

impl Caller {
    pub(crate) fn of(who: &Principal) -> Self {
        match who {
            Principal::Person { id, .. } => Self::Person(*id),
            Principal::Token { id, name, holder: Holder::Person(person, _), scopes } => {
                Self::PersonsToken { token: *id, name: name.clone(), person: *person, scopes: scopes.clone() }
            }
            Principal::Token { id, name, holder: Holder::Identity(identity), scopes } => {
                Self::IdentitysToken { token: *id, name: name.clone(), identity: *identity, scopes: scopes.clone() }
            }
            Principal::Host { user } => Self::Host(user.clone()),
        }
    }

    /// Who asked for a job; none where its payload cannot be read.
    pub(super) fn of_job(job: &Job) -> Option<Self> {
        serde_json::from_str::<Asked>(&job.payload).ok().map(|asked| asked.caller)
    }

    /// The caller with the rights of now; whoever is gone asks for nothing any more.
    pub(crate) async fn today(self, services: &Services) -> Result<Principal> {
        let gone = || Error::Cancelled("whoever asked for it may no longer".to_owned());
        let open = async |token: TokenId| -> Result<()> {
            let mut tx = services.db.snapshot().await?;
            let found = store::tokens::by_id(&mut tx, token).await?;
            tx.rollback().await?;
            found.map(|_| ()).ok_or_else(gone)
        };
        match self {
            Self::Person(id) => crate::people::current(services, id).await?.ok_or_else(gone),
            Self::PersonsToken { token, name, person, scopes } => {
                open(token).await?;
                let mut tx = services.db.snapshot().await?;
                let roles = store::people::roles_of(&mut tx, person, Seq::NOW).await?;
                tx.rollback().await?;
                Ok(Principal::Token { id: token, name, holder: Holder::Person(person, roles), scopes })
            }
            Self::IdentitysToken { token, name, identity, scopes } => {
                open(token).await?;
                Ok(Principal::Token { id: token, name, holder: Holder::Identity(identity), scopes })
            }
            Self::Host(user) => Ok(Principal::Host { user }),
        }
    }
}
