//! The instants of times on a trade server's clock.
//!
//! A zone with summer time has two kinds of odd local times: the hour that is skipped in spring
//! does not exist, and the hour that is repeated in autumn exists twice. Deals are listed in order
//! of time, so the neighbours of a repeated time tell which of the two it is: of 03:10, 03:50 and
//! 03:05 the third is in the second hour.

use chrono::{DateTime, LocalResult, NaiveDateTime, TimeDelta, TimeZone, Utc};

use crate::model::{Deal, Position};
use crate::time::DealTime;

/// Longer than any zone's skipped time.
const GAP: TimeDelta = TimeDelta::hours(3);

/// Returns the instant of each deal, in the order of `deals`, with server times read in `zone`.
///
/// Of the deals in a repeated hour those with greater tickets are the later ones; where a ticket is
/// no number, the order of `deals` stands. See [`instants_in_order`] for single times.
#[must_use]
pub fn deal_instants<Z: TimeZone>(deals: &[Deal], zone: &Z) -> Vec<DateTime<Utc>> {
    let mut instants = vec![DateTime::UNIX_EPOCH; deals.len()];
    let mut previous = None;
    for at in chronological(deals, zone) {
        let instant = instant_after(previous, deals[at].time, zone);
        instants[at] = instant;
        previous = Some(instant);
    }
    instants
}

impl Position {
    /// Returns the instants of opening and closing, with server times read in `zone`. See
    /// [`instants_in_order`].
    #[must_use]
    pub fn instants<Z: TimeZone>(&self, zone: &Z) -> (DateTime<Utc>, DateTime<Utc>) {
        let opened = instant_after(None, self.open_time, zone);
        (opened, instant_after(Some(opened), self.close_time, zone))
    }
}

/// Returns the instants of times that follow each other, with server times read in `zone`.
///
/// A repeated time is the earlier of its two instants, unless only the later one is not before the
/// time in front of it. A skipped time is as long after the gap as its clock says.
#[must_use]
pub fn instants_in_order<Z: TimeZone>(times: &[DealTime], zone: &Z) -> Vec<DateTime<Utc>> {
    let mut previous = None;
    times
        .iter()
        .map(|time| {
            let instant = instant_after(previous, *time, zone);
            previous = Some(instant);
            instant
        })
        .collect()
}

/// The places of the deals as they stand, but those of a repeated hour by ticket.
fn chronological<Z: TimeZone>(deals: &[Deal], zone: &Z) -> Vec<usize> {
    let mut order: Vec<usize> = (0..deals.len()).collect();
    let repeated = |at: &usize| match deals[*at].time {
        DealTime::Server(local) => matches!(
            zone.from_local_datetime(&local),
            LocalResult::Ambiguous(_, _)
        ),
        DealTime::Instant(_) => false,
    };
    for run in order.chunk_by_mut(|a, b| repeated(a) && repeated(b)) {
        let tickets: Option<Vec<(u64, usize)>> = run
            .iter()
            .map(|at| deals[*at].ticket.parse().ok().map(|ticket| (ticket, *at)))
            .collect();
        if let Some(mut tickets) = tickets {
            tickets.sort_unstable();
            for (place, (_, at)) in run.iter_mut().zip(tickets) {
                *place = at;
            }
        }
    }
    order
}

/// The instant of a time that follows `previous`.
fn instant_after<Z: TimeZone>(
    previous: Option<DateTime<Utc>>,
    time: DealTime,
    zone: &Z,
) -> DateTime<Utc> {
    let local = match time {
        DealTime::Instant(instant) => return instant,
        DealTime::Server(local) => local,
    };
    match zone.from_local_datetime(&local) {
        LocalResult::Single(only) => only.to_utc(),
        LocalResult::Ambiguous(earlier, later) => {
            let (earlier, later) = (earlier.to_utc(), later.to_utc());
            let is_later = previous.is_some_and(|at| earlier < at && at <= later);
            if is_later { later } else { earlier }
        }
        LocalResult::None => skipped(local, zone),
    }
}

/// The instant of a time that the zone skips.
fn skipped<Z: TimeZone>(local: NaiveDateTime, zone: &Z) -> DateTime<Utc> {
    let before = local
        .checked_sub_signed(GAP)
        .and_then(|before| zone.from_local_datetime(&before).earliest());
    match before {
        Some(before) => before.to_utc() + GAP,
        None => local.and_utc(),
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Europe::Athens;

    use super::*;
    use crate::parse;

    fn instants(times: &[&str]) -> Vec<String> {
        let times: Vec<DealTime> = times
            .iter()
            .map(|time| match DateTime::parse_from_rfc3339(time) {
                Ok(instant) => DealTime::Instant(instant.to_utc()),
                Err(_) => DealTime::Server(time.parse().expect("a local time")),
            })
            .collect();
        let instants = instants_in_order(&times, &Athens);
        instants
            .iter()
            .map(|at| at.to_rfc3339()[..16].to_owned())
            .collect()
    }

    #[test]
    fn a_step_back_is_the_second_hour() {
        // On 25 October 2026 Athens has the hour from 03:00 twice: at 00:00 and at 01:00 UTC.
        assert_eq!(
            instants(&[
                "2026-10-25T02:59:00",
                "2026-10-25T03:10:00",
                "2026-10-25T03:50:00",
                "2026-10-25T03:05:00",
                "2026-10-25T03:05:00",
                "2026-10-25T03:50:00",
                "2026-10-25T04:00:00",
            ]),
            [
                "2026-10-24T23:59",
                "2026-10-25T00:10",
                "2026-10-25T00:50",
                "2026-10-25T01:05",
                "2026-10-25T01:05",
                "2026-10-25T01:50",
                "2026-10-25T02:00",
            ]
        );
    }

    #[test]
    fn a_repeated_time_alone_is_the_earlier() {
        let early = ["2026-10-25T00:30"];
        assert_eq!(instants(&["2026-10-25T03:30:00"]), early);
        // A time far behind is no neighbour: the list is in no order.
        let mixed = instants(&["2026-12-01T00:00:00", "2026-10-25T03:30:00"]);
        assert_eq!(mixed[1..], early);
    }

    #[test]
    fn an_instant_before_tells_the_second_hour() {
        let mixed = instants(&["2026-10-25T00:45:00Z", "2026-10-25T03:30:00"]);
        assert_eq!(mixed[1], "2026-10-25T01:30");
    }

    #[test]
    fn a_skipped_time_is_after_the_gap() {
        let skipped = instants(&["2026-03-29T03:30:00"]);
        assert_eq!(skipped, ["2026-03-29T01:30"]);
    }

    fn deal_clocks(rows: &[(&str, &str)]) -> Vec<(String, String)> {
        let mut text = "Time;Deal;Symbol;Type;Direction;Volume;Price;Profit\n".to_owned();
        for (clock, ticket) in rows {
            text += &format!("2026.10.25 {clock};{ticket};BTCUSD;buy;in;1;1.1;0\n");
        }
        let history = parse(text.as_bytes()).expect("deals");
        assert_eq!(history.issues, []);
        let instants = deal_instants(&history.deals, &Athens);
        let clock = |at: &DateTime<Utc>| at.format("%H:%M").to_string();
        let tickets = history.deals.iter().map(|deal| deal.ticket.clone());
        tickets.zip(instants.iter().map(clock)).collect()
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = |(a, b): &(&str, &str)| ((*a).to_owned(), (*b).to_owned());
        pairs.iter().map(owned).collect()
    }

    #[test]
    fn a_position_closes_after_it_opens() {
        let text = "Time;Position;Symbol;Type;Volume;Price;Time;Price;Commission;Swap;Profit\n\
            2026.10.25 03:50;1;BTCUSD;buy;1;1.1;2026.10.25 03:05;1.2;0;0;5\n";
        let positions = parse(text.as_bytes()).expect("a table").positions;
        let (opened, closed) = positions.expect("rows")[0].instants(&Athens);
        assert_eq!(opened.to_rfc3339(), "2026-10-25T00:50:00+00:00");
        assert_eq!(closed.to_rfc3339(), "2026-10-25T01:05:00+00:00");
    }

    #[test]
    fn deals_of_a_repeated_hour_keep_their_order() {
        let expected = pairs(&[
            ("1", "00:10"),
            ("2", "00:50"),
            ("3", "01:05"),
            ("4", "02:00"),
        ]);
        let rows = [
            ("03:10", "1"),
            ("03:50", "2"),
            ("03:05", "3"),
            ("04:00", "4"),
        ];
        assert_eq!(deal_clocks(&rows), expected);
        let newest_first: Vec<_> = rows.into_iter().rev().collect();
        assert_eq!(deal_clocks(&newest_first), expected);
    }

    #[test]
    fn tickets_order_deals_of_a_repeated_hour() {
        assert_eq!(
            deal_clocks(&[("03:05", "12"), ("03:10", "9"), ("03:50", "11")]),
            pairs(&[("12", "01:05"), ("9", "00:10"), ("11", "00:50")])
        );
        // The tickets are no numbers.
        assert_eq!(
            deal_clocks(&[("03:10", "b"), ("03:50", "c"), ("03:05", "a")]),
            pairs(&[("b", "00:10"), ("c", "00:50"), ("a", "01:05")])
        );
    }

    #[test]
    fn deals_with_two_steps_back_are_sorted() {
        // A clock is set back once: the second step back is disorder.
        let twice = [
            ("03:10", "x1"),
            ("03:50", "x2"),
            ("03:05", "x3"),
            ("03:50", "x4"),
            ("03:05", "x5"),
            ("03:55", "x6"),
        ];
        let tickets: Vec<String> = deal_clocks(&twice).into_iter().map(|(t, _)| t).collect();
        assert_eq!(tickets, ["x3", "x5", "x1", "x2", "x4", "x6"]);
        let newest_first = [("11:30", "y2"), ("11:00", "y1")];
        let tickets: Vec<String> = deal_clocks(&newest_first)
            .into_iter()
            .map(|(t, _)| t)
            .collect();
        assert_eq!(tickets, ["y1", "y2"]);
    }
}
