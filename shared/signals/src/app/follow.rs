//! What terminals make of signals.

use kernel::id::SignalId;
use platform::race::until_undisturbed;

use super::news::{Happening, to_author};
use super::{Change, Request, Signals};
use crate::domain::signal::{FollowedTrade, Signal, Status};
use crate::model::Owner;

impl<T> Signals<T> {
    /// Notes what a terminal made of a signal: it is active with its first
    /// trade and closed with the last. The same news twice is no news; a
    /// signal that is not there, or has its result, stays as it is. Answers
    /// the signal where it changed.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn follow(
        &self,
        owner: &Owner,
        id: &SignalId,
        trade: &FollowedTrade,
        request: Request<'_>,
    ) -> kernel::Result<Option<Signal>> {
        until_undisturbed(|| async {
            let Some(before) = self.store.signal(owner, id).await? else {
                return Ok(None);
            };
            let Some(after) = before.followed(trade, request.now) else {
                return Ok(None);
            };
            let mut change = Change::default();
            let transaction = &mut change.transaction;
            self.store
                .put_signal(transaction, owner, Some(&before), &after)?;
            let happening = match after.status {
                Status::Closed => Some(Happening::Closed),
                status if status != before.status => Some(Happening::Active),
                _ => None,
            };
            if let Some(happening) = happening {
                change.news.push(to_author(owner, &after, happening)?);
            }
            self.commit(&change, request).await?;
            Ok(Some(after))
        })
        .await
    }
}
