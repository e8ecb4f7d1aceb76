//! What the simulator is started with.

use std::net::SocketAddr;
use std::sync::Arc;

use chrono_tz::Tz;
use kernel::time::{Clock, Timestamp};
use rust_decimal::Decimal;
use secrecy::SecretString;

use crate::account::Account;
use crate::clock::SystemClock;
use crate::demo::{self, Demo, Walk};
use crate::report::{self, Report};
use crate::scenario::{AccountSpec, Scenario};

/// The demo account's login.
pub const DEMO_LOGIN: &str = "5000001";
/// Its investor password, which guards nothing.
pub const DEMO_PASSWORD: &str = "demo-investor";
/// Its trade server.
pub const DEMO_SERVER: &str = "Sim-Demo";

/// The login of a replayed history that names none.
pub const REPORT_LOGIN: &str = "5000002";

/// Why the simulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An account cannot be as described.
    #[error("account {login}: {reason}")]
    Account {
        /// Its login.
        login: String,
        /// What is wrong.
        reason: String,
    },
    /// The history to replay cannot be read.
    #[error("the history to replay: {0}")]
    Report(String),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// The account that trades by itself.
#[derive(Clone, Copy, Debug)]
pub struct DemoSettings {
    /// Chooses its market and trades.
    pub seed: u64,
    /// When its deposit is made; midnight UTC five days ago where left out.
    pub start: Option<Timestamp>,
}

/// What the simulator is started with.
pub struct Settings {
    /// Where it listens; port 0 takes a free one.
    pub address: SocketAddr,
    /// What clients send as `auth-token`.
    pub token: SecretString,
    /// Milliseconds until an account's credentials are verified.
    pub verification_ms: u32,
    /// Milliseconds from then until its terminal is connected.
    pub connection_ms: u32,
    /// The trade servers' zone, for `brokerTime`.
    pub server_zone: Tz,
    /// Accounts by scenario.
    pub scenario: Option<Scenario>,
    /// A recorded history to replay as an account.
    pub report: Option<Report>,
    /// The account that trades by itself.
    pub demo: Option<DemoSettings>,
    /// The real time.
    pub clock: Arc<dyn Clock>,
}

impl Default for Settings {
    /// A gateway on a free local port with the token `sim-token`, verification
    /// without delay and no accounts.
    fn default() -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            token: SecretString::from("sim-token"),
            verification_ms: 0,
            connection_ms: 0,
            server_zone: Tz::Europe__Athens,
            scenario: None,
            report: None,
            demo: None,
            clock: Arc::new(SystemClock),
        }
    }
}

impl Settings {
    /// The accounts that the settings describe.
    pub(crate) fn accounts(self, now: Timestamp) -> Result<Vec<Account>, StartError> {
        let mut accounts = Vec::new();
        for spec in self.scenario.into_iter().flat_map(|file| file.accounts) {
            let login = spec.login.clone();
            let account =
                Account::new(spec, now).map_err(|reason| StartError::Account { login, reason })?;
            accounts.push(account);
        }
        if let Some(report) = self.report {
            let account = report::account(report, self.server_zone, now);
            accounts.push(account.map_err(StartError::Report)?);
        }
        if let Some(demo) = self.demo {
            accounts.push(demo_account(demo, now).map_err(|reason| {
                let login = DEMO_LOGIN.to_owned();
                StartError::Account { login, reason }
            })?);
        }
        Ok(accounts)
    }
}

fn demo_account(settings: DemoSettings, now: Timestamp) -> Result<Account, String> {
    let start = settings.start.unwrap_or_else(|| demo::default_start(now));
    // The trades are laid out from the start on; a year is what the clock's
    // offset reaches too.
    if (now - start).num_days().abs() > 366 {
        return Err("the demo's start is more than a year away".to_owned());
    }
    Account::demo(
        AccountSpec::plain(DEMO_LOGIN, DEMO_PASSWORD, DEMO_SERVER),
        Demo {
            walk: Walk {
                seed: settings.seed,
            },
            start,
            deposit: Decimal::from(100_000),
        },
    )
}
