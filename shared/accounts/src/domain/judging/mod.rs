//! Judging an account: which snapshots can be believed, where a challenge
//! starts, and what the rules make of it. Pure: the caller reads the inputs
//! and writes what comes out.
//!
//! - [`explanation`]: whether deals explain a snapshot's balance.
//! - [`reconciliation`]: what waits for an explanation, and what stands without.
//! - [`exposure`]: open positions and days as of an earlier deal.
//! - [`stage`]: a challenge before and after its start.
//! - [`group`]: deals and the snapshot that they explain, judged together.
//! - `run`: snapshots tried against deals, in order.
//! - [`step`]: one more snapshot, and what it lets be judged.
//! - `history`: recorded inputs in the order of their arrival.
//! - [`rerun`]: the inputs since a difference, judged again with all deals.

pub mod explanation;
pub mod exposure;
pub mod group;
mod history;
pub mod reconciliation;
pub mod rerun;
mod run;
pub mod stage;
pub mod step;

#[cfg(test)]
mod tests;

pub use explanation::{Explanation, explain};
pub use exposure::Exposure;
pub use group::{Findings, Group, Judging};
pub use history::History;
pub use reconciliation::{
    CarryOver, HeldSnapshot, Reconciliation, SettledEntry, StandIn, WaitingRange,
};
pub use rerun::{RERUN_INPUTS_MAX, Reran, Rerun, rerun};
pub use run::NumberedSnapshot;
pub use stage::{Awaiting, ChallengeState, Running, Stage, WaitsFor};
pub use step::{Announced, Step, Waiting};
