//! The gateway as its clients and its tests see it.

mod bulk;
mod cancellation;
mod clock;
mod distortion;
mod faults;
mod history;
mod migration;
mod operations;
mod outage;
mod positions;
mod protocol;
mod replay;
mod scenario;
mod server;
mod support;
