//! People: the first setup, invitations, roles, signing in, deactivating a leaver.

mod act;
mod links;
mod list;
mod password;
mod person;
mod read;
mod sign_in;

pub use act::{add, assign, lock_out, take_back, unassign};
pub use links::{accept, invite, opened, reset_link};
pub use list::{List, Row};
pub use password::change as change_password;
pub(crate) use password::is_of as password_of;
pub use person::{NAMED, Owned, Page, held, person};
pub(crate) use read::reaches;
pub use read::{BEGUN_WITH, Mine, Surroundings, active, current, is_empty, my_sessions, surroundings};
pub use sign_in::{end_other_sessions, end_session, set_up, setup_link, setup_secret, sign_in, sign_out};
pub(crate) use sign_in::{paused, record, signed_in, slowed_down};
pub use store::people::{Assignment, Person};

use crate::sessions::mac;
use crate::{Error, Result, Services};
use domain::permission::{Role, excludes};

const MIN_PASSWORD: usize = 12;

/// Finds people by e-mail address without the address.
pub(crate) fn email_key(services: &Services, email: &str) -> String {
    address_digest(&services.keys.mac, email)
}

/// The keyed digest that stands beside an address.
pub(crate) fn address_digest(key: &[u8; 32], email: &str) -> String {
    mac(key, &["email", &email.trim().to_lowercase()])
}

/// Roles of one person: at least one, and none that exclude each other.
fn fit_together(roles: &[Role]) -> Result<()> {
    if roles.is_empty() {
        return Err(Error::invalid("role", "Choose a role."));
    }
    for a in roles {
        if let Some(b) = roles.iter().find(|b| excludes(*a, **b)) {
            return Err(Error::invalid("role", format!("The roles {} and {} can't be combined. Remove one first.", a.label(), b.label())));
        }
    }
    Ok(())
}

/// An address that is taken is an answer, not a failure.
fn taken(error: Error) -> Error {
    error.refused_by("person_versions_one_open", || Error::invalid("email", "Someone with this email already has an account."))
}

/// What somebody is entered with.
struct Checked {
    name: String,
    email: String,
    password: String,
}

fn check(name: &str, email: &str, password: &str) -> Result<Checked> {
    let (name, email) = (name.trim(), email.trim());
    if name.is_empty() || name.chars().count() > 200 {
        return Err(Error::invalid("name", "Enter a name of at most 200 characters."));
    }
    if !email.contains('@') || email.len() > 254 || email.chars().any(char::is_whitespace) {
        return Err(Error::invalid("email", "Enter an email address, e.g. ann@example.org."));
    }
    password::check(password)?;
    Ok(Checked { name: name.to_owned(), email: email.to_owned(), password: password.to_owned() })
}
