//! What a plan would have done.

use serde_json::{Value, json};

use crate::support::{World, fields, text};

const PATH: &str = "/api/s2s/plans/simulate";

fn snapshot(time: &str, balance: u32, equity: u32) -> Value {
    json!({"recorded_at": format!("2025-11-{time}:00+03:30"), "balance": balance, "equity": equity})
}

#[tokio::test]
async fn the_worked_example_comes_out_figure_by_figure() {
    let world = World::new().await;
    let body = json!({
        "plan": {
            "basis": "floating",
            "reset": {"time": "01:30", "zone": "Asia/Tehran"},
            "daily": {"limit_pct": 5, "of": "initial", "reference": "equity", "kind": "hard"},
            "max": {"limit_pct": 10, "mode": "static"},
        },
        "initial_balance": 100_000,
        "snapshots": [
            snapshot("10T09:00", 100_000, 100_000),
            snapshot("10T14:00", 100_000, 96_500),
            snapshot("11T01:20", 98_000, 98_000),
            snapshot("11T01:40", 98_000, 97_400),
            snapshot("11T11:00", 98_000, 93_400),
            snapshot("11T11:05", 98_000, 92_900),
        ],
    });
    let answer = world.post(PATH, &body).await.expect(200);
    let day = |time| format!("2025-11-{time}:00Z");
    // reference, source, daily used, floor, use in percent, next reset,
    // all-time used, current, use in percent, phase.
    let rows = [
        (
            100_000, "after", 0, 95_000, 0, "10T22:00", 0, 0, 0, "active",
        ),
        (
            100_000, "after", 3500, 95_000, 70, "10T22:00", 3500, 3500, 35, "active",
        ),
        (
            100_000, "after", 2000, 95_000, 40, "10T22:00", 3500, 2000, 35, "active",
        ),
        (
            98_000, "before", 600, 93_000, 12, "11T22:00", 3500, 2600, 35, "active",
        ),
        (
            98_000, "before", 4600, 93_000, 92, "11T22:00", 6600, 6600, 66, "active",
        ),
        (
            98_000, "before", 5100, 93_000, 102, "11T22:00", 7100, 7100, 71, "breached",
        ),
    ];
    let crossings = [
        json!([]),
        json!([{"rule": "daily_drawdown", "severity": "warning"}]),
        json!([]),
        json!([]),
        json!([
            {"rule": "daily_drawdown", "severity": "warning"},
            {"rule": "daily_drawdown", "severity": "critical"},
        ]),
        json!([
            {"rule": "daily_drawdown", "severity": "breach"},
            {"rule": "max_drawdown", "severity": "warning"},
        ]),
    ];
    let timeline = answer["timeline"].as_array().expect("a timeline");
    assert_eq!(timeline.len(), rows.len());
    for (index, (row, entry)) in rows.iter().zip(timeline).enumerate() {
        let daily = json!({
            "reference": row.0, "source": row.1, "used": row.2, "limit": 5000,
            "floor": row.3, "use_pct": row.4, "reset_at": day(row.5),
        });
        let max = json!({
            "reference": 100_000, "used": row.6, "current": row.7, "limit": 10_000,
            "floor": 90_000, "use_pct": row.8,
        });
        assert_eq!(entry["daily"], daily, "row {index}");
        assert_eq!(entry["max"], max, "row {index}");
        assert_eq!(entry["phase"], row.9, "row {index}");
        let mut crossed = entry["violations"].clone();
        sort(&mut crossed);
        let mut expected = crossings[index].clone();
        sort(&mut expected);
        assert_eq!(crossed, expected, "row {index}");
    }
    assert_eq!(timeline[0]["recorded_at"], day("10T05:30"));
    assert_eq!(answer["phase"], "breached");
    assert_eq!(answer["breached_at"], day("11T07:35"));
    assert_eq!(answer["violations"].as_array().map(Vec::len), Some(5));
}

fn sort(crossings: &mut Value) {
    if let Value::Array(items) = crossings {
        items.sort_by_key(Value::to_string);
    }
}

#[tokio::test]
async fn a_reset_in_new_york_moves_with_its_clock() {
    let world = World::new().await;
    // 8 March 2026: the clocks there go ahead at 02:00.
    let body = json!({
        "plan": {"reset": {"time": "17:00", "zone": "America/New_York"}},
        "initial_balance": 50_000,
        "snapshots": [
            {"recorded_at": "2026-03-07T12:00:00Z", "balance": 50_000, "equity": 50_000},
            {"recorded_at": "2026-03-08T12:00:00Z", "balance": 50_000, "equity": 50_000},
            {"recorded_at": "2026-03-09T12:00:00Z", "balance": 50_000, "equity": 50_000},
        ],
    });
    let answer = world.post(PATH, &body).await.expect(200);
    let resets: Vec<String> = (0..3)
        .map(|index| text(&answer["timeline"][index]["daily"]["reset_at"]))
        .collect();
    assert_eq!(
        resets,
        [
            "2026-03-07T22:00:00Z",
            "2026-03-08T21:00:00Z",
            "2026-03-09T21:00:00Z"
        ]
    );
}

#[tokio::test]
async fn what_cannot_be_simulated_is_refused_by_field() {
    let world = World::new().await;
    let snapshots = json!([snapshot("10T09:00", 1, 1)]);
    for (body, field) in [
        (
            json!({"plan": {}, "snapshots": snapshots}),
            "initial_balance",
        ),
        (json!({"plan": {}}), "snapshots"),
        (
            json!({"initial_balance": 1, "snapshots": snapshots}),
            "plan",
        ),
        (
            json!({"plan": {}, "initial_balance": -1, "snapshots": snapshots}),
            "initial_balance",
        ),
        (
            json!({"plan": {"daily": {"limit_pct": 0}}, "initial_balance": 1, "snapshots": snapshots}),
            "plan",
        ),
    ] {
        let problem = world.post(PATH, &body).await.expect(400);
        assert_eq!(fields(&problem), [field], "{body}");
    }
    let turned = json!({
        "plan": {}, "initial_balance": 1,
        "snapshots": [snapshot("11T09:00", 1, 1), snapshot("10T09:00", 1, 1)],
    });
    let problem = world.post(PATH, &turned).await.expect(400);
    assert!(fields(&problem)[0].starts_with("snapshots"), "{problem}");
    let many: Vec<Value> = (0..10_001).map(|_| snapshot("10T09:00", 1, 1)).collect();
    let body = json!({"plan": {}, "initial_balance": 1, "snapshots": many});
    let answer = world.post(PATH, &body).await;
    assert!(
        matches!(answer.status.as_u16(), 400 | 413),
        "{}",
        answer.status
    );
}

#[tokio::test]
async fn a_plan_runs_over_an_accounts_history_as_a_job() {
    let (mut world, id) = World::connected().await;
    world.equity(98_000.0).await;
    // Under a daily limit of 2 % the account would have been breached.
    let body = json!({"plan": {"daily": {"limit_pct": 2}}, "account_id": id});
    let job = world.post(PATH, &body).await.expect(202);
    assert_eq!(job["status"], "queued");
    let none = json!({"inputs_done": 0, "inputs_total_estimate": null});
    assert_eq!(job["progress"], none);
    let url = text(&job["result_url"]);
    assert_eq!(
        world.shop_get(&url).await.expect(200)["result"],
        Value::Null
    );
    world.stack.pump().await;
    let done = world.shop_get(&url).await.expect(200);
    assert_eq!(done["status"], "done");
    let progress = &done["progress"];
    assert_eq!(progress["inputs_done"], progress["inputs_total_estimate"]);
    assert!(progress["inputs_done"].as_u64() >= Some(2), "{progress}");
    let result = &done["result"];
    assert_eq!(result["phase"], "breached");
    let breaches: Vec<&Value> = result["violations"]
        .as_array()
        .expect("violations")
        .iter()
        .filter(|violation| violation["severity"] == "breach")
        .collect();
    assert_eq!(breaches.len(), 1);
    assert_eq!(breaches[0]["rule"], "daily_drawdown");
    let last = result["timeline"]
        .as_array()
        .and_then(|list| list.last())
        .expect("an entry");
    assert_eq!(last["daily"]["used"], json!(2046.5));
    assert_eq!(last["daily"]["limit"], json!(2000));
    // The account itself is judged by its own plan.
    assert_eq!(world.summary(&id).await["phase"], "active");

    let other = &world.stack.other_shop;
    assert_eq!(world.send(other.get(&url)).await.status, 404);
    assert_eq!(world.send(other.post(PATH, &body)).await.status, 404);
    let nobody = json!({"plan": {}, "account_id": "acc_01jd7bz8v6m3t9q2x4w7y0c1df"});
    assert_eq!(world.post(PATH, &nobody).await.status, 404);
    assert_eq!(
        world
            .shop_get("/api/s2s/plans/simulations/job_x")
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn shop_has_five_backtests_at_once() {
    let (mut world, id) = World::connected().await;
    let body = json!({"plan": {}, "account_id": id});
    let post = async || world.post(PATH, &body).await;
    let answers = tokio::join!(post(), post(), post(), post(), post(), post(), post());
    let (a, b, c, d, e, f, g) = answers;
    let mut statuses = [a, b, c, d, e, f, g].map(|answer| answer.status.as_u16());
    statuses.sort_unstable();
    assert_eq!(statuses, [202, 202, 202, 202, 202, 409, 409]);
    let problem = world.post(PATH, &body).await.expect(409);
    let detail = text(&problem["detail"]);
    assert!(detail.contains("5 backtests"), "{detail}");
    world.stack.pump().await;
    assert_eq!(world.post(PATH, &body).await.status, 202);
}
