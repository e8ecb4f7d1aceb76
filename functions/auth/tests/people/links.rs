use http::Method;
use identity::model::PersonStatus;
use serde_json::{Value, json};
use testkit::Answer;

use crate::support::{PASSWORD, Scene, fields, problem};

const LINKS: &str = "/api/v1/user/links";

async fn join(scene: &Scene, person: &str, word_press: &str) -> Answer {
    let body = json!({"token": word_press});
    scene.call(person, Method::POST, LINKS, &body).await
}

#[tokio::test]
async fn a_person_and_a_word_press_user_are_joined_by_proof_from_both() {
    let scene = Scene::start().await;
    let (user, ada) = scene.ada().await;
    let answer = join(&scene, &ada.access, &scene.stack.exchange(42)).await;
    let link = answer.expect(201);
    assert_eq!(
        (&link["shop_id"], &link["wp_user_id"]),
        (&json!("demo"), &json!(42))
    );
    let me = scene.get(&ada.access, "/api/v1/user/me").await.expect(200);
    assert_eq!(me["links"][0], link);
    let word_press = "wp:demo:42".parse().expect("a user");
    let found = scene.store.user_of_word_press(&word_press).await;
    assert_eq!(found.expect("reads"), Some(user));
    // Again is as once.
    let again = join(&scene, &ada.access, &scene.stack.exchange(42)).await;
    assert_eq!(again.expect(201), link);
}

#[tokio::test]
async fn neither_is_joined_twice() {
    let scene = Scene::start().await;
    let (_, ada) = scene.ada().await;
    scene.verified("eve@firm.example", PASSWORD).await;
    let eve = scene.signed_in("eve@firm.example", PASSWORD).await;
    let stack = &scene.stack;
    let joined = join(&scene, &ada.access, &stack.exchange(42)).await;
    assert_eq!(joined.status, 201);
    let taken = join(&scene, &eve.access, &stack.exchange(42)).await;
    assert_eq!(problem(taken, 409).0, "conflict");
    let second = join(&scene, &ada.access, &stack.exchange(43)).await;
    assert_eq!(problem(second, 409).0, "conflict");
    // Another shop's user of the same number is somebody else.
    let other = stack.sign_token(&stack.claims(&stack.other_shop, 42));
    assert_eq!(join(&scene, &eve.access, &other).await.status, 201);
}

#[tokio::test]
async fn the_shop_gets_no_token_for_its_user_who_is_a_blocked_person() {
    let scene = Scene::start().await;
    let (user, ada) = scene.ada().await;
    let stack = &scene.stack;
    let joined = join(&scene, &ada.access, &stack.exchange(42)).await;
    assert_eq!(joined.status, 201);
    let exchange = async |shop: &testkit::shop::Shop, number: u64| {
        let call = shop.post("/api/auth/exchange", &json!({"wp_user_id": number}));
        testkit::http::send(&scene.router, call).await
    };
    assert_eq!(exchange(&stack.shop, 42).await.status, 200);
    let becomes = async |status: PersonStatus| {
        scene.change(&user, |person| person.status = status).await;
    };
    becomes(PersonStatus::Blocked).await;
    let refused = exchange(&stack.shop, 42).await;
    assert_eq!(problem(refused, 403).0, "forbidden");
    // Another user of the shop is not that person, nor is another shop's.
    assert_eq!(exchange(&stack.shop, 43).await.status, 200);
    assert_eq!(exchange(&stack.other_shop, 42).await.status, 200);
    becomes(PersonStatus::Active).await;
    assert_eq!(exchange(&stack.shop, 42).await.status, 200);
}

#[tokio::test]
async fn what_proves_no_word_press_user_joins_nobody() {
    let scene = Scene::start().await;
    let (_, ada) = scene.ada().await;
    let stack = &scene.stack;
    let signed = |change: fn(&mut platform::tokens::Claims)| {
        let mut claims = stack.claims(&stack.shop, 42);
        change(&mut claims);
        stack.sign_token(&claims)
    };
    let tampered = format!("{}x", stack.exchange(42));
    for (why, token) in [
        ("an old one", signed(|claims| claims.iat -= 301)),
        (
            "an expired one",
            signed(|claims| claims.exp = claims.iat - 60),
        ),
        ("of a person", ada.access.clone()),
        (
            "of another scope",
            signed(|claims| claims.scope = "user".to_owned()),
        ),
        (
            "of another tenant",
            signed(|claims| claims.org = "other".to_owned()),
        ),
        (
            "of no user",
            signed(|claims| claims.sub = "wp:demo".to_owned()),
        ),
        ("tampered with", tampered),
        ("none", "x".to_owned()),
    ] {
        let answer = join(&scene, &ada.access, &token).await;
        assert_eq!(fields(answer), ["token"], "{why}");
    }
    let missing = scene
        .call(&ada.access, Method::POST, LINKS, &Value::Null)
        .await;
    assert_eq!(fields(missing), ["token"]);
}
