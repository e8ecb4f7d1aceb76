//! Connecting an account: verified at the gateway, sealed, and written with
//! its first sync in one transaction.

use kernel::Error;
use kernel::id::{AccountId, ChallengeId, ShopId, WpUser};
use kernel::time::Timestamp;
use platform::dynamo::{CommitError, StoreError, Transaction};
use platform::keys::Vault;
use platform::outbox;
use platform::queue::Queue;
use rust_decimal::Decimal;
use secrecy::ExposeSecret;

use super::messages::{Step, SyncMessage, enqueue_step};
use super::registration::{Registered, register};
use crate::domain::judging::CarryOver;
use crate::domain::ledger::Standing;
use crate::gateway::mt5::{Credentials, Mt5Gateway};
use crate::model::{
    Account, AccountState, BalanceSource, Challenge, ConnectedWith, InitialBalance, Instance, Kind,
    Status, password_identity,
};
use crate::store::{AccountStateChange, Registration, Store, SyncState};

/// What a shop sends.
#[derive(Clone, Debug)]
pub struct ConnectRequest {
    /// The credentials.
    pub credentials: Credentials,
    /// The plan it was sold with.
    pub account_type: String,
    /// Whose it is.
    pub wp_user_id: u64,
    /// The initial balance that the order tells, if it does.
    pub initial_balance: Option<Decimal>,
    /// The shop's order.
    pub order_id: Option<String>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connected {
    /// The account.
    pub account: AccountId,
    /// `Active`, or `Connecting` while the broker is still verifying.
    pub status: Status,
}

/// Connects an account. The same credentials again find the account as it is;
/// a changed password makes a new instance of the same challenge.
///
/// # Errors
/// `Conflict` where the login is another user's, `Unprocessable` where the
/// broker refuses, `Upstream` where the gateway is not available.
pub async fn connect(
    store: &Store,
    gateway: &Mt5Gateway,
    vault: &Vault,
    shop: &ShopId,
    request: &ConnectRequest,
    request_id: &str,
    now: Timestamp,
) -> kernel::Result<Connected> {
    let Credentials { login, server, .. } = &request.credentials;
    let owner = WpUser {
        shop: shop.clone(),
        wp_user_id: request.wp_user_id,
    }
    .to_string();
    if let Some(account) = store.account_by_login(shop, server, login).await? {
        if account.owner != owner {
            return Err(Error::Conflict(
                "this login belongs to another user of the shop".to_owned(),
            ));
        }
        let differs = differences(&account, request);
        if !differs.is_empty() {
            return Err(Error::Differs(differs));
        }
        return again(
            store,
            gateway,
            vault,
            account,
            &request.credentials,
            request_id,
            now,
        )
        .await;
    }
    let account = AccountId::generate(now);
    let registered = register(
        store,
        gateway,
        vault,
        (shop, &account),
        &request.credentials,
        now,
    )
    .await?;
    let plan = store.newest_plan(shop, &request.account_type).await?;
    let challenge = Challenge {
        id: ChallengeId::generate(now),
        created_at: now,
        account_type: request.account_type.clone(),
        plan_version: plan.version,
    };
    let account = Account {
        id: account,
        shop: shop.clone(),
        owner,
        kind: Kind::Judged,
        name: None,
        login: login.clone(),
        server: server.clone(),
        account_type: request.account_type.clone(),
        order_id: request.order_id.clone(),
        created_at: now,
        instance: Some(registered.instance.id.clone()),
        challenge: Some(challenge.id.clone()),
        server_epoch: 1,
        connected_with: Some(ConnectedWith {
            account_type: request.account_type.clone(),
            initial_balance: request.initial_balance,
        }),
        version: 1,
    };
    let status = status_of(&registered.instance);
    let mut account_state = AccountState::start(&account, status, plan.version, plan.plan);
    account_state.initial_balance = request.initial_balance.map(|value| InitialBalance {
        value,
        source: BalanceSource::OrderMeta,
        set_at: now,
    });
    let mut transaction = Transaction::new();
    store.add_account(&mut transaction, &account)?;
    store.put_instance(&mut transaction, &account, &registered.instance)?;
    store.put_challenge(&mut transaction, &account, &challenge)?;
    store.add_account_state(&mut transaction, shop, &account.id, &account_state)?;
    let sync = SyncState::start(&account.id, &registered.instance.id, now);
    store.add_sync_state(&mut transaction, shop, &account.id, &sync)?;
    store.end_registration(&mut transaction, &registered.instance.transaction_id)?;
    first_step(
        &mut transaction,
        store,
        &account,
        sync.generation,
        request_id,
        now,
    )?;
    commit(transaction).await?;
    Ok(Connected {
        account: account.id,
        status,
    })
}

/// Returns the fields that a shop sends otherwise than when it connected the
/// account first.
fn differences(account: &Account, request: &ConnectRequest) -> Vec<&'static str> {
    let Some(known) = &account.connected_with else {
        return Vec::new();
    };
    let order = request.order_id.as_ref();
    let initial = request.initial_balance;
    [
        ("account_type", request.account_type != known.account_type),
        (
            "order_id",
            order.is_some() && order != account.order_id.as_ref(),
        ),
        (
            "initial_balance",
            initial.is_some() && initial != known.initial_balance,
        ),
    ]
    .into_iter()
    .filter_map(|(name, differs)| differs.then_some(name))
    .collect()
}

/// A login that is known: the same connection where nothing has changed, a
/// new instance otherwise.
async fn again(
    store: &Store,
    gateway: &Mt5Gateway,
    vault: &Vault,
    account: Account,
    credentials: &Credentials,
    request_id: &str,
    now: Timestamp,
) -> kernel::Result<Connected> {
    let account_state = store
        .account_state(&account.shop, &account.id, true)
        .await?;
    let status = account_state.map(|account_state| account_state.status);
    if let Some(status) = status.filter(|status| status.is_live())
        && has_password(store, vault, &account, credentials).await?
    {
        return Ok(Connected {
            account: account.id,
            status,
        });
    }
    replace_instance(store, gateway, vault, account, credentials, request_id, now).await
}

/// Whether the connection in force has this password.
pub(super) async fn has_password(
    store: &Store,
    vault: &Vault,
    account: &Account,
    credentials: &Credentials,
) -> kernel::Result<bool> {
    let Some(id) = &account.instance else {
        return Ok(false);
    };
    let instance = store.instance(&account.shop, &account.id, id).await?;
    let Some(sealed) = instance.and_then(|instance| instance.sealed_password) else {
        return Ok(false);
    };
    let identity = password_identity(&account.shop, &account.id, id);
    let known = vault.open(&sealed, &identity).await?;
    Ok(platform::tokens::constant_time_eq(
        known.expose_secret().as_bytes(),
        credentials.password.expose_secret().as_bytes(),
    ))
}

/// Makes a new instance with other credentials. The old one ends, its password
/// is wiped, its registration forgotten; the challenge goes on.
pub(super) async fn replace_instance(
    store: &Store,
    gateway: &Mt5Gateway,
    vault: &Vault,
    account: Account,
    credentials: &Credentials,
    request_id: &str,
    now: Timestamp,
) -> kernel::Result<Connected> {
    let place = (&account.shop, &account.id);
    let Registered { instance } = register(store, gateway, vault, place, credentials, now).await?;
    let status = status_of(&instance);
    let mut transaction = Transaction::new();
    end_current(
        &mut transaction,
        store,
        &account,
        "replaced",
        request_id,
        now,
    )
    .await?;
    store.put_instance(&mut transaction, &account, &instance)?;
    store.end_registration(&mut transaction, &instance.transaction_id)?;
    let moves = credentials.server != account.server || credentials.login != account.login;
    let changed = Account {
        instance: Some(instance.id.clone()),
        server: credentials.server.clone(),
        login: credentials.login.clone(),
        server_epoch: account.server_epoch + u32::from(moves),
        ..account.clone()
    };
    if moves {
        store.move_login(&mut transaction, &account, &changed)?;
    }
    store.change_account(&mut transaction, &account, changed)?;
    let before = store
        .sync_state(&account.shop, &account.id)
        .await?
        .unwrap_or_else(SyncState::idle);
    let mut sync = SyncState {
        instance: Some(instance.id.clone()),
        generation: before.generation + 1,
        failures: 0,
        server_unusable_since: None,
        ..before.clone()
    }
    .due(&account.id, now);
    if moves {
        // The other server's history is read from its beginning.
        sync.deals_until = None;
        sync.has_history = false;
        sync.look_back = None;
        let until = before.deals_until.unwrap_or(now);
        carry_over(&mut transaction, store, &account, (until, status), now).await?;
    } else {
        store.change_status(&mut transaction, &account.shop, &account.id, status, None)?;
    }
    store.change_sync_state(
        &mut transaction,
        &account.shop,
        &account.id,
        &before,
        &mut sync,
    )?;
    first_step(
        &mut transaction,
        store,
        &account,
        sync.generation,
        request_id,
        now,
    )?;
    commit(transaction).await?;
    Ok(Connected {
        account: account.id,
        status,
    })
}

/// Adds the end of the instance in force: its password is wiped, and what the
/// gateway has of it is forgotten there.
pub(super) async fn end_current(
    transaction: &mut Transaction,
    store: &Store,
    account: &Account,
    reason: &str,
    request_id: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(id) = &account.instance else {
        return Ok(());
    };
    let instance = store.instance(&account.shop, &account.id, id).await?;
    let Some(instance) = instance.filter(|instance| instance.ended_at.is_none()) else {
        return Ok(());
    };
    if let Some(gateway_id) = &instance.gateway_id {
        let message = SyncMessage::Forget {
            shop: account.shop.clone(),
            account: account.id.clone(),
            gateway_id: gateway_id.clone(),
            request_id: request_id.to_owned(),
        };
        let table = store.table();
        outbox::enqueue(
            transaction,
            table,
            Queue::Sync,
            &message,
            None,
            request_id,
            now,
        )?;
    } else if let Some(sealed_password) = &instance.sealed_password {
        // Still being verified: left over, to be asked for and forgotten.
        let row = Registration {
            transaction_id: instance.transaction_id.clone(),
            shop: account.shop.clone(),
            login: account.login.clone(),
            server: account.server.clone(),
            sealed_password: sealed_password.clone(),
            identity: password_identity(&account.shop, &account.id, &instance.id),
            due_shard: String::new(),
            due_at: 0,
        }
        .due(now);
        store.add_registration(transaction, &row)?;
    }
    store.end_instance(transaction, account, instance, reason, now)
}

/// Prepares the account for another trade server: what its deals carry over of
/// the old balance is no money, and positions of the old server are dropped.
async fn carry_over(
    transaction: &mut Transaction,
    store: &Store,
    account: &Account,
    (until, status): (Timestamp, Status),
    now: Timestamp,
) -> kernel::Result<()> {
    let (shop, id) = (&account.shop, &account.id);
    let Some(before) = store.account_state(shop, id, true).await? else {
        return Ok(());
    };
    let mut after = before.clone();
    if let Some(state) = &mut after.challenge_state {
        if state.settle(now) {
            store.delete_kept(transaction, shop, id)?;
        }
        state.reconciliation.held.clear();
        state.reconciliation.carry = Some(CarryOver::until(until));
        if let Some(rules) = state.rules_mut() {
            let standing = Standing {
                open_positions: 0,
                open_volume: Decimal::ZERO,
                ..*rules.standing()
            };
            rules.set_standing(standing);
        }
    }
    let due = after
        .rules()
        .map(|rules| rules.next_due(&after.plan))
        .or(Some(now));
    let change = AccountStateChange {
        before: &before,
        after: &after,
        due,
        status: Some(status),
    };
    store.change_account_state(transaction, shop, id, &change)?;
    let mut ledger = store.ledger(shop, id).await?;
    ledger.drop_open();
    store.put_ledger(transaction, shop, id, &ledger)?;
    Ok(())
}

fn first_step(
    transaction: &mut Transaction,
    store: &Store,
    account: &Account,
    generation: u64,
    request_id: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let step = Step {
        shop: account.shop.clone(),
        account: account.id.clone(),
        generation,
        due_at_ms: now.timestamp_millis(),
        request_id: request_id.to_owned(),
    };
    enqueue_step(transaction, store.table(), step, now)
}

fn status_of(instance: &Instance) -> Status {
    match instance.gateway_id {
        Some(_) => Status::Active,
        None => Status::Connecting,
    }
}

async fn commit(transaction: Transaction) -> kernel::Result<()> {
    match transaction.commit().await {
        Ok(()) => Ok(()),
        // Two requests for one login at once: the other one won. What this one
        // registered is left over and will be forgotten.
        Err(CommitError::Refused(_)) => Err(Error::Conflict(
            "this account is being changed by another request".to_owned(),
        )),
        Err(CommitError::Store(error)) => Err(error.into()),
    }
}
