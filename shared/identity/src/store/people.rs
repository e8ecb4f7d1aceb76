//! People, and the ways to find them.

use kernel::id::UserId;
use kernel::time::Timestamp;
use platform::dynamo::{Condition, Query, Range, StoreError, Transaction, Update};
use serde::{Deserialize, Serialize};

use super::{Store, keys};
use crate::model::Person;

/// Which person something leads to.
#[derive(Serialize, Deserialize)]
pub(super) struct Pointer {
    pub(super) user_id: UserId,
}

impl Store {
    /// A person.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn person(&self, user: &UserId) -> Result<Option<Person>, StoreError> {
        self.identity.get(&keys::person(user), true).await
    }

    /// Many people, in no order; those who do not exist are absent.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn people(&self, users: &[UserId]) -> Result<Vec<Person>, StoreError> {
        let keys: Vec<_> = users.iter().map(keys::person).collect();
        let found = self.identity.get_many::<Person>(&keys).await?;
        Ok(found.into_iter().map(|(_, person)| person).collect())
    }

    /// Who has a normalized address.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn user_of_email(&self, email: &str) -> Result<Option<UserId>, StoreError> {
        let found: Option<Pointer> = self.identity.get(&keys::email(email), true).await?;
        Ok(found.map(|pointer| pointer.user_id))
    }

    /// Who has a lower-case user name.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn user_of_username(&self, name: &str) -> Result<Option<UserId>, StoreError> {
        let found: Option<Pointer> = self.identity.get(&keys::username(name), true).await?;
        Ok(found.map(|pointer| pointer.user_id))
    }

    /// The person who has a normalized address.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn person_of_email(&self, email: &str) -> Result<Option<Person>, StoreError> {
        match self.user_of_email(email).await? {
            Some(user) => self.person(&user).await,
            None => Ok(None),
        }
    }

    /// A page of the people whose address starts so, by address, and the
    /// address after which to go on.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn directory(
        &self,
        prefix: &str,
        limit: u32,
        after: Option<String>,
    ) -> Result<(Vec<UserId>, Option<String>), StoreError> {
        let range = match prefix {
            "" => Range::All,
            prefix => Range::Prefix(prefix.to_owned()),
        };
        let query = Query::new(keys::DIRECTORY, range, limit)
            .consistent()
            .after(after);
        let page = self.identity.query::<Pointer>(&query).await?;
        let users = page.rows.into_iter().map(|(_, pointer)| pointer.user_id);
        Ok((users.collect(), page.next))
    }

    /// Adds a new person to a transaction. `email` and `username` are refused
    /// where somebody has them.
    ///
    /// # Errors
    /// Where a row cannot be an item.
    pub fn put_person(
        &self,
        transaction: &mut Transaction,
        person: &Person,
    ) -> Result<(), StoreError> {
        let table = &self.identity;
        let user_id = person.id.clone();
        let pointer = Pointer { user_id };
        let absent = || Some(Condition::absent());
        let listed = keys::listed(&person.email);
        transaction
            .put("person", table, &keys::person(&person.id), person, absent())?
            .put(
                "email",
                table,
                &keys::email(&person.email),
                &pointer,
                absent(),
            )?
            .put("directory", table, &listed, &pointer, None)?;
        if let Some(name) = &person.username {
            transaction.put("username", table, &keys::username(name), &pointer, absent())?;
        }
        Ok(())
    }

    /// Adds a change of a person to a transaction, as its next revision.
    /// `person` is refused where somebody else wrote since it was read, and
    /// `username` where somebody has it. Address and id stay; see
    /// [`move_person`](Self::move_person).
    ///
    /// # Errors
    /// Where a row cannot be an item.
    pub fn change_person(
        &self,
        transaction: &mut Transaction,
        before: &Person,
        after: Person,
    ) -> Result<Person, StoreError> {
        let table = &self.identity;
        let after = Person {
            id: before.id.clone(),
            email: before.email.clone(),
            revision: before.revision + 1,
            ..after
        };
        let unchanged = Some(Condition::number("revision", before.revision));
        transaction.put("person", table, &keys::person(&after.id), &after, unchanged)?;
        if before.username != after.username {
            if let Some(old) = &before.username {
                transaction.delete("old username", table, &keys::username(old))?;
            }
            if let Some(new) = &after.username {
                let user_id = after.id.clone();
                let pointer = Pointer { user_id };
                let absent = Some(Condition::absent());
                transaction.put("username", table, &keys::username(new), &pointer, absent)?;
            }
        }
        Ok(after)
    }

    /// Adds a person's move to an address that was shown to be theirs just now
    /// to a transaction, as their next revision. `person` is refused where
    /// somebody else wrote since it was read, and `email` where the address is
    /// somebody's.
    ///
    /// # Errors
    /// Where a row cannot be an item.
    pub fn move_person(
        &self,
        transaction: &mut Transaction,
        before: &Person,
        email: &str,
        now: Timestamp,
    ) -> Result<Person, StoreError> {
        let table = &self.identity;
        let after = Person {
            email: email.to_owned(),
            verified_at: now,
            revision: before.revision + 1,
            ..before.clone()
        };
        let user_id = after.id.clone();
        let pointer = Pointer { user_id };
        let unchanged = Some(Condition::number("revision", before.revision));
        let absent = Some(Condition::absent());
        transaction
            .put("person", table, &keys::person(&after.id), &after, unchanged)?
            .put("email", table, &keys::email(email), &pointer, absent)?
            .put("directory", table, &keys::listed(email), &pointer, None)?
            .delete("old email", table, &keys::email(&before.email))?
            .delete("old directory", table, &keys::listed(&before.email))?;
        Ok(after)
    }

    /// Demands of a transaction that nobody wrote the person since it was
    /// read.
    ///
    /// # Errors
    /// Where the condition cannot be written.
    pub fn check_person(
        &self,
        transaction: &mut Transaction,
        person: &Person,
    ) -> Result<(), StoreError> {
        let unchanged = Condition::number("revision", person.revision);
        let key = keys::person(&person.id);
        transaction.check("person", &self.identity, &key, unchanged)?;
        Ok(())
    }

    /// Adds a change of some attributes of a person to a transaction, and
    /// counts it in the revision. `person` is refused where there is none.
    ///
    /// # Errors
    /// Where the update cannot be written.
    pub fn update_person(
        &self,
        transaction: &mut Transaction,
        user: &UserId,
        update: Update,
    ) -> Result<(), StoreError> {
        let update = update.add("revision", 1);
        let key = keys::person(user);
        transaction.update("person", &self.identity, &key, update, Condition::present())?;
        Ok(())
    }
}
