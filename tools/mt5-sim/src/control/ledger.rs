//! An account as it truly is: its deals, and the snapshots that were answered.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use kernel::Number;
use rust_decimal::Decimal;
use serde::Serialize;

use super::unknown;
use crate::account::View;
use crate::errors::{Answer, GatewayError, rfc3339};
use crate::ledger::{Deal, NEVER};
use crate::migration::Former;
use crate::observations::Observation;
use crate::wire;
use crate::world::Shared;

#[derive(Serialize)]
struct TrueDeal {
    id: String,
    r#type: String,
    /// The true moment.
    at: String,
    /// The moment that the deal carries.
    time: String,
    /// The moment from which the history shows it; `null` for a hidden deal.
    visible_at: Option<String>,
    /// The moment of its cancellation.
    canceled_at: Option<String>,
    position_id: Option<String>,
    volume: Option<Number>,
    profit: Number,
    swap: Number,
    commission: Number,
    comment: String,
}

#[derive(Serialize)]
struct Seen {
    at: String,
    balance: Number,
    equity: Number,
    credit: Number,
}

/// An account that was moved away from its server.
#[derive(Serialize)]
struct Moved {
    until: String,
    balance: Number,
    deals: usize,
    observations: Vec<Seen>,
}

#[derive(Serialize)]
pub(crate) struct Ledger {
    now: String,
    /// The account at the servers before, the last one first.
    former: Vec<Moved>,
    deals: Vec<TrueDeal>,
    observations: Vec<Seen>,
}

/// `GET /sim/accounts/{login}/ledger`.
pub(crate) async fn ledger(
    State(sim): State<Shared>,
    Path(login): Path<String>,
) -> Answer<Json<Ledger>> {
    let now = sim.clock.now();
    let mut world = sim.world();
    let account = world.accounts.get_mut(&login).ok_or_else(unknown)?;
    let view = account.at(now).map_err(GatewayError::internal)?;
    let happened = view.account.deals().iter().filter(|deal| deal.at <= now);
    let former = successors(view.account.former.as_ref());
    Ok(Json(Ledger {
        now: rfc3339(now),
        former: former.map(moved).collect(),
        deals: happened.map(|deal| true_deal(&view, deal)).collect(),
        observations: view.account.observations.iter().map(seen).collect(),
    }))
}

fn successors(last: Option<&Former>) -> impl Iterator<Item = &Former> {
    std::iter::successors(last, |former| former.before.as_deref())
}

fn moved(former: &Former) -> Moved {
    Moved {
        until: rfc3339(former.until),
        balance: Number::exact(former.balance),
        deals: former.deals.len(),
        observations: former.observations.iter().map(seen).collect(),
    }
}

fn true_deal(view: &View<'_>, deal: &Deal) -> TrueDeal {
    let money = |amount: Decimal| Number::money(amount, &view.book().currency);
    let trade = deal.trade.as_ref();
    let visible_at = view.account.visibility.deal_visible_at(deal);
    TrueDeal {
        id: deal.id.to_string(),
        r#type: wire::deal::type_name(deal.kind).to_owned(),
        at: rfc3339(deal.at),
        time: rfc3339(deal.shown_at),
        visible_at: (visible_at != NEVER).then(|| rfc3339(visible_at)),
        canceled_at: deal.canceled.map(|canceled| rfc3339(canceled.at)),
        position_id: trade.map(|trade| trade.position.to_string()),
        volume: trade.map(|trade| Number::exact(trade.volume)),
        profit: money(deal.profit),
        swap: money(deal.swap),
        commission: money(deal.commission),
        comment: deal.comment.clone(),
    }
}

fn seen(observation: &Observation) -> Seen {
    Seen {
        at: rfc3339(observation.at),
        balance: Number::exact(observation.balance),
        equity: Number::exact(observation.equity),
        credit: Number::exact(observation.credit),
    }
}

/// `DELETE /sim/accounts/{login}/observations`.
pub(crate) async fn clear_observations(
    State(sim): State<Shared>,
    Path(login): Path<String>,
) -> Answer<StatusCode> {
    let mut world = sim.world();
    let account = world.accounts.get_mut(&login).ok_or_else(unknown)?;
    account.observations.clear();
    Ok(StatusCode::NO_CONTENT)
}
