//! `GET /api/account/{id}/statistics`

use accounts::domain::ledger::{Bucket, Statistics};
use axum::extract::State;
use kernel::Number;
use kernel::currency::Currency;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use web::extract::Json;
use web::problem::ProblemBody;

use crate::App;
use crate::access::OwnAccount;

/// Closed positions of one kind.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StatisticsGroup {
    closed: u64,
    winners: u64,
    /// Lots.
    volume: Number,
    net_profit: Number,
}

impl StatisticsGroup {
    fn of(bucket: &Bucket, currency: &Currency) -> Self {
        Self {
            closed: bucket.closed,
            winners: bucket.winners,
            volume: Number::exact(bucket.volume),
            net_profit: Number::money(bucket.net, currency),
        }
    }
}

/// Runs of wins and losses.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StreakAnswer {
    /// The present run: above zero of wins, below of losses.
    current: i64,
    wins_longest: u64,
    losses_longest: u64,
}

/// Figures over all closed positions of the challenge, or of an import.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StatisticsAnswer {
    closed: u64,
    winners: u64,
    losers: u64,
    /// In percent; `null` where none has closed.
    win_rate: Option<Number>,
    gross_profit: Number,
    gross_loss: Number,
    net_profit: Number,
    commission: Number,
    swap: Number,
    fee: Number,
    /// Gross profit by gross loss; `null` without a loss.
    profit_factor: Option<Number>,
    /// Net profit of the average position; `null` where none has closed.
    expectancy: Option<Number>,
    win_largest: Number,
    loss_largest: Number,
    /// Lots.
    volume: Number,
    deposits: Number,
    withdrawals: Number,
    /// Reset-to-reset days with a position opened.
    trading_days: u32,
    best_day_profit: Number,
    streaks: StreakAnswer,
    /// The 200 symbols that came first; the others are under `other`.
    by_symbol: BTreeMap<String, StatisticsGroup>,
    /// By the day of the close in the plan's zone, Monday first.
    by_weekday: Vec<StatisticsGroup>,
    /// By the hour of the close in the plan's zone, from 0.
    by_hour: Vec<StatisticsGroup>,
    /// By reset-to-reset day, the oldest first, the newest 400.
    by_day: Vec<StatisticsDay>,
}

/// The result of one day.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StatisticsDay {
    /// The plan zone's date on which the day began.
    date: String,
    /// Positions opened on it.
    opened: u32,
    /// What its deals brought, adjustments apart.
    net_profit: Number,
}

/// Statistics of an account.
#[utoipa::path(
    get,
    path = "/api/account/{id}/statistics",
    tag = "accounts",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The account")),
    responses(
        (status = 200, description = "The statistics", body = StatisticsAnswer),
        (status = 404, description = "No such account of the caller", body = ProblemBody),
    )
)]
pub(crate) async fn show(
    State(app): State<App>,
    account: OwnAccount,
) -> web::Result<Json<StatisticsAnswer>> {
    let ledger = app.store.ledger(&account.shop, &account.id).await?;
    let standing = ledger.standing();
    let currency = &account.account_state.currency;
    let mut answer = of(ledger.statistics(), currency);
    answer.trading_days = standing.trading_days;
    answer.best_day_profit = Number::money(standing.best_day_profit, currency);
    let zone = account.account_state.plan.reset.zone;
    answer.by_day = ledger
        .days()
        .recent()
        .iter()
        .map(|day| StatisticsDay {
            date: zone.local(day.reset_at).date().to_string(),
            opened: day.opened,
            net_profit: Number::money(day.profit, currency),
        })
        .collect();
    Ok(Json(answer))
}

fn of(statistics: &Statistics, currency: &Currency) -> StatisticsAnswer {
    let money = |amount| Number::money(amount, currency);
    let groups = |buckets: &[Bucket]| -> Vec<StatisticsGroup> {
        buckets
            .iter()
            .map(|bucket| StatisticsGroup::of(bucket, currency))
            .collect()
    };
    let mut by_symbol: BTreeMap<String, StatisticsGroup> = statistics
        .symbols
        .iter()
        .map(|(symbol, bucket)| (symbol.clone(), StatisticsGroup::of(bucket, currency)))
        .collect();
    if statistics.symbols_other.closed > 0 {
        let other = StatisticsGroup::of(&statistics.symbols_other, currency);
        by_symbol.insert("other".to_owned(), other);
    }
    StatisticsAnswer {
        closed: statistics.closed,
        winners: statistics.winners,
        losers: statistics.losers,
        win_rate: statistics.win_rate().map(Number::percent),
        gross_profit: money(statistics.gross_profit),
        gross_loss: money(statistics.gross_loss),
        net_profit: money(statistics.net()),
        commission: money(statistics.commission),
        swap: money(statistics.swap),
        fee: money(statistics.fee),
        profit_factor: statistics.profit_factor().map(Number::percent),
        expectancy: statistics.expectancy().map(money),
        win_largest: money(statistics.win_largest),
        loss_largest: money(statistics.loss_largest),
        volume: Number::exact(statistics.volume),
        deposits: money(statistics.deposits),
        withdrawals: money(statistics.withdrawals),
        trading_days: 0,
        best_day_profit: Number::exact(rust_decimal::Decimal::ZERO),
        streaks: StreakAnswer {
            current: statistics.streaks.current,
            wins_longest: statistics.streaks.wins_longest,
            losses_longest: statistics.streaks.losses_longest,
        },
        by_symbol,
        by_weekday: groups(&statistics.weekdays),
        by_hour: groups(&statistics.hours),
        by_day: Vec::new(),
    }
}
