//! Equity roll-ups: first, last, minimum and maximum of each minute, hour and
//! day (UTC), written as snapshots arrive.

use chrono::{DurationRound, TimeDelta};
use kernel::id::{AccountId, ShopId};
use kernel::time::Timestamp;
use platform::dynamo::{Query, Range, StoreError, Transaction};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Store, keys};
use crate::model::AccountSnapshot;

/// Length of a roll-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// A minute; kept 90 days.
    Minute,
    /// An hour; kept.
    Hour,
    /// A day of UTC; kept.
    Day,
}

impl Resolution {
    /// All of them, the finest first.
    pub const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    /// Its length.
    #[must_use]
    pub fn length(self) -> TimeDelta {
        match self {
            Self::Minute => TimeDelta::minutes(1),
            Self::Hour => TimeDelta::hours(1),
            Self::Day => TimeDelta::days(1),
        }
    }

    /// Its name in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    fn start_of(self, at: Timestamp) -> Timestamp {
        at.duration_trunc(self.length()).unwrap_or(at)
    }

    fn sk(self, start: Timestamp) -> String {
        let letter = match self {
            Self::Minute => 'm',
            Self::Hour => 'h',
            Self::Day => 'd',
        };
        format!("EQ#{letter}#{:012}", start.timestamp())
    }

    fn expires(self, start: Timestamp) -> Option<i64> {
        (self == Self::Minute).then(|| (start + TimeDelta::days(90)).timestamp())
    }
}

/// Equity over one roll-up, and the balance at its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candle {
    /// When it begins.
    pub start: Timestamp,
    /// Time of its first snapshot.
    pub first_at: Timestamp,
    /// Equity of the first snapshot.
    pub first: Decimal,
    /// Time of its last snapshot.
    pub last_at: Timestamp,
    /// Equity of the last.
    pub last: Decimal,
    /// The least.
    pub minimum: Decimal,
    /// The most.
    pub maximum: Decimal,
    /// Balance of the last snapshot.
    pub balance: Decimal,
    /// Snapshots in it.
    pub count: u64,
    /// The daily rule's floor at the last snapshot; absent before the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub daily_floor: Option<Decimal>,
    /// The all-time rule's floor at the last snapshot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_floor: Option<Decimal>,
    /// When a minute may go, in seconds since the epoch.
    #[serde(default)]
    pub ttl: Option<i64>,
}

/// The floors in force at a snapshot.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Floors {
    /// The daily rule's.
    pub daily: Option<Decimal>,
    /// The all-time rule's.
    pub max: Option<Decimal>,
}

impl Candle {
    fn of(resolution: Resolution, reading: &AccountSnapshot, floors: Floors) -> Self {
        let start = resolution.start_of(reading.recorded_at);
        Self {
            start,
            first_at: reading.recorded_at,
            first: reading.equity,
            last_at: reading.recorded_at,
            last: reading.equity,
            minimum: reading.equity,
            maximum: reading.equity,
            balance: reading.balance,
            count: 1,
            daily_floor: floors.daily,
            max_floor: floors.max,
            ttl: resolution.expires(start),
        }
    }

    /// Takes one more snapshot of its time, in whatever order they come.
    fn take(&mut self, reading: &AccountSnapshot, floors: Floors) {
        if reading.recorded_at < self.first_at {
            self.first_at = reading.recorded_at;
            self.first = reading.equity;
        }
        if reading.recorded_at >= self.last_at {
            self.last_at = reading.recorded_at;
            self.last = reading.equity;
            self.balance = reading.balance;
            self.daily_floor = floors.daily;
            self.max_floor = floors.max;
        }
        self.minimum = self.minimum.min(reading.equity);
        self.maximum = self.maximum.max(reading.equity);
        self.count += 1;
    }
}

/// The newest roll-up of each resolution, carried by the sync chain so that a
/// snapshot within them costs no read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Buckets {
    #[serde(default)]
    open: Vec<Candle>,
}

impl Store {
    /// Adds a snapshot's roll-ups to a transaction.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn roll_up(
        &self,
        transaction: &mut Transaction,
        shop: &ShopId,
        account: &AccountId,
        buckets: &mut Buckets,
        (reading, floors): (&AccountSnapshot, Floors),
    ) -> Result<(), StoreError> {
        let mut open = Vec::with_capacity(Resolution::ALL.len());
        for (index, resolution) in Resolution::ALL.into_iter().enumerate() {
            let start = resolution.start_of(reading.recorded_at);
            let key = keys::of_account(shop, account, resolution.sk(start));
            let carried = buckets.open.get(index);
            let known = match carried {
                Some(candle) if candle.start == start => Some(candle.clone()),
                _ => self.table.get::<Candle>(&key, true).await?,
            };
            let candle = match known {
                Some(mut candle) => {
                    candle.take(reading, floors);
                    candle
                }
                None => Candle::of(resolution, reading, floors),
            };
            transaction.put("equity", &self.table, &key, &candle, None)?;
            open.push(match carried {
                Some(newer) if newer.start > start => newer.clone(),
                _ => candle,
            });
        }
        buckets.open = open;
        Ok(())
    }

    /// Roll-ups of a range, in order of time, at most `limit`.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn equity_history(
        &self,
        shop: &ShopId,
        account: &AccountId,
        resolution: Resolution,
        from: Timestamp,
        to: Timestamp,
        limit: u32,
    ) -> Result<Vec<Candle>, StoreError> {
        let first = resolution.start_of(from);
        let range = Range::Between(resolution.sk(first), resolution.sk(to));
        let query = Query::new(keys::account(shop, account), range, limit);
        let page = self.table.query(&query).await?;
        Ok(page.rows.into_iter().map(|(_, candle)| candle).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(second: i64, equity: i64) -> AccountSnapshot {
        AccountSnapshot {
            recorded_at: chrono::DateTime::from_timestamp(1_700_000_000 + second, 0)
                .expect("a time"),
            ..AccountSnapshot::of_balances(
                Timestamp::UNIX_EPOCH,
                Decimal::from(1000),
                Decimal::from(equity),
            )
        }
    }

    #[test]
    fn a_candle_is_the_same_in_whatever_order_its_snapshots_come() {
        let rows = [reading(40, 990), reading(41, 970), reading(45, 1010)];
        let build = |order: [usize; 3]| {
            let floors = Floors::default();
            let mut candle = Candle::of(Resolution::Hour, &rows[order[0]], floors);
            candle.take(&rows[order[1]], floors);
            candle.take(&rows[order[2]], floors);
            candle
        };
        let expected = build([0, 1, 2]);
        assert_eq!(expected.first, Decimal::from(990));
        assert_eq!(expected.last, Decimal::from(1010));
        assert_eq!(expected.minimum, Decimal::from(970));
        assert_eq!(expected.maximum, Decimal::from(1010));
        for order in [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            assert_eq!(build(order), expected, "{order:?}");
        }
    }
}
