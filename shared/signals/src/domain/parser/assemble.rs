//! Puts a signal together out of its fields.

use rust_decimal::Decimal;

use super::answer::{EntryZone, Kind as AnswerKind, LIST_MAX, Parsed};
use super::facts::{Facts, Item, Join, Stop};
use super::numbers::{Number, Unit};
use super::reasons::Reason;
use super::symbols::Ticker;
use super::tokens::Tokens;
use crate::domain::values::{Direction, Market, OrderType, Symbol};

/// A signal as far as it is put together.
pub(super) struct Draft {
    /// What is read.
    pub(super) parsed: Parsed,
    /// What is worth telling of how it was read.
    pub(super) notes: Vec<Reason>,
    /// Which way.
    pub(super) direction: Direction,
}

/// The symbol that belongs to the direction: beside it, in the heading above it, or anywhere.
pub(super) fn ticker(tokens: &Tokens, facts: &Facts) -> Option<Ticker> {
    let Some(side) = facts.side else {
        return tokens.mentions.first().map(|mention| mention.ticker);
    };
    let beside = tokens
        .mentions
        .iter()
        .filter(|mention| mention.line == side.line)
        .min_by_key(|mention| usize::abs_diff(mention.token as usize, side.token));
    let before = || {
        let before = || {
            tokens
                .mentions
                .iter()
                .rev()
                .filter(|mention| mention.line < side.line)
        };
        before()
            .find(|mention| mention.is_heading)
            .or_else(|| before().next())
    };
    beside
        .or_else(before)
        .or_else(|| tokens.mentions.first())
        .map(|mention| mention.ticker)
}

/// Puts the fields together for a symbol and a direction.
pub(super) fn assemble(
    facts: &Facts,
    symbol: Symbol,
    direction: Direction,
) -> Result<Draft, Reason> {
    let mut parsed = Parsed::empty(AnswerKind::Signal);
    let mut notes = Vec::new();
    let commas = Commas::of(facts, symbol.market());
    if commas.are_doubtful {
        notes.push(Reason::CommaAmbiguous);
    }
    let prices = Prices {
        commas,
        pip: symbol.pip(),
        point: point(&symbol),
        direction,
    };
    parsed.symbol = Some(symbol);
    parsed.direction = Some(direction);
    parsed.runner = facts.is_runner;
    parsed.leverage = facts.leverage;
    parsed.risk_percent = facts.risk.map(|risk| risk.value().normalize());
    if facts.is_size_zero {
        return Err(Reason::ZeroSize);
    }
    if facts.is_pips_range {
        return Err(Reason::PipsRange);
    }
    let mut draft = Draft {
        parsed,
        notes,
        direction,
    };
    entries(&mut draft, facts, &prices);
    let entry = draft.parsed.entries.first().copied();
    exits(&mut draft, facts, &prices, entry);
    loose(&mut draft, facts, &prices);
    weights(&mut draft.parsed, facts);
    order_type(&mut draft, facts)?;
    if matches!(facts.stop, Stop::Unreadable) && draft.parsed.stop_loss.is_none() {
        return Err(Reason::StopUnreadable);
    }
    if facts.is_truncated {
        draft.notes.push(Reason::ListTruncated);
    }
    if facts.has_more {
        draft.notes.push(Reason::MoreSetups);
    }
    Ok(draft)
}

/// The prices of an update, without what only a signal must have. Pips are counted from `entry`,
/// where the message has no entry of its own.
pub(super) fn prices_only(
    facts: &Facts,
    symbol: Symbol,
    direction: Direction,
    entry: Option<Decimal>,
) -> Option<Draft> {
    if facts.is_pips_range {
        return None;
    }
    let prices = Prices {
        commas: Commas::of(facts, symbol.market()),
        pip: symbol.pip(),
        point: point(&symbol),
        direction,
    };
    let mut draft = Draft {
        parsed: Parsed::empty(AnswerKind::Update),
        notes: Vec::new(),
        direction,
    };
    draft.parsed.runner = facts.is_runner;
    draft.parsed.risk_percent = facts.risk.map(|risk| risk.value().normalize());
    entries(&mut draft, facts, &prices);
    let base = draft.parsed.entries.first().copied().or(entry);
    exits(&mut draft, facts, &prices, base);
    weights(&mut draft.parsed, facts);
    Some(draft)
}

/// What one point is: of indices and coins as much as the unit, of others nobody agrees.
fn point(symbol: &Symbol) -> Option<Decimal> {
    matches!(symbol.market(), Market::Index | Market::Crypto).then_some(Decimal::ONE)
}

/// How the commas of a message are to be read.
#[derive(Clone, Copy)]
struct Commas {
    are_decimals: bool,
    are_doubtful: bool,
}

impl Commas {
    /// Pairs of currencies have no thousands; elsewhere the other prices tell.
    fn of(facts: &Facts, market: Market) -> Self {
        let all = || {
            let stop = match facts.stop {
                Stop::Price(number) => Some(number),
                _ => None,
            };
            facts
                .entries
                .iter()
                .chain(&facts.targets)
                .map(|item| item.number)
                .chain(stop)
                .filter(|number| number.unit == Unit::Plain)
        };
        let Some(doubtful) = all().find(|number| number.is_comma_ambiguous) else {
            return Self {
                are_decimals: false,
                are_doubtful: false,
            };
        };
        if market == Market::Forex {
            return Self {
                are_decimals: true,
                are_doubtful: false,
            };
        }
        let sure = all().find(|number| !number.is_comma_ambiguous && !number.is_zero());
        let are_decimals = sure
            .is_some_and(|sure| doubtful.value() > sure.value().saturating_mul(Decimal::from(30)));
        Self {
            are_decimals,
            are_doubtful: sure.is_none(),
        }
    }
}

/// Makes prices of numbers.
struct Prices {
    commas: Commas,
    pip: Option<Decimal>,
    point: Option<Decimal>,
    direction: Direction,
}

impl Prices {
    fn price(&self, number: Number) -> Option<Decimal> {
        let number = if self.commas.are_decimals {
            number.comma_as_decimals()
        } else {
            number
        };
        number.price()
    }

    /// A price at a distance in pips or points on the winning or losing side of the entry.
    fn at_distance(&self, entry: Decimal, distance: Number, wins: bool) -> Option<Decimal> {
        let unit = if distance.unit == Unit::Points {
            self.point?
        } else {
            self.pip?
        };
        let distance = unit.checked_mul(distance.value())?;
        let is_above = wins == (self.direction == Direction::Buy);
        let price = if is_above {
            entry.checked_add(distance)
        } else {
            entry.checked_sub(distance)
        };
        price
            .filter(|price| *price > Decimal::ZERO)
            .map(|price| price.normalize())
    }

    /// A price so many percent of the entry on its losing side.
    fn at_percent(&self, entry: Decimal, percent: Number) -> Option<Decimal> {
        let share = percent.value().checked_div(Decimal::ONE_HUNDRED)?;
        let factor = match self.direction {
            Direction::Buy => Decimal::ONE.checked_sub(share)?,
            Direction::Sell => Decimal::ONE.checked_add(share)?,
        };
        let price = entry.checked_mul(factor)?;
        (price > Decimal::ZERO).then(|| price.normalize())
    }
}

fn entries(draft: &mut Draft, facts: &Facts, prices: &Prices) {
    let parsed = &mut draft.parsed;
    parsed.entries = facts
        .entries
        .iter()
        .filter(|item| item.number.unit == Unit::Plain)
        .filter_map(|item| prices.price(item.number))
        .collect();
    if let ([first, second], [_, item]) = (parsed.entries.as_slice(), facts.entries.as_slice()) {
        let is_zone = facts.is_zone || matches!(item.join, Join::Dash | Join::Slash | Join::To);
        let (low, high) = (*first.min(second), *first.max(second));
        if is_zone && low < high {
            parsed.entry_zone = Some(EntryZone { low, high });
        } else if low == high {
            parsed.entries.truncate(1);
        }
    }
}

/// Stop and targets, as prices where an entry is known for what is in pips.
fn exits(draft: &mut Draft, facts: &Facts, prices: &Prices, entry: Option<Decimal>) {
    let parsed = &mut draft.parsed;
    let (mut is_resolved, mut is_unresolved) = (false, false);
    match facts.stop {
        Stop::Price(number) => parsed.stop_loss = prices.price(number),
        Stop::Pips(pips) => {
            parsed.stop_loss = entry.and_then(|entry| prices.at_distance(entry, pips, false));
            is_resolved = parsed.stop_loss.is_some();
            if !is_resolved {
                is_unresolved = true;
                parsed.stop_loss_pips = Some(pips.value().normalize());
            }
        }
        Stop::Percent(percent) => {
            parsed.stop_loss = entry.and_then(|entry| prices.at_percent(entry, percent));
            if parsed.stop_loss.is_some() {
                draft.notes.push(Reason::PercentResolved);
            }
        }
        _ => {}
    }
    for item in &facts.targets {
        let number = item.number;
        if number.unit == Unit::Plain {
            parsed.take_profits.extend(prices.price(number));
            continue;
        }
        match entry.and_then(|entry| prices.at_distance(entry, number, true)) {
            Some(price) => {
                is_resolved = true;
                parsed.take_profits.push(price);
            }
            None => {
                is_unresolved = true;
                parsed.take_profit_pips.push(number.value().normalize());
            }
        }
    }
    if is_resolved {
        draft.notes.push(Reason::PipsResolved);
    }
    if is_unresolved {
        draft.notes.push(Reason::PipsUnresolved);
    }
}

/// Tells numbers without labels apart by their side of the entry.
fn loose(draft: &mut Draft, facts: &Facts, prices: &Prices) {
    let numbers: Vec<Decimal> = facts
        .loose
        .iter()
        .filter_map(|number| prices.price(*number))
        .collect();
    let parsed = &mut draft.parsed;
    let direction = draft.direction;
    if numbers.is_empty() {
        return;
    }
    let Some(entry) = parsed.entries.first().copied() else {
        let found = match numbers.as_slice() {
            [only] if !facts.has_exit() && *only > Decimal::ZERO => Some(only),
            all => all
                .iter()
                .find(|price| lies_between(parsed, direction, **price)),
        };
        if let Some(price) = found {
            parsed.entries.push(*price);
            draft.notes.push(Reason::ToldApartBySide);
        }
        return;
    };
    let has_stop = facts.has_stop();
    let has_targets = !facts.targets.is_empty();
    let is_near = |price: &Decimal| {
        let three = Decimal::from(3);
        *price < entry.saturating_mul(three) && price.saturating_mul(three) > entry
    };
    let of_side = |wins: bool| {
        numbers
            .iter()
            .copied()
            .filter(is_near)
            .filter(move |price| {
                if wins {
                    direction.gains(entry, *price)
                } else {
                    direction.loses(entry, *price)
                }
            })
            .take(LIST_MAX)
    };
    let before = (
        parsed.stop_loss,
        parsed.take_profits.len(),
        parsed.entries.len(),
    );
    match parsed.stop_loss {
        None if !has_stop => parsed.stop_loss = of_side(false).next(),
        Some(stop) => {
            let room = LIST_MAX - 1;
            let more: Vec<Decimal> = of_side(false)
                .filter(|price| direction.gains(stop, *price))
                .take(room)
                .collect();
            if !facts.is_entry_labelled {
                parsed.entries.extend(more);
            }
        }
        None => {}
    }
    if !has_targets {
        parsed.take_profits.extend(of_side(true));
    }
    let after = (
        parsed.stop_loss,
        parsed.take_profits.len(),
        parsed.entries.len(),
    );
    if before != after {
        draft.notes.push(Reason::ToldApartBySide);
    }
}

/// Whether a price can be the entry of what stop and targets are known.
fn lies_between(parsed: &Parsed, direction: Direction, price: Decimal) -> bool {
    if parsed.stop_loss.is_none() && parsed.take_profits.is_empty() {
        return false;
    }
    let stop_fits = parsed
        .stop_loss
        .is_none_or(|stop| direction.loses(price, stop));
    let targets_fit = parsed
        .take_profits
        .iter()
        .all(|target| direction.gains(price, *target));
    stop_fits && targets_fit
}

/// Shares count where each price of a list has one and together they are the whole, or leave
/// something to run.
fn weights(parsed: &mut Parsed, facts: &Facts) {
    parsed.entry_weights = shares(&facts.entries, parsed.entries.len(), false);
    parsed.take_profit_weights = shares(&facts.targets, parsed.take_profits.len(), parsed.runner);
}

fn shares(items: &[Item], count: usize, leaves_rest: bool) -> Option<Vec<Decimal>> {
    if items.len() != count || items.is_empty() {
        return None;
    }
    let shares: Vec<Decimal> = items
        .iter()
        .map(|item| item.weight.map(|weight| weight.value().normalize()))
        .collect::<Option<_>>()?;
    let sum = shares
        .iter()
        .try_fold(Decimal::ZERO, |sum, share| sum.checked_add(*share))?;
    let is_whole = (Decimal::from(99)..=Decimal::from(101)).contains(&sum);
    let is_rest = leaves_rest && sum < Decimal::ONE_HUNDRED;
    (is_whole || is_rest).then_some(shares)
}

/// What the words say; without any a price beside the direction is the market's, and one
/// with a label of its own is waited for.
fn order_type(draft: &mut Draft, facts: &Facts) -> Result<(), Reason> {
    let parsed = &mut draft.parsed;
    let breaks = facts.breaks == Some(draft.direction);
    let order = match facts.order {
        Some(order) => order,
        None if facts.is_market => OrderType::Market,
        None if breaks && !parsed.entries.is_empty() => OrderType::Stop,
        None if parsed.entries.is_empty() => OrderType::Market,
        None if facts.is_entry_labelled || parsed.entries.len() > 1 || facts.breaks.is_some() => {
            OrderType::Limit
        }
        None => OrderType::Market,
    };
    if order != OrderType::Market && parsed.entries.is_empty() {
        return Err(Reason::PriceMissing);
    }
    parsed.order_type = Some(order);
    if parsed.entries.is_empty() {
        draft.notes.push(Reason::MarketWithoutPrice);
    }
    Ok(())
}
