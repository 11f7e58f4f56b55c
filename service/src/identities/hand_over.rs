//! When somebody leaves: where they own, the backup becomes the owner, and who has no backup is left without one,
//! counted; where they are the backup, there is none any more.

use super::{Deltas, facts_from, replace_facts, store_since};
use crate::Result;
use domain::asof::OPEN;
use store::db::Tx;
use store::identities;
use store::rows::Close;
use store::tables;
use store::writer::Command;
use uuid::Uuid;

/// Adds to `c` a new version of each record; gives how many were handed over and how many are left without an
/// owner. Only who is active becomes one.
pub(crate) async fn hand_over(tx: &mut Tx, c: &mut Command, leaver: Uuid, owned: &[Uuid], active: &[Uuid]) -> Result<(usize, usize)> {
    let mut deltas = Deltas::default();
    let (mut handed_over, mut orphans) = (0, 0);
    for id in owned {
        let records = identities::records_of(tx, *id, OPEN - 1).await?;
        let Some(old) = records.iter().find(|r| r.plane == "manual") else { continue };
        let mut new = old.clone();
        new.backup_id = None;
        if old.owner_id == Some(leaver) {
            new.owner_id = old.backup_id.filter(|b| *b != leaver && active.contains(b));
            match new.owner_id {
                Some(_) => handed_over += 1,
                None => orphans += 1,
            }
        }
        c.closes.push(Close { table: &tables::IDENTITY_VERSIONS, key: vec![(*id).into(), "manual".into(), store_since(old.since)] });
        c.opens.push(new.row(None));
        // An identity that has left its source stands in no list, but its record must not name the leaver.
        let Some(before) = identities::facts_of(tx, *id, OPEN - 1).await? else { continue };
        let observed = records.iter().find(|r| r.plane == "observed");
        if let Some(shown) = facts_from(observed, Some(&new), None) {
            let after = store::identities::Facts { owner_id: shown.owner_id, backup_id: shown.backup_id, ..before.clone() };
            deltas.moved(Some(&before), Some(&after));
            replace_facts(c, Some(&before), Some(&after), None);
        }
    }
    c.counts.extend(deltas.into_counts());
    Ok((handed_over, orphans))
}
