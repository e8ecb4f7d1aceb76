//! Reads a row of a table of deals.

use rust_decimal::Decimal;

use crate::columns::DealColumns;
use crate::limits::IDENTIFIER_BYTES_MAX;
use crate::model::{Deal, DealKind, Entry};
use crate::number;
use crate::row::{Cell, Row};
use crate::survey::Habits;
use crate::time::{self, DealTime};
use crate::values::{entry_of, kind_of};

/// Whether the row has a deal's time, type and, if it is a trade, direction and volume.
pub(crate) fn fits(row: &Row, columns: &DealColumns, habits: Habits) -> bool {
    let Some(kind) = kind_of(row.cell(columns.kind).text, columns.api) else {
        return false;
    };
    let time = row.cell(columns.time);
    let timed = if columns.api {
        time::parse(time.text, habits.dates).is_some()
    } else {
        time::is_report_time(time.text, time.number, habits.dates)
    };
    let traded = !kind.is_trade()
        || (entry_of(row.cell(columns.entry).text, columns.api).is_some()
            && volume_of(row.cell(columns.volume).text, habits).is_some());
    timed && traded
}

/// Whether the row means to be a deal, readable or not: total and label rows do not.
pub(crate) fn means_a_deal(row: &Row, columns: &DealColumns, habits: Habits) -> bool {
    let ticket = columns.ticket.map_or("", |column| row.cell(column).text);
    let numbered = !ticket.is_empty() && ticket.bytes().all(|b| b.is_ascii_digit());
    let timed = time::parse(row.cell(columns.time).text, habits.dates).is_some();
    numbered || timed || kind_of(row.cell(columns.kind).text, false).is_some()
}

/// Reads the row.
///
/// # Errors
///
/// What is wrong with it, in plain English.
pub(crate) fn read(row: &Row, columns: &DealColumns, habits: Habits) -> Result<Deal, String> {
    if let Some(fault) = row.fault {
        return Err(fault.to_owned());
    }
    let time = time_of(row, columns, habits)?;
    let kind_cell = row.cell(columns.kind).text;
    let kind = kind_of(kind_cell, columns.api).ok_or_else(|| wrong("deal type", kind_cell))?;
    let amount = |name: &str, column: Option<usize>| amount_of(name, optional(row, column), habits);
    let id = |name: &str, column: Option<usize>| short(name, identifier(optional(row, column)));
    let level = |column: Option<usize>| level_of(optional(row, column), habits);
    let ticket = id("ticket", columns.ticket)?;
    let mut deal = Deal {
        line: row.line,
        time,
        ticket: ticket.unwrap_or_else(|| format!("row-{}", row.line)),
        order: id("order", columns.order)?,
        position_id: id("position", columns.position)?,
        symbol: short("symbol", text_of(optional(row, columns.symbol)))?,
        kind,
        entry: None,
        volume: Decimal::ZERO,
        price: Decimal::ZERO,
        stop_loss: level(columns.stop_loss),
        take_profit: level(columns.take_profit),
        commission: amount("commission", columns.commission)?,
        fee: amount("fee", columns.fee)?,
        swap: amount("swap", columns.swap)?,
        profit: amount("profit", Some(columns.profit))?,
        balance: balance_of(optional(row, columns.balance), habits)?,
        comment: text_of(optional(row, columns.comment)),
    };
    if kind.is_trade() {
        read_trade(row, columns, habits, &mut deal)?;
    } else {
        let volume = row.cell(columns.volume).text;
        deal.volume = volume_of(volume, habits).unwrap_or_default();
        deal.price = amount("price", columns.price).unwrap_or_default();
    }
    Ok(deal)
}

fn read_trade(
    row: &Row,
    columns: &DealColumns,
    habits: Habits,
    deal: &mut Deal,
) -> Result<(), String> {
    let entry = row.cell(columns.entry).text;
    deal.entry = Some(entry_of(entry, columns.api).ok_or_else(|| wrong("direction", entry))?);
    let volume = row.cell(columns.volume).text;
    deal.volume = volume_of(volume, habits)
        .filter(|volume| *volume > Decimal::ZERO)
        .ok_or_else(|| wrong("volume", volume))?;
    if let Some(column) = columns.price {
        let price = row.cell(column).text;
        deal.price = number::parse(price, habits.mark).ok_or_else(|| wrong("price", price))?;
    }
    if columns.symbol.is_some() && deal.symbol.is_none() {
        return Err("a trade without a symbol".to_owned());
    }
    Ok(())
}

/// The time; to the millisecond where a second column has it so.
fn time_of(row: &Row, columns: &DealColumns, habits: Habits) -> Result<DealTime, String> {
    let text = row.cell(columns.time).text;
    let time = time::parse(text, habits.dates).ok_or_else(|| wrong_time("time", text, habits))?;
    let fine = columns
        .time_millis
        .and_then(|column| time::parse(row.cell(column).text, habits.dates));
    Ok(match (time, fine) {
        (DealTime::Server(coarse), Some(DealTime::Server(fine)))
            if coarse.and_utc().timestamp() == fine.and_utc().timestamp() =>
        {
            DealTime::Server(fine)
        }
        _ => time,
    })
}

/// Says that a time cannot be read, or is in no year of a trade.
pub(crate) fn wrong_time(name: &str, text: &str, habits: Habits) -> String {
    if time::is_out_of_range(text, habits.dates) {
        format!("the {name} is outside 1990 to 2100: {text:?}")
    } else {
        wrong(name, text)
    }
}

fn optional(row: &Row, column: Option<usize>) -> Cell<'_> {
    column.map_or_else(Cell::default, |column| row.cell(column))
}

fn text_of(cell: Cell<'_>) -> Option<String> {
    (!cell.text.is_empty()).then(|| cell.text.to_owned())
}

/// A number that names something. Data frames write whole numbers as `5.0`; 0 names nothing.
pub(crate) fn identifier(cell: Cell<'_>) -> Option<String> {
    let text = cell.text.strip_prefix('#').unwrap_or(cell.text);
    let plain = match text.split_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|b| b == b'0') => whole,
        _ => text,
    };
    let scientific =
        plain.contains(['e', 'E']) && plain.bytes().next().is_some_and(|b| b.is_ascii_digit());
    let text = if scientific {
        number::parse_identifier(plain).unwrap_or_else(|| plain.to_owned())
    } else {
        plain.to_owned()
    };
    let blank = matches!(text.as_str(), "" | "0" | "nan" | "NaN" | "None");
    (!blank).then_some(text)
}

/// Returns what names something, if it is short enough for a key.
///
/// # Errors
///
/// Returns what is wrong with it, in plain English, if it has more than 64 bytes.
pub(crate) fn short(name: &str, text: Option<String>) -> Result<Option<String>, String> {
    match text {
        Some(text) if text.len() > IDENTIFIER_BYTES_MAX => Err(format!(
            "the {name} has more than {IDENTIFIER_BYTES_MAX} bytes"
        )),
        text => Ok(text),
    }
}

/// The stop loss or take profit of a deal; 0 is none. A level is of no account to the deal's
/// money, so one that cannot be read is none too.
fn level_of(cell: Cell<'_>, habits: Habits) -> Option<Decimal> {
    number::parse(cell.text, habits.mark).filter(|level| !level.is_zero())
}

/// An amount; a blank cell is nothing.
pub(crate) fn amount_of(name: &str, cell: Cell<'_>, habits: Habits) -> Result<Decimal, String> {
    if matches!(cell.text, "" | "-" | "nan" | "NaN") {
        return Ok(Decimal::ZERO);
    }
    number::parse(cell.text, habits.mark).ok_or_else(|| wrong(name, cell.text))
}

fn balance_of(cell: Cell<'_>, habits: Habits) -> Result<Option<Decimal>, String> {
    if matches!(cell.text, "" | "-" | "nan" | "NaN") {
        return Ok(None);
    }
    amount_of("balance", cell, habits).map(Some)
}

/// A volume; of `0.5 / 1` (done of ordered) the first. Terminals set to show amounts in place of
/// lots write `100K` and `1.5M`.
pub(crate) fn volume_of(text: &str, habits: Habits) -> Option<Decimal> {
    let first = text.split('/').next().unwrap_or(text).trim();
    let (digits, unit) = match first.chars().next_back() {
        Some('K' | 'k') => (&first[..first.len() - 1], 1_000),
        Some('M' | 'm') => (&first[..first.len() - 1], 1_000_000),
        _ => (first, 1),
    };
    let volume = number::parse(digits, habits.mark)?;
    let volume = if unit == 1 {
        volume
    } else {
        (volume * Decimal::from(unit)).normalize()
    };
    (!volume.is_sign_negative()).then_some(volume)
}

/// Says that a cell cannot be read, quoting it in short.
pub(crate) fn wrong(name: &str, text: &str) -> String {
    if text.is_empty() {
        return format!("the {name} is missing");
    }
    let shown: String = text.chars().filter(|c| !c.is_control()).take(40).collect();
    format!("the {name} cannot be read: {shown:?}")
}

impl Deal {
    /// Whether it opens a position or adds to one.
    pub(crate) fn opens(&self) -> bool {
        self.kind.is_trade() && self.entry == Some(Entry::In)
    }

    /// Whether it closes a position, wholly or in part.
    pub(crate) fn closes(&self) -> bool {
        self.kind.is_trade() && matches!(self.entry, Some(Entry::Out | Entry::OutBy))
    }

    /// The volume, sales being negative; nothing for operations.
    pub(crate) fn signed_volume(&self) -> Decimal {
        match self.kind {
            DealKind::Buy => self.volume,
            DealKind::Sell => -self.volume,
            _ => Decimal::ZERO,
        }
    }
}
