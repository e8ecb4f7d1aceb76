//! The life of a signal: held, released, active, closed; or rejected.

use kernel::FieldError;
use kernel::access::Tier;
use kernel::id::{SignalChannelId, SignalId, StrategyId};
use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::channel::Hold;
use super::outcome::{Outcome, Verdict, mean_price, measure};
use super::refusal::Refusal;
use super::setup::Setup;

/// Trades that one signal is followed by at most.
pub const TRADES_MAX: usize = 40;

/// Where a signal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SignalStatus)]
pub enum Status {
    /// Stored, and waits to be approved.
    Held,
    /// Sent.
    Released,
    /// A trade of it is open.
    Active,
    /// It has its result.
    Closed,
    /// Refused by its author, and never sent.
    Rejected,
}

impl Status {
    /// Each of them.
    pub const ALL: [Self; 5] = [
        Self::Held,
        Self::Released,
        Self::Active,
        Self::Closed,
        Self::Rejected,
    ];

    /// The status as clients write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Released => "released",
            Self::Active => "active",
            Self::Closed => "closed",
            Self::Rejected => "rejected",
        }
    }
}

/// A signal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signal {
    /// Its id.
    pub id: SignalId,
    /// What it calls for.
    pub setup: Setup,
    /// Who it is by, as its author names them.
    pub provider: Option<String>,
    /// The channel that it came through.
    pub channel: Option<SignalChannelId>,
    /// The strategy that it is traded by, where its channel names one.
    pub strategy: Option<StrategyId>,
    /// The lowest tier that sees it; `None` where it is its author's own.
    pub min_tier: Option<Tier>,
    /// The message that it was read from. Kept of own signals alone.
    pub raw_text: Option<String>,
    /// How sure the reading of it is: 0 to 100.
    pub confidence: u8,
    /// What the confidence rests on.
    #[serde(default)]
    pub reasons: Vec<String>,
    /// Where it stands.
    pub status: Status,
    /// Why it is held.
    pub hold: Option<Hold>,
    /// Why it was rejected.
    pub rejection: Option<String>,
    /// The signal that this one sends again.
    pub replay_of: Option<SignalId>,
    /// How it went, once it is closed.
    pub outcome: Option<Outcome>,
    /// The trades that terminals made of it.
    #[serde(default)]
    pub trades: Vec<FollowedTrade>,
    /// From 1, one more at each change.
    pub version: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was sent.
    pub released_at: Option<Timestamp>,
    /// When it got its result.
    pub closed_at: Option<Timestamp>,
}

/// What a terminal made of a signal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowedTrade {
    /// The trade's id.
    pub id: String,
    /// Its size, in lots.
    pub volume: Decimal,
    /// The price that it was opened at.
    pub open_price: Decimal,
    /// The price that it was closed at; `None` while it is open.
    pub close_price: Option<Decimal>,
}

/// How an author says that a signal went: by the price that it was left at,
/// or by the verdict alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    /// The price that it was left at.
    pub exit_price: Option<Decimal>,
    /// The price that it was entered at; the planned one where left out.
    pub entry_price: Option<Decimal>,
    /// How it went, where no price says so.
    pub verdict: Option<Verdict>,
    /// When; now where left out.
    pub closed_at: Option<Timestamp>,
}

/// Why a signal cannot be closed so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClosingError {
    /// It cannot be closed at all.
    Refused(Refusal),
    /// The closing itself cannot be.
    Invalid(FieldError),
}

impl Signal {
    /// The same, sent.
    ///
    /// # Errors
    /// Where it is not held.
    pub fn approved(&self, now: Timestamp) -> Result<Self, Refusal> {
        self.must_be_held()?;
        Ok(Self {
            status: Status::Released,
            hold: None,
            released_at: Some(now),
            ..self.next()
        })
    }

    /// The same, kept back for another reason.
    ///
    /// # Errors
    /// Where it is not held.
    pub fn held_for(&self, hold: Hold) -> Result<Self, Refusal> {
        self.must_be_held()?;
        Ok(Self {
            hold: Some(hold),
            ..self.next()
        })
    }

    /// The same, refused for good.
    ///
    /// # Errors
    /// Where it is not held.
    pub fn rejected(&self, reason: &str) -> Result<Self, Refusal> {
        self.must_be_held()?;
        Ok(Self {
            status: Status::Rejected,
            hold: None,
            rejection: Some(reason.to_owned()),
            ..self.next()
        })
    }

    /// The signal that sends this one again.
    ///
    /// # Errors
    /// Where this one was never sent.
    pub fn replayed(&self, id: SignalId, now: Timestamp) -> Result<Self, Refusal> {
        match self.status {
            Status::Held => return Err(Refusal::StillHeld),
            Status::Rejected => return Err(Refusal::Rejected),
            Status::Released | Status::Active | Status::Closed => {}
        }
        Ok(Self {
            id,
            replay_of: Some(self.id.clone()),
            status: Status::Released,
            outcome: None,
            trades: Vec::new(),
            version: 1,
            created_at: now,
            released_at: Some(now),
            closed_at: None,
            ..self.clone()
        })
    }

    /// The same with its result.
    ///
    /// # Errors
    /// [`ClosingError`].
    pub fn closed(&self, closing: &Closing, now: Timestamp) -> Result<Self, ClosingError> {
        let refused = |refusal| Err(ClosingError::Refused(refusal));
        match self.status {
            Status::Held => return refused(Refusal::StillHeld),
            Status::Rejected => return refused(Refusal::Rejected),
            Status::Closed => return refused(Refusal::Closed),
            Status::Released | Status::Active => {}
        }
        let closed_at = closing.closed_at.unwrap_or(now);
        if closed_at > now || closed_at < self.created_at {
            let sentence = "must be between the signal's time and now";
            return Err(ClosingError::Invalid(FieldError::new(
                "closed_at",
                sentence,
            )));
        }
        let outcome = self.outcome_of(closing).map_err(ClosingError::Invalid)?;
        Ok(Self {
            status: Status::Closed,
            outcome: Some(outcome),
            closed_at: Some(closed_at),
            ..self.next()
        })
    }

    fn outcome_of(&self, closing: &Closing) -> Result<Outcome, FieldError> {
        let either = || FieldError::new("exit_price", "send either exit_price or result");
        match (closing.exit_price, closing.verdict) {
            (None, Some(verdict)) => Ok(Outcome::by_verdict(verdict)),
            (Some(exit), None) => {
                let entry = closing.entry_price.or_else(|| self.setup.planned_entry());
                let entry = entry.ok_or_else(|| {
                    let sentence = "is required: the signal names no entry price";
                    FieldError::new("entry_price", sentence)
                })?;
                let implausible =
                    || FieldError::new("exit_price", "is too far from the entry to be one of it");
                measure(self.setup.direction, entry, exit, self.setup.stop_loss)
                    .ok_or_else(implausible)
            }
            _ => Err(either()),
        }
    }

    /// The same with the news of a trade of it; `None` where nothing changes.
    /// It is active while one of its trades is open, and closed with the last.
    #[must_use]
    pub fn followed(&self, trade: &FollowedTrade, now: Timestamp) -> Option<Self> {
        if !matches!(self.status, Status::Released | Status::Active) {
            return None;
        }
        let mut trades = self.trades.clone();
        let is_full = trades.len() >= TRADES_MAX;
        match trades.iter_mut().find(|known| known.id == trade.id) {
            // A trade that has closed stays closed, whatever comes late.
            Some(known) if known == trade || known.close_price.is_some() => return None,
            Some(known) => *known = trade.clone(),
            None if is_full => return None,
            None => trades.push(trade.clone()),
        }
        let next = Self {
            status: Status::Active,
            trades,
            ..self.next()
        };
        let is_open = |trade: &FollowedTrade| trade.close_price.is_none();
        if next.trades.iter().any(is_open) {
            return Some(next);
        }
        let opened = next
            .trades
            .iter()
            .map(|trade| (trade.open_price, trade.volume));
        let closed = next.trades.iter();
        let closed = closed.filter_map(|trade| Some((trade.close_price?, trade.volume)));
        let measured = mean_price(opened)
            .zip(mean_price(closed))
            .and_then(|(entry, exit)| {
                measure(next.setup.direction, entry, exit, next.setup.stop_loss)
            });
        Some(Self {
            status: Status::Closed,
            outcome: Some(measured.unwrap_or_else(|| Outcome::by_verdict(Verdict::Void))),
            closed_at: Some(now),
            ..next
        })
    }

    fn must_be_held(&self) -> Result<(), Refusal> {
        match self.status {
            Status::Held => Ok(()),
            other => Err(Refusal::NotHeld(other.as_str())),
        }
    }

    fn next(&self) -> Self {
        Self {
            version: self.version + 1,
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dec;
    use crate::domain::values::{Direction, OrderType};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_timestamp(1_800_000_000 + seconds, 0).expect("a time")
    }

    fn signal(status: Status) -> Signal {
        let setup = Setup {
            symbol: "XAUUSD".to_owned(),
            direction: Direction::Buy,
            order_type: OrderType::Market,
            entries: vec![dec("2000")],
            entry_weights: None,
            is_zone: false,
            stop_loss: Some(dec("1990")),
            stop_loss_pips: None,
            take_profits: vec![dec("2020")],
            take_profit_weights: None,
            take_profit_pips: Vec::new(),
            runner: false,
            leverage: None,
            risk_percent: None,
        };
        Signal {
            id: SignalId::generate(at(0)),
            setup,
            provider: Some("Goldfinger".to_owned()),
            channel: None,
            strategy: None,
            min_tier: None,
            raw_text: None,
            confidence: 100,
            reasons: Vec::new(),
            status,
            hold: None,
            rejection: None,
            replay_of: None,
            outcome: None,
            trades: Vec::new(),
            version: 1,
            created_at: at(0),
            released_at: None,
            closed_at: None,
        }
    }

    fn at_price(exit: Decimal) -> Closing {
        Closing {
            exit_price: Some(exit),
            entry_price: None,
            verdict: None,
            closed_at: None,
        }
    }

    fn trade(id: &str, volume: Decimal, close: Option<Decimal>) -> FollowedTrade {
        FollowedTrade {
            id: id.to_owned(),
            volume,
            open_price: dec("2000"),
            close_price: close,
        }
    }

    #[test]
    fn only_what_is_held_can_be_decided_on() {
        let released = signal(Status::Held).approved(at(5)).expect("was held");
        assert_eq!(released.status, Status::Released);
        assert_eq!((released.released_at, released.version), (Some(at(5)), 2));
        assert_eq!(released.approved(at(6)), Err(Refusal::NotHeld("released")));
        let rejected = signal(Status::Held).rejected("too late").expect("was held");
        assert_eq!(rejected.rejection.as_deref(), Some("too late"));
        assert_eq!(rejected.approved(at(6)), Err(Refusal::NotHeld("rejected")));
        assert_eq!(
            rejected.rejected("again"),
            Err(Refusal::NotHeld("rejected"))
        );
    }

    #[test]
    fn a_replay_is_a_signal_of_its_own_that_names_the_first() {
        let first = signal(Status::Released);
        let closed = first
            .closed(&at_price(dec("2010")), at(60))
            .expect("closes");
        let again = closed
            .replayed(SignalId::generate(at(99)), at(99))
            .expect("was sent");
        assert_eq!(again.replay_of, Some(first.id));
        assert_eq!((again.status, again.version), (Status::Released, 1));
        assert!(again.outcome.is_none() && again.closed_at.is_none());
        let held = signal(Status::Held);
        let refused = held.replayed(SignalId::generate(at(99)), at(99));
        assert_eq!(refused, Err(Refusal::StillHeld));
    }

    #[test]
    fn a_close_measures_from_the_planned_entry_and_happens_once() {
        let closed = signal(Status::Active).closed(&at_price(dec("2020")), at(60));
        let closed = closed.expect("closes");
        let outcome = closed.outcome.clone().expect("an outcome");
        assert_eq!(outcome.verdict, Verdict::Win);
        assert_eq!(outcome.pnl_percent, Some(dec("1")));
        assert_eq!(outcome.r_multiple, Some(dec("2")));
        let again = closed.closed(&at_price(dec("2020")), at(61));
        assert_eq!(again, Err(ClosingError::Refused(Refusal::Closed)));
    }

    #[test]
    fn a_close_is_by_price_or_by_verdict_and_at_a_time_that_can_be() {
        let open = signal(Status::Released);
        let field = |closing: &Closing| match open.closed(closing, at(60)) {
            Err(ClosingError::Invalid(fault)) => fault.field,
            other => panic!("{other:?}"),
        };
        let both = Closing {
            verdict: Some(Verdict::Loss),
            ..at_price(dec("1990"))
        };
        assert_eq!(field(&both), "exit_price");
        let neither = Closing {
            exit_price: None,
            ..at_price(dec("1"))
        };
        assert_eq!(field(&neither), "exit_price");
        for moment in [at(61), at(-1)] {
            let odd = Closing {
                closed_at: Some(moment),
                ..at_price(dec("1990"))
            };
            assert_eq!(field(&odd), "closed_at");
        }
    }

    #[test]
    fn a_signal_is_active_while_a_trade_of_it_is_open_and_closes_with_the_last() {
        let open = signal(Status::Released);
        let active = open
            .followed(&trade("a", dec("3"), None), at(1))
            .expect("news");
        assert_eq!(active.status, Status::Active);
        let both = active
            .followed(&trade("b", dec("1"), None), at(2))
            .expect("news");
        let one = both.followed(&trade("a", dec("3"), Some(dec("2010"))), at(3));
        let one = one.expect("news");
        assert_eq!(one.status, Status::Active);
        assert_eq!(
            one.followed(&trade("a", dec("3"), Some(dec("2010"))), at(4)),
            None
        );
        assert_eq!(one.followed(&trade("a", dec("3"), None), at(4)), None);
        let done = one.followed(&trade("b", dec("1"), Some(dec("1990"))), at(5));
        let done = done.expect("news");
        assert_eq!((done.status, done.closed_at), (Status::Closed, Some(at(5))));
        // (3 × 2010 + 1 × 1990) / 4 = 2005: 0.25 % and half the risk of 10.
        let outcome = done.outcome.clone().expect("an outcome");
        assert_eq!(outcome.exit_price, Some(dec("2005")));
        assert_eq!(outcome.pnl_percent, Some(dec("0.25")));
        assert_eq!(outcome.r_multiple, Some(dec("0.5")));
        assert_eq!(done.followed(&trade("c", dec("1"), None), at(6)), None);
    }
}
