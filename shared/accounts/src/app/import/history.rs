//! A parsed file in the domain's terms.

use std::collections::HashMap;

use chrono::{LocalResult, NaiveDateTime, TimeDelta, TimeZone};
use chrono_tz::Tz;
use kernel::Error;
use kernel::currency::Currency;
use kernel::time::Timestamp;
use mt5_history::{DealTime, History, ParseError, Position, Totals};
use rust_decimal::Decimal;

use super::{Counts, ERRORS_MAX, ImportRequest, ImportTotals, RowError};
use crate::domain::deal::{Deal, DealKind, DealOrigin, Entry};

/// A file, read.
pub(super) struct Read {
    pub(super) history: History,
    pub(super) zone: Tz,
    pub(super) currency: Currency,
    pub(super) totals: Totals,
}

/// Reads a file.
///
/// # Errors
/// `Invalid` where it is no history of MT5, with the reason.
pub(super) fn read(bytes: &[u8], request: &ImportRequest) -> kernel::Result<Read> {
    let mut history = mt5_history::parse(bytes)
        .map_err(|error: ParseError| Error::field("", error.to_string()))?;
    if history.deals.is_empty() {
        let first = history.issues.first();
        return Err(Error::field(
            "",
            match first {
                Some(issue) => format!(
                    "no row of the file could be read; line {}: {}",
                    issue.line, issue.message
                ),
                None => "the file has no deals".to_owned(),
            },
        ));
    }
    mt5_history::link(&mut history);
    let currency = history
        .account
        .currency
        .as_deref()
        .and_then(Currency::parse)
        .unwrap_or_else(Currency::usd);
    Ok(Read {
        totals: history.totals(),
        history,
        zone: request.server_zone,
        currency,
    })
}

impl Read {
    /// The deals, in order of time.
    pub(super) fn deals(&self) -> Vec<Deal> {
        let mut deals: Vec<Deal> = self
            .history
            .deals
            .iter()
            .map(|deal| deal_of(deal, self.zone))
            .collect();
        deals.sort_by_key(|deal| deal.time);
        deals
    }

    /// The time of the newest deal.
    pub(super) fn last_deal_at(&self) -> Option<Timestamp> {
        let times = self.history.deals.iter().map(|deal| deal.time);
        times.map(|time| instant(time, self.zone)).max()
    }

    /// The deals as an analysis counts them: where a report's Positions row is
    /// not opened and closed by the deals that are linked to it (a history
    /// that starts in mid-account), the row itself stands in for them.
    pub(super) fn deals_for_analysis(&self) -> Vec<Deal> {
        let Some(positions) = &self.history.positions else {
            return self.deals();
        };
        let mut linked: HashMap<String, (Decimal, Decimal)> = HashMap::new();
        for deal in &self.history.deals {
            let Some(id) = &deal.position_id else {
                continue;
            };
            let volumes = linked.entry(id.clone()).or_default();
            match deal.entry {
                Some(mt5_history::Entry::In) => volumes.0 += deal.volume,
                _ => volumes.1 += deal.volume,
            }
        }
        let is_whole = |position: &Position| {
            linked
                .get(&position.id)
                .is_some_and(|(opened, closed)| opened == closed && *opened == position.volume)
        };
        let known: HashMap<&str, bool> = positions
            .iter()
            .map(|position| (position.id.as_str(), is_whole(position)))
            .collect();
        let mut deals: Vec<Deal> = self
            .history
            .deals
            .iter()
            .filter(|deal| {
                let row = deal.position_id.as_deref().and_then(|id| known.get(id));
                let has_rest = deal.kind.is_trade()
                    && deal.position_id.is_none()
                    && deal.entry != Some(mt5_history::Entry::In);
                // An exit that belongs to no known position belongs to a row
                // that stands in for it.
                row.is_none_or(|is_whole| *is_whole) && !has_rest
            })
            .map(|deal| deal_of(deal, self.zone))
            .collect();
        for position in positions.iter().filter(|position| !is_whole(position)) {
            deals.extend(stand_in(position, self.zone));
        }
        deals.sort_by_key(|deal| deal.time);
        deals
    }

    pub(super) fn counts(&self) -> Counts {
        let totals = &self.totals;
        Counts {
            positions: totals.closed_positions as u64,
            deals: totals.trades as u64,
            balance_operations: totals.balance_operations as u64,
        }
    }

    pub(super) fn totals(&self) -> ImportTotals {
        let totals = &self.totals;
        ImportTotals {
            net_profit: kernel::Number::money(totals.net_profit, &self.currency),
            balance: kernel::Number::money(totals.balance, &self.currency),
        }
    }

    pub(super) fn errors(&self) -> Vec<RowError> {
        self.history
            .issues
            .iter()
            .take(ERRORS_MAX)
            .map(|issue| RowError {
                line: issue.line,
                message: issue.message.clone(),
            })
            .collect()
    }
}

fn deal_of(deal: &mt5_history::Deal, zone: Tz) -> Deal {
    use mt5_history::{Canceled, DealKind as Kind, Entry as Side};
    Deal {
        id: deal.ticket.clone(),
        time: instant(deal.time, zone),
        kind: match deal.kind {
            Kind::Buy => DealKind::Buy,
            Kind::Sell => DealKind::Sell,
            Kind::Balance => DealKind::Balance,
            Kind::Credit | Kind::StopOutCompensationCredit => DealKind::Credit,
            Kind::StopOutCompensation => DealKind::StopOutCompensation,
            Kind::Charge => DealKind::Charge,
            Kind::Correction => DealKind::Correction,
            Kind::Bonus => DealKind::Bonus,
            Kind::Commission => DealKind::Commission,
            Kind::Interest => DealKind::Interest,
            Kind::Dividend => DealKind::Dividend,
            Kind::Tax => DealKind::Tax,
            Kind::Canceled(Canceled::Buy) => DealKind::BuyCanceled,
            Kind::Canceled(Canceled::Sell) => DealKind::SellCanceled,
        },
        entry: deal.entry.map(|entry| match entry {
            Side::In => Entry::In,
            Side::Out => Entry::Out,
            Side::InOut => Entry::InOut,
            Side::OutBy => Entry::OutBy,
        }),
        symbol: deal.symbol.clone(),
        position_id: deal.position_id.clone(),
        order_id: deal.order.clone(),
        volume: deal.volume,
        price: deal.price,
        commission: deal.commission,
        swap: deal.swap,
        fee: deal.fee,
        profit: deal.profit,
        comment: deal.comment.clone().unwrap_or_default(),
        class: None,
        origin: DealOrigin::default(),
    }
}

/// The opening and the closing of a Positions row.
fn stand_in(position: &Position, zone: Tz) -> [Deal; 2] {
    let (opens, closes) = match position.side {
        mt5_history::Side::Buy => (DealKind::Buy, DealKind::Sell),
        mt5_history::Side::Sell => (DealKind::Sell, DealKind::Buy),
    };
    let opened = Deal {
        id: format!("position-{}-in", position.id),
        time: instant(position.open_time, zone),
        kind: opens,
        entry: Some(Entry::In),
        symbol: Some(position.symbol.clone()),
        position_id: Some(position.id.clone()),
        order_id: None,
        volume: position.volume,
        price: position.open_price,
        commission: Decimal::ZERO,
        swap: Decimal::ZERO,
        fee: Decimal::ZERO,
        profit: Decimal::ZERO,
        comment: String::new(),
        class: None,
        origin: DealOrigin::default(),
    };
    let closed = Deal {
        id: format!("position-{}-out", position.id),
        time: instant(position.close_time, zone),
        kind: closes,
        entry: Some(Entry::Out),
        price: position.close_price,
        commission: position.commission,
        swap: position.swap,
        profit: position.profit,
        ..opened.clone()
    };
    [opened, closed]
}

/// The moment of a server's time: one that its zone repeats is the earlier,
/// one that it skips is as long after the gap.
fn instant(time: DealTime, zone: Tz) -> Timestamp {
    match time {
        DealTime::Instant(at) => at,
        DealTime::Server(local) => local_instant(local, zone),
    }
}

fn local_instant(local: NaiveDateTime, zone: Tz) -> Timestamp {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at.to_utc(),
        LocalResult::None => {
            let before = local - TimeDelta::hours(3);
            match zone.from_local_datetime(&before) {
                LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => {
                    at.to_utc() + TimeDelta::hours(3)
                }
                LocalResult::None => local.and_utc(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(text: &str) -> NaiveDateTime {
        text.parse().expect("a local time")
    }

    #[test]
    fn server_times_are_read_in_the_servers_zone_over_its_changes() {
        let zone: Tz = "Europe/Athens".parse().expect("a zone");
        let at = |text| local_instant(local(text), zone).to_rfc3339();
        assert_eq!(at("2026-01-10T12:00:00"), "2026-01-10T10:00:00+00:00");
        assert_eq!(at("2026-07-10T12:00:00"), "2026-07-10T09:00:00+00:00");
        // 29 March 2026, 03:00 does not exist there; 25 October, 03:30 does twice.
        assert_eq!(at("2026-03-29T03:30:00"), "2026-03-29T01:30:00+00:00");
        assert_eq!(at("2026-10-25T03:30:00"), "2026-10-25T00:30:00+00:00");
    }
}
