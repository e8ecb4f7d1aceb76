//! The gateway as its clients and its tests see it.

mod faults;
mod protocol;
mod replay;
mod scenario;
mod server;
mod support;
