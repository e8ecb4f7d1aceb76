//! The chain in front of every handler: who is let in, how often, and who is
//! not served at all, over several instances of functions at once.

use axum::Router;
use axum::routing::{get, post};
use chrono::TimeDelta;
use http::{Method, StatusCode};
use kernel::time::Clock;
use platform::clock::SystemClock;
use platform::config::Env;
use platform::doorkeeper::Doorkeeper;
use platform::dynamo::{Key, Table, Transaction, to_item};
use platform::rate_limit::{Limit, RateLimiter};
use platform::restrictions::{Subject, restrict};
use testkit::http::{bearer, request, send};
use testkit::{Answer, Stack};
use web::Platform;
use web::limit::SIGN_IN_PATHS;

const LOGIN: &str = "/api/v1/auth/login";

/// An instance of a function with routes of which none asks for more
/// than the chain does.
fn instance(env: &Env, table: &Table) -> Router {
    let platform = Platform::new(env, table.clone(), None).expect("starts");
    let routes = Router::new()
        .route("/open", get(async || "served"))
        .route("/api/{*sign_in}", post(async || "a sign-in"))
        .route("/api/v1/ai/chat", get(async || "an answer"))
        .route("/mine", get(mine));
    web::app::serve(routes, &platform)
}

async fn mine(trader: web::caller::Trader) -> String {
    trader.owner
}

async fn from(router: &Router, method: &Method, path: &str, address: &str) -> Answer {
    let mut call = request(method, path, "{}");
    let peer = address.parse().expect("a header");
    call.headers_mut().insert("x-tradebridge-peer", peer);
    send(router, call).await
}

#[tokio::test]
async fn eight_instances_admit_the_limit_and_at_most_five_more_each() {
    const INSTANCES: usize = 8;
    let stack = Stack::start().await;
    let table = &stack.cloud.platform;
    let limit = Limit::shared(100, 3_600);
    let now = SystemClock.now();
    let limiters: Vec<_> = (0..INSTANCES)
        .map(|_| RateLimiter::new(table.clone()))
        .collect();
    let before = table.units_tenths();
    let mut admitted = 0;
    for turn in 0..400 {
        let decision = limiters[turn % INSTANCES].admit("user:x", limit, now).await;
        admitted += usize::from(decision.expect("counts").admitted);
    }
    assert!(
        (100..=100 + 5 * INSTANCES).contains(&admitted),
        "{admitted} admitted"
    );
    // One write unit for five requests, and one for each instance's first.
    let units = (table.units_tenths() - before) / 10;
    let most = (admitted / 5 + INSTANCES) as u64;
    assert!(units <= most, "{units} units, {most} at most");
}

#[tokio::test]
async fn one_instance_admits_exactly_the_limit() {
    let stack = Stack::start().await;
    let limiter = RateLimiter::new(stack.cloud.platform.clone());
    let now = SystemClock.now();
    for limit in [Limit::shared(23, 3_600), Limit::exact(7, 3_600)] {
        let name = format!("user:{}", limit.admissions);
        let mut admitted = 0;
        for _ in 0..40 {
            let decision = limiter.admit(&name, limit, now).await.expect("counts");
            admitted += u32::from(decision.admitted);
            let left = limit.admissions.saturating_sub(admitted);
            assert_eq!(decision.remaining, left);
        }
        assert_eq!(admitted, limit.admissions);
    }
}

#[tokio::test]
async fn sign_ins_of_an_address_are_counted_exactly_over_all_instances() {
    let stack = Stack::start().await;
    let env = stack.env_with(&[("SIGN_INS_PER_MINUTE", "10")]);
    let instances: Vec<_> = (0..8)
        .map(|_| instance(&env, &stack.cloud.platform))
        .collect();
    let minute = SystemClock.now().timestamp() / 60;
    let calls = (0..40).map(|turn| from(&instances[turn % 8], &Method::POST, LOGIN, "127.0.0.2"));
    let answers = futures::future::join_all(calls).await;
    let admitted = answers.iter().filter(|answer| answer.status == 200).count();
    let refused = answers.iter().filter(|answer| answer.status == 429);
    assert!(
        refused
            .clone()
            .all(|answer| !answer.header("retry-after").is_empty())
    );
    // The minute may turn while this runs; then there are two limits.
    let minutes = (SystemClock.now().timestamp() / 60 - minute + 1) as usize;
    assert!((10..=10 * minutes).contains(&admitted), "{admitted}");
    assert_eq!(admitted + refused.count(), 40);
    let other = from(&instances[0], &Method::POST, LOGIN, "127.0.0.3").await;
    assert_eq!(other.status, 200);
}

#[tokio::test]
async fn five_failures_shut_an_address_out_and_nobody_else() {
    let stack = Stack::start().await;
    let doorkeeper = Doorkeeper::new(stack.cloud.platform.clone());
    let now = SystemClock.now();
    for account in ["a", "b", "c", "d"] {
        doorkeeper
            .failed("127.0.0.2", account, now)
            .await
            .expect("counts");
        assert!(doorkeeper.before("127.0.0.2", "x", now).await.is_ok());
    }
    doorkeeper
        .failed("127.0.0.2", "e", now)
        .await
        .expect("counts");
    let refused = doorkeeper.before("127.0.0.2", "x", now).await;
    assert!(
        matches!(refused, Err(kernel::Error::RateLimited { retry_after_s }) if retry_after_s == 900),
        "{refused:?}"
    );
    assert!(doorkeeper.before("127.0.0.3", "a", now).await.is_ok());

    // Every other route of every instance turns the address away, but not one
    // who has signed in.
    let router = instance(&stack.env(), &stack.cloud.platform);
    let shut = from(&router, &Method::GET, "/open", "127.0.0.2").await;
    assert_eq!(shut.status, 429);
    let wait_s: u64 = shut.header("retry-after").parse().expect("seconds");
    assert!((890..=900).contains(&wait_s), "{wait_s}");
    assert_eq!(
        from(&router, &Method::GET, "/open", "127.0.0.3")
            .await
            .status,
        200
    );
    let mut signed_in = bearer(&stack.exchange(42), &Method::GET, "/mine", "");
    let peer = "127.0.0.2".parse().expect("a header");
    signed_in.headers_mut().insert("x-tradebridge-peer", peer);
    assert_eq!(send(&router, signed_in).await.status, 200);

    let (blocks, _) = doorkeeper.blocked(10, None, now).await.expect("reads");
    assert_eq!(blocks.len(), 1);
    assert_eq!(blocks[0].reason, "failed_sign_ins");
    let now = SystemClock.now();
    assert!(doorkeeper.lift("127.0.0.2", now).await.expect("lifts"));
    assert!(!doorkeeper.lift("127.0.0.2", now).await.expect("lifts"));
    assert!(doorkeeper.before("127.0.0.2", "x", now).await.is_ok());
    let fresh = instance(&stack.env(), &stack.cloud.platform);
    assert_eq!(
        from(&fresh, &Method::GET, "/open", "127.0.0.2")
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn an_address_that_is_shut_out_signs_in_nowhere_and_everywhere_once_it_is_let_in() {
    let stack = Stack::start().await;
    let env = stack.env_with(&[("SIGN_INS_PER_MINUTE", "1000")]);
    let router = instance(&env, &stack.cloud.platform);
    let doorkeeper = Doorkeeper::new(stack.cloud.platform.clone());
    let now = SystemClock.now();
    for account in ["a", "b", "c", "d", "e"] {
        let counted = doorkeeper.failed("127.0.0.2", account, now).await;
        counted.expect("counts");
    }
    for start in SIGN_IN_PATHS {
        let path = format!("{}/x", start.trim_end_matches('/'));
        let shut = from(&router, &Method::POST, &path, "127.0.0.2").await;
        assert_eq!(shut.status, 429, "{path}");
        let wait_s: u64 = shut.header("retry-after").parse().expect("seconds");
        assert!((890..=900).contains(&wait_s), "{path}: {wait_s}");
        let other = from(&router, &Method::POST, &path, "127.0.0.3").await;
        assert_eq!(other.status, 200, "{path}");
    }
    let now = SystemClock.now();
    assert!(doorkeeper.lift("127.0.0.2", now).await.expect("lifts"));
    for start in SIGN_IN_PATHS {
        let path = format!("{}/x", start.trim_end_matches('/'));
        let open = from(&router, &Method::POST, &path, "127.0.0.2").await;
        assert_eq!(open.status, 200, "{path}");
    }
}

#[tokio::test]
async fn a_block_that_cannot_be_read_lets_nobody_sign_in() {
    let stack = Stack::start().await;
    let router = instance(&stack.env(), &stack.cloud.platform);
    let no_block = serde_json::json!({"until": "no time"});
    let item = to_item(&Key::new("BLOCKS", "127.0.0.2"), &no_block).expect("an item");
    stack.cloud.platform.put(item).await.expect("writes");
    let sign_in = from(&router, &Method::POST, LOGIN, "127.0.0.2").await;
    assert_eq!(sign_in.status, StatusCode::INTERNAL_SERVER_ERROR);
    let other = from(&router, &Method::POST, LOGIN, "127.0.0.3").await;
    assert_eq!(other.status, 200);
}

#[tokio::test]
async fn failures_are_forgotten_after_a_quarter_of_an_hour() {
    let stack = Stack::start().await;
    let doorkeeper = Doorkeeper::new(stack.cloud.platform.clone());
    let now = SystemClock.now();
    for _ in 0..4 {
        doorkeeper
            .failed("127.0.0.2", "a", now)
            .await
            .expect("counts");
    }
    let later = now + TimeDelta::seconds(901);
    doorkeeper
        .failed("127.0.0.2", "a", later)
        .await
        .expect("counts");
    assert!(doorkeeper.before("127.0.0.2", "a", later).await.is_ok());
}

#[tokio::test]
async fn an_account_that_is_guessed_at_answers_later_by_two_seconds_at_most() {
    let stack = Stack::start().await;
    let doorkeeper = Doorkeeper::new(stack.cloud.platform.clone());
    let now = SystemClock.now();
    let mut delays = Vec::new();
    for guess in 0..14 {
        let address = format!("198.51.100.{guess}");
        let delay = doorkeeper.before(&address, "a@b.example", now).await;
        delays.push(delay.expect("admits").as_millis());
        doorkeeper
            .failed(&address, "a@b.example", now)
            .await
            .expect("counts");
    }
    assert_eq!(delays[..5], [0, 0, 0, 250, 500]);
    assert_eq!(delays[10..], [2_000; 4]);
    let other = doorkeeper.before("198.51.100.1", "c@d.example", now).await;
    assert_eq!(other.expect("admits").as_millis(), 0);
}

#[tokio::test]
async fn bait_counts_but_one_visit_never_shuts_out_and_a_known_caller_is_exempt() {
    let stack = Stack::start().await;
    let router = instance(&stack.env(), &stack.cloud.platform);
    let doorkeeper = Doorkeeper::new(stack.cloud.platform.clone());
    for path in ["/wp-login.php", "/.env"] {
        let answer = from(&router, &Method::GET, path, "127.0.0.4").await;
        assert_eq!(answer.status, 404, "{path}");
        let open = doorkeeper.before("127.0.0.4", "x", SystemClock.now()).await;
        assert!(open.is_ok(), "{path}");
    }
    for _ in 0..4 {
        let mut known = bearer(&stack.exchange(42), &Method::GET, "/admin.php", "");
        let peer = "127.0.0.5".parse().expect("a header");
        known.headers_mut().insert("x-tradebridge-peer", peer);
        assert_eq!(send(&router, known).await.status, 404);
    }
    let now = SystemClock.now();
    assert!(doorkeeper.before("127.0.0.5", "x", now).await.is_ok());
    let third = from(&router, &Method::GET, "/.git/config", "127.0.0.4").await;
    assert_eq!(third.status, 404);
    assert!(doorkeeper.before("127.0.0.4", "x", now).await.is_err());
}

#[tokio::test]
async fn an_ended_session_is_refused_everywhere_within_five_seconds() {
    let stack = Stack::start().await;
    let table = &stack.cloud.platform;
    let router = instance(&stack.env(), table);
    let claims = stack.claims(&stack.shop, 42);
    let token = stack.sign_token(&claims);
    let call = || bearer(&token, &Method::GET, "/mine", "");
    assert_eq!(send(&router, call()).await.status, 200);
    let mut transaction = Transaction::new();
    let subject = Subject::Session(claims.sid.clone());
    restrict(&mut transaction, table, subject, SystemClock.now()).expect("an entry");
    transaction.commit().await.expect("writes");
    tokio::time::sleep(std::time::Duration::from_millis(4_100)).await;
    assert_eq!(send(&router, call()).await.status, 401);
    // Another session of the same person goes on, and an instance that has
    // just started knows too.
    assert_eq!(send(&router, stack.get_as(42, "/mine")).await.status, 200);
    let fresh = instance(&stack.env(), table);
    assert_eq!(send(&fresh, call()).await.status, 401);
}

#[tokio::test]
async fn a_persons_older_tokens_are_refused_in_the_tenant_that_is_named_or_in_all() {
    let stack = Stack::start().await;
    let table = &stack.cloud.platform;
    let now = SystemClock.now();
    let aged = |shop: &testkit::shop::Shop, person: u64, age_s: i64| {
        let mut claims = stack.claims(shop, person);
        claims.iat -= age_s;
        stack.sign_token(&claims)
    };
    let old = [
        aged(&stack.shop, 1, 5),
        aged(&stack.other_shop, 1, 5),
        aged(&stack.shop, 2, 5),
    ];
    let mut transaction = Transaction::new();
    let member = Subject::Member {
        org: "demo".to_owned(),
        sub: "wp:demo:1".to_owned(),
    };
    let person = Subject::Person("wp:demo:2".to_owned());
    let cause = now - TimeDelta::seconds(3);
    restrict(&mut transaction, table, member, cause).expect("an entry");
    restrict(&mut transaction, table, person, cause).expect("an entry");
    transaction.commit().await.expect("writes");
    let router = instance(&stack.env(), table);
    let ask = async |token: &str| {
        let call = bearer(token, &Method::GET, "/mine", "");
        send(&router, call).await.status.as_u16()
    };
    let mut statuses = Vec::new();
    for token in &old {
        statuses.push(ask(token).await);
    }
    assert_eq!(statuses, [401, 200, 401]);
    for person in [1, 2] {
        assert_eq!(ask(&aged(&stack.shop, person, 0)).await, 200);
    }
}

#[tokio::test]
async fn without_its_store_nobody_signs_in_and_the_rest_is_served() {
    let stack = Stack::start().await;
    let nowhere = platform::dynamo::Table::new(stack.cloud.platform.client().clone(), "no-table");
    let router = instance(&stack.env(), &nowhere);
    let sign_in = from(&router, &Method::POST, LOGIN, "127.0.0.2").await;
    assert_eq!(sign_in.status, StatusCode::INTERNAL_SERVER_ERROR);
    let open = from(&router, &Method::GET, "/open", "127.0.0.2").await;
    assert_eq!(open.status, 200);
}

#[tokio::test]
async fn a_scanner_that_says_so_is_not_served() {
    let stack = Stack::start().await;
    let router = instance(&stack.env(), &stack.cloud.platform);
    let agents = [
        ("sqlmap/1.8.2#stable (https://sqlmap.org)", 403),
        ("Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101", 200),
    ];
    for (agent, status) in agents {
        let mut call = request(&Method::GET, "/open", "");
        let value = agent.parse().expect("a header");
        call.headers_mut().insert("user-agent", value);
        assert_eq!(send(&router, call).await.status.as_u16(), status, "{agent}");
    }
}

#[tokio::test]
async fn one_callers_whole_ipv6_network_is_one_address() {
    let stack = Stack::start().await;
    let env = stack.env_with(&[("SIGN_INS_PER_MINUTE", "1")]);
    let router = instance(&env, &stack.cloud.platform);
    let mut statuses = Vec::new();
    for host in 1..=4 {
        let address = format!("2001:db8:1:2::{host}");
        let answer = from(&router, &Method::POST, LOGIN, &address).await;
        statuses.push(answer.status.as_u16());
    }
    assert!(statuses.contains(&429), "{statuses:?}");
    let other = from(&router, &Method::POST, LOGIN, "2001:db8:1:3::1").await;
    assert_eq!(other.status, 200);
}

#[tokio::test]
async fn a_route_for_everybody_serves_a_client_with_an_old_token_and_counts_its_address() {
    let stack = Stack::start().await;
    let env = stack.env_with(&[("REQUESTS_PER_MINUTE", "3")]);
    let router = instance(&env, &stack.cloud.platform);
    let mut statuses = Vec::new();
    for _ in 0..7 {
        let call = bearer("not.a.token", &Method::GET, "/open", "");
        statuses.push(send(&router, call).await.status.as_u16());
    }
    assert_eq!(statuses[0], 200);
    assert!(statuses.contains(&429), "{statuses:?}");
    let fresh = instance(&stack.env(), &stack.cloud.platform);
    let call = bearer("not.a.token", &Method::GET, "/mine", "");
    assert_eq!(send(&fresh, call).await.status, 401);
}

#[tokio::test]
async fn a_path_of_a_higher_tier_asks_for_it() {
    use kernel::access::Tier;
    let stack = Stack::start().await;
    let router = instance(&stack.env(), &stack.cloud.platform);
    let path = "/api/v1/ai/chat";
    let nobody = from(&router, &Method::GET, path, "127.0.0.9").await;
    assert_eq!(nobody.status, 401);
    let tiers = [
        (Tier::Free, 403),
        (Tier::Pro, 200),
        (Tier::Premium, 200),
        (Tier::Vip, 200),
    ];
    for (tier, status) in tiers {
        let mut claims = stack.claims(&stack.shop, 42);
        claims.tier = tier;
        let call = bearer(&stack.sign_token(&claims), &Method::GET, path, "");
        let answer = send(&router, call).await;
        assert_eq!(answer.status.as_u16(), status, "{tier:?}");
    }
}
