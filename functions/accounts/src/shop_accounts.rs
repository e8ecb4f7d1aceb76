//! `GET /api/s2s/accounts`

use accounts::domain::rules::Phase;
use accounts::model::{Account, AccountState, Kind, Status};
use axum::extract::State;
use garde::Validate;
use kernel::Number;
use kernel::id::{AccountId, ChallengeId, InstanceId, WpUser};
use kernel::page::Page;
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
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
    /// Why the connection is in error, or stale.
    status_detail: Option<String>,
    /// The connection in force.
    instance_id: Option<InstanceId>,
    challenge_id: Option<ChallengeId>,
    plan_version: u64,
    phase: Option<Phase>,
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
    pub(crate) fn of(account: Account, account_state: &AccountState, now: Timestamp) -> Self {
        let money = |amount| Number::money(amount, &account_state.currency);
        let live = account_state.live.as_ref();
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
            status: account_state.status,
            status_detail: account_state.status_detail.clone(),
            instance_id: account.instance,
            challenge_id: account.challenge,
            plan_version: account_state.plan_version,
            phase: account_state.phase_at(now),
            initial_balance: account_state
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

/// Filters of the list.
#[derive(Debug, Default, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filters {
    /// The state of the connection.
    #[garde(skip)]
    #[param(value_type = Option<String>)]
    status: Option<Status>,
    /// The phase of the challenge.
    #[garde(skip)]
    #[param(value_type = Option<String>)]
    phase: Option<Phase>,
    /// An exact login, order id or WordPress user.
    #[garde(inner(length(chars, min = 1, max = 64)))]
    q: Option<String>,
    /// Items wanted, 1 to 200; 50 by default.
    #[garde(range(min = 1, max = 200))]
    limit: Option<u32>,
    /// The last answer's `next_cursor`.
    #[garde(length(max = 1000))]
    cursor: Option<String>,
}

impl Filters {
    fn fits(&self, account: &ShopAccount) -> bool {
        let is_asked = self.q.as_ref().is_none_or(|asked| {
            account.login == *asked
                || account.order_id.as_ref() == Some(asked)
                || account.wp_user_id.map(|id| id.to_string()).as_ref() == Some(asked)
        });
        is_asked
            && self.status.is_none_or(|status| account.status == status)
            && self.phase.is_none_or(|phase| account.phase == Some(phase))
    }
}

/// Lists the shop's accounts in order of creation. A filtered page may be short
/// while `next_cursor` goes on.
#[utoipa::path(
    get,
    path = "/api/s2s/accounts",
    tag = "accounts",
    security(("hmac" = [])),
    params(Filters),
    responses(
        (status = 200, description = "A page of accounts", body = Page<ShopAccount>),
        (status = 400, description = "The query is not valid", body = ProblemBody),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    caller: ShopCaller,
    Query(filters): Query<Filters>,
) -> web::Result<Json<Page<ShopAccount>>> {
    let paging = Paging {
        limit: filters.limit,
        cursor: filters.cursor.clone(),
    };
    let (status, phase) = (filters.status, filters.phase);
    let query = format!(
        "shop accounts {} {status:?} {phase:?} {:?}",
        caller.shop, filters.q
    );
    let after = paging.position(&query)?;
    let limit = paging.limit().get();
    let page = app
        .store
        .accounts_of_shop(&caller.shop, limit, after)
        .await?;
    let ids: Vec<AccountId> = page.rows.into_iter().map(|(_, row)| row.account).collect();
    let now = app.platform.now();
    let mut items = Vec::with_capacity(ids.len());
    for (account, account_state) in crate::accounts::with_states(&app, &caller.shop, &ids).await? {
        let item = ShopAccount::of(account, &account_state, now);
        if filters.fits(&item) {
            items.push(item);
        }
    }
    Ok(Json(Page {
        items,
        next_cursor: page.next.map(|position| cursor(&position, &query)),
    }))
}
