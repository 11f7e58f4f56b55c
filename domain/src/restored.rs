//! A store that came back from the past: what checkpoints that left it prove, how two people accept what is missing,
//! and what an acceptance covers from then on. It reads no file and checks no signature: the caller brings notes.

use crate::ids::PersonId;
use crate::merkle::Hash;
use crate::note::Checkpoint;
use crate::seq::Seq;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A checkpoint that left the store, as somebody kept it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    pub epoch: i64,
    pub size: Seq,
    pub root: Hash,
    /// The whole note. Who signed it is asked where it contradicts the store: what agrees proves nothing against it.
    pub note: String,
}

impl Noted {
    /// Reads a note of a log; none where it is no checkpoint of that log.
    pub fn read(note: String, log: &str) -> Option<Self> {
        let checkpoint = Checkpoint::parse(note.split("\n\n").next()?).ok()?;
        let (of, epoch) = checkpoint.origin.rsplit_once('/')?;
        let size = Seq(i64::try_from(checkpoint.size).ok()?);
        (of == log).then_some(Self { epoch: epoch.parse().ok()?, size, root: checkpoint.root, note })
    }
}

/// The log of an origin line, whatever the epoch.
pub fn log_of(origin: &str) -> &str {
    origin.rsplit_once('/').map_or(origin, |(log, _)| log)
}

/// Where the store does not hold what checkpoints of one epoch cover.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    pub epoch: i64,
    /// The last entry that a checkpoint agrees with, ahead of all that contradict.
    pub kept: Seq,
    /// The last entry that a contradicting checkpoint covers.
    pub upto: Seq,
    /// Of how many different checkpoints of the epoch how many contradict.
    pub contradicting: u64,
    pub of: u64,
    /// Where the largest of those that contradict is kept.
    pub place: String,
}

impl Gap {
    /// True of a checkpoint that speaks of what was accepted as lost.
    fn covers(&self, note: &Noted) -> bool {
        note.epoch == self.epoch && note.size > self.kept && note.size <= self.upto
    }

    /// What is missing from a store that ended at `head` when it was found.
    pub fn missing(&self, head: Seq) -> String {
        if self.upto <= head {
            return format!("entries {} to {} are not the ones that checkpoints cover", self.kept.plus(1), self.upto);
        }
        let lost = self.upto.get() - head.get();
        let (entries, are) = if lost == 1 { ("entry", "is") } else { ("entries", "are") };
        let missing = format!("{lost} {entries} after {head} {are} missing");
        // Entries that were written in their place, or that no checkpoint was kept of.
        let unsure = || format!("{missing}, and no checkpoint confirms entries {} to {head}", self.kept.plus(1));
        if self.kept < head { unsure() } else { missing }
    }

    /// Which checkpoints prove it.
    pub fn proof(&self) -> String {
        let Self { contradicting, of, epoch, upto, place, .. } = self;
        format!("{contradicting} of {of} checkpoints of epoch {epoch} contradict; the largest, over {upto} entries, is in {place}")
    }

    pub fn says(&self, head: Seq) -> String {
        format!("{} ({})", self.missing(head), self.proof())
    }
}

/// What contradicts the store, by epoch: every note of every place that neither agrees nor was accepted before.
pub fn gaps<'a>(
    notes: impl IntoIterator<Item = (&'a str, &'a Noted)>,
    agrees: impl Fn(&Noted) -> bool,
    is_ours: impl Fn(&Noted) -> bool,
    accepted: &[Gap],
) -> Vec<Gap> {
    let mut all: BTreeMap<(i64, Seq, Hash), (&str, bool)> = BTreeMap::new();
    for (place, note) in notes {
        let key = (note.epoch, note.size, note.root);
        if all.contains_key(&key) || accepted.iter().any(|gap| gap.covers(note)) {
            continue;
        }
        let holds = agrees(note);
        if holds || is_ours(note) {
            all.insert(key, (place, holds));
        }
    }
    let mut out: Vec<Gap> = Vec::new();
    for ((epoch, size, _), (place, _)) in all.iter().filter(|(_, (_, holds))| !holds) {
        if let Some(gap) = out.last_mut().filter(|gap| gap.epoch == *epoch) {
            gap.contradicting += 1;
            (gap.upto, gap.place) = (*size, (*place).to_owned());
        } else {
            let agreeing = all.iter().filter(|((_, at, _), (_, holds))| *holds && at < size).map(|((_, at, _), _)| *at);
            let kept = agreeing.max().unwrap_or_default();
            let of = all.keys().filter(|(e, ..)| e == epoch).count() as u64;
            out.push(Gap { epoch: *epoch, kept, upto: *size, contradicting: 1, of, place: (*place).to_owned() });
        }
    }
    out
}

/// A sink that does not hold what it confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silent {
    pub place: String,
    /// Why, as the rest of a sentence about it.
    pub what: String,
}

impl Silent {
    pub fn says(&self) -> String {
        format!("the checkpoints in {} prove nothing: {}", self.place, self.what)
    }
}

/// What is stored of a store that was found restored, until it is accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// Where the store ended when it was found, and the instant of that entry: what came after is lost.
    pub head: Seq,
    pub head_at: Timestamp,
    pub found_at: Timestamp,
    /// The history that is written from here on.
    pub epoch: i64,
    pub gaps: Vec<Gap>,
    pub silent: Vec<Silent>,
}

impl Statement {
    /// Reads it from the text that is stored of it.
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The text that is stored of it.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Of a store that is marked with a text which is no statement: somebody else wrote it.
    pub fn unknown() -> Self {
        let silent = Silent { place: "the store itself".to_owned(), what: "what is missing was overwritten".to_owned() };
        let (head, at) = (Seq::ZERO, Timestamp::default());
        Self { head, head_at: at, found_at: at, epoch: 0, gaps: vec![], silent: vec![silent] }
    }

    /// The last entry that every checkpoint agrees with.
    pub fn agreed(&self) -> Seq {
        self.gaps.iter().map(|gap| gap.kept.min(self.head)).min().unwrap_or(self.head)
    }

    /// Everything that is missing, in sentences.
    pub fn sentences(&self) -> Vec<String> {
        self.gaps.iter().map(|gap| gap.says(self.head)).chain(self.silent.iter().map(Silent::says)).collect()
    }

    pub fn says(&self) -> String {
        self.sentences().join("; ")
    }

    /// The same with what was found later: nothing that was proven is unproven by a sink that has gone since.
    #[must_use]
    pub fn with(&self, later: &Self) -> Self {
        let mut all = self.clone();
        for gap in &later.gaps {
            match all.gaps.iter_mut().find(|g| g.epoch == gap.epoch) {
                Some(known) if known.upto >= gap.upto && known.kept <= gap.kept && known.contradicting >= gap.contradicting => {}
                Some(known) => {
                    let (kept, upto) = (known.kept.min(gap.kept), known.upto.max(gap.upto));
                    *known = Gap { kept, upto, ..gap.clone() };
                }
                None => all.gaps.push(gap.clone()),
            }
        }
        all.gaps.sort_by_key(|gap| gap.epoch);
        all.silent.extend(later.silent.iter().filter(|s| !self.silent.iter().any(|k| k.place == s.place)).cloned());
        all.epoch = all.epoch.max(later.epoch);
        all
    }
}

/// What a stored text says; one that is no statement was written by somebody else, and the store is no less restored.
pub fn said(text: &str) -> String {
    Statement::parse(text).unwrap_or_else(Statement::unknown).says()
}

/// What somebody's acceptance is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The first of two: another person has to follow.
    First,
    Second,
    /// The only person who can be asked: the installation is being set up.
    Alone,
    /// A command of the machine, where there is no person to be asked.
    Host,
}

impl Step {
    /// True where the store is whole again with it.
    pub fn ends(self) -> bool {
        !matches!(self, Self::First)
    }
}

/// Why somebody's acceptance does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoStep {
    /// They accepted already; somebody else has to.
    Twice,
    /// People can be asked: a command of the machine decides nothing.
    PeopleFirst,
    /// Whoever could accept came after the last entry that checkpoints agree with, or has lost the right since.
    Nobody,
}

/// Who can accept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entitled {
    /// How many could where the store still agrees with every checkpoint.
    pub then: usize,
    /// Those of them who still can.
    pub now: Vec<PersonId>,
    /// Whether the ledger knows of anybody at all.
    pub people: bool,
}

/// What an acceptance is: by a person, or by none for a command; after whom. Who came after what checkpoints agree with is
/// of the history in question, and counts neither for nor against.
pub fn step(who: Option<PersonId>, may: &Entitled, before: &[PersonId]) -> Result<Step, NoStep> {
    match who {
        None if !may.people => Ok(Step::Host),
        None if may.now.is_empty() => Err(NoStep::Nobody),
        None => Err(NoStep::PeopleFirst),
        Some(person) if before.contains(&person) => Err(NoStep::Twice),
        Some(person) if !may.now.contains(&person) => Err(NoStep::Nobody),
        Some(_) if !before.is_empty() => Ok(Step::Second),
        Some(_) if may.then == 1 => Ok(Step::Alone),
        Some(_) => Ok(Step::First),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(epoch: i64, size: i64, root: u8) -> Noted {
        Noted { epoch, size: Seq(size), root: [root; 32], note: String::new() }
    }

    /// Found over a tree whose root at every size up to `head` is made of ones.
    fn found(notes: &[Noted], head: i64, accepted: &[Gap]) -> Vec<Gap> {
        let agrees = |n: &Noted| n.size <= Seq(head) && n.root == [1; 32];
        gaps(notes.iter().map(|n| ("sink", n)), agrees, |_| true, accepted)
    }

    #[test]
    fn a_cut_tail_and_a_rewritten_middle_are_told_by_every_note() {
        let whole: Vec<Noted> = (1..=7).map(|n| noted(1, n, 1)).collect();
        assert_eq!(found(&whole, 7, &[]), []);
        let cut = found(&whole, 5, &[]);
        assert_eq!(cut.len(), 1);
        assert_eq!((cut[0].kept, cut[0].upto, cut[0].contradicting, cut[0].of), (Seq(5), Seq(7), 2, 7));
        assert!(cut[0].says(Seq(5)).starts_with("2 entries after 5 are missing"), "{}", cut[0].says(Seq(5)));
        // The newest agrees again, and hides nothing of those ahead of it.
        let rewritten: Vec<Noted> = (1..=7).map(|n| noted(1, n, if (3..=6).contains(&n) { 9 } else { 1 })).collect();
        let gap = &found(&rewritten, 7, &[])[0];
        assert_eq!((gap.kept, gap.upto, gap.contradicting, gap.of), (Seq(2), Seq(6), 4, 7));
        assert!(gap.says(Seq(7)).starts_with("entries 3 to 6 are not the ones"), "{}", gap.says(Seq(7)));
    }

    #[test]
    fn what_was_accepted_is_no_gap_again_and_what_came_to_light_later_is() {
        let notes = [noted(1, 3, 1), noted(1, 5, 9), noted(1, 6, 9), noted(2, 6, 1)];
        let first = found(&notes, 6, &[]);
        assert_eq!(first.len(), 1);
        assert_eq!(found(&notes, 6, &first), []);
        let longer = [notes.as_slice(), &[noted(1, 8, 9)]].concat();
        assert_eq!(found(&longer, 6, &first)[0].upto, Seq(8));
        let of_now = [notes.as_slice(), &[noted(2, 5, 9)]].concat();
        assert_eq!(found(&of_now, 6, &first)[0].epoch, 2, "an acceptance covers the epoch that ended with it");
        assert_eq!(gaps(notes.iter().map(|n| ("x", n)), |_| false, |_| false, &[]), [], "what nobody signed proves nothing");
    }

    #[test]
    fn two_people_accept_one_alone_only_where_there_is_no_other_and_the_machine_where_there_is_nobody() {
        let (ann, ben) = (PersonId::new(uuid::Uuid::from_u128(1)), PersonId::new(uuid::Uuid::from_u128(2)));
        let may = |then: usize, now: &[PersonId]| Entitled { then, now: now.to_vec(), people: true };
        assert_eq!(step(Some(ann), &may(2, &[ann, ben]), &[]), Ok(Step::First));
        assert_eq!(step(Some(ann), &may(2, &[ann, ben]), &[ann]), Err(NoStep::Twice));
        assert_eq!(step(Some(ben), &may(2, &[ann, ben]), &[ann]), Ok(Step::Second));
        assert_eq!(step(Some(ann), &may(1, &[ann]), &[]), Ok(Step::Alone));
        assert_eq!(step(None, &Entitled::default(), &[]), Ok(Step::Host));
        assert_eq!(step(None, &may(1, &[ann]), &[]), Err(NoStep::PeopleFirst));
        // Whoever came later counts for nothing, and where people once were the machine decides nothing.
        assert_eq!(step(Some(ben), &may(1, &[ann]), &[ann]), Err(NoStep::Nobody));
        assert_eq!(step(Some(ann), &may(2, &[ann]), &[]), Ok(Step::First));
        assert_eq!(step(None, &may(0, &[]), &[]), Err(NoStep::Nobody));
        assert!(!Step::First.ends() && Step::Second.ends() && Step::Alone.ends() && Step::Host.ends());
    }

    #[test]
    fn a_statement_grows_and_never_shrinks() {
        let gap =
            |upto: i64, contradicting: u64| Gap { epoch: 1, kept: Seq(2), upto: Seq(upto), contradicting, of: 9, place: "sink".to_owned() };
        let statement = |gaps: Vec<Gap>, silent: &[&str]| Statement {
            head: Seq(4),
            head_at: Timestamp(1),
            found_at: Timestamp(2),
            epoch: 2,
            gaps,
            silent: silent.iter().map(|s| Silent { place: (*s).to_owned(), what: "it is gone".to_owned() }).collect(),
        };
        let first = statement(vec![gap(6, 2)], &[]);
        assert_eq!(first.with(&statement(vec![], &[])), first);
        assert_eq!(first.with(&statement(vec![gap(5, 1)], &[])), first);
        let more = first.with(&statement(vec![gap(8, 3)], &["sink"]));
        assert_eq!((more.gaps[0].upto, more.silent.len()), (Seq(8), 1));
        assert_eq!(Statement::parse(&more.to_text()), Some(more));
    }
}
