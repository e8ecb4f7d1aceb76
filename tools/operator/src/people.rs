//! People that no route makes: the platform's own, the demo's, and those of an
//! older system.

use identity::app::import::{Imported, import};
use identity::domain::password;
use identity::model::{Person, PersonStatus};
use identity::store::Store;
use kernel::id::UserId;
use kernel::time::Clock;
use platform::clock::SystemClock;
use platform::config::Env;
use platform::dynamo::Transaction;
use secrecy::SecretString;
use serde::Deserialize;

use crate::Failure;

/// Lines of people that one run takes.
const LINES_MAX: usize = 1_000_000;

/// A person with a verified address and a password of ours.
pub(crate) struct Wanted<'a> {
    pub(crate) email: &'a str,
    pub(crate) name: &'a str,
    pub(crate) password: &'a SecretString,
    pub(crate) platform_admin: bool,
}

/// Makes the person, or gives the one who has the address this password and
/// these rights.
pub(crate) async fn put(store: &Store, env: &Env, wanted: &Wanted<'_>) -> Result<UserId, Failure> {
    let now = SystemClock.now();
    let email = identity::domain::email::normalize(wanted.email).ok_or("no email address")?;
    if let Some(fault) = password::fault(wanted.password, &email) {
        return Err(format!("the password {fault}").into());
    }
    let hash = identity::settings::password_parameters(env)?.hash(wanted.password)?;
    let before = store.person_of_email(&email).await?;
    let known = before
        .clone()
        .unwrap_or_else(|| Person::new(email, hash.clone(), now));
    let person = Person {
        name: Some(wanted.name.to_owned()),
        password_hash: hash,
        password_changed_at: now,
        status: PersonStatus::Active,
        platform_admin: wanted.platform_admin,
        ..known
    };
    let mut transaction = Transaction::new();
    let id = person.id.clone();
    match before {
        Some(before) => {
            store.change_person(&mut transaction, &before, person)?;
        }
        None => store.put_person(&mut transaction, &person)?,
    }
    transaction.commit().await?;
    Ok(id)
}

#[derive(Deserialize)]
struct Line {
    email: String,
    username: Option<String>,
    name: Option<String>,
    password_hash: String,
}

/// Imports people from JSON lines. A line that cannot be taken is told by its
/// number and stops nothing. Answers how many were imported and how many not.
pub(crate) async fn import_lines(store: &Store, text: &str) -> (usize, usize) {
    let (mut imported, mut refused) = (0, 0);
    for (index, line) in text.lines().enumerate().take(LINES_MAX) {
        if line.trim().is_empty() {
            continue;
        }
        match import_line(store, line).await {
            Ok(()) => imported += 1,
            Err(error) => {
                eprintln!("line {}: {error}", index + 1);
                refused += 1;
            }
        }
    }
    (imported, refused)
}

async fn import_line(store: &Store, line: &str) -> Result<(), Failure> {
    let line: Line = serde_json::from_str(line)?;
    let person = Imported {
        email: &line.email,
        username: line.username.as_deref(),
        name: line.name.as_deref(),
        password_hash: &line.password_hash,
    };
    import(store, &person, SystemClock.now()).await?;
    Ok(())
}
