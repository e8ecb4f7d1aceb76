//! Signals and strategies as clients see them, over HTTP and in live events.

use kernel::Number;
use kernel::access::Tier;
use kernel::id::{SignalChannelId, SignalId, StrategyId};
use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use crate::domain::channel::Hold;
use crate::domain::outcome::Verdict;
use crate::domain::signal::{Signal, Status};
use crate::domain::strategy::{LotMode, Strategy};
use crate::domain::values::{Direction, OrderType};

/// A range of prices to enter in.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct SignalZone {
    /// Its lower bound.
    pub low: Number,
    /// Its upper bound.
    pub high: Number,
}

/// A signal.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SignalView {
    /// Its id.
    pub id: SignalId,
    /// What is traded: `EURUSD`, `XAUUSD`, `BTC/USDT`.
    pub symbol: String,
    /// Which way.
    pub direction: Direction,
    /// How it is entered.
    pub order_type: OrderType,
    /// The entry as a request writes it: a price, several in a list, or `null`
    /// where the market is entered without one.
    #[serde(serialize_with = "one_or_many")]
    #[schema(value_type = Option<Vec<f64>>)]
    pub entry: Vec<Decimal>,
    /// The same as a list.
    pub entries: Vec<Number>,
    /// The share of each entry in percent, where they differ.
    pub entry_weights: Option<Vec<Number>>,
    /// The range to enter in, where the entry is one.
    pub entry_zone: Option<SignalZone>,
    /// Where the trade is given up.
    pub stop_loss: Option<Number>,
    /// The stop's distance from the fill in pips, where no price is known.
    pub stop_loss_pips: Option<Number>,
    /// Target prices.
    pub take_profits: Vec<Number>,
    /// The share of each target in percent, where they differ.
    pub take_profit_weights: Option<Vec<Number>>,
    /// The targets' distances from the fill in pips, where no price is known.
    pub take_profit_pips: Vec<Number>,
    /// Whether a part runs on without a target.
    pub runner: bool,
    /// The leverage called for.
    pub leverage: Option<u16>,
    /// The share of the account to risk, in percent.
    pub risk_percent: Option<Number>,
    /// Who it is by.
    pub provider: Option<String>,
    /// The channel that it came through.
    pub channel_id: Option<SignalChannelId>,
    /// The strategy that it is traded by, where its channel names one.
    pub strategy_id: Option<StrategyId>,
    /// The lowest tier that sees it; `null` where it is its author's own.
    pub min_tier: Option<Tier>,
    /// How sure the reading of it is: 0 to 100.
    pub confidence: u8,
    /// What the confidence rests on.
    pub reasons: Vec<String>,
    /// Where it stands.
    pub status: Status,
    /// Whether it was sent.
    pub released: bool,
    /// Why it is held, in a word.
    pub held_for: Option<Hold>,
    /// Why it was not sent, in a sentence.
    pub reason: Option<String>,
    /// Whether it sends another signal again.
    pub replay: bool,
    /// The signal that it sends again.
    pub replay_of: Option<SignalId>,
    /// How it went, once it is closed.
    pub result: Option<Verdict>,
    /// The price that it was entered at, once it is closed and known.
    pub entry_price: Option<Number>,
    /// The price that it was left at, once it is closed and known.
    pub exit_price: Option<Number>,
    /// What it earned, in percent of the entry.
    pub pnl_percent: Option<Number>,
    /// What it earned, in multiples of the risk from entry to stop.
    pub r_multiple: Option<Number>,
    /// The message that it was read from; in no event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw_text: Option<String>,
    /// From 1, one more at each change.
    pub version: u64,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was sent.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub released_at: Option<Timestamp>,
    /// When it got its result.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closed_at: Option<Timestamp>,
}

impl From<Signal> for SignalView {
    fn from(signal: Signal) -> Self {
        let setup = signal.setup;
        let outcome = signal.outcome.as_ref();
        let percent = |figure: Option<Decimal>| figure.map(Number::percent);
        let zone = setup.zone().map(|(low, high)| SignalZone {
            low: Number::exact(low),
            high: Number::exact(high),
        });
        let reason = signal
            .rejection
            .or(signal.hold.map(|hold| sentence(hold).to_owned()));
        Self {
            id: signal.id,
            symbol: setup.symbol,
            direction: setup.direction,
            order_type: setup.order_type,
            entries: numbers(&setup.entries),
            entry: setup.entries,
            entry_weights: setup.entry_weights.as_deref().map(numbers),
            entry_zone: zone,
            stop_loss: setup.stop_loss.map(Number::exact),
            stop_loss_pips: setup.stop_loss_pips.map(Number::exact),
            take_profits: numbers(&setup.take_profits),
            take_profit_weights: setup.take_profit_weights.as_deref().map(numbers),
            take_profit_pips: numbers(&setup.take_profit_pips),
            runner: setup.runner,
            leverage: setup.leverage,
            risk_percent: setup.risk_percent.map(Number::exact),
            provider: signal.provider,
            channel_id: signal.channel,
            strategy_id: signal.strategy,
            min_tier: signal.min_tier,
            confidence: signal.confidence,
            reasons: signal.reasons,
            status: signal.status,
            released: signal.released_at.is_some(),
            held_for: signal.hold,
            reason,
            replay: signal.replay_of.is_some(),
            replay_of: signal.replay_of,
            result: outcome.map(|outcome| outcome.verdict),
            entry_price: outcome
                .and_then(|outcome| outcome.entry_price)
                .map(Number::exact),
            exit_price: outcome
                .and_then(|outcome| outcome.exit_price)
                .map(Number::exact),
            pnl_percent: percent(outcome.and_then(|outcome| outcome.pnl_percent)),
            r_multiple: percent(outcome.and_then(|outcome| outcome.r_multiple)),
            raw_text: signal.raw_text,
            version: signal.version,
            created_at: signal.created_at,
            released_at: signal.released_at,
            closed_at: signal.closed_at,
        }
    }
}

/// A stop that follows the price.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct TrailingView {
    /// How far behind the price, in pips.
    pub distance_pips: Number,
    /// How far the price must move before the stop is moved again, in pips.
    pub step_pips: Option<Number>,
}

/// A strategy.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StrategyView {
    /// Its id.
    pub id: StrategyId,
    /// What people call it.
    pub name: String,
    /// Whether terminals trade by it; one always is.
    pub active: bool,
    /// How positions are sized.
    pub lot_mode: LotMode,
    /// Lots of a position, where they are fixed.
    pub lots: Option<Number>,
    /// The share of the account at risk in one trade, in percent.
    pub risk_percent: Option<Number>,
    /// The most trades open at once.
    pub max_open_trades: u32,
    /// The symbols that are traded; all where it is empty.
    pub symbols: Vec<String>,
    /// The widest spread at which a trade is opened, in pips.
    pub max_spread_pips: Option<Number>,
    /// A stop that follows the price.
    pub trailing: Option<TrailingView>,
    /// The target after which the stop moves to the entry, from 1.
    pub breakeven_after: Option<u8>,
    /// From 1, one more at each change.
    pub version: u64,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

impl StrategyView {
    /// Of a strategy, and whether it is the active one.
    #[must_use]
    pub fn of(strategy: Strategy, active: bool) -> Self {
        let terms = strategy.terms;
        Self {
            id: strategy.id,
            name: terms.name,
            active,
            lot_mode: terms.lot_mode,
            lots: terms.lots.map(Number::exact),
            risk_percent: terms.risk_percent.map(Number::exact),
            max_open_trades: terms.max_open_trades,
            symbols: terms.symbols,
            max_spread_pips: terms.max_spread_pips.map(Number::exact),
            trailing: terms.trailing.map(|trailing| TrailingView {
                distance_pips: Number::exact(trailing.distance_pips),
                step_pips: trailing.step_pips.map(Number::exact),
            }),
            breakeven_after: terms.breakeven_after,
            version: strategy.version,
            created_at: strategy.created_at,
            updated_at: strategy.updated_at,
        }
    }
}

fn sentence(hold: Hold) -> &'static str {
    match hold {
        Hold::Approval => "its channel asks for approval",
        Hold::LowConfidence => "its confidence is lower than its channel asks for",
        Hold::PricesMissing => "its stop or targets are in pips, and terminals take prices",
        Hold::TradingPaused => "trading is paused",
        Hold::TradingStopped => "trading was stopped in an emergency",
    }
}

fn numbers(values: &[Decimal]) -> Vec<Number> {
    values.iter().copied().map(Number::exact).collect()
}

fn one_or_many<S: Serializer>(values: &[Decimal], serializer: S) -> Result<S::Ok, S::Error> {
    match values {
        [] => serializer.serialize_none(),
        [one] => Number::exact(*one).serialize(serializer),
        many => numbers(many).serialize(serializer),
    }
}
