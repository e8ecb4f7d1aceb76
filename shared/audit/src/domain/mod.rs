//! When a sign-in is unlike those before it.

mod alert;
mod failures;
mod profile;
mod recent;

pub use alert::{About, Alert, Attempt, Reason};
pub use failures::{Failures, NAMES_MAX};
pub use profile::Profile;
pub use recent::{Recent, Seen};
