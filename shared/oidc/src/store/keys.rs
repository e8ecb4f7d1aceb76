//! Every key of this context, which are of the platform's table.
//!
//! | partition | sort key | what |
//! |---|---|---|
//! | `OIDC#{sha256 of state}` | `FLOW` | a sign-in that is under way |

use platform::dynamo::Key;

/// A sign-in that is under way, by the hash of its state.
#[must_use]
pub fn flow(state_sha256: &str) -> Key {
    Key::new(format!("OIDC#{state_sha256}"), "FLOW")
}
