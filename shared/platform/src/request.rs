//! What a use case knows of the request that it serves.

use kernel::time::Timestamp;

/// A request that changes something.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Its id, for the messages it causes.
    pub id: &'a str,
    /// When, in real time: tokens, codes and terminals go by it.
    pub now: Timestamp,
}
