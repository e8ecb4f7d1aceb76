//! Every key of the identity's table, in one place.
//!
//! | partition | sort key | what |
//! |---|---|---|
//! | `U#{user}` | `USER` | the person |
//! | | `SESSION#{session}` | a session |
//! | | `ADDRESS` | a change of the address that waits for the new one's proof |
//! | | `TOTP`, `BACKUP` | the second factor's secret; hashes of backup codes |
//! | | `PASSKEY#{credential}` | a passkey |
//! | | `LINK#{shop}` | the WordPress user of a shop who is this person |
//! | | `EXTERNAL#{org}` | what an organization's sign-in provider calls them |
//! | `PK#{credential}` | `PASSKEY` | whose passkey it is |
//! | `PKC#{challenge}` | `CEREMONY` | a registration or sign-in of one that is under way |
//! | `WP#{shop}#{n}` | `USER` | which person a WordPress user is |
//! | `X#{org}#{sha256 of issuer, subject}` | `USER` | whom an organization's sign-in provider means |
//! | `E#{email}` | `USER` | which person has the address |
//! | | `PENDING#{hash}` | a registration whose address is not shown yet |
//! | `N#{user name}` | `USER` | which person has the name |
//! | `T#{hash}` | `TOKEN` | a one-time token |
//! | `IMPORTS` | `HASHES` | what imported hashes there are |
//! | `DIRECTORY` | `{email}` | every person by address, for platform admins |
//! | `OUTBOX#{n}` | `{ulid}` | events on their way |

use kernel::digest::sha256_hex;
use kernel::id::{OrganizationId, SessionId, ShopId, UserId};
use platform::dynamo::Key;

/// Prefix of a person's sessions.
pub const SESSION_PREFIX: &str = "SESSION#";
/// Prefix of a person's passkeys.
pub const PASSKEY_PREFIX: &str = "PASSKEY#";
/// Prefix of a person's links to WordPress users.
pub const LINK_PREFIX: &str = "LINK#";
/// Prefix of an address's registrations that wait for its proof.
pub const PENDING_PREFIX: &str = "PENDING#";
/// The partition that lists every person by address.
pub const DIRECTORY: &str = "DIRECTORY";

/// A person's partition.
#[must_use]
pub fn partition(user: &UserId) -> String {
    format!("U#{user}")
}

/// An item of a person.
#[must_use]
pub fn of_user(user: &UserId, sk: impl Into<String>) -> Key {
    Key::new(partition(user), sk)
}

/// The person.
#[must_use]
pub fn person(user: &UserId) -> Key {
    of_user(user, "USER")
}

/// A session of a person.
#[must_use]
pub fn session(user: &UserId, session: &SessionId) -> Key {
    of_user(user, format!("{SESSION_PREFIX}{session}"))
}

/// A change of a person's address that waits for its proof.
#[must_use]
pub fn address_change(user: &UserId) -> Key {
    of_user(user, "ADDRESS")
}

/// The secret that a person's codes come from.
#[must_use]
pub fn totp(user: &UserId) -> Key {
    of_user(user, "TOTP")
}

/// The hashes of a person's backup codes.
#[must_use]
pub fn backup(user: &UserId) -> Key {
    of_user(user, "BACKUP")
}

/// A passkey of a person, by its credential id in base64url.
#[must_use]
pub fn passkey(user: &UserId, credential: &str) -> Key {
    of_user(user, format!("{PASSKEY_PREFIX}{credential}"))
}

/// Whose passkey a credential id is.
#[must_use]
pub fn passkey_owner(credential: &str) -> Key {
    Key::new(format!("PK#{credential}"), "PASSKEY")
}

/// A passkey's registration or sign-in that is under way, by its challenge.
#[must_use]
pub fn ceremony(challenge: &str) -> Key {
    Key::new(format!("PKC#{challenge}"), "CEREMONY")
}

/// The WordPress user of a shop that a person is.
#[must_use]
pub fn link(user: &UserId, shop: &ShopId) -> Key {
    of_user(user, format!("{LINK_PREFIX}{shop}"))
}

/// The person that a WordPress user is.
#[must_use]
pub fn word_press(shop: &ShopId, wp_user_id: u64) -> Key {
    Key::new(format!("WP#{shop}#{wp_user_id}"), "USER")
}

/// What an organization's sign-in provider calls a person.
#[must_use]
pub fn external_of(user: &UserId, org: &OrganizationId) -> Key {
    of_user(user, format!("EXTERNAL#{org}"))
}

/// Whom an organization's sign-in provider means. Either name may have any
/// character, so they are told apart by the length of the first.
#[must_use]
pub fn external(org: &OrganizationId, issuer: &str, subject: &str) -> Key {
    let named = format!("{}:{issuer}{subject}", issuer.len());
    Key::new(format!("X#{org}#{}", sha256_hex(named.as_bytes())), "USER")
}

/// An address's partition.
#[must_use]
pub fn address(email: &str) -> String {
    format!("E#{email}")
}

/// The person who has a normalized address.
#[must_use]
pub fn email(email: &str) -> Key {
    Key::new(address(email), "USER")
}

/// A registration of an address that waits for its proof, by the hash of its
/// token.
#[must_use]
pub fn pending(email: &str, token_hash: &str) -> Key {
    Key::new(address(email), format!("{PENDING_PREFIX}{token_hash}"))
}

/// The person who has a lower-case user name.
#[must_use]
pub fn username(name: &str) -> Key {
    Key::new(format!("N#{name}"), "USER")
}

/// A one-time token, by its hash.
#[must_use]
pub fn one_time(token_hash: &str) -> Key {
    Key::new(format!("T#{token_hash}"), "TOKEN")
}

/// What imported hashes there are.
#[must_use]
pub fn imports() -> Key {
    Key::new("IMPORTS", "HASHES")
}

/// A person in the list of all, by normalized address.
#[must_use]
pub fn listed(email: &str) -> Key {
    Key::new(DIRECTORY, email)
}
