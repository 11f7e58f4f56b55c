//! Who must agree to a change (DESIGN section 5, decisions C7): the cell of a matrix of authority by reversibility and place,
//! `matrix` being the default (threats.md D). Rows and columns are raised by what a change gains and by what its evidence is,
//! and lowered by nothing. A route is part of a candidate; what keeps a change waiting (`Block`) is not, because it passes.
//! Who the people are is `independence`'s to say.

use super::Direction;
use super::effect::{Effect, Matter, Moves, Reversibility};
use crate::identity::{Criticality, Environment};
use crate::privilege::Class;
use crate::rule::SelfEvidence;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

mod block;
mod matrix;

pub use block::{Block, terms_block, wait_ends};
pub use matrix::default_cell;

crate::words! {
    /// How somebody proves to be there when they decide.
    Auth {
        None = "none", "nothing beyond the session";
        Reauth = "reauth", "two factors within five minutes";
        /// A passkey with the person verified, over the candidate.
        Passkey = "passkey", "a passkey over the candidate";
    }
}

crate::words! {
    /// A row of the matrix. The first twelve stand from mild to severe: a row is raised to the next.
    Line {
        ReducesUndoable = "reduces_undoable", "reduces, can be undone";
        ReducesPartly = "reduces_partly", "reduces, can be undone in part";
        ReducesIrreversible = "reduces_irreversible", "reduces, cannot be undone";
        NeutralUndoable = "neutral_undoable", "neutral, can be undone";
        NeutralPartly = "neutral_partly", "neutral, can be undone in part";
        NeutralIrreversible = "neutral_irreversible", "neutral, cannot be undone";
        WidensUndoable = "widens_undoable", "widens, can be undone";
        WidensPartly = "widens_partly", "widens, can be undone in part";
        WidensIrreversible = "widens_irreversible", "widens, cannot be undone";
        SelfGoverningUndoable = "self_governing_undoable", "self-governing, can be undone";
        SelfGoverningPartly = "self_governing_partly", "self-governing, can be undone in part";
        SelfGoverningIrreversible = "self_governing_irreversible", "self-governing, cannot be undone";
        /// Roles, groups, policy, keys, sources, hooks, tokens that apply or observe, the seal.
        Gate = "gate", "the gate itself";
        Adopt = "adopt", "adoption";
        FirstOwner = "first_owner", "first owner or stricter value";
    }
}

crate::words! {
    /// A column of the matrix, from mild to severe.
    Column {
        Development = "development", "development, test";
        Production = "production", "production and unknown";
        Critical = "critical", "critical";
    }
}

crate::words! {
    /// What becomes of access without an end, or with one later than policy calls timed.
    Endless {
        /// The row is raised.
        Raise = "raise", "raises the row";
        /// Two independent people of different groups instead of the cell's.
        TwoGroups = "two_groups", "two people of different groups";
        /// Nobody can agree to it without a live exception.
        Exception = "exception", "only with an exception";
    }
}

crate::words! {
    /// Who is told of what nobody decides.
    Notice {
        None = "none", "nobody";
        Owner = "owner", "the owner";
        OwnerAndOnCall = "owner_and_on_call", "the owner and who is on call";
    }
}

/// One cell. Durations are seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// Independent people who must approve.
    pub people: u8,
    /// All of them of different groups.
    pub groups_distinct: bool,
    /// One of them a security reviewer.
    pub security: bool,
    /// Drawn among the eligible.
    pub lot: bool,
    /// The owner counts, where they are not the author.
    pub owner_counts: bool,
    /// Consents: needed and never counted.
    pub owner: bool,
    pub resource_owner: bool,
    pub auth: Auth,
    /// After the last approval; any eligible reviewer may object meanwhile.
    pub wait: u32,
    /// The longest access may last, and the most uses; where both stand, either will do.
    pub life: Option<u32>,
    pub uses: Option<u32>,
    /// An independent source must see it within.
    pub verify_within: Option<u32>,
    pub endless: Endless,
    pub notice: Notice,
    /// How many of 100 that nobody decided are looked at afterwards.
    pub sampled: u8,
    /// Within an approved envelope nobody is asked, and so many of 100 are looked at.
    pub in_envelope: Option<u8>,
    /// One independent person may undo it within.
    pub undo_within: Option<u32>,
}

crate::words! {
    /// Who there is to decide.
    Profile {
        Standard = "standard", "standard";
        /// One to three deciders: one person and a day's wait instead of several, shown as single control everywhere.
        SmallTeam = "small_team", "small team";
    }
}

/// The routing policy. A cell that it does not name is the default's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    pub profile: Profile,
    pub cells: BTreeMap<Line, BTreeMap<Column, Cell>>,
}

impl Policy {
    /// The default matrix, whole.
    pub fn of(profile: Profile) -> Self {
        let columns = |line: Line| Column::ALL.iter().map(|column| (*column, default_cell(line, *column))).collect();
        Self { profile, cells: Line::ALL.iter().map(|line| (*line, columns(*line))).collect() }
    }

    /// Whatever a policy says: nothing that widens is ever automatic.
    pub fn cell(&self, line: Line, column: Column) -> Cell {
        let own = self.cells.get(&line).and_then(|columns| columns.get(&column));
        let cell = own.copied().unwrap_or_else(|| default_cell(line, column));
        let least = u8::from(line >= Line::WidensUndoable && line != Line::FirstOwner);
        Cell { people: cell.people.max(least), ..cell }
    }

    /// What the profile makes of a cell, and whether one person stands for several.
    pub fn of_profile(&self, cell: Cell) -> (Cell, bool) {
        if self.profile == Profile::Standard || cell.people < 2 {
            return (cell, false);
        }
        let wait = cell.wait.max(SMALL_TEAM_WAIT);
        (Cell { people: 1, groups_distinct: false, security: false, lot: false, wait, ..cell }, true)
    }
}

crate::words! {
    /// Why a route is stricter than the change alone would have.
    Raise {
        Class = "class", "it gains full control, admin, secrets or what destroys";
        Wildcard = "wildcard", "it gains what a pattern names";
        Escalation = "escalation", "it gains a way to change its own access";
        Many = "many", "more than 25 identities gain";
        Standing = "standing", "what it gains has no end";
        Evidence = "evidence", "its evidence is its own, comes from outside or is unknown";
        Sum = "sum", "the sum of 30 days is worse than this step";
    }
}

crate::words! {
    /// What raises a route in a later version and raises nothing yet; shown so (decisions C1).
    NotBuilt {
        LoopVerdict = "loop_verdict", "verdicts on loops";
        DriftBudget = "drift_budget", "the budget of drift";
        ToxicPair = "toxic_pair", "toxic pairs";
        Renewal = "renewal", "third renewals";
        OnCall = "on_call", "people on call";
    }
}

/// Where something stands that a change touches: now, or 30 days ago; whoever asks brings both, and of a lineage each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    pub environment: Environment,
    pub criticality: Criticality,
}

/// The way of a candidate: all of it is hashed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    pub line: Line,
    pub column: Column,
    /// Why line or column is above what direction, reversibility and place say.
    pub raises: Vec<Raise>,
    pub cell: Cell,
    /// One person stands for several: for ever marked so.
    pub single_control: bool,
    /// Seconds until a review ends without a decision, and until an approval that nobody used lapses, counted from the end of
    /// the wait.
    pub review: u32,
    pub lapse: u32,
    pub not_built: Vec<NotBuilt>,
}

/// More identities than this raise the column.
const MANY: u64 = 25;
const HOUR: u32 = 3_600;
const DAY: u32 = 24 * HOUR;
/// Seconds until an approval that nobody used lapses, from the end of the wait.
pub const LAPSE: u32 = DAY;
/// Where one person stands for several.
const SMALL_TEAM_WAIT: u32 = DAY;

/// The column of one spot. Whatever is unknown counts as production.
pub fn column_of(spot: Spot) -> Column {
    match (spot.environment, spot.criticality) {
        (_, Criticality::Critical) => Column::Critical,
        (Environment::Production | Environment::Unknown, _) | (_, Criticality::Unknown) => Column::Production,
        (Environment::Test | Environment::Development, Criticality::Low | Criticality::Medium | Criticality::High) => Column::Development,
    }
}

/// The row of direction and reversibility, or the one that the matter has of its own.
pub fn line_of(effect: &Effect) -> Line {
    use Direction::{Neutral, Reduces, SelfGoverning, Widens};
    use Reversibility::{Irreversible, Partly, Undoable};
    match (effect.matter, effect.direction, effect.reversibility) {
        (Matter::Installation, _, _) => Line::Gate,
        (Matter::Adopt, _, _) => Line::Adopt,
        (Matter::FirstOwner, _, _) => Line::FirstOwner,
        // Never anything that widens: an envelope holds values, and they are judged like any other where they do.
        (Matter::Envelope | Matter::Ordinary, Reduces, Undoable) => Line::ReducesUndoable,
        (Matter::Envelope | Matter::Ordinary, Reduces, Partly) => Line::ReducesPartly,
        (Matter::Envelope | Matter::Ordinary, Reduces, Irreversible) => Line::ReducesIrreversible,
        (Matter::Envelope | Matter::Ordinary, Neutral, Undoable) => Line::NeutralUndoable,
        (Matter::Envelope | Matter::Ordinary, Neutral, Partly) => Line::NeutralPartly,
        (Matter::Envelope | Matter::Ordinary, Neutral, Irreversible) => Line::NeutralIrreversible,
        (Matter::Envelope | Matter::Ordinary, Widens, Undoable) => Line::WidensUndoable,
        (Matter::Envelope | Matter::Ordinary, Widens, Partly) => Line::WidensPartly,
        (Matter::Envelope | Matter::Ordinary, Widens, Irreversible) => Line::WidensIrreversible,
        (Matter::Envelope | Matter::Ordinary, SelfGoverning, Undoable) => Line::SelfGoverningUndoable,
        (Matter::Envelope | Matter::Ordinary, SelfGoverning, Partly) => Line::SelfGoverningPartly,
        (Matter::Envelope | Matter::Ordinary, SelfGoverning, Irreversible) => Line::SelfGoverningIrreversible,
    }
}

impl Line {
    /// The next row; the last stays, and so do the rows that stand apart.
    #[must_use]
    pub fn raised(self) -> Self {
        let apart = self >= Self::SelfGoverningIrreversible;
        if apart { self } else { Self::ALL.get(self as usize + 1).copied().unwrap_or(self) }
    }

    fn is_ordinary(self) -> bool {
        self <= Self::SelfGoverningIrreversible
    }

    fn rises(self) -> bool {
        self.is_ordinary() && self >= Self::WidensUndoable
    }
}

impl Column {
    #[must_use]
    pub fn raised(self) -> Self {
        if self == Self::Development { Self::Production } else { Self::Critical }
    }

    /// Seconds until a review without a decision ends.
    pub fn review(self) -> u32 {
        match self {
            Self::Development => 14 * DAY,
            Self::Production => 7 * DAY,
            Self::Critical => 3 * DAY,
        }
    }
}

/// Where in the matrix an effect stands.
struct Stand {
    line: Line,
    column: Column,
    raises: Vec<Raise>,
    two_groups: bool,
}

fn stand(effect: &Effect, spots: &[Spot], evidence: SelfEvidence, policy: &Policy) -> Stand {
    let line = line_of(effect);
    // Nothing known of where it stands: production.
    let column = spots.iter().copied().map(column_of).max().unwrap_or(Column::Production);
    let mut out = Stand { line, column, raises: Vec::new(), two_groups: false };
    if !line.rises() {
        return out;
    }
    out.raises = column_raises(effect);
    if !out.raises.is_empty() {
        out.column = column.raised();
    }
    if effect.standing {
        match policy.cell(line, out.column).endless {
            Endless::Raise => {
                out.raises.push(Raise::Standing);
                out.line = out.line.raised();
            }
            Endless::TwoGroups => {
                out.raises.push(Raise::Standing);
                out.two_groups = true;
            }
            Endless::Exception => {}
        }
    }
    if evidence != SelfEvidence::No {
        out.raises.push(Raise::Evidence);
        out.line = out.line.raised();
    }
    out
}

fn column_raises(effect: &Effect) -> Vec<Raise> {
    let severe = |class: &Class| class.severity() > Class::Write.severity();
    let found = [
        (effect.classes.iter().any(severe), Raise::Class),
        (effect.wildcard, Raise::Wildcard),
        (effect.rows.iter().any(|row| row.moves == Moves::Steers), Raise::Escalation),
        (effect.gaining > MANY, Raise::Many),
    ];
    found.into_iter().filter(|(stands, _)| *stands).map(|(_, raise)| raise).collect()
}

/// The route of a change: the worse of the step alone and of the sum of its lineage's last 30 days, what is open of it among
/// them. `evidence` says whether what is cited could have been produced by the identity itself or comes from nobody known.
pub fn route(effect: &Effect, sum: Option<&Effect>, spots: &[Spot], evidence: SelfEvidence, policy: &Policy) -> Route {
    let mut own = stand(effect, spots, evidence, policy);
    if let Some(sum) = sum.filter(|_| own.line.is_ordinary()) {
        let sum = stand(sum, spots, evidence, policy);
        let (line, column) = (if sum.line.is_ordinary() { own.line.max(sum.line) } else { own.line }, own.column.max(sum.column));
        if (line, column) != (own.line, own.column) {
            own.raises.push(Raise::Sum);
        }
        own.two_groups |= sum.two_groups && line == sum.line;
        (own.line, own.column) = (line, column);
    }
    let mut cell = policy.cell(own.line, own.column);
    if own.two_groups {
        (cell.people, cell.groups_distinct) = (cell.people.max(2), true);
    }
    if let Some(sampled) = cell.in_envelope.filter(|_| effect.matter == Matter::Envelope && own.line <= Line::NeutralIrreversible) {
        // People agreed to the range; so many of its uses are looked at afterwards.
        (cell.people, cell.sampled) = (0, sampled);
    }
    let (cell, single_control) = policy.of_profile(cell);
    let not_built = NotBuilt::ALL.to_vec();
    Route {
        line: own.line,
        column: own.column,
        raises: own.raises,
        cell,
        single_control,
        review: own.column.review(),
        lapse: LAPSE,
        not_built,
    }
}
