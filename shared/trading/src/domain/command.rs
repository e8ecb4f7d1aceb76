//! Commands to terminals: what becomes of one, and which may be delivered.

use chrono::TimeDelta;
use kernel::id::{CommandId, ulid_at};
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Commands that wait for one terminal at most.
pub const PENDING_MAX: usize = 100;
/// The same with those that steer: a stop and a sync have room left.
pub const STEERING_PENDING_MAX: usize = 150;
/// Commands in one answer to a terminal.
pub const DELIVERED_AT_ONCE: usize = 20;
/// How long what was done with a command can be read.
pub const KEPT_FOR: TimeDelta = TimeDelta::days(30);
/// Characters of an id that hold the command's number.
const NUMBER_CHARS: usize = 8;
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// What a terminal is told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CommandType)]
pub enum Kind {
    /// Open a trade.
    OpenTrade,
    /// Close one.
    CloseTrade,
    /// Close a part of one.
    PartialClose,
    /// Set its stop loss and take profit.
    ModifyTrade,
    /// Let its stop follow the price.
    TrailingStop,
    /// Sync now.
    Sync,
    /// Close everything and open nothing.
    EmergencyStop,
}

impl Kind {
    /// Its name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OpenTrade => "open_trade",
            Self::CloseTrade => "close_trade",
            Self::PartialClose => "partial_close",
            Self::ModifyTrade => "modify_trade",
            Self::TrailingStop => "trailing_stop",
            Self::Sync => "sync",
            Self::EmergencyStop => "emergency_stop",
        }
    }

    /// How long it may be carried out. What opens or changes a trade is of its
    /// moment; a stop holds until a terminal that is off comes back.
    #[must_use]
    pub fn good_for(self) -> TimeDelta {
        match self {
            Self::OpenTrade | Self::Sync => TimeDelta::minutes(5),
            Self::CloseTrade | Self::PartialClose | Self::ModifyTrade | Self::TrailingStop => {
                TimeDelta::minutes(15)
            }
            Self::EmergencyStop => TimeDelta::days(7),
        }
    }

    /// Whether it steers the terminal itself, and no trade.
    #[must_use]
    pub fn steers(self) -> bool {
        matches!(self, Self::Sync | Self::EmergencyStop)
    }

    /// Commands that may wait for a terminal when one of this kind is added.
    #[must_use]
    pub fn pending_max(self) -> usize {
        match self.steers() {
            true => STEERING_PENDING_MAX,
            false => PENDING_MAX,
        }
    }
}

/// How far a command has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CommandStatus)]
pub enum Status {
    /// It waits.
    Pending,
    /// The terminal was sent it.
    Delivered,
    /// The terminal has it.
    Acknowledged,
    /// The terminal did it.
    Executed,
    /// The terminal could not.
    Failed,
    /// Nobody did it in time.
    Expired,
    /// An emergency stop took it back, or its terminal was revoked.
    Voided,
}

impl Status {
    /// Its name, as it is kept and told.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Acknowledged => "acknowledged",
            Self::Executed => "executed",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Voided => "voided",
        }
    }

    /// Whether no terminal is to do it any more.
    #[must_use]
    pub fn is_done(self) -> bool {
        self.rank() == 3
    }

    /// Whether a terminal is still to be sent it.
    #[must_use]
    pub fn is_to_be_sent(self) -> bool {
        matches!(self, Self::Pending | Self::Delivered)
    }

    /// The status after a step to `next`; nothing where that is no step
    /// forward. What a terminal did counts whatever we thought of it, and what
    /// it once said of it stays.
    #[must_use]
    pub fn advanced(self, next: Self) -> Option<Self> {
        let is_told = matches!(next, Self::Executed | Self::Failed);
        match self {
            Self::Executed | Self::Failed => None,
            Self::Expired | Self::Voided => is_told.then_some(next),
            _ => (next.rank() > self.rank()).then_some(next),
        }
    }

    fn rank(self) -> u8 {
        match self {
            Self::Pending => 0,
            Self::Delivered => 1,
            Self::Acknowledged => 2,
            Self::Executed | Self::Failed | Self::Expired | Self::Voided => 3,
        }
    }
}

/// What decides whether a command may still be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// What it is.
    pub kind: Kind,
    /// Emergency stops before it was issued.
    pub epoch: u64,
    /// When it ends to be good.
    pub expires_at: Timestamp,
}

impl Validity {
    /// The status of a command that was left at `status`, after so many
    /// emergency stops: an order to open of before a stop is void for ever.
    #[must_use]
    pub fn status(self, status: Status, epoch: u64, now: Timestamp) -> Status {
        let is_void = self.kind == Kind::OpenTrade && self.epoch < epoch;
        let next = match () {
            () if is_void => Status::Voided,
            () if self.expires_at <= now => Status::Expired,
            () => return status,
        };
        status.advanced(next).unwrap_or(status)
    }
}

/// An id that holds the command's number, by which it is found.
#[must_use]
pub fn id(number: u64, now: Timestamp) -> CommandId {
    let fresh = ulid_at(now);
    let mut text = format!("{}_", CommandId::PREFIX);
    text.push_str(&fresh[..fresh.len() - NUMBER_CHARS]);
    for place in (0..NUMBER_CHARS).rev() {
        let bits = (number >> (5 * place)) & 31;
        text.push(char::from(
            ALPHABET[usize::try_from(bits).unwrap_or_default()],
        ));
    }
    text.parse().expect("a prefix and a ULID are an id")
}

/// The number that an id holds. Any id holds one; whether it is a command's is
/// for the store to say.
#[must_use]
pub fn number(id: &CommandId) -> u64 {
    let text = id.as_str();
    text[text.len() - NUMBER_CHARS..]
        .bytes()
        .fold(0, |number, letter| {
            let bits = ALPHABET.iter().position(|known| *known == letter);
            (number << 5) | bits.unwrap_or_default() as u64
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [Status; 7] = [
        Status::Pending,
        Status::Delivered,
        Status::Acknowledged,
        Status::Executed,
        Status::Failed,
        Status::Expired,
        Status::Voided,
    ];

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_timestamp(1_800_000_000 + seconds, 0).expect("a time")
    }

    #[test]
    fn a_terminal_that_did_it_late_is_believed_and_nothing_else_undoes_an_end() {
        use Status::{Acknowledged, Delivered, Executed, Expired, Failed, Pending, Voided};
        assert_eq!(Pending.advanced(Acknowledged), Some(Acknowledged));
        assert_eq!(Acknowledged.advanced(Delivered), None);
        assert_eq!(Expired.advanced(Executed), Some(Executed));
        assert_eq!(Voided.advanced(Failed), Some(Failed));
        assert_eq!(Voided.advanced(Expired), None);
        assert_eq!(Executed.advanced(Failed), None);
        assert_eq!(Failed.advanced(Executed), None);
    }

    #[test]
    fn an_order_to_open_of_before_a_stop_is_void_and_one_to_close_is_not() {
        let open = Validity {
            kind: Kind::OpenTrade,
            epoch: 3,
            expires_at: at(60),
        };
        assert_eq!(open.status(Status::Pending, 3, at(0)), Status::Pending);
        assert_eq!(open.status(Status::Pending, 4, at(0)), Status::Voided);
        assert_eq!(open.status(Status::Delivered, 4, at(99)), Status::Voided);
        assert_eq!(open.status(Status::Pending, 3, at(60)), Status::Expired);
        assert_eq!(open.status(Status::Executed, 4, at(60)), Status::Executed);
        let close = Validity {
            kind: Kind::CloseTrade,
            ..open
        };
        assert_eq!(close.status(Status::Pending, 4, at(0)), Status::Pending);
    }

    proptest! {
        #[test]
        fn an_id_holds_its_number(number in 0_u64..1 << 40) {
            let id = id(number, at(0));
            prop_assert_eq!(super::number(&id), number);
            prop_assert_eq!(id.as_str().parse::<CommandId>(), Ok(id.clone()));
        }

        #[test]
        fn no_steps_ever_lead_back(steps in prop::collection::vec(0_usize..7, 0..40)) {
            let mut status = Status::Pending;
            let mut told = None;
            for step in steps {
                let next = status.advanced(ALL[step]).unwrap_or(status);
                prop_assert!(next.rank() >= status.rank());
                if let Some(told) = told {
                    prop_assert_eq!(next, told);
                }
                if matches!(next, Status::Executed | Status::Failed) {
                    told = Some(next);
                }
                status = next;
            }
        }

        /// Whatever is issued, stopped and asked for, in whatever order: an
        /// order to open is delivered only while no stop came after it.
        #[test]
        fn no_order_to_open_is_delivered_after_a_stop(
            events in prop::collection::vec(0_u8..3, 1..60),
        ) {
            let mut epoch = 0;
            let mut issued: Vec<(usize, Validity)> = Vec::new();
            let mut last_stop = None;
            for (time, event) in events.iter().enumerate() {
                match event {
                    0 => issued.push((time, Validity {
                        kind: Kind::OpenTrade,
                        epoch,
                        expires_at: at(1_000),
                    })),
                    1 => {
                        epoch += 1;
                        last_stop = Some(time);
                    }
                    _ => for (issued_at, validity) in &issued {
                        let status = validity.status(Status::Pending, epoch, at(0));
                        let was_stopped = last_stop.is_some_and(|stop| stop > *issued_at);
                        prop_assert_eq!(status.is_to_be_sent(), !was_stopped);
                    },
                }
            }
        }
    }
}
