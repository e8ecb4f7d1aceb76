//! A sign-in between its start and the provider's answer.
//!
//! Two secrets hold it together: the state, which travels through the provider,
//! and the browser's, which stays in a cookie. Nonce and PKCE verifier come out
//! of both, so that whoever sees an answer's address, or reads our store, can
//! finish nothing. The store has hashes.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use kernel::digest::{constant_time_eq, hmac_sha256, sha256_hex};
use kernel::id::{OrganizationId, SessionId, UserId};
use kernel::random::{self, NoRandomness, TOKEN_CHARS};
use kernel::time::Timestamp;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

/// How long somebody has to sign in at the provider.
pub const LIFE: TimeDelta = TimeDelta::minutes(10);
/// Characters of the path that somebody returns to.
pub const PATH_CHARS_MAX: usize = 1_024;

/// 256 random bits: a sign-in's state, or what a browser is known by.
#[derive(Clone, Debug)]
pub struct Secret(SecretString);

impl Secret {
    /// A fresh one.
    ///
    /// # Errors
    /// [`NoRandomness`].
    pub fn generate() -> Result<Self, NoRandomness> {
        random::token().map(Self)
    }

    /// One that came back. `None` where it is none of ours.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_ours = text.len() == TOKEN_CHARS
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        is_ours.then(|| Self(text.into()))
    }

    /// The text that travels.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// What is kept of it: its SHA-256 in hex.
    #[must_use]
    pub fn hash(&self) -> String {
        sha256_hex(self.expose().as_bytes())
    }
}

/// A state with the browser that it was given to.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'a> {
    /// What travels through the provider.
    pub state: &'a Secret,
    /// What stays in the browser.
    pub browser: &'a Secret,
}

impl Pair<'_> {
    /// What the ID token has to say, so that it is of this sign-in.
    #[must_use]
    pub fn nonce(&self) -> String {
        self.derived("nonce:")
    }

    /// What shows the token endpoint that the code is of this sign-in: 43
    /// characters, as RFC 7636 asks.
    #[must_use]
    pub fn verifier(&self) -> SecretString {
        self.derived("verifier:").into()
    }

    fn derived(&self, purpose: &str) -> String {
        let message = Zeroizing::new(format!("{purpose}{}", self.state.expose()));
        let mac = hmac_sha256(self.browser.expose().as_bytes(), message.as_bytes());
        URL_SAFE_NO_PAD.encode(Zeroizing::new(mac).as_slice())
    }
}

/// Somebody who is signed in and links themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Linking {
    /// Who.
    pub user: UserId,
    /// The session that they are in, which must still be there at the end.
    pub session: SessionId,
}

/// A sign-in that is under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// Into which organization.
    pub organization: OrganizationId,
    /// By which setting of its provider.
    pub connection: String,
    /// Hash of what the browser is known by.
    pub browser_sha256: String,
    /// The path of the application to return to.
    pub return_to: String,
    /// Who links themselves, where this is no sign-in.
    #[serde(default)]
    pub linking: Option<Linking>,
    /// Until when the provider's answer is taken.
    pub expires_at: Timestamp,
}

/// Why an answer does not belong to a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// It came to another organization's address.
    #[error("is of a sign-in to another organization")]
    Organization,
    /// It came from another browser.
    #[error("is of a sign-in in another browser; sign in from the start")]
    Browser,
    /// It came too late.
    #[error("is of a sign-in that took too long; sign in from the start")]
    Expired,
}

impl Flow {
    /// Checks that an answer belongs to this sign-in.
    ///
    /// # Errors
    /// [`Mismatch`].
    pub fn check(
        &self,
        organization: &OrganizationId,
        browser: Option<&Secret>,
        now: Timestamp,
    ) -> Result<(), Mismatch> {
        if self.organization != *organization {
            return Err(Mismatch::Organization);
        }
        let hash = browser.map(Secret::hash).unwrap_or_default();
        if !constant_time_eq(hash.as_bytes(), self.browser_sha256.as_bytes()) {
            return Err(Mismatch::Browser);
        }
        if now >= self.expires_at {
            return Err(Mismatch::Expired);
        }
        Ok(())
    }
}

/// Whether a text is a path of our own application: nothing that a browser
/// could read as another site's address.
#[must_use]
pub fn is_own_path(text: &str) -> bool {
    let mut chars = text.chars();
    text.len() <= PATH_CHARS_MAX
        && chars.next() == Some('/')
        && chars.next() != Some('/')
        && text
            .chars()
            .all(|char| char.is_ascii_graphic() && char != '\\')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use url::Url;

    fn secret() -> Secret {
        Secret::generate().expect("random")
    }

    fn flow(browser: &Secret) -> Flow {
        let now = Timestamp::UNIX_EPOCH;
        Flow {
            organization: OrganizationId::generate(now),
            connection: "one".to_owned(),
            browser_sha256: browser.hash(),
            return_to: "/".to_owned(),
            linking: None,
            expires_at: now + LIFE,
        }
    }

    #[test]
    fn secrets_are_long_and_read_as_they_were_written() {
        let (one, other) = (secret(), secret());
        assert_ne!(one.expose(), other.expose());
        assert_eq!(one.expose().len(), TOKEN_CHARS);
        let read = Secret::parse(one.expose()).expect("reads");
        assert_eq!(read.hash(), one.hash());
        for text in ["", "short", &"=".repeat(43), &"a".repeat(44)] {
            assert!(Secret::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn nonce_and_verifier_need_both_state_and_browser() {
        let (state, browser, other) = (secret(), secret(), secret());
        let pair = |state, browser| Pair { state, browser };
        let own = pair(&state, &browser);
        let verifier = own.verifier();
        assert_eq!(verifier.expose_secret().len(), TOKEN_CHARS);
        assert_ne!(own.nonce(), verifier.expose_secret());
        for pair in [pair(&other, &browser), pair(&state, &other)] {
            assert_ne!(pair.nonce(), own.nonce());
            assert_ne!(pair.verifier().expose_secret(), verifier.expose_secret());
        }
    }

    #[test]
    fn an_answer_belongs_to_its_organization_its_browser_and_its_time() {
        let browser = secret();
        let flow = flow(&browser);
        let now = Timestamp::UNIX_EPOCH;
        let org = &flow.organization;
        assert_eq!(flow.check(org, Some(&browser), now), Ok(()));
        let strange = OrganizationId::generate(now);
        let elsewhere = flow.check(&strange, Some(&browser), now);
        assert_eq!(elsewhere, Err(Mismatch::Organization));
        for other in [None, Some(secret())] {
            let by_other = flow.check(org, other.as_ref(), now);
            assert_eq!(by_other, Err(Mismatch::Browser));
        }
        let late = flow.check(org, Some(&browser), now + LIFE);
        assert_eq!(late, Err(Mismatch::Expired));
    }

    #[test]
    fn only_paths_of_the_application_are_returned_to() {
        for own in [
            "/",
            "/desk",
            "/desk?tab=1#x",
            "/a//b",
            "/%2f%2fevil.example",
        ] {
            assert!(is_own_path(own), "{own}");
        }
        let long = format!("/{}", "x".repeat(PATH_CHARS_MAX));
        for other in [
            "",
            "desk",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/\t/evil.example",
            "/\n/evil.example",
            " /desk",
            "/dé",
            &long,
        ] {
            assert!(!is_own_path(other), "{other}");
        }
    }

    proptest! {
        #[test]
        fn whatever_path_is_taken_stays_on_our_site(text in "[/\\\\a-z.:@?#% \\t]{0,12}") {
            let app = Url::parse("https://app.example").expect("a URL");
            if is_own_path(&text) {
                let joined = app.join(&text).expect("joins");
                prop_assert_eq!(joined.origin(), app.origin());
            }
        }
    }
}
