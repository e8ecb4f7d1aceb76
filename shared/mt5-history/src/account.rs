//! The head of a report: whose account it is.
//!
//! The account's line has one form in every language: `10000001 (USD, Server, demo, Hedge)`. The
//! line above it is the holder, the one below the broker.

use crate::model::{AccountHeader, AccountKind, AccountMode};
use crate::row::Row;
use crate::time::{self, DateHabits};

/// Gathers the head's lines.
#[derive(Debug, Default)]
pub(crate) struct HeadReader {
    header: AccountHeader,
    before: Option<String>,
    lines_after: Option<u8>,
}

impl HeadReader {
    /// Takes a row that stands before the first table.
    pub(crate) fn row(&mut self, row: &Row) {
        let mut cells = row.filled().map(|(_, cell)| cell.text);
        let (Some(label), value, None) = (cells.next(), cells.next(), cells.nth(1)) else {
            return;
        };
        let value = value.unwrap_or(label);
        if self.lines_after.is_none()
            && let Some(header) = account_of(value)
        {
            self.header = header;
            self.header.name = self.before.take();
            self.lines_after = Some(0);
            return;
        }
        if value == label {
            return;
        }
        match &mut self.lines_after {
            None => self.before = Some(value.to_owned()),
            Some(lines) => {
                *lines = lines.saturating_add(1);
                if *lines == 1 && time::parse(value, DateHabits::default()).is_none() {
                    self.header.company = Some(value.to_owned());
                }
            }
        }
    }

    /// Whether the account's line was seen.
    pub(crate) fn found(&self) -> bool {
        self.lines_after.is_some()
    }

    pub(crate) fn finish(self) -> AccountHeader {
        self.header
    }
}

/// Reads `10000001 (USD, Server, demo, Hedge)`; parts may be missing.
fn account_of(text: &str) -> Option<AccountHeader> {
    let open = text.find(['(', '（'])?;
    let login = text[..open].trim();
    if login.is_empty() || login.len() > 20 || !login.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let inner = text[open..].trim_start_matches(['(', '（']);
    let inner = inner.strip_suffix([')', '）'])?;
    let mut header = AccountHeader {
        login: Some(login.to_owned()),
        ..AccountHeader::default()
    };
    for part in inner
        .split([',', '，', '、'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        take_part(&mut header, part);
    }
    (header.currency.is_some() || header.server.is_some()).then_some(header)
}

fn take_part(header: &mut AccountHeader, part: &str) {
    match part.to_lowercase().as_str() {
        "demo" => header.kind = Some(AccountKind::Demo),
        "real" => header.kind = Some(AccountKind::Real),
        "contest" => header.kind = Some(AccountKind::Contest),
        "hedge" | "hedging" => header.mode = Some(AccountMode::Hedging),
        "netting" | "exchange" => header.mode = Some(AccountMode::Netting),
        _ if header.currency.is_none() && header.server.is_none() && is_currency(part) => {
            header.currency = Some(part.to_owned());
        }
        _ if header.server.is_none() => header.server = Some(part.to_owned()),
        _ => {}
    }
}

fn is_currency(text: &str) -> bool {
    (3..=5).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_line_is_read_whole_and_in_part() {
        let whole = account_of("10000001 (USD, MetaQuotes-Demo, demo, Hedge)").expect("an account");
        assert_eq!(whole.login.as_deref(), Some("10000001"));
        assert_eq!(whole.currency.as_deref(), Some("USD"));
        assert_eq!(whole.server.as_deref(), Some("MetaQuotes-Demo"));
        assert_eq!(whole.kind, Some(AccountKind::Demo));
        assert_eq!(whole.mode, Some(AccountMode::Hedging));
        let part = account_of("5 (EUR, Broker Live 2)").expect("an account");
        assert_eq!(part.server.as_deref(), Some("Broker Live 2"));
        assert_eq!(part.kind, None);
        for wrong in [
            "8 (25.00%)",
            "H1 (2020.01.01 - 2020.12.31)",
            "12.50 (3)",
            "abc (USD)",
            "5 ()",
        ] {
            assert_eq!(account_of(wrong).and_then(|a| a.currency), None, "{wrong}");
        }
    }
}
