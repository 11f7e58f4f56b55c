//! What the texts of a change come to: the reasons of the coupling check as rows, one a reason, and whether a text is one
//! whose every change matters. A reason is self-governing unless it is known that the identity could not have written the
//! text (DESIGN section 5). Which text is another's is `own`'s to say.

use super::{Around, Moves, Row};
use crate::change::Direction;
use crate::change::baseline::Baseline;
use crate::change::effect::Reversibility;
use crate::coupling::{self, Found, Reason, Side, Which};
use crate::ids::IdentityId;
use crate::privilege::{Class, Classes};
use crate::resource::Extent;
use crate::rule::SelfEvidence;
use crate::text::capped;
use std::collections::BTreeMap;

/// Whether a change of text of this identity matters whatever it says: its access, or its lineage's, goes beyond reading, or
/// is not known. And how far such a change can be undone: what was done meanwhile stays.
#[derive(Clone, Copy)]
pub(super) struct Weight {
    pub beyond: bool,
    pub back: Reversibility,
    pub class: Option<Class>,
}

pub(super) fn weight(identity: IdentityId, before: &Baseline, after: &Baseline) -> Weight {
    let of =
        |all: &Baseline| all.lineage(identity).into_iter().fold(Classes::default(), |sum, id| sum.union(super::facts::classes(all, id)));
    let class = of(before).union(of(after)).highest();
    let reads = class == Some(Class::Read);
    Weight { beyond: !reads, back: if reads { Reversibility::Undoable } else { Reversibility::Partly }, class }
}

/// A row about a text or a tool of an identity.
pub(super) fn row(identity: IdentityId, moves: Moves, direction: Direction, back: Reversibility, what: &str, why: &str) -> Row {
    Row {
        moves,
        direction,
        reversibility: back,
        identity: Some(identity),
        identities: 1,
        class: None,
        wildcard: false,
        extent: Extent::Known,
        what: capped(what, 400),
        why: why.to_owned(),
    }
}

/// One row a reason, with its lines.
pub(super) fn reasons(found: &[Found], identity: IdentityId, of: &str, weight: Weight, around: &Around<'_>) -> Vec<Row> {
    let direction = if around.written.itself == SelfEvidence::No { Direction::Widens } else { Direction::SelfGoverning };
    let mut by_reason: BTreeMap<Reason, Vec<&Found>> = BTreeMap::new();
    for one in found {
        by_reason.entry(one.reason).or_default().push(one);
    }
    let rows = by_reason.into_iter().map(|(reason, all)| {
        let lines: Vec<String> = all.iter().map(|one| line_of(one)).collect();
        let moves = if reason.weakens() { Moves::Weakens } else { Moves::Governs };
        let what = format!("{of}: {}", lines.join("; "));
        let extent = if reason == Reason::Unparsable { Extent::Unknown } else { Extent::Known };
        Row { extent, ..row(identity, moves, direction, weight.back, &what, reason.label()) }
    });
    rows.collect()
}

fn line_of(one: &Found) -> String {
    let which = if one.which == Which::Before { "line {} before" } else { "line {}" };
    let at = if one.line == 0 { String::new() } else { format!("{} ", which.replace("{}", &one.line.to_string())) };
    format!("{at}{}", one.what)
}

/// The rows of a text that became another.
pub(super) fn changed(of: &str, identity: IdentityId, sides: (Side<'_>, Side<'_>), weight: Weight, around: &Around<'_>) -> Vec<Row> {
    let found = coupling::check(sides.0, sides.1, around.written.estate());
    let mut rows = reasons(&found, identity, of, weight, around);
    if rows.is_empty() {
        rows.push(plain(of, identity, weight));
    }
    rows
}

/// A change of text in which nothing was found.
pub(super) fn plain(of: &str, identity: IdentityId, weight: Weight) -> Row {
    let (direction, moves, why) = if weight.beyond {
        (Direction::Widens, Moves::Governs, "what it is told is another thing, and it may do more than read")
    } else {
        (Direction::Neutral, Moves::Keeps, "what it is told is another thing, and it may only read")
    };
    row(identity, moves, direction, weight.back, of, why)
}
