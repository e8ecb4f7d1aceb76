//! WordPress users who are people here.

use kernel::id::{UserId, WpUser};
use platform::dynamo::{Condition, Query, Range, StoreError, Transaction};

use super::people::Pointer;
use super::{Store, keys};
use crate::model::{Link, Person};

impl Store {
    /// Who a WordPress user is.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn user_of_word_press(&self, user: &WpUser) -> Result<Option<UserId>, StoreError> {
        let key = keys::word_press(&user.shop, user.wp_user_id);
        let found: Option<Pointer> = self.identity.get(&key, true).await?;
        Ok(found.map(|pointer| pointer.user_id))
    }

    /// The person that a WordPress user is.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn person_of_word_press(&self, user: &WpUser) -> Result<Option<Person>, StoreError> {
        match self.user_of_word_press(user).await? {
            Some(user) => self.person(&user).await,
            None => Ok(None),
        }
    }

    /// The WordPress users that a person is, at most `limit`.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn links(&self, user: &UserId, limit: u32) -> Result<Vec<Link>, StoreError> {
        let prefix = Range::Prefix(keys::LINK_PREFIX.to_owned());
        let query = Query::new(keys::partition(user), prefix, limit).consistent();
        let page = self.identity.query::<Link>(&query).await?;
        Ok(page.rows.into_iter().map(|(_, link)| link).collect())
    }

    /// Adds a link to a transaction. `link` is refused where the person has
    /// one of that shop, and `word press` where somebody has that user.
    ///
    /// # Errors
    /// Where a row cannot be an item.
    pub fn put_link(
        &self,
        transaction: &mut Transaction,
        user: &UserId,
        link: &Link,
    ) -> Result<(), StoreError> {
        let table = &self.identity;
        let user_id = user.clone();
        let pointer = Pointer { user_id };
        let absent = || Some(Condition::absent());
        let of_shop = keys::word_press(&link.shop, link.wp_user_id);
        transaction
            .put("link", table, &keys::link(user, &link.shop), link, absent())?
            .put("word press", table, &of_shop, &pointer, absent())?;
        Ok(())
    }
}
