//! Use cases: authorise, load, decide with `domain`, one transaction, answer. Every door (web form, API,
//! command line) calls these functions; none can do what another forbids. It holds no SQL and no HTTP.

pub mod adoption;
pub mod archive;
pub mod asof;
pub mod demo;
pub mod groups;
pub mod idempotency;
pub mod identities;
pub mod imports;
pub mod ledger;
pub mod overview;
pub mod people;
pub mod redactions;
pub mod sessions;
pub mod sources;
pub mod teams;
pub mod tokens;

/// The row types that use cases hand on.
pub use ::store;

use domain::permission::{Action, Held, Place, allows, allows_at};
use domain::ports::{Clock, Ids};
use domain::token::Scope;
use std::sync::Arc;
use store::db::Db;
use store::writer::{Command, Writer};
use uuid::Uuid;

/// Everything a use case needs, made once at start-up.
#[derive(Clone)]
pub struct Services {
    pub db: Db,
    pub writer: Writer,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub keys: Arc<Keys>,
    /// At most this many password hashes at a time: each takes 19 MB.
    pub hashing: Arc<tokio::sync::Semaphore>,
    /// Taking admins away and minting tokens are done one at a time: two at once would each judge by what was
    /// there before the other.
    pub governing: Arc<tokio::sync::Mutex<()>>,
    /// Failures are read and counted one at a time: a burst must not all be the first.
    pub attempts: Arc<tokio::sync::Mutex<()>>,
    /// Imports run one at a time, and so does a verification: each may take much of the machine.
    pub importing: Arc<tokio::sync::Mutex<()>>,
    pub verifying: Arc<tokio::sync::Semaphore>,
    /// Every sink outside the data directory holds the newest checkpoint it was given; without a sink, or while
    /// one fails, the head is unanchored.
    pub anchored: Arc<std::sync::atomic::AtomicBool>,
    /// The address people reach the server by, for links that leave it.
    pub address: Arc<str>,
    /// Secrets that are shown once: kept in memory only, for the next page of whom they are for.
    pub once: Arc<std::sync::Mutex<std::collections::HashMap<Uuid, Once>>>,
    /// Why the store opened as `restored`, where an outside checkpoint is ahead of it.
    pub restored: Option<Arc<str>>,
}

/// A secret that waits to be shown.
pub struct Once {
    person: Uuid,
    at: i64,
    text: String,
}

const ONCE_LIFE: i64 = 300 * domain::time::SECOND;

/// Keys that live outside the database.
pub struct Keys {
    /// Keys the MACs of session, token and authenticator rows, and the digests that find people by e-mail.
    pub mac: [u8; 32],
    /// Verifies the checkpoints of this installation.
    pub verifier: Option<domain::note::Verifier>,
}

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    Person {
        id: Uuid,
        name: String,
        email: String,
        roles: Vec<Held>,
    },
    /// A caller with an API token. It never decides.
    Token {
        id: Uuid,
        name: String,
        holder: Uuid,
        scopes: Vec<Scope>,
        /// The roles of today of the person who holds it; none where an identity does.
        roles: Option<Vec<Held>>,
    },
    /// A command on the machine: it may verify, import, back up and recover, never decide.
    Host {
        user: String,
    },
}

impl Principal {
    pub fn actor(&self) -> domain::ledger::Actor {
        match self {
            Self::Person { id, .. } => domain::ledger::Actor::person(*id),
            Self::Token { holder, roles: Some(_), .. } => domain::ledger::Actor::person(*holder),
            Self::Token { holder, roles: None, .. } => domain::ledger::Actor::agent(*holder),
            Self::Host { .. } => domain::ledger::Actor::HOST,
        }
    }

    pub fn name(&self) -> String {
        match self {
            Self::Person { name, .. } => name.clone(),
            Self::Token { name, .. } => format!("token {name}"),
            Self::Host { user } => format!("host:{user}"),
        }
    }

    pub fn person_id(&self) -> Option<Uuid> {
        match self {
            Self::Person { id, .. } => Some(*id),
            Self::Token { .. } | Self::Host { .. } => None,
        }
    }

    /// The person behind an interactive session: what a token or a command may never do asks for it.
    pub fn session_person(&self) -> Result<Uuid> {
        self.person_id().ok_or(Error::NotASession)
    }

    /// Who acts in person: none for the host. A token acts for nobody in person.
    pub fn acting_person(&self) -> Result<Option<Uuid>> {
        match self {
            Self::Person { id, .. } => Ok(Some(*id)),
            Self::Host { .. } => Ok(None),
            Self::Token { .. } => Err(Error::NotASession),
        }
    }

    pub fn may(&self, action: Action) -> bool {
        match self {
            Self::Person { roles, .. } => allows(roles, action),
            Self::Token { scopes, roles, .. } => {
                scopes.iter().any(|s| domain::token::opens(*s).contains(&action)) && roles.as_ref().is_none_or(|r| allows(r, action))
            }
            // People are managed from the host only while nobody else can be asked: see `people::add`.
            Self::Host { .. } => action != Action::WriteInventory,
        }
    }

    /// Whether the caller may write at a place; `may` says whether anywhere at all.
    pub fn may_at(&self, action: Action, place: &Place) -> bool {
        let held = match self {
            Self::Person { roles, .. } | Self::Token { roles: Some(roles), .. } => Some(roles),
            Self::Token { roles: None, .. } | Self::Host { .. } => None,
        };
        self.may(action) && held.is_none_or(|h| allows_at(h, action, place))
    }

    /// Where a use case writes, after its first line.
    pub(crate) fn authorise_at(&self, action: Action, place: &Place) -> Result<()> {
        if self.may_at(action, place) { Ok(()) } else { Err(Error::OutOfScope(action)) }
    }

    /// The first line of every use case.
    pub fn authorise(&self, action: Action) -> Result<()> {
        if self.may(action) { Ok(()) } else { Err(Error::Forbidden(action)) }
    }
}

/// What a use case can answer instead of a result. `Display` is fit for the public; causes are chained.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("your roles do not allow you to {}", .0.label())]
    Forbidden(Action),
    #[error("your role does not reach so far: you may {}, but not here", .0.label())]
    OutOfScope(Action),
    #[error("only a person who is signed in can do that, not a token or a command")]
    NotASession,
    #[error("there is no such {0}")]
    NotFound(&'static str),
    #[error("{field}: {reason}")]
    Invalid { field: &'static str, reason: String },
    #[error("{0}")]
    Conflict(String),
    #[error("{0}")]
    Input(#[from] connect::Error),
    #[error("{0}")]
    NeedsConfirmation(String),
    #[error("the e-mail address or the password is not right")]
    SignInFailed,
    #[error("too many failed attempts; try again in {0} s")]
    Locked(i64),
    #[error("too much is going on at once; try again in a moment")]
    Busy,
    #[error("the link is used up or has run out; ask for a new one")]
    LinkGone,
    #[error("this store was restored from an older copy ({0}); it takes no change until the gap is accepted")]
    Restored(String),
    #[error("a page of the past takes no changes; go to now first")]
    NotNow,
    #[error("the store could not answer")]
    Store(#[source] store::Error),
    #[error("the server could not do it")]
    Internal(String),
}

pub type Result<T> = std::result::Result<T, Error>;

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Conflict { .. } => Self::Conflict("somebody else changed it in the meantime; look at it again".to_owned()),
            other => Self::Store(other),
        }
    }
}

impl Error {
    pub fn invalid(field: &'static str, reason: impl Into<String>) -> Self {
        Self::Invalid { field, reason: reason.into() }
    }
}

/// A name that people give: short and visible.
pub(crate) fn name<'a>(field: &'static str, text: &'a str) -> Result<&'a str> {
    let name = text.trim();
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(domain::text::is_invisible) {
        return Err(Error::invalid(field, "write a name of at most 100 characters that can be seen"));
    }
    match connect::secrets::position(name) {
        Some(_) => Err(Error::invalid(field, "there seems to be a secret in it")),
        None => Ok(name),
    }
}

/// A command with nothing in it yet.
pub(crate) fn command(principal: &Principal, verb: &'static str, subject_kind: &'static str, subject_id: Option<Uuid>) -> Command {
    Command {
        actor: principal.actor(),
        verb,
        subject_kind,
        subject_id,
        change_id: None,
        payload: "{}".to_owned(),
        anchors: vec![],
        opens: vec![],
        closes: vec![],
        counts: vec![],
        erases: vec![],
    }
}

/// The canonical text of a payload; host commands say which user of the machine gave them.
pub(crate) fn payload(principal: &Principal, mut value: serde_json::Value) -> Result<String> {
    if let Some(object) = value.as_object_mut() {
        match principal {
            Principal::Host { user } => {
                object.insert("host_user".to_owned(), user.clone().into());
            }
            Principal::Token { id, .. } => {
                object.insert("token".to_owned(), domain::ids::show(domain::ids::Noun::Token, *id).into());
            }
            Principal::Person { .. } => {}
        }
    }
    domain::json::canonical(&value).map_err(|e| Error::Internal(e.to_string()))
}

impl Services {
    /// Over an open store, as a server that is anchored and whole; who composes it says where it is not.
    pub fn new(db: Db, writer: Writer, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>, keys: Keys) -> Self {
        Self {
            db,
            writer,
            clock,
            ids,
            keys: Arc::new(keys),
            hashing: Arc::new(tokio::sync::Semaphore::new(2)),
            governing: Arc::default(),
            attempts: Arc::default(),
            importing: Arc::default(),
            verifying: Arc::new(tokio::sync::Semaphore::new(1)),
            anchored: Arc::new(true.into()),
            address: Arc::from("http://localhost"),
            once: Arc::default(),
            restored: None,
        }
    }

    /// Keeps a secret for the next page of a person; gives the name it is taken by.
    pub fn show_once(&self, who: &Principal, text: String) -> Uuid {
        let (id, now) = (self.ids.next(), self.clock.now().micros());
        if let (Some(person), Ok(mut kept)) = (who.person_id(), self.once.lock()) {
            kept.retain(|_, o| now - o.at < ONCE_LIFE);
            kept.insert(id, Once { person, at: now, text });
        }
        id
    }

    /// Takes it out again: once, and only for whom it is.
    pub fn take_once(&self, who: &Principal, id: Uuid) -> Option<String> {
        let now = self.clock.now().micros();
        let mut kept = self.once.lock().ok()?;
        if kept.get(&id).is_some_and(|o| Some(o.person) == who.person_id() && now - o.at < ONCE_LIFE) {
            kept.remove(&id).map(|o| o.text)
        } else {
            None
        }
    }

    /// Unguessable bytes as hex.
    pub fn secret_hex(&self) -> String {
        let mut bytes = [0u8; 32];
        self.ids.secret(&mut bytes);
        hex::encode(bytes)
    }

    /// Writes a command that changes the record; a restored store takes none.
    pub(crate) async fn write(&self, command: Command) -> Result<store::writer::Written> {
        if let Some(why) = &self.restored {
            return Err(Error::Restored(why.to_string()));
        }
        Ok(self.writer.write(command).await?)
    }

    pub(crate) fn salt(&self) -> [u8; 16] {
        let mut salt = [0u8; 16];
        self.ids.secret(&mut salt);
        salt
    }
}
