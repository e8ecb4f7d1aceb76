//! When a day begins: a local time of day in a zone.

use std::fmt;
use std::str::FromStr;

use chrono::{
    DateTime, Duration, FixedOffset, LocalResult, MappedLocalTime, NaiveDate, NaiveDateTime,
    NaiveTime, Offset, TimeZone, Utc,
};
use chrono_tz::Tz;
use kernel::time::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A zone of the IANA database, or a fixed offset from UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Zone {
    /// By name, with its history of daylight saving time.
    Iana(Tz),
    /// `+03:30`.
    Fixed(FixedOffset),
}

/// A text that names no zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be an IANA time zone such as Asia/Tehran, or an offset such as +03:30")]
pub struct ZoneError;

impl FromStr for Zone {
    type Err = ZoneError;

    fn from_str(text: &str) -> Result<Self, ZoneError> {
        // Longer than any name; a bound before the table is searched.
        if text.len() > 64 {
            return Err(ZoneError);
        }
        match text.as_bytes().first() {
            Some(b'+' | b'-') => offset(text).map(Self::Fixed).ok_or(ZoneError),
            _ => text.parse().map(Self::Iana).map_err(|_| ZoneError),
        }
    }
}

/// Reads `+hh:mm`, at most 14 hours either way.
fn offset(text: &str) -> Option<FixedOffset> {
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let two = |part: &str| {
        (part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| part.parse::<i32>().ok())?
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    if minutes > 59 || hours * 60 + minutes > 14 * 60 {
        return None;
    }
    let seconds = hours * 3600 + minutes * 60;
    FixedOffset::east_opt(if text.starts_with('-') {
        -seconds
    } else {
        seconds
    })
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Iana(zone) => f.write_str(zone.name()),
            Self::Fixed(offset) => write!(f, "{offset}"),
        }
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

impl Zone {
    /// The local date and time of a moment.
    #[must_use]
    pub fn local(&self, at: Timestamp) -> NaiveDateTime {
        match self {
            Self::Iana(zone) => at.with_timezone(zone).naive_local(),
            Self::Fixed(offset) => at.with_timezone(offset).naive_local(),
        }
    }

    fn moments(&self, local: NaiveDateTime) -> LocalResult<Timestamp> {
        fn utc<Z: TimeZone>(found: MappedLocalTime<DateTime<Z>>) -> LocalResult<Timestamp>
        where
            Z::Offset: Offset,
        {
            found.map(|moment| moment.with_timezone(&Utc))
        }
        match self {
            Self::Iana(zone) => utc(zone.from_local_datetime(&local)),
            Self::Fixed(offset) => utc(offset.from_local_datetime(&local)),
        }
    }

    /// The moment of a local time: the earlier of two where the clock was set
    /// back, the first after the gap where it was set forward past it.
    fn moment(&self, local: NaiveDateTime) -> Timestamp {
        if let Some(found) = self.moments(local).earliest() {
            return found;
        }
        // A gap is an hour mostly and a whole day at most (a zone that moved
        // across the date line), and ends on a whole second.
        let first_minute = (1..=26 * 60)
            .map(|minutes| local + Duration::minutes(minutes))
            .find_map(|after| self.moments(after).earliest().map(|_| after));
        let Some(first_minute) = first_minute else {
            return local.and_utc();
        };
        (0..60)
            .map(|seconds| first_minute - Duration::seconds(seconds))
            .map_while(|at| self.moments(at).earliest())
            .last()
            .unwrap_or_else(|| local.and_utc())
    }
}

/// A plan's reset: a local time of day in a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ResetRule {
    /// Local time of day, `HH:MM` or `HH:MM:SS`.
    #[serde(with = "time_of_day")]
    #[schema(value_type = String, example = "01:30")]
    pub time: NaiveTime,
    /// IANA zone, or an offset such as `+03:30`.
    #[schema(value_type = String, example = "Asia/Tehran")]
    pub zone: Zone,
}

impl Default for ResetRule {
    /// 01:30 in Tehran.
    fn default() -> Self {
        Self {
            time: NaiveTime::from_hms_opt(1, 30, 0).expect("a time of day"),
            zone: Zone::Iana(Tz::Asia__Tehran),
        }
    }
}

mod time_of_day {
    use super::NaiveTime;
    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(time: &NaiveTime, to: S) -> Result<S::Ok, S::Error> {
        use chrono::Timelike;
        let form = if time.second() == 0 {
            "%H:%M"
        } else {
            "%H:%M:%S"
        };
        to.collect_str(&time.format(form))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<NaiveTime, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        let form = match text.len() {
            5 => "%H:%M",
            8 => "%H:%M:%S",
            _ => return Err(D::Error::custom(WANTED)),
        };
        match NaiveTime::parse_from_str(&text, form) {
            // A leap second is no time of day that comes every day.
            Ok(time) if !text.ends_with(":60") => Ok(time),
            _ => Err(D::Error::custom(WANTED)),
        }
    }

    const WANTED: &str = "must be a time of day such as 01:30";
}

impl ResetRule {
    /// The reset of a local date.
    fn on(&self, date: NaiveDate) -> Timestamp {
        self.zone.moment(date.and_time(self.time))
    }

    /// The latest reset at or before a moment.
    #[must_use]
    pub fn latest_at_or_before(&self, at: Timestamp) -> Timestamp {
        self.around(at)
            .rev()
            .find(|reset| *reset <= at)
            .unwrap_or(at)
    }

    /// The first reset after a moment.
    #[must_use]
    pub fn next_after(&self, at: Timestamp) -> Timestamp {
        self.around(at)
            .find(|reset| *reset > at)
            .unwrap_or(at + Duration::days(1))
    }

    /// The resets of the dates around a moment, in order. Offsets change by
    /// less than two days, so these dates hold both neighbours.
    fn around(&self, at: Timestamp) -> impl DoubleEndedIterator<Item = Timestamp> {
        let today = self.zone.local(at).date();
        (-2..=2).map(move |days| self.on(today + Duration::days(days)))
    }
}

#[cfg(test)]
mod tests;
