//! Carrying out what was approved, in the ledger: everything is computed once more, and one command writes the baseline with
//! its application, resting on that nothing else was applied in between.

use super::case::Case;
use super::gate;
use super::load::{Loaded, digest};
use super::refresh::{by_the_server, event, payload};
use super::weigh::{Weighed, needs_nobody};
use crate::identities::{Projection, Said, facts_from, with_totals};
use crate::{Error, Result, Services};
use domain::change::State;
use domain::change::content::{Grant, MatchKey, Record};
use domain::change::operation::{Operation, Subject};
use domain::change::state::{Event, Review, next};
use domain::identity::{Criticality, Environment, Lifecycle, Plane, Review as Reviewing};
use domain::ids::{BatchId, GrantId, IdentityId, RuleId, SuspensionId};
use domain::ledger::{Actor, ActorKind};
use domain::rule::{Enforced, Origin, SelfEvidence};
use domain::seq::Seq;
use domain::source::SourceKind;
use domain::verb::Verb;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use store::changes::applications::Application;
use store::changes::verdicts::ReviewEvent;
use store::changes::{self, Change, ChangeSubject};
use store::engine::db::Tx;
use store::engine::require::Require;
use store::engine::table::Declared;
use store::engine::writer::Command;
use store::identities::{self, IdentityReview, Reviewed};
use store::permission_sets::{self, StoredRule};
use store::suspensions::Suspension;
use store::{grants, sources};

/// Where a row of the baseline comes from: what its columns of provenance say.
pub(super) struct Origins {
    pub origin: Origin,
    pub author: Actor,
    pub approver: Actor,
    pub change: domain::ids::ChangeId,
    pub evidence: SelfEvidence,
}

/// Fills the columns of provenance of a row; the applier is this server.
macro_rules! proven {
    ($row:expr, $from:expr) => {{
        let (row, from) = (&mut $row, $from);
        row.origin = Some(from.origin);
        (row.author_kind, row.author_id) = (Some(from.author.kind), from.author.id);
        (row.approver_kind, row.approver_id) = (Some(from.approver.kind), from.approver.id);
        (row.applier_kind, row.applier_id) = (Some(ActorKind::System), None);
        (row.change_id, row.self_evidence) = (Some(from.change), Some(from.evidence));
    }};
}
pub(super) use proven;

/// The command that applies an approved change. Fails where its approvals do not count any more: the caller sees to that
/// first.
pub(super) async fn command(services: &Services, tx: &mut Tx, case: &Case, weighed: &Weighed) -> Result<Command> {
    let last = changes::applications::newest(tx).await?;
    let mut c = by_the_server(case, Verb::ChangeApplied);
    c.requires.push(Require::AppliedUpTo { last });
    let begun = next(case.change.state, Event::Begin, Review::default()).and_then(|state| next(state, Event::Done, Review::default()));
    let state = begun.map_err(|why| Error::Conflict(why.to_string()))?;
    let change = Change { since: Seq::ZERO, state, due_at: None, ..case.change.clone() };
    let origins = origins(case)?;
    let digests = (digest(&weighed.loaded.baseline)?, digest(&weighed.after)?);
    let application = application(services, case, &origins, digests, None);
    c.payload =
        payload(&json!({ "candidate": case.row.digest, "state": state, "before": application.before, "after": application.after }))?;
    // The database asks for each before the next.
    c.replace(case.change.clone(), change);
    c.opens.push(application.open());
    let mut writing = Writing { services, tx, c, weighed, case, origins };
    writing.grants().await?;
    writing.records().await?;
    writing.suspensions();
    writing.gate().await?;
    writing.undone().await?;
    Ok(writing.c)
}

/// That a candidate is applied, with the digests of what it touched before and after; `batch` where it takes several entries.
pub(super) fn application(
    services: &Services,
    case: &Case,
    origins: &Origins,
    (before, after): (String, String),
    batch: Option<BatchId>,
) -> Application {
    Application {
        id: services.ids.make(),
        seq: Seq::ZERO,
        change_id: case.change.id,
        candidate_id: case.row.id,
        direction: case.row.direction,
        policy_version: case.row.policy_version,
        author_kind: origins.author.kind,
        author_id: origins.author.id,
        approver_kind: origins.approver.kind,
        approver_id: origins.approver.id,
        applier_kind: ActorKind::System,
        applier_id: None,
        before,
        after,
        batch,
    }
}

pub(super) fn origins(case: &Case) -> Result<Origins> {
    let approver = if needs_nobody(&case.candidate.route) {
        Actor { kind: ActorKind::Rule, id: None }
    } else {
        let first = case.decisions.iter().find(|d| d.independent == 1 && d.verdict == domain::change::Verdict::Approve);
        Actor::person(first.ok_or_else(|| Error::Internal("nobody approved it".to_owned()))?.person_id)
    };
    let registers = case.candidate.operations.iter().all(|o| matches!(o, Operation::Register(_)));
    let author = Actor { kind: case.change.drafted_by_kind, id: case.change.drafted_by_id };
    let agent = [case.change.asked_by_kind, case.change.drafted_by_kind].contains(&ActorKind::Agent);
    Ok(Origins {
        origin: match (case.change.undoes_id, registers) {
            _ if super::adopt::of(&case.candidate.operations).is_some() => Origin::Adopted,
            (Some(_), _) => Origin::Rollback,
            (None, true) => Origin::Registered,
            (None, false) => Origin::Change,
        },
        author,
        approver,
        change: case.change.id,
        evidence: if agent { SelfEvidence::Yes } else { SelfEvidence::No },
    })
}

struct Writing<'a> {
    services: &'a Services,
    tx: &'a mut Tx,
    c: Command,
    weighed: &'a Weighed,
    case: &'a Case,
    origins: Origins,
}

impl Writing<'_> {
    fn loaded(&self) -> &Loaded {
        &self.weighed.loaded
    }

    /// Grants that went, came, or have other terms.
    async fn grants(&mut self) -> Result<()> {
        let (before, after) = (&self.weighed.loaded.baseline.grants, &self.weighed.after.grants);
        for (key, _) in before.iter().filter(|(key, grant)| after.get(*key) != Some(*grant)) {
            let row = self.weighed.loaded.grants.get(key).ok_or_else(|| Error::Internal("a grant without its row".to_owned()))?;
            self.c.closes.push(row.clone().close());
        }
        let lines = lines(self.loaded(), &self.case.candidate.operations);
        let new: Vec<(&MatchKey, &Grant)> = after.iter().filter(|(key, grant)| before.get(*key) != Some(*grant)).collect();
        let mut rules: BTreeMap<String, RuleId> = BTreeMap::new();
        for (key, grant) in new {
            let rule = self.rule(&mut rules, grant).await?;
            let source = sources::by_id(self.tx, grant.source, Seq::NOW).await?;
            let here = source.is_some_and(|s| matches!(s.kind, SourceKind::Manual | SourceKind::Countersign));
            let id: GrantId = self.services.ids.make();
            let mut row = grants::Grant::observed(
                &grants::Seen {
                    id,
                    line: lines.get(key).copied().unwrap_or(id),
                    identity: grant.identity,
                    set: grant.set.as_ref().map(|set| set.id),
                    rule,
                    via: grant.via,
                    via_name: &grant.via_name,
                    match_key: &key.0,
                    source: grant.source,
                    ends_at: grant.terms.ends_at,
                },
                None,
            );
            row.plane = Plane::Baseline;
            row.max_uses = grant.terms.max_uses.map(i64::from);
            row.enforced = if here { Enforced::DecidedHere } else { Enforced::ProvisionedElsewhere };
            proven!(row, &self.origins);
            self.c.opens.push(row.open());
        }
        Ok(())
    }

    /// The row of a rule: each content stands once.
    async fn rule(&mut self, known: &mut BTreeMap<String, RuleId>, grant: &Grant) -> Result<RuleId> {
        let key = grant.rule.content_key();
        if let Some(id) = known.get(&key) {
            return Ok(*id);
        }
        let id = if let Some((_, id)) = permission_sets::rule_ids(self.tx, &[&key]).await?.first() {
            *id
        } else {
            let id = self.services.ids.make();
            // Grants point at it: it comes first.
            let at = self.c.opens.iter().position(|row| row.table.name == "grants").unwrap_or(self.c.opens.len());
            self.c.opens.insert(at, StoredRule::new(id, None, &key, &grant.rule).open());
            id
        };
        known.insert(key, id);
        Ok(id)
    }

    /// Records that are other than they were, and what lists show of their identities.
    async fn records(&mut self) -> Result<()> {
        let (before, after) = (&self.weighed.loaded.baseline, &self.weighed.after);
        let moved: BTreeSet<IdentityId> = after
            .records
            .keys()
            .chain(after.lifecycles.keys())
            .filter(|id| before.records.get(*id) != after.records.get(*id) || before.lifecycles.get(*id) != after.lifecycles.get(*id))
            .copied()
            .collect();
        let mut projection = Projection::default();
        for id in moved {
            let Some(record) = after.records.get(&id) else { continue };
            let row = self.record(id, record, after.lifecycles.get(&id).copied());
            self.lists(id, &row, &mut projection).await?;
            match self.loaded().records.get(&id).cloned() {
                Some(old) => self.c.replace(old, row),
                None => self.c.opens.push(row.open()),
            }
        }
        projection.finish(&mut self.c);
        Ok(())
    }

    fn record(&self, id: IdentityId, record: &Record, lifecycle: Option<Lifecycle>) -> identities::Record {
        let mut row = identities::Record::new(id, Plane::Baseline);
        row.name = Some(record.name.clone());
        row.kind = Some(record.kind);
        row.lifecycle = lifecycle;
        // What nobody knows is not stated.
        row.environment = Some(record.environment).filter(|e| *e != Environment::Unknown);
        row.criticality = Some(record.criticality).filter(|c| *c != Criticality::Unknown);
        row.owner_id = record.owner;
        row.backup_id = record.backup;
        row.team_id = record.team;
        row.autonomy = record.autonomy;
        row.purpose_id = record.purpose.as_ref().map(|purpose| purpose.blob);
        row.human = record.human;
        row.parent_id = record.parent;
        proven!(row, &self.origins);
        row
    }

    /// What lists show of an identity, now that people countersigned its record. One that nobody knew has an anchor to be made.
    async fn lists(&mut self, id: IdentityId, row: &identities::Record, projection: &mut Projection) -> Result<()> {
        let records = identities::records_of(self.tx, id, Seq::NOW).await?;
        let of = |plane: Plane| records.iter().find(|r| r.plane == plane);
        let source = match of(Plane::Observed).and_then(|r| r.source_id) {
            Some(source) => sources::by_id(self.tx, source, Seq::NOW).await?,
            None => None,
        };
        let said = Said { observed: of(Plane::Observed), manual: of(Plane::Manual), baseline: Some(row) };
        let facts = facts_from(&said, source.as_ref().and_then(|s| s.environment)).ok_or_else(|| Error::Internal("no facts".to_owned()))?;
        let before = identities::facts_of(self.tx, id, Seq::NOW).await?.map(Reviewed::from);
        let after = match &before {
            Some(before) => before.with(with_totals(facts, &before.facts, 0)),
            None if records.is_empty() => {
                self.c.anchors.push((identities::Record::TABLE, id.uuid()));
                let change_id = self.case.change.id;
                self.c.opens.push(ChangeSubject { id: self.services.ids.make(), seq: Seq::ZERO, change_id, identity_id: id }.open());
                let review = IdentityReview { since: Seq::ZERO, identity_id: id, batch: None, review: Reviewing::Adopted };
                self.c.opens.push(review.open());
                Reviewed { facts, review: Reviewing::Adopted }
            }
            // It has left its source and stands in no list.
            None => return Ok(()),
        };
        projection.touch(&mut self.c, before, Some(after));
        Ok(())
    }

    fn suspensions(&mut self) {
        let (before, after) = (&self.weighed.loaded.baseline.suspensions, &self.weighed.after.suspensions);
        let gone: Vec<Suspension> =
            self.loaded().suspensions.iter().filter(|(key, _)| !after.contains_key(*key)).map(|(_, row)| row.clone()).collect();
        self.c.closes.extend(gone.into_iter().map(Declared::close));
        for ((subject, cause), lifts_at) in after.iter().filter(|(key, _)| !before.contains_key(*key)) {
            let mut row = suspension(self.services.ids.make(), subject, cause);
            row.lifts_at = *lifts_at;
            proven!(row, &self.origins);
            self.c.opens.push(row.open());
        }
    }

    /// What of the installation itself is other than it was.
    async fn gate(&mut self) -> Result<()> {
        let (rows, after, change) = (&self.weighed.loaded.gate, &self.weighed.after, self.case.change.id);
        let writing = gate::Writing { services: self.services, tx: self.tx, c: &mut self.c, change, rows, after };
        writing.all(&self.case.candidate.operations).await
    }

    /// An undo that takes effect rolls back what it undoes.
    async fn undone(&mut self) -> Result<()> {
        let Some(original) = self.case.change.undoes_id else { return Ok(()) };
        let Some(change) = changes::by_id(self.tx, original, Seq::NOW).await? else { return Ok(()) };
        let Ok(state) = next(change.state, Event::Undone, Review::default()) else { return Ok(()) };
        debug_assert_eq!(state, State::RolledBack);
        let said = event(self.services, self.case, Event::Undone, "The change that undoes it took effect.");
        self.c.opens.push(ReviewEvent { change_id: original, candidate_id: change.candidate_id, ..said }.open());
        self.c.replace(change.clone(), Change { since: Seq::ZERO, state, due_at: None, ..change });
        Ok(())
    }
}

fn suspension(id: SuspensionId, subject: &Subject, cause: &str) -> Suspension {
    Suspension {
        since: Seq::ZERO,
        id,
        plane: Plane::Baseline,
        subject_kind: subject.kind(),
        subject: subject.of(),
        cause: cause.to_owned(),
        lifts_at: None,
        origin: None,
        author_kind: None,
        author_id: None,
        approver_kind: None,
        approver_id: None,
        applier_kind: None,
        applier_id: None,
        change_id: None,
        self_evidence: None,
    }
}

/// Along which line the uses of each grant are counted: what takes the place of another goes on with its line.
fn lines(loaded: &Loaded, operations: &[Operation]) -> BTreeMap<MatchKey, GrantId> {
    let mut out: BTreeMap<MatchKey, GrantId> = loaded.grants.iter().map(|(key, row)| (key.clone(), row.line_id)).collect();
    for operation in operations {
        if let Operation::GrantTighten(o) = operation
            && let (Some(old), Some(row)) = (loaded.baseline.grants.get(&o.grant), loaded.grants.get(&o.grant))
        {
            let key = Grant { rule: o.rule.clone(), ..old.clone() }.key();
            out.insert(key, row.line_id);
        }
    }
    out
}
