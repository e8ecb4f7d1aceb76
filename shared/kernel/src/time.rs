//! Time as a value: a clock is asked once, at the edge, and what it said is
//! handed inwards.

use chrono::{DateTime, Utc};

/// A moment in UTC.
pub type Timestamp = DateTime<Utc>;

/// Something that tells the time. `platform` has the real ones; tests bring
/// their own.
pub trait Clock: Send + Sync + 'static {
    /// The present moment.
    fn now(&self) -> Timestamp;
}
