//! What tests stand on: everything around a function, in its own process.
//!
//! A [`Stack`] is a deployment in miniature. It has DynamoDB, Secrets Manager
//! and SQS on loopback ports of its own ([`cloud`]), S3 ([`objects`]), shops with their keys
//! ([`shop`]), the simulated MT5 gateway ([`gateway`]) and a clock that goes
//! ahead of real time. The code under test is the real code with its real
//! clients. An organization's sign-in provider is another server of its own
//! ([`provider`]). [`pump`] carries messages as the dispatcher and the queues would,
//! one after the other and as often as a test wants.
//!
//! Nothing here is part of what is deployed; a failure of the kit panics.

pub mod authenticator;
pub mod cloud;
pub mod gateway;
pub mod http;
pub mod naughty;
pub mod objects;
pub mod provider;
pub mod pump;
pub mod shop;
pub mod sockets;
pub mod stack;

pub use cloud::Cloud;
pub use gateway::Gateway;
pub use http::Answer;
pub use objects::Objects;
pub use provider::Provider;
pub use shop::Shop;
pub use sockets::Sockets;
pub use stack::Stack;
