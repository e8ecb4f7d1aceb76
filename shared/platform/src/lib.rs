//! What every function of Tradebridge stands on: settings, AWS clients, secrets,
//! DynamoDB, the outbox, queues, idempotency, limits, breakers, envelope
//! encryption and Lambda start-up.
//!
//! The platform knows no business rule. A context's store is written with
//! [`dynamo`]; a function's `main` is written with [`runtime`].

pub mod audit_log;
pub mod aws;
pub mod breaker;
pub mod clock;
pub mod config;
pub mod devices;
pub mod doorkeeper;
pub mod dynamo;
pub mod envelope;
pub mod http_client;
pub mod idempotency;
pub mod key_rotation;
pub mod keys;
pub mod live;
pub mod objects;
pub mod once;
pub mod outbox;
pub mod outside_url;
pub mod owner;
pub mod queue;
pub mod race;
pub mod rate_limit;
pub mod request;
pub mod restrictions;
pub mod retry;
pub mod runtime;
pub mod secrets;
pub mod shops;
pub mod telemetry;
pub mod tokens;

mod tls;
