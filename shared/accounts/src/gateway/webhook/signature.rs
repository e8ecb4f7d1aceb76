//! Symmetric signatures: HMAC-SHA256 under a secret that the shop has too.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// What a secret starts with.
const PREFIX: &str = "whsec_";
/// Bytes of a fresh secret.
const SECRET_BYTES: usize = 32;
/// Fewest bytes of a secret; the specification's bound.
const SECRET_BYTES_MIN: usize = 24;
/// Most bytes of a secret; the specification's bound.
const SECRET_BYTES_MAX: usize = 64;

/// A text that is no signing secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a signing secret of the form whsec_…")]
pub struct BadSecret;

/// A fresh signing secret, as it is shown to the shop: `whsec_` and 32 random
/// bytes in base64.
#[must_use]
pub fn generate_secret() -> SecretString {
    let mut bytes = Zeroizing::new([0_u8; SECRET_BYTES]);
    getrandom::fill(bytes.as_mut_slice()).expect("the operating system gives random bytes");
    let encoded = Zeroizing::new(BASE64.encode(bytes.as_slice()));
    SecretString::from(format!("{PREFIX}{}", encoded.as_str()))
}

/// Signs a message: `v1,` and the base64 of the HMAC-SHA256 of
/// `{id}.{timestamp}.{body}`. Neither an id nor a timestamp of ours has a dot
/// in it, so the three parts cannot be shifted.
///
/// # Errors
/// [`BadSecret`] where the secret is not of its form.
pub fn sign(
    secret: &SecretString,
    id: &str,
    timestamp_s: i64,
    body: &str,
) -> Result<String, BadSecret> {
    let encoded = secret
        .expose_secret()
        .strip_prefix(PREFIX)
        .ok_or(BadSecret)?;
    let key = Zeroizing::new(BASE64.decode(encoded).map_err(|_| BadSecret)?);
    if !(SECRET_BYTES_MIN..=SECRET_BYTES_MAX).contains(&key.len()) {
        return Err(BadSecret);
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| BadSecret)?;
    mac.update(format!("{id}.{timestamp_s}.").as_bytes());
    mac.update(body.as_bytes());
    let signature = BASE64.encode(mac.finalize().into_bytes());
    Ok(format!("v1,{signature}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";

    #[test]
    fn the_published_vector_is_met() {
        // From the test suites of the specification's own libraries.
        let secret = SecretString::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        assert_eq!(
            sign(&secret, ID, 1_614_265_330, r#"{"test": 2432232314}"#),
            Ok("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=".to_owned())
        );
    }

    #[test]
    fn a_change_of_any_part_changes_the_signature() {
        let secret = generate_secret();
        let signed = sign(&secret, ID, 1, "{}").expect("signs");
        assert_ne!(sign(&secret, "msg_other", 1, "{}"), Ok(signed.clone()));
        assert_ne!(sign(&secret, ID, 2, "{}"), Ok(signed.clone()));
        assert_ne!(sign(&secret, ID, 1, "{ }"), Ok(signed.clone()));
        assert_ne!(sign(&generate_secret(), ID, 1, "{}"), Ok(signed));
    }

    #[test]
    fn a_fresh_secret_holds_32_bytes_and_is_never_the_same() {
        let secret = generate_secret();
        let encoded = secret
            .expose_secret()
            .strip_prefix("whsec_")
            .expect("a prefix");
        assert_eq!(BASE64.decode(encoded).expect("base64").len(), 32);
        assert_ne!(secret.expose_secret(), generate_secret().expose_secret());
    }

    #[test]
    fn what_is_no_secret_signs_nothing() {
        let short = format!("whsec_{}", BASE64.encode([7_u8; 23]));
        let long = format!("whsec_{}", BASE64.encode([7_u8; 65]));
        for text in [
            "",
            "whsec_",
            "whsec_???",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            &short,
            &long,
        ] {
            let secret = SecretString::from(text);
            assert_eq!(sign(&secret, ID, 1, "{}"), Err(BadSecret), "{text}");
        }
    }
}
