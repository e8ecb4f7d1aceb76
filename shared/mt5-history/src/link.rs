//! Finds out which position each trade belongs to.
//!
//! A report's deals do not say it. What is known: in hedging a position bears the number of the
//! order that opened it; in netting a symbol has one position at a time; the Positions section
//! has each closed position's close. Where that leaves a doubt, nothing is said.

use std::collections::HashMap;

use rust_decimal::Decimal;

use crate::link_exits;
use crate::model::{AccountMode, Deal, Entry, History, Side};

/// How many trades have their position.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LinkSummary {
    /// Trades whose position is known, from the file or found out.
    pub linked: usize,
    /// Trades whose position is not known.
    pub unlinked: usize,
}

/// Gives each trade its position's number where it can be known. What the file says stays.
pub fn link(history: &mut History) -> LinkSummary {
    let missing = |deal: &Deal| deal.kind.is_trade() && deal.position_id.is_none();
    if history.deals.iter().any(missing) {
        let mode = history
            .account
            .mode
            .unwrap_or_else(|| infer_mode(&history.deals));
        match mode {
            AccountMode::Hedging => link_hedging(history),
            AccountMode::Netting => link_netting(history),
        }
    }
    let trades = history.deals.iter().filter(|deal| deal.kind.is_trade());
    let (linked, unlinked): (Vec<_>, Vec<_>) = trades.partition(|deal| deal.position_id.is_some());
    LinkSummary {
        linked: linked.len(),
        unlinked: unlinked.len(),
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

fn link_hedging(history: &mut History) {
    for deal in history.deals.iter_mut().filter(|deal| deal.opens()) {
        if deal.position_id.is_none() {
            deal.position_id.clone_from(&deal.order);
        }
    }
    link_exits::by_positions(history);
    link_only_candidates(&mut history.deals);
}

/// An open hedging position.
struct Open {
    id: String,
    side: Side,
    volume: Decimal,
}

/// The open positions of a symbol that are looked through for an exit's.
const OPEN_MAX: usize = 256;

/// An exit that only one open position can be the one of belongs to it.
fn link_only_candidates(deals: &mut [Deal]) {
    let mut open: HashMap<String, Vec<Open>> = HashMap::new();
    for deal in deals {
        let (Some(side), Some(symbol)) = (deal.side(), deal.symbol.clone()) else {
            continue;
        };
        let positions = open.entry(symbol).or_default();
        if deal.opens() {
            enter(positions, deal, side);
        } else if deal.closes() {
            if deal.position_id.is_none() {
                deal.position_id = only_candidate(positions, side, deal.volume);
            }
            leave(positions, deal);
        }
    }
}

fn enter(positions: &mut Vec<Open>, deal: &Deal, side: Side) {
    let Some(id) = &deal.position_id else {
        return;
    };
    if let Some(position) = positions
        .iter_mut()
        .rev()
        .take(OPEN_MAX)
        .find(|open| open.id == *id)
    {
        position.volume += deal.volume;
        return;
    }
    positions.push(Open {
        id: id.clone(),
        side,
        volume: deal.volume,
    });
}

fn leave(positions: &mut Vec<Open>, deal: &Deal) {
    let Some(at) = positions
        .iter()
        .position(|open| Some(&open.id) == deal.position_id.as_ref())
    else {
        return;
    };
    positions[at].volume -= deal.volume;
    if positions[at].volume <= Decimal::ZERO {
        positions.remove(at);
    }
}

fn only_candidate(positions: &[Open], side: Side, volume: Decimal) -> Option<String> {
    if positions.len() > OPEN_MAX {
        return None;
    }
    let mut fitting = positions
        .iter()
        .filter(|open| open.side == side.opposite() && open.volume >= volume);
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => Some(only.id.clone()),
        _ => None,
    }
}

/// The position of a symbol in netting.
struct Net {
    id: Option<String>,
    volume: Decimal,
}

fn link_netting(history: &mut History) {
    let mut nets: HashMap<String, Net> = HashMap::new();
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
    link_exits::by_positions(history);
}
