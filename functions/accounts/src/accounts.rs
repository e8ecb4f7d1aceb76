//! `GET /api/accounts`

use std::collections::HashMap;

use accounts::app::summary::{Summary, summary};
use accounts::model::{Account, AccountState, Kind};
use axum::extract::State;
use kernel::id::{AccountId, ShopId};
use kernel::page::Page;
use kernel::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use web::caller::Trader;
use web::extract::{Json, Query};
use web::page::{Paging, cursor};
use web::problem::ProblemBody;

use crate::App;

/// An account of the caller.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OwnedAccount {
    id: AccountId,
    kind: Kind,
    name: Option<String>,
    login: String,
    server: String,
    account_type: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// The summary of the account.
    summary: Summary,
}

/// The caller's accounts, in order of creation, each with its summary.
#[utoipa::path(
    get,
    path = "/api/accounts",
    tag = "accounts",
    security(("jwt" = [])),
    params(Paging),
    responses(
        (status = 200, description = "A page of accounts", body = Page<OwnedAccount>),
        (status = 400, description = "The query is not valid", body = ProblemBody),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    trader: Trader,
    Query(paging): Query<Paging>,
) -> web::Result<Json<Page<OwnedAccount>>> {
    let query = format!("accounts {} {}", trader.shop, trader.owner);
    let after = paging.position(&query)?;
    let limit = paging.limit().get();
    let page = app
        .store
        .accounts_of_owner(&trader.shop, &trader.owner, limit, after)
        .await?;
    let ids: Vec<AccountId> = page.rows.into_iter().map(|(_, row)| row.account).collect();
    let now = app.platform.now();
    let items = with_states(&app, &trader.shop, &ids)
        .await?
        .into_iter()
        .map(|(account, account_state)| OwnedAccount {
            summary: summary(&account.id, &account_state, now),
            id: account.id,
            kind: account.kind,
            name: account.name,
            login: account.login,
            server: account.server,
            account_type: account.account_type,
            created_at: account.created_at,
        })
        .collect();
    Ok(Json(Page {
        items,
        next_cursor: page.next.map(|position| cursor(&position, &query)),
    }))
}

/// Accounts and where they stand, in the order of the ids.
pub(crate) async fn with_states(
    app: &App,
    shop: &ShopId,
    ids: &[AccountId],
) -> web::Result<Vec<(Account, AccountState)>> {
    let mut accounts: HashMap<AccountId, Account> = app
        .store
        .accounts(shop, ids)
        .await?
        .into_iter()
        .map(|account| (account.id.clone(), account))
        .collect();
    let mut account_states: HashMap<AccountId, AccountState> = app
        .store
        .account_states(shop, ids)
        .await?
        .into_iter()
        .collect();
    Ok(ids
        .iter()
        .filter_map(|id| Some((accounts.remove(id)?, account_states.remove(id)?)))
        .collect())
}
