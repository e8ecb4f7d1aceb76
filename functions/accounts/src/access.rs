//! Which account a caller may touch, as an argument of the handler.

use accounts::model::AccountState;
use axum::extract::FromRequestParts;
use http::request::Parts;
use kernel::Error;
use kernel::id::{AccountId, ShopId};
use serde::Deserialize;
use web::Problem;
use web::caller::{ShopCaller, Trader};
use web::extract::Path;

use crate::App;

/// The part of a path that names the account; there may be others.
#[derive(Debug, Deserialize)]
struct AccountPath {
    id: AccountId,
}

async fn named(parts: &mut Parts, app: &App) -> Result<AccountId, Problem> {
    let Path(path) = Path::<AccountPath>::from_request_parts(parts, app)
        .await
        .map_err(|_| Problem(Error::NotFound("account")))?;
    Ok(path.id)
}

/// An account of the calling trader, with where it stands. Another person's
/// account, and one that does not exist, are both not found.
#[derive(Debug)]
pub(crate) struct OwnAccount {
    pub(crate) shop: ShopId,
    pub(crate) id: AccountId,
    pub(crate) account_state: AccountState,
}

impl FromRequestParts<App> for OwnAccount {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let trader = Trader::from_request_parts(parts, app).await?;
        let id = named(parts, app).await?;
        let account_state = app
            .store
            .account_state(&trader.shop, &id, true)
            .await?
            .filter(|account_state| account_state.owner == trader.owner)
            .ok_or(Error::NotFound("account"))?;
        Ok(Self {
            shop: trader.shop,
            id,
            account_state,
        })
    }
}

/// An account that the calling shop names. Whether the shop has it, the use
/// that follows finds out by the tenant's key.
#[derive(Debug)]
pub(crate) struct NamedAccount {
    pub(crate) caller: ShopCaller,
    pub(crate) id: AccountId,
}

impl FromRequestParts<App> for NamedAccount {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let caller = ShopCaller::from_request_parts(parts, app).await?;
        let id = named(parts, app).await?;
        Ok(Self { caller, id })
    }
}
