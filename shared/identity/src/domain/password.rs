//! Passwords: what is taken as one, and how it is kept.
//!
//! They are kept as Argon2id in a PHC string, so the parameters that made a
//! hash are in it. Hashes of an imported user base are bcrypt's; they verify
//! and are replaced at the next sign-in, as are those of weaker parameters.

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use secrecy::{ExposeSecret, SecretString};

use super::common_passwords::is_common;
use crate::model::PasswordHash;

/// Fewest characters of a password.
pub const CHARS_MIN: usize = 8;
/// Most characters of a password: more is work for us and safety for nobody.
pub const CHARS_MAX: usize = 128;
/// Memory of Argon2id that OWASP names as the least for two passes, in KiB.
pub const MEMORY_KIB: u32 = 19_456;
/// The passes that go with it.
pub const PASSES: u32 = 2;
/// Most memory that a setting may ask for, in KiB: an instance has little more.
pub const MEMORY_KIB_MAX: u32 = 262_144;
/// Most passes that a setting may ask for.
pub const PASSES_MAX: u32 = 10;
const SALT_BYTES: usize = 16;
/// Highest cost of an imported hash; one more doubles the work of a sign-in.
const BCRYPT_COST_MAX: u32 = 14;
/// Salt and result of a hash that no password has.
const NOBODYS: &str = "bm9ib2R5cy1wYXNzd29yZA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Why a password could not be hashed.
#[derive(Debug, thiserror::Error)]
#[error("the password could not be hashed")]
pub struct HashError(#[source] kernel::error::Cause);

impl From<HashError> for kernel::Error {
    fn from(error: HashError) -> Self {
        Self::internal(error)
    }
}

/// How much work a password's hash is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordParameters {
    memory_kib: u32,
    passes: u32,
}

impl Default for PasswordParameters {
    fn default() -> Self {
        Self {
            memory_kib: MEMORY_KIB,
            passes: PASSES,
        }
    }
}

impl PasswordParameters {
    /// Within the bounds of what an instance can do.
    #[must_use]
    pub fn new(memory_kib: u32, passes: u32) -> Self {
        Self {
            memory_kib: memory_kib.clamp(Params::MIN_M_COST, MEMORY_KIB_MAX),
            passes: passes.clamp(1, PASSES_MAX),
        }
    }

    fn hasher(self) -> Result<Argon2<'static>, HashError> {
        let params = Params::new(self.memory_kib, self.passes, 1, None)
            .map_err(|error| HashError(error.to_string().into()))?;
        Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
    }

    /// Hashes a password with a fresh salt.
    ///
    /// # Errors
    /// Where the system gives no randomness or memory.
    pub fn hash(self, password: &SecretString) -> Result<PasswordHash, HashError> {
        let mut salt = [0_u8; SALT_BYTES];
        getrandom::fill(&mut salt).map_err(|_| HashError("no randomness".into()))?;
        let hash: phc::PasswordHash = self
            .hasher()?
            .hash_password_with_salt(password.expose_secret().as_bytes(), &salt)
            .map_err(|error| HashError(error.to_string().into()))?;
        Ok(PasswordHash::new(hash.to_string()))
    }

    /// A hash that no password has, and that costs as much to find out as
    /// another of these parameters: what is checked where there is nobody.
    #[must_use]
    pub fn nobodys(self) -> PasswordHash {
        let Self { memory_kib, passes } = self;
        PasswordHash::new(format!(
            "$argon2id$v=19$m={memory_kib},t={passes},p=1${NOBODYS}"
        ))
    }

    /// Parameters of what is left of this work, in KiB of all passes, when some
    /// is done; `None` where that is nothing to speak of.
    pub(super) fn less(self, done_kib: u64) -> Option<Self> {
        let passes = u64::from(self.passes);
        let all_kib = u64::from(self.memory_kib) * passes;
        let rest_kib = all_kib.saturating_sub(done_kib) / passes;
        let memory_kib = u32::try_from(rest_kib).ok()?;
        let least = Params::MIN_M_COST;
        (memory_kib >= least).then_some(Self { memory_kib, ..self })
    }

    /// Whether a hash is to be replaced at the next sign-in: bcrypt's, or of
    /// other parameters.
    #[must_use]
    pub fn needs_rehash(self, hash: &PasswordHash) -> bool {
        let Self { memory_kib, passes } = self;
        let wanted = format!("$argon2id$v=19$m={memory_kib},t={passes},p=1$");
        !hash.expose().starts_with(&wanted)
    }
}

/// Whether a password is the one of a hash. A hash that cannot be read is
/// nobody's.
#[must_use]
pub fn verify(password: &SecretString, hash: &PasswordHash) -> bool {
    let text = password.expose_secret();
    if is_bcrypt(hash.expose()) {
        return bcrypt::verify(text, hash.expose()).unwrap_or(false);
    }
    let Ok(kept) = phc::PasswordHash::new(hash.expose()) else {
        return false;
    };
    // The parameters are those of the hash, not of this value.
    Argon2::default()
        .verify_password(text.as_bytes(), &kept)
        .is_ok()
}

/// The cost of a hash of bcrypt; `None` of another.
#[must_use]
pub fn bcrypt_cost(hash: &PasswordHash) -> Option<u32> {
    let parts: bcrypt::HashParts = hash.expose().parse().ok()?;
    is_bcrypt(hash.expose()).then(|| parts.get_cost())
}

/// The hash of an imported user, where it is one of bcrypt whose work is
/// bounded.
#[must_use]
pub fn imported(hash: &str) -> Option<PasswordHash> {
    let hash = PasswordHash::new(hash);
    bcrypt_cost(&hash)
        .is_some_and(|cost| cost <= BCRYPT_COST_MAX)
        .then_some(hash)
}

fn is_bcrypt(hash: &str) -> bool {
    ["$2a$", "$2b$", "$2y$"]
        .iter()
        .any(|prefix| hash.starts_with(prefix))
}

/// What is wrong with a password for a person of this address, as a sentence.
#[must_use]
pub fn fault(password: &SecretString, email: &str) -> Option<&'static str> {
    let text = password.expose_secret();
    let chars = text.chars().count();
    if !(CHARS_MIN..=CHARS_MAX).contains(&chars) {
        return Some("must have 8 to 128 characters");
    }
    let lower = text.to_lowercase();
    if is_common(text) {
        return Some("is one of the most common passwords");
    }
    let local = email.split('@').next().unwrap_or_default();
    // Of short names nearly every password has one by chance.
    let has_name = local.len() >= 4 && lower.contains(local);
    if has_name || lower == email {
        return Some("must not contain your address");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: PasswordParameters = PasswordParameters {
        memory_kib: 64,
        passes: 1,
    };

    fn secret(text: &str) -> SecretString {
        text.into()
    }

    #[test]
    fn a_password_verifies_against_its_own_hash_only() {
        let hash = SMALL.hash(&secret("correct horse")).expect("hashes");
        assert!(verify(&secret("correct horse"), &hash));
        assert!(!verify(&secret("correct horsf"), &hash));
        assert!(!verify(&secret("correct horse"), &PasswordHash::new("")));
        let again = SMALL.hash(&secret("correct horse")).expect("hashes");
        assert_ne!(hash, again, "each has its own salt");
    }

    #[test]
    fn the_default_is_what_owasp_asks_for_at_least() {
        let hash = PasswordParameters::default()
            .hash(&secret("correct horse"))
            .expect("hashes");
        assert!(hash.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    }

    /// The reference implementation's own test: `argon2 -id`, version 19.
    #[test]
    fn a_hash_of_the_reference_implementation_verifies() {
        let hash =
            "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
        assert!(verify(&secret("password"), &PasswordHash::new(hash)));
        assert!(!verify(&secret("passwore"), &PasswordHash::new(hash)));
    }

    /// From the test vectors of the bcrypt of OpenBSD and of PHP's
    /// `password_verify`.
    #[test]
    fn bcrypt_of_each_prefix_verifies_and_is_replaced() {
        let tail = "05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
        for prefix in ["$2a$", "$2b$", "$2y$"] {
            let text = format!("{prefix}{tail}");
            let hash = imported(&text).expect("bcrypt");
            assert!(verify(&secret("U*U"), &hash), "{prefix}");
            assert!(!verify(&secret("U*V"), &hash), "{prefix}");
            assert!(SMALL.needs_rehash(&hash));
        }
        assert_eq!(imported(&format!("$2x${tail}")), None);
        let costly = format!("$2b$15${}", &tail[3..]);
        assert_eq!(imported(&costly), None);
        assert_eq!(imported("$2b$05$short"), None);
        assert_eq!(imported("$argon2id$v=19$m=1,t=1,p=1$x$y"), None);
    }

    #[test]
    fn what_is_left_of_the_work_is_the_whole_less_what_is_done() {
        let whole = PasswordParameters::new(1_000, 2);
        let left = |done_kib| whole.less(done_kib).map(|left| left.memory_kib);
        assert_eq!(left(0), Some(1_000));
        assert_eq!(left(500), Some(750));
        assert_eq!(left(1_984), Some(8));
        assert_eq!(left(1_990), None);
        assert_eq!(left(9_999), None);
        assert_eq!(whole.less(500).map(|left| left.passes), Some(2));
    }

    #[test]
    fn only_a_hash_of_these_parameters_stays() {
        let hash = SMALL.hash(&secret("correct horse")).expect("hashes");
        assert!(!SMALL.needs_rehash(&hash));
        assert!(PasswordParameters::default().needs_rehash(&hash));
        let more = PasswordParameters { passes: 2, ..SMALL };
        assert!(more.needs_rehash(&hash));
    }

    #[test]
    fn nobodys_hash_can_be_read_and_nobody_has_it() {
        for parameters in [SMALL, PasswordParameters::default()] {
            let hash = parameters.nobodys();
            let read = phc::PasswordHash::new(hash.expose()).expect("a PHC string");
            assert_eq!(read.hash.map(|hash| hash.len()), Some(32));
            assert!(!parameters.needs_rehash(&hash), "the same work");
            assert!(!verify(&secret("correct horse"), &hash));
        }
    }

    #[test]
    fn short_long_common_and_ones_own_names_are_refused() {
        let fault = |password: &str| fault(&secret(password), "lovelace@example.org");
        assert_eq!(fault("tr0ub4dor&3x"), None);
        assert_eq!(fault("ein langer satz mit wörtern"), None);
        assert!(fault("sh0rt-1").is_some());
        assert!(fault(&"x1".repeat(65)).is_some());
        assert!(fault("password1").is_some());
        assert!(fault("PassWord1").is_some());
        assert!(fault("my-Lovelace-99").is_some());
        assert_eq!(
            super::fault(&secret("tr0ub4dor&3x"), "ad@example.org"),
            None
        );
    }
}
