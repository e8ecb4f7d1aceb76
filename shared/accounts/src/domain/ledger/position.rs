//! A position as the sum of its deals.

use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::deal::{Deal, DealKind, DealOrigin, Entry};

/// Begins the key of positions that are told apart by symbol alone.
pub(super) const NETTING_PREFIX: &str = "net:";

/// Which way a position goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Bought: gains when the price rises.
    Buy,
    /// Sold: gains when the price falls.
    Sell,
}

impl Side {
    /// The name in storage and answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Buy => "buy",
            Self::Sell => "sell",
        }
    }
}

/// Volume and what it was traded for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Leg {
    volume: Decimal,
    /// Volume times price, for the average.
    value: Decimal,
}

impl Leg {
    fn add(&mut self, deal: &Deal) {
        self.volume += deal.volume;
        self.value += deal.volume * deal.price;
    }

    fn price(&self) -> Option<Decimal> {
        self.value
            .checked_div(self.volume)
            .map(|price| price.round_dp(PRICE_DIGITS).normalize())
    }
}

/// Digits that an average price is rounded to.
const PRICE_DIGITS: u32 = 8;

/// All deals of one position id, added up; the order they came in leaves no
/// trace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// The position id.
    pub id: String,
    /// What is traded.
    pub symbol: String,
    /// Commission so far; a cost is below zero.
    pub commission: Decimal,
    /// Swap so far; a cost is below zero.
    pub swap: Decimal,
    /// Fees so far; a cost is below zero.
    pub fee: Decimal,
    /// Profit taken so far.
    pub profit: Decimal,
    /// Deals so far.
    pub deals: u32,
    /// Bought less sold.
    signed: Decimal,
    /// Bought less sold, of the `in` deals.
    signed_in: Decimal,
    opened: Leg,
    closed: Leg,
    reversed: Leg,
    first_in_at: Option<Timestamp>,
    first_reversal_at: Option<Timestamp>,
    last_exit_at: Option<Timestamp>,
    last_deal_at: Timestamp,
    first_deal: (Timestamp, String),
    /// The number of its trade, once it has had one.
    number: Option<u64>,
    /// How the position was opened, by its first opening deal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    opened_by: Option<DealOrigin>,
    /// How it was closed, by its newest closing deal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    closed_by: Option<DealOrigin>,
}

/// What a deal was for its position's opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opening {
    /// Nothing.
    Unchanged,
    /// The first that opened it, or a reversal.
    At(Timestamp),
    /// An earlier one than was known.
    Earlier {
        /// The one that was known.
        known: Timestamp,
        /// The earlier one.
        first: Timestamp,
    },
}

impl Position {
    pub(super) fn new(id: &str, deal: &Deal) -> Self {
        Self {
            id: id.to_owned(),
            symbol: String::new(),
            commission: Decimal::ZERO,
            swap: Decimal::ZERO,
            fee: Decimal::ZERO,
            profit: Decimal::ZERO,
            deals: 0,
            signed: Decimal::ZERO,
            signed_in: Decimal::ZERO,
            opened: Leg::default(),
            closed: Leg::default(),
            reversed: Leg::default(),
            first_in_at: None,
            first_reversal_at: None,
            last_exit_at: None,
            last_deal_at: deal.time,
            first_deal: (deal.time, deal.id.clone()),
            number: None,
            opened_by: None,
            closed_by: None,
        }
    }

    pub(super) fn add(&mut self, deal: &Deal) -> Opening {
        self.deals += 1;
        self.last_deal_at = self.last_deal_at.max(deal.time);
        if (deal.time, deal.id.as_str()) < (self.first_deal.0, self.first_deal.1.as_str()) {
            self.first_deal = (deal.time, deal.id.clone());
        }
        if self.symbol.is_empty()
            && let Some(symbol) = &deal.symbol
        {
            self.symbol.clone_from(symbol);
        }
        if deal.kind.is_trade() {
            self.commission += deal.commission;
            self.swap += deal.swap;
            self.fee += deal.fee;
            self.profit += deal.profit;
            self.add_trade(deal)
        } else {
            // What is booked apart carries its amount as its profit.
            let cost = if deal.kind == DealKind::Commission {
                &mut self.commission
            } else {
                &mut self.fee
            };
            *cost += deal.net();
            Opening::Unchanged
        }
    }

    /// Moves the amounts by the difference of two readings of one deal. The
    /// volumes stay: a cancelled deal's position is closed as it was.
    pub(super) fn revise(&mut self, before: &Deal, after: &Deal) {
        self.commission += after.commission - before.commission;
        self.swap += after.swap - before.swap;
        self.fee += after.fee - before.fee;
        self.profit += after.profit - before.profit;
    }

    fn add_trade(&mut self, deal: &Deal) -> Opening {
        let signed = match deal.kind {
            DealKind::Sell => -deal.volume,
            _ => deal.volume,
        };
        let entry = deal.entry.unwrap_or_else(|| self.likely_entry(signed));
        self.signed += signed;
        self.record_origin(entry, deal);
        match entry {
            Entry::In => {
                self.signed_in += signed;
                self.opened.add(deal);
                let known = self.first_in_at;
                self.first_in_at = Some(known.map_or(deal.time, |known| known.min(deal.time)));
                match known {
                    None => Opening::At(deal.time),
                    Some(known) if deal.time < known => Opening::Earlier {
                        known,
                        first: deal.time,
                    },
                    Some(_) => Opening::Unchanged,
                }
            }
            Entry::InOut => {
                self.reversed.add(deal);
                let known = self.first_reversal_at;
                self.first_reversal_at =
                    Some(known.map_or(deal.time, |known| known.min(deal.time)));
                self.last_exit_at = self.last_exit_at.max(Some(deal.time));
                Opening::At(deal.time)
            }
            Entry::Out | Entry::OutBy => {
                self.closed.add(deal);
                self.last_exit_at = self.last_exit_at.max(Some(deal.time));
                Opening::Unchanged
            }
        }
    }

    fn record_origin(&mut self, entry: Entry, deal: &Deal) {
        if deal.origin == DealOrigin::default() {
            return;
        }
        if entry == Entry::In && self.first_in_at.is_none_or(|first| deal.time <= first) {
            self.opened_by = Some(deal.origin.clone());
        }
        if entry != Entry::In && self.last_exit_at.is_none_or(|last| deal.time >= last) {
            self.closed_by = Some(deal.origin.clone());
        }
    }

    /// Returns how it was opened, where its deals tell.
    #[must_use]
    pub fn opened_by(&self) -> Option<&DealOrigin> {
        self.opened_by.as_ref()
    }

    /// Returns how it was closed, where its deals tell.
    #[must_use]
    pub fn closed_by(&self) -> Option<&DealOrigin> {
        self.closed_by.as_ref()
    }

    /// Returns bought less sold lots.
    #[must_use]
    pub fn signed_volume(&self) -> Decimal {
        self.signed
    }

    /// A trade of a source that does not say closes what is open the other
    /// way and opens otherwise.
    fn likely_entry(&self, signed: Decimal) -> Entry {
        let closes =
            !self.signed.is_zero() && self.signed.is_sign_negative() != signed.is_sign_negative();
        match (closes, signed.abs() > self.signed.abs()) {
            (false, _) => Entry::In,
            (true, false) => Entry::Out,
            (true, true) => Entry::InOut,
        }
    }

    /// Whether an opening is known and volume is left. More closed than
    /// opened means that deals are missing, not that it goes the other way.
    #[must_use]
    pub fn is_open(&self) -> bool {
        let reversed = !self.reversed.volume.is_zero();
        let same_way = self.signed.is_sign_negative() == self.signed_in.is_sign_negative();
        !self.signed.is_zero() && (reversed || (!self.opened.volume.is_zero() && same_way))
    }

    /// Whether an opening is known and nothing is left.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        let has_opening = !self.opened.volume.is_zero() || !self.reversed.volume.is_zero();
        self.signed.is_zero() && has_opening
    }

    /// Lots that are open.
    #[must_use]
    pub fn volume_open(&self) -> Decimal {
        self.signed.abs()
    }

    /// Which way it was opened.
    #[must_use]
    pub fn side(&self) -> Side {
        let negative = if !self.signed_in.is_zero() {
            self.signed_in.is_sign_negative()
        } else {
            self.signed.is_sign_negative()
        };
        if negative { Side::Sell } else { Side::Buy }
    }

    /// Lots opened in all: half of what was traded, once it is closed.
    #[must_use]
    pub fn volume(&self) -> Decimal {
        let traded = self.opened.volume + self.closed.volume + self.reversed.volume;
        (traded / Decimal::TWO).max(self.opened.volume).normalize()
    }

    /// When it was first opened.
    #[must_use]
    pub fn opened_at(&self) -> Option<Timestamp> {
        match (self.first_in_at, self.first_reversal_at) {
            (Some(opened), Some(reversed)) => Some(opened.min(reversed)),
            (opened, reversed) => opened.or(reversed),
        }
    }

    /// When it was last closed, wholly or in part.
    #[must_use]
    pub fn closed_at(&self) -> Option<Timestamp> {
        self.last_exit_at
    }

    pub(super) fn last_deal_at(&self) -> Timestamp {
        self.last_deal_at
    }

    /// The average price of its openings. A reversal counts only where there
    /// is no other.
    #[must_use]
    pub fn open_price(&self) -> Option<Decimal> {
        self.opened.price().or_else(|| self.reversed.price())
    }

    /// The average price of its closings. A reversal counts only where there
    /// is no other.
    #[must_use]
    pub fn close_price(&self) -> Option<Decimal> {
        self.closed.price().or_else(|| self.reversed.price())
    }

    /// Profit and costs together.
    #[must_use]
    pub fn net(&self) -> Decimal {
        self.profit + self.commission + self.swap + self.fee
    }

    pub(super) fn number(&self) -> Option<u64> {
        self.number
    }

    pub(super) fn set_number(&mut self, number: u64) {
        self.number = Some(number);
    }

    /// Gives a position that was netted by symbol an id of its own when it
    /// closes, so that the next one of the symbol is another.
    pub(super) fn name_by_first_deal(&mut self) {
        if self.id.starts_with(NETTING_PREFIX) && self.id.matches(':').count() == 1 {
            self.id = format!("{}:{}", self.id, self.first_deal.1);
        }
    }
}

/// A trade: a closed position, its partial closes together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClosedPosition {
    /// From 1, in the order in which positions closed here.
    pub number: u64,
    /// What its deals come to.
    pub position: Position,
}

impl ClosedPosition {
    /// When it closed.
    #[must_use]
    pub fn closed_at(&self) -> Timestamp {
        self.position
            .closed_at()
            .unwrap_or_else(|| self.position.last_deal_at())
    }

    /// Whether it brought more than it cost.
    #[must_use]
    pub fn is_win(&self) -> bool {
        self.position.net() > Decimal::ZERO
    }
}
