//! Movements of money that a shop has announced.

use kernel::id::AdjustmentId;
use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::deal::DealClass;

/// What a movement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AnnouncementKind {
    /// Profit paid out.
    Payout,
    /// Any other money that leaves.
    Withdrawal,
    /// Money that comes.
    Deposit,
    /// A correction.
    Correction,
    /// A larger account.
    Scaling,
}

impl AnnouncementKind {
    /// Returns what its deal counts as.
    #[must_use]
    pub fn class(self) -> DealClass {
        match self {
            Self::Payout => DealClass::Payout,
            _ => DealClass::Adjustment,
        }
    }
}

/// What has become of an announced movement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AnnouncementState {
    /// Nothing of it is to be seen yet.
    Expected,
    /// The balance shows it; its deal is not there.
    Seen,
    /// Its deal is there.
    Matched,
    /// It was not seen in time.
    Expired,
    /// The shop has taken it back.
    Cancelled,
}

/// An announced movement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Announcement {
    /// Its id.
    pub id: AdjustmentId,
    /// What it will move the balance by; not 0.
    pub amount: Decimal,
    /// What it is.
    pub kind: AnnouncementKind,
    /// The shop's remark.
    #[serde(default)]
    pub note: Option<String>,
    /// What has become of it.
    pub state: AnnouncementState,
    /// Its deals.
    #[serde(default)]
    pub deals: Vec<String>,
    /// When it was announced.
    pub created_at: Timestamp,
    /// When it expires, while it is expected.
    pub expires_at: Timestamp,
}

impl Announcement {
    /// Returns whether it is expected at a moment.
    #[must_use]
    pub fn is_expected(&self, now: Timestamp) -> bool {
        self.state == AnnouncementState::Expected && now < self.expires_at
    }

    /// Returns its state at a moment.
    #[must_use]
    pub fn state_at(&self, now: Timestamp) -> AnnouncementState {
        if self.state == AnnouncementState::Expected && now >= self.expires_at {
            AnnouncementState::Expired
        } else {
            self.state
        }
    }

    /// Returns whether a deal may still belong to it.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.is_expected(now) || self.state == AnnouncementState::Seen
    }
}
