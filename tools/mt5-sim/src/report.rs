//! From a history file to the deals of an account that replays it.

use chrono::{NaiveDateTime, TimeDelta, TimeZone};
use chrono_tz::Tz;
use kernel::time::Timestamp;
use mt5_history::{DealKind as Read, DealTime, Entry as ReadEntry, History};
use rust_decimal::Decimal;
use secrecy::{ExposeSecret as _, SecretString};

use crate::account::Account;
use crate::ledger::{self, Deal, DealKind, Entry, Stamp, Trade, deal};
use crate::replay::{self, Pace};
use crate::scenario::{AccountSpec, OperationKind};
use crate::settings::{DEMO_SERVER, REPORT_LOGIN};
use crate::symbols::Side;

/// A history file that is replayed as a live account.
#[derive(Clone)]
pub struct Report {
    /// The file: a report (HTML, XLSX) or a table of deals (CSV, XLSX).
    pub bytes: Vec<u8>,
    /// Recorded seconds that pass in one second, the first deal happening at
    /// the start; where left out, each deal happens when it was recorded.
    pub speed: Option<Decimal>,
    /// When the first deal happens; the present where left out.
    pub start: Option<Timestamp>,
    /// The account's investor password.
    pub password: SecretString,
}

/// The account that a file describes.
pub(crate) fn account(report: Report, zone: Tz, now: Timestamp) -> Result<Account, String> {
    let mut history = mt5_history::parse(&report.bytes).map_err(|error| error.to_string())?;
    mt5_history::link(&mut history);
    let header = &history.account;
    let login = header.login.as_deref().filter(|login| is_login(login));
    let server = header.server.as_deref().unwrap_or(DEMO_SERVER);
    let password = report.password.expose_secret();
    let mut spec = AccountSpec::plain(login.unwrap_or(REPORT_LOGIN), password, server);
    if let Some(currency) = &header.currency {
        spec.currency.clone_from(currency);
    }
    let pace = report.speed.map(|speed| Pace {
        start: report.start.unwrap_or(now),
        speed,
    });
    replay::account(spec, now, deals(&history, zone), pace)
}

fn is_login(text: &str) -> bool {
    (1..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn deals(history: &History, zone: Tz) -> Vec<Deal> {
    let mut deals: Vec<Deal> = history.deals.iter().map(|deal| read(deal, zone)).collect();
    let opening = history.totals().opening_balance;
    let first = deals.iter().map(|deal| deal.at).min();
    if let Some(first) = first.filter(|_| !opening.is_zero()) {
        // A live account's history is whole: what came before the file's first
        // deal is one deposit.
        let at = first - TimeDelta::milliseconds(1);
        let kind = DealKind::Operation(OperationKind::Balance);
        let mut before = deal(Stamp::plain(at, 0), 0, kind, Entry::In);
        before.profit = opening;
        "Opening balance".clone_into(&mut before.comment);
        deals.push(before);
    }
    deals
}

fn read(deal: &mt5_history::Deal, zone: Tz) -> Deal {
    let at = match deal.time {
        DealTime::Server(time) => server_time(time, zone),
        DealTime::Instant(time) => time,
    };
    let line = u64::from(deal.line);
    let kind = kind(deal.kind);
    let trade = match (kind, &deal.symbol) {
        (DealKind::Trade(_), Some(symbol)) => {
            let order = deal.order.as_deref().and_then(ticket).unwrap_or(line);
            Some(Trade {
                symbol: symbol.clone(),
                order,
                position: deal
                    .position_id
                    .as_deref()
                    .and_then(ticket)
                    .unwrap_or(order),
                volume: deal.volume,
                price: deal.price,
            })
        }
        _ => None,
    };
    let entry = match deal.entry {
        Some(ReadEntry::Out) => Entry::Out,
        Some(ReadEntry::InOut) => Entry::InOut,
        Some(ReadEntry::OutBy) => Entry::OutBy,
        Some(ReadEntry::In) | None => Entry::In,
    };
    // A file without tickets has lines instead.
    let id = ticket(&deal.ticket).unwrap_or(line);
    let mut made = ledger::deal(Stamp::plain(at, id), 0, kind, entry);
    made.trade = trade;
    // The protocol has no field for fees: they are part of the commission.
    made.commission = deal.commission + deal.fee;
    made.swap = deal.swap;
    made.profit = deal.profit;
    made.comment = deal.comment.clone().unwrap_or_default();
    made
}

fn ticket(text: &str) -> Option<u64> {
    text.parse().ok()
}

fn kind(read: Read) -> DealKind {
    match read {
        Read::Buy => DealKind::Trade(Side::Buy),
        Read::Sell => DealKind::Trade(Side::Sell),
        Read::Balance => DealKind::Operation(OperationKind::Balance),
        Read::Credit => DealKind::Operation(OperationKind::Credit),
        Read::StopOutCompensation => DealKind::Operation(OperationKind::SoCompensation),
        Read::StopOutCompensationCredit => DealKind::Operation(OperationKind::SoCompensationCredit),
        Read::Charge => DealKind::Operation(OperationKind::Charge),
        Read::Correction => DealKind::Operation(OperationKind::Correction),
        Read::Bonus => DealKind::Operation(OperationKind::Bonus),
        Read::Commission => DealKind::Operation(OperationKind::Commission),
        Read::Interest => DealKind::Operation(OperationKind::Interest),
        Read::Dividend => DealKind::Operation(OperationKind::Dividend),
        Read::Tax => DealKind::Operation(OperationKind::Tax),
        Read::Canceled(mt5_history::Canceled::Buy) => DealKind::Canceled(Side::Buy),
        Read::Canceled(mt5_history::Canceled::Sell) => DealKind::Canceled(Side::Sell),
    }
}

/// A time on the trade server's clock: the earlier where it is repeated, and
/// after the gap where it is skipped.
fn server_time(time: NaiveDateTime, zone: Tz) -> Timestamp {
    zone.from_local_datetime(&time)
        .earliest()
        .or_else(|| {
            zone.from_local_datetime(&(time + TimeDelta::hours(1)))
                .earliest()
        })
        .map_or_else(|| time.and_utc(), |local| local.to_utc())
}
