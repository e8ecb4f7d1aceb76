//! Imports by upload, from their creation to their result.

use chrono::TimeDelta;
use http::Method;
use serde_json::{Value, json};
use testkit::Answer;

use crate::support::{USER, World, fields, text};

const PATH: &str = "/api/accounts/imports";
const FILE: &str = "\
Time;Deal;Symbol;Type;Direction;Volume;Price;Order;Commission;Fee;Swap;Profit;Balance;Comment\r
2024.01.02 09:00:00;1;;balance;;;;;0.00;0.00;0.00;10 000.00;10 000.00;Deposit\r
2024.01.02 10:00:00;2;EURUSD;buy;in;1;1.10000;2;-3.50;0.00;0.00;0.00;9 996.50;\r
2024.01.02 11:00:00;3;EURUSD;sell;out;1;1.10500;3;-3.50;-0.10;-1.25;500.00;10 491.65;\r
";

fn body(file: &str) -> Value {
    json!({"content_length": file.len(), "server_zone": "Europe/Athens", "name": "Old"})
}

async fn create(world: &World, body: &Value) -> Answer {
    world.call(Method::POST, PATH, &body.to_string()).await
}

/// Sends a file by the request of an answer, and returns the status.
async fn send(created: &Value, file: &str) -> u16 {
    let upload = &created["upload"];
    assert_eq!(upload["method"], "PUT");
    let client = platform::http_client::partner(std::time::Duration::from_secs(5));
    let mut call = client.expect("a client").put(text(&upload["url"]));
    for (name, value) in upload["headers"].as_object().expect("headers") {
        if name != "content-length" {
            call = call.header(name, text(value));
        }
    }
    let answer = call.body(file.to_owned()).send().await;
    answer.expect("an answer").status().as_u16()
}

async fn shown(world: &World, created: &Value) -> Value {
    let path = format!("{PATH}/{}", text(&created["import_id"]));
    world.get(&path).await.expect(200)
}

#[tokio::test]
async fn uploaded_file_becomes_an_account() {
    let mut world = World::new().await;
    let created = create(&world, &body(FILE)).await.expect(201);
    assert_eq!(created["state"], "awaiting_upload");
    let headers = &created["upload"]["headers"];
    assert_eq!(headers["content-type"], "application/octet-stream");
    assert_eq!(headers["content-length"], FILE.len().to_string());
    let waiting = shown(&world, &created).await;
    assert_eq!(waiting["state"], "awaiting_upload");
    assert_eq!(waiting["result"], Value::Null);
    assert_eq!(send(&created, FILE).await, 200);
    assert_eq!(world.stack.objects.kept().len(), 1);
    world.later(TimeDelta::seconds(16)).await;
    let done = shown(&world, &created).await;
    assert_eq!(done["state"], "done", "{done}");
    assert_eq!(
        (&done["rows_read"], &done["problem"]),
        (&json!(3), &Value::Null)
    );
    let result = &done["result"];
    let counts = json!({"positions": 1, "deals": 2, "balance_operations": 1});
    assert_eq!(result["imported"], counts);
    assert_eq!(result["totals"]["balance"], json!(10_491.65));
    let summary = world.summary(&text(&result["account_id"])).await;
    assert_eq!(summary["balance_current"], json!(10_491.65));
    assert!(world.stack.objects.kept().is_empty());
    // Later looks change nothing.
    world.later(TimeDelta::minutes(61)).await;
    assert_eq!(shown(&world, &created).await, done);
    let list = world.get("/api/accounts").await.expect(200);
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1));
    let path = format!("{PATH}/{}", text(&created["import_id"]));
    let other = world.stack.get_as(USER + 1, &path);
    assert_eq!(world.send(other).await.status, 404);
}

#[tokio::test]
async fn uploaded_file_adds_to_a_judged_account() {
    let (mut world, id) = World::connected().await;
    let path = format!("/api/s2s/accounts/{id}/imports");
    let created = world.post(&path, &body(FILE)).await.expect(201);
    assert_eq!(send(&created, FILE).await, 200);
    world.later(TimeDelta::seconds(16)).await;
    let import = text(&created["import_id"]);
    let path = format!("{path}/{import}");
    let done = world.shop_get(&path).await.expect(200);
    assert_eq!(done["state"], "done", "{done}");
    assert_eq!(done["result"]["account_id"], json!(id));
    assert_eq!(done["result"]["imported"]["deals"], 2);
    let other = world.send(world.stack.other_shop.get(&path)).await;
    assert_eq!(other.status, 404);
    let other = "acc_01jd7bz8v6m3t9q2x4w7y0c1df";
    let path = format!("/api/s2s/accounts/{other}/imports");
    assert_eq!(world.post(&path, &body(FILE)).await.status, 404);
    let path = format!("{path}/{import}");
    assert_eq!(world.shop_get(&path).await.status, 404);
    let path = format!("{PATH}/{import}");
    assert_eq!(world.get(&path).await.status, 404, "it is the shop's");
}

#[tokio::test]
async fn failed_import_has_the_direct_imports_problem() {
    let mut world = World::new().await;
    let created = create(&world, &body("hello")).await.expect(201);
    assert_eq!(send(&created, "hello").await, 200);
    world.later(TimeDelta::seconds(16)).await;
    let failed = shown(&world, &created).await;
    assert_eq!(failed["state"], "failed", "{failed}");
    let direct = "/api/accounts/import?server_zone=Europe/Athens";
    let direct = world.call(Method::POST, direct, "hello").await.expect(400);
    for field in ["type", "title", "status", "detail", "details"] {
        assert_eq!(failed["problem"][field], direct[field], "{field}");
    }
    assert!(world.stack.objects.kept().is_empty());
}

#[tokio::test]
async fn person_has_five_imports_open() {
    let world = World::new().await;
    for _ in 0..5 {
        assert_eq!(create(&world, &body(FILE)).await.status, 201);
    }
    let problem = create(&world, &body(FILE)).await.expect(409);
    assert!(text(&problem["detail"]).contains("5 imports"));
}

#[tokio::test]
async fn other_bytes_than_announced_are_refused() {
    let world = World::new().await;
    let mut announced = body(FILE);
    announced["sha256"] = json!("0".repeat(64));
    let created = create(&world, &announced).await.expect(201);
    assert!(created["upload"]["headers"]["x-amz-checksum-sha256"].is_string());
    assert_eq!(send(&created, FILE).await, 400);
    let created = create(&world, &body(FILE)).await.expect(201);
    assert_eq!(send(&created, "shorter").await, 403);
}

#[tokio::test]
async fn fields_of_an_upload_are_checked() {
    let world = World::new().await;
    for (field, value) in [
        ("content_length", json!(0)),
        ("content_length", json!(52_428_801)),
        ("sha256", json!("abc")),
        ("server_zone", json!("Europe/Nowhere")),
        ("name", json!("")),
        ("initial_balance", json!(-5)),
    ] {
        let mut wrong = body(FILE);
        wrong[field] = value;
        let problem = create(&world, &wrong).await.expect(400);
        assert_eq!(fields(&problem), [field]);
    }
    let mut largest = body(FILE);
    largest["content_length"] = json!(52_428_800);
    assert_eq!(create(&world, &largest).await.status, 201);
}
