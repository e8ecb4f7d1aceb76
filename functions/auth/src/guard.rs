//! What somebody who is signed in proves once more, before what they sign in
//! with changes.

use identity::app::second_factor::WRONG_CODE;
use identity::domain::password;
use identity::model::Person;
use kernel::Error;
use platform::rate_limit::Limit;
use secrecy::{ExposeSecret, SecretString};
use web::caller::SignedIn;

use crate::App;

/// Tries at passwords and codes of a person, right or wrong.
const TRIES: Limit = Limit::exact(20, 900);
const WRONG_PASSWORD: Error = Error::Forbidden("the password is not right");

/// Checks what a person proves.
#[derive(Debug)]
pub(crate) struct Guard<'a> {
    app: &'a App,
    pub(crate) person: Person,
}

impl<'a> Guard<'a> {
    /// Admits a bounded number of tries: with a token alone nobody guesses a
    /// password or a code. Nobody's sign-in suffers by it.
    pub(crate) async fn open(app: &'a App, caller: &SignedIn) -> kernel::Result<Self> {
        let name = format!("proofs:{}", caller.user);
        let now = app.now();
        let decision = app.platform.limiter().admit(&name, TRIES, now).await?;
        if !decision.admitted {
            return Err(Error::RateLimited {
                retry_after_s: decision.reset_s,
            });
        }
        let person = app.identity.store.person(&caller.user).await?;
        let person = person.ok_or(Error::Unauthenticated)?;
        Ok(Self { app, person })
    }

    pub(crate) fn check_is_on(&self) -> kernel::Result<()> {
        match self.person.has_totp {
            true => Ok(()),
            false => Err(Error::Conflict("the second factor is not on".to_owned())),
        }
    }

    pub(crate) fn check_password(&self, password: &SecretString) -> kernel::Result<()> {
        let is_right = password::verify(password, &self.person.password_hash);
        is_right.then_some(()).ok_or(WRONG_PASSWORD)
    }

    pub(crate) async fn check_code(&self, code: &SecretString) -> kernel::Result<()> {
        let now = self.app.now();
        let second_factors = &self.app.second_factors;
        let is_right = second_factors
            .check(&self.person.id, code.expose_secret(), now)
            .await?;
        is_right.then_some(()).ok_or(WRONG_CODE)
    }
}
