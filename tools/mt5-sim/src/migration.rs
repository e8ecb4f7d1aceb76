//! A broker's move of an account to another server or login, where orders and
//! deals are numbered from 1 again.

use std::collections::BTreeMap;

use kernel::time::Timestamp;
use rust_decimal::Decimal;
use secrecy::SecretString;
use serde::Deserialize;

use crate::account::{Account, Numbers};
use crate::checks::money;
use crate::errors::{GatewayError, Refusal};
use crate::ledger::{Book, Deal, DealKind, Entry, Stamp, State, Trade, deal};
use crate::observations::Observations;
use crate::scenario::{AccountSpec, OperationKind};

/// The part of the account's past that the new server knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PastHistory {
    /// All deals with new numbers; positions stay open.
    Copy,
    /// One deposit of the old balance, or of the amount given.
    CarryOver,
    /// No deal, though balance and credit are the old ones.
    None,
}

/// The old server's answer from the move on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OldServer {
    /// 504, as from a server that is not reached.
    #[default]
    Timeout,
    /// 400 `E_AUTH`.
    Auth,
    /// The old account as before; only where the login changes.
    Keep,
}

impl OldServer {
    /// Returns the answer of a server that the account has left.
    pub(crate) fn answer(self) -> GatewayError {
        match self {
            Self::Auth => GatewayError::refused(Refusal::Auth),
            Self::Timeout | Self::Keep => GatewayError::timeout(),
        }
    }
}

/// A move as the control API takes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Migration {
    /// The new server; the old one's name where left out.
    #[serde(default)]
    pub server: Option<String>,
    /// The new login; the old one where left out.
    #[serde(default)]
    pub login: Option<String>,
    /// The new password.
    pub password: SecretString,
    /// The part of the past that the new server knows.
    pub history: PastHistory,
    /// The deposit of `carry_over`, where it is not the old balance.
    #[serde(default, with = "kernel::number::json_option")]
    pub amount: Option<Decimal>,
    /// The first number on the new server.
    #[serde(default = "first")]
    pub first_ticket: u64,
    /// The old server's answer.
    #[serde(default)]
    pub old: OldServer,
}

fn first() -> u64 {
    1
}

/// An account at the server that it was moved from.
#[derive(Clone, Debug)]
pub(crate) struct Former {
    /// The moment of the move.
    pub(crate) until: Timestamp,
    /// The balance at that moment.
    pub(crate) balance: Decimal,
    /// The deals up to then.
    pub(crate) deals: Vec<Deal>,
    pub(crate) observations: Observations,
    /// The balance on the new server.
    pub(crate) carried: Decimal,
    /// `true` if the new server has all deals.
    pub(crate) is_copied: bool,
    /// The new server's deals that carry the old balance over.
    pub(crate) carriers: Vec<u64>,
    /// The account at the server before that one.
    pub(crate) before: Option<Box<Former>>,
}

impl Migration {
    /// Returns the account at the new server.
    ///
    /// # Errors
    /// Returns a sentence if login, server, password or amount are out of
    /// bounds, or if neither login nor server changes.
    pub(crate) fn apply(self, old: &mut Account, now: Timestamp) -> Result<Account, String> {
        let login = self.login.unwrap_or_else(|| old.login.clone());
        let server = self.server.unwrap_or_else(|| old.server.clone());
        if login == old.login && (server == old.server || self.old == OldServer::Keep) {
            return Err("another login, or another server that is not kept, is needed".to_owned());
        }
        let view = old.at(now)?;
        let (state, book) = (view.state, view.account.book().clone());
        let past: Vec<Deal> = past(view.account, now);
        let spec = AccountSpec {
            currency: book.currency.as_str().to_owned(),
            leverage: book.leverage,
            symbols: book.symbols.clone(),
            name: old.name.clone(),
            password: self.password,
            first_ticket: Some(self.first_ticket),
            ..AccountSpec::plain(&login, "replaced", &server)
        };
        let mut former = Former {
            until: now,
            balance: state.balance,
            deals: past.clone(),
            observations: old.observations.clone(),
            carried: state.balance,
            is_copied: self.history == PastHistory::Copy,
            carriers: Vec::new(),
            before: old.former.clone().map(Box::new),
        };
        let mut tickets = Tickets::from(self.first_ticket);
        let books = match self.history {
            PastHistory::Copy => copied(state, past, &mut tickets),
            PastHistory::None => (State::bare(state.balance, state.credit), Vec::new()),
            PastHistory::CarryOver => {
                let amount = self.amount.unwrap_or(state.balance);
                let books = carried(&book, now, (amount, state.credit), &mut tickets)?;
                former.carried = amount;
                former.carriers = books.1.iter().map(|deal| deal.id).collect();
                books
            }
        };
        let mut account = Account::over(&spec, books, Numbers::from(tickets.next))?;
        account.former = Some(former);
        Ok(account)
    }
}

/// The deals up to a moment.
fn past(account: &Account, now: Timestamp) -> Vec<Deal> {
    let deals = account.deals().iter();
    deals.filter(|deal| deal.at <= now).cloned().collect()
}

/// Books that begin with a deposit, and with credit where there was some.
fn carried(
    book: &Book,
    now: Timestamp,
    (amount, credit): (Decimal, Decimal),
    tickets: &mut Tickets,
) -> Result<(State, Vec<Deal>), String> {
    money(book, "the amount", amount)?;
    let moved = [
        (OperationKind::Balance, amount),
        (OperationKind::Credit, credit),
    ];
    let mut deals = Vec::new();
    for (kind, moved) in moved {
        if moved.is_zero() {
            continue;
        }
        let stamp = Stamp::plain(now, tickets.new_one());
        let mut made = deal(stamp, 0, DealKind::Operation(kind), Entry::In);
        made.profit = moved;
        "Transfer from the old server".clone_into(&mut made.comment);
        deals.push(made);
    }
    Ok((State::bare(amount, credit), deals))
}

/// The old books with new numbers. What the old history hid is shown.
fn copied(mut state: State, mut deals: Vec<Deal>, tickets: &mut Tickets) -> (State, Vec<Deal>) {
    for deal in &mut deals {
        deal.visible_at = deal.at;
        deal.trade = deal.trade.take().map(|trade| Trade {
            order: tickets.renumbered(trade.order),
            position: tickets.renumbered(trade.position),
            ..trade
        });
        deal.id = tickets.renumbered(deal.id);
        if let Some(canceled) = &mut deal.canceled {
            canceled.visible_at = canceled.at;
            canceled.ticket = tickets.new_one();
        }
    }
    for position in state.positions.values_mut() {
        position.ticket = tickets.renumbered(position.ticket);
    }
    state.lingering.clear();
    (state, deals)
}

/// New numbers for old ones, in the order in which they are met.
struct Tickets {
    next: u64,
    known: BTreeMap<u64, u64>,
}

impl Tickets {
    fn from(first: u64) -> Self {
        Self {
            next: first,
            known: BTreeMap::new(),
        }
    }

    fn new_one(&mut self) -> u64 {
        let ticket = self.next;
        self.next += 1;
        ticket
    }

    fn renumbered(&mut self, old: u64) -> u64 {
        if let Some(known) = self.known.get(&old) {
            return *known;
        }
        let ticket = self.new_one();
        self.known.insert(old, ticket);
        ticket
    }
}
