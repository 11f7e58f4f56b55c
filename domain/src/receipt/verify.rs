//! Judging a receipt, step by step; the first that fails is the answer. Everything that is expected comes from the verifier.

use super::people::{approvals, consents};
use super::row::{Row, hash};
use super::tables::{APPLICATIONS, AUTHENTICATORS, CANDIDATES, CHANGES, CONSENTS, DECISIONS};
use super::{Missing, Outcome, Proven, Receipt, Refusal, Step, Trust};
use crate::change::candidate::Candidate;
use crate::change::route::Auth;
use crate::ids::PersonId;
use crate::json::sha256_hex;
use crate::ledger::{ActorKind, Entry};
use crate::merkle::Hash;
use crate::note::Checkpoint;
use crate::restored::log_of;
use crate::seq::Seq;
use crate::time::{SECOND, Timestamp};
use crate::verb::Verb;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

pub(super) type Judged<T> = Result<T, Refusal>;

pub(super) fn refuse<T>(step: Step, why: impl Into<String>) -> Judged<T> {
    Err(Refusal { step, why: why.into() })
}

/// Fails with a step where something does not hold.
pub(super) fn require(holds: bool, step: Step, why: &str) -> Judged<()> {
    if holds { Ok(()) } else { refuse(step, why) }
}

/// A receipt whose entries and rows stand under the checkpoint: what the ledger says of one change.
pub(super) struct Case<'a> {
    pub receipt: &'a Receipt,
    pub entries: BTreeMap<Seq, Entry>,
    pub candidate: Candidate,
    /// The row of the candidate, and the version of the change that came with it.
    pub row: &'a Row,
    pub change: &'a Row,
    pub digest: Hash,
}

/// Verifies the text of a file.
pub fn verify(text: &str, trust: &Trust) -> Outcome {
    match judged(text, trust) {
        Ok((proven, missing)) if missing.is_empty() => Outcome::Valid(proven),
        Ok((proven, missing)) => Outcome::Indeterminate(proven, missing),
        Err(refusal) => Outcome::Refused(refusal),
    }
}

fn judged(text: &str, trust: &Trust) -> Judged<(Proven, Vec<Missing>)> {
    let Some(receipt) = Receipt::parse(text) else { return refuse(Step::Form, "Write it again with: countersign change receipt.") };
    let mut missing = Vec::new();
    let tree = checkpoint(&receipt, trust, &mut missing)?;
    let entries = entries(&receipt, &tree)?;
    rows(&receipt, &entries)?;
    let case = Case::of(&receipt, entries, &tree)?;
    let approvals = approvals(&case, trust, &mut missing)?;
    let consents = consents(&case)?;
    shown(&case, &mut missing)?;
    route(&case)?;
    let applied = applied(&case)?;
    let cell = &case.candidate.route.cell;
    if cell.auth != Auth::Passkey || cell.people == 0 {
        missing.push(Missing::Signatures);
    }
    let (change, candidate) = (receipt.change, hex::encode(case.digest));
    Ok((Proven { change, candidate, approvals, people: cell.people, consents, applied, checkpoint: tree.size }, missing))
}

/// The checkpoint, once it is the verifier's ledger that signed it. Without a key it is read, and nothing vouches for it.
fn checkpoint(receipt: &Receipt, trust: &Trust, missing: &mut Vec<Missing>) -> Judged<Checkpoint> {
    let note = receipt.checkpoint.as_str();
    let text = if let Some(key) = trust.key {
        key.open(note)
    } else {
        missing.push(Missing::Key);
        Ok(note.split("\n\n").next().unwrap_or_default())
    };
    text.and_then(Checkpoint::parse).or_else(|why| refuse(Step::Checkpoint, format!("{why}.")))
}

fn entries(receipt: &Receipt, tree: &Checkpoint) -> Judged<BTreeMap<Seq, Entry>> {
    let mut out = BTreeMap::new();
    let mut last = Seq::ZERO;
    for (number, leaf) in receipt.entries.iter().enumerate() {
        let found = leaf.under(tree).filter(|entry| entry.seq > last);
        let Some(entry) = found else { return refuse(Step::Entry, format!("It is the one at place {}.", number + 1)) };
        last = entry.seq;
        out.insert(last, entry);
    }
    let named: BTreeSet<Seq> = receipt.rows.iter().map(|row| row.seq).collect();
    require(named.iter().eq(out.keys()), Step::Entry, "Entries and records don't name each other.")?;
    Ok(out)
}

fn rows(receipt: &Receipt, entries: &BTreeMap<Seq, Entry>) -> Judged<()> {
    for row in &receipt.rows {
        let committed = entries.get(&row.seq).and_then(|entry| hash(&entry.facts));
        let holds = committed.is_some() && row.facts() == committed;
        require(holds, Step::Row, &format!("It is one of {} at entry {}.", row.table, row.seq))?;
    }
    Ok(())
}

impl<'a> Case<'a> {
    fn of(receipt: &'a Receipt, entries: BTreeMap<Seq, Entry>, tree: &Checkpoint) -> Judged<Self> {
        let step = Step::Candidate;
        let one = |table: &str| {
            let mut of = receipt.rows.iter().filter(|row| row.table == table);
            of.next().filter(|_| of.next().is_none())
        };
        let (Some(row), Some(change)) = (one(CANDIDATES), one(CHANGES)) else {
            return refuse(step, "A receipt holds one candidate and one version of its change.");
        };
        let text = row.text("text");
        let Ok(candidate) = serde_json::from_str::<Candidate>(text) else { return refuse(step, "Its text can't be read.") };
        let digest = sha256_hex(text.as_bytes());
        require(row.text("digest") == digest, step, "Its SHA-256 is another one.")?;
        let about = Some(receipt.change.uuid());
        let here = candidate.change == receipt.change && row.id("change_id") == about && change.id("id") == about;
        require(here, step, "It is one of another change.")?;
        let together = change.seq == row.seq && change.id("candidate_id") == row.id("id");
        require(together, step, "The version of the change is not the one that came with it.")?;
        let log = format!("countersign/{}", candidate.installation.uuid().simple());
        require(log_of(&tree.origin) == log, Step::Checkpoint, "The change was proposed in another installation.")?;
        let Some(digest) = hash(&digest) else { return refuse(step, "Its SHA-256 can't be read.") };
        let case = Self { receipt, entries, candidate, row, change, digest };
        require(case.entry(row.seq, step)?.change_id == Some(receipt.change), step, "Its ledger entry is about something else.")?;
        Ok(case)
    }

    pub fn rows(&self, table: &'static str) -> impl Iterator<Item = &'a Row> + Clone + use<'a> {
        self.receipt.rows.iter().filter(move |row| row.table == table)
    }

    pub fn entry(&self, seq: Seq, step: Step) -> Judged<&Entry> {
        self.entries.get(&seq).ok_or_else(|| Refusal { step, why: format!("Entry {seq} is missing.") })
    }

    /// The entry of something said of this candidate: its verb, who did it, and the digest it names.
    pub fn said(&self, row: &Row, verb: Verb, by: Option<Uuid>) -> Judged<&Entry> {
        let step = Step::Decision;
        let entry = self.entry(row.seq, step)?;
        let ours = entry.verb == verb.as_str() && entry.change_id == Some(self.receipt.change);
        require(ours && names(entry, &self.digest), step, &format!("Entry {} is about something else.", row.seq))?;
        let who = entry.actor.kind == ActorKind::Person && entry.actor.id.is_some() && entry.actor.id == by;
        require(who, step, &format!("Entry {} is somebody else's.", row.seq))?;
        require(row.id("candidate_id") == self.row.id("id"), step, "It was said of another candidate.")?;
        require(row.seq > self.row.seq, step, "It was said before the candidate was there.")?;
        Ok(entry)
    }

    /// Who asked for it, drafted it or created the token it came by.
    pub fn authors(&self) -> BTreeSet<PersonId> {
        let person = |kind: &str, id: &str| self.change.id(id).filter(|_| self.change.text(kind) == ActorKind::Person.as_str());
        let minter = self.change.id("minted_by_id");
        let all = [person("asked_by_kind", "asked_by_id"), person("drafted_by_kind", "drafted_by_id"), minter];
        all.into_iter().flatten().map(PersonId::new).collect()
    }
}

/// True where an entry names a candidate by its digest.
fn names(entry: &Entry, candidate: &Hash) -> bool {
    let payload: Option<serde_json::Value> = serde_json::from_str(&entry.payload).ok();
    payload.is_some_and(|p| p["candidate"].as_str() == Some(hex::encode(candidate).as_str()))
}

/// Every text is what somebody decided on, and what somebody decided on is here or was erased.
fn shown(case: &Case, missing: &mut Vec<Missing>) -> Judged<()> {
    let here: BTreeSet<String> = case.receipt.shown.iter().map(|text| sha256_hex(text.as_bytes())).collect();
    let said = case.rows(DECISIONS).chain(case.rows(CONSENTS));
    let named: BTreeSet<String> = said.map(|row| row.text("shown").to_owned()).collect();
    require(here.is_subset(&named), Step::Shown, "Nobody decided on one of the texts.")?;
    if here != named {
        missing.push(Missing::Shown);
    }
    Ok(())
}

/// Whether everybody agreed whom the route asks for: the route that the candidate commits to, not the columns beside it.
fn route(case: &Case) -> Judged<()> {
    let (cell, step) = (&case.candidate.route.cell, Step::Route);
    let distinct = |column: &str| case.rows(DECISIONS).filter_map(|row| row.given(column)).collect::<BTreeSet<_>>().len();
    let people = usize::from(cell.people);
    require(distinct("human") >= people, step, &format!("{} of {people} people approved.", distinct("human")))?;
    require(!cell.groups_distinct || distinct("group_id") >= people, step, "They are of too few groups.")?;
    let security = case.rows(DECISIONS).any(|row| row.int("security") == 1);
    require(!cell.security || people == 0 || security, step, "None of them is a security reviewer.")?;
    for (due, kind, needed) in
        [(cell.owner, "owner", "required_owners"), (cell.resource_owner, "resource_owner", "required_resource_owners")]
    {
        let given: BTreeSet<&str> = case.rows(CONSENTS).filter(|row| row.text("as_kind") == kind).map(|row| row.text("human")).collect();
        let needed = case.row.int(needed).max(i64::from(due));
        require(given.len() as i64 >= needed, step, &format!("{} of {needed} consents were given.", given.len()))?;
    }
    Ok(())
}

/// The application: after everything that was said, by somebody else, after the wait, of this candidate.
fn applied(case: &Case) -> Judged<Option<(Seq, Timestamp)>> {
    let step = Step::Application;
    let mut all = case.rows(APPLICATIONS);
    let Some(row) = all.next() else { return Ok(None) };
    require(all.next().is_none(), step, "There are several.")?;
    let entry = case.entry(row.seq, step)?;
    // What is adopted is written over several entries: the first of them holds the application.
    let applies = [Verb::ChangeApplied, Verb::ChangeBegun].iter().any(|verb| entry.verb == verb.as_str());
    let ours = applies && entry.change_id == Some(case.receipt.change) && names(entry, &case.digest);
    require(ours, step, "Its ledger entry is about something else.")?;
    let this = row.id("change_id") == Some(case.receipt.change.uuid()) && row.id("candidate_id") == case.row.id("id");
    require(this, step, "It is one of another candidate.")?;
    let said = case.rows(DECISIONS).chain(case.rows(CONSENTS));
    require(said.clone().all(|said| said.seq < row.seq), step, "Somebody agreed only afterwards.")?;
    let last = said.filter(|said| said.table == DECISIONS).filter_map(|said| case.entries.get(&said.seq)).map(|e| e.at).max();
    let waited = last.is_none_or(|last| entry.at.since(last) >= i64::from(case.candidate.route.cell.wait) * SECOND);
    require(waited, step, "The wait was not over.")?;
    let approver = row.id("approver_id");
    let of_a_person = row.text("approver_kind") == ActorKind::Person.as_str();
    let approved = case.rows(DECISIONS).any(|said| said.id("person_id") == approver);
    require(!of_a_person || approved, step, "Its approver did not approve it.")?;
    require(of_a_person || case.candidate.route.cell.people == 0, step, "A rule approved what people must approve.")?;
    let applier = row.id("applier_id").filter(|_| row.text("applier_kind") == ActorKind::Person.as_str());
    let apart = applier.is_none_or(|id| !case.authors().contains(&PersonId::new(id)) && Some(id) != approver);
    require(apart, step, "Whoever applied it wrote or approved it.")?;
    Ok(Some((row.seq, entry.at)))
}

/// Passkeys that nobody signed with have no place in a receipt.
pub(super) fn unused(case: &Case, used: &BTreeSet<Uuid>) -> Judged<()> {
    let stray = case.rows(AUTHENTICATORS).any(|row| row.id("id").is_none_or(|id| !used.contains(&id)));
    require(!stray, Step::Enrolment, "Nobody signed with one of the passkeys.")
}
