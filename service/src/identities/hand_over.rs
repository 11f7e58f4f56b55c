//! When somebody leaves: where they own, the backup becomes the owner, and who has no backup is left without one,
//! counted; where they are the backup, there is none any more.

use super::{IdentityFacts, Projection, Said, facts_from};
use crate::Result;
use domain::identity::Plane;
use domain::ids::{IdentityId, PersonId};
use domain::seq::Seq;
use store::engine::db::Tx;
use store::engine::writer::Command;
use store::identities::{self, Reviewed};

/// Adds to `c` a new version of each record; gives how many were handed over and how many are left without an
/// owner. Only who is active becomes one.
pub(crate) async fn hand_over(
    tx: &mut Tx,
    c: &mut Command,
    leaver: PersonId,
    owned: &[IdentityId],
    active: &[PersonId],
) -> Result<(usize, usize)> {
    let mut projection = Projection::default();
    let (mut handed_over, mut orphans) = (0, 0);
    for id in owned {
        let records = identities::records_of(tx, *id, Seq::NOW).await?;
        let of = |plane: Plane| records.iter().find(|r| r.plane == plane).cloned();
        let Some(old) = of(Plane::Manual) else { continue };
        let mut new = old.clone();
        new.backup_id = None;
        if old.owner_id == Some(leaver) {
            new.owner_id = old.backup_id.filter(|b| *b != leaver && active.contains(b));
            match new.owner_id {
                Some(_) => handed_over += 1,
                None => orphans += 1,
            }
        }
        c.replace(old, new.clone());
        // An identity that has left its source stands in no list, but its record must not name the leaver.
        let Some(before) = identities::facts_of(tx, *id, Seq::NOW).await?.map(Reviewed::from) else { continue };
        if let Some(shown) =
            facts_from(&Said { observed: of(Plane::Observed).as_ref(), manual: Some(&new), baseline: of(Plane::Baseline).as_ref() }, None)
        {
            let after = before.with(IdentityFacts { owner_id: shown.owner_id, backup_id: shown.backup_id, ..before.facts.clone() });
            projection.touch(c, Some(before), Some(after));
        }
    }
    projection.finish(c);
    Ok((handed_over, orphans))
}
