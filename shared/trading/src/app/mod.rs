//! What is done with terminals and trades, one file for each use case.

mod acknowledge;
mod alert;
mod issue;
mod on_trade;
mod open;
mod pair;
mod presence;
mod queue;
mod record;
mod switch;
mod sync;
mod watch;

pub use acknowledge::Done;
pub use alert::{Fault, Reported};
pub use on_trade::{Amount, OnTrade};
pub use pair::Paired;
pub use presence::Said;
pub use record::Recorded;
pub use switch::Switched;
pub use sync::{Synced, Told};
pub use watch::Watch;

pub use platform::request::Request;

use platform::devices::DeviceTokens;
use platform::dynamo::{CommitError, StoreError, Table, Transaction};
use platform::live::{Live, News};
use serde::Serialize;

use crate::model::Owner;
use crate::store::Store;

/// The use cases.
#[derive(Clone, Debug)]
pub struct Trading {
    /// What is kept.
    pub store: Store,
    /// The terminals' tokens.
    pub tokens: DeviceTokens,
    /// Whom is told what.
    pub live: Live,
}

impl Trading {
    /// Over the trading's table, the platform's with the terminals' tokens, and
    /// the live events.
    #[must_use]
    pub fn new(trading_table: Table, platform_table: Table, live: Live) -> Self {
        Self {
            store: Store::new(trading_table),
            tokens: DeviceTokens::new(platform_table),
            live,
        }
    }

    /// Carries out a change together with the news of it.
    async fn commit(
        &self,
        change: &Transaction,
        news: &[News],
        request: Request<'_>,
    ) -> Result<(), CommitError> {
        self.live
            .commit(change, news, request.id, request.now)
            .await
    }
}

/// What a person is to read.
#[derive(Debug, Serialize)]
struct Notification<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    title: &'a str,
    message: &'a str,
}

impl Notification<'_> {
    fn to(&self, owner: &Owner) -> Result<News, StoreError> {
        News::new(owner.log(), "notification", self)
    }
}
