//! Who asked for a job, as the job keeps it: it runs with the rights of the day it runs, and is shown to nobody else.

use crate::{Act, Error, Principal, Result, Services, people, tokens};
use domain::ids::{PersonId, TokenId};
use serde::{Deserialize, Serialize};
use store::engine::jobs::Job;

/// Who asked for a job. What they may stands in their own rows, never here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Caller {
    Person(PersonId),
    Token(TokenId),
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
            Principal::Token { id, .. } => Self::Token(*id),
            Principal::Host { user } => Self::Host(user.clone()),
        }
    }

    /// Who asked for a job; none where its payload cannot be read.
    pub(super) fn of_job(job: &Job) -> Option<Self> {
        serde_json::from_str::<Asked>(&job.payload).ok().map(|asked| asked.caller)
    }

    /// The caller with the rights of now, as if they called now; whoever is gone asks for nothing any more, and nobody does
    /// where the store is restored.
    pub(crate) async fn today(&self, services: &Services) -> Result<Principal> {
        crate::restored::refuse(services).await?;
        let found = match self {
            Self::Person(id) => people::current(services, *id).await?,
            Self::Token(id) => tokens::current(services, *id).await?,
            Self::Host(user) => Some(Principal::Host { user: user.clone() }),
        };
        found.ok_or_else(|| Error::Cancelled("whoever asked for it may no longer".to_owned()))
    }
}

/// The same caller with the rights of now: what takes long asks again before it writes or shows more.
pub(crate) async fn renewed(act: &Act) -> Result<Act> {
    let who = Caller::of(act.who()).today(act.services()).await?;
    Ok(Act::new(act.services(), &who))
}
