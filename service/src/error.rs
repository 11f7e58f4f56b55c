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
    #[error("Your role is limited to another scope. You can {}, but not here. Ask an admin.", .0.label())]
    OutOfScope(Action),
    #[error(
        "The source {0:?} is new, and your role covers only part of the inventory. Ask somebody whose role covers all of it to add the source, then import again."
    )]
    NewSource(String),
    /// A rule about this very thing, not about the caller's roles.
    #[error("{0}")]
    MayNot(String),
    /// Of a sealed installation: what is of the gate, and the page that proposes it.
    #[error("This installation is sealed: {what} only by a change that independent people approve. Propose it on {propose}")]
    Gated { what: &'static str, propose: String },
    #[error("Only a signed-in person can do this, not a token or a command.")]
    NotASession,
    #[error("This {0} doesn't exist.")]
    NotFound(&'static str),
    #[error("{reason}")]
    Invalid { field: &'static str, reason: String },
    /// What was sent is what stands there already: for a form no error at all.
    #[error("No changes to save.")]
    Unchanged,
    #[error("{0}")]
    Conflict(String),
    #[error("{0}")]
    Input(#[from] connect::Error),
    #[error("{0}")]
    NeedsConfirmation(String),
    #[error("Wrong email or password.")]
    SignInFailed,
    /// The password was right, and a second factor is asked for: what the page of the second step carries.
    #[error("Enter your second factor to sign in.")]
    SecondStep(String),
    #[error("Signing in took too long, or the password was changed. Sign in again.")]
    StepGone,
    #[error("Confirm who you are to continue.")]
    Unconfirmed,
    #[error("Sign in to continue.")]
    SignedOut,
    #[error("Too many attempts. Try again in {0} {s}.", s = seconds(*.0))]
    Locked(i64),
    #[error("The server is busy. Try again in a moment.")]
    Busy,
    #[error("{0}")]
    TooMany(String),
    #[error("Stopped: {0}")]
    Cancelled(String),
    #[error("This link was used or has expired. Ask an admin for a new one.")]
    LinkGone,
    #[error(
        "This store was restored from an older copy ({0}). Nothing is read or changed until people accept what is missing, on /restored."
    )]
    Restored(String),
    #[error("You're viewing the past. Return to now to make changes.")]
    NotNow,
    #[error("{0}")]
    Unavailable(String),
    #[error("Something failed on our side. Nothing was saved. Try again, or give your admin the request ID.")]
    Store(#[source] store::Error),
    #[error("Something failed on our side. Nothing was saved. Try again, or give your admin the request ID.")]
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

/// What is said where two save the same thing.
pub(crate) const MEANWHILE: &str = "Someone else saved first. Reload to see their change, then save yours.";

fn seconds(n: i64) -> &'static str {
    if n == 1 { "second" } else { "seconds" }
}

/// Seconds after which it is worth asking again where too much goes on.
const RETRY: i64 = 10;

pub type Result<T> = std::result::Result<T, Error>;

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Conflict { .. } => Self::Conflict(MEANWHILE.to_owned()),
            store::Error::Beyond { head } => {
                Self::invalid("as_of", format!("That moment is still to come. The newest ledger entry is {head}."))
            }
            store::Error::NoPair(_) => Self::invalid("as_of", error.to_string()),
            store::Error::Restored(why) => Self::Restored(why),
            store::Error::TooMany { own: true } => {
                Self::TooMany("Too many of your jobs wait or run. Wait for one to end, or stop one.".to_owned())
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
                Self::Unavailable("The server's disk is full. Nothing was saved. Free some space, then try again.".to_owned())
            }
            _ => Self::Internal(error.to_string()),
        }
    }

    /// Status, title and whether it is logged: one table for every door.
    pub fn kind(&self) -> Meaning {
        let kind = |status, title| Meaning { status, title, ours: false };
        match self {
            Self::Forbidden(_) | Self::OutOfScope(_) | Self::NewSource(_) | Self::MayNot(_) | Self::NotASession => kind(403, "Not allowed"),
            Self::Gated { .. } => kind(403, "Needs a change"),
            Self::NotFound(_) => kind(404, "Not found"),
            Self::Invalid { .. } => kind(422, "Not valid"),
            Self::NotNow => kind(422, "Read-only"),
            Self::Unchanged => kind(422, "Nothing to change"),
            Self::Input(_) => kind(422, "File not readable"),
            Self::Conflict(_) => kind(409, "Not possible now"),
            Self::Cancelled(_) => kind(409, "Stopped"),
            Self::NeedsConfirmation(_) => kind(409, "Needs confirmation"),
            Self::SignInFailed | Self::SecondStep(_) | Self::SignedOut | Self::LinkGone => kind(401, "Not signed in"),
            Self::Unconfirmed => kind(403, "Confirmation needed"),
            Self::StepGone => kind(409, "Sign in again"),
            Self::Locked(_) => kind(429, "Too many attempts"),
            Self::TooMany(_) => kind(429, "Too many at once"),
            Self::Busy => kind(503, "Server busy"),
            Self::Restored(_) => kind(503, "Restored from an older copy"),
            Self::Unavailable(_) => Meaning { status: 503, title: "Not available now", ours: true },
            Self::Store(_) | Self::Internal(_) => Meaning { status: 500, title: "Something failed on our side", ours: true },
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

    /// Where what was refused can be asked for.
    pub fn way_out(&self) -> Option<&str> {
        match self {
            Self::Gated { propose, .. } => Some(propose),
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

    /// The reason as a sentence, for whoever is to read it.
    pub fn reason(&self) -> String {
        domain::text::sentence(&self.to_string())
    }

    /// Turns the refusal of one constraint, by its name, into an answer; anything else stays what it was.
    pub(crate) fn refused_by(self, name: &str, answer: impl FnOnce() -> Self) -> Self {
        match self {
            Self::Store(store::Error::Refused { constraint, .. }) if constraint == name => answer(),
            other => other,
        }
    }
}
