//! How long the functions take to start, and what they need then.
//!
//! Starts release binaries as Lambda does, against a runtime API of its own
//! and a deployment in miniature (the test kit's: DynamoDB, Secrets Manager
//! and SQS in this process, without TLS), and prints a Markdown table.

mod deployment;
mod events;
mod figures;
mod measure;
mod process;
mod runtime_api;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use crate::deployment::Deployment;
use crate::events::Function;
use crate::figures::{Figures, HEADING};

/// Measures how long the functions take to start.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// Functions to measure; all where none is named.
    functions: Vec<Function>,
    /// Where the release binaries are.
    #[arg(long, default_value = "target/release")]
    dir: PathBuf,
    /// Starts of each function.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    runs: u32,
    /// Requests of each start.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(2..=100))]
    requests: u32,
}

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    match report(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("coldstart: {}", kernel::error::chain(&error));
            ExitCode::FAILURE
        }
    }
}

async fn report(options: Options) -> Result<(), measure::Failure> {
    let deployment = Deployment::start().await;
    let functions = match options.functions.is_empty() {
        true => Function::ALL.to_vec(),
        false => options.functions,
    };
    println!("{HEADING}");
    for function in functions {
        let binary = options.dir.join(function.name());
        // The first start reads the binary from the disk and counts for nothing.
        measure::start(&deployment, function, &binary, 2).await?;
        let mut starts = Vec::new();
        for _ in 0..options.runs {
            starts.push(measure::start(&deployment, function, &binary, options.requests).await?);
        }
        let size_bytes = std::fs::metadata(&binary).map_or(0, |file| file.len());
        println!("{}", Figures::of(&starts, size_bytes).row(function));
    }
    Ok(())
}
