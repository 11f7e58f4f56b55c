//! Second factors: passkeys, one-time codes of an authenticator app, recovery codes. Each is a row of `authenticators` that an
//! entry about its person opened, with a MAC keyed outside the database. What is asked for at the sign-in is what the ledger
//! says the person has: a row that was put in opens no door, and one that was taken away closes it.

mod act;
mod assertion;
mod attempts;
mod ceremony;
mod confirm;
mod decide;
mod marks;
mod passkeys;
mod read;
mod recovery;
mod reset;
mod seal;
mod second;
mod totp;

pub use act::{Added, add_app, new_codes, remove};
pub use assertion::Question;
pub use confirm::{Given, confirm, confirm_question, is_confirmed, require_confirmed, require_reauth};
pub use passkeys::{add_passkey, passkey_question, site};
pub use read::{Choices, Factor, Page, choices, factor, page};
pub use reset::{Pending, ask_reset, carry_out_reset, pending_resets};
pub use second::{Answer, second, second_question, waits_for};
pub use totp::{Offer, offer, offered};

pub(crate) use decide::{begin_assertion, check_evidence, finish_assertion};
pub(crate) use read::kinds;
pub(crate) use reset::link_lets_nobody_in;
pub(crate) use second::pending;

use crate::sessions::{mac, same};
use crate::{Error, Result, Services};
use domain::ids::{AuthenticatorId, PersonId};
use domain::ledger::Actor;
use domain::person::AuthenticatorKind;
use domain::seq::Seq;
use domain::time::{SECOND, Timestamp};
use store::engine::db::Tx;
use store::engine::standing::{Claim, open_rows};
use store::people::{AUTHENTICATORS, Authenticator, authenticators_at};

/// How long a step of the sign-in, a question to an authenticator and a fresh confirmation last.
pub(crate) const MINUTES: i64 = 300 * SECOND;

/// A new factor of a person, under its MAC.
fn row(
    services: &Services,
    (id, person): (AuthenticatorId, PersonId),
    kind: AuthenticatorKind,
    secret: String,
    by: Actor,
) -> Authenticator {
    let mut row = Authenticator::new(id, person, kind, secret, by);
    row.mac = tag(services, &row);
    row
}

/// The MAC of a row, whatever kind it is.
pub(crate) fn tag(services: &Services, a: &Authenticator) -> String {
    mac(&services.keys.mac, &["authenticator", &a.id.uuid().to_string(), &a.person_id.uuid().to_string(), a.kind.as_str(), &a.secret])
}

/// The factors of a person that count. Fails where the rows are not those that the ledger says there are: then nobody can
/// tell what should be asked for, and nobody is let in.
pub(crate) async fn of(services: &Services, tx: &mut Tx, person: PersonId) -> Result<Vec<Authenticator>> {
    let mut expected = open_rows(tx, &AUTHENTICATORS, person.uuid()).await?;
    let (mut found, mut forged) = (Vec::new(), 0);
    for row in authenticators_at(tx, person, Seq::NOW).await? {
        if !Claim::of(row.clone()).is_among(&mut expected) {
            tracing::error!(authenticator = %row.id, %person, "a factor is not as the ledger has it: it counts for nothing");
        } else if same(&row.mac, &tag(services, &row)) {
            found.push(row);
        } else {
            forged += 1;
        }
    }
    if forged > 0 || !expected.is_empty() {
        tracing::error!(%person, forged, missing = expected.len(), "factors that the ledger has are not there: the person is kept out");
        return Err(Error::Conflict("Your sign-in methods don't match the ledger. Ask an admin to verify the ledger.".to_owned()));
    }
    found.retain(|row| row.kind != AuthenticatorKind::Password);
    Ok(found)
}

/// The same by itself.
pub(crate) async fn held(services: &Services, person: PersonId) -> Result<Vec<Authenticator>> {
    let mut tx = services.db.snapshot().await?;
    let found = of(services, &mut tx, person).await;
    tx.rollback().await?;
    found
}

/// True where something is asked for beside the password.
pub(crate) fn any_second(factors: &[Authenticator]) -> bool {
    factors.iter().any(|f| f.kind.is_second())
}

/// An instant that has not passed and lies no further ahead than it could have been set.
pub(crate) fn is_in_time(until: Timestamp, now: Timestamp) -> bool {
    until >= now && until <= now.plus(MINUTES)
}
