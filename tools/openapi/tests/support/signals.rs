//! Rows of the routes of signals, their channels and strategies.

use serde_json::{Value, json};

use super::rows::{Door, Row, row};

pub(crate) fn signals() -> Vec<Row> {
    use Door::{PersonOrTerminal, Reader, Writer};
    let signal = || json!({"symbol": "XAUUSD", "direction": "buy"});
    let candle = json!({
        "time": "2026-01-05T10:00:00Z", "open": 2000, "high": 2001, "low": 1999, "close": 2000,
    });
    let strategy = || json!({"name": "Calm", "risk_percent": 1, "max_open_trades": 3});
    let channel = || json!({"name": "Room", "approval": "manual"});
    let read = |route, other| row(route, Reader, Value::Null, 200, other);
    let write = |route, body, right, other| row(route, Writer, body, right, other);
    vec![
        read("GET /api/signals", 200),
        read("GET /api/signals/{id}", 404),
        read("GET /api/signals/formats", 200),
        write("POST /api/signals", signal(), 201, 201),
        row(
            "POST /api/signals/parse",
            PersonOrTerminal,
            json!({"text": "GOLD BUY NOW"}),
            200,
            200,
        ),
        row(
            "POST /api/signals/simulate",
            Reader,
            json!({"signal": signal(), "candles": [candle]}),
            200,
            200,
        ),
        // The signal is held, and lives through the rows in this order.
        write("POST /api/signals/{id}/approve", Value::Null, 200, 404),
        write(
            "POST /api/signals/{id}/reject",
            json!({"reason": "too late"}),
            409,
            404,
        ),
        write("POST /api/signals/{id}/replay", Value::Null, 201, 404),
        write(
            "POST /api/signals/{id}/close",
            json!({"result": "win"}),
            200,
            404,
        ),
        read("GET /api/v1/signals", 200),
        read("GET /api/v1/signals/history", 200),
        read("GET /api/v1/signals/stats", 200),
        // One's own is not published.
        row("GET /api/v1/signals/{id}", Reader, Value::Null, 404, 404),
        read("GET /api/strategies", 200),
        write("POST /api/strategies", strategy(), 201, 201),
        write("PUT /api/strategies/{id}", strategy(), 200, 404),
        // It is the active one.
        write("DELETE /api/strategies/{id}", Value::Null, 409, 404),
        read("GET /api/channels", 200),
        write("POST /api/channels", channel(), 201, 201),
        write("PUT /api/channels/{id}", channel(), 200, 404),
        write("DELETE /api/channels/{id}", Value::Null, 204, 404),
    ]
}
