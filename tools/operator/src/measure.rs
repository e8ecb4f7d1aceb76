//! How much work a password's hash may be: measured where this runs, for an
//! instance of Lambda with some memory, which has its share of a core.

use std::time::Duration;

use identity::domain::password::{
    MEMORY_KIB, MEMORY_KIB_MAX, PASSES, PASSES_MAX, PasswordParameters,
};
use secrecy::SecretString;

use crate::Failure;

/// Memory in MB at which Lambda gives a whole core; less has its share.
const CORE_MB: u32 = 1_769;
/// The part of an instance's memory that a hash may take; the function, the
/// runtime and what a request holds have the rest.
const MEMORY_PART: u32 = 4;
/// What memory is tried, in KiB: OWASP's least and its first choice, and above.
const MEMORIES_KIB: [u32; 7] = [MEMORY_KIB, 32_768, 47_104, 65_536, 98_304, 131_072, 262_144];
/// Hashes of which the fastest counts: what else the machine does only adds to
/// the others.
const RUNS: usize = 9;
const PASSWORD: &str = "correct horse battery";

/// Parameters, and the time of a hash.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    pub(crate) memory_kib: u32,
    pub(crate) passes: u32,
    /// On a whole core of this machine: time on the CPU.
    pub(crate) here: Duration,
    /// With the share of a core that an instance has.
    pub(crate) there: Duration,
}

impl Measured {
    /// What guessing costs who builds machines for it: memory for the time that
    /// a hash needs it, as KiB² of all passes.
    fn strength(&self) -> u64 {
        u64::from(self.memory_kib).pow(2) * u64::from(self.passes)
    }
}

/// Everything that fits an instance of so much memory and the time, and the
/// strongest of it.
pub(crate) fn measure(
    memory_mb: u32,
    target: Duration,
) -> Result<(Vec<Measured>, Option<Measured>), Failure> {
    let most_kib = (memory_mb * 1_024 / MEMORY_PART).min(MEMORY_KIB_MAX);
    let mut fitting = Vec::new();
    for memory_kib in MEMORIES_KIB {
        if memory_kib > most_kib {
            break;
        }
        for passes in PASSES..=PASSES_MAX {
            let here = argon2(memory_kib, passes)?;
            let there = here * CORE_MB / memory_mb.min(CORE_MB);
            if there > target {
                break;
            }
            fitting.push(Measured {
                memory_kib,
                passes,
                here,
                there,
            });
        }
    }
    let strongest = fitting.iter().copied().max_by_key(Measured::strength);
    Ok((fitting, strongest))
}

/// The time of a bcrypt of some cost on a whole core of this machine: what each
/// sign-in does as well while there are imported hashes.
pub(crate) fn bcrypt(cost: u32) -> Result<Duration, Failure> {
    fastest(|| Ok(bcrypt::hash_with_salt(PASSWORD, cost, [7; 16]).map(drop)?))
}

fn argon2(memory_kib: u32, passes: u32) -> Result<Duration, Failure> {
    let parameters = PasswordParameters::new(memory_kib, passes);
    let password = SecretString::from(PASSWORD);
    fastest(|| Ok(parameters.hash(&password).map(drop)?))
}

fn fastest(mut work: impl FnMut() -> Result<(), Failure>) -> Result<Duration, Failure> {
    let mut fastest = Duration::MAX;
    for _ in 0..RUNS {
        let before = on_cpu()?;
        work()?;
        fastest = fastest.min(on_cpu()?.saturating_sub(before));
    }
    Ok(fastest)
}

/// The processor time of this thread, as Linux counts it: a busy machine makes
/// it longer by little.
fn on_cpu() -> Result<Duration, Failure> {
    // The count is brought up to date when a thread gives way.
    std::thread::yield_now();
    let counts = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let spent_ns = counts.split(' ').next().unwrap_or_default();
    Ok(Duration::from_nanos(spent_ns.parse()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_chosen_fits_time_and_memory_and_is_the_strongest_that_does() {
        // Of a seventh of a core: enough for OWASP's least.
        let target = Duration::from_millis(500);
        let (fitting, strongest) = measure(256, target).expect("measures");
        let strongest = strongest.expect("something fits");
        for one in &fitting {
            assert!(one.memory_kib <= 256 * 1_024 / 4, "{one:?}");
            assert!(
                one.memory_kib >= MEMORY_KIB && one.passes >= PASSES,
                "{one:?}"
            );
            assert!(one.there <= target, "{one:?}");
            assert!(one.there >= one.here * 6, "a seventh of a core: {one:?}");
            assert!(one.strength() <= strongest.strength(), "{one:?}");
        }
        let (none, nothing) = measure(256, Duration::ZERO).expect("measures");
        assert!(none.is_empty() && nothing.is_none());
    }
}
