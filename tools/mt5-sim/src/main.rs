//! Runs the MT5 gateway simulator.

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use clap::Parser;
use mt5_sim::{DemoSettings, Report, Scenario, Settings, serve};
use rust_decimal::Decimal;
use secrecy::SecretString;

/// An MT5 gateway with simulated accounts.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Address to listen on.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    bind: IpAddr,
    /// Port to listen on; 0 takes a free one.
    #[arg(long, default_value_t = 4600)]
    port: u16,
    /// What clients must send as auth-token.
    #[arg(long, default_value = "sim-token")]
    token: SecretString,
    /// Scenario file (JSON) whose accounts are served.
    #[arg(long)]
    scenario: Option<PathBuf>,
    /// MT5 history (HTML, XLSX or CSV) that is replayed as a live account.
    #[arg(long)]
    report: Option<PathBuf>,
    /// Recorded seconds that pass in one second, from the start on; without
    /// it each deal happens when it was recorded.
    #[arg(long, requires = "report")]
    speed: Option<Decimal>,
    /// When the first deal of a replay with a speed happens (RFC 3339); now by
    /// default.
    #[arg(long, requires = "speed")]
    report_start: Option<DateTime<Utc>>,
    /// Investor password of the replayed account.
    #[arg(long, default_value = "report-investor")]
    report_password: SecretString,
    /// IANA zone of the trade servers.
    #[arg(long, default_value = "Europe/Athens", value_parser = zone)]
    server_zone: Tz,
    /// Milliseconds that verifying an account takes.
    #[arg(long, default_value_t = 0)]
    verification_ms: u32,
    /// Milliseconds from then until its terminal is connected.
    #[arg(long, default_value_t = 0)]
    connection_ms: u32,
    /// Serve the demo account, which trades by itself.
    #[arg(long)]
    demo: bool,
    /// Seed of the demo account's market and trades.
    #[arg(long, default_value_t = 1)]
    demo_seed: u64,
    /// When the demo account's deposit is made (RFC 3339); midnight UTC five
    /// days ago by default.
    #[arg(long)]
    demo_start: Option<DateTime<Utc>>,
}

fn zone(name: &str) -> Result<Tz, String> {
    name.parse()
        .map_err(|_| format!("{name} is no zone of the IANA database"))
}

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .json()
        .with_writer(std::io::stderr)
        .init();
    match start(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mt5-sim: {}", kernel::error::chain(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

fn start(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(run(arguments))
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let (address, handle) = serve(settings(arguments)?).await?;
    println!("mt5-sim listens on http://{address}");
    tokio::signal::ctrl_c().await?;
    handle.stop().await;
    Ok(())
}

fn settings(arguments: Arguments) -> Result<Settings, Box<dyn Error>> {
    let scenario = match &arguments.scenario {
        Some(path) => Some(Scenario::parse(&read(path)?).map_err(|fault| named(path, &fault))?),
        None => None,
    };
    let report = match &arguments.report {
        Some(path) => Some(Report {
            bytes: read(path)?,
            speed: arguments.speed,
            start: arguments.report_start,
            password: arguments.report_password,
        }),
        None => None,
    };
    Ok(Settings {
        address: SocketAddr::new(arguments.bind, arguments.port),
        token: arguments.token,
        verification_ms: arguments.verification_ms,
        connection_ms: arguments.connection_ms,
        server_zone: arguments.server_zone,
        scenario,
        report,
        demo: arguments.demo.then_some(DemoSettings {
            seed: arguments.demo_seed,
            start: arguments.demo_start,
        }),
        ..Settings::default()
    })
}

/// The largest file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let size = std::fs::metadata(path)
        .map_err(|error| named(path, &error.to_string()))?
        .len();
    if size > FILE_BYTES_MAX {
        return Err(named(path, "the file is larger than 64 MiB"));
    }
    std::fs::read(path).map_err(|error| named(path, &error.to_string()))
}

fn named(path: &Path, fault: &str) -> String {
    format!("{}: {fault}", path.display())
}
