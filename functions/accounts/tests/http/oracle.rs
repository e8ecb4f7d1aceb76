//! The whole flow against a second judgement of the same rules: traders trade
//! for days on a gateway that lags, fails and goes down, and every verdict is
//! the one that the simulator finds in its own ledger.
//!
//! `ORACLE_SEED` chooses what happens, `ORACLE_ACCOUNTS` and `ORACLE_DAYS` how
//! much, and `ORACLE_FAULTS` which faults: `none`, `lag`, `money` or `all`.

mod compare;
mod plans;
mod run;
mod trader;

use self::run::{Faults, Settings, run};

#[tokio::test]
async fn oracle_agrees_without_faults() {
    run(Settings::from_env(4, 1, Faults::None)).await;
}

#[tokio::test]
async fn oracle_agrees_while_deals_lag() {
    run(Settings::from_env(4, 1, Faults::Lag)).await;
}
