//! A signal as a request writes it.

use garde::Validate;
use kernel::access::Tier;
use kernel::id::SignalChannelId;
use kernel::{Error, FieldError, Number};
use rust_decimal::Decimal;
use serde::Deserialize;
use signals::app::Draft;
use signals::domain::parser::{Kind, MessageText, Parsed, parse};
use signals::domain::setup::Setup;
use signals::domain::values::{Direction, OrderType};
use utoipa::ToSchema;

use crate::fields::{MESSAGE_CHARS_MAX, normalized, optional_called, optional_symbol};
use crate::prices::{Prices, decimals};

/// What is given field by field is as sure as can be.
const CERTAIN: u8 = 100;

/// A signal: `symbol` and `direction` with what else is known, or `raw_text`
/// alone, which is read.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct SignalBody {
    /// What is traded, in any spelling.
    #[garde(custom(optional_symbol))]
    #[schema(example = "XAUUSD")]
    symbol: Option<String>,
    /// Which way; `long` and `short` will do.
    #[garde(skip)]
    direction: Option<Direction>,
    /// How it is entered; `limit` where an entry is given, else `market`.
    #[garde(skip)]
    order_type: Option<OrderType>,
    /// A price, or several in a list; nothing where the market is entered.
    #[garde(skip)]
    #[schema(value_type = Option<Vec<f64>>)]
    entry: Option<Prices>,
    /// The share of each entry in percent; equal where left out.
    #[garde(inner(length(max = 20)))]
    entry_weights: Option<Vec<Number>>,
    /// Where the trade is given up.
    #[garde(skip)]
    stop_loss: Option<Number>,
    /// Targets, in the order in which they are expected.
    #[garde(skip)]
    #[schema(value_type = Option<Vec<f64>>)]
    take_profits: Option<Prices>,
    /// The share of each target in percent; equal where left out.
    #[garde(inner(length(max = 20)))]
    take_profit_weights: Option<Vec<Number>>,
    /// Whether a part is to run on without a target.
    #[garde(skip)]
    runner: Option<bool>,
    /// The leverage called for, 1 to 5,000.
    #[garde(skip)]
    leverage: Option<u16>,
    /// The share of the account to risk, in percent.
    #[garde(skip)]
    risk_percent: Option<Number>,
    /// Who it is by; its channel's provider where left out.
    #[garde(custom(optional_called))]
    provider: Option<String>,
    /// The channel that it came through.
    #[garde(skip)]
    #[schema(value_type = Option<String>)]
    channel_id: Option<SignalChannelId>,
    /// The lowest tier that sees it; for who publishes alone, `free` where
    /// left out.
    #[garde(skip)]
    pub(crate) min_tier: Option<Tier>,
    /// The message that it comes from.
    #[garde(inner(length(chars, max = MESSAGE_CHARS_MAX)))]
    raw_text: Option<String>,
}

impl SignalBody {
    /// The signal that is to be made.
    ///
    /// # Errors
    /// `Invalid` where fields are missing or the setup is impossible,
    /// `Unprocessable` where a message is all there is and it is no signal.
    pub(crate) fn draft(self) -> Result<Draft, Error> {
        let draft = match (&self.raw_text, self.is_bare()) {
            (Some(text), true) => {
                let parsed = read(text)?;
                Draft {
                    confidence: parsed.confidence,
                    reasons: parsed.reasons.iter().map(ToString::to_string).collect(),
                    setup: read_setup(parsed)?,
                    provider: self.provider,
                    channel: self.channel_id,
                    raw_text: self.raw_text,
                }
            }
            _ => self.given()?,
        };
        match draft.setup.faults() {
            faults if faults.is_empty() => Ok(draft),
            faults => Err(Error::Invalid(faults)),
        }
    }

    /// Whether nothing is said of the setup itself.
    fn is_bare(&self) -> bool {
        self.symbol.is_none()
            && self.direction.is_none()
            && self.entry.is_none()
            && self.stop_loss.is_none()
            && self.take_profits.is_none()
    }

    fn given(self) -> Result<Draft, Error> {
        let required = |field| FieldError::new(field, "is required");
        let mut faults = Vec::new();
        if self.symbol.is_none() {
            faults.push(required("symbol"));
        }
        if self.direction.is_none() {
            faults.push(required("direction"));
        }
        let (Some(symbol), Some(direction)) = (self.symbol, self.direction) else {
            return Err(Error::Invalid(faults));
        };
        let entries = self.entry.unwrap_or_default().0;
        let usual = match entries.is_empty() {
            true => OrderType::Market,
            false => OrderType::Limit,
        };
        let setup = Setup {
            symbol: normalized(&symbol),
            direction,
            order_type: self.order_type.unwrap_or(usual),
            entries,
            entry_weights: self.entry_weights.map(decimals),
            is_zone: false,
            stop_loss: self.stop_loss.map(Decimal::from),
            stop_loss_pips: None,
            take_profits: self.take_profits.unwrap_or_default().0,
            take_profit_weights: self.take_profit_weights.map(decimals),
            take_profit_pips: Vec::new(),
            runner: self.runner.unwrap_or_default(),
            leverage: self.leverage,
            risk_percent: self.risk_percent.map(Decimal::from),
        };
        Ok(Draft {
            setup,
            provider: self.provider,
            channel: self.channel_id,
            raw_text: self.raw_text,
            confidence: CERTAIN,
            reasons: Vec::new(),
        })
    }
}

/// A message that is a signal.
fn read(text: &str) -> Result<Parsed, Error> {
    let text =
        MessageText::new(text).map_err(|error| Error::field("raw_text", error.to_string()))?;
    let parsed = parse(text, None);
    match parsed.kind {
        Kind::Signal => Ok(parsed),
        Kind::Update => Err(Error::Unprocessable(
            "the message tells of a signal called before and is none itself".to_owned(),
        )),
        Kind::Noise => {
            let reasons: Vec<String> = parsed.reasons.iter().map(ToString::to_string).collect();
            let sentence = format!("the message is no signal: {}", reasons.join("; "));
            Err(Error::Unprocessable(sentence))
        }
    }
}

fn read_setup(parsed: Parsed) -> Result<Setup, Error> {
    let incomplete = || Error::Unprocessable("the message is no signal".to_owned());
    let symbol = parsed.symbol.ok_or_else(incomplete)?;
    Ok(Setup {
        symbol: symbol.as_str().to_owned(),
        direction: parsed.direction.ok_or_else(incomplete)?,
        order_type: parsed.order_type.ok_or_else(incomplete)?,
        is_zone: parsed.entry_zone.is_some(),
        entries: parsed.entries,
        entry_weights: parsed.entry_weights,
        stop_loss: parsed.stop_loss,
        stop_loss_pips: parsed.stop_loss_pips,
        take_profits: parsed.take_profits,
        take_profit_weights: parsed.take_profit_weights,
        take_profit_pips: parsed.take_profit_pips,
        runner: parsed.runner,
        leverage: parsed.leverage,
        risk_percent: parsed.risk_percent,
    })
}
