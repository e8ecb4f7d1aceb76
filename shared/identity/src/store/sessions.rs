//! Sessions of people.

use kernel::id::{OrganizationId, SessionId, UserId};
use kernel::time::Timestamp;
use platform::dynamo::{Condition, Query, Range, StoreError, Transaction, Update, to_item};
use platform::restrictions::{Subject, restrict};
use serde::{Deserialize, Serialize};

use super::{Store, keys};
use crate::domain::session::Lineage;
use crate::model::{Origin, Session};

/// What a rotation changes. The tenant is not among it: somebody may switch it
/// meanwhile.
const ROTATED: [&str; 11] = [
    "generation",
    "current",
    "parent",
    "rotated_at",
    "expires_at",
    "device",
    "user_agent",
    "address",
    "country",
    "last_used_at",
    "ttl",
];

#[derive(Serialize, Deserialize)]
struct Row {
    id: SessionId,
    user: UserId,
    generation: u32,
    current: String,
    #[serde(default)]
    parent: Option<String>,
    rotated_at: Timestamp,
    expires_at: Timestamp,
    #[serde(default)]
    org: Option<OrganizationId>,
    second_factor: bool,
    #[serde(default)]
    provider: Option<String>,
    device: String,
    #[serde(default)]
    user_agent: Option<String>,
    address: String,
    #[serde(default)]
    country: Option<String>,
    created_at: Timestamp,
    last_used_at: Timestamp,
    ttl: i64,
}

impl Row {
    fn of(session: &Session) -> Self {
        let session = session.clone();
        Self {
            id: session.id,
            user: session.user,
            generation: session.lineage.generation,
            current: session.lineage.current,
            parent: session.lineage.parent,
            rotated_at: session.lineage.rotated_at,
            expires_at: session.lineage.expires_at,
            org: session.org,
            second_factor: session.second_factor,
            provider: session.provider,
            device: session.origin.device,
            user_agent: session.origin.user_agent,
            address: session.origin.address,
            country: session.origin.country,
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            ttl: session.lineage.expires_at.timestamp(),
        }
    }

    fn session(self) -> Session {
        Session {
            id: self.id,
            user: self.user,
            lineage: Lineage {
                generation: self.generation,
                current: self.current,
                parent: self.parent,
                rotated_at: self.rotated_at,
                expires_at: self.expires_at,
            },
            org: self.org,
            second_factor: self.second_factor,
            provider: self.provider,
            origin: Origin {
                device: self.device,
                user_agent: self.user_agent,
                address: self.address,
                country: self.country,
            },
            created_at: self.created_at,
            last_used_at: self.last_used_at,
        }
    }
}

impl Store {
    /// A session of a person that has not ended.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn session(
        &self,
        user: &UserId,
        id: &SessionId,
        now: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        let key = keys::session(user, id);
        let row: Option<Row> = self.identity.get_live(&key, now).await?;
        Ok(row.map(Row::session))
    }

    /// A page of a person's sessions that have not ended, the oldest first,
    /// and the position after which to go on.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn sessions(
        &self,
        user: &UserId,
        limit: u32,
        after: Option<String>,
        now: Timestamp,
    ) -> Result<(Vec<Session>, Option<String>), StoreError> {
        let prefix = Range::Prefix(keys::SESSION_PREFIX.to_owned());
        let query = Query::new(keys::partition(user), prefix, limit)
            .consistent()
            .after(after);
        let page = self.identity.query::<Row>(&query).await?;
        let live = page.rows.into_iter().map(|(_, row)| row.session());
        let live = live.filter(|session| now < session.lineage.expires_at);
        Ok((live.collect(), page.next))
    }

    /// Adds a new session to a transaction.
    ///
    /// # Errors
    /// Where the row cannot be an item.
    pub fn put_session(
        &self,
        transaction: &mut Transaction,
        session: &Session,
    ) -> Result<(), StoreError> {
        let key = keys::session(&session.user, &session.id);
        let absent = Some(Condition::absent());
        transaction.put("session", &self.identity, &key, &Row::of(session), absent)?;
        Ok(())
    }

    /// Adds a rotation of a session's tokens to a transaction. `session` is
    /// refused where the generation is no longer `before`'s, or the session
    /// has ended.
    ///
    /// # Errors
    /// Where the update cannot be written.
    pub fn rotate_session(
        &self,
        transaction: &mut Transaction,
        before: &Session,
        after: &Session,
    ) -> Result<(), StoreError> {
        let key = keys::session(&before.user, &before.id);
        let mut item = to_item(&key, &Row::of(after))?;
        let update =
            ROTATED
                .into_iter()
                .fold(Update::new(), |update, name| match item.remove(name) {
                    Some(value) => update.set(name, value),
                    None => update.remove(name),
                });
        let unchanged = Condition::number("generation", u64::from(before.lineage.generation));
        transaction.update("session", &self.identity, &key, update, unchanged)?;
        Ok(())
    }

    /// Adds to a transaction that a session's tokens are for another tenant
    /// from now on. `session` is refused where it has ended.
    ///
    /// # Errors
    /// Where the update cannot be written.
    pub fn move_session(
        &self,
        transaction: &mut Transaction,
        user: &UserId,
        id: &SessionId,
        org: Option<&OrganizationId>,
    ) -> Result<(), StoreError> {
        let update = match org {
            Some(org) => Update::new().text("org", org.as_str()),
            None => Update::new().remove("org"),
        };
        let key = keys::session(user, id);
        transaction.update(
            "session",
            &self.identity,
            &key,
            update,
            Condition::present(),
        )?;
        Ok(())
    }

    /// Adds the end of a session to a transaction: two writes. Its access
    /// tokens are refused within five seconds.
    ///
    /// # Errors
    /// Where a row cannot be written.
    pub fn end_session(
        &self,
        transaction: &mut Transaction,
        user: &UserId,
        id: &SessionId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let key = keys::session(user, id);
        transaction.delete("session", &self.identity, &key)?;
        let subject = Subject::Session(id.to_string());
        restrict(transaction, &self.platform, subject, now)
    }
}
