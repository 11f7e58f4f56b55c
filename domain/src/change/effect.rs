//! What a change comes to (decisions C3, threats.md 4 and 13): the baseline against the baseline and the operations, for
//! every holder, in rows that each say what moves and why. What is not known counts as the worse. Effects are facts that a
//! candidate commits to: they depend on the baseline, the operations and the instant of the base, and on nothing else. Who
//! must agree is `route`'s to say.

use super::Direction;
use super::baseline::{BadChange, Baseline};
use super::content::Text;
use super::operation::Operation;
use super::size::{Size, TooLarge};
use crate::coupling::{self, Estate, Reason, Side, Which};
use crate::ids::IdentityId;
use crate::json;
use crate::locator::{Pattern, Work};
use crate::privilege::Class;
use crate::resource::Extent;
use crate::rule::SelfEvidence;
use crate::surface::SurfaceKind;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

mod access;
mod adopt;
mod facts;
mod own;
mod texts;

pub use access::steers;

crate::words! {
    /// Whether what a change does can be undone. Unknown is irreversible.
    Reversibility {
        Undoable = "undoable", "can be undone";
        Partly = "partly", "can be undone in part";
        Irreversible = "irreversible", "cannot be undone";
    }
}

crate::words! {
    /// What a row of an effect says.
    Moves {
        Gains = "gains", "gains";
        Loses = "loses", "loses";
        Keeps = "keeps", "keeps";
        /// A deny or a boundary is gone, or takes away less.
        Weakens = "weakens", "weakens a control";
        /// It can write one of its own surfaces, or a gate that governs it.
        Steers = "steers", "steers itself";
        /// A fact of the record that routing or oversight rests on.
        Governs = "governs", "changes what governs it";
    }
}

crate::words! {
    /// What a change is about, where the matrix has a row of its own for it.
    Matter {
        Ordinary = "ordinary", "an ordinary change";
        /// A first owner who accepts, a first statement about what is registered, or a stricter value.
        FirstOwner = "first_owner", "a first owner or a stricter value";
        /// Values that move within an approved envelope, and nothing else.
        Envelope = "envelope", "values within an approved envelope";
        Adopt = "adopt", "an adoption";
        Installation = "installation", "a change of the gate itself";
    }
}

/// One row. Identical effects on several identities are one row: it names the first of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    pub moves: Moves,
    pub direction: Direction,
    pub reversibility: Reversibility,
    pub identity: Option<IdentityId>,
    /// How many identities it is about.
    pub identities: u64,
    /// The highest class of what moves; none where no access moves.
    pub class: Option<Class>,
    pub wildcard: bool,
    pub extent: Extent,
    /// What moves: actions and resources, a field, a path. Hostile text, capped.
    pub what: String,
    pub why: String,
}

/// The effect of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// The worst of its rows; neutral where there is none.
    pub direction: Direction,
    pub reversibility: Reversibility,
    pub matter: Matter,
    /// Some of what is gained has no end, or a later one than policy calls timed.
    pub standing: bool,
    /// The latest end of what is gained, where all of it ends; RFC 3339.
    #[serde(default, with = "super::content::instant", skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Timestamp>,
    /// The most uses of what is gained, where all of it is limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_uses: Option<u32>,
    /// How many identities gain something.
    pub gaining: u64,
    /// Classes that are gained, worst first.
    pub classes: Vec<Class>,
    pub wildcard: bool,
    pub rows: Vec<Row>,
}

/// More rows than this are not read by anybody: the change must be split (decisions C11).
pub const ROWS_MOST: usize = 50;

impl Effect {
    /// Refuses what nobody reads to its end, by its rows alone; `Size` knows its texts too.
    pub fn check(&self) -> Result<(), TooLarge> {
        Size { rows: self.rows.len(), ..Size::default() }.check()
    }
}

/// Where an identity's own surfaces and the gates that govern it are kept; none for a surface that nobody located.
#[derive(Clone, Debug, Default)]
pub struct Own {
    pub surfaces: Vec<(SurfaceKind, Option<Pattern>)>,
    pub gates: Vec<Pattern>,
}

/// What an effect is computed beside.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// The instant of the base: terms are measured from here, so that a recomputation comes to the same.
    pub at: Timestamp,
    /// Access that lasts longer, in microseconds, is standing.
    pub timed_most: i64,
    pub own: &'a BTreeMap<IdentityId, Own>,
    pub written: Written<'a>,
}

/// What is known of the texts that a change writes. What is not brought is not known, and counts as the worse.
#[derive(Clone, Copy, Debug)]
pub struct Written<'a> {
    /// Texts by the hex SHA-256 that operations and the baseline name them by.
    pub texts: Option<&'a BTreeMap<String, String>>,
    /// The names to look for.
    pub estate: Option<&'a Estate>,
    /// Whether the identity itself, its lineage or its owner could have written them.
    pub itself: SelfEvidence,
    /// The baselines in which identities were last reviewed as a whole; an empty one where one never was.
    pub anchored: Option<&'a BTreeMap<IdentityId, Baseline>>,
}

impl Written<'_> {
    pub const UNKNOWN: Self = Self { texts: None, estate: None, itself: SelfEvidence::Unknown, anchored: None };
}

impl<'a> Written<'a> {
    /// The text that a digest names, as far as it was brought and is that text.
    pub fn side(&self, text: Option<&Text>) -> Side<'a> {
        let Some(text) = text else { return Side::Absent };
        let brought = self.texts.and_then(|all| all.get(&text.sha256));
        brought.filter(|content| json::sha256_hex(content.as_bytes()) == text.sha256).map_or(Side::Unknown, |content| Side::Text(content))
    }

    /// Where nobody brought names there are none to find; what has the form of one is found all the same.
    fn estate(&self) -> &'a Estate {
        static NO_NAMES: LazyLock<Estate> = LazyLock::new(Estate::default);
        self.estate.unwrap_or(&NO_NAMES)
    }

    /// Whether a text holds an agent back where the one ahead of it did not, or may: what is lost on the way back does.
    pub(super) fn restrains(&self, before: Option<&Text>, after: Option<&Text>) -> bool {
        let back = coupling::check(self.side(after), self.side(before), self.estate());
        back.iter().any(|one| one.reason == Reason::Unparsable || (one.reason.weakens() && one.which == Which::Before))
    }
}

/// What operations come to. Refused as `Baseline::check` refuses.
pub fn effect(before: &Baseline, operations: &[Operation], around: &Around<'_>, work: &mut Work) -> Result<Effect, BadChange> {
    let after = before.check(operations)?;
    Ok(between(before, &after, operations, around, work))
}

/// What lies between two states, and the operations of several changes that led from one to the other: for the sum over a
/// lineage's last 30 days, against which a step alone is never milder.
pub fn between(before: &Baseline, after: &Baseline, operations: &[Operation], around: &Around<'_>, work: &mut Work) -> Effect {
    let mut found = Found::default();
    for operation in operations {
        facts::rows(operation, before, after, &mut found);
    }
    access::rows(before, after, around, &mut found, work);
    own::rows(before, after, around, &mut found);
    own::anchors(before, operations, around, &mut found, work);
    found.effect(around)
}

/// Rows as they are found.
#[derive(Default)]
struct Found {
    rows: Vec<Row>,
    adopts: bool,
    installation: bool,
    first: bool,
    /// How many rows are of values within an approved envelope.
    enveloped: usize,
    /// Until when what is gained lasts; none without an end.
    ends: Vec<Option<Timestamp>>,
    uses: Vec<Option<u32>>,
    gaining: u64,
}

impl Found {
    fn push(&mut self, row: Row) {
        self.rows.push(row);
    }

    fn effect(self, around: &Around<'_>) -> Effect {
        let direction = self.rows.iter().map(|row| row.direction).max().unwrap_or(Direction::Neutral);
        let reversibility = self.rows.iter().map(|row| row.reversibility).max().unwrap_or(Reversibility::Undoable);
        let rising = |row: &&Row| row.direction >= Direction::Widens;
        let mut classes: Vec<Class> = self.rows.iter().filter(rising).filter_map(|row| row.class).collect();
        classes.sort_unstable();
        classes.dedup();
        let lasting = |end: &Option<Timestamp>| end.is_none_or(|end| end.since(around.at) > around.timed_most);
        let enveloped = self.enveloped > 0 && self.enveloped == self.rows.len();
        let matter = match (self.adopts, self.first && direction <= Direction::Neutral) {
            _ if self.installation => Matter::Installation,
            (true, _) => Matter::Adopt,
            (false, true) => Matter::FirstOwner,
            (false, false) if enveloped => Matter::Envelope,
            (false, false) => Matter::Ordinary,
        };
        Effect {
            direction,
            reversibility,
            matter,
            standing: self.ends.iter().any(lasting),
            ends_at: self.ends.iter().copied().collect::<Option<Vec<_>>>().and_then(|ends| ends.into_iter().max()),
            max_uses: self.uses.iter().copied().collect::<Option<Vec<_>>>().and_then(|uses| uses.into_iter().max()),
            gaining: self.gaining,
            classes,
            wildcard: self.rows.iter().filter(rising).any(|row| row.wildcard),
            rows: self.rows,
        }
    }
}

/// How far what a class does can be undone (threats.md D). Nothing of it known: not at all.
fn reversibility(class: Option<Class>) -> Reversibility {
    match class {
        Some(Class::Read | Class::Write) => Reversibility::Undoable,
        Some(Class::Secrets | Class::Admin | Class::FullControl) => Reversibility::Partly,
        Some(Class::Destructive) | None => Reversibility::Irreversible,
    }
}
