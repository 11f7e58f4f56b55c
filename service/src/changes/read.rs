//! The page of a change: everything of it, who may do what with it now, and what happened so far.

use super::adopt;
use super::case::{Case, is_author};
use super::factor;
use super::load::{digest_of, load, named};
use super::rows::Kept;
use super::said;
use super::shown::{self, Shown, Who, Written};
use super::weigh::read_candidate;
use crate::{Error, Read, Result, Services, Strength};
use domain::asof::AsOf;
use domain::change::baseline::Baseline;
use domain::change::candidate::Candidate;
use domain::change::independence::{Against, Tally};
use domain::change::operation::Operation;
use domain::change::route::{Auth, Block};
use domain::change::state::{Event, Part, allowed_events};
use domain::change::{ConsentAs, ConsentVerdict, State, Verdict};
use domain::ids::{ChangeId, PersonId};
use domain::permission::Action;
use domain::seq::Seq;
use domain::time::Timestamp;
use std::collections::BTreeMap;
use store::changes::verdicts;
use store::changes::{self, Change, applications};
use store::engine::db::Tx;
use store::engine::head;

/// An operation, as JSON and as a sentence.
#[derive(Clone, Debug)]
pub struct Step {
    pub operation: Operation,
    pub said: String,
}

/// Somebody whose consent is asked for.
#[derive(Clone, Debug)]
pub struct Consenter {
    pub consent: ConsentAs,
    pub person: PersonId,
    pub name: String,
    pub answer: Option<ConsentVerdict>,
}

/// What happened, in the order of the ledger.
#[derive(Clone, Debug)]
pub struct Moment {
    pub seq: Seq,
    pub at: Timestamp,
    pub who: Who,
    /// What the person did: a verb in the past.
    pub what: &'static str,
    /// Where the change stood afterwards.
    pub state: State,
    pub text: Option<Written>,
    /// Why the server did it.
    pub reason: Option<String>,
    /// False of what was said of a candidate that was replaced.
    pub counts: bool,
}

/// What the reader may do, and why not.
#[derive(Clone, Debug, Default)]
pub struct Mine {
    pub parts: Vec<Part>,
    /// For buttons: what may happen now by this reader, and exists in this version.
    pub events: Vec<Event>,
    pub against: Vec<Against>,
    pub consents: Vec<ConsentAs>,
    /// True where they showed by two factors within five minutes who they are.
    pub confirmed: bool,
}

/// Who may decide now.
#[derive(Clone, Debug, Default)]
pub struct Deciding {
    pub tally: Option<Tally>,
    pub may: Vec<(PersonId, String)>,
    pub may_not: Vec<(PersonId, String, Vec<Against>)>,
    pub consents: Vec<Consenter>,
    pub blocked_by: Vec<Block>,
    /// What somebody gives with an approval, and whether this version can take it.
    pub auth: Option<Auth>,
    pub auth_can_be_given: bool,
}

/// A change with all that its page shows. Of a past position there is no `mine` and nobody decides.
#[derive(Clone, Debug)]
pub struct Page {
    pub as_of: AsOf,
    pub id: ChangeId,
    pub state: State,
    pub sentence: String,
    pub steps: Vec<Step>,
    pub candidate: Candidate,
    /// What people had countersigned of what it touches when it was weighed: what each operation starts from.
    pub before: Baseline,
    /// Names of what `before` and the operations name by id.
    pub names: BTreeMap<String, String>,
    /// Everything a decision binds to; its digests travel in the form.
    pub shown: Shown,
    pub candidate_digest: String,
    pub shown_digest: String,
    pub asked_at: Timestamp,
    pub review_ends_at: Timestamp,
    pub waits_until: Option<Timestamp>,
    pub lapses_at: Option<Timestamp>,
    /// True where the store has moved: it is computed again as soon as somebody acts on it.
    pub stale: bool,
    /// Why it cannot be computed as things are now; then it can only be rejected or withdrawn.
    pub unweighed: Option<String>,
    pub deciding: Deciding,
    pub mine: Mine,
    pub timeline: Vec<Moment>,
    /// Digests of the baseline before and after, once it was applied.
    pub applied: Option<(Seq, String, String)>,
    pub undone_by: Option<ChangeId>,
    pub may_undo: bool,
    /// Of an adoption: how many identities of the source moved since it was seen; 10,001 stands for more.
    pub moved_since: Option<i64>,
    /// How far the job is that applies it.
    pub progress: Option<String>,
}

/// Events that a reader can set off in this version.
const BUILT: [Event; 11] = [
    Event::Approve,
    Event::Consent,
    Event::Reject,
    Event::RefuseConsent,
    Event::Ask,
    Event::Recuse,
    Event::Rebase,
    Event::Withdraw,
    Event::Answer,
    Event::Object,
    Event::Submit,
];

/// One change as of the reader's position.
pub async fn show(read: &mut Read, id: ChangeId) -> Result<Page> {
    read.authorise(Action::ReadChanges)?;
    own_of_a_token(read, id).await?;
    if read.is_now() { present(read, id).await } else { past(read, id).await }
}

/// To a token that only proposes there are no changes but those that its holder asked for or drafted.
pub(super) async fn own_of_a_token(read: &mut Read, id: ChangeId) -> Result<()> {
    if read.who().reads_every_change() {
        return Ok(());
    }
    let (seq, who) = (read.seq(), read.who().actor());
    let change = changes::by_id(read.tx(), id, seq).await?;
    if change.is_some_and(|change| is_author(&change, who)) { Ok(()) } else { Err(Error::NotFound("change")) }
}

async fn present(read: &mut Read, id: ChangeId) -> Result<Page> {
    let (services, who) = (read.services().clone(), read.who().clone());
    let as_of = read.as_of();
    let case = Case::load(&services, read.tx(), id).await?;
    let person = who.person_id();
    let mut page = page(read, as_of, &case.change, case.candidate.clone(), case.shown.clone()).await?;
    page.stale = case.fate.is_some();
    page.unweighed.clone_from(&case.unweighed);
    page.deciding = deciding(&services, &case);
    page.mine.confirmed = who.confirmed(page.as_of.at) == Some(Strength::Two);
    page.mine.parts = case.parts(who.actor(), person);
    page.mine.against = person.map(|p| case.against(p)).unwrap_or_default();
    page.mine.consents = person.map(|p| case.consents_of(p)).unwrap_or_default();
    let may = |event: &Event| {
        who.may(action_of(*event)) && (person.is_some() || matches!(event, Event::Answer | Event::Withdraw | Event::Rebase))
    };
    let now = allowed_events(case.change.state, &page.mine.parts);
    page.mine.events = now.into_iter().filter(|e| BUILT.contains(e) && may(e)).collect();
    if case.change.state == State::Applying {
        page.progress = adopt::progress(&services, id).await?;
    }
    page.undone_by = changes::undone_by(read.tx(), id).await?;
    let way_back = domain::change::candidate::undo(&page.before, &page.candidate.operations).is_ok();
    page.may_undo = case.change.state == State::Effective && way_back && who.may(Action::ProposeChange);
    Ok(page)
}

/// What a caller needs for an event, whatever part they have.
fn action_of(event: Event) -> Action {
    match event {
        Event::Approve | Event::Reject | Event::Narrow | Event::Recuse | Event::Object => Action::DecideChange,
        Event::Consent | Event::RefuseConsent | Event::Ask => Action::ReadChanges,
        _ => Action::ProposeChange,
    }
}

fn deciding(services: &Services, case: &Case) -> Deciding {
    let named = |p: PersonId| case.everybody.name(p);
    let open = domain::change::state::is_open(case.change.state);
    let mut out = Deciding { blocked_by: case.blocked_by(services), ..Deciding::default() };
    out.consents =
        case.asked.iter().map(|a| Consenter { consent: a.consent, person: a.person, name: named(a.person), answer: a.answer }).collect();
    if open {
        for decider in &case.everybody.deciders {
            let why = case.against(decider.person);
            if why.is_empty() {
                out.may.push((decider.person, named(decider.person)));
            } else {
                out.may_not.push((decider.person, named(decider.person), why));
            }
        }
    }
    let auth = case.candidate.route.cell.auth;
    (out.tally, out.auth, out.auth_can_be_given) = (Some(case.tally()), Some(auth), factor::block(services, auth).is_none());
    out
}

async fn past(read: &mut Read, id: ChangeId) -> Result<Page> {
    let (as_of, seq) = (read.as_of(), read.seq());
    let change = changes::by_id(read.tx(), id, seq).await?.ok_or(Error::NotFound("change"))?;
    let row = changes::candidate(read.tx(), change.candidate_id).await?.ok_or(Error::NotFound("change"))?;
    let candidate = read_candidate(&row)?;
    let events = verdicts::events_of(read.tx(), id, seq).await?;
    let shown = shown::of(read.tx(), &change, &row, &candidate, None, &events).await?;
    let (_, asked) = Kept::read(&row, false)?;
    let mut page = page(read, as_of, &change, candidate, shown).await?;
    let consents = verdicts::consents_of(read.tx(), id, seq).await?;
    for (consent, person) in asked {
        let answer = consents.iter().find(|c| c.candidate_id == row.id && (c.person_id, c.as_kind) == (person, consent)).map(|c| c.verdict);
        let name = shown::who(read.tx(), domain::ledger::ActorKind::Person, Some(person.uuid())).await?.name;
        page.deciding.consents.push(Consenter { consent, person, name, answer });
    }
    Ok(page)
}

/// What the page shows whatever the position.
async fn page(read: &mut Read, as_of: AsOf, change: &Change, candidate: Candidate, shown: Shown) -> Result<Page> {
    let application = applications::of_change(read.tx(), change.id, as_of.seq).await?;
    let timeline = timeline(read.tx(), change, as_of.seq).await?;
    let (before, names) = before(read.tx(), &candidate, &shown).await?;
    let moved_since = match adopt::of(&candidate.operations) {
        Some(adopt) => Some(adopt::moved_since(read.tx(), adopt, as_of.seq).await?),
        None => None,
    };
    let steps = candidate.operations.iter().map(|o| Step { operation: o.clone(), said: said::operation(o, &shown.names) }).collect();
    Ok(Page {
        as_of,
        id: change.id,
        state: change.state,
        sentence: said::sentence(&candidate.operations, &candidate.effect, &shown.names),
        steps,
        before,
        names,
        candidate_digest: digest_of(&candidate)?,
        shown_digest: shown.digest()?,
        candidate,
        shown,
        asked_at: change.asked_at,
        review_ends_at: change.review_ends_at,
        waits_until: change.waits_until,
        lapses_at: change.lapses_at,
        stale: false,
        unweighed: None,
        deciding: Deciding::default(),
        mine: Mine::default(),
        timeline,
        applied: application.map(|a| (a.seq, a.before, a.after)),
        undone_by: None,
        may_undo: false,
        moved_since,
        progress: None,
    })
}

/// The state that operations start from, with the names in it.
async fn before(tx: &mut Tx, candidate: &Candidate, shown: &Shown) -> Result<(Baseline, BTreeMap<String, String>)> {
    let mut names = shown.names.clone();
    let said = |(blob, text): (&String, &Written)| match text {
        Written::Text(text) => Some((blob.clone(), text.clone())),
        Written::Erased => None,
    };
    names.extend(shown.texts.iter().filter_map(said));
    let before = load(tx, &candidate.operations, candidate.base.position).await?.baseline;
    let about = named(&candidate.operations);
    for record in before.records.iter().filter(|(id, _)| about.contains(id)).map(|(_, record)| record) {
        for person in [record.owner, record.backup].into_iter().flatten() {
            let who = shown::who(tx, domain::ledger::ActorKind::Person, Some(person.uuid())).await?;
            names.insert(person.to_string(), who.name);
        }
        if let Some(purpose) = &record.purpose
            && let Some(Written::Text(text)) = shown::written(tx, Some(purpose.blob)).await?
        {
            names.insert(purpose.blob.to_string(), text);
        }
        if let Some(team) = record.team {
            let known = store::names::of(tx, domain::ids::Noun::Team, team.uuid(), Seq::NOW).await?;
            names.extend(known.and_then(|known| known.name).map(|name| (team.to_string(), name)));
        }
    }
    Ok((before, names))
}

/// Everything that happened up to a position. Who did what stands in the rows that it left.
async fn timeline(tx: &mut Tx, change: &Change, seq: Seq) -> Result<Vec<Moment>> {
    let versions = changes::versions_of(tx, change.id, seq).await?;
    let state_at = |at: Seq| versions.iter().rev().find(|v| v.since <= at).map_or(State::InReview, |v| v.state);
    let mut out = Vec::new();
    let mut add = Vec::new();
    if let Some(first) = versions.first() {
        add.push((first.since, (first.asked_by_kind, first.asked_by_id), "proposed it", None, None, true));
    }
    let own = |candidate| candidate == change.candidate_id;
    for d in verdicts::decisions_of(tx, change.id, seq).await? {
        let what = match d.verdict {
            Verdict::Approve => "approved it",
            Verdict::Narrow => "narrowed it",
            Verdict::Reject => "rejected it",
        };
        add.push((d.seq, (domain::ledger::ActorKind::Person, Some(d.person_id.uuid())), what, d.guidance_id, None, own(d.candidate_id)));
    }
    for c in verdicts::consents_of(tx, change.id, seq).await? {
        let what = if c.verdict == ConsentVerdict::Consent { "consented" } else { "refused to consent" };
        add.push((c.seq, (domain::ledger::ActorKind::Person, Some(c.person_id.uuid())), what, c.guidance_id, None, own(c.candidate_id)));
    }
    for e in verdicts::events_of(tx, change.id, seq).await? {
        add.push((e.seq, (e.actor_kind, e.actor_id), past_of(e.event), e.content_id, e.reason, true));
    }
    if let Some(a) = applications::of_change(tx, change.id, seq).await? {
        let what = if a.batch.is_some() { "began to apply it" } else { "applied it" };
        add.push((a.seq, (a.applier_kind, a.applier_id), what, None, None, true));
        let done = versions.iter().find(|v| a.batch.is_some() && v.state == State::Effective);
        add.extend(done.map(|v| (v.since, (a.applier_kind, a.applier_id), "applied it", None, None, true)));
    }
    add.sort_by_key(|(seq, ..)| *seq);
    for (seq, (kind, id), what, text, reason, counts) in add {
        let at = head::written(tx, seq).await?.unwrap_or_default();
        let (who, text) = (shown::who(tx, kind, id).await?, shown::written(tx, text).await?);
        out.push(Moment { seq, at, who, what, state: state_at(seq), text, reason, counts });
    }
    Ok(out)
}

fn past_of(event: Event) -> &'static str {
    match event {
        Event::Ask => "asked a question",
        Event::Answer => "answered",
        Event::Recuse => "stepped aside",
        Event::Object => "objected",
        Event::Withdraw => "withdrew it",
        Event::Rebase => "proposed it again",
        Event::TargetGone => "ended it: what it changes is gone",
        Event::Deadline => "ended its review",
        Event::Lapse => "let its approval lapse",
        Event::Stale => "returned it to review: what it rests on changed",
        Event::PolicyChanged => "returned it to review: the routing policy changed",
        Event::IndependenceLost => "returned it to review: an approval does not count any more",
        Event::BatchAbandoned => "ended it: it could not be applied",
        Event::Undone => "rolled it back",
        other => other.label(),
    }
}
