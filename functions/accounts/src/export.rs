//! `GET /api/account/{id}/export.xlsx`

use accounts::store::Resolution;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chrono::TimeDelta;
use http::HeaderValue;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use kernel::time::Timestamp;
use kernel::{Error, Number};
use rust_decimal::prelude::ToPrimitive;
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};
use web::problem::ProblemBody;

use crate::App;
use crate::access::OwnAccount;
use crate::rules::{ViolationAnswer, violations};
use crate::trades::Trade;

/// Trades of one workbook, the newest: Lambda answers at most 6 MB.
const TRADES_MAX: u64 = 10_000;
/// Trades read at a time.
const TRADES_PAGE: u64 = 500;
/// Hours of equity of one workbook: 90 days.
const EQUITY_HOURS_MAX: u32 = 2_160;

/// A workbook with the account's trades (the newest 10,000), hourly equity of
/// 90 days, and violations.
#[utoipa::path(
    get,
    path = "/api/account/{id}/export.xlsx",
    tag = "accounts",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The account")),
    responses(
        (status = 200, description = "The workbook", content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", body = Vec<u8>),
        (status = 404, description = "No such account of the caller", body = ProblemBody),
    )
)]
pub(crate) async fn workbook(State(app): State<App>, account: OwnAccount) -> web::Result<Response> {
    let trades = trades(&app, &account).await?;
    let now = app.platform.now();
    let equity = app
        .store
        .equity_history(
            &account.shop,
            &account.id,
            Resolution::Hour,
            now - TimeDelta::days(90),
            now,
            EQUITY_HOURS_MAX,
        )
        .await?;
    let violations = violations(&app, &account).await?;
    let bytes = write(&trades, &equity, &violations).map_err(Error::internal)?;
    let name = format!("attachment; filename=\"{}.xlsx\"", account.id);
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

async fn trades(app: &App, account: &OwnAccount) -> web::Result<Vec<Trade>> {
    let currency = &account.account_state.currency;
    let mut newest = account.account_state.trades;
    let oldest = newest.saturating_sub(TRADES_MAX) + 1;
    let mut trades = Vec::new();
    while newest >= oldest {
        let from = newest.saturating_sub(TRADES_PAGE - 1).max(oldest);
        let page = app
            .store
            .trades(&account.shop, &account.id, from, newest)
            .await?;
        trades.extend(page.iter().map(|trade| Trade::of(trade, currency)));
        newest = from - 1;
    }
    Ok(trades)
}

fn write(
    trades: &[Trade],
    equity: &[accounts::store::Candle],
    violations: &[ViolationAnswer],
) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let head = Format::new().set_bold();
    let time = Format::new().set_num_format("yyyy-mm-dd hh:mm:ss");
    trade_sheet(
        book.add_worksheet().set_name("Trades")?,
        trades,
        &head,
        &time,
    )?;
    equity_sheet(
        book.add_worksheet().set_name("Equity")?,
        equity,
        &head,
        &time,
    )?;
    violation_sheet(
        book.add_worksheet().set_name("Violations")?,
        violations,
        &head,
        &time,
    )?;
    book.save_to_buffer()
}

fn trade_sheet(
    sheet: &mut Worksheet,
    trades: &[Trade],
    head: &Format,
    time: &Format,
) -> Result<(), XlsxError> {
    heading(
        sheet,
        head,
        &[
            "Number",
            "Position",
            "Symbol",
            "Side",
            "Volume",
            "Open time (UTC)",
            "Open price",
            "Close time (UTC)",
            "Close price",
            "Commission",
            "Swap",
            "Fee",
            "Profit",
            "Net profit",
        ],
    )?;
    for (row, trade) in (1_u32..).zip(trades) {
        sheet.write_number(row, 0, trade.number as f64)?;
        sheet.write_string(row, 1, &trade.position_id)?;
        sheet.write_string(row, 2, &trade.symbol)?;
        sheet.write_string(row, 3, trade.side.as_str())?;
        number(sheet, row, 4, Some(trade.volume))?;
        moment(sheet, row, 5, trade.open_time, time)?;
        number(sheet, row, 6, trade.open_price)?;
        moment(sheet, row, 7, Some(trade.close_time), time)?;
        number(sheet, row, 8, trade.close_price)?;
        let money = [
            trade.commission,
            trade.swap,
            trade.fee,
            trade.profit,
            trade.net_profit,
        ];
        for (column, amount) in (9_u16..).zip(money) {
            number(sheet, row, column, Some(amount))?;
        }
    }
    Ok(())
}

fn equity_sheet(
    sheet: &mut Worksheet,
    equity: &[accounts::store::Candle],
    head: &Format,
    time: &Format,
) -> Result<(), XlsxError> {
    heading(
        sheet,
        head,
        &[
            "Hour (UTC)",
            "First",
            "Last",
            "Minimum",
            "Maximum",
            "Balance",
        ],
    )?;
    for (row, candle) in (1_u32..).zip(equity) {
        moment(sheet, row, 0, Some(candle.start), time)?;
        let figures = [
            candle.first,
            candle.last,
            candle.minimum,
            candle.maximum,
            candle.balance,
        ];
        for (column, figure) in (1_u16..).zip(figures) {
            number(sheet, row, column, Some(Number(figure)))?;
        }
    }
    Ok(())
}

fn violation_sheet(
    sheet: &mut Worksheet,
    violations: &[ViolationAnswer],
    head: &Format,
    time: &Format,
) -> Result<(), XlsxError> {
    heading(
        sheet,
        head,
        &[
            "Detected at (UTC)",
            "Rule",
            "Severity",
            "Threshold",
            "Value",
            "Challenge",
        ],
    )?;
    for (row, violation) in (1_u32..).zip(violations) {
        moment(sheet, row, 0, Some(violation.detected_at), time)?;
        sheet.write_string(row, 1, violation.rule.as_str())?;
        sheet.write_string(row, 2, violation.severity.as_str())?;
        number(sheet, row, 3, Some(violation.threshold_value))?;
        number(sheet, row, 4, Some(violation.current_value))?;
        sheet.write_string(row, 5, violation.challenge_id.as_str())?;
    }
    Ok(())
}

fn heading(sheet: &mut Worksheet, head: &Format, names: &[&str]) -> Result<(), XlsxError> {
    for (column, name) in (0_u16..).zip(names) {
        sheet.write_string_with_format(0, column, *name, head)?;
    }
    Ok(())
}

/// A workbook holds floats and nothing else; what it shows is for reading.
fn number(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    value: Option<Number>,
) -> Result<(), XlsxError> {
    if let Some(value) = value.and_then(|value| value.0.to_f64()) {
        sheet.write_number(row, column, value)?;
    }
    Ok(())
}

fn moment(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    at: Option<Timestamp>,
    format: &Format,
) -> Result<(), XlsxError> {
    if let Some(at) = at {
        let when = rust_xlsxwriter::ExcelDateTime::from_timestamp(at.timestamp())?;
        sheet.write_datetime_with_format(row, column, when, format)?;
    }
    Ok(())
}
