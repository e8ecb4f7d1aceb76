//! `GET /api/s2s/accounts/{id}`

use accounts::app::summary::{
    Summary, SummaryAttention, SummaryVerdict, attention, open_verdict, summary,
};
use axum::extract::State;
use kernel::Error;
use serde::Serialize;
use utoipa::ToSchema;
use web::extract::Json;
use web::problem::ProblemBody;

use crate::App;
use crate::access::NamedAccount;
use crate::adjustments::AdjustmentAnswer;
use crate::rule_states::{RuleState, states};
use crate::shop_accounts::ShopAccount;

/// One account with the figures that its shop needs for a decision.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShopAccountDetail {
    #[serde(flatten)]
    account: ShopAccount,
    summary: Summary,
    /// The state of each rule of the plan.
    states: Vec<RuleState>,
    /// Conditions that need a person's attention.
    attention: Vec<SummaryAttention>,
    /// A breach that is not certain yet.
    verdict: Option<SummaryVerdict>,
    /// Announced movements that are open.
    adjustments: Vec<AdjustmentAnswer>,
    /// The number of the trade server, from 1; ids of deals of a later one begin with
    /// it.
    server_epoch: u32,
}

/// Returns one account: summary, rules, attention, open verdict and announced
/// movements.
#[utoipa::path(
    get,
    path = "/api/s2s/accounts/{id}",
    tag = "accounts",
    security(("hmac" = [])),
    params(("id" = String, Path, description = "The account")),
    responses(
        (status = 200, description = "The account", body = ShopAccountDetail),
        (status = 404, description = "No such account", body = ProblemBody),
    )
)]
pub(crate) async fn show(
    State(app): State<App>,
    account: NamedAccount,
) -> web::Result<Json<ShopAccountDetail>> {
    let (shop, id) = (&account.caller.shop, &account.id);
    let known = app.store.account(shop, id).await?;
    let account_state = app.store.account_state(shop, id, true).await?;
    let (Some(known), Some(account_state)) = (known, account_state) else {
        return Err(Error::NotFound("account").into());
    };
    let now = app.platform.now();
    let announcements = if account_state.announced > 0 {
        app.store.announcements(shop, id).await?
    } else {
        Vec::new()
    };
    Ok(Json(ShopAccountDetail {
        summary: summary(id, &account_state, now),
        states: states(&account_state, now),
        attention: attention(&account_state),
        verdict: open_verdict(&account_state),
        adjustments: announcements
            .into_iter()
            .filter(|announcement| announcement.is_open(now))
            .map(|announcement| AdjustmentAnswer::of(announcement, now))
            .collect(),
        server_epoch: known.server_epoch,
        account: ShopAccount::of(known, &account_state, now),
    }))
}
