//! What the black-box tests reach the stack with: a shop that signs, a trader
//! with a token, a visitor who signs in, a desk with terminals, clients of the WebSocket API, the gateway simulator's controls, a
//! shop's own server that takes webhooks, and what kills functions at work.
//!
//! The tests run against the stack that `make test` has started.

mod desk;
mod follower;
mod killer;
mod receiver;
mod simulator;
mod socket;
mod stack;
mod visitor;

pub use desk::Desk;
pub use follower::{Follower, Heard, Way};
pub use killer::Killer;
pub use receiver::{Received, Receiver};
pub use simulator::Simulator;
pub use socket::Socket;
pub use stack::{Answer, Shop, Stack};
pub use visitor::{Tokens, Visitor};

use std::future::Future;
use std::time::{Duration, Instant};

/// Asks until the answer is there, for at most `limit`.
///
/// # Panics
/// Where it is not there by then.
pub async fn until<T, Fut>(what: &str, limit: Duration, ask: impl Fn() -> Fut) -> T
where
    Fut: Future<Output = Option<T>>,
{
    let started = Instant::now();
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(
            started.elapsed() < limit,
            "{what}: not within {} s",
            limit.as_secs()
        );
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}
