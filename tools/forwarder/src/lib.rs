//! The local stack's front door: one address that serves what the public host
//! serves in the cloud.
//!
//! The emulator answers an HTTP API below a path that names the API and its
//! stage, and a WebSocket API below another. The forwarder puts both on one
//! port at the contract's own paths, tells the functions the caller's address
//! in [`PEER_HEADER`], and shows a page to begin with at `/`. It changes
//! nothing else: statuses, headers and bodies pass through as they are.

mod page;
mod problem;
mod proxy;
mod target;
mod tunnel;
mod upload;

pub use proxy::{PEER_HEADER, RESPONSE_WAIT_MAX, router};
pub use target::{Target, TargetError};
pub use upload::BODY_BYTES_MAX;
