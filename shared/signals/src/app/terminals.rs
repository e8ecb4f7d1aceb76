//! The port to where signals are traded.

use platform::dynamo::Transaction;
use platform::live::News;

use super::Request;
use crate::domain::channel::Hold;
use crate::domain::signal::Signal;
use crate::domain::strategy::Strategy;
use crate::model::Owner;

/// Writes that happen together, with what is told of them.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// The writes.
    pub transaction: Transaction,
    /// Who is told what.
    pub news: Vec<News>,
}

/// A person's terminals, as signals need them.
pub trait Terminals: Send + Sync {
    /// Why a person's terminals may not trade now; `None` where they may, also
    /// where there are none.
    ///
    /// # Errors
    /// Where the store fails.
    fn rest(&self, owner: &Owner) -> impl Future<Output = kernel::Result<Option<Hold>>> + Send;

    /// Carries out a change, and with it has each of a person's terminals open
    /// a signal's trade.
    ///
    /// # Errors
    /// `Conflict` where something of it has changed, where they may not trade
    /// any more, and where one has too much to do; nothing has happened then.
    fn open(
        &self,
        owner: &Owner,
        signal: &Signal,
        change: &Change,
        request: Request<'_>,
    ) -> impl Future<Output = kernel::Result<()>> + Send;

    /// Has a change put a strategy in force; `revision` rises with each.
    ///
    /// # Errors
    /// Where it cannot be written.
    fn follow(
        &self,
        change: &mut Change,
        owner: &Owner,
        strategy: &Strategy,
        revision: u64,
    ) -> kernel::Result<()>;
}
