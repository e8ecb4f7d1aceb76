//! From an account of the simulator to the oracle's ledger.

use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::ledger::{Cancellation, Class, Deal, Fill, FillEntry, Ledger, Snapshot, Withdrawn};
use crate::account::Account;
use crate::ledger::{self, DealKind, Entry};
use crate::migration::Former;
use crate::observations::Observation;
use crate::scenario::Booking;
use crate::wire;

/// The first rule that fits a deal that is no trade sets its class.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClassRule {
    /// The deal's type without its prefix, as `balance`; any where left out.
    #[serde(default)]
    pub kind: Option<String>,
    /// The begin of the comment, whatever its case; any where left out.
    #[serde(default)]
    pub comment: Option<String>,
    /// The class.
    pub class: Class,
}

/// The times by which deals are judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DealTimes {
    /// The true ones.
    #[default]
    True,
    /// The times that the deals carry, by the trade server's clock.
    Shown,
}

/// The reading of an account's deals.
pub(crate) struct Reading<'a> {
    pub(crate) classes: &'a [ClassRule],
    pub(crate) times: DealTimes,
}

impl Reading<'_> {
    /// Returns an account's ledger, over all servers that it has been on.
    pub(crate) fn ledger(&self, account: &Account) -> Ledger {
        let mut ledger = Ledger::default();
        let mut chain: Vec<&Former> =
            std::iter::successors(account.former.as_ref(), |former| former.before.as_deref())
                .collect();
        chain.reverse();
        let mut epoch = Epoch::default();
        for former in chain {
            ledger
                .snapshots
                .extend(former.observations.iter().map(snapshot));
            // A copy has every deal, with the new numbers.
            if !former.is_copied {
                self.add(&mut ledger, epoch, &former.deals);
                leave(&mut ledger, epoch, former);
            }
            epoch = Epoch {
                number: epoch.number + 1,
                carriers: &former.carriers,
            };
        }
        let observations = account.observations.iter();
        ledger.snapshots.extend(observations.map(snapshot));
        self.add(&mut ledger, epoch, account.deals());
        ledger
    }

    fn add(&self, ledger: &mut Ledger, epoch: Epoch<'_>, deals: &[ledger::Deal]) {
        let own = || {
            deals
                .iter()
                .filter(|deal| !epoch.carriers.contains(&deal.id))
        };
        let read = own().map(|deal| self.deal(epoch, deal));
        ledger.deals.extend(read);
        let canceled = own().filter_map(|deal| self.cancellation(epoch, deal));
        ledger.cancellations.extend(canceled);
    }

    fn deal(&self, epoch: Epoch<'_>, deal: &ledger::Deal) -> Deal {
        let amount = deal.profit + deal.swap + deal.commission;
        let is_credit = deal.kind.is_credit();
        Deal {
            id: epoch.number_of(deal.id),
            at: self.time(deal),
            class: self.class(deal),
            amount: if is_credit { Decimal::ZERO } else { amount },
            credit: if is_credit { amount } else { Decimal::ZERO },
            fill: fill(epoch, deal),
            cost_of: None,
        }
    }

    fn time(&self, deal: &ledger::Deal) -> Timestamp {
        match self.times {
            DealTimes::True => deal.at,
            DealTimes::Shown => deal.shown_at,
        }
    }

    fn class(&self, deal: &ledger::Deal) -> Class {
        let DealKind::Operation(_) = deal.kind else {
            return Class::Trading;
        };
        let usual = wire::deal::type_name(deal.kind);
        let name = kind_name(deal.spelled.as_deref().unwrap_or(usual));
        let fits = |rule: &&ClassRule| {
            let kind = rule.kind.as_ref().is_none_or(|kind| *kind == name);
            kind && rule
                .comment
                .as_ref()
                .is_none_or(|begin| begins(&deal.comment, begin))
        };
        match self.classes.iter().find(fits) {
            Some(rule) => rule.class,
            None => usual_class(&name),
        }
    }

    fn cancellation(&self, epoch: Epoch<'_>, deal: &ledger::Deal) -> Option<Cancellation> {
        let canceled = deal.canceled?;
        Some(Cancellation {
            at: canceled.at,
            deal: epoch.number_of(deal.id),
            deal_at: self.time(deal),
            profit: deal.profit,
            withdrawn: match canceled.booked {
                Booking::InPlace => Withdrawn::InPlace,
                Booking::Apart | Booking::Kept => Withdrawn::Apart,
            },
        })
    }
}

/// A trade server that the account has been on.
#[derive(Clone, Copy, Default)]
struct Epoch<'a> {
    number: u64,
    /// Deals that carry the balance of the server before over.
    carriers: &'a [u64],
}

impl Epoch<'_> {
    /// Numbers of two servers may be the same: each server has its own range.
    fn number_of(self, id: u64) -> u64 {
        id.saturating_add(self.number.saturating_mul(1_000_000_000_000_000_000))
    }
}

/// Leaves a server: positions are dropped, and what the new balance differs by
/// is an adjustment.
fn leave(ledger: &mut Ledger, epoch: Epoch<'_>, former: &Former) {
    ledger.drops.push(former.until);
    let amount = former.carried - former.balance;
    if amount.is_zero() {
        return;
    }
    ledger.deals.push(Deal {
        id: epoch.number_of(u64::MAX / 100),
        at: former.until,
        class: Class::Adjustment,
        amount,
        credit: Decimal::ZERO,
        fill: None,
        cost_of: None,
    });
}

fn snapshot(seen: &Observation) -> Snapshot {
    Snapshot {
        at: seen.at,
        balance: seen.balance,
        equity: seen.equity,
    }
}

/// A type's name without its prefix, in lower case.
fn kind_name(written: &str) -> String {
    let name = written
        .strip_prefix("DEAL_TYPE_")
        .or_else(|| written.strip_prefix("DEAL_"))
        .unwrap_or(written);
    name.to_ascii_lowercase()
}

fn usual_class(name: &str) -> Class {
    match name {
        "balance" | "correction" | "bonus" | "so_compensation" => Class::Adjustment,
        "credit" | "so_compensation_credit" => Class::Credit,
        _ => Class::Trading,
    }
}

fn begins(comment: &str, begin: &str) -> bool {
    let (comment, begin) = (comment.to_lowercase(), begin.to_lowercase());
    comment.starts_with(&begin)
}

fn fill(epoch: Epoch<'_>, deal: &ledger::Deal) -> Option<Fill> {
    let (DealKind::Trade(_), Some(trade)) = (deal.kind, &deal.trade) else {
        return None;
    };
    Some(Fill {
        position: epoch.number_of(trade.position),
        entry: match deal.entry {
            Entry::In => FillEntry::In,
            Entry::Out | Entry::OutBy => FillEntry::Out,
            Entry::InOut => FillEntry::InOut,
        },
        volume: trade.volume,
    })
}
