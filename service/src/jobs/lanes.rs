//! Who works at what: lanes take one job after the other, and bring back those whose process is gone. What a job does
//! stands with its noun.

use super::carried::Carried;
use super::{LEASE, ended, genuine};
use crate::{Error, Result, Services, changes, exports, imports, ledger};
use std::time::Duration;
use store::engine::jobs as queue;
use store::engine::jobs::{Job, JobKind, JobState};

/// How often a job is begun before it is given up.
const ATTEMPTS: i64 = 3;
/// What a process works at side by side, so that a long verification holds up no import.
const LANES: [JobKind; 7] =
    [JobKind::Import, JobKind::Import, JobKind::Verify, JobKind::Export, JobKind::Export, JobKind::Change, JobKind::Adopt];

/// Works until the process ends, in every lane one job after the other, and at those whose process is gone.
pub async fn work(services: Services) {
    let mut lanes = tokio::task::JoinSet::new();
    for kind in LANES {
        lanes.spawn(lane(services.clone(), kind));
    }
    while let Some(ended) = lanes.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "a lane of jobs has stopped");
        }
    }
}

async fn lane(services: Services, kind: JobKind) {
    let mut bell = services.bell.subscribe();
    loop {
        match next_of(&services, kind).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::warn!(?error, "the queue of jobs could not be read"),
        }
        // A job that another process queued rings no bell here.
        let _ = tokio::time::timeout(Duration::from_secs(1), bell.changed()).await;
    }
}

/// Takes one job, if one waits, and carries it out; false where none waits.
pub async fn next(services: &Services) -> Result<bool> {
    for kind in JobKind::ALL {
        if next_of(services, *kind).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn next_of(services: &Services, kind: JobKind) -> Result<bool> {
    bring_back(services).await?;
    let now = services.now();
    let Some(job) = queue::claim(&services.db, kind, &services.holder, now, now.plus(LEASE)).await? else { return Ok(false) };
    let id = job.id;
    if !genuine(services, &job) {
        ended::<()>(services, id, &Err(Error::Internal("a job that this installation did not queue".to_owned()))).await;
        return Ok(true);
    }
    // Apart, so that one that breaks off takes no lane with it.
    if let Err(broken) = tokio::spawn(carry_out(services.clone(), job)).await {
        ended::<()>(services, id, &Err(Error::Internal(broken.to_string()))).await;
    }
    Ok(true)
}

async fn carry_out(services: Services, job: Job) {
    match job.kind {
        JobKind::Import => Box::pin(imports::carry_out(&services, job)).await,
        JobKind::Verify => ledger::carry_out(&services, job).await,
        JobKind::Export => exports::carry_out(&services, job).await,
        JobKind::Change => Box::pin(changes::carry_out(&services, job)).await,
        JobKind::Adopt => Box::pin(changes::carry_out_adoption(&services, job)).await,
    }
}

/// Jobs whose process is gone wait again; one that was carried out by a command, or too often begun, has failed.
pub(super) async fn bring_back(services: &Services) -> Result<()> {
    for job in queue::lapsed(&services.db, services.now()).await? {
        // This process is at it: its clock has jumped, or its next beat is late. Whoever else there is may take it over.
        if Carried::is(services, job.id) {
            continue;
        }
        let alone = match job.kind {
            JobKind::Import => imports::is_of_a_command(&job),
            JobKind::Verify => ledger::is_of_a_command(&job),
            JobKind::Export | JobKind::Change | JobKind::Adopt => false,
        };
        let holder = job.holder.clone().unwrap_or_default();
        if job.cancel != 0 {
            // Nobody is left who could hear of it.
            queue::finish(&services.db, job.id, &holder, JobState::Cancelled, "somebody asked that it stop", None).await?;
        } else if job.attempts >= ATTEMPTS || alone {
            let why = if alone {
                "the process that ran it has stopped; nothing of it is shown, run it again"
            } else {
                "three processes that ran it have stopped; nothing of it is shown"
            };
            queue::finish(&services.db, job.id, &holder, JobState::Failed, why, None).await?;
        } else {
            queue::queue_again(&services.db, &job).await?;
        }
    }
    Ok(())
}
