//! What the queues of this context carry.

use platform::live::Log;
use serde::{Deserialize, Serialize};

/// A message of the queue that keeps order, in the group of its log: by
/// itself that there is something new to send, which is what a log's outbox
/// says; with a release, that a connection is to be sent what it has missed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FanoutMessage {
    /// Which log.
    pub log: Log,
    /// Who is to be sent what they have missed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<Release>,
}

/// That a connection is sent what it has missed, and from then on all at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// The connection.
    pub connection: String,
    /// The last number it has seen.
    pub after: u64,
    /// Whether its client has asked; if not, it counts only while its events
    /// are held.
    pub is_asked: bool,
}

/// What is to be looked at in a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// Whether somebody has said by now who they are.
    Authenticated {
        /// The connection.
        connection: String,
    },
    /// Whether a connection's events are still held.
    Held {
        /// The log.
        log: Log,
        /// The connection.
        connection: String,
        /// The number of the log's last event at its opening.
        after: u64,
    },
}
