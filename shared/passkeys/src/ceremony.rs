//! What is kept between the start of a ceremony and its finish.

use chrono::TimeDelta;
use kernel::id::UserId;
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};
use webauthn_rp::bin::Decode;
use webauthn_rp::response::SentChallenge;

use crate::{Refusal, from_base64url, to_base64url};

/// How long a person has for a ceremony. Browsers are told the same.
pub const LIFE: TimeDelta = TimeDelta::minutes(5);

/// Which ceremony.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A person adds a passkey.
    Registration,
    /// Somebody signs in with one.
    SignIn,
}

/// A ceremony that has started. It is good once and for [`LIFE`]; who keeps it
/// sees to the first, the finish to the second.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ceremony {
    /// Which.
    pub kind: Kind,
    /// Its challenge, which names it, in lower-case hex.
    pub challenge: String,
    /// Who started it, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// Until when it may be finished.
    pub expires_at: Timestamp,
    /// What the browser was asked for, in base64url.
    state: String,
}

/// A ceremony's start.
#[derive(Clone, Debug, PartialEq)]
pub struct Started {
    /// To keep until the finish.
    pub ceremony: Ceremony,
    /// For the browser, as JSON: `PublicKeyCredentialCreationOptionsJSON` or
    /// `PublicKeyCredentialRequestOptionsJSON`.
    pub options: serde_json::Value,
}

impl Ceremony {
    pub(crate) fn new(
        kind: Kind,
        challenge: SentChallenge,
        user: Option<&UserId>,
        state: &[u8],
        now: Timestamp,
    ) -> Self {
        Self {
            kind,
            challenge: challenge_name(challenge),
            user: user.cloned(),
            expires_at: now + LIFE,
            state: to_base64url(state),
        }
    }

    /// The library's state, where the ceremony is of this kind and its time
    /// is not over.
    pub(crate) fn open<State>(&self, kind: Kind, now: Timestamp) -> Result<State, Refusal>
    where
        State: for<'a> Decode<Input<'a> = &'a [u8]>,
    {
        if self.kind != kind {
            return Err(Refusal::OtherCeremony);
        }
        if now >= self.expires_at {
            return Err(Refusal::Expired);
        }
        let bytes = from_base64url(&self.state)?;
        State::decode(&bytes).map_err(|_| Refusal::Corrupt("a ceremony's state"))
    }
}

pub(crate) fn challenge_name(challenge: SentChallenge) -> String {
    format!("{:032x}", challenge.0)
}
