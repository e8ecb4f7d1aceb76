//! Registering: whether an address is somebody's already shows to its owner
//! alone, in the mail.

use kernel::time::Timestamp;
use platform::dynamo::Transaction;
use secrecy::SecretString;

use super::{Identity, mail};
use crate::domain::one_time;
use crate::mail::MailMessage;
use crate::model::Registration;

/// Who wants to be a person here.
#[derive(Clone, Debug)]
pub struct Applicant {
    /// Their address, normalized.
    pub email: String,
    /// The password that they chose.
    pub password: SecretString,
    /// What they want to be called.
    pub name: Option<String>,
    /// Name of an organization to be founded with it.
    pub organization: Option<String>,
}

/// Keeps a registration until its address is shown to be theirs, and has a
/// mail sent. Does the same work whether or not the address is taken.
///
/// # Errors
/// `Invalid` where the password is not good enough.
pub async fn register(
    identity: &Identity,
    applicant: Applicant,
    request_id: &str,
    now: Timestamp,
) -> kernel::Result<()> {
    let email = applicant.email;
    identity
        .check_password("password", &applicant.password, &email)
        .await?;
    let registration = Registration {
        password_hash: identity.parameters.hash(&applicant.password)?,
        name: applicant.name,
        organization: applicant.organization,
        created_at: now,
        email,
    };
    let token = one_time::generate()?;
    let email = &registration.email;
    let asked = MailMessage::verify_address(&identity.vault, email, &token, now).await?;
    let mut transaction = Transaction::new();
    let store = &identity.store;
    store.put_registration(&mut transaction, &registration, &one_time::hash(&token))?;
    mail(&mut transaction, store, &asked, request_id, now)?;
    Ok(transaction.commit().await?)
}
