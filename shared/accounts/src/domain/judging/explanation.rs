//! Whether deals explain a snapshot's balance.
//!
//! Snapshot and deals are separate calls to the gateway. A payout between them
//! would look like a loss, so no balance is judged before the deals explain it.

use chrono::Duration;
use kernel::currency::Currency;
use kernel::time::Timestamp;
use rust_decimal::Decimal;

/// Difference that the clocks of the gateway and ours may have.
pub const CLOCKS_DIFFER_MAX: Duration = Duration::seconds(60);

/// What deals say of a snapshot's balance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Explanation {
    /// The number of waiting deals that explain it; `None` where none do.
    pub prefix: Option<usize>,
    /// The number of waiting deals dated up to 60 s after it.
    pub up_to: usize,
    /// The balance less the one judged last, less all deals dated up to 60 s
    /// after it.
    pub unexplained: Decimal,
}

/// Returns what waiting deals, in order of time, say of a snapshot: it is
/// explained by the longest prefix that has every deal dated at least 60 s
/// before it and none dated more than 60 s after it, and that leads from the
/// balance judged last to the snapshot's at the currency's digits.
#[must_use]
pub fn explain(
    balance_before: Decimal,
    waiting: impl IntoIterator<Item = (Timestamp, Decimal)>,
    (recorded_at, balance): (Timestamp, Decimal),
    currency: &Currency,
) -> Explanation {
    let target = currency.round(balance);
    let fits = |sum: Decimal| currency.round(sum) == target;
    let (first_open, last) = (
        recorded_at - CLOCKS_DIFFER_MAX,
        recorded_at + CLOCKS_DIFFER_MAX,
    );
    let mut sum = balance_before;
    let mut prefix = None;
    let mut up_to = 0;
    // The prefix that ends before a deal is open where that deal may follow
    // the snapshot.
    for (time, effect) in waiting {
        if time > last {
            break;
        }
        if time > first_open && fits(sum) {
            prefix = Some(up_to);
        }
        sum += effect;
        up_to += 1;
    }
    if fits(sum) {
        prefix = Some(up_to);
    }
    Explanation {
        prefix,
        up_to,
        unexplained: balance - sum,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        chrono::DateTime::from_timestamp(1_700_000_000 + seconds, 0).expect("a time")
    }

    fn dec(text: &str) -> Decimal {
        text.parse().expect("a decimal")
    }

    fn prefix(deals: &[(i64, &str)], balance: &str) -> (Option<usize>, Decimal) {
        let waiting = deals.iter().map(|(time, effect)| (at(*time), dec(effect)));
        let found = explain(
            dec("100000"),
            waiting,
            (at(0), dec(balance)),
            &Currency::usd(),
        );
        (found.prefix, found.unexplained)
    }

    #[test]
    fn longest_prefix_within_a_minute_explains() {
        let deals = [(-300, "-250"), (-30, "100"), (-20, "-100"), (30, "7")];
        assert_eq!(prefix(&deals, "99750").0, Some(3));
        assert_eq!(prefix(&deals, "99850").0, Some(2));
        assert_eq!(prefix(&deals, "99757").0, Some(4));
        assert_eq!(prefix(&[], "100000").0, Some(0));
    }

    #[test]
    fn deal_of_a_minute_before_must_be_contained() {
        assert_eq!(prefix(&[(-60, "-250")], "100000"), (None, dec("250")));
        assert_eq!(prefix(&[(-59, "-250")], "100000").0, Some(0));
        assert_eq!(prefix(&[(60, "-250")], "99750").0, Some(1));
        assert_eq!(prefix(&[(61, "-250")], "99750"), (None, dec("-250")));
    }

    #[test]
    fn noise_below_the_currency_digits_is_no_difference() {
        let deals = [(-300, "-36.86")];
        assert_eq!(prefix(&deals, "99963.14000000").0, Some(1));
        assert_eq!(prefix(&deals, "99963.140000000001").0, Some(1));
        assert_eq!(prefix(&deals, "99963.15").0, None);
    }
}
