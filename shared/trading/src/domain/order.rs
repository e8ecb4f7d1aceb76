//! What a command says: its payload on the wire.

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

/// A trade that is to be opened.
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
    /// Where it is given up.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "kernel::number::json_option"
    )]
    pub stop_loss: Option<Decimal>,
    /// Where parts of it are closed, the nearest first.
    #[serde(default)]
    pub take_profits: Vec<kernel::Number>,
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
            provider: None,
            symbol: "XAUUSD".to_owned(),
            action: Side::Sell,
            order_type: OrderType::Limit,
            entry: Some(Decimal::new(230_150, 2)),
            stop_loss: None,
            take_profits: vec![Decimal::from(2_290).into()],
            volume: None,
            risk_percent: None,
            epoch: 2,
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
}
