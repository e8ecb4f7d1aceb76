//! Whether a signal can be traded, and how sure its reading is.

use rust_decimal::Decimal;

use super::answer::{LIST_MAX, Parsed};
use super::assemble::Draft;
use super::facts::{Facts, Stop};
use super::keywords::Word;
use super::reasons::Reason;
use super::tokens::Tokens;
use crate::domain::levels::{Levels, Misplaced};
use crate::domain::values::{Direction, OrderType, Symbol};

/// Unknown words that a direction and a symbol alone may have around them.
const WORDS_AROUND_BARE_ORDER_MAX: u32 = 4;
/// Unknown words that an order without stop or without targets may have around it.
const WORDS_AROUND_ORDER_MAX: u32 = 40;

/// Refuses what no trade can be made of.
pub(super) fn refuse(draft: &Draft, facts: &Facts, tokens: &Tokens) -> Option<Reason> {
    let parsed = &draft.parsed;
    misplaced(parsed, draft.direction).or_else(|| not_meant(parsed, facts, tokens))
}

/// Prices must be where the direction wants them, and be of one thing.
fn misplaced(parsed: &Parsed, direction: Direction) -> Option<Reason> {
    let number = |index: usize| u8::try_from(index + 1).unwrap_or(u8::MAX);
    let levels = Levels {
        direction,
        market: parsed.symbol.as_ref().map(Symbol::market),
        entries: &parsed.entries,
        is_zone: parsed.entry_zone.is_some(),
        stop: parsed.stop_loss,
        targets: &parsed.take_profits,
    };
    let first = levels.misplaced().next()?;
    Some(match first {
        Misplaced::Stop => Reason::StopOnWrongSide,
        Misplaced::Target(index) => Reason::TargetOnWrongSide(number(index)),
        Misplaced::TargetBehindStop(index) => Reason::TargetBehindStop(number(index)),
        Misplaced::Apart => Reason::PriceImplausible,
    })
}

/// Words around a direction may make it something else than an order. The less of an order
/// there is, the less may be around it.
fn not_meant(parsed: &Parsed, facts: &Facts, tokens: &Tokens) -> Option<Reason> {
    let has_stop = facts.has_stop() || parsed.stop_loss.is_some();
    let has_targets =
        !facts.targets.is_empty() || !parsed.take_profits.is_empty() || facts.is_runner;
    let is_hedged = facts.side.is_some_and(|side| side.is_hedged);
    if has_stop && has_targets {
        return (is_hedged && facts.hedges >= 2).then_some(Reason::Possibility);
    }
    let is_bare = !has_stop && !has_targets;
    if tokens.words.has(Word::Running) || (is_bare && tokens.words.has(Word::Summary)) {
        return Some(Reason::Result);
    }
    if is_bare && (tokens.words.has(Word::Advert) || tokens.has_link) {
        return Some(Reason::Advert);
    }
    if facts.is_question {
        return Some(Reason::Question);
    }
    if is_hedged || (is_bare && facts.hedges > 0) {
        return Some(Reason::Possibility);
    }
    if is_bare && facts.is_negated {
        return Some(Reason::Negated);
    }
    let words_max = if is_bare {
        WORDS_AROUND_BARE_ORDER_MAX
    } else {
        WORDS_AROUND_ORDER_MAX
    };
    (tokens.unknown > words_max).then_some(Reason::Prose)
}

/// How sure the reading is, with the reasons.
pub(super) fn weigh(draft: &mut Draft, facts: &Facts, is_symbol_known: bool) {
    let parsed = &mut draft.parsed;
    let mut confidence = 40_i32;
    let mut reasons: Vec<Reason> = Vec::with_capacity(4);
    let mut add = |points: i32, reason: Option<Reason>| {
        confidence += points;
        reasons.extend(reason);
    };
    let has_stop = parsed.stop_loss.is_some() || parsed.stop_loss_pips.is_some();
    let has_targets = !parsed.take_profits.is_empty() || !parsed.take_profit_pips.is_empty();
    if has_stop && has_targets && !parsed.entries.is_empty() {
        add(60, Some(Reason::Complete));
    } else {
        let is_market = parsed.order_type == Some(OrderType::Market);
        if !parsed.entries.is_empty() || (is_market && facts.is_market) {
            add(15, None);
        }
        match facts.stop {
            _ if has_stop => add(20, None),
            Stop::Open => add(10, Some(Reason::StopOpen)),
            Stop::Later => add(10, Some(Reason::StopLater)),
            _ => add(0, Some(Reason::StopAbsent)),
        }
        if has_targets {
            add(20, None);
        } else if facts.is_runner {
            add(20, Some(Reason::TargetsOpen));
        } else {
            add(0, Some(Reason::TargetsAbsent));
        }
    }
    for note in &draft.notes {
        let points = match note {
            Reason::ToldApartBySide | Reason::MoreSetups => -10,
            Reason::CommaAmbiguous => -15,
            Reason::PipsResolved | Reason::PercentResolved | Reason::PipsUnresolved => -5,
            _ => 0,
        };
        add(points, Some(*note));
    }
    if facts.side.is_none() {
        add(-20, Some(Reason::DirectionByHint));
    } else if facts.side.is_some_and(|side| side.is_hedged) {
        add(-20, Some(Reason::DirectionHedged));
    }
    if !is_symbol_known {
        add(-5, Some(Reason::CoinUnknown));
    }
    if is_ratio_unusual(parsed) {
        add(-15, Some(Reason::UnusualRatio));
    }
    reasons.truncate(LIST_MAX);
    parsed.confidence = u8::try_from(confidence.clamp(1, 100)).unwrap_or(100);
    parsed.reasons = reasons;
}

/// Whether the first target is more than fifty times as far as the stop, or the last one not a
/// twentieth of it.
fn is_ratio_unusual(parsed: &Parsed) -> bool {
    let (Some(entry), Some(stop)) = (parsed.entries.first(), parsed.stop_loss) else {
        return false;
    };
    let risk = (*entry - stop).abs();
    let reward = |target: Option<&Decimal>| target.map(|target| (*target - *entry).abs());
    let first = reward(parsed.take_profits.first());
    let last = reward(parsed.take_profits.last());
    first.is_some_and(|first| first > risk.saturating_mul(Decimal::from(50)))
        || last.is_some_and(|last| last.saturating_mul(Decimal::from(20)) < risk)
}
