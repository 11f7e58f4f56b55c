//! Who may decide on a change, and whether those who did make its route complete (DESIGN invariant 1, threats.md 7 and 10,
//! decisions C7 and C8). Persons are humans: whoever calls brings one entry for one human, whatever accounts they hold. The
//! facts are asked when somebody decides and again when the change is applied; 30 days of history are in what is brought.

use super::route::{Auth, Block, Cell};
use super::{ConsentAs, ConsentVerdict, Verdict};
use crate::ids::{GroupId, PersonId};
use crate::merkle::Hash;
use crate::permission::{HeldRole, Place, Role};
use crate::person::AuthenticatorKind;
use crate::time::{DAY, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

mod today;

pub use today::{Lack, Today, today, unsatisfiable};

crate::words! {
    /// What stands against somebody's decision, as they and everybody read it.
    Against {
        Inactive = "inactive", "the account is not active";
        NoRole = "no_role", "has no role that decides here";
        NewInRole = "new_in_role", "has held a deciding role here for less than seven days";
        Admin = "admin", "is an admin: admins decide nothing";
        AskedBy = "asked_by", "asked for this change";
        DraftedBy = "drafted_by", "drafted this change";
        CoAuthor = "co_author", "worked on the draft or brought evidence that is cited";
        Behind = "behind", "owns the agent that asks, or is its backup, or did in the last 30 days";
        Owner = "owner", "owns an identity it changes, or is its backup, or did in the last 30 days";
        Minter = "minter", "created or holds a credential the author used";
        Controller = "controller", "controls what applies, evaluates or observes it";
        Feeder = "feeder", "fed the source that is adopted";
        Beneficiary = "beneficiary", "gains by it";
        Governed = "governed", "is governed by what it changes";
        NewFactor = "new_factor", "has a sign-in method that someone else made or reset less than 72 hours ago";
        NoGroup = "no_group", "is in no group";
        NewInGroup = "new_in_group", "has been in the group for less than seven days";
        NoFactor = "no_factor", "lacks the sign-in method this decision asks for";
        Decided = "decided", "has decided already";
        Recused = "recused", "stepped aside";
        NotDrawn = "not_drawn", "was not drawn by lot";
    }
}

/// A role and since when it is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tenure {
    pub held: HeldRole,
    pub since: Timestamp,
}

/// One human, as far as deciding goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decider {
    pub person: PersonId,
    pub active: bool,
    pub roles: Vec<Tenure>,
    pub group: Option<(GroupId, Timestamp)>,
    pub factors: BTreeSet<AuthenticatorKind>,
    /// When somebody else last made or reset a way for them to sign in.
    pub factor_by_other: Option<Timestamp>,
    /// Humans who created or reset them, or stand above them in line, where the directory says.
    pub tied_to: BTreeSet<PersonId>,
}

/// What humans have to do with a change, now or in the last 30 days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ties {
    /// Everywhere the change reaches: a deciding role must reach each of them.
    pub places: Vec<Place>,
    pub asked_by: Option<PersonId>,
    pub drafted_by: Option<PersonId>,
    pub co_authors: BTreeSet<PersonId>,
    /// Who answers for the agent that asked: what it asks for they ask for too.
    pub behind: BTreeSet<PersonId>,
    /// Owners and backups of identities whose access it changes.
    pub owners: BTreeSet<PersonId>,
    pub minters: BTreeSet<PersonId>,
    pub controllers: BTreeSet<PersonId>,
    pub feeders: BTreeSet<PersonId>,
    pub beneficiaries: BTreeSet<PersonId>,
    pub governed: BTreeSet<PersonId>,
    pub decided: BTreeSet<PersonId>,
    pub recused: BTreeSet<PersonId>,
    /// Where the cell draws by lot: who was drawn.
    pub drawn: Option<BTreeSet<PersonId>>,
    /// Once sealed, roles and groups count from their seventh day.
    pub sealed: bool,
}

/// How long a role and a group must have been held, and how long a reset keeps somebody from deciding.
const TENURE: i64 = 7 * DAY;
const AFTER_RESET: i64 = 3 * DAY;

/// A deciding role that reaches every place; since when it is held there.
fn tenure(person: &Decider, places: &[Place], which: fn(Role) -> bool) -> Option<Timestamp> {
    let reaching = |place: &Place| {
        let held = person.roles.iter().filter(|t| which(t.held.role) && t.held.scope.covers(place));
        held.map(|t| t.since).min()
    };
    if places.is_empty() {
        return reaching(&Place::default());
    }
    places.iter().map(reaching).collect::<Option<Vec<_>>>()?.into_iter().max()
}

/// Everything that stands against a person's decision on a change in a cell at an instant; nothing, and they may decide.
pub fn against(person: &Decider, ties: &Ties, cell: &Cell, at: Timestamp) -> Vec<Against> {
    let id = &person.person;
    let since = tenure(person, &ties.places, Role::is_deciding);
    let young = |since: Timestamp| ties.sealed && at.since(since) < TENURE;
    let author = ties.asked_by == Some(*id) || ties.drafted_by == Some(*id);
    let found = [
        (!person.active, Against::Inactive),
        (since.is_none(), Against::NoRole),
        (since.is_some_and(young), Against::NewInRole),
        (person.roles.iter().any(|t| t.held.role == Role::Admin), Against::Admin),
        (ties.asked_by == Some(*id), Against::AskedBy),
        (ties.drafted_by == Some(*id), Against::DraftedBy),
        (ties.co_authors.contains(id), Against::CoAuthor),
        (ties.behind.contains(id), Against::Behind),
        (ties.owners.contains(id) && (author || !cell.owner_counts), Against::Owner),
        (ties.minters.contains(id), Against::Minter),
        (ties.controllers.contains(id), Against::Controller),
        (ties.feeders.contains(id), Against::Feeder),
        (ties.beneficiaries.contains(id), Against::Beneficiary),
        (ties.governed.contains(id), Against::Governed),
        (person.factor_by_other.is_some_and(|reset| at.since(reset) < AFTER_RESET), Against::NewFactor),
        (cell.groups_distinct && person.group.is_none(), Against::NoGroup),
        (cell.groups_distinct && person.group.is_some_and(|(_, since)| young(since)), Against::NewInGroup),
        (!has_factor(person, cell.auth), Against::NoFactor),
        (ties.decided.contains(id), Against::Decided),
        (ties.recused.contains(id), Against::Recused),
        (cell.lot && ties.drawn.as_ref().is_some_and(|drawn| !drawn.contains(id)), Against::NotDrawn),
    ];
    found.into_iter().filter(|(stands, _)| *stands).map(|(_, why)| why).collect()
}

/// Re-authentication takes two factors: a passkey is two, a password and a code are. What signs decisions signs nobody in.
fn has_factor(person: &Decider, auth: Auth) -> bool {
    let has = |kind| person.factors.contains(&kind);
    match auth {
        Auth::None => true,
        Auth::Reauth => has(AuthenticatorKind::Passkey) || (has(AuthenticatorKind::Password) && has(AuthenticatorKind::Totp)),
        Auth::Passkey => has(AuthenticatorKind::DecisionPasskey),
    }
}

/// Who may decide, and of everybody else what stands against it, in the order given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Eligible {
    pub may: Vec<PersonId>,
    pub may_not: Vec<(PersonId, Vec<Against>)>,
}

pub fn eligible(people: &[Decider], ties: &Ties, cell: &Cell, at: Timestamp) -> Eligible {
    let mut out = Eligible::default();
    for person in people {
        let why = against(person, ties, cell, at);
        if why.is_empty() { out.may.push(person.person) } else { out.may_not.push((person.person, why)) }
    }
    out
}

fn is_security(person: &Decider, ties: &Ties) -> bool {
    tenure(person, &ties.places, |role| role == Role::SecurityReviewer).is_some()
}

/// Two approvers are independent of each other: two humans, of two groups where the cell asks for it, and neither has made,
/// reset or directs the other.
fn apart(one: &Decider, two: &Decider, cell: &Cell) -> bool {
    let groups = !cell.groups_distinct || one.group.map(|(group, _)| group) != two.group.map(|(group, _)| group);
    one.person != two.person && groups && !one.tied_to.contains(&two.person) && !two.tied_to.contains(&one.person)
}

/// How many of some people count together: the most who are independent of one another, and whether a security reviewer can
/// be among as many as the cell needs.
fn most(from: &[&Decider], ties: &Ties, cell: &Cell) -> (u8, bool) {
    let mut best = (0, false);
    choose(&mut Vec::new(), from, ties, cell, &mut best);
    best
}

/// Tries every choice of people who are independent of one another; true once one is enough.
fn choose<'a>(chosen: &mut Vec<&'a Decider>, rest: &[&'a Decider], ties: &Ties, cell: &Cell, best: &mut (u8, bool)) -> bool {
    let found = (chosen.len() as u8, chosen.iter().any(|person| is_security(person, ties)));
    // As many people with one of security come before as many without.
    let rank = |(people, security): (u8, bool)| (people + u8::from(security && cell.security), security);
    if rank(found) > rank(*best) {
        *best = found;
    }
    if found.0 == cell.people {
        return found.1 || !cell.security;
    }
    rest.iter().enumerate().any(|(n, next)| {
        if chosen.iter().any(|other| !apart(other, next, cell)) {
            return false;
        }
        chosen.push(next);
        let enough = choose(chosen, &rest[n + 1..], ties, cell, best);
        chosen.pop();
        enough
    })
}

/// True where these people, were all of them to approve, make the cell complete. Asked before submit, on every save of the
/// policy and whenever people change.
pub fn can_complete(people: &[Decider], may: &[PersonId], ties: &Ties, cell: &Cell) -> bool {
    let those: Vec<&Decider> = people.iter().filter(|person| may.contains(&person.person)).collect();
    let (found, security) = most(&those, ties, cell);
    found >= cell.people && (security || !cell.security || cell.people == 0)
}

/// What blocks a cell before anybody decides: nobody can complete it, or only for want of a factor.
pub fn people_block(people: &[Decider], ties: &Ties, cell: &Cell, at: Timestamp) -> Option<Block> {
    let with = |cell: &Cell| can_complete(people, &eligible(people, ties, cell, at).may, ties, cell);
    if with(cell) {
        return None;
    }
    let bare = Cell { auth: Auth::None, ..*cell };
    Some(if with(&bare) { Block::MissingFactor } else { Block::NoEligibleApprover })
}

/// A verdict that counts: its person was eligible when they gave it and is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vote {
    pub person: PersonId,
    pub verdict: Verdict,
}

/// A consent that is asked for, and what was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    pub consent: ConsentAs,
    pub person: PersonId,
    pub answer: Option<ConsentVerdict>,
}

/// What a route has and what it still needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub approvals: u8,
    pub people: u8,
    pub security_missing: bool,
    pub consents_missing: Vec<ConsentAs>,
    pub complete: bool,
}

/// Counts what was decided. A rejection or a refused consent is never complete; a consent that nobody can be asked for is
/// missing. Who approves is asked once more here: an approval of somebody who is no longer eligible counts for nothing.
pub fn tally(people: &[Decider], votes: &[Vote], asked: &[Asked], ties: &Ties, cell: &Cell, at: Timestamp) -> Tally {
    let before = Ties { decided: BTreeSet::new(), ..ties.clone() };
    let approved = |person: &&Decider| {
        let vote = votes.iter().any(|vote| vote.person == person.person && vote.verdict == Verdict::Approve);
        vote && against(person, &before, cell, at).is_empty()
    };
    let those: Vec<&Decider> = people.iter().filter(approved).collect();
    let (approvals, security) = most(&those, ties, cell);
    let due = [(cell.owner, ConsentAs::Owner), (cell.resource_owner, ConsentAs::ResourceOwner)];
    let given = |kind: ConsentAs| {
        let mut of = asked.iter().filter(|asked| asked.consent == kind).peekable();
        of.peek().is_some() && of.all(|asked| asked.answer == Some(ConsentVerdict::Consent))
    };
    let consents_missing: Vec<ConsentAs> = due.into_iter().filter(|(due, kind)| *due && !given(*kind)).map(|(_, kind)| kind).collect();
    let security_missing = cell.security && cell.people > 0 && !security;
    let refused =
        votes.iter().any(|vote| vote.verdict == Verdict::Reject) || asked.iter().any(|a| a.answer == Some(ConsentVerdict::Refuse));
    let complete = approvals >= cell.people && !security_missing && consents_missing.is_empty() && !refused;
    Tally { approvals, people: cell.people, security_missing, consents_missing, complete }
}

/// Draws people by lot: by the order of SHA-256 over the seed and each id. The seed is the root of the entry after submit,
/// which nobody knows when they submit; the same effect keeps it for 30 days, so that asking again draws the same people.
pub fn draw(seed: &Hash, eligible: &[PersonId], most: usize) -> BTreeSet<PersonId> {
    let mut order: Vec<([u8; 32], PersonId)> = eligible
        .iter()
        .map(|person| (Sha256::new().chain_update(seed).chain_update(person.uuid().as_bytes()).finalize().into(), *person))
        .collect();
    order.sort_unstable();
    order.into_iter().take(most).map(|(_, person)| person).collect()
}
