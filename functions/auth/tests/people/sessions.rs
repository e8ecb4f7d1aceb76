use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use testkit::http::{bearer, send};

use crate::support::{EMAIL, PASSWORD, Scene, Tokens, time};

const SESSIONS: &str = "/api/v1/user/sessions";
const ME: &str = "/api/v1/user/me";

/// Signs in as a client calls itself.
async fn on(scene: &Scene, device: &str) -> Tokens {
    let body = json!({"email": EMAIL, "password": PASSWORD, "transport": "body"});
    let headers = [("user-agent", device), ("x-tradebridge-peer", "192.0.2.7")];
    let answer = scene.post_with("/api/v1/auth/login", &body, &headers).await;
    Tokens::of(&answer.expect(200))
}

async fn listed(scene: &Scene, token: &str) -> Vec<Value> {
    let page = scene.get(token, SESSIONS).await.expect(200);
    assert_eq!(page["next_cursor"], json!(null));
    page["items"].as_array().cloned().expect("items")
}

#[tokio::test]
async fn a_person_sees_their_sessions_with_device_address_and_last_use() {
    let scene = Scene::start().await;
    scene.verified(EMAIL, PASSWORD).await;
    let phone = on(&scene, "Phone/1").await;
    let laptop = on(&scene, "Laptop/2").await;
    let sessions = listed(&scene, &laptop.access).await;
    assert_eq!(sessions.len(), 2);
    assert_eq!(sessions[0]["device"], "Phone/1");
    assert_eq!(sessions[0]["address"], "192.0.2.7");
    assert_eq!(sessions[0]["current"], false);
    assert_eq!(sessions[1]["device"], "Laptop/2");
    assert_eq!(sessions[1]["current"], true);
    let used = time(&sessions[0]["last_used_at"]);
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(scene.refresh(&phone.refresh).await.status, 200);
    let sessions = listed(&scene, &laptop.access).await;
    assert!(time(&sessions[0]["last_used_at"]) > used);
    assert_eq!(
        (time(&sessions[0]["expires_at"]) - time(&sessions[0]["last_used_at"])).num_days(),
        7
    );
    let text = sessions[0].to_string();
    for hidden in ["current_hash", "parent", "generation", "tbr_"] {
        assert!(!text.contains(hidden), "{hidden}");
    }
}

#[tokio::test]
async fn sessions_are_paged() {
    let scene = Scene::start().await;
    scene.verified(EMAIL, PASSWORD).await;
    for number in 0..3 {
        on(&scene, &format!("Device/{number}")).await;
    }
    let token = on(&scene, "Device/3").await.access;
    let mut devices = Vec::new();
    let mut path = format!("{SESSIONS}?limit=3");
    for _ in 0..3 {
        let page = scene.get(&token, &path).await.expect(200);
        let items = page["items"].as_array().cloned().expect("items");
        assert!(items.len() <= 3);
        devices.extend(items.iter().map(|item| item["device"].to_string()));
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("{SESSIONS}?limit=3&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(
        devices,
        [
            "\"Device/0\"",
            "\"Device/1\"",
            "\"Device/2\"",
            "\"Device/3\""
        ]
    );
}

#[tokio::test]
async fn a_session_that_is_ended_is_felt_within_five_seconds() {
    let scene = Scene::start().await;
    scene.verified(EMAIL, PASSWORD).await;
    let lost = on(&scene, "Lost/1").await;
    let kept = on(&scene, "Kept/1").await;
    assert_eq!(scene.get(&lost.access, ME).await.status, 200);
    let sessions = listed(&scene, &kept.access).await;
    let id = sessions[0]["id"].as_str().expect("an id");
    let path = format!("{SESSIONS}/{id}");
    let ended = scene
        .call(&kept.access, Method::DELETE, &path, &Value::Null)
        .await;
    assert_eq!(ended.status, 204);
    assert_eq!(scene.refresh(&lost.refresh).await.status, 401);
    tokio::time::sleep(Duration::from_millis(4_500)).await;
    assert_eq!(scene.get(&lost.access, ME).await.status, 401);
    assert_eq!(scene.get(&kept.access, ME).await.status, 200);
    let again = scene
        .call(&kept.access, Method::DELETE, &path, &Value::Null)
        .await;
    assert_eq!(again.status, 404);
}

#[tokio::test]
async fn nobody_ends_or_finds_a_session_of_somebody_else() {
    let scene = Scene::start().await;
    let (_, ada) = scene.ada().await;
    scene.verified("eve@firm.example", PASSWORD).await;
    let eve = scene.signed_in("eve@firm.example", PASSWORD).await;
    let id = listed(&scene, &ada.access).await[0]["id"].clone();
    let path = format!("{SESSIONS}/{}", id.as_str().expect("an id"));
    let refused = scene
        .call(&eve.access, Method::DELETE, &path, &Value::Null)
        .await;
    assert_eq!(refused.status, 404);
    for odd in ["ses_1", "x", "ses_00000000000000000000000000"] {
        let path = format!("{SESSIONS}/{odd}");
        let answer = scene
            .call(&eve.access, Method::DELETE, &path, &Value::Null)
            .await;
        assert_eq!(answer.status, 404, "{odd}");
    }
    assert_eq!(scene.refresh(&ada.refresh).await.status, 200);
}

#[tokio::test]
async fn all_others_end_and_the_one_that_asks_stays() {
    let scene = Scene::start().await;
    scene.verified(EMAIL, PASSWORD).await;
    let mut others = Vec::new();
    for number in 0..4 {
        others.push(on(&scene, &format!("Device/{number}")).await);
    }
    let own = on(&scene, "Own/1").await;
    let ended = scene
        .call(&own.access, Method::DELETE, SESSIONS, &Value::Null)
        .await;
    assert_eq!(ended.status, 204);
    assert_eq!(listed(&scene, &own.access).await.len(), 1);
    let fresh = scene.fresh();
    for other in &others {
        assert_eq!(scene.refresh(&other.refresh).await.status, 401);
        let call = bearer(&other.access, &Method::GET, ME, "");
        assert_eq!(send(&fresh, call).await.status, 401);
    }
    let call = bearer(&own.access, &Method::GET, ME, "");
    assert_eq!(send(&fresh, call).await.status, 200);
    assert_eq!(scene.refresh(&own.refresh).await.status, 200);
}

#[tokio::test]
async fn signing_out_ends_the_session_and_takes_the_cookie_away() {
    let scene = Scene::start().await;
    let (_, tokens) = scene.ada().await;
    let path = "/api/v1/auth/logout";
    let answer = scene
        .call(&tokens.access, Method::POST, path, &Value::Null)
        .await;
    assert_eq!(answer.status, 204);
    assert_eq!(
        answer.header("set-cookie"),
        "tb_refresh=; HttpOnly; Secure; SameSite=Strict; Path=/api; Max-Age=0"
    );
    assert_eq!(scene.refresh(&tokens.refresh).await.status, 401);
    let call = bearer(&tokens.access, &Method::GET, ME, "");
    assert_eq!(send(&scene.fresh(), call).await.status, 401);
    let nobody = testkit::http::request(&Method::POST, path, "");
    assert_eq!(send(&scene.router, nobody).await.status, 401);
}
