//! How much comparing one answer may cost. Patterns are what sources and people wrote: two of them cost at most the
//! product of their lengths, but there may be thousands in a rule and thousands of rules, so whoever asks brings one
//! `Work` for the whole answer. It must not know what is compared.

/// Steps that are left: cells of tables, letters that are followed, characters that are read.
///
/// Where none is left, every comparison answers at once what counts as the worst: that patterns overlap, that none holds
/// the other, that a rule touches. Whoever asked looks at `is_spent` and says that the answer is not complete.
#[derive(Clone, Debug)]
pub struct Work {
    left: u64,
    spent: bool,
}

impl Work {
    /// What one answer may cost: half a second. It is enough for 5,000 rules with ten patterns each as people write them,
    /// were every one of them of the very service that is asked about; those of another differ in their first letters.
    pub const ONE_ANSWER: u64 = 100_000_000;

    pub fn of(steps: u64) -> Self {
        Self { left: steps, spent: false }
    }

    /// Takes steps; false where there are not so many left, and from then on.
    pub(crate) fn take(&mut self, steps: usize) -> bool {
        match self.left.checked_sub(steps as u64) {
            Some(left) if !self.spent => {
                self.left = left;
                true
            }
            _ => {
                self.spent = true;
                false
            }
        }
    }

    /// True where something was not compared for want of steps.
    pub fn is_spent(&self) -> bool {
        self.spent
    }

    pub fn left(&self) -> u64 {
        self.left
    }
}

impl Default for Work {
    /// That of one answer.
    fn default() -> Self {
        Self::of(Self::ONE_ANSWER)
    }
}
