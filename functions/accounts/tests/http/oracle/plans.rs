//! Eight kinds of plan.

use serde_json::{Value, json};

/// The kinds of plan: a name for each, its body, and whether its accounts are
/// connected without an initial balance.
pub(super) fn all() -> Vec<(&'static str, Value)> {
    vec![
        ("usual", json!({})),
        (
            "closed-trailing",
            json!({
                "basis": "closed_only",
                "daily": {"limit_pct": 4, "reference": "balance"},
                "max": {"limit_pct": 8, "mode": "trailing_closed"},
                "payout": "shift",
            }),
        ),
        (
            "intraday-lock",
            json!({
                "daily": {"limit_pct": 5, "of": "reference", "reference": "max"},
                "max": {"limit_pct": 8, "mode": "trailing_intraday", "lock_at": 0},
                "payout": "shift",
                "profit_target_pct": 10,
            }),
        ),
        (
            "eod-lock-on-payout",
            json!({
                "reset": {"time": "17:00", "zone": "America/New_York"},
                "daily": {"limit_pct": 3},
                "max": {"limit_pct": 6, "mode": "trailing_eod", "lock_at": 3000,
                    "lock_on_payout": true},
                "payout": "keep",
            }),
        ),
        (
            "closed-static",
            json!({
                "basis": "closed_only",
                "reset": {"time": "00:00", "zone": "Europe/Prague"},
                "daily": {"limit_pct": 5, "first_day": "initial"},
                "max": {"limit_pct": 10, "mode": "static"},
                "payout": "keep",
                "profit_target_pct": 5,
            }),
        ),
        (
            "pause-target",
            json!({
                "daily": {"limit_pct": 3, "kind": "pause", "reference": "balance"},
                "max": {"limit_pct": 10, "mode": "static"},
                "profit_target_pct": 4,
                "min_trading_days": 2,
                "consistency_pct": 70,
            }),
        ),
        (
            "lots-target",
            json!({
                "daily": {"limit_pct": 4, "reference": "max"},
                "max": {"limit_pct": 8, "mode": "trailing_closed"},
                "payout": "keep",
                "profit_target_pct": 3,
                "max_lots": 12,
            }),
        ),
        (
            "closed-eod",
            json!({
                "basis": "closed_only",
                "reset": {"time": "12:00", "zone": "Asia/Tokyo"},
                "daily": {"limit_pct": 4, "of": "reference", "reference": "max"},
                "max": {"limit_pct": 7, "mode": "trailing_eod", "lock_at": 2000},
                "payout": "shift",
                "severity": {"warning_pct": 50, "critical_pct": 80},
            }),
        ),
    ]
}
