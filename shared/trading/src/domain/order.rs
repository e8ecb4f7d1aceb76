//! What a command says: its payload on the wire.

use kernel::Number;
use kernel::id::TradeId;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::command::Kind;
use super::trade::{Side, Trade};

/// How a trade is to be entered.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum OrderType {
    /// At once.
    #[default]
    Market,
    /// At a better price.
    Limit,
    /// At a worse one.
    Stop,
}

/// A range of prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zone {
    /// Its lower bound.
    pub low: Number,
    /// Its upper bound.
    pub high: Number,
}

/// A trade that is to be opened.
///
/// `entry` is for terminals that know of one entry alone. Others read
/// `entries`: of a market order the first is taken at once and the others are
/// limits, and what is not entered by the first exit is withdrawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenTrade {
    /// The signal it follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal_id: Option<String>,
    /// Who gave the signal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// What is traded.
    pub symbol: String,
    /// Which way.
    pub action: Side,
    /// How it is entered.
    pub order_type: OrderType,
    /// At which price, where not at the market's.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "kernel::number::json_option"
    )]
    pub entry: Option<Decimal>,
    /// Each price that it is entered at; the two bounds of `entry_zone` where
    /// there is one, and nothing where the market is entered without a price.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<Number>,
    /// The share of the volume that each entry has, as weights; equal where it
    /// is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry_weights: Option<Vec<Number>>,
    /// The range in which the whole of it is entered, where the entry is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry_zone: Option<Zone>,
    /// Where it is given up.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "kernel::number::json_option"
    )]
    pub stop_loss: Option<Decimal>,
    /// Where parts of it are closed, as the signal has them.
    #[serde(default)]
    pub take_profits: Vec<Number>,
    /// The share that each target closes, in percent; equal where it is not
    /// said. What is left over runs on with `runner`, and goes with the
    /// furthest target otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub take_profit_weights: Option<Vec<Number>>,
    /// Whether a part is to run on without a target: without weights, as large
    /// a one as each target closes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub runner: bool,
    /// Lots; the terminal's own rule where it is not said.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "kernel::number::json_option"
    )]
    pub volume: Option<Decimal>,
    /// Percent of the balance that may be lost; the terminal's own rule where
    /// it is not said.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "kernel::number::json_option"
    )]
    pub risk_percent: Option<Decimal>,
    /// Emergency stops before it. A terminal that knows of a later one does
    /// not open it. Set when it is issued.
    #[serde(default)]
    pub epoch: u64,
}

impl OpenTrade {
    /// A symbol at the market's price, and nothing else.
    #[must_use]
    pub fn at_market(symbol: &str, action: Side) -> Self {
        Self {
            signal_id: None,
            provider: None,
            symbol: symbol.to_owned(),
            action,
            order_type: OrderType::Market,
            entry: None,
            entries: Vec::new(),
            entry_weights: None,
            entry_zone: None,
            stop_loss: None,
            take_profits: Vec::new(),
            take_profit_weights: None,
            runner: false,
            volume: None,
            risk_percent: None,
            epoch: 0,
        }
    }
}

/// What is to be done with a position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OnPosition {
    /// The trade.
    pub trade_id: TradeId,
    /// The trade server.
    pub server: String,
    /// The login there.
    pub login: String,
    /// The position's ticket.
    pub ticket: String,
    /// What is traded.
    pub symbol: String,
    /// Lots to close.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "kernel::number::json_option"
    )]
    pub volume: Option<Decimal>,
    /// The new stop loss; 0 takes it away.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "kernel::number::json_option"
    )]
    pub stop_loss: Option<Decimal>,
    /// The new take profit; 0 takes it away.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "kernel::number::json_option"
    )]
    pub take_profit: Option<Decimal>,
    /// How far the stop follows the price.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "kernel::number::json_option"
    )]
    pub distance: Option<Decimal>,
    /// By how much it moves at least.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "kernel::number::json_option"
    )]
    pub step: Option<Decimal>,
}

impl OnPosition {
    /// Nothing yet, with the position of a trade.
    #[must_use]
    pub fn of(trade: &Trade) -> Self {
        Self {
            trade_id: trade.id.clone(),
            server: trade.server.clone(),
            login: trade.login.clone(),
            ticket: trade.ticket.clone(),
            symbol: trade.symbol.clone(),
            volume: None,
            stop_loss: None,
            take_profit: None,
            distance: None,
            step: None,
        }
    }
}

/// A command before it is issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Open a trade.
    Open(OpenTrade),
    /// Close one.
    Close(OnPosition),
    /// Close a part of one.
    PartialClose(OnPosition),
    /// Set its levels.
    Modify(OnPosition),
    /// Let its stop follow the price.
    TrailingStop(OnPosition),
    /// Sync now.
    Sync,
    /// Close everything and open nothing.
    EmergencyStop {
        /// Emergency stops so far, this one included.
        epoch: u64,
    },
}

#[derive(Serialize)]
struct Epoch {
    epoch: u64,
}

#[derive(Serialize)]
struct Nothing {}

impl Order {
    /// What kind it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Open(_) => Kind::OpenTrade,
            Self::Close(_) => Kind::CloseTrade,
            Self::PartialClose(_) => Kind::PartialClose,
            Self::Modify(_) => Kind::ModifyTrade,
            Self::TrailingStop(_) => Kind::TrailingStop,
            Self::Sync => Kind::Sync,
            Self::EmergencyStop { .. } => Kind::EmergencyStop,
        }
    }

    /// The trade it is about.
    #[must_use]
    pub fn trade(&self) -> Option<&TradeId> {
        match self {
            Self::Close(on)
            | Self::PartialClose(on)
            | Self::Modify(on)
            | Self::TrailingStop(on) => Some(&on.trade_id),
            Self::Open(_) | Self::Sync | Self::EmergencyStop { .. } => None,
        }
    }

    /// Its payload, as terminals read it.
    ///
    /// # Errors
    /// Where a figure cannot be written.
    pub fn payload(&self) -> serde_json::Result<Box<RawValue>> {
        use serde_json::value::to_raw_value;
        match self {
            Self::Open(open) => to_raw_value(open),
            Self::Close(on)
            | Self::PartialClose(on)
            | Self::Modify(on)
            | Self::TrailingStop(on) => to_raw_value(on),
            Self::Sync => to_raw_value(&Nothing {}),
            Self::EmergencyStop { epoch } => to_raw_value(&Epoch { epoch: *epoch }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_keeps_every_digit_and_says_nothing_of_what_is_not_said() {
        let open = OpenTrade {
            signal_id: Some("sig_1".to_owned()),
            order_type: OrderType::Limit,
            entry: Some(Decimal::new(230_150, 2)),
            take_profits: vec![Decimal::from(2_290).into()],
            epoch: 2,
            ..OpenTrade::at_market("XAUUSD", Side::Sell)
        };
        let text = Order::Open(open.clone())
            .payload()
            .expect("JSON")
            .to_string();
        assert_eq!(
            text,
            r#"{"signalId":"sig_1","symbol":"XAUUSD","action":"sell","orderType":"limit","entry":2301.50,"takeProfits":[2290],"epoch":2}"#
        );
        assert_eq!(
            serde_json::from_str::<OpenTrade>(&text).expect("reads"),
            open
        );
        assert_eq!(Order::Sync.payload().expect("JSON").get(), "{}");
    }

    #[test]
    fn several_entries_and_shares_stand_beside_the_first_entry() {
        let numbers = |figures: [i64; 2]| figures.map(|figure| Decimal::from(figure).into());
        let open = OpenTrade {
            order_type: OrderType::Limit,
            entry: Some(Decimal::from(100)),
            entries: numbers([100, 95]).to_vec(),
            entry_weights: Some(numbers([60, 40]).to_vec()),
            stop_loss: Some(Decimal::from(90)),
            take_profits: numbers([110, 120]).to_vec(),
            take_profit_weights: Some(numbers([50, 25]).to_vec()),
            runner: true,
            ..OpenTrade::at_market("BTC/USDT", Side::Buy)
        };
        let text = Order::Open(open.clone())
            .payload()
            .expect("JSON")
            .to_string();
        assert_eq!(
            text,
            r#"{"symbol":"BTC/USDT","action":"buy","orderType":"limit","entry":100,"entries":[100,95],"entryWeights":[60,40],"stopLoss":90,"takeProfits":[110,120],"takeProfitWeights":[50,25],"runner":true,"epoch":0}"#
        );
        assert_eq!(
            serde_json::from_str::<OpenTrade>(&text).expect("reads"),
            open
        );
    }
}
