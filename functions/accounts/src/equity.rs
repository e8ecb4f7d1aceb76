//! `GET /api/account/{id}/equity` and its history.

use accounts::store::{Candle, Resolution};
use axum::extract::State;
use chrono::TimeDelta;
use garde::Validate;
use kernel::currency::Currency;
use kernel::time::Timestamp;
use kernel::{Error, Number};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::extract::{Json, Query};
use web::problem::ProblemBody;

use crate::App;
use crate::access::OwnAccount;

/// The newest reading of an account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Equity {
    balance: Option<Number>,
    equity: Option<Number>,
    margin: Option<Number>,
    free_margin: Option<Number>,
    #[schema(value_type = Option<String>, format = DateTime)]
    recorded_at: Option<Timestamp>,
}

/// Current equity: the newest reading, judged or not.
#[utoipa::path(
    get,
    path = "/api/account/{id}/equity",
    tag = "accounts",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The account")),
    responses(
        (status = 200, description = "The newest reading", body = Equity),
        (status = 404, description = "No such account of the caller", body = ProblemBody),
    )
)]
pub(crate) async fn show(account: OwnAccount) -> Json<Equity> {
    let money = |amount| Number::money(amount, &account.account_state.currency);
    let live = account.account_state.live.as_ref();
    Json(Equity {
        balance: live.map(|reading| money(reading.balance)),
        equity: live.map(|reading| money(reading.equity)),
        margin: live.and_then(|reading| reading.margin).map(money),
        free_margin: live.and_then(|reading| reading.free_margin).map(money),
        recorded_at: live.map(|reading| reading.recorded_at),
    })
}

/// Points of one answer.
const POINTS_MAX: i64 = 2_000;

/// The range and the number of points.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// From when; a day before `to` where left out.
    #[garde(skip)]
    #[param(value_type = Option<String>)]
    from: Option<Timestamp>,
    /// Until when; now where left out.
    #[garde(skip)]
    #[param(value_type = Option<String>)]
    to: Option<Timestamp>,
    /// Points at most, 2 to 2000; 500 by default.
    #[garde(range(min = 2, max = POINTS_MAX))]
    points: Option<i64>,
}

/// Equity over a span of time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EquityPoint {
    /// When the span begins.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    first: Number,
    last: Number,
    minimum: Number,
    maximum: Number,
    /// Balance at the end of the span.
    balance: Number,
    /// The daily rule's floor at the end of the span, as it was in force then;
    /// `null` before the start, for imports and on older points.
    daily_floor: Option<Number>,
    /// The all-time rule's floor, likewise.
    max_floor: Option<Number>,
}

/// Points over a range.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EquityHistory {
    points: Vec<EquityPoint>,
    /// `minute`, `hour` or `day`: the roll-ups that the points are made of.
    resolution: &'static str,
}

/// Equity over a range, downsampled: extremes are kept.
#[utoipa::path(
    get,
    path = "/api/account/{id}/equity/history",
    tag = "accounts",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The account"), Params),
    responses(
        (status = 200, description = "Points over the range", body = EquityHistory),
        (status = 400, description = "The query is not valid", body = ProblemBody),
        (status = 404, description = "No such account of the caller", body = ProblemBody),
    )
)]
pub(crate) async fn history(
    State(app): State<App>,
    account: OwnAccount,
    Query(params): Query<Params>,
) -> web::Result<Json<EquityHistory>> {
    let to = params.to.unwrap_or_else(|| app.platform.now());
    let from = params.from.unwrap_or(to - TimeDelta::days(1));
    if from >= to {
        return Err(Error::field("from", "must be before to").into());
    }
    let wanted = params.points.unwrap_or(500);
    let age = app.platform.now() - from;
    let resolution = resolution_for(to - from, age, wanted);
    // Roll-ups of days reach back further than any account, so this bounds.
    let rows_max = u32::try_from(ROWS_MAX).unwrap_or(u32::MAX);
    let candles = app
        .store
        .equity_history(&account.shop, &account.id, resolution, from, to, rows_max)
        .await?;
    let currency = &account.account_state.currency;
    Ok(Json(EquityHistory {
        points: downsample(candles, usize::try_from(wanted).unwrap_or(1), currency),
        resolution: resolution.as_str(),
    }))
}

/// Roll-ups read for one answer.
const ROWS_MAX: i64 = 6_000;

/// How long roll-ups of minutes are kept.
const MINUTES_KEPT_FOR: TimeDelta = TimeDelta::days(90);

/// The finest resolution whose roll-ups of the range are kept and can be read
/// at once, but no finer than the points ask for.
fn resolution_for(range: TimeDelta, age: TimeDelta, points: i64) -> Resolution {
    Resolution::ALL
        .into_iter()
        .filter(|resolution| *resolution != Resolution::Minute || age <= MINUTES_KEPT_FOR)
        .find(|resolution| {
            let rows = range.num_seconds() / resolution.length().num_seconds();
            rows <= ROWS_MAX.min(points * 12)
        })
        .unwrap_or(Resolution::Day)
}

fn downsample(candles: Vec<Candle>, points: usize, currency: &Currency) -> Vec<EquityPoint> {
    let money = |amount| Number::money(amount, currency);
    let group = candles.len().div_ceil(points.max(1)).max(1);
    candles
        .chunks(group)
        .filter_map(|group| {
            let (first, last) = (group.first()?, group.last()?);
            Some(EquityPoint {
                at: first.start,
                first: money(first.first),
                last: money(last.last),
                minimum: money(group.iter().map(|candle| candle.minimum).min()?),
                maximum: money(group.iter().map(|candle| candle.maximum).max()?),
                balance: money(last.balance),
                daily_floor: last.daily_floor.map(money),
                max_floor: last.max_floor.map(money),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::Decimal;

    fn candle(hour: i64, minimum: i64, maximum: i64) -> Candle {
        let start = chrono::DateTime::from_timestamp(hour * 3600, 0).expect("a time");
        Candle {
            start,
            first_at: start,
            first: Decimal::from(minimum),
            last_at: start,
            last: Decimal::from(maximum),
            minimum: Decimal::from(minimum),
            maximum: Decimal::from(maximum),
            balance: Decimal::from(100),
            count: 1,
            daily_floor: None,
            max_floor: None,
            ttl: None,
        }
    }

    #[test]
    fn downsampling_keeps_the_extremes() {
        let candles = (0..10)
            .map(|hour| candle(hour, 100 - hour, 100 + hour))
            .collect();
        let points = downsample(candles, 3, &Currency::usd());
        assert_eq!(points.len(), 3);
        assert_eq!(points[2].minimum.0, Decimal::from(91));
        assert_eq!(points[2].maximum.0, Decimal::from(109));
        assert_eq!(points[0].first.0, Decimal::from(100));
    }

    #[test]
    fn long_ranges_are_read_in_coarse_roll_ups() {
        let fresh = |range: TimeDelta| resolution_for(range, range, 500);
        assert_eq!(fresh(TimeDelta::hours(2)), Resolution::Minute);
        assert_eq!(fresh(TimeDelta::days(60)), Resolution::Hour);
        assert_eq!(fresh(TimeDelta::days(3000)), Resolution::Day);
    }

    #[test]
    fn short_range_of_91_days_ago_is_read_by_hours() {
        let range = TimeDelta::hours(2);
        let at_age = |days| resolution_for(range, TimeDelta::days(days), 500);
        assert_eq!(at_age(91), Resolution::Hour);
        assert_eq!(at_age(90), Resolution::Minute);
    }
}
