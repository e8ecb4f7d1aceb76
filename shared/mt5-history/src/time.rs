//! Dates and times as histories write them.

use chrono::{DateTime, Duration, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// When something was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DealTime {
    /// On the trade server's clock, whose zone the file does not say.
    Server(NaiveDateTime),
    /// At an instant: the file gave the offset.
    Instant(DateTime<Utc>),
}

impl DealTime {
    /// The date and time as written, for instants in UTC. Orders the times of one file.
    #[must_use]
    pub fn clock(self) -> NaiveDateTime {
        match self {
            Self::Server(time) => time,
            Self::Instant(time) => time.naive_utc(),
        }
    }
}

/// How the file writes what can be read in two ways.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct DateHabits {
    /// `08/21/2023` rather than `21/08/2023`.
    pub(crate) month_first: bool,
    /// Serial dates count from 1904.
    pub(crate) serial_1904: bool,
}

const UNIX_1990: i64 = 631_152_000;
const UNIX_2100: i64 = 4_102_444_800;
const SERIAL_1990: i64 = 32_874;
const SERIAL_2100: i64 = 73_051;
const DAYS_1904: i64 = 1_462;

/// Reads a date and time written as text, as seconds, milliseconds, microseconds or nanoseconds
/// since 1970, or as a serial date. `None` for anything else and outside 1990 to 2100.
pub(crate) fn parse(text: &str, habits: DateHabits) -> Option<DealTime> {
    parse_any(text, habits).filter(|time| is_in_range(*time))
}

/// Returns `true` if a text is a date and time outside 1990 to 2100.
pub(crate) fn is_out_of_range(text: &str, habits: DateHabits) -> bool {
    parse_any(text, habits).is_some_and(|time| !is_in_range(time))
}

/// Terminals are younger than 1990, and no trade was done after today.
fn is_in_range(time: DealTime) -> bool {
    let unix = time.clock().and_utc().timestamp();
    (UNIX_1990..UNIX_2100).contains(&unix)
}

/// Reads a date and time as [`parse`] does; one written with a date in any year.
fn parse_any(text: &str, habits: DateHabits) -> Option<DealTime> {
    let text = text.trim();
    if text.len() > 64 {
        return None;
    }
    if text
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+'))
        && text.bytes().filter(|b| *b == b'.').count() <= 1
    {
        from_number(text, habits).map(DealTime::Server)
    } else {
        from_text(text, habits)
    }
}

/// Whether a cell can hold the time of a report's row: text, or a serial date in a number cell.
pub(crate) fn is_report_time(text: &str, number: bool, habits: DateHabits) -> bool {
    let plain = text
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'.'));
    if plain && !number && text.bytes().filter(|b| *b == b'.').count() < 2 {
        return false;
    }
    parse(text, habits).is_some()
}

fn from_number(text: &str, habits: DateHabits) -> Option<NaiveDateTime> {
    let number = if text.contains(['e', 'E']) {
        Decimal::from_scientific(text).ok()?
    } else {
        text.parse::<Decimal>().ok()?
    };
    let whole = number.trunc().to_i64()?;
    if (SERIAL_1990 - DAYS_1904..SERIAL_2100).contains(&whole) {
        return from_serial(number, habits.serial_1904);
    }
    let unit_per_second = [1_i64, 1_000, 1_000_000, 1_000_000_000]
        .into_iter()
        .find(|unit| (UNIX_1990..UNIX_2100).contains(&(whole / unit)))?;
    let seconds = whole / unit_per_second;
    let nanos = (whole % unit_per_second) * (1_000_000_000 / unit_per_second);
    let rest = if unit_per_second == 1 {
        (number.fract() * Decimal::ONE_THOUSAND).round().to_i64()? * 1_000_000
    } else {
        0
    };
    let base = DateTime::from_timestamp(seconds, 0)?.naive_utc();
    base.checked_add_signed(Duration::nanoseconds(nanos + rest))
}

/// A serial date: days since the end of 1899, the fraction being the time of day. Rounded to the
/// millisecond, which is what its double is good for.
fn from_serial(number: Decimal, serial_1904: bool) -> Option<NaiveDateTime> {
    let days = number.trunc().to_i64()? + if serial_1904 { DAYS_1904 } else { 0 };
    let millis = (number.fract() * Decimal::from(86_400_000))
        .round()
        .to_i64()?;
    let date = NaiveDate::from_ymd_opt(1899, 12, 30)?.checked_add_signed(Duration::days(days))?;
    date.and_time(NaiveTime::MIN)
        .checked_add_signed(Duration::milliseconds(millis))
}

fn from_text(text: &str, habits: DateHabits) -> Option<DealTime> {
    let split = text.find(|c: char| c.is_whitespace() || c == 'T' || c == 't');
    let (date, rest) = match split {
        Some(at) => (
            &text[..at],
            text[at..].trim_start_matches(['T', 't']).trim(),
        ),
        None => (text, ""),
    };
    let date = date_of(date.trim_end_matches(','), habits)?;
    if rest.is_empty() {
        return Some(DealTime::Server(date.and_time(NaiveTime::MIN)));
    }
    let (clock, offset) = split_offset(rest)?;
    let local = date.and_time(clock_of(clock)?);
    match offset {
        None => Some(DealTime::Server(local)),
        Some(offset) => {
            let instant = offset.from_local_datetime(&local).single()?;
            Some(DealTime::Instant(instant.with_timezone(&Utc)))
        }
    }
}

fn date_of(text: &str, habits: DateHabits) -> Option<NaiveDate> {
    let separator = text.chars().find(|c| matches!(c, '.' | '-' | '/'))?;
    let mut parts = text.split(separator);
    let (a, b, c) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let (year, month, day) = if a.len() == 4 {
        (a, b, c)
    } else if c.len() != 4 {
        return None;
    } else if separator == '/' && habits.month_first {
        (c, a, b)
    } else {
        (c, b, a)
    };
    NaiveDate::from_ymd_opt(
        i32::try_from(digits(year, 4)?).ok()?,
        digits(month, 2)?,
        digits(day, 2)?,
    )
}

/// Splits `12:00:00+02:00` into the clock's part and the offset.
fn split_offset(text: &str) -> Option<(&str, Option<FixedOffset>)> {
    if let Some(clock) = text.strip_suffix(['Z', 'z']) {
        return Some((clock.trim(), FixedOffset::east_opt(0)));
    }
    if let Some(clock) = text
        .strip_suffix("UTC")
        .or_else(|| text.strip_suffix("GMT"))
    {
        return Some((clock.trim(), FixedOffset::east_opt(0)));
    }
    let Some(at) = text.rfind(['+', '-']) else {
        return Some((text, None));
    };
    let sign = if text[at..].starts_with('-') { -1 } else { 1 };
    let digits_only: String = text[at + 1..].chars().filter(|c| *c != ':').collect();
    let (hours, minutes) = match digits_only.len() {
        2 => (digits(&digits_only, 2)?, 0),
        4 if digits_only.is_ascii() => {
            (digits(&digits_only[..2], 2)?, digits(&digits_only[2..], 2)?)
        }
        _ => return None,
    };
    if minutes > 59 {
        return None;
    }
    let seconds = i32::try_from(hours * 3_600 + minutes * 60).ok()?;
    Some((
        text[..at].trim(),
        Some(FixedOffset::east_opt(sign * seconds)?),
    ))
}

fn clock_of(text: &str) -> Option<NaiveTime> {
    if text.ends_with(|c: char| c.is_ascii_digit()) {
        return clock_of_day(text, None);
    }
    let lower = text.to_ascii_lowercase();
    let (body, afternoon) = if let Some(body) = lower
        .strip_suffix("pm")
        .or_else(|| lower.strip_suffix("p.m."))
    {
        (body.trim(), Some(true))
    } else if let Some(body) = lower
        .strip_suffix("am")
        .or_else(|| lower.strip_suffix("a.m."))
    {
        (body.trim(), Some(false))
    } else {
        return None;
    };
    clock_of_day(body, afternoon)
}

fn clock_of_day(body: &str, afternoon: Option<bool>) -> Option<NaiveTime> {
    let mut parts = body.split(':');
    let hour = digits(parts.next()?, 2)?;
    let minute = digits(parts.next()?, 2)?;
    let (second, nanos) = match parts.next() {
        None => (0, 0),
        Some(text) => seconds_of(text)?,
    };
    if parts.next().is_some() {
        return None;
    }
    let hour = match afternoon {
        None => hour,
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(afternoon) => hour % 12 + if afternoon { 12 } else { 0 },
    };
    NaiveTime::from_hms_nano_opt(hour, minute, second, nanos)
}

fn seconds_of(text: &str) -> Option<(u32, u32)> {
    let Some((whole, fraction)) = text.split_once(['.', ',']) else {
        return Some((digits(text, 2)?, 0));
    };
    if fraction.is_empty() || fraction.len() > 9 {
        return None;
    }
    let nanos = digits(fraction, 9)? * 10_u32.pow(9 - u32::try_from(fraction.len()).ok()?);
    Some((digits(whole, 2)?, nanos))
}

/// One to `length_max` ASCII digits.
fn digits(text: &str, length_max: usize) -> Option<u32> {
    let valid = (1..=length_max).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if valid { text.parse().ok() } else { None }
}

/// What a cell tells of the order of day and month in dates with slashes.
pub(crate) fn vote_month_first(text: &str) -> Option<bool> {
    let date = text.split(char::is_whitespace).next()?;
    let mut parts = date.split('/');
    let (a, b, c) = (parts.next()?, parts.next()?, parts.next()?);
    if c.len() < 4 {
        return None;
    }
    let (first, second) = (digits(a, 2)?, digits(b, 2)?);
    let lower = text.to_ascii_lowercase();
    if first > 12 {
        Some(false)
    } else if second > 12 || lower.ends_with("am") || lower.ends_with("pm") {
        Some(true)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(text: &str) -> Option<String> {
        match parse(text, DateHabits::default())? {
            DealTime::Server(time) => Some(time.format("%Y-%m-%d %H:%M:%S%.f").to_string()),
            DealTime::Instant(time) => Some(time.to_rfc3339()),
        }
    }

    #[test]
    fn all_forms_of_one_time_are_the_same() {
        for text in [
            "2025.07.25 11:10:58",
            "2025-07-25 11:10:58",
            "2025/07/25 11:10:58",
            "2025-07-25T11:10:58",
            "25.07.2025 11:10:58",
            "25/07/2025 11:10:58",
            "25-07-2025 11:10:58",
            "25/07/2025 11:10:58 AM",
            "1753441858",
            "1753441858.0",
            "1753441858000",
            "1753441858000000",
            "1753441858000000000",
            "1.753441858e9",
            "45863.4659490741",
            "45863.46594907407",
        ] {
            assert_eq!(
                server(text).as_deref(),
                Some("2025-07-25 11:10:58"),
                "{text}"
            );
        }
        assert_eq!(
            server("2025.07.25 11:10").as_deref(),
            Some("2025-07-25 11:10:00")
        );
        assert_eq!(
            server("2025.07.25 11:10:58.388").as_deref(),
            Some("2025-07-25 11:10:58.388")
        );
        assert_eq!(
            server("1752779272388").as_deref(),
            Some("2025-07-17 19:07:52.388")
        );
        let american = DateHabits {
            month_first: true,
            serial_1904: false,
        };
        assert_eq!(
            parse("7/8/2025 1:10:58 PM", american)
                .map(|t| t.clock().to_string())
                .as_deref(),
            Some("2025-07-08 13:10:58")
        );
        let mac = DateHabits {
            month_first: false,
            serial_1904: true,
        };
        assert_eq!(
            parse("44401.4659490741", mac)
                .map(|t| t.clock().to_string())
                .as_deref(),
            Some("2025-07-25 11:10:58")
        );
    }

    #[test]
    fn an_offset_makes_an_instant() {
        for text in [
            "2025-07-25T11:10:58+02:00",
            "2025-07-25 09:10:58Z",
            "2025-07-25 07:10:58-0200",
            "2025-07-25 09:10:58 UTC",
        ] {
            assert_eq!(
                server(text).as_deref(),
                Some("2025-07-25T09:10:58+00:00"),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "2025",
            "2025.13.25 11:10:58",
            "2025.02.30 11:10:58",
            "2025.07.25 25:10:58",
            "buy",
            "12",
            "99999",
            "1850-01-01 00:00:00",
            "2025.07.25.01 11:00:00",
            "2025-07-25 11:10:58+99:00",
            "25.07.25 11:10",
            "é.é.é é:é",
            "1e999",
            "2025-07-25 13:00:00 PM",
            "2025-07-25 11:10:58+é1",
        ] {
            assert_eq!(server(text), None, "{text}");
        }
    }

    #[test]
    fn times_outside_1990_to_2100_are_none() {
        let habits = DateHabits::default();
        for (text, within) in [
            ("1989.12.31 23:59:59", false),
            ("1990.01.01 00:00:00", true),
            ("2099.12.31 23:59:59", true),
            ("2100.01.01 00:00:00", false),
            ("0001-01-01T00:00:00Z", false),
        ] {
            assert_eq!(parse(text, habits).is_some(), within, "{text}");
            assert_eq!(is_out_of_range(text, habits), !within, "{text}");
        }
        assert_eq!(server("631152000").as_deref(), Some("1990-01-01 00:00:00"));
        assert_eq!(server("32874").as_deref(), Some("1990-01-01 00:00:00"));
        assert_eq!(server("631151999"), None);
        assert!(!is_out_of_range("buy", habits));
    }

    #[test]
    fn report_times_are_not_bare_numbers_of_text() {
        let habits = DateHabits::default();
        assert!(is_report_time("2025.07.25 11:10:58", false, habits));
        assert!(is_report_time("45863.4659490741", true, habits));
        assert!(!is_report_time("45863.4659490741", false, habits));
        assert!(!is_report_time("50485254452", false, habits));
    }
}
