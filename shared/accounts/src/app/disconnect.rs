//! Ending a connection.

use kernel::Error;
use kernel::id::{AccountId, ShopId};
use kernel::time::Timestamp;
use platform::dynamo::{CommitError, Transaction};

use super::connect::end_current;
use crate::model::{Account, Status};
use crate::store::{Store, SyncState};

/// Deactivates the instance in force and wipes its password. The account and
/// its history stay. Twice is as once.
///
/// # Errors
/// `NotFound` where the shop has no such account.
pub async fn disconnect(
    store: &Store,
    shop: &ShopId,
    id: &AccountId,
    request_id: &str,
    now: Timestamp,
) -> kernel::Result<()> {
    let account = store
        .account(shop, id)
        .await?
        .ok_or(Error::NotFound("account"))?;
    if account.instance.is_none() {
        return Ok(());
    }
    let mut transaction = Transaction::new();
    end_current(
        &mut transaction,
        store,
        &account,
        "disconnected",
        request_id,
        now,
    )
    .await?;
    let changed = Account {
        instance: None,
        ..account.clone()
    };
    store.change_account(&mut transaction, &account, changed)?;
    let before = store
        .sync_state(shop, id)
        .await?
        .unwrap_or_else(SyncState::idle);
    let mut sync = before.clone().ended();
    store.change_sync_state(&mut transaction, shop, id, &before, &mut sync)?;
    store.change_status(&mut transaction, shop, id, Status::Disconnected, None)?;
    match transaction.commit().await {
        Ok(()) => Ok(()),
        Err(CommitError::Refused(_)) => Err(Error::Conflict(
            "this account is being changed by another request; try again".to_owned(),
        )),
        Err(CommitError::Store(error)) => Err(error.into()),
    }
}
