//! Passkeys through the router, with an authenticator in software.

mod case;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use fn_auth::App;
use http::Method;
use identity::model::PersonStatus;
use kernel::id::UserId;
use kernel::time::Clock;
use serde_json::{Value, json};
use testkit::authenticator::{Algorithm, Authenticator, Refused};
use testkit::http::{bearer, request, send};

use case::{Case, ORIGIN, PASSKEYS, Signed, assert_field, assert_refused, from};

const RP_ID: &str = "app.tradebridge.example";

#[tokio::test]
async fn a_person_adds_a_passkey_signs_in_with_it_and_takes_it_away() {
    let case = Case::start().await;
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa] {
        let name = format!("ada-{algorithm:?}").to_lowercase();
        let ada = case.person(&name).await;
        let mut authenticator = Authenticator::new(ORIGIN, algorithm);
        let options = case.start_registration(&ada).await;
        assert_eq!(options["rp"]["id"], RP_ID);
        assert_eq!(options["user"]["name"], ada.person.email);
        assert_eq!(options["user"]["displayName"], name);
        assert_eq!(options["timeout"], 300_000);
        let mut answer = authenticator.create(&options).expect("creates");
        answer["name"] = " Ada's phone ".into();
        let passkey = case.finish_registration(&ada, &answer).await.expect(201);
        assert_eq!(passkey["id"], answer["id"]);
        assert_eq!(passkey["name"], "Ada's phone");
        assert_eq!(passkey["backup"], "device_bound");
        assert_eq!(passkey["transports"], json!(["hybrid", "internal"]));
        assert_eq!(passkey["last_used_at"], Value::Null);
        let known = case.store.person(&ada.person.id).await.expect("reads");
        assert_eq!(known.expect("a person").passkey_count, 1);

        let signed = case.sign_in(1, &mut authenticator).await;
        assert!(signed.header("set-cookie").starts_with("tb_refresh="));
        let signed = signed.expect(200);
        let token = signed["access_token"].as_str().expect("a token").to_owned();
        let person = ada.person.clone();
        let ada = Signed { person, token };
        let listed = case.passkeys(&ada).await;
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0]["id"], passkey["id"]);
        assert_ne!(listed[0]["last_used_at"], Value::Null);

        let path = format!("/{}", passkey["id"].as_str().expect("an id"));
        let gone = case.call(&ada, Method::DELETE, &path, &Value::Null).await;
        assert_eq!(gone.status, 204);
        assert_eq!(case.passkeys(&ada).await.len(), 0);
        let again = case.call(&ada, Method::DELETE, &path, &Value::Null).await;
        assert_eq!(again.status, 404);
        assert_refused(&case.sign_in(2, &mut authenticator).await, "taken away");
    }
}

#[tokio::test]
async fn whoever_asks_to_sign_in_is_asked_the_same() {
    let case = Case::start().await;
    let ada = case.person("ada").await;
    case.registered(&ada).await;
    let path = format!("{PASSKEYS}/login/start");
    let mut seen = Vec::new();
    let mut challenges = Vec::new();
    for body in [
        json!({}),
        json!({"email": "ada@example.org"}),
        json!({"email": "nobody@example.org"}),
    ] {
        let mut options = send(&case.router, from(1, &path, &body)).await.expect(200);
        challenges.push(options["challenge"].take());
        seen.push(options);
    }
    assert_eq!(seen[0]["allowCredentials"], json!([]));
    assert_eq!(seen[0]["rpId"], RP_ID);
    assert_eq!(seen[0]["userVerification"], "required");
    assert!(seen.iter().all(|options| *options == seen[0]));
    assert!(challenges[0] != challenges[1] && challenges[1] != challenges[2]);
}

#[tokio::test]
async fn a_sign_in_from_a_wrong_page_party_or_finger_is_refused() {
    let case = Case::start().await;
    let ada = case.person("ada").await;
    let (authenticator, _) = case.registered(&ada).await;

    let mut wrong_page = authenticator.clone();
    wrong_page.origin = "https://app.tradebridge.example.evil".to_owned();
    let mut wrong_party = authenticator.clone();
    wrong_party.rp_id = Some("evil.example".to_owned());
    let mut no_finger = authenticator.clone();
    no_finger.verifies_user = false;
    for (host, why, mut wrong) in [
        (1, "page", wrong_page),
        (2, "party", wrong_party),
        (3, "finger", no_finger),
    ] {
        assert_refused(&case.sign_in(host, &mut wrong).await, why);
    }
    let mut right = authenticator;
    assert_eq!(case.sign_in(4, &mut right).await.status, 200);
}

#[tokio::test]
async fn a_tampered_sign_in_is_refused() {
    let case = Case::start().await;
    let ada = case.person("ada").await;
    let (mut authenticator, _) = case.registered(&ada).await;
    for (host, part) in [(1, "signature"), (2, "authenticatorData")] {
        let options = case.start_sign_in().await;
        let mut answer = authenticator.get(&options).expect("signs");
        let text = answer["response"][part].as_str().expect("a text");
        let mut bytes = URL_SAFE_NO_PAD.decode(text).expect("base64url");
        // The counter's last bit, or one of the signature's last.
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        answer["response"][part] = URL_SAFE_NO_PAD.encode(bytes).into();
        assert_refused(&case.finish_sign_in(host, &answer).await, part);
    }
}

#[tokio::test]
async fn nobody_signs_in_with_anothers_passkey() {
    let case = Case::start().await;
    let (ada, bob) = (case.person("ada").await, case.person("bob").await);
    let (adas, _) = case.registered(&ada).await;
    let (bobs, _) = case.registered(&bob).await;
    let mut as_ada = bobs.clone();
    as_ada.passkeys[0].user = ada.person.id.as_str().as_bytes().to_vec();
    let mut with_hers = as_ada.clone();
    with_hers.passkeys[0].id = adas.passkeys[0].id.clone();
    let mut as_nobody = bobs.clone();
    as_nobody.passkeys[0].user = b"somebody".to_vec();
    let unknown = UserId::generate(case.clock.now());
    let mut as_unknown = bobs.clone();
    as_unknown.passkeys[0].user = unknown.as_str().as_bytes().to_vec();
    for (host, why, mut wrong) in [
        (1, "his passkey as hers", as_ada),
        (2, "his key with her passkey's id", with_hers),
        (3, "as somebody who is not there", as_unknown),
    ] {
        assert_refused(&case.sign_in(host, &mut wrong).await, why);
    }
    let answer = case.sign_in(4, &mut as_nobody).await;
    assert_field(answer, "response");
}

#[tokio::test]
async fn a_ceremony_is_good_once() {
    let case = Case::start().await;
    let ada = case.person("ada").await;
    let mut authenticator = Authenticator::new(ORIGIN, Algorithm::Es256);
    let options = case.start_registration(&ada).await;
    let answer = authenticator.create(&options).expect("creates");
    assert_eq!(case.finish_registration(&ada, &answer).await.status, 201);
    let again = case.finish_registration(&ada, &answer).await;
    assert_field(again, "response.clientDataJSON");
    // Not even for another answer.
    let another = authenticator.create(&options).expect("creates");
    let again = case.finish_registration(&ada, &another).await;
    assert_field(again, "response.clientDataJSON");
    assert_eq!(case.passkeys(&ada).await.len(), 1);

    let options = case.start_sign_in().await;
    let answer = authenticator.get(&options);
    // The newest passkey was never kept.
    assert_refused(
        &case.finish_sign_in(1, &answer.expect("signs")).await,
        "new",
    );
    authenticator.passkeys.pop();
    let options = case.start_sign_in().await;
    let answer = authenticator.get(&options).expect("signs");
    assert_eq!(case.finish_sign_in(2, &answer).await.status, 200);
    assert_refused(&case.finish_sign_in(3, &answer).await, "the same again");
    let fresh = authenticator.get(&options).expect("signs");
    assert_refused(&case.finish_sign_in(4, &fresh).await, "its ceremony again");
}

#[tokio::test]
async fn a_refused_answer_uses_its_ceremony_up() {
    let case = Case::start().await;
    let ada = case.person("ada").await;
    let (mut authenticator, _) = case.registered(&ada).await;
    let options = case.start_sign_in().await;
    let mut wrong = authenticator.clone();
    wrong.verifies_user = false;
    let answer = wrong.get(&options).expect("signs");
    assert_refused(&case.finish_sign_in(1, &answer).await, "no finger");
    let answer = authenticator.get(&options).expect("signs");
    assert_refused(&case.finish_sign_in(2, &answer).await, "used up");
}

#[tokio::test]
async fn a_ceremony_is_over_after_five_minutes() {
    let case = Case::start().await;
    let ada = case.person("ada").await;
    let (mut authenticator, _) = case.registered(&ada).await;
    let creation = case.start_registration(&ada).await;
    let request = case.start_sign_in().await;
    case.clock.advance(TimeDelta::minutes(5));
    let answer = authenticator.get(&request).expect("signs");
    assert_refused(&case.finish_sign_in(1, &answer).await, "late");
    let answer = Authenticator::new(ORIGIN, Algorithm::Es256).create(&creation);
    let late = case
        .finish_registration(&ada, &answer.expect("creates"))
        .await;
    assert_field(late, "response.clientDataJSON");
    assert_eq!(case.sign_in(2, &mut authenticator).await.status, 200);
}

#[tokio::test]
async fn a_registration_is_its_starters_own() {
    let case = Case::start().await;
    let (ada, bob) = (case.person("ada").await, case.person("bob").await);
    let options = case.start_registration(&ada).await;
    let answer = Authenticator::new(ORIGIN, Algorithm::Es256).create(&options);
    let stolen = case
        .finish_registration(&bob, &answer.expect("creates"))
        .await;
    assert_field(stolen, "response.clientDataJSON");
    assert_eq!(case.passkeys(&bob).await.len(), 0);
}

#[tokio::test]
async fn a_registration_from_a_wrong_page_party_or_finger_is_refused() {
    let case = Case::start().await;
    let ada = case.person("ada").await;
    let right = Authenticator::new(ORIGIN, Algorithm::Es256);
    let mut wrong_page = right.clone();
    wrong_page.origin = "https://evil.example".to_owned();
    let mut wrong_party = right.clone();
    wrong_party.rp_id = Some("evil.example".to_owned());
    let mut no_finger = right.clone();
    no_finger.verifies_user = false;
    for (field, mut wrong) in [
        ("response.clientDataJSON", wrong_page),
        ("response.attestationObject", wrong_party),
        ("response.attestationObject", no_finger),
    ] {
        let options = case.start_registration(&ada).await;
        let answer = wrong.create(&options).expect("creates");
        assert_field(case.finish_registration(&ada, &answer).await, field);
    }
    assert_eq!(case.passkeys(&ada).await.len(), 0);
}

#[tokio::test]
async fn a_passkey_is_one_persons_and_is_not_made_twice() {
    let case = Case::start().await;
    let (ada, bob) = (case.person("ada").await, case.person("bob").await);
    let (mut authenticator, id) = case.registered(&ada).await;
    let options = case.start_registration(&ada).await;
    assert_eq!(options["excludeCredentials"][0]["id"], id);
    assert_eq!(authenticator.create(&options), Err(Refused::Excluded));

    // Bob's authenticator makes a passkey with the id of Ada's.
    let options = case.start_registration(&bob).await;
    let mut bobs = Authenticator::new(ORIGIN, Algorithm::Es256);
    let answer = bobs.create_with_id(&options, &authenticator.passkeys[0].id);
    let taken = case
        .finish_registration(&bob, &answer.expect("creates"))
        .await;
    assert_eq!(taken.status, 409);
    assert_eq!(case.passkeys(&bob).await.len(), 0);
    let known = case.store.person(&bob.person.id).await.expect("reads");
    assert_eq!(known.expect("a person").passkey_count, 0);
    assert_eq!(case.sign_in(1, &mut authenticator).await.status, 200);

    let path = format!("/{id}");
    let others = case.call(&bob, Method::DELETE, &path, &Value::Null).await;
    assert_eq!(others.status, 404);
    assert_eq!(case.passkeys(&ada).await.len(), 1);
}

#[tokio::test]
async fn a_person_has_twenty_passkeys_at_most() {
    let case = Case::start().await;
    let ada = case.person("ada").await;
    let mut late = Authenticator::new(ORIGIN, Algorithm::Es256);
    let late_options = case.start_registration(&ada).await;
    case.change(&ada, |person| person.passkey_count = 19).await;
    case.registered(&ada).await;
    let start = case
        .call(&ada, Method::POST, "/register/start", &json!({}))
        .await;
    assert_eq!(start.status, 409);
    let answer = late.create(&late_options).expect("creates");
    assert_eq!(case.finish_registration(&ada, &answer).await.status, 409);
    assert_eq!(case.passkeys(&ada).await.len(), 1);
}

#[tokio::test]
async fn a_counter_that_goes_back_is_refused_and_told() {
    let case = Case::start().await;
    let ada = case.person("ada").await;
    let (mut authenticator, id) = case.registered(&ada).await;
    let mut copy = authenticator.clone();
    assert_eq!(case.sign_in(1, &mut authenticator).await.status, 200);
    assert_refused(&case.sign_in(2, &mut copy).await, "a copy");
    let told = case.stack.cloud.dump(&case.stack.cloud.audit).await;
    assert!(told.contains("passkey.copied"), "{told}");
    assert!(told.contains(&id), "{told}");
    // The first goes on: it is for its person to find out which is theirs.
    assert_eq!(case.sign_in(3, &mut authenticator).await.status, 200);
}

#[tokio::test]
async fn a_synchronized_passkey_does_not_count() {
    let case = Case::start().await;
    let ada = case.person("ada").await;
    let mut authenticator = Authenticator::new(ORIGIN, Algorithm::Es256);
    authenticator.counts = false;
    authenticator.is_synced = true;
    let options = case.start_registration(&ada).await;
    let answer = authenticator.create(&options).expect("creates");
    let passkey = case.finish_registration(&ada, &answer).await.expect(201);
    assert_eq!(passkey["backup"], "synced");
    assert_eq!(passkey["name"], "Passkey");
    for host in 1..=2 {
        assert_eq!(case.sign_in(host, &mut authenticator).await.status, 200);
    }
}

#[tokio::test]
async fn a_blocked_person_does_not_sign_in() {
    let case = Case::start().await;
    let ada = case.person("ada").await;
    let (mut authenticator, _) = case.registered(&ada).await;
    case.change(&ada, |person| person.status = PersonStatus::Blocked)
        .await;
    assert_refused(&case.sign_in(1, &mut authenticator).await, "blocked");
    case.change(&ada, |person| person.status = PersonStatus::Active)
        .await;
    assert_eq!(case.sign_in(2, &mut authenticator).await.status, 200);
}

#[tokio::test]
async fn a_passkey_is_both_factors() {
    let case = Case::start().await;
    let ada = case.person("ada").await;
    let (mut authenticator, _) = case.registered(&ada).await;
    case.change(&ada, |person| person.has_totp = true).await;
    assert_eq!(case.sign_in(1, &mut authenticator).await.status, 200);
}

#[tokio::test]
async fn five_refused_sign_ins_shut_the_address_out() {
    let case = Case::start().await;
    let ada = case.person("ada").await;
    let (mut authenticator, _) = case.registered(&ada).await;
    let mut wrong = authenticator.clone();
    wrong.origin = "https://evil.example".to_owned();
    for _ in 0..5 {
        assert_refused(&case.sign_in(7, &mut wrong).await, "a wrong page");
    }
    let shut_out = case.sign_in(7, &mut authenticator).await;
    assert_eq!(shut_out.status, 429);
    assert_ne!(shut_out.header("retry-after"), "");
    assert_eq!(case.sign_in(8, &mut authenticator).await.status, 200);
}

#[tokio::test]
async fn the_refresh_token_comes_in_the_body_where_that_is_asked_for() {
    let case = Case::start().await;
    let ada = case.person("ada").await;
    let (mut authenticator, _) = case.registered(&ada).await;
    let options = case.start_sign_in().await;
    let mut answer = authenticator.get(&options).expect("signs");
    answer["transport"] = "body".into();
    let signed = case.finish_sign_in(1, &answer).await;
    assert_eq!(signed.header("set-cookie"), "");
    let signed = signed.expect(200);
    assert!(
        signed["refresh_token"]
            .as_str()
            .is_some_and(|token| token.starts_with("tbr_"))
    );
}

#[tokio::test]
async fn passkeys_are_for_people_who_signed_in() {
    let case = Case::start().await;
    let trader = case.stack.exchange(42);
    for (method, path) in [
        (Method::POST, "/register/start"),
        (Method::POST, "/register/finish"),
        (Method::GET, ""),
        (Method::DELETE, "/AAAA"),
    ] {
        let path = format!("{PASSKEYS}{path}");
        let answer = send(&case.router, request(&method, &path, "{}")).await;
        assert_eq!(answer.status, 401, "{path}");
        let call = bearer(&trader, &method, &path, "{}");
        assert_eq!(send(&case.router, call).await.status, 403, "{path}");
    }
}

#[tokio::test]
async fn a_body_that_is_not_right_names_its_field() {
    let case = Case::start().await;
    let ada = case.person("ada").await;
    let options = case.start_registration(&ada).await;
    let mut authenticator = Authenticator::new(ORIGIN, Algorithm::Es256);
    let right = authenticator.create(&options).expect("creates");
    let with = |pointer: &str, value: Value| {
        let mut body = right.clone();
        *body.pointer_mut(pointer).expect("a field") = value;
        body
    };
    let mut long_name = right.clone();
    long_name["name"] = "n".repeat(101).into();
    for (body, field) in [
        (json!({}), "id"),
        (with("/response", json!("x")), "response"),
        (
            with("/response/clientDataJSON", json!("A".repeat(5000))),
            "response.clientDataJSON",
        ),
        (with("/rawId", json!("")), "rawId"),
        (
            with("/authenticatorAttachment", json!("a".repeat(21))),
            "authenticatorAttachment",
        ),
        (
            with("/response/attestationObject", json!("not base64!")),
            "response",
        ),
        (with("/type", json!("password")), "response"),
        (with("/rawId", json!("AAAAAAAAAAAAAAAAAAAAAA")), "response"),
        (long_name, "name"),
    ] {
        assert_field(case.finish_registration(&ada, &body).await, field);
    }
    let long = json!("A".repeat(5000));
    let mut late = right.clone();
    late["response"]["authenticatorData"] = long.clone();
    late["response"]["signature"] = json!("");
    late["response"]["userHandle"] = long;
    let problem = case.finish_sign_in(1, &late).await.expect(400);
    let fields: Vec<&str> = problem["details"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|fault| fault["field"].as_str())
        .collect();
    assert_eq!(
        fields,
        [
            "response.authenticatorData",
            "response.signature",
            "response.userHandle"
        ]
    );
    // None of these has used the ceremony up.
    assert_eq!(case.finish_registration(&ada, &right).await.status, 201);
}

#[tokio::test]
async fn the_relying_party_is_of_the_settings() {
    let case = Case::with(&[
        ("PASSKEY_RP_ID", "tradebridge.example"),
        (
            "PASSKEY_ORIGINS",
            "https://app.tradebridge.example, https://desk.tradebridge.example",
        ),
    ])
    .await;
    let ada = case.person("ada").await;
    let options = case.start_registration(&ada).await;
    assert_eq!(options["rp"]["id"], "tradebridge.example");
    let (mut authenticator, _) = case.registered(&ada).await;
    authenticator.origin = "https://desk.tradebridge.example".to_owned();
    assert_eq!(case.sign_in(1, &mut authenticator).await.status, 200);

    for (name, value) in [
        ("PASSKEY_RP_ID", "https://app.example"),
        ("PASSKEY_ORIGINS", "http://app.example"),
        ("APP_URL", "app.example"),
    ] {
        let env = case.stack.env_with(&[(name, value)]);
        assert!(App::new(&env, case.stack.aws()).is_err(), "{name}");
    }
}

#[tokio::test]
async fn what_a_browser_adds_of_its_own_is_ignored() {
    let case = Case::start().await;
    let ada = case.person("ada").await;
    let options = case.start_registration(&ada).await;
    let mut authenticator = Authenticator::new(ORIGIN, Algorithm::Es256);
    let mut answer = authenticator.create(&options).expect("creates");
    answer["clientExtensionResults"] = json!({"prf": {}, "appid": true});
    answer["response"]["transports"] = json!(["cable", "internal"]);
    answer["authenticatorAttachment"] = Value::Null;
    answer["name"] = Value::Null;
    let passkey = case.finish_registration(&ada, &answer).await.expect(201);
    assert_eq!(passkey["transports"], json!(["internal"]));
    assert_eq!(passkey["name"], "Passkey");
    let options = case.start_sign_in().await;
    let mut answer = authenticator.get(&options).expect("signs");
    answer["authenticatorAttachment"] = "cross-platform".into();
    answer["clientExtensionResults"] = json!({"appid": true});
    assert_eq!(case.finish_sign_in(1, &answer).await.status, 200);
}
