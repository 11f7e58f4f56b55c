//! Writing an adoption that was agreed to: as many entries as it takes, each resting on this process still having the job, so
//! that whoever goes on after a process that is gone writes nothing twice. The last entry brings it to live.

use super::choose::{Choosing, Chosen, Wanted};
use super::{Adopting, batch_of, of};
use crate::changes::apply::{Origins, origins, proven};
use crate::changes::case::Case;
use crate::changes::refresh::{by_the_server, event, payload};
use crate::jobs::{self, Job, Running};
use crate::{Error, Result, Services};
use domain::change::State;
use domain::change::adopt::Adopt;
use domain::change::state::{Event, Review, next};
use domain::identity::{Lifecycle, Plane, Review as Reviewing};
use domain::ids::{BatchId, ChangeId, IdentityId, SourceId};
use domain::job::JobKind;
use domain::ledger::ActorKind;
use domain::seq::Seq;
use domain::source::Outcome;
use domain::verb::Verb;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;
use store::changes::{Change, adopted, applications};
use store::engine::db::Tx;
use store::engine::head;
use store::engine::jobs as queue;
use store::engine::require::Require;
use store::engine::rows::Row;
use store::engine::table::Declared;
use store::engine::writer::CountDelta;
use store::identities::{self, IdentityReview, Record, Reviewed};
use store::imports::BatchEnd;
use store::measures::Deltas;
use store::sources;

/// Rows of an entry: the writer is never held long.
pub const PART: usize = 5_000;
/// How often it is checked again where something else was applied, or imported, meanwhile.
const TRIES: usize = 20;

/// How far a batch is: the identity that its newest entry ends with, and how many rows of it are written.
#[derive(Serialize, Deserialize)]
struct Reached {
    through: IdentityId,
    rows: usize,
    done: u64,
}

/// Carries such a job out.
pub(crate) async fn carry_out(services: &Services, job: Job) {
    let id = job.id;
    // How it ended stands in its row.
    let _ = jobs::carry(
        services,
        id,
        |_| {},
        |running| async move {
            let due: Adopting = serde_json::from_str(&job.payload).map_err(|e| Error::Internal(e.to_string()))?;
            Box::pin(carried(&running, due.change)).await
        },
    )
    .await;
}

/// What the job of an adoption says of how far it is; none while none waits or runs.
pub async fn progress(services: &Services, change: ChangeId) -> Result<Option<String>> {
    let all = queue::unfinished_of(&services.db, "server", JobKind::Adopt).await?;
    let own = |job: &Job| serde_json::from_str::<Adopting>(&job.payload).is_ok_and(|due| due.change == change);
    Ok(all.into_iter().find(own).map(|job| job.progress))
}

async fn loaded(services: &Services, change: ChangeId) -> Result<Case> {
    let mut tx = services.db.snapshot().await?;
    services.moment(&mut tx).await?.whole()?;
    let case = Case::load(services, &mut tx, change).await;
    tx.rollback().await?;
    case
}

/// One adoption that a job is at.
struct Carrying<'a> {
    job: &'a Running,
    services: Services,
    case: Case,
    adopt: Adopt,
    batch: BatchId,
    origins: Origins,
}

async fn carried(job: &Running, change: ChangeId) -> Result<State> {
    let services = job.services();
    let Some(source) = of(&loaded(&services, change).await?.candidate.operations).map(|o| o.source) else {
        return Err(Error::Internal(format!("{change} is no adoption")));
    };
    // Nothing is imported into the source meanwhile, and no other adoption is at it.
    job.in_turn_at(&format!("the source {}", name_of(&services, source).await?)).await?;
    let case = loaded(&services, change).await?;
    let Some(adopt) = of(&case.candidate.operations).cloned().filter(|_| case.change.state == State::Applying) else {
        return Ok(case.change.state);
    };
    let mut tx = services.db.snapshot().await?;
    let batch = batch_of(&mut tx, &case).await;
    tx.rollback().await?;
    let origins = origins(&case)?;
    Carrying { job, services, batch: batch?, origins, adopt, case }.to_its_end().await
}

async fn name_of(services: &Services, source: SourceId) -> Result<String> {
    let mut tx = services.db.snapshot().await?;
    let found = sources::by_id(&mut tx, source, Seq::NOW).await;
    tx.rollback().await?;
    Ok(found?.ok_or(Error::NotFound("source"))?.name)
}

impl Carrying<'_> {
    async fn to_its_end(&self) -> Result<State> {
        let mut left = TRIES;
        loop {
            self.job.still_ours().await?;
            let mut tx = self.services.db.snapshot().await?;
            let last = applications::newest(&mut tx).await;
            tx.rollback().await?;
            let last = last?;
            let lived = match self.written().await {
                Ok(root) if root == self.adopt.root => self.live(last).await,
                Ok(_) => self.failed().await,
                Err(error) => Err(error),
            };
            match lived {
                // Something else was applied or imported, or another process wrote a part before its job was this one's.
                Err(Error::Conflict(why)) if why == crate::error::MEANWHILE && left > 0 => left -= 1,
                other => return other,
            }
        }
    }

    /// Walks all that is adopted, writes what no entry of the batch holds yet, and gives the root over all of it.
    async fn written(&self) -> Result<String> {
        let mut tx = self.services.db.snapshot().await?;
        let reached = adopted::reached(&mut tx, self.case.change.id).await;
        let choosing = Choosing::begin(&mut tx, Wanted::of(&self.adopt)).await;
        tx.rollback().await?;
        let (mut choosing, mut part) = (choosing?, Part::behind(reached?)?);
        loop {
            let mut tx = self.services.db.snapshot().await?;
            let page = choosing.page(&mut tx).await;
            tx.rollback().await?;
            let Some(page) = page? else { break };
            for chosen in page {
                let identity = chosen.identity;
                if part.skips(identity) {
                    continue;
                }
                for row in self.rows(chosen) {
                    part.take(identity, row);
                    if part.rows.len() >= PART {
                        self.write(&mut part).await?;
                    }
                }
            }
            self.job.goes_on()?;
        }
        if !part.rows.is_empty() {
            self.write(&mut part).await?;
        }
        Ok(choosing.root())
    }

    async fn write(&self, part: &mut Part) -> Result<()> {
        let total: u64 = self.adopt.rows.values().sum();
        let rows = std::mem::take(&mut part.rows);
        part.done += rows.iter().filter(|row| row.table.name != "identity_reviews").count() as u64;
        let mut c = by_the_server(&self.case, Verb::ChangePart);
        c.payload = payload(&json!({ "through": part.identity, "rows": part.of_identity, "done": part.done }))?;
        c.requires.extend([self.job.holds(), Require::PartsUpTo { change: self.case.change.id, last: part.last }]);
        c.opens = rows;
        part.last = self.services.write(c).await?.seq;
        self.job.tell(format!("{} of {total} rows written", part.done));
        self.job.goes_on()
    }

    /// The rows of one identity, always in the same order.
    fn rows(&self, chosen: Chosen) -> Vec<Row> {
        let (batch, mut out) = (Some(self.batch), Vec::with_capacity(chosen.grants.len() + 2));
        if let Some(observed) = &chosen.record {
            out.push(self.record(observed, chosen.manual.as_ref()).open());
        }
        for mut surface in chosen.surfaces {
            (surface.plane, surface.batch, surface.since) = (Plane::Baseline, batch, Seq::ZERO);
            proven!(surface, &self.origins);
            out.push(surface.open());
        }
        for mut grant in chosen.grants {
            grant.id = self.services.ids.make::<domain::ids::noun::Grant>();
            (grant.plane, grant.batch, grant.since) = (Plane::Baseline, batch, Seq::ZERO);
            proven!(grant, &self.origins);
            out.push(grant.open());
        }
        if chosen.whole {
            let review = IdentityReview { since: Seq::ZERO, identity_id: chosen.identity, batch, review: Reviewing::Adopted };
            out.push(review.open());
        }
        out
    }

    /// What a source says of an identity, by the name and the kind that people gave it. Owner, environment and criticality are
    /// adopted only where the person who is named accepts: they stay as they are, entered by hand or a hint.
    fn record(&self, observed: &Record, manual: Option<&Record>) -> Record {
        let mut row = Record::new(observed.id, Plane::Baseline);
        row.batch = Some(self.batch);
        row.name = manual.and_then(|m| m.name.clone()).or_else(|| observed.name.clone());
        row.kind = manual.and_then(|m| m.kind).or(observed.kind);
        row.lifecycle = Some(manual.and_then(|m| m.lifecycle).unwrap_or(Lifecycle::Active));
        row.human = observed.human;
        row.human_reason.clone_from(&observed.human_reason);
        row.platform_managed = observed.platform_managed;
        row.unknown_access.clone_from(&observed.unknown_access);
        row.source_id = observed.source_id;
        proven!(row, &self.origins);
        row
    }

    /// The last entry: everything lives from here on, and whoever was unreviewed is reviewed.
    async fn live(&self, last: Seq) -> Result<State> {
        self.job.tell("writing the last entry".to_owned());
        let mut tx = self.services.db.snapshot().await?;
        let since = head::known(&mut tx).await?.seq;
        let counts = self.counts(&mut tx).await;
        tx.rollback().await?;
        let state = next(self.case.change.state, Event::Done, Review::default()).map_err(|why| Error::Conflict(why.to_string()))?;
        let mut c = by_the_server(&self.case, Verb::ChangeApplied);
        c.payload = payload(&json!({ "candidate": self.case.row.digest, "state": state, "root": self.adopt.root }))?;
        c.requires.extend([Require::AppliedUpTo { last }, Require::Unmoved { source: self.adopt.source, since }, self.job.holds()]);
        c.replace(self.case.change.clone(), Change { since: Seq::ZERO, state, due_at: None, ..self.case.change.clone() });
        c.opens.push(BatchEnd::new(self.batch, Outcome::Live).open());
        c.counts = counts?;
        self.services.write(c).await?;
        Ok(state)
    }

    /// How the recorded counts move: whoever the batch says was reviewed, and stands in the lists.
    async fn counts(&self, tx: &mut Tx) -> Result<Vec<CountDelta>> {
        let mut reviewed: BTreeSet<IdentityId> = adopted::reviews_of(tx, self.batch).await?.into_iter().collect();
        let mut deltas = Deltas::default();
        let mut moved = |before: &Reviewed| {
            let after = Reviewed { review: Reviewing::Adopted, ..before.clone() };
            deltas.moved(Some(before), Some(&after));
        };
        let mut after = IdentityId::nil();
        loop {
            let page = identities::facts_of_source(tx, self.adopt.source, after).await?;
            let Some(newest) = page.last() else { break };
            after = newest.identity_id;
            page.iter().filter(|row| reviewed.remove(&row.identity_id)).for_each(&mut moved);
        }
        for id in reviewed {
            if let Some(listed) = identities::facts_of(tx, id, Seq::NOW).await? {
                moved(&listed.into());
            }
        }
        Ok(deltas.into_counts())
    }

    /// Somebody countersigned a part of it in another way meanwhile: what was agreed to is not what would be written.
    async fn failed(&self) -> Result<State> {
        let what = Event::BatchAbandoned;
        let state = next(self.case.change.state, what, Review::default()).map_err(|why| Error::Conflict(why.to_string()))?;
        let why = "Part of what was to be adopted has been approved in another way meanwhile. Propose the rest again.";
        let mut c = by_the_server(&self.case, Verb::ChangeEnded);
        c.payload = payload(&json!({ "candidate": self.case.row.digest, "state": state, "reason": why }))?;
        c.requires.push(self.job.holds());
        c.replace(self.case.change.clone(), Change { since: Seq::ZERO, state, due_at: None, ..self.case.change.clone() });
        c.opens.push(BatchEnd::new(self.batch, Outcome::Abandoned).open());
        c.opens.push(event(&self.services, &self.case, what, why).open());
        self.services.write(c).await?;
        Ok(state)
    }
}

/// The rows of the next entry, behind what is written already.
struct Part {
    reached: Option<Reached>,
    /// The entry that wrote the newest part.
    last: Seq,
    rows: Vec<Row>,
    identity: IdentityId,
    /// Rows of this identity that are written or in hand.
    of_identity: usize,
    done: u64,
}

impl Part {
    fn behind(reached: Option<(Seq, String)>) -> Result<Self> {
        let (last, payload) = reached.unzip();
        let reached: Option<Reached> =
            payload.map(|text| serde_json::from_str(&text).map_err(|e| Error::Internal(e.to_string()))).transpose()?;
        let done = reached.as_ref().map_or(0, |r| r.done);
        Ok(Self { reached, last: last.unwrap_or_default(), rows: vec![], identity: IdentityId::nil(), of_identity: 0, done })
    }

    /// True of an identity all of whose rows are written.
    fn skips(&self, identity: IdentityId) -> bool {
        self.reached.as_ref().is_some_and(|reached| identity < reached.through)
    }

    /// Takes a row that is not written yet.
    fn take(&mut self, identity: IdentityId, row: Row) {
        if self.identity != identity {
            (self.identity, self.of_identity) = (identity, 0);
        }
        self.of_identity += 1;
        let written = self.reached.as_ref().is_some_and(|reached| reached.through == identity && self.of_identity <= reached.rows);
        if !written {
            self.rows.push(row);
        }
    }
}
