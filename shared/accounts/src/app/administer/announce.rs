//! Money movements that a shop announces, so that a balance which shows one
//! before its deal is there is no loss.

use chrono::TimeDelta;
use kernel::Error;
use kernel::id::AdjustmentId;
use rust_decimal::Decimal;

use super::Administration;
use crate::model::{Announcement, AnnouncementKind, AnnouncementState};

/// The most movements of an account that are expected at once.
pub const EXPECTED_MAX: usize = 20;

/// What a shop announces.
#[derive(Clone, Debug)]
pub struct Announce {
    /// What it will move the balance by; not 0.
    pub amount: Decimal,
    /// What it is.
    pub kind: AnnouncementKind,
    /// The shop's remark.
    pub note: Option<String>,
    /// Days after which it expires, 1 to 30.
    pub valid_days: u32,
}

impl Administration<'_> {
    /// Announces a movement.
    ///
    /// # Errors
    /// Returns `NotFound` if the shop has no such account, and `Conflict` if
    /// [`EXPECTED_MAX`] are open.
    pub async fn announce(&self, announce: &Announce) -> kernel::Result<Announcement> {
        let announcement = Announcement {
            id: AdjustmentId::generate(self.now),
            amount: announce.amount,
            kind: announce.kind,
            note: announce.note.clone(),
            state: AnnouncementState::Expected,
            deals: Vec::new(),
            created_at: self.now,
            expires_at: self.now + TimeDelta::days(i64::from(announce.valid_days)),
        };
        change!(self, "a movement was announced", "shop", |draft| {
            let open = self.open().await?;
            if open.len() >= EXPECTED_MAX {
                return Err(Error::Conflict(format!(
                    "{EXPECTED_MAX} announced movements are open"
                )));
            }
            let change = &mut draft.change;
            change.after.announced = u32::try_from(open.len() + 1).unwrap_or(u32::MAX);
            change.announcements.push(announcement.clone());
            change.step_due = Some(self.now);
            Ok(())
        });
        Ok(announcement)
    }

    /// Takes an announcement back.
    ///
    /// # Errors
    /// Returns `NotFound` if the account has no such announcement, and
    /// `Conflict` if it is not expected any more.
    pub async fn cancel(&self, id: &AdjustmentId) -> kernel::Result<()> {
        change!(self, "an announcement was taken back", "shop", |draft| {
            let found = self.store.announcement(self.shop, self.account, id).await?;
            let mut announcement = found.ok_or(Error::NotFound("announced movement"))?;
            if !announcement.is_expected(self.now) {
                return Err(Error::Conflict(
                    "the announced movement is not expected any more".to_owned(),
                ));
            }
            announcement.state = AnnouncementState::Cancelled;
            draft.change.announcements.push(announcement);
            Ok(())
        });
        Ok(())
    }

    async fn open(&self) -> kernel::Result<Vec<Announcement>> {
        let all = self.store.announcements(self.shop, self.account).await?;
        Ok(all
            .into_iter()
            .filter(|announcement| announcement.is_open(self.now))
            .collect())
    }
}
