//! The figures of many starts, as a row of a Markdown table.

use std::time::Duration;

use crate::events::Function;
use crate::measure::Start;

/// The table's head.
pub(crate) const HEADING: &str = "\
| function | event | exec to first poll, ms: least | median | p95 | of it on the CPU, ms: median | first request, ms: median | p95 | later ones, ms: median | resident at first poll, MiB | after the requests | binary, MiB |
|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|";

/// The figures of a function.
pub(crate) struct Figures {
    to_poll: Vec<Duration>,
    to_poll_cpu: Vec<Duration>,
    first: Vec<Duration>,
    later: Vec<Duration>,
    resident_at_poll_kib: u64,
    resident_at_end_kib: u64,
    size_bytes: u64,
}

impl Figures {
    /// Of at least one start.
    pub(crate) fn of(starts: &[Start], size_bytes: u64) -> Self {
        let sorted = |times: &mut dyn Iterator<Item = Duration>| {
            let mut times: Vec<_> = times.collect();
            times.sort_unstable();
            times
        };
        let largest = |of: fn(&Start) -> u64| starts.iter().map(of).max().unwrap_or(0);
        let first = |start: &Start| start.answers.first().copied();
        let later = |start: &Start| start.answers.iter().skip(1).copied().collect::<Vec<_>>();
        Self {
            to_poll: sorted(&mut starts.iter().map(|start| start.to_poll)),
            to_poll_cpu: sorted(&mut starts.iter().map(|start| start.to_poll_cpu)),
            first: sorted(&mut starts.iter().filter_map(first)),
            later: sorted(&mut starts.iter().flat_map(later)),
            resident_at_poll_kib: largest(|start| start.resident_at_poll.0),
            resident_at_end_kib: largest(|start| start.resident_at_end.0),
            size_bytes,
        }
    }

    /// The row.
    pub(crate) fn row(&self, function: Function) -> String {
        let cells = [
            function.name().to_owned(),
            function.event().to_owned(),
            ms(at(&self.to_poll, 0)),
            ms(at(&self.to_poll, 50)),
            ms(at(&self.to_poll, 95)),
            ms(at(&self.to_poll_cpu, 50)),
            ms(at(&self.first, 50)),
            ms(at(&self.first, 95)),
            ms(at(&self.later, 50)),
            mib(self.resident_at_poll_kib),
            mib(self.resident_at_end_kib),
            mib(self.size_bytes / 1024),
        ];
        format!("| {} |", cells.join(" | "))
    }
}

/// The value below which this part of the sorted ones lies, by nearest rank.
fn at(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

fn ms(time: Duration) -> String {
    let tenths = (time.as_micros() + 50) / 100;
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn mib(kib: u64) -> String {
    let tenths = (kib * 10 + 512) / 1024;
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_occurred_by_nearest_rank() {
        let sorted: Vec<_> = (1..=20).map(Duration::from_millis).collect();
        assert_eq!(at(&sorted, 0), Duration::from_millis(1));
        assert_eq!(at(&sorted, 50), Duration::from_millis(10));
        assert_eq!(at(&sorted, 95), Duration::from_millis(19));
        assert_eq!(at(&sorted[..1], 95), Duration::from_millis(1));
        assert_eq!(at(&[], 50), Duration::ZERO);
    }

    #[test]
    fn figures_are_rounded_to_tenths() {
        assert_eq!(ms(Duration::from_micros(5_949)), "5.9");
        assert_eq!(ms(Duration::from_micros(5_950)), "6.0");
        assert_eq!(mib(8_412), "8.2");
    }
}
