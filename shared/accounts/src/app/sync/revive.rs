//! Chains that are overdue, and registrations that are left over.

use chrono::TimeDelta;
use kernel::Error;
use kernel::id::{AccountId, ShopId};
use kernel::time::Timestamp;
use platform::queue::{Queue, Queues};

use super::Syncer;
use crate::app::messages::{Step, SyncMessage};
use crate::gateway::mt5::{Credentials, GatewayError, Registration as Outcome};
use crate::store::Store;

/// A step this long overdue was lost: longer than a step takes and its
/// message may be in flight.
const OVERDUE_AFTER: TimeDelta = TimeDelta::seconds(45);
/// Chains of one shard that one run revives.
const CHAINS_MAX: u32 = 2_000;
/// Registrations of one shard that one run looks at.
const LEFT_OVER_MAX: u32 = 50;

/// Sends the step of every chain that is overdue again. Where its message
/// was not lost, the generation lets one of the two die. Answers how many.
///
/// # Errors
/// Where the store or the queue fails.
pub async fn revive(store: &Store, queues: &Queues, now: Timestamp) -> kernel::Result<usize> {
    let overdue = store
        .overdue_chains(now - OVERDUE_AFTER, CHAINS_MAX)
        .await?;
    let mut count = 0;
    for (shop, account) in overdue {
        let Some(state) = store.sync_state(&shop, &account).await? else {
            continue;
        };
        let Some(due_at_ms) = state.due_at else {
            continue;
        };
        let message = SyncMessage::Step(Step {
            request_id: format!("revive-{}", kernel::id::ulid_at(now)),
            generation: state.generation,
            due_at_ms,
            shop,
            account,
        });
        queues.send(Queue::Sync, &message, 0).await?;
        count += 1;
    }
    Ok(count)
}

/// Makes an account's next step due now, and sends it.
///
/// # Errors
/// `Conflict` where the account is not connected.
pub async fn hurry(
    store: &Store,
    shop: &ShopId,
    account: &AccountId,
    request_id: &str,
    now: Timestamp,
) -> kernel::Result<()> {
    let state = store
        .sync_state(shop, account)
        .await?
        .filter(|state| state.instance.is_some())
        .ok_or_else(|| Error::Conflict("this account is not connected".to_owned()))?;
    let step = Step {
        shop: shop.clone(),
        account: account.clone(),
        generation: state.generation,
        due_at_ms: now.timestamp_millis(),
        request_id: request_id.to_owned(),
    };
    let mut transaction = platform::dynamo::Transaction::new();
    crate::app::messages::enqueue_step(&mut transaction, store.table(), step, now)?;
    transaction.commit().await?;
    Ok(())
}

/// Forgets at the gateway what is left over of registrations there: asked for
/// by its transaction id it names its account, which is then deleted.
///
/// # Errors
/// Where the store fails.
pub async fn forget_left_over(syncer: &Syncer, now: Timestamp) -> kernel::Result<usize> {
    let rows = syncer
        .store
        .left_over_registrations(now, LEFT_OVER_MAX)
        .await?;
    let mut count = 0;
    for row in rows {
        let password = syncer
            .vault
            .open(&row.sealed_password, &row.identity)
            .await?;
        let credentials = Credentials {
            login: row.login.clone(),
            password,
            server: row.server.clone(),
        };
        let forgotten = match syncer
            .gateway
            .register(&credentials, &row.transaction_id)
            .await
        {
            Ok(Outcome::Done(gateway_id)) => syncer.gateway.forget(&gateway_id).await,
            Ok(Outcome::Verifying { .. }) => continue,
            // Refused is nothing left there.
            Err(GatewayError::Credentials | GatewayError::Server(_)) => Ok(()),
            Err(error) => Err(error),
        };
        match forgotten {
            Ok(()) => {
                syncer
                    .store
                    .delete_registration(&row.transaction_id)
                    .await?;
                count += 1;
            }
            Err(error) => tracing::warn!(
                error = kernel::error::chain(&error),
                "a left-over registration was not forgotten; it is tried again"
            ),
        }
    }
    Ok(count)
}
