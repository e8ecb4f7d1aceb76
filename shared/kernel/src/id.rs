//! Typed ids: a prefix that says what it names, and a ULID.
//!
//! An id that does not parse cannot exist, so a route answers 404 before the
//! store is asked.

use std::fmt;

use crate::time::Timestamp;

/// A text that is not an id of the expected type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id of the form {0}_…")]
pub struct IdError(pub &'static str);

/// A fresh ULID at `now`, lower case, so that ids sort by time and are safe in
/// paths, keys and file names.
#[must_use]
pub fn ulid_at(now: Timestamp) -> String {
    let mut random = [0_u8; 16];
    getrandom::fill(&mut random).expect("the operating system gives random bytes");
    let ms = u64::try_from(now.timestamp_millis()).unwrap_or(0);
    ulid::Ulid::from_parts(ms, u128::from_be_bytes(random))
        .to_string()
        .to_ascii_lowercase()
}

/// Whether a text is a ULID as [`ulid_at`] writes it.
#[must_use]
pub fn is_ulid(text: &str) -> bool {
    text.len() == 26
        && text.bytes().all(|byte| {
            byte.is_ascii_digit()
                || (byte.is_ascii_lowercase() && !matches!(byte, b'i' | b'l' | b'o' | b'u'))
        })
}

/// Declares an id type with its prefix.
macro_rules! ulid_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, utoipa::ToSchema)]
        #[serde(transparent)]
        #[schema(value_type = String)]
        pub struct $name(String);

        impl $name {
            /// What every id of this type starts with.
            pub const PREFIX: &'static str = $prefix;

            /// A fresh id.
            #[must_use]
            pub fn generate(now: Timestamp) -> Self {
                Self(format!(concat!($prefix, "_{}"), ulid_at(now)))
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                match text.strip_prefix(concat!($prefix, "_")) {
                    Some(rest) if is_ulid(rest) => Ok(Self(text.to_owned())),
                    _ => Err(IdError($prefix)),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

ulid_id!(
    /// A trading account that is connected or imported.
    AccountId, "acc"
);
ulid_id!(
    /// One connection of an account with one password.
    InstanceId, "ins"
);
ulid_id!(
    /// One run of a plan on an account.
    ChallengeId, "chl"
);
ulid_id!(
    /// One message to a shop, however often it is tried.
    DeliveryId, "msg"
);
ulid_id!(
    /// One end of a challenge, pending or decided.
    VerdictId, "vrd"
);
ulid_id!(
    /// A movement of money that a shop has announced.
    AdjustmentId, "adj"
);
ulid_id!(
    /// A job that runs after its request was answered.
    JobId, "job"
);
ulid_id!(
    /// An import by upload.
    ImportId, "imp"
);
ulid_id!(
    /// A person with an account of Tradebridge's own.
    UserId, "usr"
);
ulid_id!(
    /// An organization of the firm's desk.
    OrganizationId, "org"
);
ulid_id!(
    /// One sign-in on one device, through all its refreshes.
    SessionId, "ses"
);
ulid_id!(
    /// An invitation into an organization.
    InvitationId, "inv"
);
ulid_id!(
    /// A member's application to have their identity checked.
    KycId, "kyc"
);
ulid_id!(
    /// A document of such an application.
    KycDocumentId, "kdc"
);
ulid_id!(
    /// A desktop terminal that was paired with a person.
    DeviceId, "dev"
);
ulid_id!(
    /// A command to a terminal, however often it is delivered.
    CommandId, "cmd"
);
ulid_id!(
    /// One position of one login at one server.
    TradeId, "trd"
);
ulid_id!(
    /// What a terminal reported as wrong.
    AlertId, "alr"
);
ulid_id!(
    /// A trading signal.
    SignalId, "sig"
);
ulid_id!(
    /// A channel that signals come through.
    SignalChannelId, "chn"
);
ulid_id!(
    /// A strategy that signals are traded by.
    StrategyId, "stg"
);
ulid_id!(
    /// One entry of the audit record.
    AuditId, "aud"
);
ulid_id!(
    /// One request, through all its log lines, messages and connection logs.
    RequestId, "req"
);

/// A shop: the organization that sells accounts. Chosen by the operator:
/// one to forty of `a-z 0-9 -`.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, utoipa::ToSchema,
)]
#[serde(transparent)]
#[schema(value_type = String)]
pub struct ShopId(String);

impl ShopId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for ShopId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let fits = (1..=40).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        fits.then(|| Self(text.to_owned())).ok_or(IdError("shop"))
    }
}

impl fmt::Display for ShopId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for ShopId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A person as the accounts know them: WordPress user `n` of one shop. The
/// text form is `wp:{shop}:{n}` and is the subject of their access tokens.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WpUser {
    /// The shop in whose WordPress the number counts.
    pub shop: ShopId,
    /// The number there, from 1.
    pub wp_user_id: u64,
}

impl fmt::Display for WpUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "wp:{}:{}", self.shop, self.wp_user_id)
    }
}

impl std::str::FromStr for WpUser {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let mut parts = text.splitn(3, ':');
        let (Some("wp"), Some(shop), Some(number)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(IdError("wp"));
        };
        let wp_user_id = number.parse().map_err(|_| IdError("wp"))?;
        Ok(Self {
            shop: shop.parse()?,
            wp_user_id,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_parses_back_and_another_types_id_does_not() {
        let now = chrono::DateTime::from_timestamp(1_700_000_000, 0).expect("a time");
        let account = AccountId::generate(now);
        assert_eq!(account.as_str().parse(), Ok(account.clone()));
        assert!(account.as_str().parse::<JobId>().is_err());
        for text in ["", "acc_", "acc_../../x", "acc_01HF0000000000000000000000"] {
            assert!(text.parse::<AccountId>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_word_press_user_is_its_shops() {
        let user: WpUser = "wp:demo:42".parse().expect("a user");
        assert_eq!((user.shop.as_str(), user.wp_user_id), ("demo", 42));
        assert_eq!(user.to_string(), "wp:demo:42");
        assert!("wp:demo:-1".parse::<WpUser>().is_err());
    }
}
