//! What lists and counts show of an identity when time, not a command, changed it: a grant's end has passed.
//! The page of one identity judges at its instant anyway; this brings the recorded figures after it.

use super::{Deltas, GRANTS_JUDGED, HeldRule, TIMED_AT_MOST, replace_facts};
use crate::{Result, Services};
use domain::access::{self, Memory};
use domain::asof::OPEN;
use domain::ledger::Actor;
use domain::rule::{Rule, Via};
use domain::time::Timestamp;
use std::collections::{BTreeSet, HashSet};
use store::db::Tx;
use store::identities::Facts;
use store::writer::Command;
use store::{grants, identities};
use uuid::Uuid;

/// Brings the figures of every identity a grant of which ended after `from` and by `to` up to date. Gives how
/// many identities changed; a second call with the same bounds changes nothing.
pub async fn settle_ended(services: &Services, from: Timestamp, to: Timestamp) -> Result<usize> {
    let (mut after, mut changed) = ((from.micros(), Uuid::max()), 0);
    loop {
        let mut tx = services.db.snapshot().await?;
        let page = grants::ended(&mut tx, after, to.micros()).await?;
        let Some((_, end, grant)) = page.last().copied() else {
            tx.rollback().await?;
            return Ok(changed);
        };
        let ids: BTreeSet<Uuid> = page.iter().map(|(id, _, _)| *id).collect();
        let mut command = command(to);
        let mut deltas = Deltas::default();
        for id in ids {
            let Some((before, now)) = replaced_facts(&mut tx, id, &Holdings::default(), to).await? else { continue };
            if !before.same(&now) {
                deltas.moved(Some(&before), Some(&now));
                replace_facts(&mut command, Some(&before), Some(&now), None);
                changed += 1;
            }
        }
        tx.rollback().await?;
        if !command.opens.is_empty() {
            command.counts = deltas.into_counts();
            services.write(command).await?;
        }
        after = (end, grant);
    }
}

/// Grants that come and go with a command that is being made.
#[derive(Default)]
pub(crate) struct Holdings {
    pub gone: HashSet<Uuid>,
    pub new: Vec<(Rule, Via, Option<i64>)>,
}

/// What lists show of an identity, before and after its grants move.
pub(crate) async fn replaced_facts(tx: &mut Tx, id: Uuid, moved: &Holdings, at: Timestamp) -> Result<Option<(Facts, Facts)>> {
    let Some(before) = identities::facts_of(tx, id, OPEN - 1).await? else { return Ok(None) };
    let held = grants::of_identity(tx, id, OPEN - 1, GRANTS_JUDGED).await?;
    let stays = held.iter().filter(|h| !moved.gone.contains(&h.id)).map(|h| (&h.rule, h.via, h.ends_at));
    let all = stays.chain(moved.new.iter().map(|(r, via, ends)| (r, *via, *ends)));
    let in_force: Vec<HeldRule<'_>> = all
        .filter(|(_, _, ends)| ends.is_none_or(|e| e > at.micros()))
        .map(|(rule, via, ends)| HeldRule { rule, via, timed: ends.is_some_and(|e| e - at.micros() <= TIMED_AT_MOST) })
        .collect();
    let judged = access::judge(&in_force, &mut Memory::default());
    let mut after = before.clone();
    after.set_totals(&access::totals(&in_force, &judged));
    Ok(Some((before, after)))
}

fn command(at: Timestamp) -> Command {
    Command {
        actor: Actor::SYSTEM,
        verb: "grants.ended",
        subject_kind: "installation",
        subject_id: None,
        change_id: None,
        payload: format!("{{\"by\":\"{}\"}}", at.rfc3339()),
        anchors: vec![],
        opens: vec![],
        closes: vec![],
        counts: vec![],
        erases: vec![],
    }
}
