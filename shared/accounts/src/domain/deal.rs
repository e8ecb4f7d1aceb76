//! A deal: one entry of an account's history, as MetaTrader 5 keeps it.

use std::fmt;
use std::str::FromStr;

use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::is_in_range;

/// What a deal is, by MetaTrader's deal types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DealKind {
    /// A purchase.
    Buy,
    /// A sale.
    Sell,
    /// A deposit, a withdrawal or a payout.
    Balance,
    /// Credit given or taken back; it is part of the equity, not of the balance.
    Credit,
    /// A charge of the broker.
    Charge,
    /// A correction by the broker.
    Correction,
    /// A bonus paid into the balance.
    Bonus,
    /// A commission that is booked apart from its deal, daily and monthly and
    /// agents' commissions too.
    Commission,
    /// Interest on the balance.
    Interest,
    /// A dividend, franked or not.
    Dividend,
    /// A tax.
    Tax,
    /// A purchase that was undone; its profit is moved to a deal of its own.
    BuyCanceled,
    /// A sale that was undone; its profit is moved to a deal of its own.
    SellCanceled,
    /// The broker's compensation of a balance that a stop-out left below zero.
    StopOutCompensation,
    /// A kind this code has no name for. It counts by its profit, as a result
    /// of trading.
    Other,
}

/// Whether a trade's deal opened or closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// Opens a position or adds to it.
    In,
    /// Closes a position or a part of it.
    Out,
    /// Closes a netting position and opens the opposite one.
    InOut,
    /// Closes a position by an opposite one.
    OutBy,
}

/// A name that is no entry type of MetaTrader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a deal entry: DEAL_ENTRY_IN, DEAL_ENTRY_OUT, DEAL_ENTRY_INOUT or DEAL_ENTRY_OUT_BY")]
pub struct EntryError;

impl DealKind {
    /// Whether this is a trade: a purchase or a sale that stands.
    #[must_use]
    pub fn is_trade(self) -> bool {
        matches!(self, Self::Buy | Self::Sell)
    }

    /// Reads a kind by its name with or without `DEAL_TYPE_`, in any case. An
    /// unknown name is [`DealKind::Other`], so that no deal is lost.
    #[must_use]
    pub fn parse(name: &str) -> Self {
        let name = bare(name, "DEAL_TYPE_");
        match name.strip_prefix("DEAL_").unwrap_or(&name) {
            "BUY" => Self::Buy,
            "SELL" => Self::Sell,
            "BALANCE" => Self::Balance,
            "CREDIT" | "SO_COMPENSATION_CREDIT" => Self::Credit,
            "CHARGE" => Self::Charge,
            "CORRECTION" => Self::Correction,
            "BONUS" => Self::Bonus,
            "INTEREST" => Self::Interest,
            "DIVIDEND" | "DIVIDEND_FRANKED" | "FRANKED_DIVIDEND" => Self::Dividend,
            "TAX" => Self::Tax,
            "BUY_CANCELED" => Self::BuyCanceled,
            "SELL_CANCELED" => Self::SellCanceled,
            "SO_COMPENSATION" => Self::StopOutCompensation,
            name if name.starts_with("COMMISSION") => Self::Commission,
            _ => Self::Other,
        }
    }

    /// Returns the class of a deal of this kind, where nobody has set another.
    /// A bonus is the broker's gift: counted as profit it could pass a
    /// challenge or hide a loss. Charges, commissions, interest, dividends and
    /// taxes come of trading and are its results.
    #[must_use]
    pub fn class(self) -> DealClass {
        match self {
            Self::Balance | Self::Correction | Self::Bonus | Self::StopOutCompensation => {
                DealClass::Adjustment
            }
            Self::Credit => DealClass::Credit,
            _ => DealClass::Trading,
        }
    }

    /// The name as used in storage and answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Buy => "buy",
            Self::Sell => "sell",
            Self::Balance => "balance",
            Self::Credit => "credit",
            Self::Charge => "charge",
            Self::Correction => "correction",
            Self::Bonus => "bonus",
            Self::Commission => "commission",
            Self::Interest => "interest",
            Self::Dividend => "dividend",
            Self::Tax => "tax",
            Self::BuyCanceled => "buy_canceled",
            Self::SellCanceled => "sell_canceled",
            Self::StopOutCompensation => "stop_out_compensation",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for DealKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for DealKind {
    type Err = std::convert::Infallible;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Ok(Self::parse(name))
    }
}

impl FromStr for Entry {
    type Err = EntryError;

    /// Reads an entry by its name with or without `DEAL_ENTRY_`, in any case.
    fn from_str(name: &str) -> Result<Self, EntryError> {
        match bare(name, "DEAL_ENTRY_").as_str() {
            "IN" => Ok(Self::In),
            "OUT" => Ok(Self::Out),
            "INOUT" | "IN_OUT" => Ok(Self::InOut),
            "OUT_BY" | "OUTBY" => Ok(Self::OutBy),
            _ => Err(EntryError),
        }
    }
}

fn bare(name: &str, prefix: &str) -> String {
    let name = name.trim().to_ascii_uppercase().replace(['/', ' '], "_");
    name.strip_prefix(prefix).map(str::to_owned).unwrap_or(name)
}

/// What a deal counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DealClass {
    /// A result of trading.
    Trading,
    /// Money that comes or leaves without trading.
    Adjustment,
    /// An adjustment that ends a payout cycle.
    Payout,
    /// Credit: it moves the equity alone.
    Credit,
}

impl DealClass {
    /// Returns the name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trading => "trading",
            Self::Adjustment => "adjustment",
            Self::Payout => "payout",
            Self::Credit => "credit",
        }
    }
}

/// What caused a deal, as MetaTrader 5 tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DealReason {
    /// The desktop terminal.
    Client,
    /// The mobile application.
    Mobile,
    /// The web platform.
    Web,
    /// An expert advisor or a script.
    Expert,
    /// A stop loss.
    Sl,
    /// A take profit.
    Tp,
    /// A stop-out.
    So,
    /// A rollover.
    Rollover,
    /// A variation margin.
    Vmargin,
    /// A split.
    Split,
    /// Anything else.
    Unknown,
}

impl DealReason {
    /// Reads a reason by its name with or without `DEAL_REASON_`, in any case.
    #[must_use]
    pub fn parse(name: &str) -> Self {
        match bare(name, "DEAL_REASON_").as_str() {
            "CLIENT" => Self::Client,
            "MOBILE" => Self::Mobile,
            "WEB" => Self::Web,
            "EXPERT" => Self::Expert,
            "SL" => Self::Sl,
            "TP" => Self::Tp,
            "SO" => Self::So,
            "ROLLOVER" => Self::Rollover,
            "VMARGIN" => Self::Vmargin,
            "SPLIT" => Self::Split,
            _ => Self::Unknown,
        }
    }
}

/// The longest id, ticket or symbol, in bytes.
pub const NAME_BYTES_MAX: usize = 64;

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// One deal. Amounts are in the account's currency, volumes in lots.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deal {
    /// The trade server's id; unique within an account.
    pub id: String,
    /// When it was done.
    pub time: Timestamp,
    /// What it is.
    pub kind: DealKind,
    /// Whether it opened or closed; trades alone have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<Entry>,
    /// What was traded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
    /// The position it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position_id: Option<String>,
    /// The order it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<String>,
    /// Lots.
    #[serde(default, skip_serializing_if = "Decimal::is_zero")]
    pub volume: Decimal,
    /// Price of one unit.
    #[serde(default, skip_serializing_if = "Decimal::is_zero")]
    pub price: Decimal,
    /// Commission; a cost is below zero.
    #[serde(default, skip_serializing_if = "Decimal::is_zero")]
    pub commission: Decimal,
    /// Swap; a cost is below zero.
    #[serde(default, skip_serializing_if = "Decimal::is_zero")]
    pub swap: Decimal,
    /// Fee; a cost is below zero.
    #[serde(default, skip_serializing_if = "Decimal::is_zero")]
    pub fee: Decimal,
    /// Profit, or the amount of what is no trade.
    #[serde(default, skip_serializing_if = "Decimal::is_zero")]
    pub profit: Decimal,
    /// The trade server's remark.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
    /// The class that a shop's rule has given it; by its kind where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<DealClass>,
    /// What else is kept so that later rules can judge it.
    #[serde(flatten)]
    pub origin: DealOrigin,
}

/// How a deal came about: kept from the gateway for rules to come.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DealOrigin {
    /// The expert advisor's number.
    #[serde(default, skip_serializing_if = "is_default")]
    pub magic: Option<i64>,
    /// What caused it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub reason: Option<DealReason>,
    /// The stop loss of an opening deal's order, or a closing one's position.
    #[serde(default, skip_serializing_if = "is_default")]
    pub stop_loss: Option<Decimal>,
    /// The take profit, likewise.
    #[serde(default, skip_serializing_if = "is_default")]
    pub take_profit: Option<Decimal>,
}

impl Deal {
    /// Returns a deal that moves nothing and names no position.
    #[must_use]
    pub fn empty(id: impl Into<String>, time: Timestamp, kind: DealKind) -> Self {
        Self {
            id: id.into(),
            time,
            kind,
            entry: None,
            symbol: None,
            position_id: None,
            order_id: None,
            volume: Decimal::ZERO,
            price: Decimal::ZERO,
            commission: Decimal::ZERO,
            swap: Decimal::ZERO,
            fee: Decimal::ZERO,
            profit: Decimal::ZERO,
            comment: String::new(),
            class: None,
            origin: DealOrigin::default(),
        }
    }

    /// Profit and costs together.
    #[must_use]
    pub fn net(&self) -> Decimal {
        self.profit + self.commission + self.swap + self.fee
    }

    /// How much this deal moves the balance. Credit does not.
    #[must_use]
    pub fn balance_effect(&self) -> Decimal {
        if self.kind == DealKind::Credit {
            Decimal::ZERO
        } else {
            self.net()
        }
    }

    /// Returns what it counts as. Credit is never part of the balance and all
    /// else always is, whatever class a rule has given it.
    #[must_use]
    pub fn class(&self) -> DealClass {
        match (self.kind, self.class) {
            (DealKind::Credit, _) => DealClass::Credit,
            (kind, _) if kind.is_trade() => DealClass::Trading,
            (_, Some(DealClass::Credit)) => DealClass::Adjustment,
            (kind, class) => class.unwrap_or(kind.class()),
        }
    }

    /// Returns the amount of what changes the balance and is no result of
    /// trading; `None` for results and credit.
    #[must_use]
    pub fn adjustment(&self) -> Option<Decimal> {
        matches!(self.class(), DealClass::Adjustment | DealClass::Payout).then(|| self.net())
    }

    /// Returns the amount of credit given (above zero) or taken back (below).
    #[must_use]
    pub fn credit(&self) -> Option<Decimal> {
        (self.kind == DealKind::Credit).then(|| self.net())
    }

    /// Returns its result of trading: what it moves the balance by,
    /// adjustments apart.
    #[must_use]
    pub fn result(&self) -> Decimal {
        match self.adjustment() {
            Some(_) => Decimal::ZERO,
            None => self.balance_effect(),
        }
    }

    /// Returns whether its id, position, order and symbol are short enough to
    /// be kept, and its time within the years 1990 to 2100.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        let names = [&self.position_id, &self.order_id, &self.symbol];
        let is_short = |name: &String| name.len() <= NAME_BYTES_MAX;
        !self.id.is_empty()
            && is_short(&self.id)
            && names.into_iter().flatten().all(is_short)
            && (1990..2100).contains(&chrono::Datelike::year(&self.time))
    }

    /// Returns whether two readings of one deal differ in what counts.
    #[must_use]
    pub fn differs_from(&self, other: &Self) -> bool {
        self.kind != other.kind || self.net() != other.net()
    }

    /// Whether its figures can be computed with; one that is not is a fault of
    /// its source, to be reported and left out.
    #[must_use]
    pub fn is_in_range(&self) -> bool {
        [
            self.volume,
            self.price,
            self.commission,
            self.swap,
            self.fee,
            self.profit,
        ]
        .into_iter()
        .all(is_in_range)
            && !self.volume.is_sign_negative()
            && is_in_range(self.volume * Decimal::from(1_000_000))
            && self.volume.checked_mul(self.price).is_some_and(is_in_range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deal(kind: DealKind) -> Deal {
        Deal {
            commission: Decimal::from(-3),
            swap: Decimal::from(-2),
            fee: Decimal::from(-1),
            profit: Decimal::from(100),
            ..Deal::empty(
                "7".to_owned(),
                chrono::DateTime::from_timestamp(1_700_000_000, 0).expect("a time"),
                kind,
            )
        }
    }

    #[test]
    fn the_gateways_names_are_read_and_an_unknown_kind_still_counts() {
        assert_eq!(DealKind::parse("DEAL_TYPE_BUY"), DealKind::Buy);
        assert_eq!(
            DealKind::parse("DEAL_TYPE_COMMISSION_AGENT_MONTHLY"),
            DealKind::Commission
        );
        assert_eq!(DealKind::parse("DEAL_DIVIDEND_FRANKED"), DealKind::Dividend);
        assert_eq!(
            DealKind::parse("DEAL_TYPE_SO_COMPENSATION"),
            DealKind::StopOutCompensation
        );
        assert_eq!(
            DealKind::parse("DEAL_SO_COMPENSATION_CREDIT"),
            DealKind::Credit
        );
        assert_eq!(DealKind::parse("DEAL_TYPE_SURPRISE"), DealKind::Other);
        assert_eq!(deal(DealKind::Other).balance_effect(), Decimal::from(94));
        assert_eq!("DEAL_ENTRY_OUT_BY".parse(), Ok(Entry::OutBy));
        assert_eq!("in/out".parse(), Ok(Entry::InOut));
        assert_eq!("DEAL_ENTRY_SIDEWAYS".parse::<Entry>(), Err(EntryError));
    }

    #[test]
    fn every_effect_is_result_or_adjustment_and_credit_is_neither() {
        let kinds = "BUY SELL BALANCE CREDIT CHARGE CORRECTION BONUS COMMISSION INTEREST DIVIDEND \
                     TAX BUY_CANCELED SELL_CANCELED SO_COMPENSATION ANYTHING";
        for name in kinds.split_whitespace() {
            let deal = deal(DealKind::parse(name));
            assert_eq!(
                deal.balance_effect(),
                deal.result() + deal.adjustment().unwrap_or_default(),
                "{}",
                deal.kind
            );
        }
        assert_eq!(deal(DealKind::Credit).balance_effect(), Decimal::ZERO);
        assert_eq!(deal(DealKind::Credit).credit(), Some(Decimal::from(94)));
        assert_eq!(deal(DealKind::Charge).adjustment(), None);
        assert_eq!(deal(DealKind::Bonus).result(), Decimal::ZERO);
    }

    #[test]
    fn a_stored_deal_has_decimals_as_strings_and_nothing_empty() {
        let text = serde_json::to_string(&deal(DealKind::Balance)).expect("writes");
        assert!(text.contains(r#""profit":"100""#), "{text}");
        assert!(
            !text.contains("symbol") && !text.contains("volume"),
            "{text}"
        );
        let back: Deal = serde_json::from_str(&text).expect("reads");
        assert_eq!(back, deal(DealKind::Balance));
    }

    #[test]
    fn figures_beyond_reason_are_out_of_range() {
        let mut huge = deal(DealKind::Buy);
        assert!(huge.is_in_range());
        huge.profit = Decimal::MAX;
        assert!(!huge.is_in_range());
    }
}
