//! Resets against the definition: the first instant whose local time is the
//! date's reset time or later.

use proptest::prelude::*;

use super::*;

fn rule(time: &str, zone: &str) -> ResetRule {
    serde_json::from_value(serde_json::json!({"time": time, "zone": zone})).expect("a rule")
}

fn utc(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn resets_from(rule: ResetRule, from: &str, count: usize) -> Vec<String> {
    std::iter::successors(Some(rule.next_after(utc(from))), |at| {
        Some(rule.next_after(*at))
    })
    .take(count)
    .map(|at| at.format("%m-%d %H:%M").to_string())
    .collect()
}

#[test]
fn tehran_resets_at_22_utc_since_it_has_no_daylight_saving_time() {
    let rule = ResetRule::default();
    assert_eq!(
        resets_from(rule, "2025-03-20T00:00:00Z", 3),
        ["03-20 22:00", "03-21 22:00", "03-22 22:00"]
    );
}

#[test]
fn tehran_reset_an_hour_earlier_in_the_summer_until_2022() {
    // The clock went forward at 00:00 on 22 March 2022, back at 00:00 on
    // 22 September: 01:30 exists on both days.
    let rule = ResetRule::default();
    assert_eq!(
        resets_from(rule, "2022-03-20T00:00:00Z", 3),
        ["03-20 22:00", "03-21 21:00", "03-22 21:00"]
    );
    assert_eq!(
        resets_from(rule, "2022-09-20T00:00:00Z", 3),
        ["09-20 21:00", "09-21 22:00", "09-22 22:00"]
    );
}

#[test]
fn a_skipped_local_time_is_the_first_instant_after_the_gap() {
    // New York skips 02:00 to 03:00 on 10 March 2024, Tehran skipped 00:00 to
    // 01:00 on 22 March 2022.
    assert_eq!(
        resets_from(rule("02:30", "America/New_York"), "2024-03-09T12:00:00Z", 2),
        ["03-10 07:00", "03-11 06:30"]
    );
    assert_eq!(
        resets_from(rule("00:00", "Asia/Tehran"), "2022-03-21T12:00:00Z", 2),
        ["03-21 20:30", "03-22 19:30"]
    );
}

#[test]
fn a_repeated_local_time_is_the_earlier() {
    // Prague repeats 02:00 to 03:00 on 27 October 2024.
    assert_eq!(
        resets_from(rule("02:30", "Europe/Prague"), "2024-10-26T12:00:00Z", 2),
        ["10-27 00:30", "10-28 01:30"]
    );
}

#[test]
fn prague_midnight_and_new_york_17_follow_their_seasons() {
    assert_eq!(
        resets_from(rule("00:00", "Europe/Prague"), "2025-03-29T12:00:00Z", 3),
        ["03-29 23:00", "03-30 22:00", "03-31 22:00"]
    );
    assert_eq!(
        resets_from(rule("17:00", "America/New_York"), "2025-11-01T12:00:00Z", 3),
        ["11-01 21:00", "11-02 22:00", "11-03 22:00"]
    );
}

#[test]
fn a_fixed_offset_never_changes() {
    for (zone, want) in [("+03:30", "20:30"), ("-05:00", "05:00"), ("UTC", "00:00")] {
        let found = resets_from(rule("00:00", zone), "2024-03-10T12:00:00Z", 1);
        assert!(found[0].ends_with(want), "{zone}: {found:?}");
    }
}

#[test]
fn a_date_that_a_zone_left_out_begins_with_the_next() {
    // Samoa had no 30 December 2011.
    let samoa = rule("01:30", "Pacific/Apia");
    assert_eq!(
        resets_from(samoa, "2011-12-29T12:00:00Z", 3),
        ["12-30 10:00", "12-30 11:30", "12-31 11:30"]
    );
}

#[test]
fn a_reset_is_its_own_latest_and_not_its_own_next() {
    let rule = ResetRule::default();
    let at = utc("2025-01-01T22:00:00Z");
    assert_eq!(rule.latest_at_or_before(at), at);
    assert_eq!(rule.next_after(at), utc("2025-01-02T22:00:00Z"));
    let just_before = at - Duration::nanoseconds(1);
    assert_eq!(
        rule.latest_at_or_before(just_before),
        utc("2024-12-31T22:00:00Z")
    );
}

#[test]
fn zones_that_do_not_exist_are_refused() {
    for zone in [
        "",
        "Mars/Olympus",
        "+3:30",
        "+03:60",
        "+15:00",
        "03:30",
        "+03:3x",
    ] {
        assert_eq!(zone.parse::<Zone>(), Err(ZoneError), "{zone}");
    }
    let text = serde_json::to_string(&rule("17:00:30", "-05:00")).expect("writes");
    assert_eq!(text, r#"{"time":"17:00:30","zone":"-05:00"}"#);
}

/// By definition, minute by minute from well before.
fn reset_of(rule: ResetRule, date: NaiveDate) -> Timestamp {
    let local = date.and_time(rule.time);
    let from = local.and_utc() - Duration::hours(16);
    (0..60 * 44)
        .map(|minutes| from + Duration::minutes(minutes))
        .find(|at| rule.zone.local(*at) >= local)
        .expect("within two days")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn neighbours_are_those_of_the_definition(
        zone in prop::sample::select(vec![
            "Asia/Tehran", "Europe/Prague", "America/New_York", "Australia/Lord_Howe",
            "Africa/Casablanca", "Pacific/Apia", "UTC", "+03:30", "-11:00",
        ]),
        minute_of_day in 0_u32..1440,
        minutes in 0_i64..(40 * 366 * 1440),
    ) {
        let rule = rule(
            &format!("{:02}:{:02}", minute_of_day / 60, minute_of_day % 60),
            zone,
        );
        let at = utc("1990-01-01T00:00:00Z") + Duration::minutes(minutes);
        let today = rule.zone.local(at).date();
        let resets: Vec<_> = (-2..=2)
            .map(|days| reset_of(rule, today + Duration::days(days)))
            .collect();
        let latest = resets.iter().rev().find(|reset| **reset <= at);
        let next = resets.iter().find(|reset| **reset > at);
        prop_assert_eq!(Some(&rule.latest_at_or_before(at)), latest);
        prop_assert_eq!(Some(&rule.next_after(at)), next);
    }
}
