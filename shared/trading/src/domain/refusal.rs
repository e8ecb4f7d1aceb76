//! Why a rule does not allow something.

use kernel::Error;

use super::command::PENDING_MAX;

/// A rule that stands against what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No new trades for now.
    #[error("trading is paused; resume it first")]
    Paused,
    /// No new trades after an emergency stop.
    #[error("trading was stopped by an emergency stop; resume it first")]
    Stopped,
    /// There is nobody to tell.
    #[error("you have no paired terminal")]
    NoTerminal,
    /// Whom it would be told is no terminal any more.
    #[error("the terminal that holds the trade is not paired any more")]
    TerminalRevoked,
    /// The terminal has not done enough of what it was told before.
    #[error("{PENDING_MAX} commands wait for this terminal, the most that can")]
    QueueFull,
    /// There is nothing to close or to change.
    #[error("the trade is not open")]
    NotOpen,
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Conflict(refusal.to_string())
    }
}
