//! What a change comes to, who must agree and who may: computed from the store at submit, asked again before every decision
//! and before it is applied. One function for all three, so that they cannot differ.

use super::around::{Surroundings, answering_for, around};
use super::load::{self, Loaded, named};
use super::{gate, sealing};
use crate::{Error, Result, Services};
use domain::change::baseline::{BadChange, Baseline};
use domain::change::candidate::{Base, Pinned};
use domain::change::effect::{Around, Effect, Matter, Written, between};
use domain::change::independence::{Asked, Ties};
use domain::change::operation::{Installation, Operation};
use domain::change::route::{Policy, Profile, Route, route};
use domain::change::{ConsentAs, Direction, State};
use domain::ids::{CandidateId, ChangeId, IdentityId, PersonId, PolicyId};
use domain::ledger::{Actor, ActorKind};
use domain::locator::Work;
use domain::permission::Place;
use domain::rule::SelfEvidence;
use domain::seq::Seq;
use domain::time::{DAY, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use store::changes;
use store::engine::db::Tx;
use store::engine::head;

/// Access that lasts longer is standing.
const TIMED_MOST: i64 = DAY;
/// How far back a sum goes.
const SUM: i64 = 30 * DAY;

/// Who asks: the author in every sense that separation knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asker {
    pub asked: Actor,
    pub drafted: Actor,
    pub minted_by: Option<PersonId>,
}

/// The routing policy in force.
pub(crate) struct Routing {
    pub id: PolicyId,
    pub version: i64,
    pub policy: Policy,
}

/// What operations come to on the store as it is.
pub(super) struct Weighed {
    pub loaded: Loaded,
    pub after: Baseline,
    pub base: Base,
    pub effect: Effect,
    /// What the lineage gained in 30 days with what is open; none where this change is all of it.
    pub sum: Option<Effect>,
    pub route: Route,
    pub policy_version: i64,
    /// Everybody who has to do with it; what they decided is not in it.
    pub ties: Ties,
    /// Whose consent it needs.
    pub asked: Vec<(ConsentAs, PersonId)>,
    pub subjects: BTreeSet<IdentityId>,
    /// What whoever asks must reach.
    pub reach: Vec<Place>,
}

/// Why operations cannot be weighed: they are no change on what there is now, or something else went wrong.
pub(super) enum NotWeighed {
    Bad(BadChange),
    Error(Error),
}

impl From<Error> for NotWeighed {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<store::Error> for NotWeighed {
    fn from(error: store::Error) -> Self {
        Self::Error(error.into())
    }
}

impl From<NotWeighed> for Error {
    fn from(not: NotWeighed) -> Self {
        match not {
            NotWeighed::Bad(bad) => Self::invalid("operations", bad.to_string()),
            NotWeighed::Error(error) => error,
        }
    }
}

/// Weighs operations at the head. `at` is the instant that terms are measured from; `except` is the change itself, where it
/// stands already.
pub(super) async fn weigh(
    services: &Services,
    tx: &mut Tx,
    operations: &[Operation],
    asker: &Asker,
    at: Timestamp,
    except: Option<ChangeId>,
) -> std::result::Result<Weighed, NotWeighed> {
    let position = head::known(tx).await?.seq;
    let then = head::position_at(tx, at.plus(-SUM)).await?;
    let mut loaded = load::load(tx, operations, Seq::NOW).await?;
    if gate::parts(operations).any(|part| matches!(part, Installation::Seal {})) {
        let now = services.moment(tx).await?.now;
        loaded.baseline.gate.open = sealing::lines(services, tx, now).await?.first().copied();
    }
    let after = loaded.baseline.check(operations).map_err(NotWeighed::Bad)?;
    let found = around(tx, &loaded, operations, Seq::NOW, then).await?;
    let routing = policy(tx, Seq::NOW).await?;
    let others = others(tx, &loaded, operations, then, except).await?;
    let summed = if others.is_empty() { None } else { Some(sum_of(tx, others, operations, then).await?) };
    let effects = Effects {
        before: loaded.baseline.clone(),
        after: after.clone(),
        operations: operations.to_vec(),
        summed,
        at,
        own: found.own.clone(),
    };
    let (effect, sum) = services.compare(move || effects.compute()).await?;
    effect.check().map_err(|e| Error::invalid("operations", e.to_string()))?;
    // A reduction is held up by nothing that was gained before it (threats.md 14).
    let counted = sum.as_ref().filter(|_| effect.direction != Direction::Reduces);
    let mut route = route(&effect, counted, &found.spots, evidence(asker), &routing.policy);
    // Whatever a policy says: nothing that widens is ever automatic.
    if effect.direction > Direction::Neutral {
        route.cell.people = route.cell.people.max(1);
    }
    let base = Base {
        position,
        at,
        pinned: pinned(&loaded, operations),
        state: loaded.state()?,
        policy: routing.id,
        rulesets: BTreeMap::from([("privilege".to_owned(), domain::privilege::RULESET)]),
    };
    let asked = asked(&effect, &route, &found);
    let mut ties = Ties { behind: behind(tx, asker, then).await?, sealed: is_sealed(tx).await?, ..ties(&found, asker) };
    let (about, owners) = gate::concerned(&loaded.baseline.gate, operations);
    ties.governed.extend(about);
    ties.owners.extend(owners);
    let (subjects, reach) = (named(operations), found.reach);
    Ok(Weighed { after, base, sum, policy_version: routing.version, ties, asked, subjects, reach, loaded, effect, route })
}

/// Whether roles and groups count from their seventh day: for whoever weighs a change, and for what lists say of one.
pub(super) async fn is_sealed(tx: &mut Tx) -> Result<bool> {
    Ok(store::settings::sealed(tx, Seq::NOW).await?)
}

/// Beside the requests: comparing may take a while.
struct Effects {
    before: Baseline,
    after: Baseline,
    operations: Vec<Operation>,
    summed: Option<(Baseline, Baseline, Vec<Operation>)>,
    at: Timestamp,
    own: BTreeMap<IdentityId, domain::change::effect::Own>,
}

impl Effects {
    fn compute(self) -> (Effect, Option<Effect>) {
        let around = Around { at: self.at, timed_most: TIMED_MOST, own: &self.own, written: Written::UNKNOWN };
        let step = between(&self.before, &self.after, &self.operations, &around, &mut Work::default());
        let sum = self.summed.map(|(before, after, all)| between(&before, &after, &all, &around, &mut Work::default()));
        (step, sum)
    }
}

/// Operations of the other changes of the lineage: with whether each is still open.
type Others = Vec<(bool, Vec<Operation>)>;

async fn others(tx: &mut Tx, loaded: &Loaded, operations: &[Operation], then: Seq, except: Option<ChangeId>) -> Result<Others> {
    let lineage: BTreeSet<IdentityId> = loaded.baseline.records.keys().copied().chain(named(operations)).collect();
    let mut seen: BTreeMap<ChangeId, (bool, CandidateId)> = BTreeMap::new();
    for id in lineage {
        for change in changes::of_identity(tx, id, then).await? {
            let open = domain::change::state::is_open(change.state);
            seen.insert(change.id, (open, change.candidate_id));
        }
    }
    let mut out = Vec::new();
    for (_, (open, candidate)) in seen.into_iter().filter(|(id, _)| Some(*id) != except) {
        let Some(row) = changes::candidate(tx, candidate).await? else { continue };
        out.push((open, read_candidate(&row)?.operations));
    }
    Ok(out)
}

/// The lineage 30 days ago, and as it will be with everything that is open and this change; what of that can no longer be
/// carried out gives nothing.
async fn sum_of(tx: &mut Tx, others: Others, operations: &[Operation], then: Seq) -> Result<(Baseline, Baseline, Vec<Operation>)> {
    let all: Vec<Operation> = others.iter().flat_map(|(_, list)| list).chain(operations).cloned().collect();
    let before = load::load(tx, &all, then).await?.baseline;
    let mut after = load::load(tx, &all, Seq::NOW).await?.baseline;
    let open = others.iter().filter(|(open, _)| *open).flat_map(|(_, list)| list);
    for operation in open.chain(operations) {
        let _ = after.apply(operation);
    }
    Ok((before, after, all))
}

/// Reads what a candidate's row keeps.
pub(super) fn read_candidate(row: &changes::Candidate) -> Result<domain::change::candidate::Candidate> {
    serde_json::from_str(&row.text).map_err(|e| Error::Internal(format!("candidate {}: {e}", row.id)))
}

/// What an agent asks for rests on its own evidence.
fn evidence(asker: &Asker) -> SelfEvidence {
    let agent = [asker.asked, asker.drafted].iter().any(|actor| actor.kind == ActorKind::Agent);
    if agent { SelfEvidence::Yes } else { SelfEvidence::No }
}

/// The rows that operations are about themselves.
fn pinned(loaded: &Loaded, operations: &[Operation]) -> Vec<Pinned> {
    let row = |table: &str, key: String, since: Seq| Pinned { table: table.to_owned(), key, since };
    let record = |id: &IdentityId| loaded.records.get(id).map(|r| row("identity_versions", id.to_string(), r.since));
    let grant = |key| loaded.grants.get(key).map(|g: &store::grants::Grant| row("grants", g.id.to_string(), g.since));
    let mut out: Vec<Pinned> = operations
        .iter()
        .filter(|operation| !operation.pins_nothing())
        .filter_map(|operation| match operation {
            Operation::RecordSet(o) => record(&o.identity),
            Operation::Lifecycle(o) => record(&o.identity),
            Operation::GrantTighten(o) => grant(&o.grant),
            Operation::GrantExtend(o) => grant(&o.grant),
            Operation::Lift(o) => {
                let open = loaded.suspensions.get(&(o.subject.clone(), o.cause.clone()));
                open.map(|s| row("suspensions", s.id.to_string(), s.since))
            }
            _ => None,
        })
        .collect();
    out.extend(gate::pinned(&loaded.gate, operations));
    out.sort();
    out.dedup();
    out
}

/// Whose consent a route asks for. A first owner is asked whether they take it; where none is named, whoever owns it now.
fn asked(effect: &Effect, route: &Route, found: &Surroundings) -> Vec<(ConsentAs, PersonId)> {
    let owners = if effect.matter == Matter::FirstOwner && !found.named.is_empty() { &found.named } else { &found.owners };
    let owner = owners.iter().filter(|_| route.cell.owner).map(|p| (ConsentAs::Owner, *p));
    let resource = found.resource_owners.iter().filter(|_| route.cell.resource_owner).map(|p| (ConsentAs::ResourceOwner, *p));
    owner.chain(resource).collect()
}

/// As `independence::tally` counts: nobody has answered yet.
pub(super) fn unanswered(asked: &[(ConsentAs, PersonId)]) -> Vec<Asked> {
    asked.iter().map(|(consent, person)| Asked { consent: *consent, person: *person, answer: None }).collect()
}

/// Who answers for the agents that asked and drafted.
async fn behind(tx: &mut Tx, asker: &Asker, then: Seq) -> Result<BTreeSet<PersonId>> {
    let mut out = BTreeSet::new();
    for actor in [asker.asked, asker.drafted] {
        if let Some(id) = actor.id.filter(|_| actor.kind == ActorKind::Agent) {
            out.extend(answering_for(tx, IdentityId::new(id), Seq::NOW, then).await?);
        }
    }
    Ok(out)
}

fn ties(found: &Surroundings, asker: &Asker) -> Ties {
    let person = |actor: Actor| actor.id.filter(|_| actor.kind == ActorKind::Person).map(PersonId::new);
    Ties {
        places: found.places.clone(),
        asked_by: person(asker.asked),
        drafted_by: person(asker.drafted),
        // Who consents, as owner of anything, is not independent of it.
        owners: [&found.owned_by, &found.named, &found.owners, &found.resource_owners].into_iter().flatten().copied().collect(),
        minters: asker.minted_by.into_iter().collect(),
        feeders: found.fed.clone(),
        ..Ties::default()
    }
}

/// The routing policy as of a position; the default where nobody has set another.
pub(crate) async fn policy(tx: &mut Tx, seq: Seq) -> Result<Routing> {
    let Some(row) = store::settings::policy(tx, "routing", seq).await? else {
        return Ok(Routing { id: PolicyId::nil(), version: 0, policy: Policy::of(Profile::Standard) });
    };
    let policy = serde_json::from_str(&row.document).map_err(|e| Error::Internal(format!("the routing policy: {e}")))?;
    let version = row.version.parse().map_err(|_| Error::Internal("the routing policy has no version".to_owned()))?;
    Ok(Routing { id: row.id, version, policy })
}

/// Where a change stands among others: the severest first.
pub(super) fn rank(route: &Route) -> i64 {
    100 - (route.line as i64 * 3 + route.column as i64)
}

/// True where the route asks nobody for anything.
pub(super) fn needs_nobody(route: &Route) -> bool {
    route.cell.people == 0 && !route.cell.owner && !route.cell.resource_owner
}

/// The state a change that nobody must agree to begins in.
pub(super) fn first_state(weighed: &Weighed) -> State {
    if needs_nobody(&weighed.route) { State::Approved } else { State::InReview }
}
