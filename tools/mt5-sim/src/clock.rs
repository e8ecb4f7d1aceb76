//! The simulated present: real time and a settable offset.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{TimeDelta, Utc};
use kernel::time::{Clock, Timestamp};

/// The furthest that the simulated time may be from the real one, in seconds.
pub(crate) const AHEAD_S_MAX: i64 = 366 * 86_400;

/// The operating system's clock.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place of the simulator that asks the system for the time"
    )]
    fn now(&self) -> Timestamp {
        Utc::now()
    }
}

/// Real time and how far the simulated time is ahead of it.
pub(crate) struct SimClock {
    real: Arc<dyn Clock>,
    ahead_s: AtomicI64,
}

impl SimClock {
    /// A clock without offset over a real one.
    #[must_use]
    pub(crate) fn new(real: Arc<dyn Clock>) -> Self {
        Self {
            real,
            ahead_s: AtomicI64::new(0),
        }
    }

    /// The real moment: for verification and connection times, which do not
    /// pass faster because the accounts' time is moved.
    #[must_use]
    pub(crate) fn real_now(&self) -> Timestamp {
        self.real.now()
    }

    /// The simulated moment, at which accounts are asked for their state.
    #[must_use]
    pub(crate) fn now(&self) -> Timestamp {
        self.real_now() + TimeDelta::seconds(self.ahead_s())
    }

    /// Seconds by which the simulated time is ahead; negative when behind.
    #[must_use]
    pub(crate) fn ahead_s(&self) -> i64 {
        self.ahead_s.load(Ordering::Relaxed)
    }

    /// Sets the offset; `false`, and nothing changed, beyond [`AHEAD_S_MAX`].
    pub(crate) fn set_ahead_s(&self, ahead_s: i64) -> bool {
        let fits = (-AHEAD_S_MAX..=AHEAD_S_MAX).contains(&ahead_s);
        if fits {
            self.ahead_s.store(ahead_s, Ordering::Relaxed);
        }
        fits
    }
}
