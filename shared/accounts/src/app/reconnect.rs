//! A manual reconnect by the shop.

use kernel::Error;
use kernel::id::{AccountId, ShopId};
use kernel::time::Timestamp;
use platform::keys::Vault;
use secrecy::SecretString;

use super::connect::{Connected, has_password, replace_instance};
use super::sync::hurry;
use crate::gateway::mt5::{Credentials, Mt5Gateway};
use crate::model::{Status, password_identity};
use crate::store::Store;

/// What a shop sends: what it leaves out is as it was.
#[derive(Clone, Debug, Default)]
pub struct ReconnectRequest {
    /// Another investor password.
    pub password: Option<SecretString>,
    /// Another trade server; needs the password.
    pub server: Option<String>,
    /// Another login; needs the password.
    pub login: Option<String>,
}

/// Reconnects an account: a changed password or server, or a connection that
/// is in error, makes a new instance; a live one is synced at once.
///
/// # Errors
/// `NotFound`, `Unprocessable` where a password is needed or the broker
/// refuses, `Upstream`.
pub async fn reconnect(
    store: &Store,
    gateway: &Mt5Gateway,
    vault: &Vault,
    (shop, id): (&ShopId, &AccountId),
    request: ReconnectRequest,
    request_id: &str,
    now: Timestamp,
) -> kernel::Result<Connected> {
    let account = store
        .account(shop, id)
        .await?
        .ok_or(Error::NotFound("account"))?;
    let account_state = store
        .account_state(shop, id, true)
        .await?
        .ok_or(Error::NotFound("account"))?;
    if account_state.status == Status::Imported {
        return Err(Error::Conflict(
            "an imported account has no connection".to_owned(),
        ));
    }
    let moves = request.server.is_some() || request.login.is_some();
    if moves && request.password.is_none() {
        return Err(Error::field(
            "investor_pass",
            "is required with server or login",
        ));
    }
    let server = request.server.as_ref().unwrap_or(&account.server);
    let login = request.login.as_ref().unwrap_or(&account.login);
    if let Some(other) = store.account_by_login(shop, server, login).await?
        && other.id != account.id
    {
        return Err(Error::Conflict(
            "this login belongs to another account of the shop".to_owned(),
        ));
    }
    let password = match request.password {
        Some(password) => password,
        None => {
            let instance = match &account.instance {
                Some(instance) => store.instance(shop, id, instance).await?,
                None => None,
            };
            let kept = instance
                .and_then(|instance| Some((instance.id, instance.sealed_password?)))
                .ok_or_else(|| {
                    Error::Unprocessable(
                        "the password of this account was wiped; send investor_pass".to_owned(),
                    )
                })?;
            vault
                .open(&kept.1, &password_identity(shop, id, &kept.0))
                .await?
        }
    };
    let credentials = Credentials {
        login: request.login.unwrap_or_else(|| account.login.clone()),
        password,
        server: request.server.unwrap_or_else(|| account.server.clone()),
    };
    let is_same = credentials.server == account.server
        && credentials.login == account.login
        && account_state.status.is_live()
        && has_password(store, vault, &account, &credentials).await?;
    if is_same {
        hurry(store, shop, id, request_id, now).await?;
        return Ok(Connected {
            account: account.id,
            status: account_state.status,
        });
    }
    replace_instance(
        store,
        gateway,
        vault,
        account,
        &credentials,
        request_id,
        now,
    )
    .await
}
