//! Who acts, and the means to: commands in the caller's name. What they rest on is read by whoever writes them.

use crate::{Error, Principal, Result, Services};
use domain::ids::Id;
use domain::permission::Action;
use domain::verb::Verb;
use store::engine::db::Tx;
use store::engine::writer::{Command, Written};
use uuid::Uuid;

/// Who acts, and on what.
#[derive(Clone)]
pub struct Act {
    pub(crate) services: Services,
    pub(crate) who: Principal,
}

impl Act {
    pub fn new(services: &Services, who: &Principal) -> Self {
        Self { services: services.clone(), who: who.clone() }
    }

    pub fn who(&self) -> &Principal {
        &self.who
    }

    pub fn services(&self) -> &Services {
        &self.services
    }

    pub(crate) fn authorise(&self, action: Action) -> Result<()> {
        self.who.authorise(action)
    }

    /// The present, for what is decided; whatever is read in it and matters is named in the command's `requires`.
    pub(crate) async fn snapshot(&self) -> Result<Tx> {
        Ok(self.services.db.snapshot().await?)
    }

    pub(crate) fn id<N>(&self) -> Id<N> {
        self.services.ids.make()
    }

    /// A command of the caller with nothing in it yet.
    pub(crate) fn command(&self, verb: Verb, subject_kind: &'static str, subject: Option<Uuid>) -> Command {
        Command::new(self.who.actor(), verb.as_str(), subject_kind, subject)
    }

    /// The canonical text of a payload; host commands say which user of the machine gave them, tokens which one.
    pub(crate) fn payload(&self, mut value: serde_json::Value) -> Result<String> {
        if let Some(object) = value.as_object_mut() {
            match &self.who {
                Principal::Host { user } => {
                    object.insert("host_user".to_owned(), user.clone().into());
                }
                Principal::Token { id, .. } => {
                    object.insert("token".to_owned(), id.to_string().into());
                }
                Principal::Person { .. } => {}
            }
        }
        domain::json::canonical(&value).map_err(|e| Error::Internal(e.to_string()))
    }

    pub(crate) async fn write(&self, command: Command) -> Result<Written> {
        self.services.write(command).await
    }
}
