//! Which cells of a routing policy the people there are can complete, and what is missing where they cannot. Asked of people
//! alone: who asks for a change, and whose things it touches, can only make it fewer.

use super::{Decider, Ties, against, can_complete, eligible, people_block};
use crate::change::route::{Auth, Block, Cell, Column, Line, Policy};
use crate::time::Timestamp;

crate::words! {
    /// What keeps everybody there is from completing a cell.
    Lack {
        People = "people", "too few people who may decide";
        Groups = "groups", "too few groups";
        Security = "security", "no security reviewer";
        Factor = "factor", "too few people with the sign-in method it asks for";
    }
}

/// A cell as it routes, and how it stands with the people there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Today {
    pub line: Line,
    pub column: Column,
    pub cell: Cell,
    /// One person stands for several.
    pub single_control: bool,
    /// How many people may decide in it.
    pub may: usize,
    /// Why they cannot complete it; nothing, and they can.
    pub lacks: Vec<Lack>,
}

/// Every cell of a policy with the people there are, in the order of the matrix.
pub fn today(policy: &Policy, people: &[Decider], sealed: bool, at: Timestamp) -> Vec<Today> {
    let ties = Ties { sealed, ..Ties::default() };
    let cells = Line::ALL.iter().flat_map(|line| Column::ALL.iter().map(move |column| (*line, *column)));
    let of = |(line, column)| {
        let (cell, single_control) = policy.of_profile(policy.cell(line, column));
        let may = people.iter().filter(|person| against(person, &ties, &cell, at).is_empty()).count();
        Today { line, column, cell, single_control, may, lacks: lacks(people, &ties, &cell, at) }
    };
    cells.map(of).collect()
}

/// The cells of a policy that nobody there is can complete, each with why: asked on every save and whenever people change. An
/// unsatisfiable row of the gate is refused, the others are listed.
pub fn unsatisfiable(policy: &Policy, people: &[Decider], sealed: bool, at: Timestamp) -> Vec<(Line, Column, Block)> {
    let ties = Ties { sealed, ..Ties::default() };
    let blocked = |t: Today| people_block(people, &ties, &t.cell, at).map(|block| (t.line, t.column, block));
    today(policy, people, sealed, at).into_iter().filter_map(blocked).collect()
}

/// What each demand of a cell adds to what cannot be met: the least that, were it not asked for, would let people complete it.
fn lacks(people: &[Decider], ties: &Ties, cell: &Cell, at: Timestamp) -> Vec<Lack> {
    let met = |cell: &Cell| can_complete(people, &eligible(people, ties, cell, at).may, ties, cell);
    if met(cell) {
        return vec![];
    }
    let without = |cell: &Cell, lack: Lack| match lack {
        Lack::People => Cell { people: 0, ..*cell },
        Lack::Groups => Cell { groups_distinct: false, ..*cell },
        Lack::Security => Cell { security: false, ..*cell },
        Lack::Factor => Cell { auth: Auth::None, ..*cell },
    };
    let rest = [Lack::Groups, Lack::Security, Lack::Factor];
    let bare = rest.iter().fold(*cell, |cell, lack| without(&cell, *lack));
    if !met(&bare) {
        return vec![Lack::People];
    }
    // Everything else given up, each of these alone is still too much.
    let alone = |lack: &Lack| !met(&rest.iter().filter(|other| *other != lack).fold(*cell, |cell, other| without(&cell, *other)));
    let found: Vec<Lack> = rest.iter().copied().filter(alone).collect();
    if found.is_empty() { rest.to_vec() } else { found }
}
