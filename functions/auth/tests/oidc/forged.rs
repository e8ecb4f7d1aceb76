//! What is not the provider's word, said to us, now, about this sign-in.

use serde_json::json;
use testkit::Provider;
use testkit::provider::{Signing, Token};

use crate::scene::{Scene, ada, problem};

/// Whoever brings such a token is refused, and nobody is made.
async fn refused(scene: &Scene, what: &str, forge: impl Fn(&mut Token) + Send + 'static) {
    scene.provider.forge(forge);
    let answer = scene.sign_in().await;
    assert_eq!(answer.status, 401, "{what}: {}", answer.text());
    let (word, detail) = problem(answer, 401);
    assert_eq!(word, "unauthenticated", "{what}");
    assert_eq!(
        detail, "the provider's answer is not good, or not any more; sign in from the start",
        "{what}"
    );
    assert!(scene.of_email("ada@firm.example").await.is_none(), "{what}");
}

#[tokio::test]
async fn a_token_that_nobody_signed_is_refused() {
    let scene = Scene::start().await;
    for alg in ["none", "None", "nOnE"] {
        refused(&scene, alg, move |token| {
            token.header["alg"] = json!(alg);
            token.signing = Signing::Nobody;
        })
        .await;
    }
    refused(&scene, "no signature", |token| {
        token.signing = Signing::Nobody
    })
    .await;
}

#[tokio::test]
async fn the_public_key_is_no_shared_secret() {
    for algorithm in ["RS256", "ES256"] {
        let scene = Scene::with(Provider::signing_by(algorithm).await).await;
        // Not even where the provider says that it signs so as well.
        scene.provider.set_document(
            "id_token_signing_alg_values_supported",
            json!([algorithm, "HS256", "none"]),
        );
        refused(&scene, algorithm, |token| {
            token.header["alg"] = json!("HS256");
            token.signing = Signing::PublicKeyAsSecret;
        })
        .await;
    }
}

#[tokio::test]
async fn a_strange_keys_signature_is_refused() {
    for algorithm in ["ES256", "EdDSA", "RS256"] {
        let scene = Scene::with(Provider::signing_by(algorithm).await).await;
        refused(&scene, algorithm, |token| token.signing = Signing::Strange).await;
    }
}

#[tokio::test]
async fn a_token_that_was_changed_after_it_was_signed_is_refused() {
    let scene = Scene::start().await;
    refused(&scene, "changed", |token| {
        let mut claims = token.claims.clone();
        claims["sub"] = json!("somebody else");
        token.signing = Signing::ThenChanged(claims);
    })
    .await;
}

#[tokio::test]
async fn an_algorithm_that_the_provider_does_not_use_is_refused() {
    let scene = Scene::start().await;
    refused(&scene, "another", |token| {
        token.header["alg"] = json!("EdDSA")
    })
    .await;
    refused(&scene, "critical", |token| {
        token.header["crit"] = json!(["exp"]);
    })
    .await;
}

#[tokio::test]
async fn a_token_for_another_client_is_refused() {
    let scene = Scene::start().await;
    for aud in [
        json!("another-client"),
        json!(["another-client"]),
        json!(["another-client", "tradebridge"]),
    ] {
        let what = aud.to_string();
        refused(&scene, &what, move |token| {
            token.claims["aud"] = aud.clone()
        })
        .await;
    }
    refused(&scene, "azp", |token| {
        token.claims["azp"] = json!("another")
    })
    .await;
}

#[tokio::test]
async fn a_token_of_another_issuer_is_refused() {
    let scene = Scene::start().await;
    let similar = format!("{}/", scene.provider.issuer);
    for issuer in ["https://id.example".to_owned(), similar] {
        let what = issuer.clone();
        refused(&scene, &what, move |token| {
            token.claims["iss"] = json!(issuer)
        })
        .await;
    }
}

#[tokio::test]
async fn a_token_of_another_sign_in_is_refused() {
    let scene = Scene::start().await;
    refused(&scene, "nonce", |token| {
        token.claims["nonce"] = json!("of another sign-in");
    })
    .await;
    refused(&scene, "no nonce", |token| {
        token
            .claims
            .as_object_mut()
            .expect("claims")
            .remove("nonce");
    })
    .await;
    refused(&scene, "at_hash", |token| {
        token.claims["at_hash"] = json!("AAAA")
    })
    .await;
}

#[tokio::test]
async fn a_token_of_another_time_is_refused() {
    let scene = Scene::start().await;
    for (name, by_s) in [("exp", -361), ("iat", 90), ("nbf", 90)] {
        refused(&scene, name, move |token| {
            let base = token.claims[name].as_i64();
            let base = base.or(token.claims["iat"].as_i64()).expect("a time");
            token.claims[name] = json!(base + by_s);
        })
        .await;
    }
}

#[tokio::test]
async fn a_key_that_the_provider_does_not_have_is_refused_and_asked_for_once() {
    let scene = Scene::start().await;
    // When they are first read, once more, and not again.
    for asked in [1, 2, 2, 2] {
        refused(&scene, "kid", |token| token.header["kid"] = json!("key-9")).await;
        assert_eq!(scene.provider.asked().keys, asked);
    }
    // Of a provider with several keys a token names one.
    refused(&scene, "other kind", |token| {
        token.header["kid"] = json!("other")
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_names_another_provider_is_refused_before_its_code_is_used() {
    let scene = Scene::start().await;
    for issuer in [Some("https://id.example"), None] {
        scene.provider.set_answer("iss", issuer);
        let answer = scene.sign_in().await;
        let (word, detail) = problem(answer, 401);
        assert_eq!(word, "unauthenticated");
        assert_eq!(detail, "the answer is of another provider");
    }
    assert_eq!(scene.provider.asked().token, 0);
    // One that does not promise to name itself need not.
    let scene = Scene::start().await;
    scene.provider.set_document(
        "authorization_response_iss_parameter_supported",
        json!(false),
    );
    scene.provider.set_answer("iss", None);
    assert_eq!(scene.sign_in().await.status, 303);
}

#[tokio::test]
async fn the_providers_own_words_go_nowhere() {
    let scene = Scene::start().await;
    for (error, sentence) in [
        (
            "access_denied",
            "the provider says that the sign-in was refused",
        ),
        (
            "<script>alert(1)</script>",
            "the provider could not sign you in",
        ),
    ] {
        scene.provider.set_answer("code", None);
        scene.provider.set_answer("error", Some(error));
        scene
            .provider
            .set_answer("error_description", Some("words of the provider"));
        let answer = scene.sign_in().await;
        assert!(!answer.text().contains("words of"), "{}", answer.text());
        assert!(!answer.text().contains("script"), "{}", answer.text());
        assert_eq!(problem(answer, 401).1, sentence);
    }
}

#[tokio::test]
async fn a_token_that_a_test_may_forge_is_good_where_it_is_not_forged() {
    let scene = Scene::start().await;
    scene.provider.forge(|token| {
        token.claims["aud"] = json!(["another-client", "tradebridge"]);
        token.claims["azp"] = json!("tradebridge");
        token.claims["sub"] = ada()["sub"].clone();
    });
    assert_eq!(scene.sign_in().await.status, 303);
}
