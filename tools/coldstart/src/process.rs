//! A function's process.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The process could not be started or looked at.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProcessError {
    #[error("{0} does not start; build it with `make build`")]
    Start(String, #[source] std::io::Error),
    #[error("the function's process has ended")]
    Ended,
}

/// A running function; it is killed with the value.
pub(crate) struct Process(Child);

/// Resident memory, in KiB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Kib(pub(crate) u64);

impl Process {
    /// Starts a binary with nothing in its environment but Lambda's own
    /// variables and these.
    pub(crate) fn start(
        binary: &Path,
        settings: &[(String, String)],
        runtime_api: SocketAddr,
    ) -> Result<Self, ProcessError> {
        Command::new(binary)
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", runtime_api.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", "coldstart")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "/coldstart")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "coldstart")
            .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
            .env("AWS_REGION", "eu-central-1")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_SESSION_TOKEN", "test")
            .env("TZ", ":UTC")
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .envs(settings.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .map(Self)
            .map_err(|error| ProcessError::Start(binary.display().to_string(), error))
    }

    /// What of it lies in memory now.
    pub(crate) fn resident(&self) -> Result<Kib, ProcessError> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id()))
            .map_err(|_| ProcessError::Ended)?;
        resident_in(&status).ok_or(ProcessError::Ended)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `VmRSS` of a process's status, as proc(5) describes it.
fn resident_in(status: &str) -> Option<Kib> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok().map(Kib)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resident_memory_is_read_in_kib_and_an_ended_process_has_none() {
        let status = "Name:\tauth\nVmHWM:\t    9000 kB\nVmRSS:\t    8412 kB\nThreads:\t1\n";
        assert_eq!(resident_in(status), Some(Kib(8412)));
        assert_eq!(resident_in("Name:\tauth\nState:\tZ (zombie)\n"), None);
    }
}
