//! `GET /api/v1/signals/stats`

use std::collections::BTreeMap;

use axum::extract::State;
use kernel::Number;
use kernel::access::Tier;
use serde::Serialize;
use signals::domain::tally::Tally;
use utoipa::ToSchema;
use web::caller::{Acting, Reading};
use web::extract::Json;

use crate::App;
use crate::state::sight;

/// Symbols that are told apart; the others are summed up.
const SYMBOLS_MAX: usize = 200;

/// What closed signals of one kind come to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignalFigures {
    /// Signals with a result.
    closed: i64,
    wins: i64,
    losses: i64,
    breakevens: i64,
    /// In percent; `null` where none has closed.
    win_rate: Option<Number>,
    /// In percent of the entry; `null` where no prices are known.
    average_pnl_percent: Option<Number>,
    /// In multiples of the risk; `null` where none is known.
    average_r: Option<Number>,
}

impl From<&Tally> for SignalFigures {
    fn from(tally: &Tally) -> Self {
        Self {
            closed: tally.closed(),
            wins: tally.wins,
            losses: tally.losses,
            breakevens: tally.breakevens,
            win_rate: tally.win_rate().map(Number::percent),
            average_pnl_percent: tally.average_percent().map(Number::percent),
            average_r: tally.average_multiple().map(Number::percent),
        }
    }
}

/// What the closed signals come to that the caller's tier sees.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignalStatistics {
    /// The tier up to which they are counted.
    tier: Tier,
    /// All of them.
    total: SignalFigures,
    /// By the lowest tier that sees them.
    by_tier: BTreeMap<String, SignalFigures>,
    /// By symbol, the 200 with the most; the others are under `other`.
    by_symbol: BTreeMap<String, SignalFigures>,
}

/// Win rate and average results of what the caller's tier sees, by tier and by
/// symbol.
#[utoipa::path(
    get,
    path = "/api/v1/signals/stats",
    tag = "signals",
    security(("jwt" = [])),
    responses((status = 200, description = "The statistics", body = SignalStatistics))
)]
pub(crate) async fn show(
    State(app): State<App>,
    caller: Acting<Reading>,
) -> web::Result<Json<SignalStatistics>> {
    let tier = sight(&caller);
    let statistics = app.signals.store.statistics(tier).await?;
    let figures = |(name, tally): &(String, Tally)| (name.clone(), SignalFigures::from(tally));
    let mut symbols = statistics.by_symbol;
    symbols.sort_by_key(|(_, tally)| std::cmp::Reverse(tally.closed()));
    symbols.truncate(SYMBOLS_MAX);
    let mut by_symbol: BTreeMap<_, _> = symbols.iter().map(figures).collect();
    let named = symbols.iter().map(|(_, tally)| tally);
    let other = named.fold(statistics.all, |left, tally| left.without(tally));
    if other.closed() > 0 {
        by_symbol.insert("other".to_owned(), SignalFigures::from(&other));
    }
    Ok(Json(SignalStatistics {
        tier,
        total: SignalFigures::from(&statistics.all),
        by_tier: statistics.by_tier.iter().map(figures).collect(),
        by_symbol,
    }))
}
