//! Rows of the routes for terminals, and of those for their people.

use serde_json::{Value, json};

use super::rows::{Door, Row, row};
use super::world::{TERMINAL, World};

/// What people do with terminals and trades. In their organization they have
/// neither.
pub(crate) fn terminals() -> Vec<Row> {
    use Door::{Everybody, Reader, Writer};
    let read = |route| row(route, Reader, Value::Null, 200, 200);
    let switch = |route| row(route, Writer, json!({}), 200, 200);
    let on_trade = |route, body| row(route, Writer, body, 404, 404);
    vec![
        read("GET /api/firebridge/devices"),
        row(
            "POST /api/firebridge/devices",
            Writer,
            json!({"name": "Office"}),
            201,
            201,
        ),
        row(
            "DELETE /api/firebridge/devices/{id}",
            Writer,
            Value::Null,
            404,
            404,
        ),
        row(
            "POST /api/firebridge/devices/pair",
            Everybody,
            json!({"pairing_code": "0000-0000-0000", "terminal_id": TERMINAL}),
            400,
            400,
        ),
        row(
            "POST /api/firebridge/force-sync",
            Writer,
            Value::Null,
            409,
            409,
        ),
        read("GET /api/firebridge/alerts"),
        read("GET /api/dashboard/stats"),
        read("GET /api/dashboard/performance"),
        read("GET /api/providers/stats"),
        read("GET /api/trades"),
        read("GET /api/trades/live"),
        row("GET /api/trades/{id}", Reader, Value::Null, 404, 404),
        on_trade("POST /api/trades/{id}/close", Value::Null),
        on_trade(
            "POST /api/trades/{id}/partial-close",
            json!({"percent": 50}),
        ),
        on_trade("PUT /api/trades/{id}/modify", json!({"stop_loss": 1})),
        on_trade(
            "POST /api/trades/{id}/trailing-stop",
            json!({"distance": 0.01, "step": 0.001}),
        ),
        read("GET /api/trading/state"),
        read("GET /api/trading/commands"),
        switch("POST /api/trading/pause"),
        switch("POST /api/trading/stealth-toggle"),
        switch("POST /api/trading/emergency-stop"),
        switch("POST /api/trading/resume"),
    ]
}

/// What terminals report.
pub(crate) fn reports(world: &World) -> Vec<Row> {
    let report = |route, more: Value, right| {
        let mut body = json!({"userId": world.owner(), "terminalId": TERMINAL});
        for (name, value) in more.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        row(route, Door::Terminal, body, right, 403)
    };
    vec![
        report("POST /api/firebridge/heartbeat", json!({}), 200),
        report(
            "POST /api/firebridge/sync-user",
            json!({"status": {"isConnected": true}}),
            200,
        ),
        report(
            "POST /api/firebridge/push-trade-result",
            json!({
                "resultId": "r1", "server": "Sim-Demo", "login": "5000001", "ticket": "1",
                "symbol": "EURUSD", "action": "buy", "volume": 1, "openPrice": 1.1,
                "status": "open", "openTime": "2026-03-02T10:00:00Z",
            }),
            200,
        ),
        report(
            "POST /api/firebridge/error-alert",
            json!({"code": "NO_MONEY", "message": "no money"}),
            200,
        ),
        report(
            "GET /api/firebridge/pull-strategy/{userId}",
            Value::Null,
            404,
        ),
    ]
}
