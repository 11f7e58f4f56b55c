//! What reading an input may cost, counted ahead of doing it and by every reader in the same coin: steps of work, and bytes that
//! are kept. It reads no clock, so that an input is read or refused whatever else the machine does.

use crate::kubernetes::thousands;
use std::cell::Cell;

/// Steps: two or three seconds of a processor, and so many more for each byte.
const STEPS: u64 = 1_000_000_000;
const STEPS_OF_BYTE: u64 = 300;
/// Bytes that are kept of an input of up to so many bytes, and so many more for each byte beyond them. With the text itself, and
/// what judging, comparing and writing take, an import of a small input stays at some 300 MB.
pub(crate) const KEPT: u64 = 120 * 1024 * 1024;
const SMALL: u64 = 5 * 1024 * 1024;
/// Objects of JSON as people write them take up to twelve times as many bytes as their text.
const KEPT_OF_BYTE: u64 = 12;

/// How much work an input may make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Some nanoseconds each, in a release build.
    pub steps: u64,
    /// Bytes held at a time.
    pub kept: u64,
}

impl Limits {
    /// Of an input of so many bytes. What is larger than is read in one piece is streamed, and keeps no more for it.
    pub fn of(bytes: u64) -> Self {
        let more = bytes.min(crate::MAX_IN_MEMORY).saturating_sub(SMALL);
        Self { steps: STEPS.saturating_add(bytes.saturating_mul(STEPS_OF_BYTE)), kept: KEPT + more * KEPT_OF_BYTE }
    }
}

/// Why no more is read.
pub(crate) type Left = Result<(), String>;

/// The work of one input, counted as it is done.
#[derive(Debug)]
pub struct Work {
    limits: Limits,
    steps: Cell<u64>,
    kept: Cell<u64>,
    most: Cell<u64>,
}

impl Work {
    pub fn within(limits: Limits) -> Self {
        Self { limits, steps: Cell::new(0), kept: Cell::new(0), most: Cell::new(0) }
    }

    /// What it came to: all steps, the ones that were too many included, and the most bytes that were kept at a time.
    pub fn spent(&self) -> Limits {
        Limits { steps: self.steps.get(), kept: self.most.get() }
    }

    /// Does so many steps of what is named.
    pub(crate) fn steps(&self, more: u64, what: &str) -> Left {
        self.steps.set(self.steps.get().saturating_add(more));
        if self.steps.get() <= self.limits.steps {
            return Ok(());
        }
        Err(format!("{what} takes more than {} steps; part the input, and import each part as a source", thousands(self.limits.steps)))
    }

    /// Keeps so many bytes more.
    pub(crate) fn keeps(&self, bytes: u64) -> Left {
        self.kept.set(self.kept.get().saturating_add(bytes));
        if self.kept.get() <= self.limits.kept {
            self.most.set(self.most.get().max(self.kept.get()));
            return Ok(());
        }
        let most = thousands(self.limits.kept / (1024 * 1024));
        Err(format!(
            "what stands up to here takes more than the {most} MB of memory that an import may take; part the input, and import each part as a source"
        ))
    }

    /// Lets go of bytes that were kept.
    pub(crate) fn drops(&self, bytes: u64) {
        self.kept.set(self.kept.get().saturating_sub(bytes));
    }

    /// How many bytes are kept now.
    pub(crate) fn kept(&self) -> u64 {
        self.kept.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_ends_at_its_limits_and_what_is_let_go_counts_no_more() {
        let work = Work::within(Limits { steps: 10, kept: 2 * 1024 * 1024 });
        assert!(work.steps(10, "reading").is_ok());
        assert!(work.steps(1, "reading").is_err_and(|why| why.starts_with("reading takes more than 10 steps")));
        for _ in 0..3 {
            assert!(work.keeps(2 * 1024 * 1024).is_ok());
            work.drops(2 * 1024 * 1024);
        }
        assert!(work.keeps(3 * 1024 * 1024).is_err_and(|why| why.contains("more than the 2 MB")));
        assert_eq!(work.spent(), Limits { steps: 11, kept: 2 * 1024 * 1024 });
        assert!(work.keeps(u64::MAX).is_err() && work.steps(u64::MAX, "reading").is_err());
    }

    #[test]
    fn a_larger_input_may_cost_more_and_what_is_streamed_keeps_no_more() {
        let (small, larger) = (Limits::of(1_000), Limits::of(50 * 1024 * 1024));
        assert!(small.steps < larger.steps && small.kept < larger.kept);
        assert_eq!(Limits::of(5_000_000).kept, small.kept);
        assert_eq!(Limits::of(505 * 1024 * 1024).kept, Limits::of(crate::MAX_IN_MEMORY).kept);
    }
}
