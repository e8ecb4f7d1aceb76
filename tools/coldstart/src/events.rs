//! An everyday event of each function.

use axum::body::Body;
use clap::ValueEnum;
use http::{Method, Request};
use http_body_util::BodyExt;
use serde_json::{Map, Value, json};

use crate::deployment::Deployment;

/// A function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Function {
    Accounts,
    Auth,
    System,
    Sync,
    Rules,
    Backtests,
    Imports,
    DailyReset,
    Dispatch,
    Webhooks,
    Organizations,
    Admin,
    Firebridge,
    Trading,
    Signals,
    Terminals,
    Realtime,
    Fanout,
}

impl Function {
    /// All of them.
    pub(crate) const ALL: [Self; 18] = [
        Self::Accounts,
        Self::Auth,
        Self::System,
        Self::Sync,
        Self::Rules,
        Self::Backtests,
        Self::Imports,
        Self::DailyReset,
        Self::Dispatch,
        Self::Webhooks,
        Self::Organizations,
        Self::Admin,
        Self::Firebridge,
        Self::Trading,
        Self::Signals,
        Self::Terminals,
        Self::Realtime,
        Self::Fanout,
    ];

    /// Its name and its binary's.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
            Self::Auth => "auth",
            Self::System => "system",
            Self::Sync => "sync",
            Self::Rules => "rules",
            Self::Backtests => "backtests",
            Self::Imports => "imports",
            Self::DailyReset => "daily-reset",
            Self::Dispatch => "dispatch",
            Self::Webhooks => "webhooks",
            Self::Organizations => "organizations",
            Self::Admin => "admin",
            Self::Firebridge => "firebridge",
            Self::Trading => "trading",
            Self::Signals => "signals",
            Self::Terminals => "terminals",
            Self::Realtime => "realtime",
            Self::Fanout => "fanout",
        }
    }

    /// What it is given.
    pub(crate) fn event(self) -> &'static str {
        match self {
            Self::Accounts => "a trader's summary",
            Self::Auth => "a shop's token exchange",
            Self::System => "health",
            Self::Sync => "the job `revive-chains`",
            Self::Rules => "an account without new inputs",
            Self::Backtests => "a backtest that is not there",
            Self::Imports => "an import that is not there",
            Self::DailyReset => "the job `daily-reset`",
            Self::Dispatch => "the job `sweep-outbox`",
            Self::Webhooks => "the job `retry-webhooks`",
            Self::Organizations => "a person's organizations",
            Self::Admin => "the blocked addresses",
            Self::Firebridge => "a person's terminals",
            Self::Trading => "a person's dashboard",
            Self::Signals => "a person's signals",
            Self::Terminals => "the job `look-after-terminals`",
            Self::Realtime => "the job `sweep-connections`",
            Self::Fanout => "a channel without new events",
        }
    }
}

impl Deployment {
    /// A new event for a function: signed calls and messages are good once.
    pub(crate) async fn event(&self, function: Function) -> String {
        let event = match function {
            Function::Accounts => {
                let path = format!("/api/account/{}/summary", self.account);
                api_event(self.get_as_trader(&path)).await
            }
            Function::Auth => {
                let body = json!({"wp_user_id": self.wp_user()});
                api_event(self.stack.shop.post("/api/auth/exchange", &body)).await
            }
            Function::System => {
                let request = testkit::http::request(&Method::GET, "/api/health", "");
                api_event(request).await
            }
            Function::Organizations => {
                let path = "/api/organizations";
                api_event(self.get_as_person("owner", path)).await
            }
            Function::Admin => {
                let path = "/api/admin/blocked-ips";
                api_event(self.get_as_person("platform_admin", path)).await
            }
            Function::Firebridge => {
                let path = "/api/firebridge/devices";
                api_event(self.get_as_person("owner", path)).await
            }
            Function::Trading => {
                let path = "/api/dashboard/stats";
                api_event(self.get_as_person("owner", path)).await
            }
            Function::Signals => {
                let path = "/api/signals";
                api_event(self.get_as_person("owner", path)).await
            }
            Function::Terminals => json!({"job": "look-after-terminals"}),
            Function::Realtime => json!({"job": "sweep-connections"}),
            Function::Backtests => {
                serde_json::from_str(include_str!("../../../events/backtests.json"))
                    .expect("the sample is JSON")
            }
            Function::Imports => serde_json::from_str(include_str!("../../../events/imports.json"))
                .expect("the sample is JSON"),
            Function::Fanout => serde_json::from_str(include_str!("../../../events/fanout.json"))
                .expect("the sample is JSON"),
            Function::Rules => queue_event(&json!({"judge": {
                "shop": self.stack.shop.id, "account": self.account, "request_id": "coldstart",
            }})),
            Function::Sync => json!({"job": "revive-chains"}),
            Function::DailyReset => json!({"job": "daily-reset"}),
            Function::Dispatch => json!({"job": "sweep-outbox"}),
            Function::Webhooks => json!({"job": "retry-webhooks"}),
        };
        event.to_string()
    }
}

/// A request as an HTTP API hands it to a function (payload format 2.0).
async fn api_event(request: Request<Body>) -> Value {
    let (parts, body) = request.into_parts();
    let body = body
        .collect()
        .await
        .map(|body| body.to_bytes())
        .unwrap_or_default();
    let headers: Map<String, Value> = parts
        .headers
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            (name.to_string(), value.into())
        })
        .collect();
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": parts.uri.path(),
        "rawQueryString": parts.uri.query().unwrap_or_default(),
        "headers": headers,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "coldstart",
            "domainName": "coldstart.execute-api.eu-central-1.amazonaws.com",
            "domainPrefix": "coldstart",
            "http": {
                "method": parts.method.as_str(),
                "path": parts.uri.path(),
                "protocol": "HTTP/1.1",
                "sourceIp": "198.51.100.7",
                "userAgent": "coldstart",
            },
            "requestId": "coldstart",
            "routeKey": "$default",
            "stage": "$default",
            "time": "01/Nov/2026:00:00:00 +0000",
            "timeEpoch": 1_793_491_200_000_u64,
        },
        "body": String::from_utf8_lossy(&body),
        "isBase64Encoded": false,
    })
}

/// A message as SQS hands it to a function.
fn queue_event(message: &Value) -> Value {
    json!({"Records": [{
        "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
        "receiptHandle": "coldstart",
        "body": message.to_string(),
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1793491200000",
            "SenderId": "coldstart",
            "ApproximateFirstReceiveTimestamp": "1793491200001",
        },
        "messageAttributes": {},
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:000000000000:rules",
        "awsRegion": "eu-central-1",
    }]})
}
