//! Ends instances of a function in the middle of their work.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures::{Stream, StreamExt, stream};
use tokio::task::JoinHandle;

/// Kills all instances of a function again and again, until it is dropped.
#[derive(Debug)]
pub struct Killer {
    task: JoinHandle<()>,
    killed: Arc<AtomicU32>,
}

impl Killer {
    /// Kills what runs of the local stack's function of this name, every so
    /// often.
    #[must_use]
    pub fn of(function: &str, every: Duration) -> Self {
        let ticks = stream::repeat(()).then(move |()| tokio::time::sleep(every));
        Self::at(function, ticks)
    }

    /// The same at moments that somebody chooses.
    pub fn at(function: &str, moments: impl Stream<Item = ()> + Send + 'static) -> Self {
        let setting = format!("AWS_LAMBDA_FUNCTION_NAME=tradebridge-local-{function}");
        let killed = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&killed);
        let task = tokio::spawn(async move {
            let mut moments = std::pin::pin!(moments);
            while moments.next().await.is_some() {
                for id in instances(&setting) {
                    let done = std::process::Command::new("kill")
                        .args(["-9", &id])
                        .status();
                    count.fetch_add(u32::from(done.is_ok()), Ordering::Relaxed);
                }
            }
        });
        Self { task, killed }
    }

    /// Instances that were killed so far.
    #[must_use]
    pub fn killed(&self) -> u32 {
        self.killed.load(Ordering::Relaxed)
    }
}

impl Drop for Killer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Ids of the processes that have a setting and are a function's.
fn instances(setting: &str) -> Vec<String> {
    std::fs::read_dir("/proc")
        .expect("processes")
        .flatten()
        .filter(|entry| {
            let environment = std::fs::read(entry.path().join("environ")).unwrap_or_default();
            let command = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            environment
                .split(|byte| *byte == 0)
                .any(|pair| pair == setting.as_bytes())
                && String::from_utf8_lossy(&command).contains("bootstrap")
        })
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}
