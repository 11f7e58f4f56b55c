//! When an owner leaves: the backup becomes the owner, and who has no backup is left without one, counted.

use super::{Deltas, facts_from, replace_facts, store_since};
use crate::Result;
use domain::asof::OPEN;
use store::db::Tx;
use store::identities;
use store::rows::Close;
use store::tables;
use store::writer::Command;
use uuid::Uuid;

/// Adds to `c` a new version of each record; gives how many identities are left without an owner.
pub(crate) async fn hand_over(tx: &mut Tx, c: &mut Command, leaver: Uuid, owned: &[Uuid]) -> Result<usize> {
    let mut deltas = Deltas::default();
    let mut orphans = 0;
    for id in owned {
        let records = identities::records_of(tx, *id, OPEN - 1).await?;
        let Some(old) = records.iter().find(|r| r.plane == "manual") else { continue };
        let Some(before) = identities::facts_of(tx, *id, OPEN - 1).await? else { continue };
        let mut new = old.clone();
        new.owner_id = old.backup_id.filter(|b| *b != leaver);
        new.backup_id = None;
        orphans += usize::from(new.owner_id.is_none());
        c.closes.push(Close { table: &tables::IDENTITY_VERSIONS, key: vec![(*id).into(), "manual".into(), store_since(old.since)] });
        c.opens.push(new.row(None));
        let observed = records.iter().find(|r| r.plane == "observed");
        if let Some(shown) = facts_from(observed, Some(&new), None) {
            let after = store::identities::Facts { owner_id: shown.owner_id, ..before.clone() };
            deltas.moved(Some(&before), Some(&after));
            replace_facts(c, Some(&before), Some(&after), None);
        }
    }
    c.counts.extend(deltas.into_counts());
    Ok(orphans)
}
