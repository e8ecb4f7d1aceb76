use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey;
use jsonwebtoken::EncodingKey;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::domain::keys::KeySet;

const ISSUER: &str = "https://id.example";
const CLIENT: &str = "tradebridge";
const NONCE: &str = "the nonce of this sign-in";
const NOW_S: i64 = 1_800_000_000;
const ALL: [SigningAlgorithm; 3] = SigningAlgorithm::ALL;

fn now() -> Timestamp {
    Timestamp::from_timestamp(NOW_S, 0).expect("a time")
}

fn key(byte: u8) -> (EncodingKey, Key) {
    let pair = SigningKey::from_bytes(&[byte; 32]);
    let der = pair.to_pkcs8_der().expect("a key");
    let x = URL_SAFE_NO_PAD.encode(pair.verifying_key().as_bytes());
    let set = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "k", "x": x}]});
    let set = KeySet::parse(set.to_string().as_bytes()).expect("a set");
    let public = set.find(Some("k"), SigningAlgorithm::EdDsa);
    (
        EncodingKey::from_ed_der(der.as_bytes()),
        public.expect("a key").clone(),
    )
}

fn claims() -> Value {
    json!({
        "iss": ISSUER, "sub": "248289761001", "aud": CLIENT, "nonce": NONCE,
        "iat": NOW_S, "exp": NOW_S + 300,
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn without(name: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().expect("claims").remove(name);
    claims
}

fn signed(header: &Value, claims: &Value) -> SecretString {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", part(header), part(claims));
    let algorithm = jsonwebtoken::Algorithm::EdDSA;
    let signature = jsonwebtoken::crypto::sign(text.as_bytes(), &key(1).0, algorithm);
    format!("{text}.{}", signature.expect("signs")).into()
}

fn eddsa() -> Value {
    json!({"alg": "EdDSA", "kid": "k"})
}

fn checked(claims: &Value) -> Result<Claims, Refusal> {
    let expected = Expected {
        issuer: ISSUER,
        client_id: CLIENT,
        nonce: NONCE,
        access_token: &"jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y".into(),
        now: now(),
    };
    check(&signed(&eddsa(), claims), &key(1).1, &expected)
}

#[test]
fn a_token_of_this_sign_in_says_who_somebody_is() {
    let mut claims = with("email", json!("Ada@Firm.example"));
    claims["email_verified"] = json!(true);
    claims["name"] = json!(" Ada\u{7} Lovelace ");
    claims["amr"] = json!(["pwd", "otp"]);
    assert_eq!(
        checked(&claims),
        Ok(Claims {
            subject: "248289761001".to_owned(),
            verified_email: Some("Ada@Firm.example".to_owned()),
            name: Some("Ada Lovelace".to_owned()),
            second_factor: true,
        })
    );
    let header = header(&signed(&eddsa(), &claims), &ALL).expect("reads");
    assert_eq!(header.kid.as_deref(), Some("k"));
    assert_eq!(header.algorithm, SigningAlgorithm::EdDsa);
}

#[test]
fn an_address_counts_only_where_the_provider_says_that_it_is_verified() {
    for (told, counts) in [
        (json!(true), true),
        (json!("true"), true),
        (json!(false), false),
        (json!("false"), false),
        (json!(1), false),
        (Value::Null, false),
    ] {
        let mut claims = with("email", json!("ada@firm.example"));
        claims["email_verified"] = told.clone();
        let checked = checked(&claims).expect("good");
        assert_eq!(checked.verified_email.is_some(), counts, "{told}");
    }
}

#[test]
fn what_is_not_said_to_us_now_about_this_sign_in_is_refused() {
    let late = NOW_S - SKEW_S;
    let early = NOW_S + SKEW_S + 1;
    for (claims, refusal) in [
        (with("iss", json!("https://id.example/")), Refusal::Issuer),
        (with("aud", json!("another")), Refusal::Audience),
        (with("aud", json!(["another"])), Refusal::Audience),
        (with("aud", json!([])), Refusal::Audience),
        (with("aud", json!([CLIENT, "another"])), Refusal::Audience),
        (with("aud", json!({"is": CLIENT})), Refusal::Audience),
        (with("azp", json!("another")), Refusal::Audience),
        (with("exp", json!(late)), Refusal::Expired),
        (with("exp", json!(i64::MIN)), Refusal::Expired),
        (with("iat", json!(early)), Refusal::Future),
        (with("nbf", json!(early)), Refusal::Future),
        (with("nonce", json!("another")), Refusal::Nonce),
        (without("nonce"), Refusal::Nonce),
        (with("at_hash", json!("AAAA")), Refusal::AccessToken),
        (with("sub", json!("")), Refusal::Subject),
        (with("sub", json!("x".repeat(256))), Refusal::Subject),
        (without("sub"), Refusal::Malformed),
        (without("exp"), Refusal::Malformed),
        (without("iat"), Refusal::Malformed),
        (without("aud"), Refusal::Malformed),
        (with("iss", json!([ISSUER])), Refusal::Malformed),
        (with("exp", json!("never")), Refusal::Malformed),
    ] {
        assert_eq!(checked(&claims), Err(refusal), "{claims}");
    }
}

#[test]
fn a_minute_between_two_clocks_is_forgiven_and_no_more() {
    let late = NOW_S - SKEW_S;
    assert!(checked(&with("exp", json!(late + 1))).is_ok());
    assert_eq!(checked(&with("exp", json!(late))), Err(Refusal::Expired));
    let early = NOW_S + SKEW_S;
    assert!(checked(&with("iat", json!(early))).is_ok());
    assert!(checked(&with("nbf", json!(early))).is_ok());
    assert_eq!(
        checked(&with("iat", json!(early + 1))),
        Err(Refusal::Future)
    );
}

#[test]
fn a_token_for_several_says_that_it_was_made_for_us() {
    let mut claims = with("aud", json!(["another", CLIENT]));
    claims["azp"] = json!(CLIENT);
    assert!(checked(&claims).is_ok());
    assert!(checked(&with("aud", json!([CLIENT]))).is_ok());
}

/// SHA-256 as in OpenID Connect Core 1.0, appendix A.3, whose access token
/// this is; Ed25519 goes with SHA-512.
#[test]
fn an_access_token_is_told_by_the_left_half_of_its_digest() {
    let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y".into();
    for algorithm in [SigningAlgorithm::Rs256, SigningAlgorithm::Es256] {
        let hash = access_token_hash(&token, algorithm);
        assert_eq!(hash, "77QmUPtjPfzWtF2AnpK9RQ");
    }
    let own = access_token_hash(&token, SigningAlgorithm::EdDsa);
    assert_eq!(own.len(), 43);
    assert!(checked(&with("at_hash", json!(own))).is_ok());
}

#[test]
fn another_keys_signature_and_changed_claims_are_refused() {
    let good = signed(&eddsa(), &claims());
    let expected = Expected {
        issuer: ISSUER,
        client_id: CLIENT,
        nonce: NONCE,
        access_token: &"x".into(),
        now: now(),
    };
    assert!(check(&good, &key(1).1, &expected).is_ok());
    let by_other = check(&good, &key(2).1, &expected);
    assert_eq!(by_other, Err(Refusal::Signature));
    let parts: Vec<&str> = good.expose_secret().split('.').collect();
    let other = URL_SAFE_NO_PAD.encode(with("sub", json!("somebody else")).to_string());
    let changed = format!("{}.{other}.{}", parts[0], parts[2]).into();
    let changed = check(&changed, &key(1).1, &expected);
    assert_eq!(changed, Err(Refusal::Signature));
}

#[test]
fn the_header_is_of_an_algorithm_that_the_provider_uses_and_we_take() {
    let read = |header: Value, algorithms: &[SigningAlgorithm]| {
        super::header(&signed(&header, &claims()), algorithms)
    };
    for alg in [
        "none", "None", "HS256", "HS512", "PS256", "RS1", "ES384", "",
    ] {
        let refused = read(json!({"alg": alg, "kid": "k"}), &ALL);
        assert_eq!(refused, Err(Refusal::Algorithm), "{alg}");
    }
    let unused = read(eddsa(), &[SigningAlgorithm::Rs256]);
    assert_eq!(unused, Err(Refusal::Algorithm));
    for header in [
        json!({"kid": "k"}),
        json!({"alg": "EdDSA", "crit": ["b64"], "b64": false}),
        json!({"alg": "EdDSA", "kid": "k".repeat(257)}),
        json!("EdDSA"),
    ] {
        assert_eq!(read(header, &ALL), Err(Refusal::Malformed));
    }
}

proptest! {
    #[test]
    fn no_text_is_believed(text in "\\PC{0,80}|[A-Za-z0-9_-]{0,40}\\.[A-Za-z0-9_-]{0,40}\\.[A-Za-z0-9_-]{0,90}") {
        let token = SecretString::from(text);
        let expected = Expected {
            issuer: ISSUER,
            client_id: CLIENT,
            nonce: NONCE,
            access_token: &"x".into(),
            now: now(),
        };
        prop_assert!(check(&token, &key(1).1, &expected).is_err());
        let _ = super::header(&token, &ALL);
    }
}
