//! How far a factor was used: the newest step of a one-time code, the counter of a passkey. Each has a MAC; one that is not
//! ours counts as none.

use crate::sessions::{mac, same};
use crate::{Result, Services};
use domain::ids::AuthenticatorId;
use store::engine::db::Tx;
use store::factors::{self, Mark, Use};

/// What was read, to be replaced.
pub(super) struct Used {
    row: Option<Mark>,
    pub mark: Option<i64>,
}

fn tag(services: &Services, id: AuthenticatorId, mark: i64) -> String {
    mac(&services.keys.mac, &["authenticator mark", &id.to_string(), &mark.to_string()])
}

pub(super) async fn read(services: &Services, tx: &mut Tx, id: AuthenticatorId) -> Result<Used> {
    let row = factors::mark_of(tx, id).await?;
    let genuine = row.as_ref().filter(|row| same(&row.mac, &tag(services, id, row.mark)));
    let mark = genuine.map(|row| row.mark);
    Ok(Used { row, mark })
}

fn new(services: &Services, id: AuthenticatorId, mark: i64) -> Mark {
    Mark { authenticator_id: id, mark, mac: tag(services, id, mark) }
}

/// Writes a new mark in place of what was read; false where somebody else was first.
pub(super) async fn advance(services: &Services, id: AuthenticatorId, mark: i64, read: &Used) -> Result<bool> {
    Ok(factors::advance(&services.db, &new(services, id, mark), read.row.as_ref()).await?)
}

/// The same, to be written with a command.
pub(super) fn advancing(services: &Services, id: AuthenticatorId, mark: i64, read: Used) -> Use {
    Use::Mark { new: new(services, id, mark), read: read.row }
}
