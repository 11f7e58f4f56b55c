//! A routing policy over changes of the past: what it would have asked of each, beside what was asked. Where in the matrix a
//! change stood is taken as it was routed then.

use super::independence::Today;
use super::route::{Cell, Policy, Route};
use serde::Serialize;

/// What another policy would have made of some changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Replay {
    pub changes: usize,
    /// How many would have needed somebody more, or somebody else, to agree.
    pub more: usize,
    /// How many would have needed fewer people.
    pub fewer: usize,
    /// How many the people of today could never decide.
    pub undecidable: usize,
    /// How many would have waited longer, and shorter, after their last approval.
    pub longer: usize,
    pub shorter: usize,
    /// The wait in the middle of all, as it was and as it would be, in seconds.
    pub wait_was: u32,
    pub wait_is: u32,
}

/// Who a cell asks: each part that is larger asks for somebody more.
fn asks(cell: &Cell) -> [u8; 5] {
    [cell.people, u8::from(cell.groups_distinct), u8::from(cell.security), u8::from(cell.owner), u8::from(cell.resource_owner)]
}

fn middle(mut waits: Vec<u32>) -> u32 {
    waits.sort_unstable();
    waits.get(waits.len() / 2).copied().unwrap_or(0)
}

/// Replays routes of the past under a policy; `today` says of its cells who there is.
pub fn replay(past: &[Route], policy: &Policy, today: &[Today]) -> Replay {
    let mut out = Replay { changes: past.len(), ..Replay::default() };
    let (mut was, mut is) = (Vec::new(), Vec::new());
    for route in past {
        let (cell, _) = policy.of_profile(policy.cell(route.line, route.column));
        let pairs = || asks(&route.cell).into_iter().zip(asks(&cell));
        out.more += usize::from(pairs().any(|(was, is)| is > was));
        out.fewer += usize::from(cell.people < route.cell.people);
        out.longer += usize::from(cell.wait > route.cell.wait);
        out.shorter += usize::from(cell.wait < route.cell.wait);
        let stands = today.iter().find(|t| (t.line, t.column) == (route.line, route.column));
        out.undecidable += usize::from(stands.is_some_and(|t| !t.lacks.is_empty()));
        was.push(route.cell.wait);
        is.push(cell.wait);
    }
    (out.wait_was, out.wait_is) = (middle(was), middle(is));
    out
}
