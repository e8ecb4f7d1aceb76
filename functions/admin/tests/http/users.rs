//! People, found, shut out and helped.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use http::Method;
use identity::app::join::LINKS_MAX;
use identity::app::second_factor::SecondFactors;
use identity::model::{Person, PersonStatus};
use identity::store::Authenticator;
use kernel::access::Tier;
use kernel::id::UserId;
use platform::dynamo::{Query, Range, Transaction};
use platform::outbox::Row;
use serde_json::{Value, json};
use testkit::http::{bearer, send};
use web::Platform;
use web::caller::{SignedIn, Trader};

use crate::desk::{ADDRESS, AGENT, Desk, now, person};

async fn found(desk: &Desk, query: &str) -> Vec<String> {
    let body = desk
        .get(&format!("/api/admin/users{query}"))
        .await
        .expect(200);
    assert_eq!(body["success"], true);
    let items = body["data"]["items"].as_array().expect("items");
    let email = |item: &Value| item["email"].as_str().unwrap_or_default().to_owned();
    items.iter().map(email).collect()
}

#[tokio::test]
async fn people_are_found_by_how_their_address_begins_and_by_their_id() {
    let desk = Desk::open().await;
    for email in ["ada@example.com", "adam@example.com", "bob@example.com"] {
        desk.add_named(email).await;
    }
    let bob = desk.people.user_of_email("bob@example.com").await;
    let bob = bob.expect("reads").expect("bob");
    let adas = ["ada@example.com", "adam@example.com"];
    assert_eq!(found(&desk, "?search=ada").await, adas);
    assert_eq!(found(&desk, "?search=%20ADA").await, adas);
    assert_eq!(found(&desk, "?search=adam").await, ["adam@example.com"]);
    assert_eq!(found(&desk, "?search=zoe").await, [""; 0]);
    assert_eq!(
        found(&desk, &format!("?search={bob}")).await,
        ["bob@example.com"]
    );
    let nobody = UserId::generate(now());
    assert_eq!(found(&desk, &format!("?search={nobody}")).await, [""; 0]);
}

#[tokio::test]
async fn a_list_of_people_is_paged_and_its_cursor_is_good_for_it_alone() {
    let desk = Desk::open().await;
    for number in 0..5 {
        desk.add_named(&format!("user{number}@example.com")).await;
    }
    let path = |cursor: &str| format!("/api/admin/users?search=user&limit=2{cursor}");
    let mut seen = Vec::new();
    let mut cursor = String::new();
    let mut lengths = Vec::new();
    loop {
        let body = desk.get(&path(&cursor)).await.expect(200);
        let items = body["data"]["items"].as_array().cloned().expect("items");
        lengths.push(items.len());
        seen.extend(items.iter().map(|item| item["email"].clone()));
        match body["data"]["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(lengths, [2, 2, 1]);
    let wanted: Vec<Value> = (0..5)
        .map(|number| json!(format!("user{number}@example.com")))
        .collect();
    assert_eq!(seen, wanted);
    let other = format!("/api/admin/users?search=u&limit=2{cursor}");
    assert_eq!(desk.get(&other).await.status, 400);
    assert_eq!(desk.get("/api/admin/users?limit=201").await.status, 400);
}

#[tokio::test]
async fn a_person_is_shown_without_anything_secret_and_looking_is_recorded() {
    let desk = Desk::open().await;
    let id = UserId::generate(now());
    let ada = Person {
        name: Some("Ada".to_owned()),
        username: Some("ada".to_owned()),
        tier: Tier::Pro,
        passkey_count: 2,
        ..person(&id, "ada@example.com")
    };
    desk.add(&ada).await;
    let path = format!("/api/admin/users/{id}");
    let answer = desk.get(&path).await;
    assert!(!answer.text().contains("argon2id"));
    let data = answer.expect(200)["data"].clone();
    for (field, value) in [
        ("id", json!(id)),
        ("email", json!("ada@example.com")),
        ("username", json!("ada")),
        ("name", json!("Ada")),
        ("status", json!("active")),
        ("tier", json!("pro")),
        ("platform_admin", json!(false)),
        ("second_factor", json!(false)),
        ("passkeys", json!(2)),
    ] {
        assert_eq!(data[field], value, "{field}");
    }
    let entries = desk.recorded("person.read").await;
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0]["actor"], json!(desk.admin));
    assert_eq!(entries[0]["target"], json!(id));
    for unknown in [UserId::generate(now()).to_string(), "usr_1".to_owned()] {
        let path = format!("/api/admin/users/{unknown}");
        assert_eq!(desk.get(&path).await.status, 404, "{unknown}");
    }
}

/// Another function: another instance, with its own copy of what is restricted.
fn another_function(desk: &Desk) -> Router {
    let env = desk.stack.env();
    let platform = Platform::new(&env, desk.stack.cloud.platform.clone(), None).expect("starts");
    let me = async |caller: SignedIn| caller.user.to_string();
    web::app::serve(Router::new().route("/api/v1/user/me", get(me)), &platform)
}

#[tokio::test]
async fn who_is_blocked_is_signed_out_everywhere_within_five_seconds() {
    let desk = Desk::open().await;
    let ada = desk.add_named("ada@example.com").await;
    let bob = desk.add_named("bob@example.com").await;
    for _ in 0..3 {
        desk.add_session(&ada).await;
    }
    let bobs = desk.add_session(&bob).await;
    let other = another_function(&desk);
    let me = async |user: &UserId| {
        let token = desk.token(user, "owner");
        let call = bearer(&token, &Method::GET, "/api/v1/user/me", "");
        (token, send(&other, call).await.status.as_u16())
    };
    let (token, status) = me(&ada).await;
    assert_eq!(status, 200);

    let path = format!("/api/admin/users/{ada}");
    let body = json!({"status": "blocked", "reason": "a stolen card"});
    let answer = desk.ask(&Method::PATCH, &path, &body).await.expect(200);
    assert_eq!(answer["data"]["status"], "blocked");
    assert_eq!(desk.person(&ada).await.status, PersonStatus::Blocked);
    let (sessions, _) = desk
        .people
        .sessions(&ada, 50, None, now())
        .await
        .expect("reads");
    assert_eq!(sessions, []);
    assert!(
        desk.people
            .session(&bob, &bobs, now())
            .await
            .expect("reads")
            .is_some()
    );

    tokio::time::sleep(Duration::from_millis(4_100)).await;
    let again = bearer(&token, &Method::GET, "/api/v1/user/me", "");
    assert_eq!(send(&other, again).await.status, 401);
    assert_eq!(me(&bob).await.1, 200);

    let body = json!({"status": "active", "reason": "the card is hers"});
    let _ = desk.ask(&Method::PATCH, &path, &body).await.expect(200);
    // The old token stays refused; one that is given out from now on is good.
    let again = bearer(&token, &Method::GET, "/api/v1/user/me", "");
    assert_eq!(send(&other, again).await.status, 401);
    assert_eq!(me(&ada).await.1, 200);
}

#[tokio::test]
async fn tokens_of_the_word_press_users_that_a_blocked_person_is_are_refused_too() {
    let desk = Desk::open().await;
    let ada = desk.add_named("ada@example.com").await;
    desk.join(&ada, "demo", 42).await;
    let env = desk.stack.env();
    let platform = Platform::new(&env, desk.stack.cloud.platform.clone(), None).expect("starts");
    let mine = async |caller: Trader| caller.owner;
    let shop = web::app::serve(Router::new().route("/mine", get(mine)), &platform);
    let tokens = [desk.stack.exchange(42), desk.stack.exchange(43)];
    let statuses = async || {
        let mut statuses = Vec::new();
        for token in &tokens {
            let call = bearer(token, &Method::GET, "/mine", "");
            statuses.push(send(&shop, call).await.status.as_u16());
        }
        statuses
    };
    assert_eq!(statuses().await, [200, 200]);
    let path = format!("/api/admin/users/{ada}");
    let body = json!({"status": "blocked", "reason": "a stolen card"});
    let _ = desk.ask(&Method::PATCH, &path, &body).await.expect(200);
    tokio::time::sleep(Duration::from_millis(4_100)).await;
    assert_eq!(statuses().await, [401, 200]);
}

#[tokio::test]
async fn a_person_with_as_many_shops_and_sessions_as_there_can_be_is_blocked_at_once() {
    let desk = Desk::open().await;
    let ada = desk.add_named("ada@example.com").await;
    for number in 0..LINKS_MAX {
        desk.join(&ada, &format!("shop-{number}"), 1).await;
    }
    for _ in 0..25 {
        desk.add_session(&ada).await;
    }
    let path = format!("/api/admin/users/{ada}");
    let body = json!({"status": "blocked", "reason": "r"});
    let _ = desk.ask(&Method::PATCH, &path, &body).await.expect(200);
    let left = desk.people.sessions(&ada, 100, None, now()).await;
    assert_eq!(left.expect("reads").0, []);
    let restricted = desk.stack.cloud.dump(&desk.stack.cloud.platform).await;
    for number in 0..LINKS_MAX {
        let subject = format!("wp:shop-{number}:1");
        assert!(restricted.contains(&subject), "{subject}");
    }
}

#[tokio::test]
async fn a_person_with_more_sessions_than_a_transaction_holds_loses_all_of_them() {
    let desk = Desk::open().await;
    let ada = desk.add_named("ada@example.com").await;
    for _ in 0..95 {
        desk.add_session(&ada).await;
    }
    let path = format!("/api/admin/users/{ada}");
    let body = json!({"status": "blocked", "reason": "r"});
    let _ = desk.ask(&Method::PATCH, &path, &body).await.expect(200);
    let left = desk.people.sessions(&ada, 100, None, now()).await;
    assert_eq!(left.expect("reads").0, []);
}

#[tokio::test]
async fn what_was_done_is_in_the_record_with_who_from_where_and_how_it_ended() {
    let desk = Desk::open().await;
    let ada = desk.add_named("ada@example.com").await;
    let path = format!("/api/admin/users/{ada}");
    let body = json!({"status": "blocked", "tier": "vip", "reason": "a stolen card"});
    let answer = desk.ask(&Method::PATCH, &path, &body).await;
    let request_id = answer.header("x-request-id").to_owned();
    let _ = answer.expect(200);
    let entries = desk.recorded("person.blocked").await;
    assert_eq!(entries.len(), 1);
    let entry = &entries[0];
    for (field, value) in [
        ("actor", json!(desk.admin)),
        ("tenant", json!(desk.admin)),
        ("target", json!(ada)),
        ("path", json!(path)),
        ("address", json!(ADDRESS)),
        ("user_agent", json!(AGENT)),
        ("country", Value::Null),
        ("outcome", json!(200)),
        ("request_id", json!(request_id)),
        ("detail", json!("tier vip; a stolen card")),
    ] {
        assert_eq!(entry[field], value, "{field}");
    }
    assert_eq!(entry["device"].as_str().map(str::len), Some(16));

    // What was refused is there too, under its route.
    let nobody = UserId::generate(now());
    let path = format!("/api/admin/users/{nobody}");
    let refused = desk.ask(&Method::PATCH, &path, &body).await;
    assert_eq!(refused.status, 404);
    let entries = desk
        .recorded("PATCH%20%2Fapi%2Fadmin%2Fusers%2F%7Bid%7D")
        .await;
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0]["path"], json!(path));
    assert_eq!(entries[0]["outcome"], 404);
}

#[tokio::test]
async fn a_tier_changes_without_signing_anybody_out() {
    let desk = Desk::open().await;
    let ada = desk.add_named("ada@example.com").await;
    let session = desk.add_session(&ada).await;
    let path = format!("/api/admin/users/{ada}");
    let body = json!({"tier": "premium"});
    let answer = desk.ask(&Method::PATCH, &path, &body).await.expect(200);
    assert_eq!(answer["data"]["tier"], "premium");
    let after = desk.person(&ada).await;
    assert_eq!(
        (after.tier, after.status),
        (Tier::Premium, PersonStatus::Active)
    );
    let kept = desk.people.session(&ada, &session, now()).await;
    assert!(kept.expect("reads").is_some());
    assert_eq!(desk.recorded("person.tier_changed").await.len(), 1);
}

#[tokio::test]
async fn changes_that_make_no_sense_are_refused_by_field() {
    let desk = Desk::open().await;
    let ada = desk.add_named("ada@example.com").await;
    let path = format!("/api/admin/users/{ada}");
    for (body, field) in [
        (json!({}), "status"),
        (json!({"reason": "r"}), "status"),
        (json!({"status": "blocked"}), "reason"),
        (json!({"status": "active", "reason": "  "}), "reason"),
        (
            json!({"status": "blocked", "reason": "x".repeat(501)}),
            "reason",
        ),
        (json!({"status": "gone", "reason": "r"}), "status"),
        (json!({"tier": "gold"}), "tier"),
    ] {
        let answer = desk.ask(&Method::PATCH, &path, &body).await.expect(400);
        assert_eq!(answer["details"][0]["field"], field, "{body}");
    }
    let own = format!("/api/admin/users/{}", desk.admin);
    let body = json!({"status": "blocked", "reason": "r"});
    assert_eq!(desk.ask(&Method::PATCH, &own, &body).await.status, 409);
    assert_eq!(desk.person(&ada).await.revision, 1);
    assert_eq!(desk.person(&desk.admin).await.revision, 1);
}

async fn give_second_factor(desk: &Desk, user: &UserId) {
    let factors = SecondFactors {
        store: desk.people.clone(),
        vault: desk.stack.vault.clone(),
    };
    let set_up = factors.set_up(user, "ada", now()).await;
    let before = desk.people.authenticator(user).await.expect("reads");
    set_up.expect("sets up");
    let authenticator = desk.people.authenticator(user).await.expect("reads");
    let authenticator = authenticator.expect("one").clone();
    assert_ne!(before.as_ref().map(|one| one.confirmed), Some(true));
    let confirmed = Authenticator {
        confirmed: true,
        revision: authenticator.revision + 1,
        ..authenticator.clone()
    };
    let mut transaction = Transaction::new();
    desk.people
        .change_authenticator(&mut transaction, user, Some(&authenticator), &confirmed)
        .expect("changes");
    desk.people
        .set_has_totp(&mut transaction, user, true)
        .expect("sets");
    transaction.commit().await.expect("commits");
}

async fn mails(desk: &Desk) -> Vec<Value> {
    let mut mails = Vec::new();
    for shard in 0..8 {
        let query = Query::new(format!("OUTBOX#{shard}"), Range::All, 100);
        let page = desk.people.table().query::<Row>(&query).await;
        for (_, row) in page.expect("reads").rows {
            mails.push(serde_json::from_str(&row.body).expect("JSON"));
        }
    }
    mails
}

#[tokio::test]
async fn a_lost_second_factor_is_taken_away_recorded_and_told() {
    let desk = Desk::open().await;
    let ada = desk.add_named("ada@example.com").await;
    give_second_factor(&desk, &ada).await;
    let path = format!("/api/admin/users/{ada}/reset-second-factor");
    let body = json!({"reason": "the phone is lost", "identity_proof": "called back"});
    let answer = desk.ask(&Method::POST, &path, &body).await.expect(200);
    assert_eq!(answer["data"], json!({"id": ada, "second_factor": false}));
    assert!(!desk.person(&ada).await.has_totp);
    let left = desk.people.authenticator(&ada).await.expect("reads");
    assert_eq!(left, None);
    let sent = mails(&desk).await;
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0]["mail"]["kind"], "second_factor_reset");
    assert_eq!(sent[0]["mail"]["user"], json!(ada));
    let entries = desk.recorded("second_factor.reset").await;
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0]["actor"], json!(desk.admin));
    assert_eq!(entries[0]["target"], json!(ada));
    assert_eq!(
        entries[0]["detail"],
        "the phone is lost; proof: called back"
    );
    // There is nothing left to take away.
    assert_eq!(desk.ask(&Method::POST, &path, &body).await.status, 409);
    assert_eq!(mails(&desk).await.len(), 1);
}

#[tokio::test]
async fn a_reset_needs_its_reason_and_proof_and_another_admin() {
    let desk = Desk::open().await;
    let ada = desk.add_named("ada@example.com").await;
    give_second_factor(&desk, &ada).await;
    give_second_factor(&desk, &desk.admin).await;
    let path = |id: &UserId| format!("/api/admin/users/{id}/reset-second-factor");
    for (body, field) in [
        (json!({"identity_proof": "p"}), "reason"),
        (json!({"reason": "r"}), "identity_proof"),
        (json!({"reason": " ", "identity_proof": "p"}), "reason"),
        (
            json!({"reason": "r", "identity_proof": "x".repeat(501)}),
            "identity_proof",
        ),
    ] {
        let answer = desk
            .ask(&Method::POST, &path(&ada), &body)
            .await
            .expect(400);
        assert_eq!(answer["details"][0]["field"], field, "{body}");
    }
    let body = json!({"reason": "r", "identity_proof": "p"});
    let own = desk.ask(&Method::POST, &path(&desk.admin), &body).await;
    assert_eq!(own.status, 409);
    let nobody = UserId::generate(now());
    let unknown = desk.ask(&Method::POST, &path(&nobody), &body).await;
    assert_eq!(unknown.status, 404);
    assert!(desk.person(&ada).await.has_totp);
    assert!(desk.person(&desk.admin).await.has_totp);
}
