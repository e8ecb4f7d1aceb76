//! Checking a password in the same time, whatever is kept of it.
//!
//! A hash of bcrypt, one of Argon2id and none at all take different times, which
//! would tell who has an account, and who came with an imported user base. So
//! every check does the work of all: an Argon2id of today's parameters and, as
//! long as somebody has an imported hash, a bcrypt of their highest cost. What
//! the person's own hash leaves of that is done on a hash that nobody has.

use argon2::Params;
use argon2::password_hash::phc;
use secrecy::{ExposeSecret, SecretString};

use super::password::{HashError, PasswordParameters, bcrypt_cost, verify};
use crate::model::PasswordHash;

/// Salt of a bcrypt whose result nobody looks at.
const NOBODYS_SALT: [u8; 16] = *b"nobodys-password";

/// How much work each check is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checks {
    /// Today's parameters.
    pub parameters: PasswordParameters,
    /// The highest cost of a hash that was imported and is still there.
    pub imported_cost: Option<u32>,
}

/// What a check has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// Another password, or none is kept.
    Wrong,
    /// The password, and its hash of today's parameters where the one that is
    /// kept is another.
    Right(Option<PasswordHash>),
}

impl Checks {
    /// Whether a password is the one of a hash.
    ///
    /// # Errors
    /// Where the system gives no randomness or memory for a new hash.
    pub fn check(
        self,
        password: &SecretString,
        kept: Option<&PasswordHash>,
    ) -> Result<Checked, HashError> {
        let cost = kept.and_then(bcrypt_cost);
        self.spend_bcrypt(password, cost);
        let own_kib = kept.and_then(argon2_work_kib);
        let Some(kept) = kept.filter(|_| cost.is_some() || own_kib.is_some()) else {
            self.spend_argon2(password, 0);
            return Ok(Checked::Wrong);
        };
        let is_right = verify(password, kept);
        let is_old = self.parameters.needs_rehash(kept);
        match (is_right, is_old) {
            (true, false) => Ok(Checked::Right(None)),
            // The new hash is the work that an old one has left.
            (true, true) => Ok(Checked::Right(Some(self.parameters.hash(password)?))),
            (false, _) => {
                self.spend_argon2(password, own_kib.unwrap_or(0));
                Ok(Checked::Wrong)
            }
        }
    }

    /// What a bcrypt of some cost, or none, leaves of the highest. One of cost
    /// `c` is `2^c` rounds, and so are those of each lower cost and one more.
    fn spend_bcrypt(self, password: &SecretString, cost: Option<u32>) {
        let Some(highest) = self.imported_cost else {
            return;
        };
        let costs = match cost {
            Some(cost) => cost..highest,
            None => highest..highest + 1,
        };
        for cost in costs {
            let text = password.expose_secret();
            let spent = bcrypt::hash_with_salt(text, cost, NOBODYS_SALT);
            std::hint::black_box(spent.is_ok());
        }
    }

    /// What an Argon2id of some work, or none, leaves of today's.
    fn spend_argon2(self, password: &SecretString, done_kib: u64) {
        if let Some(rest) = self.parameters.less(done_kib) {
            std::hint::black_box(verify(password, &rest.nobodys()));
        }
    }
}

/// Work of a hash of Argon2id: KiB that are written in all passes. `None` where
/// it is none.
fn argon2_work_kib(hash: &PasswordHash) -> Option<u64> {
    let hash = phc::PasswordHash::new(hash.expose()).ok()?;
    let params = Params::try_from(&hash).ok()?;
    Some(u64::from(params.m_cost()) * u64::from(params.t_cost()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::password::imported;

    const PASSWORD: &str = "correct horse";

    fn checks(imported_cost: Option<u32>) -> Checks {
        Checks {
            parameters: PasswordParameters::new(64, 2),
            imported_cost,
        }
    }

    fn of_bcrypt(cost: u32) -> PasswordHash {
        let hash = bcrypt::hash(PASSWORD, cost).expect("hashes");
        imported(&hash).expect("a hash of bcrypt")
    }

    #[test]
    fn a_hash_of_any_kind_is_checked_and_an_old_one_replaced() {
        let today = PasswordParameters::new(64, 2);
        let weaker = PasswordParameters::new(32, 1);
        let hash = |parameters: PasswordParameters| parameters.hash(&PASSWORD.into());
        let kinds = [
            (hash(today).expect("hashes"), false),
            (hash(weaker).expect("hashes"), true),
            (of_bcrypt(4), true),
            (of_bcrypt(6), true),
        ];
        for imported_cost in [None, Some(5)] {
            let checks = checks(imported_cost);
            for (kept, is_old) in &kinds {
                let checked = checks.check(&PASSWORD.into(), Some(kept));
                let Checked::Right(fresh) = checked.expect("checks") else {
                    panic!("{kept:?} is not right");
                };
                assert_eq!(fresh.is_some(), *is_old);
                if let Some(fresh) = fresh {
                    assert!(verify(&PASSWORD.into(), &fresh));
                    assert!(!today.needs_rehash(&fresh));
                }
                let wrong = checks.check(&"correct horsf".into(), Some(kept));
                assert_eq!(wrong.expect("checks"), Checked::Wrong);
            }
        }
    }

    #[test]
    fn nobody_and_what_is_no_hash_have_no_password() {
        let nothing = PasswordHash::new("none");
        for kept in [None, Some(&nothing)] {
            let checked = checks(Some(4)).check(&PASSWORD.into(), kept);
            assert_eq!(checked.expect("checks"), Checked::Wrong);
        }
    }

    #[test]
    fn the_work_of_a_hash_is_read_from_it() {
        let hash = |memory_kib, passes| {
            let parameters = PasswordParameters::new(memory_kib, passes);
            parameters.hash(&PASSWORD.into()).expect("hashes")
        };
        assert_eq!(argon2_work_kib(&hash(64, 3)), Some(192));
        assert_eq!(argon2_work_kib(&hash(96, 1)), Some(96));
        assert_eq!(argon2_work_kib(&of_bcrypt(4)), None);
        assert_eq!(bcrypt_cost(&of_bcrypt(7)), Some(7));
        assert_eq!(bcrypt_cost(&hash(64, 1)), None);
    }
}
