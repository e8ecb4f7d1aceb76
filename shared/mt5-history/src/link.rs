//! Finds out which position each trade belongs to.
//!
//! A report's deals do not say it. What is known: in hedging a position bears the number of the
//! order that opened it; in netting a symbol has one position at a time; the Positions section
//! has each closed position's close. Where that leaves a doubt, nothing is said.

use std::collections::{BTreeSet, HashMap};

use rust_decimal::Decimal;

use crate::errors::ParseError;
use crate::limits::{LARGE_LINK_STEPS_MAX, LINK_STEPS_MAX};
use crate::link_exits;
use crate::model::{AccountMode, Deal, Entry, History, Side};
use crate::steps::Steps;

/// How many trades have their position.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LinkSummary {
    /// Trades whose position is known, from the file or found out.
    pub linked: usize,
    /// Trades whose position is not known.
    pub unlinked: usize,
}

/// Gives each trade its position's number where it can be known. What the file says stays.
///
/// Trades that [`LINK_STEPS_MAX`] steps do not reach stay without a position; [`try_link`] refuses
/// such a history.
pub fn link(history: &mut History) -> LinkSummary {
    // The summary shows which trades were not reached.
    let _ = link_within(history, &mut Steps::new(LINK_STEPS_MAX));
    summary(history)
}

/// Gives each trade its position's number as [`link`] does, within [`LINK_STEPS_MAX`] steps.
///
/// # Errors
///
/// Returns [`ParseError::TooCostly`] if the history takes more steps.
pub fn try_link(history: &mut History) -> Result<LinkSummary, ParseError> {
    link_within(history, &mut Steps::new(LINK_STEPS_MAX))?;
    Ok(summary(history))
}

/// Gives each trade its position's number as [`link`] does, within [`LARGE_LINK_STEPS_MAX`] steps.
///
/// # Errors
///
/// Returns [`ParseError::TooCostly`] if the history takes more steps.
pub fn try_link_large(history: &mut History) -> Result<LinkSummary, ParseError> {
    link_within(history, &mut Steps::new(LARGE_LINK_STEPS_MAX))?;
    Ok(summary(history))
}

fn summary(history: &History) -> LinkSummary {
    let mut summary = LinkSummary::default();
    for deal in history.deals.iter().filter(|deal| deal.kind.is_trade()) {
        if deal.position_id.is_some() {
            summary.linked += 1;
        } else {
            summary.unlinked += 1;
        }
    }
    summary
}

/// Links a history within the given steps.
pub(crate) fn link_within(history: &mut History, steps: &mut Steps) -> Result<(), ParseError> {
    let missing = |deal: &Deal| deal.kind.is_trade() && deal.position_id.is_none();
    steps.take(history.deals.len())?;
    if !history.deals.iter().any(missing) {
        return Ok(());
    }
    steps.take(history.deals.len())?;
    let mode = history
        .account
        .mode
        .unwrap_or_else(|| infer_mode(&history.deals));
    match mode {
        AccountMode::Hedging => link_hedging(history, steps),
        AccountMode::Netting => link_netting(history, steps),
    }
}

/// Tells how positions are kept from what only one of the modes can do.
fn infer_mode(deals: &[Deal]) -> AccountMode {
    let mut open: HashMap<&str, (Decimal, Decimal)> = HashMap::new();
    let mut spans_entries = false;
    for deal in deals.iter().filter(|deal| deal.kind.is_trade()) {
        let (net, largest) = open
            .entry(deal.symbol.as_deref().unwrap_or(""))
            .or_default();
        let signed = deal.signed_volume();
        match deal.entry {
            Some(Entry::InOut) => return AccountMode::Netting,
            Some(Entry::OutBy) => return AccountMode::Hedging,
            Some(Entry::In) if opposed(*net, signed) => return AccountMode::Hedging,
            Some(Entry::In) => {
                *net += signed;
                *largest = (*largest).max(deal.volume);
            }
            _ => {
                spans_entries |= deal.volume > *largest && deal.volume <= net.abs();
                *net += signed;
                if net.is_zero() {
                    *largest = Decimal::ZERO;
                }
            }
        }
    }
    if spans_entries {
        AccountMode::Netting
    } else {
        AccountMode::Hedging
    }
}

fn opposed(a: Decimal, b: Decimal) -> bool {
    !a.is_zero() && !b.is_zero() && a.is_sign_negative() != b.is_sign_negative()
}

fn link_hedging(history: &mut History, steps: &mut Steps) -> Result<(), ParseError> {
    steps.take(history.deals.len())?;
    for deal in history.deals.iter_mut().filter(|deal| deal.opens()) {
        if deal.position_id.is_none() {
            deal.position_id.clone_from(&deal.order);
        }
    }
    link_exits::by_positions(history, steps)?;
    link_only_candidates(&mut history.deals, steps)
}

/// Assigns an exit deal to a position when exactly one open position can match it.
fn link_only_candidates(deals: &mut [Deal], steps: &mut Steps) -> Result<(), ParseError> {
    let mut books: HashMap<String, Book> = HashMap::new();
    for deal in deals {
        steps.take(1)?;
        let (Some(side), Some(symbol)) = (deal.side(), &deal.symbol) else {
            continue;
        };
        if !books.contains_key(symbol) {
            books.insert(symbol.clone(), Book::default());
        }
        let Some(book) = books.get_mut(symbol) else {
            continue;
        };
        if deal.opens() {
            book.enter(deal, side);
        } else if deal.closes() {
            if deal.position_id.is_none() {
                deal.position_id = book.only_candidate(side, deal.volume);
            }
            book.leave(deal);
        }
    }
    Ok(())
}

/// The hedging positions of a symbol. Each deal takes O(log n).
#[derive(Default)]
struct Book {
    /// Each position that was opened, by its place.
    positions: Vec<Open>,
    /// The places of the positions that are open, by number.
    by_id: HashMap<String, usize>,
    /// The volumes of the open purchases, each with the position's place.
    bought: BTreeSet<(Decimal, usize)>,
    /// The volumes of the open sales, each with the position's place.
    sold: BTreeSet<(Decimal, usize)>,
}

/// A hedging position.
struct Open {
    id: String,
    side: Side,
    volume: Decimal,
}

impl Book {
    fn volumes(&mut self, side: Side) -> &mut BTreeSet<(Decimal, usize)> {
        match side {
            Side::Buy => &mut self.bought,
            Side::Sell => &mut self.sold,
        }
    }

    fn enter(&mut self, deal: &Deal, side: Side) {
        let Some(id) = &deal.position_id else {
            return;
        };
        if let Some(at) = self.by_id.get(id) {
            self.change(*at, deal.volume);
            return;
        }
        let at = self.positions.len();
        self.positions.push(Open {
            id: id.clone(),
            side,
            volume: deal.volume,
        });
        self.by_id.insert(id.clone(), at);
        self.volumes(side).insert((deal.volume, at));
    }

    fn leave(&mut self, deal: &Deal) {
        let place = deal.position_id.as_ref().and_then(|id| self.by_id.get(id));
        if let Some(at) = place {
            self.change(*at, -deal.volume);
        }
    }

    /// Changes the volume of the position at a place; one without volume is closed.
    fn change(&mut self, at: usize, by: Decimal) {
        let Open { side, volume, .. } = self.positions[at];
        let changed = volume + by;
        self.volumes(side).remove(&(volume, at));
        self.positions[at].volume = changed;
        if changed > Decimal::ZERO {
            self.volumes(side).insert((changed, at));
        } else {
            self.by_id.remove(&self.positions[at].id);
        }
    }

    /// Returns the number of the position that an exit closes, if only one has its volume.
    fn only_candidate(&mut self, side: Side, volume: Decimal) -> Option<String> {
        let mut fitting = self.volumes(side.opposite()).range((volume, 0)..);
        match (fitting.next(), fitting.next()) {
            (Some((_, at)), None) => {
                let at = *at;
                Some(self.positions[at].id.clone())
            }
            _ => None,
        }
    }
}

/// The position of a symbol in netting.
struct Net {
    id: Option<String>,
    volume: Decimal,
}

fn link_netting(history: &mut History, steps: &mut Steps) -> Result<(), ParseError> {
    let mut nets: HashMap<String, Net> = HashMap::new();
    steps.take(history.deals.len())?;
    for deal in &mut history.deals {
        let (Some(entry), Some(symbol)) = (deal.entry, deal.symbol.clone()) else {
            continue;
        };
        let signed = deal.signed_volume();
        let net = nets.entry(symbol).or_insert(Net {
            id: None,
            volume: Decimal::ZERO,
        });
        let leaves = matches!(entry, Entry::Out | Entry::OutBy);
        if net.volume.is_zero() {
            // An exit from nothing: the position was opened before the history begins.
            net.id = match entry {
                Entry::In => deal.position_id.clone().or_else(|| deal.order.clone()),
                _ => deal.position_id.clone(),
            };
            if leaves {
                continue;
            }
        } else if leaves && (!opposed(net.volume, signed) || deal.volume > net.volume.abs()) {
            net.volume = Decimal::ZERO;
            continue;
        }
        if deal.position_id.is_none() {
            deal.position_id.clone_from(&net.id);
        }
        net.volume += signed;
    }
    link_exits::by_positions(history, steps)
}
