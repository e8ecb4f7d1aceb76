//! Announced movements and the deals that turn out to be theirs.

use std::collections::HashSet;

use chrono::TimeDelta;
use kernel::time::Timestamp;
use rust_decimal::Decimal;

use crate::domain::deal::Deal;
use crate::domain::judging::{Announced, StandIn};
use crate::model::{Announcement, AnnouncementState};

/// Deals of one announcement are at most so far apart.
const APART_MAX: TimeDelta = TimeDelta::minutes(1);

/// Returns the movements that are expected at a moment, the oldest first.
pub(super) fn expected(announcements: &[Announcement], now: Timestamp) -> Vec<Announced> {
    let mut expected: Vec<&Announcement> = announcements
        .iter()
        .filter(|announcement| announcement.is_expected(now))
        .collect();
    expected.sort_by(|one, other| one.id.cmp(&other.id));
    expected
        .into_iter()
        .map(|announcement| Announced {
            id: announcement.id.to_string(),
            amount: announcement.amount,
            class: announcement.kind.class(),
        })
        .collect()
}

/// Marks the announcements that deals match, the oldest first, each deal once:
/// one deal of the announced amount, or up to three of one minute that add up
/// to it. Those that `seen` names are seen; those whose stand-in was dropped,
/// since other deals explain the balance, are expected again. Returns the announcements that have changed, and the deals
/// that belong to none.
pub(super) fn settle_announcements(
    announcements: &[Announcement],
    placed: &[Deal],
    (seen, dropped): (&[String], &[StandIn]),
    now: Timestamp,
) -> (Vec<Announcement>, Vec<Deal>) {
    let taken: HashSet<&String> = announcements.iter().flat_map(|each| &each.deals).collect();
    let mut left: Vec<&Deal> = placed
        .iter()
        .filter(|deal| deal.adjustment().is_some() && !deal.id.starts_with('~'))
        .filter(|deal| !taken.contains(&deal.id))
        .collect();
    let mut changed = Vec::new();
    let mut open: Vec<&Announcement> = announcements
        .iter()
        .filter(|announcement| announcement.is_open(now))
        .collect();
    open.sort_by(|one, other| one.id.cmp(&other.id));
    for announcement in open {
        let mut after = announcement.clone();
        let id = announcement.id.to_string();
        if let Some(deals) = deals_of(announcement.amount, &left) {
            left.retain(|deal| !deals.contains(&deal.id));
            after.state = AnnouncementState::Matched;
            after.deals = deals.into_iter().collect();
            after.deals.sort();
        } else if seen.contains(&id) {
            after.state = AnnouncementState::Seen;
        } else if after.state == AnnouncementState::Seen {
            let is_dropped = dropped
                .iter()
                .any(|stand_in| stand_in.announcement.as_ref() == Some(&id));
            if is_dropped {
                after.state = AnnouncementState::Expected;
            }
        }
        if after != *announcement {
            changed.push(after);
        }
    }
    (changed, left.into_iter().cloned().collect())
}

/// Returns the ids of one to three deals of one minute that add up to an
/// amount.
fn deals_of(amount: Decimal, deals: &[&Deal]) -> Option<HashSet<String>> {
    let ids = |deals: &[&Deal]| deals.iter().map(|deal| deal.id.clone()).collect();
    if let Some(one) = deals.iter().find(|deal| deal.net() == amount) {
        return Some(ids(&[*one]));
    }
    let near = |one: &Deal, other: &Deal| (one.time - other.time).abs() <= APART_MAX;
    for (index, one) in deals.iter().enumerate() {
        for (next, two) in deals.iter().enumerate().skip(index + 1) {
            if !near(one, two) {
                continue;
            }
            let sum = one.net() + two.net();
            if sum == amount {
                return Some(ids(&[*one, *two]));
            }
            let third = deals
                .iter()
                .skip(next + 1)
                .find(|three| near(one, three) && near(two, three) && sum + three.net() == amount);
            if let Some(three) = third {
                return Some(ids(&[*one, *two, *three]));
            }
        }
    }
    None
}
