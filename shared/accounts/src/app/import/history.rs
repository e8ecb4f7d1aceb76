//! A parsed file in the domain's terms.

use std::collections::HashMap;

use chrono_tz::Tz;
use kernel::Error;
use kernel::currency::Currency;
use kernel::time::Timestamp;
use mt5_history::{Format, History, LinkSummary, ParseError, Position, Totals};
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
    let history = mt5_history::parse(bytes).map_err(invalid)?;
    linked(history, request, mt5_history::try_link)
}

/// Reads a file that was uploaded, with the step budgets for large ones.
///
/// # Errors
/// Returns the errors of [`read`].
pub(super) fn read_large(bytes: &[u8], request: &ImportRequest) -> kernel::Result<Read> {
    let history = mt5_history::parse_large(bytes).map_err(invalid)?;
    linked(history, request, mt5_history::try_link_large)
}

fn invalid(error: ParseError) -> Error {
    Error::field("", error.to_string())
}

fn linked(
    mut history: History,
    request: &ImportRequest,
    link: fn(&mut History) -> Result<LinkSummary, ParseError>,
) -> kernel::Result<Read> {
    let has_positions_alone = history.format == Format::PositionsTable
        && history.positions.iter().flatten().next().is_some();
    if history.deals.is_empty() && !has_positions_alone {
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
    link(&mut history).map_err(invalid)?;
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
    /// Returns how many rows the file has, those that could not be read
    /// included.
    pub(super) fn rows(&self) -> u64 {
        let history = &self.history;
        let positions = history.positions.as_ref().map_or(0, Vec::len);
        (history.deals.len() + positions) as u64 + u64::from(history.skipped)
    }

    /// The deals, in order of time. A table of positions has none.
    pub(super) fn deals(&self) -> Vec<Deal> {
        let mut deals: Vec<Deal> = self
            .deals_with_instants()
            .map(|(deal, time)| deal_of(deal, time))
            .collect();
        deals.sort_by_key(|deal| deal.time);
        deals
    }

    /// The deals as they stand in the file, each with its time in the server's
    /// zone.
    fn deals_with_instants(&self) -> impl Iterator<Item = (&mt5_history::Deal, Timestamp)> {
        let instants = mt5_history::deal_instants(&self.history.deals, &self.zone);
        self.history.deals.iter().zip(instants)
    }

    /// The time of the newest deal, of a table of positions that of the newest
    /// close.
    pub(super) fn last_deal_at(&self) -> Option<Timestamp> {
        let newest = self.deals_with_instants().map(|(_, time)| time).max();
        newest.or_else(|| {
            let positions = self.history.positions.iter().flatten();
            positions.map(|row| row.instants(&self.zone).1).max()
        })
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
            .deals_with_instants()
            .filter(|(deal, _)| {
                let row = deal.position_id.as_deref().and_then(|id| known.get(id));
                let has_rest = deal.kind.is_trade()
                    && deal.position_id.is_none()
                    && deal.entry != Some(mt5_history::Entry::In);
                // An exit that belongs to no known position belongs to a row
                // that stands in for it.
                row.is_none_or(|is_whole| *is_whole) && !has_rest
            })
            .map(|(deal, time)| deal_of(deal, time))
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

fn deal_of(deal: &mt5_history::Deal, time: Timestamp) -> Deal {
    use mt5_history::{Canceled, DealKind as Kind, Entry as Side};
    Deal {
        id: deal.ticket.clone(),
        time,
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
    let (opened_at, closed_at) = position.instants(&zone);
    let opened = Deal {
        entry: Some(Entry::In),
        symbol: Some(position.symbol.clone()),
        position_id: Some(position.id.clone()),
        volume: position.volume,
        price: position.open_price,
        ..Deal::empty(format!("position-{}-in", position.id), opened_at, opens)
    };
    let closed = Deal {
        id: format!("position-{}-out", position.id),
        time: closed_at,
        kind: closes,
        entry: Some(Entry::Out),
        price: position.close_price,
        commission: position.commission,
        swap: position.swap,
        fee: position.fee,
        profit: position.profit,
        ..opened.clone()
    };
    [opened, closed]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_in_athens(text: &str) -> Read {
        let request = ImportRequest {
            server_zone: Tz::Europe__Athens,
            name: None,
            initial_balance: None,
        };
        read(text.as_bytes(), &request).expect("a history")
    }

    /// The times in UTC of deals at these clocks, each with a ticket of its own.
    fn times_of(clocks: &[&str]) -> Vec<String> {
        let mut text = "Time;Deal;Symbol;Type;Direction;Volume;Price;Profit\n".to_owned();
        for (ticket, clock) in clocks.iter().enumerate() {
            text += &format!("{clock};{ticket};BTCUSD;buy;in;1;1.1;0\n");
        }
        let deals = read_in_athens(&text).deals();
        deals.iter().map(|deal| deal.time.to_rfc3339()).collect()
    }

    #[test]
    fn server_times_are_read_in_the_servers_zone_over_its_changes() {
        assert_eq!(
            times_of(&["2026-01-10T12:00:00", "2026-07-10T12:00:00"]),
            ["2026-01-10T10:00:00+00:00", "2026-07-10T09:00:00+00:00"]
        );
        // 29 March 2026, 03:00 does not exist there.
        assert_eq!(
            times_of(&["2026-03-29T03:30:00"]),
            ["2026-03-29T01:30:00+00:00"]
        );
        // 25 October, the hour from 03:00 is there twice.
        assert_eq!(
            times_of(&[
                "2026-10-25T03:10:00",
                "2026-10-25T03:50:00",
                "2026-10-25T03:05:00"
            ]),
            [
                "2026-10-25T00:10:00+00:00",
                "2026-10-25T00:50:00+00:00",
                "2026-10-25T01:05:00+00:00"
            ]
        );
    }

    #[test]
    fn positions_alone_stand_in_for_their_deals() {
        let read = read_in_athens(
            "Time;Position;Symbol;Type;Volume;Price;Time;Price;Commission;Fee;Swap;Profit\n\
             2026.10.23 10:00;7;EURUSD;sell;0.5;1.1;2026.10.23 12:00;1.09;-2;-0.5;-1;500\n",
        );
        assert!(read.deals().is_empty());
        let deals = read.deals_for_analysis();
        let ids: Vec<&str> = deals.iter().map(|deal| deal.id.as_str()).collect();
        assert_eq!(ids, ["position-7-in", "position-7-out"]);
        let closed = &deals[1];
        let net = closed.profit + closed.commission + closed.fee + closed.swap;
        assert_eq!(net, read.totals.net_profit);
        assert_eq!(net, Decimal::new(4_965, 1));
        assert_eq!(read.last_deal_at(), Some(closed.time));
        let counts = read.counts();
        assert_eq!((counts.positions, counts.deals), (1, 0));
    }
}
