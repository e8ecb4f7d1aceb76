//! Answers of the client calls as the protocol writes them.

use chrono_tz::Tz;
use kernel::time::Timestamp;

pub(crate) mod deal;
pub(crate) mod information;
pub(crate) mod position;

/// A moment as the trade server's clock shows it, without a zone.
fn broker_time(at: Timestamp, zone: Tz) -> String {
    at.with_timezone(&zone)
        .format("%Y-%m-%d %H:%M:%S%.3f")
        .to_string()
}
