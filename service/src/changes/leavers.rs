//! What people countersigned as somebody's who has left: for each identity a change by this server that makes its backup the
//! owner, or says that it has none. It is decided like any other; until then the backup acts.

use super::draft::Draft;
use super::refresh::payload;
use super::submit::fill;
use super::weigh::{Asker, weigh};
use crate::{Result, Services};
use domain::change::operation::{Attribute, Operation, RecordSet};
use domain::identity::Plane;
use domain::ids::{ChangeId, IdentityId, PersonId};
use domain::ledger::{Actor, ActorKind};
use domain::seq::Seq;
use domain::verb::Verb;
use store::engine::db::Tx;
use store::engine::writer::Command;
use store::{changes, identities, people};

/// Proposes a change for each identity that a leaver still owns by what people countersigned.
pub(super) async fn orphaned(services: &Services, leaver: PersonId) -> Result<()> {
    let mut after = IdentityId::nil();
    loop {
        let mut tx = services.db.snapshot().await?;
        let owned = identities::shown_as_owned(&mut tx, leaver, after).await;
        tx.rollback().await?;
        let owned = owned?;
        let Some(last) = owned.last() else { return Ok(()) };
        after = *last;
        for identity in owned {
            // One that cannot be proposed keeps no other from it.
            if let Err(error) = proposed(services, identity, leaver).await {
                tracing::error!(?error, %identity, "no change was proposed for what somebody who left owned");
            }
        }
    }
}

async fn proposed(services: &Services, identity: IdentityId, leaver: PersonId) -> Result<()> {
    let mut tx = services.db.snapshot().await?;
    let command = command(services, &mut tx, identity, leaver).await;
    tx.rollback().await?;
    if let Some(command) = command? {
        services.write(command).await?;
        services.bell.send_replace(());
    }
    Ok(())
}

async fn command(services: &Services, tx: &mut Tx, identity: IdentityId, leaver: PersonId) -> Result<Option<Command>> {
    let records = identities::records_of(tx, identity, Seq::NOW).await?;
    let record = records.into_iter().find(|r| r.plane == Plane::Baseline && r.owner_id == Some(leaver));
    let Some(record) = record else { return Ok(None) };
    // Whoever looks again finds the first.
    let own = changes::of_identity(tx, identity, Seq::NOW).await?;
    if own.iter().any(|change| change.asked_by_kind == ActorKind::System && domain::change::state::is_open(change.state)) {
        return Ok(None);
    }
    let backup = match record.backup_id {
        Some(backup) => people::by_id(tx, backup, Seq::NOW).await?.filter(people::Person::is_active).map(|p| p.id),
        None => None,
    };
    let mut attributes = vec![Attribute::Owner(backup)];
    attributes.extend(record.backup_id.map(|_| Attribute::Backup(None)));
    let operations = vec![Operation::RecordSet(RecordSet { identity, attributes })];
    let justification = match backup {
        Some(_) => "Its owner was deactivated. The backup owner takes over.",
        None => "Its owner was deactivated, and it has no active backup owner. Assign an owner to it.",
    };
    let now = services.moment(tx).await?.now;
    let asker = Asker { asked: Actor::SYSTEM, drafted: Actor::SYSTEM, minted_by: None };
    let weighed = weigh(services, tx, &operations, &asker, now, None).await?;
    let draft = Draft { operations, asker, blobs: vec![], justification: justification.to_owned(), ticket: None, rollback: None };
    let id: ChangeId = services.ids.make();
    let mut c = Command::new(Actor::SYSTEM, Verb::ChangeProposed.as_str(), "change", Some(id.uuid()));
    let said = fill(services, tx, &mut c, (id, None), draft, &weighed, now).await?;
    c.payload = payload(&said)?;
    Ok(Some(c))
}
