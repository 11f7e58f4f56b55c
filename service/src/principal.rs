//! Who calls: a person with a session, a token, a command of the machine. What each may is asked here and nowhere else.

use crate::{Error, Result};
use domain::ids::{IdentityId, PersonId, TokenId};
use domain::ledger::Actor;
use domain::permission::{Action, HeldRole, Place, allows, allows_at, host_may, roles_for};
use domain::time::Timestamp;
use domain::token::{Scope, scopes_for};
use std::fmt;

/// That a caller may not do something, and what stands in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    action: Action,
    why: Why,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Why {
    /// The roles of whoever is signed in.
    Roles,
    /// The roles of whoever holds the token.
    RolesOfHolder,
    /// The scopes of the token, which are these.
    Scopes(Vec<Scope>),
    /// It is for people who are signed in, or for commands of the machine.
    Token,
    Machine,
    Elsewhere,
}

impl Denied {
    /// What only a command on the machine may do.
    pub(crate) fn elsewhere(action: Action) -> Self {
        Self { action, why: Why::Elsewhere }
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = self.action.label();
        let words = |scopes: &[Scope]| scopes.iter().map(|s| s.as_str()).collect::<Vec<_>>().join(", ");
        match &self.why {
            Why::Roles => write!(f, "Only {} can {what}. Ask an admin.", who_may(self.action)),
            Why::RolesOfHolder => write!(f, "Only {} can {what}, and the holder of this token isn't one of them.", who_may(self.action)),
            Why::Scopes(has) => {
                let needs = words(scopes_for(self.action));
                let held = if has.is_empty() { "none".to_owned() } else { words(has) };
                write!(f, "This token lacks the scope {needs}. It has {held}.")
            }
            Why::Token => write!(f, "Tokens can't {what}. Sign in as a person."),
            Why::Machine => write!(f, "The command line can't {what}. Sign in as a person."),
            Why::Elsewhere => write!(f, "Only the command line of the server can do this."),
        }
    }
}

/// The roles that may do something, as a sentence names them: `admins and auditors`.
fn who_may(action: Action) -> String {
    let all: Vec<String> = roles_for(action).iter().map(|r| format!("{}s", r.label())).collect();
    match all.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => "nobody".to_owned(),
    }
}

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    Person {
        id: PersonId,
        name: String,
        email: String,
        roles: Vec<HeldRole>,
        /// When and by how much they last showed in this session who they are; none outside of one.
        confirmed: Option<Confirmed>,
    },
    /// A caller with an API token. It never decides.
    Token { id: TokenId, name: String, holder: Holder, scopes: Vec<Scope> },
    /// A command on the machine: it may verify, import, back up and recover, never decide.
    Host { user: String },
}

/// By how many factors somebody showed who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    One,
    Two,
}

/// That somebody showed who they are, within a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confirmed {
    pub at: Timestamp,
    pub strength: Strength,
}

impl Confirmed {
    /// As the data of a session holds it.
    pub fn text(self) -> String {
        let factors = if self.strength == Strength::Two { 2 } else { 1 };
        format!("{factors} {}", self.at.micros())
    }

    pub fn parse(text: &str) -> Option<Self> {
        let (factors, at) = text.split_once(' ')?;
        let strength = match factors {
            "1" => Strength::One,
            "2" => Strength::Two,
            _ => return None,
        };
        Some(Self { at: Timestamp(at.parse().ok()?), strength })
    }
}

/// Who holds a token, as of today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    Person(PersonId, Vec<HeldRole>),
    Identity(IdentityId),
}

impl Principal {
    pub fn actor(&self) -> Actor {
        match self {
            Self::Person { id, .. } | Self::Token { holder: Holder::Person(id, _), .. } => Actor::person(*id),
            Self::Token { holder: Holder::Identity(id), .. } => Actor::agent(*id),
            Self::Host { .. } => Actor::HOST,
        }
    }

    pub fn name(&self) -> String {
        match self {
            Self::Person { name, .. } => name.clone(),
            Self::Token { name, .. } => format!("token {name}"),
            Self::Host { user } => format!("host:{user}"),
        }
    }

    pub fn person_id(&self) -> Option<PersonId> {
        match self {
            Self::Person { id, .. } => Some(*id),
            Self::Token { .. } | Self::Host { .. } => None,
        }
    }

    /// True where every change may be read; a token that only proposes reads what it asked for.
    pub(crate) fn reads_every_change(&self) -> bool {
        match self {
            Self::Token { scopes, .. } => scopes.contains(&Scope::ChangeRead),
            Self::Person { .. } | Self::Host { .. } => true,
        }
    }

    /// The same person, with what the session knows of them.
    #[must_use]
    pub fn confirmed_by(mut self, shown: Option<Confirmed>) -> Self {
        if let Self::Person { confirmed, .. } = &mut self {
            *confirmed = shown;
        }
        self
    }

    /// By how many factors they showed who they are within the last five minutes.
    pub(crate) fn confirmed(&self, now: Timestamp) -> Option<Strength> {
        let Self::Person { confirmed: Some(shown), .. } = self else { return None };
        (shown.at <= now && now.since(shown.at) <= crate::factors::MINUTES).then_some(shown.strength)
    }

    /// What the session is to keep of it.
    pub fn confirmation(&self) -> Option<Confirmed> {
        match self {
            Self::Person { confirmed, .. } => *confirmed,
            Self::Token { .. } | Self::Host { .. } => None,
        }
    }

    /// Who answers for what is asked, as a text: of all tokens of one holder the holder.
    pub fn accountable(&self) -> String {
        match self {
            Self::Person { id, .. } | Self::Token { holder: Holder::Person(id, _), .. } => id.to_string(),
            Self::Token { holder: Holder::Identity(id), .. } => id.to_string(),
            Self::Host { user } => format!("host:{user}"),
        }
    }

    /// The person behind an interactive session: what a token or a command may never do asks for it.
    pub fn session_person(&self) -> Result<PersonId> {
        self.person_id().ok_or(Error::NotASession)
    }

    /// Who acts in person: none for the host. A token acts for nobody in person.
    pub fn acting_person(&self) -> Result<Option<PersonId>> {
        match self {
            Self::Person { id, .. } => Ok(Some(*id)),
            Self::Host { .. } => Ok(None),
            Self::Token { .. } => Err(Error::NotASession),
        }
    }

    /// The roles that bound the caller; none for the host and for an identity, whose scopes bound it.
    fn roles(&self) -> Option<&[HeldRole]> {
        match self {
            Self::Person { roles, .. } | Self::Token { holder: Holder::Person(_, roles), .. } => Some(roles),
            Self::Token { holder: Holder::Identity(_), .. } | Self::Host { .. } => None,
        }
    }

    pub fn may(&self, action: Action) -> bool {
        let by_roles = self.roles().is_none_or(|r| allows(r, action));
        match self {
            Self::Person { .. } => by_roles,
            Self::Token { scopes, .. } => by_roles && scopes_for(action).iter().any(|s| scopes.contains(s)),
            Self::Host { .. } => host_may(action),
        }
    }

    /// Whether the caller may write at a place; `may` says whether anywhere at all.
    pub fn may_at(&self, action: Action, place: &Place) -> bool {
        self.may(action) && self.roles().is_none_or(|r| allows_at(r, action, place))
    }

    /// Where a use case writes, after its first line.
    pub(crate) fn authorise_at(&self, action: Action, place: &Place) -> Result<()> {
        if self.may_at(action, place) { Ok(()) } else { Err(Error::OutOfScope(action)) }
    }

    /// The first line of every use case.
    pub fn authorise(&self, action: Action) -> Result<()> {
        if self.may(action) { Ok(()) } else { Err(Error::Forbidden(self.denied(action))) }
    }

    fn denied(&self, action: Action) -> Denied {
        let opening = scopes_for(action);
        let why = match self {
            Self::Person { .. } => Why::Roles,
            Self::Host { .. } => Why::Machine,
            Self::Token { .. } if opening.is_empty() => Why::Token,
            Self::Token { scopes, .. } if !opening.iter().any(|s| scopes.contains(s)) => Why::Scopes(scopes.clone()),
            Self::Token { .. } => Why::RolesOfHolder,
        };
        Denied { action, why }
    }
}
