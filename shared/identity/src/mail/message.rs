//! A mail on its way through the queue.

use kernel::id::{UserId, ulid_at};
use kernel::time::Timestamp;
use platform::keys::Vault;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// Characters of a device's description that a message carries.
const DEVICE_CHARS_MAX: usize = 300;

/// A mail that is to be sent. Its id tells copies of it from another mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailMessage {
    /// The mail's own id; ids sort by time.
    pub id: String,
    /// What it says.
    pub mail: Mail,
}

/// What a mail says. A token that a link will carry is sealed for its
/// recipient's address: whoever reads the queue cannot use it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Mail {
    /// Somebody registered with this address. Whether it is somebody's
    /// already shows when the mail is written, so that registering takes the
    /// same time either way.
    VerifyAddress {
        /// The address, normalized.
        email: String,
        /// The registration's token.
        sealed_token: String,
    },
    /// Somebody wants a new password for this address, which may be nobody's.
    /// The token is made when the mail is written.
    ResetPassword {
        /// The address, normalized.
        email: String,
    },
    /// A person's password was changed.
    PasswordChanged {
        /// Whose.
        user: UserId,
        /// When.
        at: Timestamp,
    },
    /// A platform admin took a person's second factor away.
    SecondFactorReset {
        /// Whose.
        user: UserId,
        /// When.
        at: Timestamp,
    },
    /// A person signed in on a device that was not seen before.
    NewDevice {
        /// Who.
        user: UserId,
        /// The device, as it described itself.
        device: String,
        /// The network address that it came from.
        address: String,
        /// When.
        at: Timestamp,
    },
    /// Somebody is invited into an organization.
    Invitation {
        /// The address, normalized.
        email: String,
        /// The organization's name.
        organization: String,
        /// Who invites.
        inviter: String,
        /// The invitation's token.
        sealed_token: String,
    },
}

impl MailMessage {
    fn of(mail: Mail, now: Timestamp) -> Self {
        Self {
            id: ulid_at(now),
            mail,
        }
    }

    /// To an address that somebody registered with, with the registration's
    /// token.
    ///
    /// # Errors
    /// Where the master keys cannot be had.
    pub async fn verify_address(
        vault: &Vault,
        email: &str,
        token: &SecretString,
        now: Timestamp,
    ) -> kernel::Result<Self> {
        let mail = Mail::VerifyAddress {
            email: email.to_owned(),
            sealed_token: vault.seal(token, &token_identity(email)).await?,
        };
        Ok(Self::of(mail, now))
    }

    /// To an address whose owner, where there is one, wants a new password.
    #[must_use]
    pub fn reset_password(email: &str, now: Timestamp) -> Self {
        let email = email.to_owned();
        Self::of(Mail::ResetPassword { email }, now)
    }

    /// To a person whose password was changed just now.
    #[must_use]
    pub fn password_changed(user: &UserId, now: Timestamp) -> Self {
        let user = user.clone();
        Self::of(Mail::PasswordChanged { user, at: now }, now)
    }

    /// To a person whose second factor was taken away just now.
    #[must_use]
    pub fn second_factor_reset(user: &UserId, now: Timestamp) -> Self {
        let user = user.clone();
        Self::of(Mail::SecondFactorReset { user, at: now }, now)
    }

    /// To a person who signed in just now, on a device described by its user
    /// agent and from a network address.
    #[must_use]
    pub fn new_device(user: &UserId, device: &str, address: &str, now: Timestamp) -> Self {
        let mail = Mail::NewDevice {
            user: user.clone(),
            device: device.chars().take(DEVICE_CHARS_MAX).collect(),
            address: address.to_owned(),
            at: now,
        };
        Self::of(mail, now)
    }

    /// To an address that is invited into an organization, with the
    /// invitation's token.
    ///
    /// # Errors
    /// Where the master keys cannot be had.
    pub async fn invitation(
        vault: &Vault,
        email: &str,
        organization: &str,
        inviter: &str,
        token: &SecretString,
        now: Timestamp,
    ) -> kernel::Result<Self> {
        let mail = Mail::Invitation {
            email: email.to_owned(),
            organization: organization.to_owned(),
            inviter: inviter.to_owned(),
            sealed_token: vault.seal(token, &token_identity(email)).await?,
        };
        Ok(Self::of(mail, now))
    }
}

impl Mail {
    /// The token of a link, opened for the address that it is sealed for.
    ///
    /// # Errors
    /// Where the master keys cannot be had, or the token is another address's.
    pub async fn open_token(
        vault: &Vault,
        email: &str,
        sealed_token: &str,
    ) -> kernel::Result<SecretString> {
        vault.open(sealed_token, &token_identity(email)).await
    }

    /// A word for the kind, for file names and logs.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::VerifyAddress { .. } => "verify-address",
            Self::ResetPassword { .. } => "reset-password",
            Self::PasswordChanged { .. } => "password-changed",
            Self::SecondFactorReset { .. } => "second-factor-reset",
            Self::NewDevice { .. } => "new-device",
            Self::Invitation { .. } => "invitation",
        }
    }
}

fn token_identity(email: &str) -> String {
    format!("mail:{email}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::envelope::MasterKeys;
    use secrecy::ExposeSecret;

    fn vault() -> Vault {
        let text = MasterKeys::with_fresh_key(None).expect("a key");
        Vault::given(MasterKeys::parse(&text).expect("reads"))
    }

    #[tokio::test]
    async fn a_token_is_not_readable_in_the_queue_and_opens_for_its_address_only() {
        let vault = vault();
        let token = SecretString::from("the-token-of-a-link");
        let now = Timestamp::UNIX_EPOCH;
        let message = MailMessage::verify_address(&vault, "a@x.example", &token, now)
            .await
            .expect("seals");
        let body = serde_json::to_string(&message).expect("JSON");
        assert!(!body.contains("the-token"), "{body}");
        let read: MailMessage = serde_json::from_str(&body).expect("reads");
        assert_eq!(read, message);
        let Mail::VerifyAddress { sealed_token, .. } = read.mail else {
            panic!("another kind");
        };
        let opened = Mail::open_token(&vault, "a@x.example", &sealed_token).await;
        assert_eq!(
            opened.expect("opens").expose_secret(),
            "the-token-of-a-link"
        );
        let other = Mail::open_token(&vault, "b@x.example", &sealed_token).await;
        assert!(other.is_err());
    }

    #[test]
    fn the_message_of_a_device_is_bounded() {
        let user = UserId::generate(Timestamp::UNIX_EPOCH);
        let agent = "x".repeat(10_000);
        let message = MailMessage::new_device(&user, &agent, "192.0.2.1", Timestamp::UNIX_EPOCH);
        let Mail::NewDevice { device, .. } = message.mail else {
            panic!("another kind");
        };
        assert_eq!(device.len(), DEVICE_CHARS_MAX);
    }
}
