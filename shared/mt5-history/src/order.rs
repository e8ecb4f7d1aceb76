//! The order of deals.

use chrono::{Datelike, NaiveDate, NaiveDateTime, TimeDelta, Weekday};

use crate::model::Deal;

/// The longest time by which clocks are set back.
const REPEATED_MAX: TimeDelta = TimeDelta::hours(1);

/// Sorts by time; deals of one second keep the file's order, reversed if the file has the newest
/// first. So do those of an hour that the server's clock repeats: by the clock alone an exit could
/// be before its entry.
pub(crate) fn oldest_first(deals: &mut [Deal]) {
    if is_newest_first(deals) {
        deals.reverse();
    }
    if !is_chronological(deals) {
        deals.sort_by_key(|deal| deal.time.clock());
    }
}

/// Returns `true` if the first deal is newer than the last one. Where a clock that was set back
/// could deceive, the tickets decide, then the order that is possible.
fn is_newest_first(deals: &[Deal]) -> bool {
    let (Some(first), Some(last)) = (deals.first(), deals.last()) else {
        return false;
    };
    let (from, to) = (first.time.clock(), last.time.clock());
    let may_deceive = is_at_weekend(to) && (from - to).abs() <= REPEATED_MAX;
    if !may_deceive {
        return from > to;
    }
    let ticket = |deal: &Deal| deal.ticket.parse::<u64>().ok();
    match (ticket(first), ticket(last)) {
        (Some(first), Some(last)) if first != last => first > last,
        _ => from > to && (!is_chronological(deals) || never_goes_forward(deals)),
    }
}

/// Returns `true` if the clock goes forward from deal to deal, but for single steps back of at most
/// an hour at a weekend, when summer time ends.
fn is_chronological(deals: &[Deal]) -> bool {
    let mut last_step: Option<NaiveDate> = None;
    deals.windows(2).all(|pair| {
        let (before, after) = (pair[0].time.clock(), pair[1].time.clock());
        let day = after.date();
        before <= after
            || (is_at_weekend(after)
                && before - after <= REPEATED_MAX
                && last_step.replace(day) != Some(day))
    })
}

fn never_goes_forward(deals: &[Deal]) -> bool {
    let mut pairs = deals.windows(2);
    pairs.all(|pair| pair[0].time.clock() >= pair[1].time.clock())
}

fn is_at_weekend(time: NaiveDateTime) -> bool {
    matches!(time.weekday(), Weekday::Sat | Weekday::Sun)
}
