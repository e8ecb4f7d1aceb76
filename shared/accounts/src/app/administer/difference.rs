//! A shop's answer to what a standing difference was.

use kernel::Error;
use rust_decimal::Decimal;

use super::Administration;
use crate::domain::deal::DealClass;
use crate::domain::judging::StandIn;
use crate::model::AccountState;

impl Administration<'_> {
    /// Accounts for the difference that stands: so much of it was money that
    /// came or left, and so much was trading. The inputs since are judged again
    /// with both.
    ///
    /// # Errors
    /// Returns `NotFound` if the shop has no such account, and `Unexplained` if
    /// both add up to another amount than the one that stands.
    pub async fn explain(
        &self,
        adjustment: Decimal,
        trading: Decimal,
        reason: &str,
    ) -> kernel::Result<AccountState> {
        let (_, after) = change!(self, reason, "shop", |draft| {
            let change = &mut draft.change;
            let currency = change.before.currency.clone();
            let standing = change.before.unexplained();
            let Some(state) = change.before.challenge_state.clone() else {
                return Err(Error::NotFound("account"));
            };
            let given = currency.round(adjustment + trading);
            if standing.is_zero() || given != currency.round(standing) {
                return Err(Error::Unexplained(currency.round(standing).normalize()));
            }
            let shown_at = state.reconciliation.shown_at.unwrap_or(self.now);
            let answers: Vec<StandIn> = [
                (adjustment, DealClass::Adjustment),
                (trading, DealClass::Trading),
            ]
            .into_iter()
            .filter(|(amount, _)| !amount.is_zero())
            .map(|(amount, class)| StandIn {
                announcement: None,
                amount,
                class,
                at: shown_at,
            })
            .collect();
            let judge = self.judge(&draft.account);
            let announcements = judge.announcements(change).await?;
            let is_taken = judge
                .judge_again(change, &state, &announcements, &answers)
                .await?;
            if !is_taken {
                return Err(Error::Conflict(
                    "the difference is being judged; try again".to_owned(),
                ));
            }
            change.step_due = Some(self.now);
            Ok(())
        });
        self.record("difference_explained", reason).await;
        Ok(after)
    }
}
