use proptest::prelude::*;

use super::*;

fn start() -> Timestamp {
    "2026-11-21T10:00:00Z".parse().expect("a time")
}

fn attempt(minutes: i64, device: &str, country: Option<&str>, address: &str) -> Attempt {
    Attempt {
        at: start() + TimeDelta::minutes(minutes),
        address: address.to_owned(),
        device: device.to_owned(),
        user_agent: None,
        country: country.map(str::to_owned),
        request_id: String::new(),
    }
}

fn new_country(country: &str) -> Reason {
    Reason::NewCountry {
        country: country.to_owned(),
    }
}

fn pace(from: &str, to: &str, minutes: i64) -> Reason {
    Reason::ImpossiblePace {
        from: from.to_owned(),
        to: to.to_owned(),
        minutes,
    }
}

#[test]
fn the_first_sign_in_teaches_and_the_same_again_is_nothing_new() {
    let mut profile = Profile::default();
    for minutes in [0, 1, 600] {
        let same = attempt(minutes, "phone", Some("DE"), "192.0.2.1");
        assert_eq!(profile.observe(&same), []);
    }
}

#[test]
fn a_new_device_is_told_once() {
    let mut profile = Profile::default();
    let _ = profile.observe(&attempt(0, "phone", None, "a"));
    assert_eq!(
        profile.observe(&attempt(1, "laptop", None, "a")),
        [Reason::NewDevice]
    );
    assert_eq!(profile.observe(&attempt(2, "laptop", None, "a")), []);
    assert_eq!(profile.observe(&attempt(3, "phone", None, "a")), []);
}

#[test]
fn a_country_that_was_never_told_is_learned_and_another_one_is_new() {
    let mut profile = Profile::default();
    let _ = profile.observe(&attempt(0, "phone", None, "a"));
    assert_eq!(profile.observe(&attempt(1, "phone", Some("DE"), "a")), []);
    let days_later = attempt(5_000, "phone", Some("FR"), "a");
    assert_eq!(profile.observe(&days_later), [new_country("FR")]);
}

#[test]
fn two_countries_within_two_hours_are_too_fast_and_two_hours_apart_they_are_not() {
    let mut profile = Profile::default();
    let _ = profile.observe(&attempt(0, "phone", Some("DE"), "a"));
    assert_eq!(
        profile.observe(&attempt(119, "phone", Some("US"), "a")),
        [new_country("US"), pace("DE", "US", 119)]
    );
    // Both countries are known now; two hours later it is a journey.
    assert_eq!(profile.observe(&attempt(239, "phone", Some("DE"), "a")), []);
}

#[test]
fn a_pace_that_lasts_is_told_once_an_hour() {
    let mut profile = Profile::default();
    let mut told = Vec::new();
    for minutes in 0..130 {
        let country = if minutes % 2 == 0 { "DE" } else { "US" };
        let reasons = profile.observe(&attempt(minutes, "phone", Some(country), "a"));
        if reasons
            .iter()
            .any(|reason| matches!(reason, Reason::ImpossiblePace { .. }))
        {
            told.push(minutes);
        }
    }
    assert_eq!(told, [1, 61, 121]);
}

#[test]
fn five_addresses_within_ten_minutes_are_many_and_slower_ones_are_not() {
    let mut profile = Profile::default();
    for minutes in 0..4 {
        let address = format!("192.0.2.{minutes}");
        assert_eq!(
            profile.observe(&attempt(minutes, "phone", None, &address)),
            []
        );
    }
    assert_eq!(
        profile.observe(&attempt(9, "phone", None, "192.0.2.9")),
        [Reason::ManyAddresses { addresses: 5 }]
    );
    let mut slow = Profile::default();
    for step in 0..20 {
        let address = format!("192.0.2.{step}");
        let next = attempt(step * 3, "phone", None, &address);
        assert_eq!(slow.observe(&next), [], "{step}");
    }
}

proptest! {
    #[test]
    fn a_device_is_new_where_it_is_none_of_the_last_twenty(devices in prop::collection::vec(0_u8..40, 1..200)) {
        let mut profile = Profile::default();
        let mut known: Vec<u8> = Vec::new();
        for (minutes, device) in (0..).zip(devices) {
            let reasons = profile.observe(&attempt(minutes, &device.to_string(), None, "a"));
            let is_new = !known.is_empty() && !known.contains(&device);
            prop_assert_eq!(reasons.contains(&Reason::NewDevice), is_new);
            known.retain(|other| *other != device);
            known.push(device);
            if known.len() > 20 {
                known.remove(0);
            }
        }
    }

    #[test]
    fn a_profile_is_bounded_and_in_order_whatever_comes(
        steps in prop::collection::vec((-300_i64..300, "[a-z]{1,2}", "[A-Z]{2}", 0_u8..60), 0..120)
    ) {
        let mut profile = Profile::default();
        for (minutes, device, country, address) in steps {
            let _ = profile.observe(&attempt(minutes, &device, Some(&country), &address.to_string()));
            for recent in [profile.devices(), profile.countries(), profile.addresses()] {
                prop_assert!(recent.names().len() <= Recent::MAX);
                prop_assert!(recent.names().is_sorted_by_key(|seen| seen.at));
            }
        }
    }

    #[test]
    fn whatever_came_before_the_very_same_sign_in_again_tells_nothing(
        steps in prop::collection::vec((0_i64..300, 0_u8..30, 0_u8..30, 0_u8..30), 1..60)
    ) {
        let mut profile = Profile::default();
        let mut now = 0;
        for (minutes, device, country, address) in steps {
            now += minutes;
            let next = attempt(now, &device.to_string(), Some(&country.to_string()), &address.to_string());
            let _ = profile.observe(&next);
            prop_assert_eq!(profile.observe(&next), []);
        }
    }

    #[test]
    fn a_profile_survives_its_store(steps in prop::collection::vec((0_i64..300, "[a-z]{1,8}"), 0..40)) {
        let mut profile = Profile::default();
        for (minutes, name) in steps {
            let _ = profile.observe(&attempt(minutes, &name, Some(&name), &name));
        }
        let text = serde_json::to_string(&profile).expect("JSON");
        prop_assert_eq!(serde_json::from_str::<Profile>(&text).expect("reads"), profile);
    }
}
