//! The function's routes over a real store and a simulated gateway, each
//! request through the whole chain.

mod callers;
mod challenges;
mod connecting;
mod errors;
mod importing;
mod limits;
mod oracle;
mod plans;
mod reading;
mod shop_lists;
mod simulating;
mod storms;
mod support;
mod uploading;
mod verdicts;
mod watching;
