//! What a use case answers instead of a result. `Display` is fit for the public; causes are chained and go to the log.
//! Status, page, problem and log line all follow from `kind`.

use crate::Denied;
use domain::permission::Action;
use std::io::ErrorKind;

/// What a use case can answer instead of a result.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}")]
    Forbidden(Denied),
    #[error("your role does not reach so far: you may {}, but not here", .0.label())]
    OutOfScope(Action),
    #[error(
        "the source {0:?} is new, and your role reaches over a part of the inventory: somebody whose role reaches over all of it \
         registers the source and says where it stands; then import again"
    )]
    NewSource(String),
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
    #[error("sign in first")]
    SignedOut,
    #[error("too many failed attempts; try again in {0} s")]
    Locked(i64),
    #[error("too much is going on at once; try again in a moment")]
    Busy,
    #[error("{0}")]
    TooMany(String),
    #[error("the work was stopped: {0}")]
    Cancelled(String),
    #[error("the link is used up or has run out; ask for a new one")]
    LinkGone,
    #[error("this store was restored from an older copy ({0}); it takes no change until the gap is accepted")]
    Restored(String),
    #[error("a page of the past takes no changes: go back to now")]
    NotNow,
    #[error("{0}")]
    Unavailable(String),
    #[error("the store could not answer")]
    Store(#[source] store::Error),
    #[error("the server could not do it")]
    Internal(String),
}

/// What an error comes to wherever it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// The status of an HTTP answer.
    pub status: u16,
    /// The heading of a page and the title of a problem.
    pub title: &'static str,
    /// True where the cause is ours and belongs into the log.
    pub ours: bool,
}

/// Seconds after which it is worth asking again where too much goes on.
const RETRY: i64 = 10;

pub type Result<T> = std::result::Result<T, Error>;

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Conflict { what } => {
                Self::Conflict(format!("{what}: somebody else changed this in the meantime; look at it again"))
            }
            store::Error::Beyond { .. } | store::Error::NoPair(_) => Self::invalid("as_of", error.to_string()),
            store::Error::Restored(why) => Self::Restored(why),
            store::Error::TooMany { own: true } => {
                Self::TooMany("too many of your jobs wait or run; wait for one to end, or stop one".to_owned())
            }
            store::Error::TooMany { own: false } => Self::Busy,
            store::Error::Trouble(trouble) => Self::Unavailable(trouble.to_string()),
            store::Error::Archive(reason) => Self::invalid("archive", reason),
            other => Self::Store(other),
        }
    }
}

impl Error {
    pub fn invalid(field: &'static str, reason: impl Into<String>) -> Self {
        Self::Invalid { field, reason: reason.into() }
    }

    /// A file of ours that could not be written.
    pub fn unwritten(error: &std::io::Error) -> Self {
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                Self::Unavailable("the disk of the server is full; nothing was saved. Free some space, then try again".to_owned())
            }
            _ => Self::Internal(error.to_string()),
        }
    }

    /// Status, title and whether it is logged: one table for every door.
    pub fn kind(&self) -> Meaning {
        let kind = |status, title| Meaning { status, title, ours: false };
        match self {
            Self::Forbidden(_) | Self::OutOfScope(_) | Self::NewSource(_) | Self::NotASession => kind(403, "Not allowed"),
            Self::NotFound(_) => kind(404, "Not found"),
            Self::Invalid { .. } | Self::NotNow => kind(422, "Not valid"),
            Self::Input(_) => kind(422, "The input cannot be read"),
            Self::Conflict(_) => kind(409, "Changed meanwhile"),
            Self::Cancelled(_) => kind(409, "Stopped"),
            Self::NeedsConfirmation(_) => kind(409, "Needs confirmation"),
            Self::SignInFailed | Self::SignedOut | Self::LinkGone => kind(401, "Not signed in"),
            Self::Locked(_) => kind(429, "Too many attempts"),
            Self::TooMany(_) => kind(429, "Too many at once"),
            Self::Busy => kind(503, "Busy"),
            Self::Restored(_) => kind(503, "Restored from an older copy"),
            Self::Unavailable(_) => Meaning { status: 503, title: "Not available now", ours: true },
            Self::Store(_) | Self::Internal(_) => Meaning { status: 500, title: "Something went wrong", ours: true },
        }
    }

    /// After how many seconds the same may be asked again, where waiting helps.
    pub fn retry_after(&self) -> Option<i64> {
        match self {
            Self::Locked(seconds) => Some(*seconds),
            Self::Busy | Self::TooMany(_) | Self::Unavailable(_) => Some(RETRY),
            _ => None,
        }
    }

    /// The member of the request that is meant, where one is.
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::Invalid { field, .. } => Some(field),
            _ => None,
        }
    }

    /// Where in an input: line and column, or a path.
    pub fn place(&self) -> Option<&str> {
        match self {
            Self::Input(error) => error.place.as_deref(),
            _ => None,
        }
    }

    /// The reason without the field, for a form that shows it beside the field.
    pub fn reason(&self) -> String {
        match self {
            Self::Invalid { reason, .. } => reason.clone(),
            other => other.to_string(),
        }
    }

    /// Turns the refusal of one constraint, by its name, into an answer; anything else stays what it was.
    pub(crate) fn refused_by(self, name: &str, answer: impl FnOnce() -> Self) -> Self {
        match self {
            Self::Store(store::Error::Refused { constraint, .. }) if constraint == name => answer(),
            other => other,
        }
    }
}
