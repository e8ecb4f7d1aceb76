//! The deployment that is asked, and what its answers must be.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use axum::body::Body;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use serde_json::json;
use testkit::Answer;
use testkit::http::{bearer, request, send};
use testkit::naughty::Plan;

use crate::operation::{Call, Operation};
use crate::support::rows::{Door, rows};
use crate::support::world::{Who, World};

/// What an answer takes at most, without optimization and on a busy machine.
/// What grows with the square of its input takes minutes.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(2);
/// Characters that are shown of what was sent and answered.
const SHOWN_CHARS: usize = 400;

/// A deployment, and what went wrong with it.
pub(crate) struct Scene {
    pub(crate) world: World,
    plan: Plan,
    /// The operation that is asked.
    route: &'static str,
    /// Its caller's token.
    token: Option<String>,
    /// How often it answered with a status.
    statuses: BTreeMap<u16, usize>,
    count: usize,
    faults: Vec<String>,
}

impl Scene {
    /// One whose owner has a trade too.
    pub(crate) async fn start(plan: Plan) -> Self {
        let mut world = World::start().await;
        let trade = open_a_trade(&world).await;
        world.desk.insert("trades", trade);
        Self {
            world,
            plan,
            route: "",
            token: None,
            statuses: BTreeMap::new(),
            count: 0,
            faults: Vec::new(),
        }
    }

    fn enter(&mut self, operation: &Operation) {
        self.route = operation.route();
        self.token = self.token(operation);
        self.statuses.clear();
    }

    /// Whether most calls of an operation got past its guard, unless the call
    /// that makes sense does not either.
    pub(crate) fn leave(&mut self, operation: &Operation) {
        let is_guard = |status: &u16| matches!(status, 401 | 403);
        let guarded = self.statuses.iter().filter(|(status, _)| is_guard(status));
        let guarded: usize = guarded.map(|(_, count)| count).sum();
        let all: usize = self.statuses.values().sum();
        let route = operation.route();
        if guarded * 2 > all && !is_guard(&operation.row.right) {
            let told = format!("{route}: not reached: {:?}", self.statuses);
            self.faults.push(told);
        }
    }

    /// Makes anew what calls of an operation use up.
    pub(crate) async fn prepare(&mut self, operation: &Operation) {
        let path = operation.path();
        if path.starts_with("/api/v1/auth/") {
            // Whose password was guessed at is answered up to 2 s later.
            let cloud = &self.world.stack.cloud;
            cloud.forget(&cloud.platform, "SLOW#").await;
        }
        if !path.starts_with("/api/signals/{id}/") {
            return;
        }
        let signal = self.world.hold_signal(&self.world.desk["channels"]).await;
        self.world.desk.insert("signals", signal.clone());
        if path.ends_with("/close") {
            let token = self.world.token(Who::Owner);
            let approve = format!("/api/signals/{signal}/approve");
            let approve = bearer(&token, &Method::POST, &approve, "");
            let router = self.world.of("/api/signals/{id}/approve");
            let _ = send(router, approve).await.expect(200);
        }
    }

    /// Asks, and judges what is answered. What is no request at all is passed
    /// over.
    pub(crate) async fn ask(&mut self, operation: &Operation, call: Call) -> Option<Answer> {
        if self.route != operation.route() {
            self.enter(operation);
        }
        self.count += 1;
        let mut answered = self.once(operation, &call).await?;
        if self.token.is_some() && matches!(&answered.0, Ok(answer) if answer.status == 401) {
            // What was changed before may have stopped the caller's tokens.
            self.token = self.token(operation);
            answered = self.once(operation, &call).await?;
        }
        if answered.1 > ANSWER_TIME_MAX {
            // The machine may have been busy with something else.
            answered = self.once(operation, &call).await?;
        }
        let (answer, time) = answered;
        let wrong = match &answer {
            Err(panic) => Some(panic.clone()),
            Ok(_) if time > ANSWER_TIME_MAX => Some(format!("took {time:?}")),
            Ok(answer) => fault(operation, answer),
        };
        if let Some(wrong) = wrong {
            let Call {
                target,
                headers,
                body,
                ..
            } = &call;
            let body = shown(&String::from_utf8_lossy(body));
            let told = format!("{} {target} {headers:?} {body}: {wrong}", operation.route());
            self.faults.push(told);
        }
        let answer = answer.ok()?;
        let status = answer.status.as_u16();
        *self.statuses.entry(status).or_default() += 1;
        Some(answer)
    }

    /// Fails where anything was wrong, or less was asked than was meant to be.
    pub(crate) fn finish(self, count_min: usize) {
        let Self {
            plan,
            count,
            faults,
            ..
        } = self;
        assert!(count >= count_min, "only {count} calls");
        assert!(
            faults.is_empty(),
            "FUZZ_SEED={} FUZZ_CASES={}: {} of {count} answers: {faults:#?}",
            plan.seed,
            plan.cases,
            faults.len(),
        );
    }

    async fn once(
        &self,
        operation: &Operation,
        call: &Call,
    ) -> Option<(Result<Answer, String>, Duration)> {
        let request = self.request(operation, call)?;
        let router = self.world.of(operation.path()).clone();
        let started = Instant::now();
        // In a task of its own, so that a panic ends that alone.
        let answer = tokio::spawn(async move { send(&router, request).await }).await;
        let answer = answer.map_err(|failure| format!("panicked: {failure}"));
        Some((answer, started.elapsed()))
    }

    fn request(&self, operation: &Operation, call: &Call) -> Option<Request<Body>> {
        let (method, target) = (&operation.method, call.target.as_str());
        target.parse::<Uri>().ok()?;
        let body = call.body.clone();
        let mut request = match (operation.row.door, &self.token) {
            (Door::Shop, _) => self.world.stack.shop.sign(method, target, body),
            (_, Some(token)) => bearer(token, method, target, body),
            (_, None) => request(method, target, body),
        };
        let headers = request.headers_mut();
        headers.remove(CONTENT_TYPE);
        if let Some(kind) = call.kind {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        for (name, value) in &call.headers {
            let name: HeaderName = name.parse().expect("a header's name");
            if let Ok(value) = HeaderValue::from_bytes(value) {
                headers.insert(name, value);
            }
        }
        Some(self.world.with_own_address(request))
    }

    /// Of whom an operation names. Trades are the owner's outside of the
    /// organization, and an applicant speaks for themselves.
    fn token(&self, operation: &Operation) -> Option<String> {
        let path = operation.path();
        let who = match operation.row.door {
            Door::Everybody | Door::Shop => return None,
            Door::Terminal => return Some(self.world.terminal_token()),
            _ if path.starts_with("/api/trades/") => Who::Admin,
            _ if path.ends_with("/kyc") || path.ends_with("/kyc/complete") => Who::Viewer,
            door => door.callers().0,
        };
        Some(self.world.token(who))
    }
}

/// What is wrong with an answer.
fn fault(operation: &Operation, answer: &Answer) -> Option<String> {
    let status = answer.status.as_u16();
    let told = || format!("{status} {}", shown(&answer.text()));
    // That a partner is away or something is not built is said beforehand.
    let is_told = matches!(status, 501 | 503) && operation.answers.contains(&status);
    if status >= 500 && !is_told {
        return Some(told());
    }
    let kind = answer.header("content-type");
    if status < 400 {
        let is_json = serde_json::from_slice::<serde_json::Value>(&answer.body).is_ok();
        return (kind == "application/json" && !is_json).then(told);
    }
    let (body, id) = (answer.json(), answer.header("x-request-id"));
    let is_problem = kind == "application/problem+json"
        && body["status"] == status
        && body["success"] == json!(false)
        && body["request_id"] == id
        && body["detail"].as_str().is_some_and(|text| !text.is_empty());
    (!is_problem).then(told)
}

/// The id of a trade that the owner's terminal tells of.
async fn open_a_trade(world: &World) -> String {
    let route = "POST /api/firebridge/push-trade-result";
    let rows = rows(world);
    let row = rows.iter().find(|row| row.route == route).expect("a row");
    let token = world.terminal_token();
    let call = world.call(route, Some(&token), &row.body);
    let _ = world.ask(route, call).await.expect(200);
    let route = "GET /api/trades/live";
    let token = world.token(Who::Admin);
    let call = world.call(route, Some(&token), &serde_json::Value::Null);
    let trades = world.ask(route, call).await.expect(200);
    let id = trades["items"][0]["trade"]["id"].as_str().expect("a trade");
    id.to_owned()
}

fn shown(text: &str) -> String {
    text.chars().take(SHOWN_CHARS).collect()
}
