//! Runs a simulated terminal against a stack.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use rust_decimal::Decimal;
use secrecy::ExposeSecret;
use terminal_sim::{Bridge, Broker, Identity, Terminal};

/// A desktop terminal with a simulated broker.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Address of the API.
    #[arg(long, default_value = "http://localhost:3000")]
    url: String,
    /// What the terminal calls itself.
    #[arg(long, default_value = "SIM-1")]
    terminal_id: String,
    /// Code that pairs it, where it has no token yet.
    #[arg(long)]
    code: Option<String>,
    /// File that keeps its person and its token from one run to the next.
    #[arg(long, default_value = ".local/terminal-sim.json")]
    token_file: PathBuf,
    /// Seconds between polls.
    #[arg(long, default_value_t = 5)]
    every: u64,
    /// Login of the simulated account.
    #[arg(long, default_value = "9000001")]
    login: String,
    /// Its balance.
    #[arg(long, default_value = "10000")]
    balance: Decimal,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("terminal-sim: {}", kernel::error::chain(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let bridge = bridge(&arguments).await?;
    let broker = Broker::new(&arguments.login, arguments.balance);
    let mut terminal = Terminal::start(bridge, broker);
    let mut ticks = tokio::time::interval(Duration::from_secs(arguments.every.max(1)));
    loop {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => return Ok(()),
            _ = ticks.tick() => {}
        }
        match terminal.poll().await {
            Ok(done) if done.is_empty() => {}
            Ok(done) => println!("carried out: {}", done.join(", ")),
            Err(error) => eprintln!("terminal-sim: {}", kernel::error::chain(&error)),
        }
    }
}

async fn bridge(arguments: &Arguments) -> Result<Bridge, Box<dyn Error>> {
    if let Some(code) = &arguments.code {
        let bridge = Bridge::pair(&arguments.url, code, &arguments.terminal_id).await?;
        let kept = serde_json::json!({
            "token": bridge.identity.token.expose_secret(),
            "user": bridge.identity.user,
            "terminal_id": bridge.identity.terminal_id,
        });
        keep(&arguments.token_file, &kept.to_string())?;
        return Ok(bridge);
    }
    let kept = std::fs::read_to_string(&arguments.token_file)
        .map_err(|_| "no token is kept; pair the terminal with --code first")?;
    let kept: serde_json::Value = serde_json::from_str(&kept)?;
    let text = |name: &str| kept[name].as_str().unwrap_or_default().to_owned();
    let identity = Identity {
        token: text("token").into(),
        user: text("user"),
        terminal_id: text("terminal_id"),
    };
    Ok(Bridge::new(&arguments.url, identity)?)
}

/// Keeps what only this user may read.
fn keep(path: &std::path::Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text.as_bytes())
}
