//! Sign-ins, as they are observed.

use std::time::Duration;

use kernel::Error;
use kernel::id::{AuditId, UserId};
use platform::audit_log::{ANONYMOUS, AuditLog, Entry};
use platform::dynamo::{CommitError, StoreError, Transaction};
use platform::outbox;
use platform::queue::Queue;
use platform::retry;
use serde::Serialize;

use crate::domain::{About, Alert, Attempt, Failures};
use crate::store::{Store, keys};

/// The action of an alert's own entry in the record.
pub const ALERT: &str = "sign_in.alert";
/// Times that a profile which somebody else wrote meanwhile is judged anew.
const ATTEMPTS_MAX: u32 = 5;

/// Observes sign-ins. An alert is an entry of the record and, where the caller
/// has a message for it, an event to the mail queue; both are written with what
/// was learned from the sign-in, or none of the three.
#[derive(Clone, Debug)]
pub struct SignIns {
    store: Store,
}

impl SignIns {
    /// Over the record.
    #[must_use]
    pub fn new(log: AuditLog) -> Self {
        Self {
            store: Store::new(log),
        }
    }

    /// Judges a sign-in by those of this person before, and remembers it. What
    /// is wrong with it comes back as one alert; `message` is what to mail for
    /// it, or nothing.
    ///
    /// # Errors
    /// `Internal` where the store fails or others were always faster. The
    /// sign-in itself is none the worse for it.
    pub async fn observe<M: Serialize>(
        &self,
        person: &UserId,
        attempt: &Attempt,
        message: impl Fn(&Alert) -> Option<M>,
    ) -> kernel::Result<Vec<Alert>> {
        for round in 0..ATTEMPTS_MAX {
            let before = self.store.profile(person, attempt.at).await?;
            let mut profile = before.profile.clone();
            let reasons = profile.observe(attempt);
            let alert = (!reasons.is_empty()).then(|| Alert {
                about: About::Person(person.clone()),
                reasons,
                attempt: attempt.clone(),
            });
            let mut transaction = Transaction::new();
            self.store
                .put_profile(&mut transaction, person, &profile, &before, attempt.at)?;
            if let Some(alert) = &alert {
                self.put_alert(&mut transaction, alert, message(alert).as_ref())?;
            }
            match transaction.commit().await {
                Ok(()) => {
                    alert.iter().for_each(tell);
                    return Ok(alert.into_iter().collect());
                }
                Err(CommitError::Refused(_)) => {}
                Err(CommitError::Store(error)) => return Err(error.into()),
            }
            tokio::time::sleep(retry::backoff(round, Duration::from_millis(10))).await;
        }
        Err(Error::internal("others always wrote the profile first"))
    }

    /// Remembers a sign-in that failed, by its address and by the account that
    /// it named, whether or not there is one; the work is the same. Patterns
    /// come back as alerts, each once an hour.
    ///
    /// # Errors
    /// `Internal` where the store fails.
    pub async fn failed<M: Serialize>(
        &self,
        account: &str,
        attempt: &Attempt,
        message: impl Fn(&Alert) -> Option<M>,
    ) -> kernel::Result<Vec<Alert>> {
        let account = keys::hashed(account);
        let address = Failures::OfAddress(attempt.address.clone());
        let spray = self
            .note(
                &address,
                &account,
                attempt,
                About::Address(attempt.address.clone()),
                &message,
            )
            .await?;
        let of_account = Failures::OfAccount(account.clone());
        let attack = self
            .note(
                &of_account,
                &attempt.address,
                attempt,
                About::Account(account),
                &message,
            )
            .await?;
        Ok(spray.into_iter().chain(attack).collect())
    }

    async fn note<M: Serialize>(
        &self,
        of: &Failures,
        name: &str,
        attempt: &Attempt,
        about: About,
        message: &impl Fn(&Alert) -> Option<M>,
    ) -> kernel::Result<Option<Alert>> {
        let names = self.store.note_failure(of, name, attempt.at).await?;
        let Some(reason) = names.and_then(|names| of.judge(names)) else {
            return Ok(None);
        };
        let alert = Alert {
            about,
            reasons: vec![reason],
            attempt: attempt.clone(),
        };
        let mut transaction = Transaction::new();
        self.store.put_told(&mut transaction, of, attempt.at)?;
        self.put_alert(&mut transaction, &alert, message(&alert).as_ref())?;
        match transaction.commit().await {
            Ok(()) => {
                tell(&alert);
                Ok(Some(alert))
            }
            Err(CommitError::Refused(_)) => Ok(None),
            Err(CommitError::Store(error)) => Err(error.into()),
        }
    }

    fn put_alert<M: Serialize>(
        &self,
        transaction: &mut Transaction,
        alert: &Alert,
        message: Option<&M>,
    ) -> Result<(), StoreError> {
        let log = self.store.log();
        log.add(transaction, &entry(alert))?;
        let Some(message) = message else {
            return Ok(());
        };
        outbox::enqueue(
            transaction,
            log.table(),
            Queue::Mail,
            message,
            None,
            &alert.attempt.request_id,
            alert.attempt.at,
        )
    }
}

fn entry(alert: &Alert) -> Entry {
    let attempt = &alert.attempt;
    let (actor, target, outcome) = match &alert.about {
        About::Person(person) => (person.to_string(), None, 200),
        About::Account(hash) => (ANONYMOUS.to_owned(), Some(hash.clone()), 401),
        About::Address(address) => (ANONYMOUS.to_owned(), Some(address.clone()), 401),
    };
    Entry {
        id: AuditId::generate(attempt.at),
        at: attempt.at,
        actor,
        tenant: String::new(),
        action: ALERT.to_owned(),
        target,
        path: String::new(),
        address: attempt.address.clone(),
        user_agent: attempt.user_agent.clone(),
        device: attempt.device.clone(),
        country: attempt.country.clone(),
        outcome,
        request_id: attempt.request_id.clone(),
        detail: Some(alert.words()),
    }
}

/// For the operators, who look at patterns and not at people.
fn tell(alert: &Alert) {
    tracing::warn!(
        alarm = "sign_in",
        request_id = alert.attempt.request_id,
        "sign-in looks wrong: {}",
        alert.words()
    );
}
