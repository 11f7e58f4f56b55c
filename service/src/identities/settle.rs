//! What lists and counts show of an identity when time, not a command, changed it: a grant's end has passed.
//! The page of one identity judges at its instant anyway; this brings the recorded figures after it.

use super::{Projection, TIMED_AT_MOST};
use crate::{Error, Result, Services};
use domain::access::{self, HeldRule, Memory, Totals};
use domain::identity::Plane;
use domain::ids::{GrantId, IdentityId};
use domain::ledger::Actor;
use domain::rule::{Rule, Via};
use domain::seq::Seq;
use domain::time::Timestamp;
use domain::verb::Verb;
use std::collections::{BTreeSet, HashSet};
use store::engine::db::Tx;
use store::engine::writer::Command;
use store::identities::Reviewed;
use store::{grants, identities};

/// A bound nobody should reach.
const HELD: i64 = 1_000_000;

/// Brings the figures of every identity a grant of which ended after `from` and by `to` up to date. Gives how
/// many identities changed; a second call with the same bounds changes nothing.
pub async fn settle_ended(services: &Services, from: Timestamp, to: Timestamp) -> Result<usize> {
    let (mut after, mut changed) = ((from, GrantId::max()), 0);
    loop {
        let mut tx = services.db.snapshot().await?;
        let page = grants::ended(&mut tx, Plane::Observed, after, to).await?;
        let Some((_, end, grant)) = page.last().copied() else {
            tx.rollback().await?;
            return Ok(changed);
        };
        let ids: BTreeSet<IdentityId> = page.iter().map(|(id, _, _)| *id).collect();
        let mut command = Command::new(Actor::SYSTEM, Verb::GrantsEnded.as_str(), "installation", None);
        command.payload = format!("{{\"by\":\"{}\"}}", to.rfc3339());
        let mut projection = Projection::default();
        for id in ids {
            let Some((before, now)) = replaced_facts(&mut tx, id, &Holdings::default(), to).await? else { continue };
            if !before.facts.same(&now.facts) {
                projection.touch(&mut command, Some(before), Some(now));
                changed += 1;
            }
        }
        tx.rollback().await?;
        projection.finish(&mut command);
        if !command.opens.is_empty() {
            services.write(command).await?;
        }
        after = (end, grant);
    }
}

/// Grants that come and go with a command that is being made.
#[derive(Default)]
pub(crate) struct Holdings {
    pub gone: HashSet<GrantId>,
    pub new: Vec<Holding>,
}

/// What lists show of an identity, before and after its grants move.
pub(crate) async fn replaced_facts(tx: &mut Tx, id: IdentityId, moved: &Holdings, at: Timestamp) -> Result<Option<(Reviewed, Reviewed)>> {
    let Some(before) = identities::facts_of(tx, id, Seq::NOW).await?.map(Reviewed::from) else { return Ok(None) };
    let held = grants::of_identity(tx, id, Plane::Observed, Seq::NOW, HELD).await?;
    let stays = held.into_iter().filter(|h| !moved.gone.contains(&h.id)).map(|h| (h.rule, h.via, h.via_name, h.ends_at));
    let all: Vec<Holding> = stays.chain(moved.new.iter().cloned()).collect();
    // Beside the requests: of many grants it takes a while.
    let totals = tokio::task::spawn_blocking(move || judged(&all, at)).await.map_err(|e| Error::Internal(e.to_string()))?;
    let mut after = before.clone();
    after.facts.set_totals(&totals);
    Ok(Some((before, after)))
}

/// A rule, the path it is held by, and when that ends.
type Holding = (Rule, Via, String, Option<Timestamp>);

fn judged(all: &[Holding], at: Timestamp) -> Totals {
    let in_force: Vec<HeldRule<'_>> = all
        .iter()
        .filter(|(_, _, _, ends)| ends.is_none_or(|e| e > at))
        .map(|(rule, via, via_name, ends)| HeldRule {
            rule,
            via: *via,
            via_name,
            timed: ends.is_some_and(|e| e.since(at) <= TIMED_AT_MOST),
        })
        .collect();
    let judged = access::judge(&in_force, &mut Memory::default());
    access::totals(&in_force, &judged)
}
