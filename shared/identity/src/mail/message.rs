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

/// A change of what a person signs in with, beside their password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SignInChange {
    /// They can sign in with one more passkey.
    PasskeyAdded {
        /// What they call it.
        name: String,
    },
    /// They can sign in with a passkey no more.
    PasskeyRemoved {
        /// What they called it.
        name: String,
    },
    /// Sign-in asks for a code.
    SecondFactorTurnedOn,
    /// Sign-in asks for no code any more.
    SecondFactorTurnedOff,
    /// The backup codes that they had are void.
    BackupCodesRenewed,
}

impl SignInChange {
    fn kind(&self) -> &'static str {
        match self {
            Self::PasskeyAdded { .. } => "passkey-added",
            Self::PasskeyRemoved { .. } => "passkey-removed",
            Self::SecondFactorTurnedOn => "second-factor-turned-on",
            Self::SecondFactorTurnedOff => "second-factor-turned-off",
            Self::BackupCodesRenewed => "backup-codes-renewed",
        }
    }
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
    /// What a person signs in with has changed.
    SignInChanged {
        /// Whose.
        user: UserId,
        /// How.
        change: SignInChange,
        /// When.
        at: Timestamp,
    },
    /// A person wants to move to this address. Whether it is somebody's already
    /// shows when the mail is written.
    ConfirmAddress {
        /// The new address, normalized.
        email: String,
        /// The change's token.
        sealed_token: String,
    },
    /// A person wants to move from this address.
    AddressChangeAsked {
        /// The address that they have, normalized.
        email: String,
        /// The one that they want.
        new_email: String,
        /// When they asked.
        at: Timestamp,
    },
    /// A person has moved from this address.
    AddressChanged {
        /// The address that they had, normalized.
        email: String,
        /// The one that they have.
        new_email: String,
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
    /// An organization has checked who a member is, or takes that back.
    IdentityChecked {
        /// The member.
        user: UserId,
        /// The organization's name.
        organization: String,
        /// What it found.
        finding: Finding,
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

/// What an organization says of a member's identity. Its reason is told to
/// the member who signed in, and to no mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// It is shown.
    Approved,
    /// It is not shown.
    Rejected,
    /// It was shown, and that counts no more.
    Revoked,
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

    /// To a person whose ways to sign in changed just now.
    #[must_use]
    pub fn sign_in_changed(user: &UserId, change: SignInChange, now: Timestamp) -> Self {
        let mail = Mail::SignInChanged {
            user: user.clone(),
            change,
            at: now,
        };
        Self::of(mail, now)
    }

    /// To an address that a person wants to move to, with the change's token.
    ///
    /// # Errors
    /// Where the master keys cannot be had.
    pub async fn confirm_address(
        vault: &Vault,
        email: &str,
        token: &SecretString,
        now: Timestamp,
    ) -> kernel::Result<Self> {
        let mail = Mail::ConfirmAddress {
            email: email.to_owned(),
            sealed_token: vault.seal(token, &token_identity(email)).await?,
        };
        Ok(Self::of(mail, now))
    }

    /// To the address that a person has, who wants to move to another.
    #[must_use]
    pub fn address_change_asked(email: &str, new_email: &str, now: Timestamp) -> Self {
        let mail = Mail::AddressChangeAsked {
            email: email.to_owned(),
            new_email: new_email.to_owned(),
            at: now,
        };
        Self::of(mail, now)
    }

    /// To the address that a person had, who has moved to another.
    #[must_use]
    pub fn address_changed(email: &str, new_email: &str, now: Timestamp) -> Self {
        let mail = Mail::AddressChanged {
            email: email.to_owned(),
            new_email: new_email.to_owned(),
            at: now,
        };
        Self::of(mail, now)
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

    /// To a member of an organization that has checked who they are just now.
    #[must_use]
    pub fn identity_checked(
        user: &UserId,
        organization: &str,
        finding: Finding,
        now: Timestamp,
    ) -> Self {
        let mail = Mail::IdentityChecked {
            user: user.clone(),
            organization: organization.to_owned(),
            finding,
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
            Self::SignInChanged { change, .. } => change.kind(),
            Self::ConfirmAddress { .. } => "confirm-address",
            Self::AddressChangeAsked { .. } => "address-change-asked",
            Self::AddressChanged { .. } => "address-changed",
            Self::NewDevice { .. } => "new-device",
            Self::IdentityChecked { .. } => "identity-checked",
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
