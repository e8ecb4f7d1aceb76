//! The work budget of a file.

use crate::errors::ParseError;

/// A counter of steps with an upper bound.
///
/// The bounds on bytes and rows do not bound the work: a compressed workbook can refer to one long
/// string in each of its cells.
#[derive(Debug)]
pub(crate) struct Steps {
    taken: u64,
    max: u64,
}

impl Steps {
    /// Returns a counter that allows `max` steps.
    pub(crate) fn new(max: u64) -> Self {
        Self { taken: 0, max }
    }

    /// Adds `count` steps.
    ///
    /// # Errors
    ///
    /// Returns [`ParseError::TooCostly`] if more steps were taken than the bound allows.
    pub(crate) fn take(&mut self, count: usize) -> Result<(), ParseError> {
        self.taken = self.taken.saturating_add(count as u64);
        if self.taken > self.max {
            return Err(ParseError::TooCostly {
                steps_max: self.max,
            });
        }
        Ok(())
    }

    /// Returns the number of steps taken so far.
    #[cfg(test)]
    pub(crate) fn taken(&self) -> u64 {
        self.taken
    }
}
