//! `POST /api/signals/simulate`.

use serde_json::{Value, json};

use crate::desk::{Desk, faults, gold, id_of};

const PATH: &str = "/api/signals/simulate";

fn candles(prices: &[[i64; 4]]) -> Value {
    let candle = |(minute, [open, high, low, close]): (usize, &[i64; 4])| {
        json!({
            "time": format!("2026-01-05T10:{minute:02}:00Z"),
            "open": open, "high": high, "low": low, "close": close,
        })
    };
    prices.iter().enumerate().map(candle).collect()
}

#[tokio::test]
async fn a_signal_is_run_on_candles_without_being_stored() {
    let desk = Desk::open().await;
    let signal = json!({
        "symbol": "XAUUSD", "direction": "buy", "stop_loss": 1990,
        "take_profits": [2010, 2020], "take_profit_weights": [75, 25],
    });
    let rise = candles(&[
        [2000, 2005, 1996, 2004],
        [2004, 2011, 2003, 2009],
        [2009, 2021, 2008, 2020],
    ]);
    let body = json!({"signal": signal, "candles": rise});
    let answer = desk.post(PATH, &body).await;
    assert_eq!(answer.figure("/pnl_percent"), "0.625");
    assert_eq!(answer.figure("/r_multiple"), "1.25");
    let done = answer.expect(200);
    assert_eq!(
        (&done["status"], &done["entry_price"]),
        (&json!("completed"), &json!(2000))
    );
    assert_eq!(
        done["exits"][1],
        json!({
            "price": 2020, "weight": 0.25, "reason": "take_profit", "target": 2,
            "time": "2026-01-05T10:02:00Z",
        })
    );
    let both = candles(&[[2000, 2015, 1985, 2012]]);
    let body = json!({"signal": signal, "candles": both});
    let stopped = desk.post(PATH, &body).await.expect(200);
    assert_eq!(
        (&stopped["status"], &stopped["r_multiple"]),
        (&json!("stopped"), &json!(-1))
    );
    assert_eq!(
        desk.get("/api/signals").await.expect(200)["items"],
        json!([])
    );
}

#[tokio::test]
async fn a_stored_signal_and_a_message_can_be_run_too() {
    let desk = Desk::open().await;
    let made = desk.signal(&gold()).await;
    let fall = candles(&[[2350, 2352, 2344, 2346], [2346, 2347, 2339, 2341]]);
    let body = json!({"signal_id": id_of(&made), "candles": fall});
    let done = desk.post(PATH, &body).await.expect(200);
    assert_eq!(
        (&done["status"], &done["entry_price"]),
        (&json!("stopped"), &json!(2345.5))
    );
    let body = json!({"signal": {"raw_text": "GOLD BUY NOW SL 2340 TP 2400"}, "candles": fall});
    let done = desk.post(PATH, &body).await.expect(200);
    assert_eq!(
        (&done["entry_price"], &done["r_multiple"]),
        (&json!(2350), &json!(-1))
    );
    let unknown = json!({"signal_id": "sig_01jd7bz8v6m3t9q2x4w7y0c1df", "candles": fall});
    assert_eq!(desk.post(PATH, &unknown).await.status, 404);
}

#[tokio::test]
async fn what_cannot_be_run_is_named() {
    let desk = Desk::open().await;
    let signal = json!({"symbol": "XAUUSD", "direction": "buy"});
    let one = candles(&[[2000, 2001, 1999, 2000]]);
    assert_eq!(
        faults(desk.post(PATH, &json!({"candles": one})).await),
        ["signal"]
    );
    let without = desk.post(PATH, &json!({"signal": signal})).await;
    assert_eq!(faults(without), ["candles"]);
    let odd = candles(&[[2000, 1999, 1998, 1999]]);
    let body = json!({"signal": signal, "candles": odd});
    assert_eq!(faults(desk.post(PATH, &body).await), ["candles[0]"]);
    let many: Vec<Value> = vec![one[0].clone(); 5_001];
    let body = json!({"signal": signal, "candles": many});
    assert_eq!(faults(desk.post(PATH, &body).await), ["candles"]);
    let missing = json!({"signal": signal, "candles": [{"time": "2026-01-05T10:00:00Z"}]});
    assert_eq!(desk.post(PATH, &missing).await.status, 400);
}
