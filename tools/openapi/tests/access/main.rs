//! Every route of the document, and everybody who could knock at it: each gets
//! exactly the answer that the route's row says. A route without a row fails.

#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeSet;

use http::Method;
use serde_json::{Value, json};
use testkit::http::{bearer, send};

use support::rows::{Door, Row, rows};
use support::world::{self, Who, World, text};

fn document() -> Value {
    serde_json::from_str(&openapi::text()).expect("JSON")
}

fn documented(document: &Value) -> BTreeSet<String> {
    let mut routes = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for method in operations.as_object().expect("operations").keys() {
            routes.insert(format!("{} {path}", method.to_ascii_uppercase()));
        }
    }
    routes
}

/// What the document says of a route's callers.
fn scheme(document: &Value, route: &str) -> Option<String> {
    let (method, path) = route.split_once(' ').expect("a path");
    let security = &document["paths"][path][method.to_ascii_lowercase()]["security"];
    security[0].as_object()?.keys().next().cloned()
}

impl Door {
    fn scheme(self) -> Option<&'static str> {
        match self {
            Self::Everybody => None,
            Self::Shop => Some("hmac"),
            Self::Terminal => Some("device"),
            _ => Some("jwt"),
        }
    }

    /// The answer to a viewer, where that is not the right one.
    fn to_a_lower_role(self) -> Option<u16> {
        matches!(
            self,
            Self::Writer | Self::Manager | Self::Keeper | Self::Admin
        )
        .then_some(403)
    }

    /// The answer to a desktop terminal.
    fn to_a_terminal(self, right: u16) -> u16 {
        match self {
            Self::Everybody | Self::PersonOrTerminal | Self::Terminal => right,
            Self::Shop => 401,
            _ => 403,
        }
    }
}

struct Check<'a> {
    world: &'a World,
    wrong: Vec<String>,
}

impl Check<'_> {
    async fn by(&mut self, row: &Row, who: &str, token: Option<&str>, expected: u16) {
        let call = self.world.call(row.route, token, &row.body);
        let answer = self.world.ask(row.route, call).await;
        self.compare(row, who, answer, expected);
    }

    async fn signed(&mut self, row: &Row, who: &str, shop: &testkit::Shop, expected: u16) {
        let (method, _) = row.route.split_once(' ').expect("a method");
        let method: Method = method.parse().expect("a method");
        let path = self.world.filled(row.route);
        let call = shop.sign(&method, &path, text(&row.body));
        let answer = self.world.ask(row.route, call).await;
        self.compare(row, who, answer, expected);
    }

    fn compare(&mut self, row: &Row, who: &str, answer: testkit::Answer, expected: u16) {
        let status = answer.status.as_u16();
        if status != expected {
            let (route, text) = (row.route, answer.text());
            let text: String = text.chars().take(300).collect();
            self.wrong.push(format!(
                "{route} to {who}: {status}, not {expected}: {text}"
            ));
        } else if status >= 400 {
            let kind = answer.header("content-type");
            let is_problem =
                kind == "application/problem+json" && !answer.header("x-request-id").is_empty();
            assert!(is_problem, "{} to {who}: {kind}", row.route);
        }
    }

    /// All who are not whom the route names, and then that one.
    async fn row(&mut self, row: &Row) {
        let nobody = match row.door {
            Door::Everybody => row.right,
            _ => 401,
        };
        let (right, other) = row.door.callers();
        self.by(row, "nobody", None, nobody).await;
        let expired = self.world.expired_token(right);
        self.by(row, "an expired token", Some(&expired), nobody)
            .await;
        let blocked = self.world.blocked_token(right);
        self.by(row, "a blocked person", Some(&blocked), nobody)
            .await;
        let terminal = self.world.terminal_token();
        let expected = row.door.to_a_terminal(row.right);
        self.by(row, "a terminal", Some(&terminal), expected).await;
        if row.door == Door::Shop {
            let (shop, other) = (
                self.world.stack.shop.clone(),
                self.world.stack.other_shop.clone(),
            );
            let token = self.world.token(Who::Trader);
            self.by(row, "a trader", Some(&token), 401).await;
            self.signed(row, "another shop", &other, row.other).await;
            self.signed(row, "the shop", &shop, row.right).await;
            return;
        }
        if row.door == Door::Terminal {
            let person = self.world.token(right);
            self.by(row, "the terminal's person", Some(&person), 403)
                .await;
            return;
        }
        if let Some(expected) = row.door.to_a_lower_role() {
            let viewer = self.world.token(Who::Viewer);
            self.by(row, "a lower role", Some(&viewer), expected).await;
        }
        let other = self.world.token(other);
        self.by(row, "another tenant", Some(&other), row.other)
            .await;
        // Every route is of the lowest tier so far: the right caller has it.
        let right = self.world.token(right);
        self.by(row, "the right caller", Some(&right), row.right)
            .await;
    }
}

#[tokio::test]
async fn every_route_gives_everybody_exactly_the_answer_of_its_row() {
    let world = World::start().await;
    let rows = rows(&world);
    let described: BTreeSet<String> = rows.iter().map(|row| row.route.to_owned()).collect();
    assert_eq!(described.len(), rows.len(), "a route has two rows");
    let document = document();
    let documented = documented(&document);
    let missing: Vec<_> = documented.difference(&described).cloned().collect();
    assert!(missing.is_empty(), "routes without a row: {missing:#?}");
    let gone: Vec<_> = described.difference(&documented).cloned().collect();
    assert!(gone.is_empty(), "rows without a route: {gone:#?}");
    let mut check = Check {
        world: &world,
        wrong: Vec::new(),
    };
    for row in &rows {
        let told = scheme(&document, row.route);
        assert_eq!(told.as_deref(), row.door.scheme(), "{}", row.route);
        check.row(row).await;
    }
    let wrong = check.wrong;
    assert!(wrong.is_empty(), "{} answers: {wrong:#?}", wrong.len());
}

#[tokio::test]
async fn every_operation_says_what_it_answers_and_whose_it_is() {
    let document = document();
    assert!(
        document["openapi"]
            .as_str()
            .is_some_and(|version| version.starts_with("3.1"))
    );
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for (method, operation) in operations.as_object().expect("operations") {
            let name = format!("{method} {path}");
            assert!(operation["tags"][0].is_string(), "{name} has no tag");
            let told = operation["summary"].is_string() || operation["description"].is_string();
            assert!(told, "{name} is not described");
            let answers = operation["responses"].as_object().expect("responses");
            let is_told = |status: &String| status.starts_with(['2', '3']) || status == "501";
            assert!(answers.keys().any(is_told), "{name}");
        }
    }
}

#[tokio::test]
async fn a_signed_exchange_gives_a_token_that_reads_the_traders_account() {
    let world = World::start().await;
    let exchange = json!({"wp_user_id": world::TRADER});
    let exchange = world.stack.shop.post("/api/auth/exchange", &exchange);
    let token = send(world.of("/api/auth/exchange"), exchange)
        .await
        .expect(200);
    let token = token["token"].as_str().expect("a token");
    let path = format!("/api/account/{}/summary", world.account);
    let summary = bearer(token, &Method::GET, &path, "");
    let summary = send(world.of("/api/account/{id}/summary"), summary).await;
    let summary = summary.expect(200);
    assert_eq!(summary["equity_current"], json!(100_000));
    assert_eq!(summary["phase"], "active");
}
