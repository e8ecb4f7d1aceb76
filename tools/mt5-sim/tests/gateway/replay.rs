//! A recorded history, played again.

use mt5_sim::{Report, Settings};

use crate::support::{Gateway, TestClock, settings, time};

/// A deposit, a purchase that is closed in two parts, a sale left open.
const DEALS: &str = "\
Time,Deal,Symbol,Type,Direction,Volume,Price,Order,Commission,Fee,Swap,Profit,Balance,Comment
2026.03.02 10:00:00,1,,balance,,,,,0.00,0.00,0.00,10000.00,10000.00,Deposit
2026.03.02 11:00:00,2,EURUSD,buy,in,1.00,1.10000,11,-3.00,-0.50,0.00,0.00,9996.50,
2026.03.02 12:00:00,3,EURUSD,sell,out,0.40,1.10100,12,-1.20,0.00,0.00,40.00,10035.30,
2026.03.02 13:00:00,4,EURUSD,sell,out,0.60,1.10200,13,-1.80,0.00,-2.00,120.00,10151.50,
2026.03.02 14:00:00,5,EURUSD,sell,in,0.10,1.10250,14,-0.30,0.00,0.00,0.00,10151.20,
";

fn replayed(clock: &TestClock, speed: Option<i64>) -> Settings {
    Settings {
        report: Some(Report {
            bytes: DEALS.as_bytes().to_vec(),
            speed: speed.map(Into::into),
            start: Some(time("2026-11-10T00:00:00Z")),
            password: "replay".into(),
        }),
        server_zone: chrono_tz::Tz::Europe__Athens,
        ..settings(r#"{"accounts":[]}"#, clock)
    }
}

#[tokio::test]
async fn a_history_without_a_speed_lies_in_the_past_at_its_recorded_times() {
    let clock = TestClock::at("2026-11-10T00:00:00Z");
    let gateway = Gateway::new(replayed(&clock, None));
    let state = gateway.get("/sim/accounts/5000002").await;
    assert_eq!(state.text_of("/balance"), "10151.2");
    assert_eq!(state.text_of("/deals"), "5");
    assert_eq!(state.text_of("/positions"), "1");
    let id = gateway.registered('a', "5000002", "replay").await;
    assert_eq!(
        gateway.information(&id).await.text_of("/server"),
        "\"Sim-Demo\""
    );
    let deals = gateway.deals(&id).await;
    // Athens is two hours ahead in March.
    assert_eq!(deals[1]["time"], "2026-03-02T09:00:00.000Z");
    assert_eq!(deals[1]["brokerTime"], "2026-03-02 11:00:00.000");
    assert_eq!(deals[1]["commission"].to_string(), "-3.5");
    assert_eq!(deals[1]["positionId"], deals[3]["positionId"]);
    assert_ne!(deals[1]["positionId"], deals[4]["positionId"]);
}

#[tokio::test]
async fn at_speed_3600_an_hour_of_the_history_passes_in_a_second() {
    let clock = TestClock::at("2026-11-10T00:00:00Z");
    let gateway = Gateway::new(replayed(&clock, Some(3_600)));
    let id = gateway.registered('a', "5000002", "replay").await;
    // Milliseconds, balance and equity: the purchase drifts to the 160 that
    // its closes realize, of which 96 are for the 0.6 lots of the second.
    for (ms, balance, equity) in [
        (0, "10000", "10000"),
        (1_000, "9996.5", "9996.5"),
        (1_500, "9996.5", "10036.5"),
        (2_000, "10035.3", "10083.3"),
        (3_000, "10151.5", "10151.5"),
        (9_000, "10151.2", "10151.2"),
    ] {
        clock.pass_ms(ms - elapsed(&clock));
        let information = gateway.information(&id).await;
        assert_eq!(information.text_of("/balance"), balance, "{ms}");
        assert_eq!(information.text_of("/equity"), equity, "{ms}");
    }
    assert_eq!(
        gateway.deals(&id).await[0]["time"],
        "2026-11-10T00:00:00.000Z"
    );
}

#[tokio::test]
async fn a_history_that_begins_with_money_ends_in_its_own_balance() {
    let clock = TestClock::at("2026-11-10T00:00:00Z");
    let mut settings = replayed(&clock, None);
    if let Some(report) = &mut settings.report {
        let without = |line: &&str| !line.contains("Deposit");
        let lines: Vec<&str> = DEALS.lines().filter(without).collect();
        report.bytes = lines.join("\n").into_bytes();
    }
    let gateway = Gateway::new(settings);
    let state = gateway.get("/sim/accounts/5000002").await;
    assert_eq!(state.text_of("/balance"), "10151.2");
    assert_eq!(state.text_of("/deals"), "5");
}

fn elapsed(clock: &TestClock) -> i64 {
    use kernel::time::Clock as _;
    (clock.now() - time("2026-11-10T00:00:00Z")).num_milliseconds()
}

#[test]
fn a_file_that_is_no_history_is_refused_at_the_start() {
    let clock = TestClock::at("2026-11-10T00:00:00Z");
    let mut settings = replayed(&clock, None);
    if let Some(report) = &mut settings.report {
        report.bytes = b"hello".to_vec();
    }
    let error = mt5_sim::app(settings).expect_err("refused").to_string();
    assert!(error.starts_with("the history to replay: "), "{error}");
}
