//! The gateway's answers, and what they are in our terms.

use kernel::number::parse_rounded;
use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::domain::deal::{Deal, DealKind, DealOrigin, DealReason};
use crate::domain::is_in_range;
use crate::domain::rules::OpenPositions;

/// What became of a registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Registration {
    /// The broker accepted; the gateway's id of the account.
    Done(String),
    /// Still being verified: ask again with the same transaction id.
    Verifying {
        /// Seconds until asking again makes sense.
        retry_after_s: u64,
    },
}

#[derive(Debug, Deserialize)]
pub(super) struct Registered {
    pub(super) id: String,
}

/// A field as the gateway wrote it, whatever it is.
type Field<'a> = Option<&'a RawValue>;

/// Returns the number of a field: rounded to eight digits, since the gateway
/// computes in doubles; `None` where it is missing, unreadable or beyond
/// reason.
fn number(field: Field<'_>) -> Option<Decimal> {
    let value = parse_rounded(field?.get()).ok()?;
    is_in_range(value).then_some(value)
}

/// Returns the text of a field that is a text or a number.
fn text(field: Field<'_>) -> Option<String> {
    let raw = field?.get();
    let text = serde_json::from_str::<String>(raw).ok().or_else(|| {
        raw.bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| raw.to_owned())
    })?;
    (!text.is_empty()).then_some(text)
}

fn time(field: Field<'_>) -> Option<Timestamp> {
    text(field)?.parse().ok()
}

/// An account at one moment. Amounts are in `currency`.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountInformation {
    /// ISO code, as the broker names it.
    pub currency: Option<String>,
    /// Closed results and cash.
    pub balance: Decimal,
    /// Balance, credit and open results.
    pub equity: Decimal,
    /// Margin in use.
    pub margin: Option<Decimal>,
    /// Margin left.
    pub free_margin: Option<Decimal>,
    /// Credit.
    pub credit: Option<Decimal>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct InformationFields<'a> {
    #[serde(borrow, default)]
    currency: Field<'a>,
    #[serde(borrow, default)]
    balance: Field<'a>,
    #[serde(borrow, default)]
    equity: Field<'a>,
    #[serde(borrow, default)]
    margin: Field<'a>,
    #[serde(borrow, default)]
    free_margin: Field<'a>,
    #[serde(borrow, default)]
    credit: Field<'a>,
}

impl AccountInformation {
    /// Reads an answer. Balance and equity must be readable; any other field
    /// that is not is left out.
    ///
    /// # Errors
    /// Returns a sentence if they are not.
    pub(super) fn read(body: &[u8]) -> Result<Self, String> {
        let fields: InformationFields<'_> =
            serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let needed = |field, name: &str| {
            number(field).ok_or_else(|| format!("{name} is missing or unreadable"))
        };
        Ok(Self {
            balance: needed(fields.balance, "balance")?,
            equity: needed(fields.equity, "equity")?,
            currency: text(fields.currency),
            margin: number(fields.margin),
            free_margin: number(fields.free_margin),
            credit: number(fields.credit),
        })
    }
}

#[derive(Debug, Deserialize)]
struct PositionFields<'a> {
    #[serde(borrow, default)]
    volume: Field<'a>,
    #[serde(borrow, default)]
    time: Field<'a>,
}

/// Reads a list of open positions, in sum.
///
/// # Errors
/// Returns a sentence if the list is unreadable, or a volume in it is.
pub(super) fn read_positions(body: &[u8]) -> Result<OpenPositions, String> {
    let positions: Vec<PositionFields<'_>> =
        serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let mut sum = OpenPositions {
        count: u32::try_from(positions.len()).unwrap_or(u32::MAX),
        lots: Decimal::ZERO,
        oldest_at: None,
    };
    for position in &positions {
        let lots = number(position.volume).ok_or("a position has no volume")?;
        sum.lots = sum.lots.checked_add(lots).ok_or("volumes beyond reason")?;
        let opened = time(position.time);
        sum.oldest_at = match (sum.oldest_at, opened) {
            (Some(oldest), Some(opened)) => Some(oldest.min(opened)),
            (oldest, opened) => oldest.or(opened),
        };
    }
    Ok(sum)
}

/// A page of deals.
#[derive(Debug, Default)]
pub struct DealsPage {
    /// Deals that can be computed with.
    pub deals: Vec<Deal>,
    /// Ids, cut short, of deals that cannot.
    pub set_aside: Vec<String>,
    /// Deals on the page.
    pub length: usize,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DealFields<'a> {
    #[serde(borrow, default)]
    id: Field<'a>,
    #[serde(borrow, default, rename = "type")]
    kind: Field<'a>,
    #[serde(borrow, default)]
    entry_type: Field<'a>,
    #[serde(borrow, default)]
    symbol: Field<'a>,
    #[serde(borrow, default)]
    time: Field<'a>,
    #[serde(borrow, default)]
    order_id: Field<'a>,
    #[serde(borrow, default)]
    position_id: Field<'a>,
    #[serde(borrow, default)]
    volume: Field<'a>,
    #[serde(borrow, default)]
    price: Field<'a>,
    #[serde(borrow, default)]
    commission: Field<'a>,
    #[serde(borrow, default)]
    swap: Field<'a>,
    #[serde(borrow, default)]
    profit: Field<'a>,
    #[serde(borrow, default)]
    comment: Field<'a>,
    #[serde(borrow, default)]
    magic: Field<'a>,
    #[serde(borrow, default)]
    reason: Field<'a>,
    #[serde(borrow, default)]
    stop_loss: Field<'a>,
    #[serde(borrow, default)]
    take_profit: Field<'a>,
}

/// Longest remark that is kept, in characters.
const COMMENT_CHARS_MAX: usize = 200;

/// Reads a page of deals.
///
/// # Errors
/// Returns a sentence if it is no list of objects.
pub(super) fn read_deals(body: &[u8]) -> Result<DealsPage, String> {
    let fields: Vec<DealFields<'_>> =
        serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let mut page = DealsPage {
        length: fields.len(),
        ..DealsPage::default()
    };
    for fields in fields {
        let id = text(fields.id).unwrap_or_else(|| "without an id".to_owned());
        match fields.deal(&id) {
            Some(deal) if deal.is_well_formed() && deal.is_in_range() => page.deals.push(deal),
            _ => page
                .set_aside
                .push(id.chars().take(SET_ASIDE_CHARS_MAX).collect()),
        }
    }
    Ok(page)
}

/// Characters that are told of the id of a deal that was set aside.
const SET_ASIDE_CHARS_MAX: usize = 40;

impl DealFields<'_> {
    /// Returns the deal, where everything that counts is readable. What is
    /// missing is nothing; what is there and unreadable is not.
    fn deal(&self, id: &str) -> Option<Deal> {
        let amount = |field: Field<'_>| match field {
            None => Some(Decimal::ZERO),
            Some(raw) if raw.get() == "null" => Some(Decimal::ZERO),
            Some(_) => number(field),
        };
        let magic = self.magic.and_then(|raw| raw.get().parse().ok());
        Some(Deal {
            id: text(self.id).map(|_| id.to_owned())?,
            time: time(self.time)?,
            kind: DealKind::parse(&text(self.kind).unwrap_or_default()),
            entry: text(self.entry_type).and_then(|entry| entry.parse().ok()),
            symbol: text(self.symbol),
            position_id: text(self.position_id),
            order_id: text(self.order_id),
            volume: amount(self.volume)?,
            price: number(self.price).unwrap_or_default(),
            commission: amount(self.commission)?,
            swap: amount(self.swap)?,
            // The gateway's protocol has no fee apart from the commission.
            fee: Decimal::ZERO,
            profit: amount(self.profit)?,
            comment: text(self.comment)
                .unwrap_or_default()
                .chars()
                .take(COMMENT_CHARS_MAX)
                .collect(),
            class: None,
            origin: DealOrigin {
                magic,
                reason: text(self.reason).map(|reason| DealReason::parse(&reason)),
                stop_loss: number(self.stop_loss),
                take_profit: number(self.take_profit),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dec(text: &str) -> Decimal {
        text.parse().expect("a decimal")
    }

    #[test]
    fn information_needs_balance_and_equity_alone() {
        let body = br#"{"balance":9963.140000000001,"equity":9963.14,"margin":"x",
                        "freeMargin":1e300,"currency":7,"credit":null}"#;
        let read = AccountInformation::read(body).expect("reads");
        assert_eq!(
            (read.balance, read.equity),
            (dec("9963.14"), dec("9963.14"))
        );
        assert_eq!(
            (read.margin, read.free_margin, read.credit),
            (None, None, None)
        );
        for body in [
            r#"{"balance":"1","equity":1}"#,
            r#"{"balance":1e300,"equity":1}"#,
            r#"{"balance":1}"#,
            "[]",
            "",
        ] {
            assert!(AccountInformation::read(body.as_bytes()).is_err(), "{body}");
        }
    }

    #[test]
    fn positions_keep_number_lots_and_oldest_time() {
        let body = br#"[{"id":"1","volume":0.1,"time":"2026-01-02T03:04:05.000Z","profit":5.684341886080802e-14},
                        {"id":"2","volume":1.25,"time":"2026-01-01T03:04:05.000Z","profit":"?"}]"#;
        let read = read_positions(body).expect("reads");
        assert_eq!((read.count, read.lots), (2, dec("1.35")));
        assert_eq!(read.oldest_at.map(|at| at.timestamp()), Some(1_767_236_645));
        assert!(read_positions(br#"[{"id":"1"}]"#).is_err());
        assert!(read_positions(b"{}").is_err());
    }

    #[test]
    fn unreadable_deal_is_set_aside_and_its_neighbours_stay() {
        let long = "x".repeat(65);
        let body = format!(
            r#"[{{"id":"1","type":"DEAL_TYPE_BUY","time":"2026-01-02T03:04:05.000Z","profit":-85.25999999999966,
                 "magic":12,"reason":"DEAL_REASON_SL","stopLoss":1.1}},
                {{"id":"2","type":"DEAL_TYPE_BUY","time":"2026-01-02T03:04:05.000Z","profit":1e300}},
                {{"id":"3","type":"DEAL_TYPE_BUY","time":"1970-01-01T00:00:00.000Z","profit":1}},
                {{"id":"{long}","type":"DEAL_TYPE_BUY","time":"2026-01-02T03:04:05.000Z","profit":1}},
                {{"type":"DEAL_TYPE_BUY","time":"2026-01-02T03:04:05.000Z"}},
                {{"id":6,"type":"DEAL_TYPE_SURPRISE","time":"2026-01-02T03:04:05.000Z","profit":null}}]"#
        );
        let page = read_deals(body.as_bytes()).expect("reads");
        assert_eq!(page.length, 6);
        let ids: Vec<_> = page.deals.iter().map(|deal| deal.id.as_str()).collect();
        assert_eq!(ids, ["1", "6"]);
        assert_eq!(page.set_aside.len(), 4);
        let first = page.deals.first().expect("a deal");
        assert_eq!(first.profit, dec("-85.26"));
        assert_eq!(first.origin.magic, Some(12));
        assert_eq!(first.origin.reason, Some(DealReason::Sl));
        assert_eq!(first.origin.stop_loss, Some(dec("1.1")));
    }
}
