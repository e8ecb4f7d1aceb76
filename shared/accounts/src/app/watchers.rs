//! What those who watch an account are told: its figures as they change, and
//! the rules that it crosses. An account that nobody watches costs no write.

use kernel::Number;
use kernel::id::{AccountId, ShopId};
use kernel::time::Timestamp;
use platform::dynamo::StoreError;
use platform::live::{Live, Log, News};
use serde::Serialize;

use super::events::violation_value;
use crate::domain::rules::Violation;
use crate::model::{AccountSnapshot, AccountState};

/// The log that an account's watchers listen to.
#[must_use]
pub fn log(shop: &ShopId, account: &AccountId) -> Log {
    Log::Channel(format!("account:{shop}:{account}"))
}

#[derive(Serialize)]
struct Update<'a> {
    account_id: &'a AccountId,
    phase: Option<&'static str>,
    balance: Number,
    equity: Number,
    recorded_at: Timestamp,
    closed_trades: u64,
    winners: u64,
    trading_days: u32,
}

#[derive(Serialize)]
struct Crossed<'a> {
    account_id: &'a AccountId,
    rule: &'static str,
    severity: &'static str,
    threshold_value: Number,
    current_value: Number,
    detected_at: Timestamp,
}

/// The watchers of one account.
#[derive(Clone, Debug)]
pub(crate) struct Watchers<'a> {
    live: &'a Live,
    log: Log,
    account: &'a AccountId,
}

impl<'a> Watchers<'a> {
    /// Those of an account, where there are any.
    pub(crate) async fn of(
        live: &'a Live,
        (shop, account): (&ShopId, &'a AccountId),
        real_now: Timestamp,
    ) -> Result<Option<Self>, StoreError> {
        let log = log(shop, account);
        let is_watched = live.is_watched(&log, real_now).await?;
        Ok(is_watched.then_some(Self { live, log, account }))
    }

    /// The logs, to write the news with their cause.
    pub(crate) fn live(&self) -> &Live {
        self.live
    }

    /// What there is to tell of a account_state.
    pub(crate) fn news(
        &self,
        after: &AccountState,
        reading: Option<&AccountSnapshot>,
        violations: &[Violation],
    ) -> Result<Vec<News>, StoreError> {
        let money = |amount| Number::money(amount, &after.currency);
        let account_id = self.account;
        let mut news = Vec::new();
        for violation in violations {
            let value = |value| violation_value(violation.rule, value, &after.currency);
            let crossed = Crossed {
                account_id,
                rule: violation.rule.as_str(),
                severity: violation.severity.as_str(),
                threshold_value: value(violation.threshold_value),
                current_value: value(violation.current_value),
                detected_at: violation.detected_at,
            };
            news.push(News::new(self.log.clone(), "rule_violation", &crossed)?);
        }
        if let Some(reading) = reading {
            let update = Update {
                account_id,
                phase: after.phase().map(|phase| phase.as_str()),
                balance: money(reading.balance),
                equity: money(reading.equity),
                recorded_at: reading.recorded_at,
                closed_trades: after.closed,
                winners: after.winners,
                trading_days: after.trading_days,
            };
            news.push(News::new(self.log.clone(), "account_update", &update)?);
        }
        Ok(news)
    }
}
