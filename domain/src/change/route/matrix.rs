//! The default matrix (threats.md D), as data. What it leaves open is read so: of "1 I, or on-call and the owner's consent"
//! the first stands, as long as nobody is on call; one row for "partly / irreversible" is two; in a column where the mildest
//! widening has no standing access the severer ones have none either.

use super::{Auth, Cell, Column, DAY, Endless, HOUR, Line, Notice};

const MINUTE: u32 = 60;

const NOBODY: Cell = Cell {
    people: 0,
    groups_distinct: false,
    security: false,
    lot: false,
    owner_counts: false,
    owner: false,
    resource_owner: false,
    auth: Auth::None,
    wait: 0,
    life: None,
    uses: None,
    verify_within: None,
    endless: Endless::Raise,
    notice: Notice::None,
    sampled: 0,
    in_envelope: None,
    undo_within: None,
};

impl Cell {
    /// So many independent people; G where there are several.
    const fn of(people: u8) -> Self {
        Self { people, groups_distinct: people > 1, ..NOBODY }
    }

    /// S: one of them a security reviewer.
    const fn s(self) -> Self {
        Self { security: true, ..self }
    }

    /// OC.
    const fn oc(self) -> Self {
        Self { owner: true, ..self }
    }

    /// OC and RO.
    const fn oc_ro(self) -> Self {
        Self { owner: true, resource_owner: true, ..self }
    }

    const fn ra(self) -> Self {
        Self { auth: Auth::Reauth, ..self }
    }

    const fn pk(self) -> Self {
        Self { auth: Auth::Passkey, ..self }
    }

    /// W.
    const fn wait(self, wait: u32) -> Self {
        Self { wait, ..self }
    }

    /// X.
    const fn life(self, life: u32) -> Self {
        Self { life: Some(life), ..self }
    }

    const fn one_use(self) -> Self {
        Self { uses: Some(1), ..self }
    }

    /// V.
    const fn seen(self, within: u32) -> Self {
        Self { verify_within: Some(within), ..self }
    }

    const fn endless(self, endless: Endless) -> Self {
        Self { endless, ..self }
    }

    const fn notice(self, notice: Notice) -> Self {
        Self { notice, ..self }
    }
}

/// The cell of the default matrix. Total.
pub fn default_cell(line: Line, column: Column) -> Cell {
    let of = row(line);
    match column {
        Column::Development => of[0],
        Column::Production => of[1],
        Column::Critical => of[2],
    }
}

/// A row: development and test, production and unknown, critical.
fn row(line: Line) -> [Cell; 3] {
    match line {
        Line::ReducesUndoable | Line::ReducesPartly | Line::ReducesIrreversible => reduces(line),
        Line::NeutralUndoable | Line::NeutralPartly | Line::NeutralIrreversible => neutral(line),
        Line::WidensUndoable | Line::WidensPartly | Line::WidensIrreversible => widens(line),
        Line::SelfGoverningUndoable | Line::SelfGoverningPartly | Line::SelfGoverningIrreversible => self_governing(line),
        Line::Gate => [Cell::of(2).s().pk().wait(24 * HOUR); 3],
        Line::Adopt => [Cell::of(2).ra(), Cell::of(2).pk(), Cell::of(2).pk()],
        // Whoever is named accepts; one reviewer agrees, in bulk.
        Line::FirstOwner => [Cell::of(1).oc(); 3],
    }
}

fn reduces(line: Line) -> [Cell; 3] {
    match line {
        Line::ReducesUndoable => {
            [NOBODY.notice(Notice::Owner), Cell { undo_within: Some(DAY), ..NOBODY.notice(Notice::OwnerAndOnCall) }, Cell::of(1)]
        }
        Line::ReducesPartly => [NOBODY.notice(Notice::Owner), Cell { owner_counts: true, ..Cell::of(1) }, Cell::of(1).ra()],
        _ => [Cell::of(1), Cell::of(1).oc().ra().wait(24 * HOUR), Cell::of(2).oc().pk().wait(24 * HOUR)],
    }
}

fn neutral(line: Line) -> [Cell; 3] {
    match line {
        Line::NeutralUndoable => [Cell { sampled: 5, ..NOBODY }, Cell { in_envelope: Some(10), ..Cell::of(1) }, Cell::of(1)],
        Line::NeutralPartly => [NOBODY, Cell::of(1), Cell::of(1).oc()],
        _ => [Cell::of(1), Cell::of(1).oc().ra(), Cell::of(2).oc().ra()],
    }
}

fn widens(line: Line) -> [Cell; 3] {
    match line {
        Line::WidensUndoable => [
            Cell::of(1).ra().life(7 * DAY),
            Cell::of(1).oc_ro().pk().life(24 * HOUR).seen(HOUR).endless(Endless::TwoGroups),
            Cell::of(2).oc_ro().s().pk().wait(HOUR).life(8 * HOUR).seen(15 * MINUTE).endless(Endless::Exception),
        ],
        Line::WidensPartly => [
            Cell::of(1).ra().life(24 * HOUR),
            Cell::of(2).oc_ro().pk().wait(HOUR).life(8 * HOUR),
            Cell::of(2).oc_ro().s().pk().wait(4 * HOUR).life(4 * HOUR).endless(Endless::Exception),
        ],
        _ => [
            Cell::of(1).oc().s().ra().life(8 * HOUR),
            Cell::of(2).oc_ro().s().pk().wait(4 * HOUR).life(4 * HOUR).one_use(),
            Cell::of(3).oc_ro().s().pk().wait(24 * HOUR).one_use().endless(Endless::Exception),
        ],
    }
}

fn self_governing(line: Line) -> [Cell; 3] {
    match line {
        Line::SelfGoverningUndoable => [
            Cell::of(2).s().ra(),
            Cell::of(2).oc().s().pk().wait(4 * HOUR).seen(HOUR),
            Cell { lot: true, ..Cell::of(2).oc().s().pk().wait(24 * HOUR) },
        ],
        _ => [Cell::of(2).s().ra().wait(4 * HOUR), Cell::of(2).oc().s().pk().wait(24 * HOUR), Cell::of(3).oc().s().pk().wait(48 * HOUR)],
    }
}
