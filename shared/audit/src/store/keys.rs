//! Every key of the audit table but the record's own, in one place.
//!
//! | partition | sort key | what |
//! |---|---|---|
//! | `DAY#{date}` | `{ms}#{entry}` | the record; indexes by actor and by action |
//! | `P#{person}` | `PROFILE` | what a person was seen signing in with |
//! | `F#ADDRESS#{address}`, `F#ACCOUNT#{hash}` | `{window}` | names of failed sign-ins; an hour |
//! | | `{window}#TOLD` | that an alert of that hour went out |
//! | `OUTBOX#{n}` | `{ulid}` | events on their way |

use kernel::id::UserId;
use platform::dynamo::Key;
use platform::tokens::sha256_hex;

use crate::domain::Failures;

/// A person's profile.
#[must_use]
pub fn profile(person: &UserId) -> Key {
    Key::new(format!("P#{person}"), "PROFILE")
}

/// The failures of a window that starts then, in seconds since the epoch.
#[must_use]
pub fn failures(of: &Failures, window_start_s: i64) -> Key {
    Key::new(failures_partition(of), format!("{window_start_s:012}"))
}

/// That an alert of these failures went out.
#[must_use]
pub fn told(of: &Failures, window_start_s: i64) -> Key {
    Key::new(failures_partition(of), format!("{window_start_s:012}#TOLD"))
}

fn failures_partition(of: &Failures) -> String {
    match of {
        Failures::OfAddress(address) => format!("F#ADDRESS#{address}"),
        Failures::OfAccount(hash) => format!("F#ACCOUNT#{hash}"),
    }
}

/// A name that is somebody's mail address, as it is kept here: enough to tell
/// one from another, and not the name.
#[must_use]
pub fn hashed(account: &str) -> String {
    let mut hash = sha256_hex(account.as_bytes());
    hash.truncate(16);
    hash
}
