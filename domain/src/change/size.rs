//! How much people are asked to read at once, and when a change must be split (decisions C11): more than 400 changed lines,
//! 32 KB of changed text or 50 rows of effect. And how it can be: into parts that follow each other.

use super::baseline::{BadChange, Baseline};
use super::content::Text;
use super::effect::{Around, Effect, ROWS_MOST, effect};
use super::operation::Operation;
use crate::coupling::Side;
use crate::difference::texts::{Line, Piece, compare};
use crate::locator::Work;

pub const LINES_MOST: usize = 400;
pub const BYTES_MOST: usize = 32 * 1024;

/// How much there is to read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Lines that came, went, moved or were changed.
    pub lines: usize,
    /// Bytes of these, on both sides.
    pub bytes: usize,
    pub rows: usize,
    /// Texts that are not known or too long to be compared: nobody can tell how much of them was changed.
    pub unread: usize,
}

/// Why a change must be split. Fit for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooLarge {
    #[error("Its effect has {0} different rows, more than {ROWS_MOST}. Split it into several changes.")]
    Rows(usize),
    #[error("It changes {0} lines of text, more than {LINES_MOST}. Split it into several changes.")]
    Lines(usize),
    #[error("It changes {0} bytes of text, more than {BYTES_MOST}. Split it into several changes.")]
    Bytes(usize),
    #[error("A text of it cannot be compared with the one ahead of it, so nobody can tell what was changed. Make the text shorter.")]
    Unread,
}

impl Size {
    /// How much an effect and the texts of its operations ask somebody to read.
    pub fn of(before: &Baseline, operations: &[Operation], effect: &Effect, around: &Around<'_>) -> Self {
        let mut out = Self { rows: effect.rows.len(), ..Self::default() };
        for operation in operations {
            let texts = match operation {
                Operation::SurfacePut(o) => (before.surfaces.get(&o.surface).and_then(|s| s.content.as_ref()), o.to.content.as_ref()),
                Operation::SurfaceRemove(o) => (before.surfaces.get(&o.surface).and_then(|s| s.content.as_ref()), None),
                Operation::ToolAdd(o) | Operation::ToolUpdate(o) => {
                    (before.tools.get(&o.tool).map(|t| &t.definition), Some(&o.to.definition))
                }
                Operation::ToolRemove(o) => (before.tools.get(&o.tool).map(|t| &t.definition), None),
                _ => continue,
            };
            out.add(texts, around);
        }
        out
    }

    fn add(&mut self, (before, after): (Option<&Text>, Option<&Text>), around: &Around<'_>) {
        let (before, after) = (around.written.side(before), around.written.side(after));
        let text = |side: Side<'_>| match side {
            Side::Text(text) => Some(text.to_owned()),
            Side::Absent => Some(String::new()),
            Side::Unknown => None,
        };
        let lines = text(before).zip(text(after)).and_then(|(before, after)| compare(&before, &after));
        let Some(lines) = lines else {
            self.unread += 1;
            return;
        };
        for line in lines {
            let bytes = match line {
                // A line that moved is counted where it went from.
                Line::Same { .. } | Line::MovedTo { .. } => continue,
                Line::Added { text, .. } | Line::Removed { text, .. } | Line::MovedFrom { text, .. } => text.len(),
                Line::Changed { pieces, .. } => pieces.iter().map(piece_bytes).sum(),
            };
            self.lines += 1;
            self.bytes += bytes;
        }
    }

    pub fn check(&self) -> Result<(), TooLarge> {
        match self {
            Self { unread: 1.., .. } => Err(TooLarge::Unread),
            Self { lines, .. } if *lines > LINES_MOST => Err(TooLarge::Lines(*lines)),
            Self { bytes, .. } if *bytes > BYTES_MOST => Err(TooLarge::Bytes(*bytes)),
            Self { rows, .. } if *rows > ROWS_MOST => Err(TooLarge::Rows(*rows)),
            Self { .. } => Ok(()),
        }
    }
}

/// What stays of a changed line is read with it.
fn piece_bytes(piece: &Piece) -> usize {
    match piece {
        Piece::Same(text) | Piece::Added(text) | Piece::Removed(text) => text.len(),
    }
}

/// Why a change has no parts that can be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoParts {
    #[error("Operation {}: {why}", .at + 1)]
    One { at: usize, why: TooLarge },
    #[error("{0}")]
    Cannot(BadChange),
}

/// Parts of a change, each small enough to be read and each made of the state the one ahead of it leaves: places of their
/// operations. One part where nothing has to be split.
pub fn parts(before: &Baseline, operations: &[Operation], around: &Around<'_>, work: &mut Work) -> Result<Vec<Vec<usize>>, NoParts> {
    let mut state = before.check(operations).map(|_| before.clone()).map_err(NoParts::Cannot)?;
    let (mut out, mut open): (Vec<Vec<usize>>, Vec<usize>) = (Vec::new(), Vec::new());
    let fits = |state: &Baseline, places: &[usize], work: &mut Work| -> Result<Result<(), TooLarge>, NoParts> {
        let part: Vec<Operation> = places.iter().map(|at| operations[*at].clone()).collect();
        let effect = effect(state, &part, around, work).map_err(NoParts::Cannot)?;
        Ok(Size::of(state, &part, &effect, around).check())
    };
    for at in 0..operations.len() {
        open.push(at);
        if fits(&state, &open, work)?.is_ok() {
            continue;
        }
        open.pop();
        if !open.is_empty() {
            let done: Vec<Operation> = open.iter().map(|at| operations[*at].clone()).collect();
            state = state.check(&done).map_err(NoParts::Cannot)?;
            out.push(std::mem::take(&mut open));
        }
        fits(&state, &[at], work)?.map_err(|why| NoParts::One { at, why })?;
        open.push(at);
    }
    out.push(open);
    Ok(out)
}
