//! Capacity units, as DynamoDB reports them with each answer.

use std::iter::Sum;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_dynamodb::types::ConsumedCapacity;

/// What was used so far.
#[derive(Debug, Default)]
pub(super) struct Used {
    read_tenths: AtomicU64,
    write_tenths: AtomicU64,
}

impl Used {
    pub(super) fn units(&self) -> Units {
        Units {
            read_tenths: self.read_tenths.load(Ordering::Relaxed),
            write_tenths: self.write_tenths.load(Ordering::Relaxed),
        }
    }

    pub(super) fn read(&self, consumed: Option<&ConsumedCapacity>) {
        self.read_tenths
            .fetch_add(tenths(consumed), Ordering::Relaxed);
    }

    pub(super) fn write(&self, consumed: Option<&ConsumedCapacity>) {
        self.write_tenths
            .fetch_add(tenths(consumed), Ordering::Relaxed);
    }
}

/// Capacity units, in tenths: an eventually consistent read costs half a one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Units {
    /// Of reads.
    pub read_tenths: u64,
    /// Of writes.
    pub write_tenths: u64,
}

impl Units {
    /// Both together.
    #[must_use]
    pub fn tenths(self) -> u64 {
        self.read_tenths + self.write_tenths
    }

    /// What was used since `before`.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        Self {
            read_tenths: self.read_tenths - before.read_tenths,
            write_tenths: self.write_tenths - before.write_tenths,
        }
    }
}

impl Sum for Units {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            read_tenths: sum.read_tenths + one.read_tenths,
            write_tenths: sum.write_tenths + one.write_tenths,
        })
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::float_arithmetic,
    reason = "DynamoDB reports units as a float in steps of a half; they are counted, not paid out"
)]
fn tenths(consumed: Option<&ConsumedCapacity>) -> u64 {
    let units = consumed.and_then(ConsumedCapacity::capacity_units);
    units.map_or(0, |units| (units * 10.0) as u64)
}
