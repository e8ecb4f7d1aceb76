//! `GET /api/s2s/accounts`

use accounts::model::{Account, Kind, Status};
use accounts::store::Judgement;
use axum::extract::State;
use kernel::Number;
use kernel::id::{AccountId, ChallengeId, InstanceId, WpUser};
use kernel::page::Page;
use kernel::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use web::caller::ShopCaller;
use web::extract::{Json, Query};
use web::page::{Paging, cursor};
use web::problem::ProblemBody;

use crate::App;

/// An account as its shop sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShopAccount {
    id: AccountId,
    /// `judged`, or `imported` by its trader.
    kind: Kind,
    wp_user_id: Option<u64>,
    login: String,
    server: String,
    account_type: String,
    order_id: Option<String>,
    /// State of the connection.
    status: Status,
    /// Why it is in error.
    status_detail: Option<String>,
    /// The connection in force.
    instance_id: Option<InstanceId>,
    challenge_id: Option<ChallengeId>,
    plan_version: u64,
    phase: Option<accounts::domain::rules::Phase>,
    initial_balance: Option<Number>,
    balance: Option<Number>,
    equity: Option<Number>,
    /// The newest snapshot's time.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_synced_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl ShopAccount {
    fn of(account: Account, judgement: &Judgement, now: Timestamp) -> Self {
        let money = |amount| Number::money(amount, &judgement.currency);
        let live = judgement.live.as_ref();
        Self {
            kind: account.kind,
            wp_user_id: account
                .owner
                .parse::<WpUser>()
                .ok()
                .map(|user| user.wp_user_id),
            login: account.login,
            server: account.server,
            account_type: account.account_type,
            order_id: account.order_id,
            status: judgement.status,
            status_detail: judgement.status_detail.clone(),
            instance_id: account.instance,
            challenge_id: account.challenge,
            plan_version: judgement.plan_version,
            phase: judgement
                .state
                .as_ref()
                .map(|state| state.figures(&judgement.plan, now).phase),
            initial_balance: judgement
                .initial_balance
                .as_ref()
                .map(|initial| money(initial.value)),
            balance: live.map(|reading| money(reading.balance)),
            equity: live.map(|reading| money(reading.equity)),
            last_synced_at: live.map(|reading| reading.recorded_at),
            created_at: account.created_at,
            id: account.id,
        }
    }
}

/// The shop's accounts, in order of creation.
#[utoipa::path(
    get,
    path = "/api/s2s/accounts",
    tag = "accounts",
    security(("hmac" = [])),
    params(Paging),
    responses(
        (status = 200, description = "A page of accounts", body = Page<ShopAccount>),
        (status = 400, description = "The query is not valid", body = ProblemBody),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    caller: ShopCaller,
    Query(paging): Query<Paging>,
) -> web::Result<Json<Page<ShopAccount>>> {
    let query = format!("shop accounts {}", caller.shop);
    let after = paging.position(&query)?;
    let limit = paging.limit().get();
    let page = app
        .store
        .accounts_of_shop(&caller.shop, limit, after)
        .await?;
    let ids: Vec<AccountId> = page.rows.into_iter().map(|(_, row)| row.account).collect();
    let now = app.platform.now();
    let mut items = Vec::with_capacity(ids.len());
    for (account, judgement) in crate::accounts::with_judgements(&app, &caller.shop, &ids).await? {
        items.push(ShopAccount::of(account, &judgement, now));
    }
    Ok(Json(Page {
        items,
        next_cursor: page.next.map(|position| cursor(&position, &query)),
    }))
}
