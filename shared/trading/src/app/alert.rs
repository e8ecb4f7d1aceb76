//! What terminals report as wrong: stored, counted and told to the dashboard.

use chrono::TimeDelta;
use kernel::digest::sha256_hex;
use kernel::id::AlertId;
use platform::devices::Device;
use platform::dynamo::Transaction;
use platform::race::{Failure, until_undisturbed};

use super::{Notification, Request, Trading};
use crate::model::{Alert, Owner, Severity};
use crate::store::{SAME_FAULT, SameFault};

/// How long reports of one fault are one alert.
const SAME_FOR: TimeDelta = TimeDelta::minutes(10);
/// How long an alert can be read.
const KEPT_FOR: TimeDelta = TimeDelta::days(30);

/// A fault, as a terminal reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The terminal's word for it.
    pub code: String,
    /// What happened, for a person.
    pub message: String,
    /// How grave it is.
    pub severity: Severity,
}

/// What became of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reported {
    /// The alert that counts it.
    pub alert: AlertId,
    /// Times that it was reported.
    pub count: u32,
}

impl Trading {
    /// Stores a fault; the same one within ten minutes is counted, and nobody
    /// is told again.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn report(
        &self,
        device: &Device,
        fault: &Fault,
        request: Request<'_>,
    ) -> kernel::Result<Reported> {
        until_undisturbed(|| self.try_report(device, fault, request)).await
    }

    async fn try_report(
        &self,
        device: &Device,
        fault: &Fault,
        request: Request<'_>,
    ) -> Result<Reported, Failure> {
        let owner = Owner::of(device);
        let named = format!("{}\n{}\n{}", device.id, fault.code, fault.message);
        let hash = sha256_hex(named.as_bytes());
        let now_ms = request.now.timestamp_millis();
        let same = self.store.same_fault(&owner, &hash).await?;
        if let Some(same) = same.as_ref().filter(|same| now_ms < same.until_ms)
            && let Some(alert) = self
                .store
                .count_alert(&owner, &same.alert, request.now)
                .await?
        {
            return Ok(Reported {
                alert: alert.id,
                count: alert.count,
            });
        }
        let alert = Alert {
            id: AlertId::generate(request.now),
            device: device.id.clone(),
            code: fault.code.clone(),
            message: fault.message.clone(),
            severity: fault.severity,
            count: 1,
            first_at: request.now,
            last_ms: now_ms,
            ttl: (request.now + KEPT_FOR).timestamp(),
        };
        let until = request.now + SAME_FOR;
        let next = SameFault {
            alert: alert.id.clone(),
            until_ms: until.timestamp_millis(),
            revision: same.as_ref().map_or(0, |same| same.revision) + 1,
            ttl: until.timestamp(),
        };
        let mut change = Transaction::new();
        self.store
            .add_alert(&mut change, &owner, &alert, &hash, (same.as_ref(), &next))?;
        let news = Notification {
            kind: "terminal_error",
            title: &fault.code,
            message: &fault.message,
        };
        self.commit(&change, &[news.to(&owner)?], request)
            .await
            .map_err(|error| Failure::of(error, &[SAME_FAULT]))?;
        Ok(Reported {
            alert: alert.id,
            count: 1,
        })
    }
}
