//! Reads a row of a report's Positions section.

use rust_decimal::Decimal;

use crate::columns::PositionColumns;
use crate::deal_row::{amount_of, identifier, short, volume_of, wrong, wrong_time};
use crate::model::Position;
use crate::number;
use crate::row::Row;
use crate::survey::Habits;
use crate::time;
use crate::values::side_of;

/// Whether the row has a closed position's times, side, volume and closing price. An order's row
/// has its state in place of the price.
pub(crate) fn fits(row: &Row, columns: &PositionColumns, habits: Habits) -> bool {
    let timed = |column: usize| {
        let cell = row.cell(column);
        time::is_report_time(cell.text, cell.number, habits.dates)
    };
    timed(columns.open_time)
        && timed(columns.close_time)
        && side_of(row.cell(columns.kind).text).is_some()
        && volume_of(row.cell(columns.volume).text, habits).is_some()
        && number::parse(row.cell(columns.close_price).text, habits.mark).is_some()
}

/// Whether the row means to be a position, readable or not.
pub(crate) fn means_a_position(row: &Row, columns: &PositionColumns, habits: Habits) -> bool {
    let id = row.cell(columns.id).text;
    let numbered = !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit());
    let timed = time::parse(row.cell(columns.open_time).text, habits.dates).is_some();
    numbered || timed || side_of(row.cell(columns.kind).text).is_some()
}

/// Reads the row.
///
/// # Errors
///
/// What is wrong with it, in plain English.
pub(crate) fn read(
    row: &Row,
    columns: &PositionColumns,
    habits: Habits,
) -> Result<Position, String> {
    if let Some(fault) = row.fault {
        return Err(fault.to_owned());
    }
    let time = |name: &str, column: usize| {
        let text = row.cell(column).text;
        time::parse(text, habits.dates).ok_or_else(|| wrong_time(name, text, habits))
    };
    let price = |name: &str, column: usize| {
        let text = row.cell(column).text;
        number::parse(text, habits.mark).ok_or_else(|| wrong(name, text))
    };
    let amount = |name: &str, column: usize| amount_of(name, row.cell(column), habits);
    let level = |name: &str, column: Option<usize>| {
        let level = column.map_or(Ok(Decimal::ZERO), |column| amount(name, column))?;
        Ok::<_, String>((!level.is_zero()).then_some(level))
    };
    let (kind, volume) = (row.cell(columns.kind).text, row.cell(columns.volume).text);
    let symbol = row.cell(columns.symbol).text.to_owned();
    let id = short("position", identifier(row.cell(columns.id)))?;
    Ok(Position {
        line: row.line,
        open_time: time("open time", columns.open_time)?,
        id: id.ok_or_else(|| wrong("position", ""))?,
        symbol: short("symbol", Some(symbol).filter(|symbol| !symbol.is_empty()))?
            .ok_or_else(|| wrong("symbol", ""))?,
        side: side_of(kind).ok_or_else(|| wrong("position type", kind))?,
        volume: volume_of(volume, habits)
            .filter(|volume| *volume > Decimal::ZERO)
            .ok_or_else(|| wrong("volume", volume))?,
        open_price: price("open price", columns.open_price)?,
        stop_loss: level("stop loss", columns.stop_loss)?,
        take_profit: level("take profit", columns.take_profit)?,
        close_time: time("close time", columns.close_time)?,
        close_price: price("close price", columns.close_price)?,
        commission: amount("commission", columns.commission)?,
        fee: columns
            .fee
            .map_or(Ok(Decimal::ZERO), |column| amount("fee", column))?,
        swap: amount("swap", columns.swap)?,
        profit: amount("profit", columns.profit)?,
        comment: None,
    })
}
