//! The rows of a change: its candidate with what its route asks for, its jobs, and the MACs by which what people said is
//! known to be theirs.

use super::load::digest_of;
use super::weigh::{Weighed, rank};
use crate::sessions::{mac, same};
use crate::{Error, Result, Services, jobs};
use domain::change::ConsentAs;
use domain::change::candidate::Candidate;
use domain::change::independence::Ties;
use domain::change::operation::Operation;
use domain::ids::{CandidateId, ChangeId, PersonId};
use domain::job::JobKind;
use domain::permission::Place;
use domain::seq::Seq;
use domain::time::{SECOND, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use store::changes::verdicts::{Consent, Decision};
use store::changes::{self, Change};
use store::engine::head::Head;
use store::engine::jobs::NewJob;

/// A candidate of what was weighed, and its row.
pub(super) fn candidate(
    head: &Head,
    id: CandidateId,
    change: ChangeId,
    operations: Vec<Operation>,
    weighed: &Weighed,
) -> Result<(Candidate, changes::Candidate)> {
    let candidate = Candidate {
        v: 1,
        installation: head.installation,
        epoch: head.epoch,
        change,
        base: weighed.base.clone(),
        operations,
        effect: weighed.effect.clone(),
        route: weighed.route.clone(),
        policy_version: weighed.policy_version,
    };
    let text = candidate.text().map_err(|e| Error::Internal(e.to_string()))?;
    let cell = &candidate.route.cell;
    let row = changes::Candidate {
        since: Seq::ZERO,
        id,
        change_id: change,
        digest: digest_of(&candidate)?,
        text,
        ties: domain::json::canonical(&Kept::of(weighed)).map_err(|e| Error::Internal(e.to_string()))?,
        direction: candidate.effect.direction,
        line: candidate.route.line,
        policy_version: candidate.policy_version,
        auth: cell.auth,
        required_people: cell.people.into(),
        // One person of no group is enough where groups need not differ.
        required_groups: if cell.groups_distinct { cell.people.into() } else { 0 },
        required_security: i64::from(cell.security && cell.people > 0),
        required_owners: required(weighed, ConsentAs::Owner, cell.owner),
        required_resource_owners: required(weighed, ConsentAs::ResourceOwner, cell.resource_owner),
    };
    Ok((candidate, row))
}

/// How many consents of a kind the database asks for; a consent that nobody can be asked for is missing for good.
fn required(weighed: &Weighed, kind: ConsentAs, due: bool) -> i64 {
    if !due {
        return 0;
    }
    weighed.asked.iter().filter(|(of, _)| *of == kind).count().max(1) as i64
}

/// Who has to do with a candidate, as its row keeps it for lists. Decisions never ask it.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    asked: Vec<(ConsentAs, PersonId)>,
    places: Vec<KeptPlace>,
    asked_by: Option<PersonId>,
    drafted_by: Option<PersonId>,
    owners: BTreeSet<PersonId>,
    minters: BTreeSet<PersonId>,
    feeders: BTreeSet<PersonId>,
    governed: BTreeSet<PersonId>,
    behind: BTreeSet<PersonId>,
}

#[derive(Serialize, Deserialize)]
struct KeptPlace {
    teams: Vec<domain::ids::TeamId>,
    environment: Option<domain::identity::Environment>,
    source: Option<domain::ids::SourceId>,
}

impl Kept {
    fn of(weighed: &Weighed) -> Self {
        let ties = &weighed.ties;
        let place = |p: &Place| KeptPlace { teams: p.teams.clone(), environment: p.environment, source: p.source };
        Self {
            asked: weighed.asked.clone(),
            places: ties.places.iter().map(place).collect(),
            asked_by: ties.asked_by,
            drafted_by: ties.drafted_by,
            owners: ties.owners.clone(),
            minters: ties.minters.clone(),
            feeders: ties.feeders.clone(),
            governed: ties.governed.clone(),
            behind: ties.behind.clone(),
        }
    }

    /// What a row keeps, in an installation that is sealed or not.
    pub fn read(row: &changes::Candidate, sealed: bool) -> Result<(Ties, Vec<(ConsentAs, PersonId)>)> {
        let kept: Self = serde_json::from_str(&row.ties).map_err(|e| Error::Internal(format!("candidate {}: {e}", row.id)))?;
        let place = |p: KeptPlace| Place { teams: p.teams, environment: p.environment, source: p.source };
        let ties = Ties {
            places: kept.places.into_iter().map(place).collect(),
            asked_by: kept.asked_by,
            drafted_by: kept.drafted_by,
            owners: kept.owners,
            minters: kept.minters,
            feeders: kept.feeders,
            governed: kept.governed,
            behind: kept.behind,
            sealed,
            ..Ties::default()
        };
        Ok((ties, kept.asked))
    }
}

/// When what is approved may be applied, and when it lapses.
pub(super) fn approved(change: &mut Change, weighed_route: &domain::change::route::Route, at: Timestamp) {
    let waits = domain::change::route::wait_ends(weighed_route, at, None);
    change.waits_until = Some(waits);
    change.lapses_at = Some(waits.plus(i64::from(weighed_route.lapse) * SECOND));
    change.due_at = Some(waits);
}

/// Puts what comes of a candidate into the version of its change.
pub(super) fn placed(change: &mut Change, candidate: CandidateId, weighed: &Weighed) {
    change.candidate_id = candidate;
    change.direction = weighed.effect.direction;
    change.rank = rank(&weighed.route);
}

/// The job that looks at a change once its time has come. It is a hint: what is due says the change.
pub(super) fn job(services: &Services, change: ChangeId, due: Timestamp) -> Result<NewJob> {
    jobs::of_the_server(services, JobKind::Change, &Due::Change { change }, due)
}

/// The job that sees to what somebody owned who left.
pub(super) fn left(services: &Services, leaver: PersonId, due: Timestamp) -> Result<NewJob> {
    jobs::of_the_server(services, JobKind::Change, &Due::Left { leaver }, due)
}

/// What such a job is about.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Due {
    Change { change: ChangeId },
    Left { leaver: PersonId },
}

/// The MAC of a decision: over every column but its own.
pub(super) fn decision_mac(services: &Services, d: &Decision) -> String {
    let of = |id: uuid::Uuid| id.to_string();
    mac(
        &services.keys.mac,
        &[
            "decision",
            &of(d.id.uuid()),
            &of(d.candidate_id.uuid()),
            &of(d.person_id.uuid()),
            &d.human,
            d.verdict.as_str(),
            &d.group_id.map(|g| of(g.uuid())).unwrap_or_default(),
            &d.security.to_string(),
            &d.independent.to_string(),
            &d.shown,
            d.nonce.as_deref().unwrap_or_default(),
            d.assertion.as_deref().unwrap_or_default(),
        ],
    )
}

pub(super) fn consent_mac(services: &Services, c: &Consent) -> String {
    let of = |id: uuid::Uuid| id.to_string();
    let parts = [of(c.id.uuid()), of(c.candidate_id.uuid()), of(c.person_id.uuid())];
    let parts = [parts[0].as_str(), &parts[1], &parts[2], &c.human, c.as_kind.as_str(), c.verdict.as_str(), &c.shown];
    mac(&services.keys.mac, &["consent", parts[0], parts[1], parts[2], parts[3], parts[4], parts[5], parts[6]])
}

/// True of a decision that this installation took; loud where it is not.
pub(super) fn is_genuine(services: &Services, d: &Decision) -> bool {
    let genuine = same(&d.mac, &decision_mac(services, d));
    if !genuine {
        tracing::error!(decision = %d.id, "a decision does not verify: it was not taken by this installation");
    }
    genuine
}

/// The same of a consent.
pub(super) fn is_given(services: &Services, c: &Consent) -> bool {
    let genuine = same(&c.mac, &consent_mac(services, c));
    if !genuine {
        tracing::error!(consent = %c.id, "a consent does not verify: it was not given to this installation");
    }
    genuine
}
