//! Sign-ins that fail in a pattern: one address at many accounts, one account
//! from many addresses.
//!
//! An address is shut out for a few failures within minutes. Who stays below
//! that is seen here: the window is longer, and what counts is how many
//! different names there are.

use kernel::time::Timestamp;

use super::Reason;

/// Length of a window, in seconds.
const WINDOW_S: i64 = 3_600;
/// Names in one window that make a pattern.
const NAMES_MANY: usize = 5;
/// Names that are remembered of one window; more would say nothing new.
pub const NAMES_MAX: usize = 20;

/// Whose failures are counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failures {
    /// Those of an address, by account.
    OfAddress(String),
    /// Those of an account, by address; the account by the hash of its name.
    OfAccount(String),
}

impl Failures {
    /// What so many names in one window mean.
    #[must_use]
    pub fn judge(&self, names: usize) -> Option<Reason> {
        let reason = match self {
            Self::OfAddress(_) => Reason::Spray { accounts: names },
            Self::OfAccount(_) => Reason::AccountUnderAttack { addresses: names },
        };
        (names >= NAMES_MANY).then_some(reason)
    }

    /// Start and end of the window that a moment is in, in seconds since the
    /// epoch.
    #[must_use]
    pub fn window(at: Timestamp) -> (i64, i64) {
        let start_s = at.timestamp().div_euclid(WINDOW_S) * WINDOW_S;
        (start_s, start_s + WINDOW_S)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_accounts_of_one_address_are_a_spray_and_four_are_not() {
        let address = Failures::OfAddress("127.0.0.2".to_owned());
        assert_eq!(address.judge(4), None);
        assert_eq!(address.judge(5), Some(Reason::Spray { accounts: 5 }));
        let account = Failures::OfAccount("4a8b".to_owned());
        assert_eq!(account.judge(4), None);
        let attack = Reason::AccountUnderAttack { addresses: 6 };
        assert_eq!(account.judge(6), Some(attack));
    }

    #[test]
    fn a_window_is_an_hour_and_begins_on_it() {
        let at: Timestamp = "2026-11-21T10:59:59.999Z".parse().expect("a time");
        let (start_s, end_s) = Failures::window(at);
        assert_eq!(start_s, at.timestamp() - 3_599);
        assert_eq!(end_s, at.timestamp() + 1);
    }
}
