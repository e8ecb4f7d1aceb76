//! A function's process.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Where systems keep all certificates in one file, the functions' own first.
const BUNDLES: [&str; 2] = [
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/certs/ca-certificates.crt",
];

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
            .envs(bundle())
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

    /// Time that its threads have had a processor so far: unlike the clock's,
    /// it grows little on a busy machine.
    pub(crate) fn on_cpu(&self) -> Result<Duration, ProcessError> {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.0.id()))
            .map_err(|_| ProcessError::Ended)?;
        let times = threads.flatten().filter_map(|thread| {
            let times = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
            on_cpu_in(&times)
        });
        Ok(times.sum())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Amazon Linux has one file of certificates; Debian has a folder of them too,
/// which would be read as well.
fn bundle() -> Option<(&'static str, &'static str)> {
    let bundle = BUNDLES.into_iter().find(|path| Path::new(path).exists())?;
    Some(("SSL_CERT_FILE", bundle))
}

/// `VmRSS` of a process's status, as proc(5) describes it.
fn resident_in(status: &str) -> Option<Kib> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok().map(Kib)
}

/// The first figure of a thread's `schedstat`, in nanoseconds, as proc(5)
/// describes it.
fn on_cpu_in(times: &str) -> Option<Duration> {
    let first = times.split_whitespace().next()?;
    first.parse().ok().map(Duration::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_the_first_figure_of_schedstat() {
        let time = on_cpu_in("5240117 911238 14\n");
        assert_eq!(time, Some(Duration::from_nanos(5_240_117)));
        assert_eq!(on_cpu_in(""), None);
    }

    #[test]
    fn resident_memory_is_read_in_kib_and_an_ended_process_has_none() {
        let status = "Name:\tauth\nVmHWM:\t    9000 kB\nVmRSS:\t    8412 kB\nThreads:\t1\n";
        assert_eq!(resident_in(status), Some(Kib(8412)));
        assert_eq!(resident_in("Name:\tauth\nState:\tZ (zombie)\n"), None);
    }
}
