//! Why a rule does not allow something.

use kernel::Error;

use super::{channel, strategy};

/// A rule that stands against a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Only a signal that is held can be approved or rejected.
    #[error("the signal is {0}; only one that is held can be decided on")]
    NotHeld(&'static str),
    /// A signal that is held was never sent.
    #[error("the signal is held; approve it first")]
    StillHeld,
    /// A rejected signal is over.
    #[error("the signal was rejected")]
    Rejected,
    /// A closed signal has its result.
    #[error("the signal is closed")]
    Closed,
    /// The channel is switched off.
    #[error("the channel is switched off")]
    ChannelOff,
    /// There are as many channels as there can be.
    #[error(
        "there are {} channels, the most that there can be",
        channel::CHANNELS_MAX
    )]
    TooManyChannels,
    /// There are as many strategies as there can be.
    #[error(
        "there are {} strategies, the most that there can be",
        strategy::STRATEGIES_MAX
    )]
    TooManyStrategies,
    /// One strategy is always active.
    #[error("one strategy is always active; make another one active instead")]
    LastActive,
    /// A channel's signals are traded by the strategy.
    #[error("a channel's signals are traded by the strategy; give the channel another one first")]
    StrategyInUse,
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Conflict(refusal.to_string())
    }
}
