//! Input that means no good: texts, numbers, dates and whole documents that
//! have broken parsers, stores and arithmetic elsewhere, and good bodies that
//! are spoiled with them.
//!
//! What is chosen follows from a seed and a name alone, so that whatever went
//! wrong can be had again: `FUZZ_SEED` sets the seed, and `FUZZ_CASES` how many
//! cases each subject gets.

mod spoil;
mod values;

use std::hash::{DefaultHasher, Hash, Hasher};

use platform::config::Env;

pub use spoil::{Spoiler, places};
pub use values::texts;

/// The seed where none is set: the same every time, so that a change is judged
/// by what it changed.
const SEED: u64 = 20_261_121;

/// How much is tried, and from which seed.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// What all choices follow from.
    pub seed: u64,
    /// Cases for each subject.
    pub cases: usize,
}

impl Plan {
    /// Of the process's settings; so many cases where they do not say.
    ///
    /// # Panics
    /// Where a setting is no number.
    #[must_use]
    pub fn from_process(cases: usize) -> Self {
        let env = Env::from_process();
        let number = |name, default| {
            env.optional(name)
                .map_or(default, |text| text.parse().expect(name))
        };
        let cases = u64::try_from(cases).expect("a number");
        Self {
            seed: number("FUZZ_SEED", SEED),
            cases: usize::try_from(number("FUZZ_CASES", cases)).expect("FUZZ_CASES"),
        }
    }

    /// Dice for a subject.
    #[must_use]
    pub fn dice(&self, subject: &str) -> Dice {
        let mut hasher = DefaultHasher::new();
        (self.seed, subject).hash(&mut hasher);
        Dice(fastrand::Rng::with_seed(hasher.finish()))
    }
}

/// Chance that can be had again.
#[derive(Debug)]
pub struct Dice(fastrand::Rng);

impl Dice {
    /// A number below another, which is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0.usize(..bound)
    }

    /// True once in so many times.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of a list that is not empty.
    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}
