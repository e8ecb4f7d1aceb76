//! Who is connected over a WebSocket, what they listen to, and how events get
//! there: at least once, in order, and none lost.
//!
//! - [`domain`]: messages, frames, channels, and the rules of a connection's
//!   life; pure.
//! - [`store`]: connections and who listens to which log, in DynamoDB.
//! - [`gateway`]: API Gateway's side of connections.
//! - [`logs`]: which log a bearer's own events and a channel's are in.
//! - [`messages`]: what the queues of this context carry.
//! - [`app`]: what is done with all of these, one file per use.
//!
//! The logs of events themselves are [`platform::live`]: every context writes
//! them.

pub mod app;
pub mod domain;
pub mod gateway;
pub mod logs;
pub mod messages;
pub mod store;
