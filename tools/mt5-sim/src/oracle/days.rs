//! Reset instants: where one day ends and the next begins.

use chrono::{Days, MappedLocalTime, NaiveDate, NaiveDateTime, TimeDelta, TimeZone as _};
use kernel::time::Timestamp;

use super::plan::Reset;

/// The longest gap in a zone's local time, in minutes: a skipped day.
const GAP_MINUTES_MAX: i64 = 2 * 1_440;

impl Reset {
    /// Returns the reset of a local date. A local time that is skipped is the
    /// first instant after the gap; one that is repeated is the earlier.
    fn of_date(&self, date: NaiveDate) -> Timestamp {
        let wanted = date.and_time(self.time);
        (0..GAP_MINUTES_MAX)
            .find_map(|minutes| self.instant(wanted + TimeDelta::minutes(minutes)))
            .unwrap_or_else(|| wanted.and_utc())
    }

    fn instant(&self, local: NaiveDateTime) -> Option<Timestamp> {
        match self.zone.from_local_datetime(&local) {
            MappedLocalTime::Single(time) | MappedLocalTime::Ambiguous(time, _) => {
                Some(time.to_utc())
            }
            MappedLocalTime::None => None,
        }
    }

    /// The resets of the dates around a moment, in order.
    fn around(&self, at: Timestamp) -> Vec<Timestamp> {
        let today = at.with_timezone(&self.zone).date_naive();
        let first = today.checked_sub_days(Days::new(3)).unwrap_or(today);
        let mut resets: Vec<Timestamp> = first
            .iter_days()
            .take(7)
            .map(|date| self.of_date(date))
            .collect();
        resets.sort_unstable();
        resets.dedup();
        resets
    }

    /// Returns the latest reset at or before a moment.
    #[must_use]
    pub fn last(&self, at: Timestamp) -> Timestamp {
        let mut resets = self.around(at);
        resets.retain(|reset| *reset <= at);
        resets.pop().unwrap_or(at)
    }

    /// Returns the first reset after a moment.
    #[must_use]
    pub fn next(&self, at: Timestamp) -> Timestamp {
        let later = self.around(at).into_iter().find(|reset| *reset > at);
        later.unwrap_or(at)
    }

    /// Returns the resets after one moment up to another.
    #[must_use]
    pub fn between(&self, after: Timestamp, until: Timestamp) -> Vec<Timestamp> {
        let resets = std::iter::successors(Some(self.next(after)), |reset| Some(self.next(*reset)));
        resets.take_while(|reset| *reset <= until).collect()
    }

    /// Returns the local date on which the day of a moment began.
    #[must_use]
    pub fn date(&self, at: Timestamp) -> NaiveDate {
        self.last(at).with_timezone(&self.zone).date_naive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::plan::Plan;

    fn reset(time: &str, zone: &str) -> Reset {
        let json = format!(r#"{{"reset":{{"time":"{time}","zone":"{zone}"}}}}"#);
        let plan: Plan = serde_json::from_str(&json).expect("a plan");
        plan.reset
    }

    fn time(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn tehran_resets_at_2200_utc() {
        let reset = Reset::default();
        let at = time("2026-11-10T21:59:59Z");
        assert_eq!(reset.last(at), time("2026-11-09T22:00:00Z"));
        assert_eq!(reset.next(at), time("2026-11-10T22:00:00Z"));
        assert_eq!(
            reset.last(time("2026-11-10T22:00:00Z")),
            time("2026-11-10T22:00:00Z")
        );
        assert_eq!(reset.date(at).to_string(), "2026-11-10");
    }

    #[test]
    fn tehran_summer_of_2021_resets_at_2100_utc() {
        let at = time("2021-07-01T12:00:00Z");
        assert_eq!(Reset::default().last(at), time("2021-06-30T21:00:00Z"));
    }

    #[test]
    fn skipped_reset_is_first_instant_after_gap() {
        // Prague skips 02:00 to 03:00 on 29 March 2026, at 01:00 UTC.
        let prague = reset("02:30", "Europe/Prague");
        let at = time("2026-03-29T12:00:00Z");
        assert_eq!(prague.last(at), time("2026-03-29T01:00:00Z"));
    }

    #[test]
    fn repeated_reset_is_the_earlier_instant() {
        // New York repeats 01:00 to 02:00 on 1 November 2026.
        let york = reset("01:30", "America/New_York");
        let at = time("2026-11-01T12:00:00Z");
        assert_eq!(york.last(at), time("2026-11-01T05:30:00Z"));
    }

    #[test]
    fn day_of_the_autumn_change_has_25_hours() {
        let york = reset("17:00", "America/New_York");
        let first = york.last(time("2026-10-31T23:00:00Z"));
        assert_eq!(york.next(first) - first, TimeDelta::hours(25));
        let resets = york.between(first, first + TimeDelta::days(3));
        assert_eq!(resets.len(), 2);
    }
}
