//! What somebody who was away is sent.

/// Events that can be sent again at once; who has missed more begins anew.
pub const EVENTS_MAX: u64 = 1_000;

/// What to do for somebody who has seen all up to a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replay {
    /// Nothing was missed.
    Nothing,
    /// So many events after that number.
    Events(u64),
    /// It cannot be made up for.
    Resync,
}

/// Decides, for somebody who has seen all up to `after` of a log that has
/// `last` events, of which all up to `sent` were sent to everybody else.
#[must_use]
pub fn plan(after: u64, sent: u64, last: u64) -> Replay {
    if after > last.max(sent) {
        // A number of another world: nobody was sent it.
        return Replay::Resync;
    }
    match sent.saturating_sub(after) {
        0 => Replay::Nothing,
        missed if missed > EVENTS_MAX => Replay::Resync,
        missed => Replay::Events(missed),
    }
}

/// Whether the events found are all of those missed: numbers without a gap.
#[must_use]
pub fn is_whole(after: u64, missed: u64, numbers: impl ExactSizeIterator<Item = u64>) -> bool {
    let count = u64::try_from(numbers.len()).unwrap_or(u64::MAX);
    count == missed
        && numbers
            .zip(after + 1..)
            .all(|(found, wanted)| found == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_missed_is_sent_up_to_a_thousand() {
        assert_eq!(plan(5, 5, 5), Replay::Nothing);
        assert_eq!(plan(5, 8, 9), Replay::Events(3));
        assert_eq!(plan(0, 1_000, 1_000), Replay::Events(1_000));
        assert_eq!(plan(0, 1_001, 1_001), Replay::Resync);
    }

    #[test]
    fn a_number_that_nobody_was_sent_begins_anew() {
        assert_eq!(plan(6, 5, 5), Replay::Resync);
        // Written, and on its way to everybody.
        assert_eq!(plan(6, 5, 6), Replay::Nothing);
    }

    #[test]
    fn a_gap_or_a_lost_beginning_is_seen() {
        assert!(is_whole(3, 2, [4, 5].into_iter()));
        assert!(!is_whole(3, 2, [5, 6].into_iter()));
        assert!(!is_whole(3, 3, [4, 6, 7].into_iter()));
        assert!(!is_whole(3, 2, [4].into_iter()));
    }
}
