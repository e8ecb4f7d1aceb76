//! Updates: what a message adds to a signal called before.

use rust_decimal::Decimal;

use super::answer::{Action, Kind, Parsed};
use super::assemble::{self, Draft};
use super::facts::{Facts, Stop};
use super::reasons::Reason;
use super::symbols::Ticker;
use super::tokens::Tokens;
use super::updates::News;
use crate::domain::values::{Direction, Symbol};

/// The message that another one replies to.
pub(super) struct Parent {
    parsed: Parsed,
    ticker: Option<Ticker>,
}

impl Parent {
    /// A message as it was read, with the first symbol in it.
    pub(super) fn new(parsed: Parsed, ticker: Option<Ticker>) -> Self {
        Self { parsed, ticker }
    }

    /// Whether it calls a trade.
    pub(super) fn is_signal(&self) -> bool {
        self.parsed.kind == Kind::Signal
    }

    /// The symbol that is in it.
    pub(super) fn ticker(&self) -> Option<Ticker> {
        self.ticker
    }
}

/// An update out of news, with the prices that belong to it.
pub(super) fn update(
    tokens: &Tokens,
    facts: &Facts,
    news: News,
    parent: Option<&Parent>,
    own: Option<Ticker>,
) -> Parsed {
    let mut parsed = begun(parent, own, facts);
    let (symbol, direction) = (parsed.symbol.clone(), parsed.direction);
    let moves_stop = news.actions.contains(&Action::MoveStop);
    let sets_targets = news.actions.contains(&Action::SetTargets);
    parsed.close_percent = news.close_percent;
    parsed.runner = facts.is_runner;
    parsed.actions = news.actions;
    if let Some(draft) = draft(facts, symbol, direction, parent) {
        if moves_stop {
            parsed.stop_loss = draft.parsed.stop_loss;
            parsed.stop_loss_pips = draft.parsed.stop_loss_pips;
        }
        if sets_targets {
            parsed.take_profits = draft.parsed.take_profits;
            parsed.take_profit_pips = draft.parsed.take_profit_pips;
        }
    }
    let is_lonely = tokens.unknown > 2;
    parsed.confidence = match parent {
        Some(parent) if parent.is_signal() => 95,
        _ if parsed.symbol.is_some() => 75,
        _ if is_lonely => 50,
        _ => 65,
    };
    explain(&mut parsed, parent);
    parsed
}

/// An update out of prices alone: the details of a signal that came without them. `None` where
/// the parent is no signal, or there are none, or they contradict it.
pub(super) fn details(facts: &Facts, parent: &Parent, own: Option<Ticker>) -> Option<Parsed> {
    if !parent.is_signal() || own.is_some_and(|own| Some(own) != parent.ticker) {
        return None;
    }
    let mut parsed = begun(Some(parent), None, facts);
    let draft = match draft(facts, parsed.symbol.clone(), parsed.direction, Some(parent)) {
        Some(draft) => draft.parsed,
        None => return None,
    };
    let has_stop = draft.stop_loss.is_some() || draft.stop_loss_pips.is_some();
    let has_targets = !draft.take_profits.is_empty() || !draft.take_profit_pips.is_empty();
    let has_entry = facts.is_entry_labelled && !draft.entries.is_empty();
    if !(has_stop || has_targets || has_entry || facts.is_runner) {
        return None;
    }
    if let (Some(stop), Some(direction)) = (draft.stop_loss, parsed.direction) {
        let behind = draft
            .take_profits
            .iter()
            .position(|target| !direction.gains(stop, *target));
        if let Some(index) = behind {
            let number = u8::try_from(index + 1).unwrap_or(u8::MAX);
            return Some(Parsed::noise(Reason::TargetBehindStop(number)));
        }
    }
    if has_entry {
        parsed.actions.push(Action::SetEntry);
        parsed.entries = draft.entries;
        parsed.entry_zone = draft.entry_zone;
        parsed.entry_weights = draft.entry_weights;
    }
    if has_stop {
        let had_one = parent.parsed.stop_loss.is_some();
        parsed.actions.push(if had_one {
            Action::MoveStop
        } else {
            Action::SetStop
        });
        parsed.stop_loss = draft.stop_loss;
        parsed.stop_loss_pips = draft.stop_loss_pips;
    }
    if has_targets {
        parsed.actions.push(Action::SetTargets);
        parsed.take_profits = draft.take_profits;
        parsed.take_profit_weights = draft.take_profit_weights;
        parsed.take_profit_pips = draft.take_profit_pips;
    }
    parsed.runner = facts.is_runner;
    parsed.leverage = facts.leverage;
    parsed.risk_percent = draft.risk_percent;
    parsed.confidence = 90;
    explain(&mut parsed, Some(parent));
    Some(parsed)
}

/// An update of the parent's trade, or of the one it names itself.
fn begun(parent: Option<&Parent>, own: Option<Ticker>, facts: &Facts) -> Parsed {
    let mut parsed = Parsed::empty(Kind::Update);
    let of_parent = parent.filter(|parent| parent.is_signal());
    parsed.symbol = own
        .or_else(|| parent.and_then(Parent::ticker))
        .map(|ticker| ticker.symbol())
        .or_else(|| of_parent.and_then(|parent| parent.parsed.symbol.clone()));
    if own.is_none() {
        // The parent's own choice among several symbols goes before its first one.
        if let Some(symbol) = of_parent.and_then(|parent| parent.parsed.symbol.clone()) {
            parsed.symbol = Some(symbol);
        }
    }
    parsed.direction = facts
        .side
        .map(|side| side.direction)
        .or(facts.mood)
        .or_else(|| of_parent.and_then(|parent| parent.parsed.direction));
    parsed
}

/// The prices of an update, with the parent's entry to count pips from. A trade that nothing is
/// known of is read as bought, which matters for pips and percents alone; those are then left out.
fn draft(
    facts: &Facts,
    symbol: Option<Symbol>,
    direction: Option<Direction>,
    parent: Option<&Parent>,
) -> Option<Draft> {
    let entry: Option<Decimal> = parent.and_then(|parent| parent.parsed.entries.first().copied());
    let is_relative = matches!(facts.stop, Stop::Pips(_) | Stop::Percent(_));
    if is_relative && direction.is_none() {
        return None;
    }
    let symbol =
        symbol.unwrap_or_else(|| Symbol::new(String::new(), crate::domain::values::Market::Crypto));
    assemble::prices_only(facts, symbol, direction.unwrap_or(Direction::Buy), entry)
}

fn explain(parsed: &mut Parsed, parent: Option<&Parent>) {
    let reason = match parent {
        Some(parent) if parent.is_signal() => Reason::RepliesToSignal,
        _ if parsed.symbol.is_some() => Reason::SpeaksForItself,
        _ => Reason::ParentUnknown,
    };
    parsed.reasons.push(reason);
}
