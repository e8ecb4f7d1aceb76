//! What a step does where the gateway brings nothing.

use chrono::TimeDelta;
use kernel::time::Timestamp;
use platform::dynamo::Transaction;
use platform::retry::random_below;

use super::stale::{self, StaleCause};
use super::{Running, StepError, Syncer};
use crate::app::events::{Event, Publisher};
use crate::gateway::mt5::GatewayError;
use crate::model::Status;

/// Time after which a trade server that cannot be used ends the chain: the
/// gateway's documents say to try again later.
const SERVER_ENDS_AFTER: TimeDelta = TimeDelta::hours(24);
/// A trade server that cannot be used is asked for this often.
const SERVER_AGAIN: TimeDelta = TimeDelta::hours(1);
/// The longest wait after a failure, in seconds.
const WAIT_S_MAX: i64 = 600;

impl Syncer {
    /// Tells of the trouble and schedules the next step; refused credentials
    /// end the chain, since asking again would lock the account.
    pub(super) async fn trouble(
        &self,
        running: &mut Running,
        error: GatewayError,
    ) -> kernel::Result<()> {
        let account = &running.account;
        tracing::warn!(
            account = account.id.as_str(),
            request_id = running.request_id,
            error = kernel::error::chain(&error),
            "sync step of {} failed: {}",
            account.id,
            error.word(),
        );
        if matches!(error, GatewayError::OurToken) {
            tracing::error!(
                alarm = "gateway_token_refused",
                "the gateway refuses our token"
            );
        }
        let ends = match &error {
            GatewayError::Credentials => true,
            GatewayError::Server(_) => {
                let since = running.state.server_unusable_since;
                let since = *running
                    .state
                    .server_unusable_since
                    .insert(since.unwrap_or(running.now));
                running.now - since >= SERVER_ENDS_AFTER
            }
            _ => false,
        };
        let written = if ends {
            self.end_in_error(running, &error).await
        } else {
            self.try_later(running, &error).await
        };
        match written {
            Ok(()) => {}
            // The step that was first has told of the trouble, or has none.
            Err(StepError::Overtaken(_)) => return Ok(()),
            Err(StepError::Own(error)) => return Err(error),
            Err(StepError::Gateway(error)) => return Err(error.into()),
        }
        let account = &running.account;
        self.store
            .log(
                &account.shop,
                &account.id,
                running.now,
                error.word(),
                error.to_string(),
                &running.request_id,
            )
            .await;
        Ok(())
    }

    async fn end_in_error(&self, running: &Running, error: &GatewayError) -> Result<(), StepError> {
        let (shop, id) = (&running.account.shop, &running.account.id);
        let reason = error.to_string();
        let mut transaction = Transaction::new();
        let before = &running.state;
        let mut after = before.clone().ended();
        self.store
            .change_sync_state(&mut transaction, shop, id, before, &mut after)?;
        self.store
            .change_status(&mut transaction, shop, id, Status::Error, Some(&reason))?;
        let publisher = Publisher {
            store: &self.store,
            account: &running.account,
            account_state: &running.account_state,
            snapshot: None,
            request_id: &running.request_id,
            now: running.now,
        };
        publisher.publish(&mut transaction, &Event::Error(reason))?;
        transaction.commit().await?;
        Ok(())
    }

    async fn try_later(
        &self,
        running: &mut Running,
        error: &GatewayError,
    ) -> Result<(), StepError> {
        running.state.failures = running.state.failures.saturating_add(1);
        let due = running.now + wait(error, running.state.failures, running.now);
        let mut transaction = Transaction::new();
        let publisher = Publisher {
            store: &self.store,
            account: &running.account,
            account_state: &running.account_state,
            snapshot: None,
            request_id: &running.request_id,
            now: running.now,
        };
        let both = (&running.account_state, &mut running.state);
        let cause = (StaleCause::Gateway, publisher.now);
        if let Some((status, detail)) = stale::note(&mut transaction, &publisher, both, cause)? {
            let (shop, id) = (&running.account.shop, &running.account.id);
            self.store
                .change_status(&mut transaction, shop, id, status, detail)?;
        }
        let next_input = running.state.next_input;
        self.succeed(&mut transaction, running, due, next_input)?;
        transaction.commit().await?;
        Ok(())
    }
}

/// How long to leave the gateway alone: as long as it asks for, or doubled
/// with each failure, with jitter.
fn wait(error: &GatewayError, failures: u32, now: Timestamp) -> TimeDelta {
    let doubled_s = 5_i64 << failures.min(7);
    let jitter_ms = i64::try_from(random_below(2_000)).unwrap_or(0);
    let base = match error {
        GatewayError::TooMany { retry_at: Some(at) } => {
            (*at - now).clamp(TimeDelta::seconds(1), TimeDelta::seconds(WAIT_S_MAX))
        }
        GatewayError::Resting { retry_after_ms } => TimeDelta::milliseconds(*retry_after_ms),
        GatewayError::NotConnected => TimeDelta::seconds(doubled_s.min(60)),
        GatewayError::OurToken | GatewayError::Slots => TimeDelta::seconds(300),
        GatewayError::Server(_) => SERVER_AGAIN,
        _ => TimeDelta::seconds(doubled_s.min(WAIT_S_MAX)),
    };
    base + TimeDelta::milliseconds(jitter_ms)
}
