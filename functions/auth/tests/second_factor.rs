//! The second factor: setting it up, using it once, and taking it away.

use chrono::TimeDelta;
use fn_auth::App;
use futures::future::join_all;
use http::Method;
use identity::app::second_factor::SecondFactors;
use identity::domain::totp::TotpSecret;
use identity::model::Person;
use identity::store::Store;
use kernel::Error;
use kernel::id::{SessionId, UserId};
use kernel::time::{Clock, Timestamp};
use platform::clock::SystemClock;
use platform::config::Env;
use platform::dynamo::Transaction;
use platform::tokens::Claims;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use testkit::http::{bearer, request, send};
use testkit::{Answer, Stack};

const PASSWORD: &str = "correct horse battery";
const SETUP: &str = "/api/v1/auth/2fa/setup";
const VERIFY: &str = "/api/v1/auth/2fa/verify";
const DISABLE: &str = "/api/v1/auth/2fa/disable";
const RENEW: &str = "/api/auth/mfa/backup-codes";

/// The function, and somebody who is signed in.
struct World {
    stack: Stack,
    router: axum::Router,
    people: Store,
    second_factors: SecondFactors,
    user: UserId,
    token: String,
}

impl World {
    async fn new() -> Self {
        let stack = Stack::start().await;
        let env = stack.env();
        let router = fn_auth::router(App::new(&env, stack.aws()).expect("starts"));
        let people = Store::new(stack.cloud.identity.clone(), stack.cloud.platform.clone());
        let user = UserId::generate(now());
        put_person(&people, &env, &user, "ada@x.example").await;
        Self {
            token: token(&stack, &user),
            second_factors: SecondFactors {
                store: people.clone(),
                vault: stack.vault.clone(),
            },
            stack,
            router,
            people,
            user,
        }
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        let call = bearer(&self.token, &Method::POST, path, body.to_string());
        send(&self.router, call).await
    }

    async fn set_up(&self) -> TotpSecret {
        let answer = self.post(SETUP, &json!({"password": PASSWORD})).await;
        secret_of(&answer.expect(200))
    }

    /// Sets it up and turns it on. Answers the app's secret and the backup
    /// codes.
    async fn turn_on(&self) -> (TotpSecret, Vec<String>) {
        let secret = self.set_up().await;
        let answer = self
            .post(VERIFY, &json!({"code": code(&secret, now())}))
            .await;
        let codes = codes_of(&answer.expect(200)["backup_codes"]);
        (secret, codes)
    }

    async fn is_good(&self, code: &str, at: Timestamp) -> bool {
        let checked = self.second_factors.check(&self.user, code, at).await;
        checked.expect("checks")
    }

    async fn person(&self) -> Person {
        let person = self.people.person(&self.user).await;
        person.expect("reads").expect("a person")
    }
}

async fn put_person(people: &Store, env: &Env, user: &UserId, email: &str) {
    let parameters = identity::settings::password_parameters(env).expect("parameters");
    let person = Person {
        id: user.clone(),
        ..Person::new(
            email,
            parameters.hash(&PASSWORD.into()).expect("hashes"),
            now(),
        )
    };
    let mut transaction = Transaction::new();
    people
        .put_person(&mut transaction, &person)
        .expect("an item");
    transaction.commit().await.expect("writes");
}

/// A token as sign-in gives it.
fn token(stack: &Stack, user: &UserId) -> String {
    stack.sign_token(&Claims {
        sub: user.to_string(),
        org: user.to_string(),
        role: "owner".to_owned(),
        scope: "user".to_owned(),
        sid: SessionId::generate(now()).to_string(),
        ..stack.claims(&stack.shop, 1)
    })
}

fn secret_of(answer: &Value) -> TotpSecret {
    let text = answer["secret"].as_str().expect("a secret");
    TotpSecret::parse(&text.into()).expect("base32")
}

fn codes_of(list: &Value) -> Vec<String> {
    let codes = list.as_array().expect("a list").iter();
    codes
        .map(|code| code.as_str().expect("text").to_owned())
        .collect()
}

fn code(secret: &TotpSecret, at: Timestamp) -> String {
    secret
        .code_at(at)
        .expect("a code")
        .expose_secret()
        .to_owned()
}

/// A code that is none of those that count now.
fn wrong_code(secret: &TotpSecret) -> String {
    let good: Vec<String> = (-2..=2)
        .map(|steps| code(secret, now() + TimeDelta::seconds(30 * steps)))
        .collect();
    let mut guesses = (0..10).map(|guess| format!("{guess:06}"));
    guesses
        .find(|guess| !good.contains(guess))
        .expect("one of ten is wrong")
}

fn now() -> Timestamp {
    SystemClock.now()
}

/// The moment of the next code: it counts already.
fn soon() -> Timestamp {
    now() + TimeDelta::seconds(30)
}

#[tokio::test]
async fn setting_up_gives_what_an_app_needs_and_asks_for_nothing_yet() {
    let world = World::new().await;
    let answer = world.post(SETUP, &json!({"password": PASSWORD})).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let body = answer.expect(200);
    let secret = body["secret"].as_str().expect("a secret");
    assert_eq!(secret.len(), 32);
    assert_eq!(
        body["otpauth_uri"],
        format!("otpauth://totp/Tradebridge:ada%40x.example?secret={secret}&issuer=Tradebridge")
    );
    let svg = body["qr_svg"].as_str().expect("text");
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>"));
    assert!(!world.person().await.has_totp);
    assert!(!world.is_good(&code(&secret_of(&body), now()), now()).await);
    let kept = world.stack.cloud.dump(&world.stack.cloud.identity).await;
    assert!(kept.contains("TOTP") && !kept.contains(secret));
}

#[tokio::test]
async fn a_code_turns_it_on_and_gives_ten_backup_codes() {
    let world = World::new().await;
    let secret = world.set_up().await;
    let body = json!({"code": code(&secret, now())});
    let answer = world.post(VERIFY, &body).await.expect(200);
    let codes = codes_of(&answer["backup_codes"]);
    assert_eq!(codes.len(), 10);
    assert!(world.person().await.has_totp);
    let kept = world.stack.cloud.dump(&world.stack.cloud.identity).await;
    for code in &codes {
        assert!(!kept.contains(code) && !kept.contains(&code.replace('-', "")));
    }
    // Its own code is used up by turning it on; the next is good once.
    assert!(
        !world
            .is_good(body["code"].as_str().expect("text"), now())
            .await
    );
    let next = code(&secret, soon());
    assert!(world.is_good(&next, now()).await);
    assert!(!world.is_good(&next, now()).await);
    // It is on, so neither is done again.
    let again = world
        .post(VERIFY, &json!({"code": code(&secret, soon())}))
        .await;
    assert_eq!(again.status, 409);
    let again = world.post(SETUP, &json!({"password": PASSWORD})).await;
    assert_eq!(again.status, 409);
}

#[tokio::test]
async fn without_the_right_proof_nothing_changes() {
    let world = World::new().await;
    let unset = world.post(VERIFY, &json!({"code": "123456"})).await;
    assert_eq!(unset.status, 409);
    let wrong = world.post(SETUP, &json!({"password": "wrong"})).await;
    assert_eq!(wrong.status, 403);
    let missing = world.post(SETUP, &json!({})).await.expect(400);
    assert_eq!(missing["details"][0]["field"], "password");
    let secret = world.set_up().await;
    for (body, status) in [
        (json!({"code": wrong_code(&secret)}), 403),
        (json!({"code": "k3xq-07mz-9wd2"}), 403),
        (json!({"code": ""}), 400),
        (json!({"code": 123_456}), 400),
        (json!({}), 400),
    ] {
        let answer = world.post(VERIFY, &body).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
    }
    assert!(!world.person().await.has_totp);
}

#[tokio::test]
async fn turning_it_off_needs_password_and_code() {
    let world = World::new().await;
    let off = |password: &str, code: &str| json!({"password": password, "code": code});
    let not_on = world.post(DISABLE, &off(PASSWORD, "123456")).await;
    assert_eq!(not_on.status, 409);
    let (secret, codes) = world.turn_on().await;
    let next = code(&secret, soon());
    for (body, status) in [
        (json!({"password": PASSWORD}), 400),
        (json!({"code": next}), 400),
        (off(PASSWORD, &wrong_code(&secret)), 403),
        // Who does not know the password uses no code up.
        (off("wrong", &next), 403),
    ] {
        let answer = world.post(DISABLE, &body).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
        assert!(world.person().await.has_totp);
    }
    let done = world.post(DISABLE, &off(PASSWORD, &next)).await;
    assert_eq!((done.status.as_u16(), done.text()), (204, String::new()));
    assert!(!world.person().await.has_totp);
    assert!(!world.is_good(&codes[0], now()).await);
    // It can be set up anew, with another secret and other codes.
    let (_, fresh) = world.turn_on().await;
    assert!(!world.is_good(&codes[0], now()).await);
    assert!(world.is_good(&fresh[0], now()).await);
}

#[tokio::test]
async fn a_new_set_of_backup_codes_voids_the_old_one() {
    let world = World::new().await;
    let off = world.post(RENEW, &json!({"password": PASSWORD})).await;
    assert_eq!(off.status, 409);
    let (secret, first) = world.turn_on().await;
    assert_eq!(world.post(RENEW, &json!({})).await.status, 400);
    let wrong = world.post(RENEW, &json!({"password": "wrong"})).await;
    assert_eq!(wrong.status, 403);
    let wrong = world
        .post(RENEW, &json!({"code": wrong_code(&secret)}))
        .await;
    assert_eq!(wrong.status, 403);

    let body = json!({"code": code(&secret, soon())});
    let answer = world.post(RENEW, &body).await.expect(200);
    assert_eq!(answer["success"], true);
    let second = codes_of(&answer["data"]["backup_codes"]);
    assert_eq!(second.len(), 10);
    assert_eq!(world.post(RENEW, &body).await.status, 403, "the code again");
    // A backup code is a code too, and so is the password.
    let by_backup = world
        .post(RENEW, &json!({"code": second[0]}))
        .await
        .expect(200);
    let third = codes_of(&by_backup["data"]["backup_codes"]);
    let by_password = world.post(RENEW, &json!({"password": PASSWORD})).await;
    let fourth = codes_of(&by_password.expect(200)["data"]["backup_codes"]);
    for void in [&first[1], &second[1], &third[1]] {
        assert!(!world.is_good(void, now()).await);
    }
    assert!(world.is_good(&fourth[1], now()).await);
}

#[tokio::test]
async fn only_who_is_signed_in_has_a_second_factor() {
    let world = World::new().await;
    let other = world.stack.exchange(42);
    for path in [SETUP, VERIFY, DISABLE, RENEW] {
        let body = json!({"password": PASSWORD, "code": "123456"}).to_string();
        let anonymous = request(&Method::POST, path, body.clone());
        assert_eq!(send(&world.router, anonymous).await.status, 401, "{path}");
        let trader = bearer(&other, &Method::POST, path, body);
        assert_eq!(send(&world.router, trader).await.status, 403, "{path}");
    }
}

#[tokio::test]
async fn with_a_token_alone_nobody_guesses() {
    let world = World::new().await;
    for _ in 0..20 {
        let wrong = world.post(SETUP, &json!({"password": "guess"})).await;
        assert_eq!(wrong.status, 403);
    }
    let answer = world.post(SETUP, &json!({"password": PASSWORD})).await;
    assert_eq!(answer.status, 429);
    let wait_s: u64 = answer.header("retry-after").parse().expect("seconds");
    assert!((1..=900).contains(&wait_s), "{wait_s}");
}

#[tokio::test]
async fn of_parallel_uses_of_a_code_one_succeeds() {
    let world = World::new().await;
    let (secret, codes) = world.turn_on().await;
    let next = code(&secret, soon());
    for code in [&next, &codes[0]] {
        let uses = join_all((0..10).map(|_| world.is_good(code, now()))).await;
        let good = uses.iter().filter(|is_good| **is_good).count();
        assert_eq!(good, 1, "{uses:?}");
    }
    // Codes that differ do not stand in each other's way.
    let uses = join_all(codes[1..4].iter().map(|code| world.is_good(code, now()))).await;
    assert_eq!(uses, [true; 3]);
    let left = world.people.backup_codes(&world.user).await.expect("reads");
    assert_eq!(left.map(|left| left.hashes.len()), Some(6));
}

#[tokio::test]
async fn no_code_up_to_the_newest_that_was_used_is_good_again() {
    let world = World::new().await;
    let (secret, codes) = world.turn_on().await;
    let later = now() + TimeDelta::minutes(10);
    let step = |steps: i32| later + TimeDelta::seconds(30) * steps;
    assert!(!world.is_good(&code(&secret, step(2)), later).await);
    assert!(world.is_good(&code(&secret, step(1)), later).await);
    assert!(!world.is_good(&code(&secret, step(0)), later).await);
    assert!(!world.is_good(&code(&secret, step(1)), step(2)).await);
    let spaced = code(&secret, step(2));
    let spaced = format!(" {} {} ", &spaced[..3], &spaced[3..]);
    assert!(world.is_good(&spaced, step(2)).await);
    // Backup codes are good once each, as people type them.
    assert!(
        world
            .is_good(&codes[0].to_uppercase().replace('-', " "), later)
            .await
    );
    assert!(!world.is_good(&codes[0], later).await);
    for nonsense in [
        "",
        "0000000",
        &"1".repeat(10_000),
        "\u{0661}\u{0662}\u{0663}",
    ] {
        assert!(!world.is_good(nonsense, later).await);
    }
}

#[tokio::test]
async fn a_secret_that_is_moved_to_another_person_does_not_open() {
    let world = World::new().await;
    let (secret, _) = world.turn_on().await;
    let eve = UserId::generate(now());
    put_person(&world.people, &world.stack.env(), &eve, "eve@x.example").await;
    let stolen = world
        .people
        .authenticator(&world.user)
        .await
        .expect("reads");
    let mut transaction = Transaction::new();
    world
        .people
        .change_authenticator(&mut transaction, &eve, None, &stolen.expect("one"))
        .expect("an item");
    transaction.commit().await.expect("writes");
    let next = code(&secret, soon());
    let checked = world.second_factors.check(&eve, &next, now()).await;
    assert!(matches!(checked, Err(Error::Internal(_))), "{checked:?}");
}

#[tokio::test]
async fn a_reset_takes_it_away_ends_running_tokens_and_tells() {
    let world = World::new().await;
    let reset = || world.second_factors.reset(&world.user, "req_1", now());
    assert!(!reset().await.expect("nothing to do"));
    let (_, codes) = world.turn_on().await;
    assert!(reset().await.expect("resets"));
    assert!(!world.person().await.has_totp);
    assert!(!world.is_good(&codes[0], now()).await);
    let cloud = &world.stack.cloud;
    let outbox = cloud.dump(&cloud.identity).await;
    assert!(outbox.contains("second_factor_reset"), "{outbox}");
    // An instance that has not read the list yet refuses the token at once.
    let app = App::new(&world.stack.env(), world.stack.aws()).expect("starts");
    let fresh = fn_auth::router(app);
    let body = json!({"password": PASSWORD}).to_string();
    let call = bearer(&world.token, &Method::POST, SETUP, body);
    assert_eq!(send(&fresh, call).await.status, 401);
    assert!(!reset().await.expect("nothing left to do"));
}

#[tokio::test]
async fn what_was_done_is_on_the_record() {
    let world = World::new().await;
    let (secret, _) = world.turn_on().await;
    let off = json!({"password": PASSWORD, "code": code(&secret, soon())});
    assert_eq!(world.post(DISABLE, &off).await.status, 204);
    let record = world.stack.cloud.dump(&world.stack.cloud.audit).await;
    for action in ["set_up", "turned_on", "turned_off"] {
        assert!(
            record.contains(&format!("second_factor.{action}")),
            "{record}"
        );
    }
    let secret: SecretString = secret.base32();
    assert!(!record.contains(secret.expose_secret()));
}
