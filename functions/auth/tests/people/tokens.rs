//! Access tokens that are not what they say.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer, SigningKey};
use platform::tokens::{Claims, hmac_sha256};
use serde_json::{Value, json};

use crate::support::{Scene, problem};

const ME: &str = "/api/v1/user/me";

fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).expect("a part");
    let bytes = URL_SAFE_NO_PAD.decode(part).expect("base64url");
    serde_json::from_slice(&bytes).expect("JSON")
}

/// What is signed, of a header and the claims of a good token.
fn message(header: &Value, good: &str) -> String {
    format!("{}.{}", encode(header), encode(&part(good, 1)))
}

/// A person with a good token.
async fn scene() -> (Scene, String) {
    let scene = Scene::start().await;
    let (_, tokens) = scene.ada().await;
    assert_eq!(scene.get(&tokens.access, ME).await.status, 200);
    (scene, tokens.access)
}

#[track_caller]
fn refused(answer: testkit::Answer, why: &str) {
    assert_eq!(problem(answer, 401).0, "unauthenticated", "{why}");
}

/// The good token's claims with one change, well signed.
fn changed(scene: &Scene, good: &str, change: impl FnOnce(&mut Claims)) -> String {
    let mut claims: Claims = serde_json::from_value(part(good, 1)).expect("claims");
    change(&mut claims);
    scene.stack.sign_token(&claims)
}

#[tokio::test]
async fn claims_that_are_signed_again_as_they_are_stay_good() {
    let (scene, good) = scene().await;
    let same = changed(&scene, &good, |_| {});
    assert_eq!(scene.get(&same, ME).await.status, 200);
}

#[tokio::test]
async fn an_unsigned_token_is_refused() {
    let (scene, good) = scene().await;
    let kid = part(&good, 0)["kid"].clone();
    for alg in ["none", "None", "NONE", ""] {
        let header = json!({"alg": alg, "typ": "JWT", "kid": kid});
        let unsigned = message(&header, &good);
        refused(scene.get(&format!("{unsigned}."), ME).await, alg);
        let signature = good.rsplit('.').next().expect("a signature");
        refused(scene.get(&format!("{unsigned}.{signature}"), ME).await, alg);
    }
}

#[tokio::test]
async fn a_token_that_is_signed_with_the_public_key_as_a_secret_is_refused() {
    let (scene, good) = scene().await;
    let key = scene.stack.signing_keys.public().keys.pop().expect("a key");
    let raw = URL_SAFE_NO_PAD.decode(&key.x).expect("base64url");
    let jwk = serde_json::to_vec(&key).expect("JSON");
    for alg in ["HS256", "HS512"] {
        let header = json!({"alg": alg, "typ": "JWT", "kid": key.kid});
        let signed = message(&header, &good);
        for secret in [raw.as_slice(), key.x.as_bytes(), &jwk] {
            let mac = URL_SAFE_NO_PAD.encode(hmac_sha256(secret, signed.as_bytes()));
            refused(scene.get(&format!("{signed}.{mac}"), ME).await, alg);
        }
    }
}

#[tokio::test]
async fn a_key_that_a_token_brings_along_is_not_believed() {
    let (scene, good) = scene().await;
    let own = SigningKey::from_bytes(&[3; 32]);
    let x = URL_SAFE_NO_PAD.encode(own.verifying_key().as_bytes());
    let kid = part(&good, 0)["kid"].clone();
    let jwk =
        json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": "own", "x": x});
    for header in [
        json!({"alg": "EdDSA", "kid": kid, "jwk": jwk}),
        json!({"alg": "EdDSA", "kid": "own", "jwk": jwk}),
        json!({"alg": "EdDSA", "kid": "own", "jku": "https://evil.example/jwks.json"}),
        json!({"alg": "EdDSA", "kid": kid, "x5u": "https://evil.example/cert.pem"}),
        json!({"alg": "EdDSA", "jwk": jwk}),
        json!({"alg": "EdDSA", "kid": ""}),
        json!({"alg": "EdDSA", "kid": "../../../../dev/null"}),
        json!({"alg": "EdDSA", "kid": "JWKS"}),
        json!({"alg": "EdDSA", "kid": "' OR '1'='1"}),
        json!({"alg": "EdDSA", "kid": ["own"]}),
        json!({"alg": "EdDSA", "kid": x}),
    ] {
        let signed = message(&header, &good);
        let signature = URL_SAFE_NO_PAD.encode(own.sign(signed.as_bytes()).to_bytes());
        let answer = scene.get(&format!("{signed}.{signature}"), ME).await;
        refused(answer, &header.to_string());
    }
}

#[tokio::test]
async fn a_token_for_somebody_else_is_refused() {
    let (scene, good) = scene().await;
    for aud in ["", "another", "tradebridge.evil", "Tradebridge"] {
        let token = changed(&scene, &good, |claims| claims.aud = aud.to_owned());
        refused(scene.get(&token, ME).await, aud);
    }
}

#[tokio::test]
async fn a_token_of_another_deployment_is_refused() {
    let (scene, good) = scene().await;
    for iss in ["", "https://evil.example"] {
        let token = changed(&scene, &good, |claims| claims.iss = iss.to_owned());
        refused(scene.get(&token, ME).await, iss);
    }
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    let (scene, good) = scene().await;
    for ago_s in [6, 60, 900] {
        let token = changed(&scene, &good, |claims| {
            claims.exp = claims.iat - ago_s;
            claims.iat -= 900;
        });
        refused(scene.get(&token, ME).await, &ago_s.to_string());
    }
}

#[tokio::test]
async fn a_token_of_the_future_is_refused() {
    let (scene, good) = scene().await;
    for ahead_s in [60, 86_400] {
        let token = changed(&scene, &good, |claims| {
            claims.iat += ahead_s;
            claims.exp += ahead_s;
        });
        refused(scene.get(&token, ME).await, &ahead_s.to_string());
    }
}

#[tokio::test]
async fn a_token_that_was_tampered_with_is_refused() {
    let (scene, good) = scene().await;
    let parts: Vec<&str> = good.split('.').collect();
    let mut claims = part(&good, 1);
    claims["role"] = json!("platform_admin");
    let promoted = format!("{}.{}.{}", parts[0], encode(&claims), parts[2]);
    refused(scene.get(&promoted, ME).await, "other claims");
    for index in 0..3 {
        let mut others: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
        let at = others[index].len() / 2;
        let to = if others[index][at..].starts_with('A') {
            "B"
        } else {
            "A"
        };
        others[index].replace_range(at..=at, to);
        refused(
            scene.get(&others.join("."), ME).await,
            &format!("part {index}"),
        );
    }
    let cut = &good[..good.len() - 2];
    refused(scene.get(cut, ME).await, "cut");
    refused(
        scene.get(&format!("{}.{}", parts[0], parts[1]), ME).await,
        "no signature",
    );
    refused(scene.get("", ME).await, "nothing");
}
