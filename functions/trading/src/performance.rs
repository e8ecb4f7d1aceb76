//! `/api/dashboard/performance`

use axum::extract::State;
use chrono::{Days, NaiveDate};
use garde::Validate;
use kernel::Number;
use kernel::currency::Currency;
use serde::{Deserialize, Serialize};
use trading::domain::performance::Performance;
use utoipa::{IntoParams, ToSchema};
use web::caller::{Acting, Reading};
use web::extract::{Json, Query};
use web::problem::ProblemBody;

use crate::App;

/// Days that the longest period has.
const DAYS_MAX: u32 = 1_830;

/// How far back to look, today included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) enum Period {
    /// Today, in UTC.
    #[serde(rename = "1d")]
    Day,
    /// 7 days.
    #[serde(rename = "7d")]
    Week,
    /// 30 days.
    #[default]
    #[serde(rename = "30d")]
    Month,
    /// 90 days.
    #[serde(rename = "90d")]
    Quarter,
    /// 365 days.
    #[serde(rename = "1y")]
    Year,
    /// Five years.
    #[serde(rename = "all")]
    All,
}

impl Period {
    fn days(self) -> u32 {
        match self {
            Self::Day => 1,
            Self::Week => 7,
            Self::Month => 30,
            Self::Quarter => 90,
            Self::Year => 365,
            Self::All => DAYS_MAX,
        }
    }
}

/// Which period.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PerformanceQuery {
    /// 30 days where it is absent.
    #[garde(skip)]
    #[param(inline)]
    period: Option<Period>,
}

/// How the closed trades of a period went.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PerformanceAnswer {
    period: Period,
    /// Its first day, in UTC.
    #[schema(value_type = String, format = Date)]
    from: NaiveDate,
    /// Its last.
    #[schema(value_type = String, format = Date)]
    to: NaiveDate,
    trades: u64,
    wins: u64,
    losses: u64,
    net_pnl: Number,
    gross_profit: Number,
    gross_loss: Number,
    /// Percent of the trades that gained; `null` without trades.
    win_rate: Option<Number>,
    /// Gained for each unit that was lost, to four digits; `null` where
    /// nothing was lost.
    profit_factor: Option<Number>,
    /// What a trade brought on average, to two digits; `null` without trades.
    expectancy: Option<Number>,
    /// The deepest fall of the equity from a point to a later one, trade by
    /// trade.
    max_drawdown: Number,
    /// Days on which trades were closed.
    equity_curve: Vec<PointAnswer>,
}

/// What trading had brought by the end of a day.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PointAnswer {
    #[schema(value_type = String, format = Date)]
    date: NaiveDate,
    /// What the day brought.
    net: Number,
    /// What the period brought up to and with it.
    equity: Number,
}

/// Equity curve and figures of the closed trades of a period.
#[utoipa::path(
    get,
    path = "/api/dashboard/performance",
    tag = "trading",
    security(("jwt" = [])),
    params(PerformanceQuery),
    responses(
        (status = 200, description = "The figures", body = PerformanceAnswer),
        (status = 400, description = "No such period", body = ProblemBody),
        (status = 401, description = "No good token", body = ProblemBody),
    )
)]
pub(crate) async fn show(
    State(app): State<App>,
    caller: Acting<Reading>,
    Query(query): Query<PerformanceQuery>,
) -> web::Result<Json<PerformanceAnswer>> {
    let period = query.period.unwrap_or_default();
    let to = app.platform.real_now().date_naive();
    let from = to - Days::new(u64::from(period.days() - 1));
    // A trade may be closed by a clock that is ahead of ours.
    let until = to + Days::new(1);
    let limit = period.days() + 1;
    let store = &app.trading.store;
    let days = store.days(&caller.owner(), from, until, limit).await?;
    let performance = Performance::of(&days);
    let figures = performance.figures;
    let points = performance.curve.into_iter().map(|point| PointAnswer {
        date: point.date,
        net: Number::exact(point.net),
        equity: Number::exact(point.equity),
    });
    Ok(Json(PerformanceAnswer {
        period,
        from,
        to,
        trades: figures.trades,
        wins: figures.wins,
        losses: figures.losses,
        net_pnl: Number::exact(figures.net()),
        gross_profit: Number::exact(figures.gross_profit),
        gross_loss: Number::exact(figures.gross_loss),
        win_rate: figures.win_rate().map(Number::percent),
        profit_factor: figures.profit_factor().map(Number::percent),
        expectancy: figures
            .expectancy()
            .map(|average| Number::money(average, &Currency::usd())),
        max_drawdown: Number::exact(performance.max_drawdown),
        equity_curve: points.collect(),
    }))
}
