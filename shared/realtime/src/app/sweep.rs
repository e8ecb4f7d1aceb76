//! What is due with connections, by the minute: tokens that have ended, people
//! who are shut out, connections near their end, and what a crash has left.

use chrono::TimeDelta;
use futures::StreamExt;
use kernel::Result;
use kernel::time::Timestamp;
use platform::dynamo::Key;
use platform::restrictions::Bearer;

use super::courier::Courier;
use crate::domain::frame;
use crate::domain::life::Due;
use crate::store::{Connection, State, keys};

/// Due connections that one run looks at in each shard; the next takes more.
const DUE_MAX: u32 = 500;
/// Connections that one run looks through in each shard for those who are
/// shut out.
const WALKED_MAX: u32 = 20_000;
/// Connections that are looked at at once.
const AT_ONCE: usize = 16;

/// What a run of the sweeper has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Swept {
    /// Connections that were ended.
    pub ended: usize,
    /// Clients that were told to make another connection.
    pub told: usize,
}

enum Deed {
    Nothing,
    Ended,
    Told,
}

impl Courier {
    /// Does what is due with connections.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn sweep(&self, now: Timestamp) -> Result<Swept> {
        self.restrictions.refresh().await?;
        let mut swept = Swept::default();
        for shard in keys::due_shards() {
            let due = self.store.due(&shard, now, DUE_MAX).await?;
            let done: Vec<Result<Deed>> = futures::stream::iter(&due)
                .map(|watch| self.attend_to(watch, now))
                .buffer_unordered(AT_ONCE)
                .collect()
                .await;
            for deed in done {
                match deed? {
                    Deed::Nothing => {}
                    Deed::Ended => swept.ended += 1,
                    Deed::Told => swept.told += 1,
                }
            }
            swept.ended += self.end_restricted(&shard, now).await?;
        }
        Ok(swept)
    }

    async fn attend_to(&self, watch: &Key, now: Timestamp) -> Result<Deed> {
        let Some((id, _)) = keys::parse_watch(watch) else {
            return Ok(Deed::Nothing);
        };
        let Some(connection) = self.store.connection(id).await? else {
            self.store.forget(watch).await?;
            return Ok(Deed::Nothing);
        };
        if connection.state == State::Closing {
            self.store.close(id).await?;
            return Ok(Deed::Ended);
        }
        match connection.life().due(now) {
            Due::Nothing => Ok(Deed::Nothing),
            Due::Unauthenticated => {
                self.refuse(id, "nobody said in time who they are").await?;
                Ok(Deed::Ended)
            }
            Due::Bearer => self.look_at_bearer(&connection, now).await,
            Due::Reconnect => {
                self.tell(id, &frame::reconnect(now)).await?;
                self.store.set_told(&connection).await?;
                Ok(Deed::Told)
            }
            Due::Forgotten => {
                self.end(id, None).await?;
                Ok(Deed::Ended)
            }
        }
    }

    async fn look_at_bearer(&self, connection: &Connection, now: Timestamp) -> Result<Deed> {
        if let Some(grant) = &connection.grant
            && self.is_good(grant, now).await?
        {
            self.extend_terminal(connection, grant, now).await?;
            return Ok(Deed::Nothing);
        }
        self.refuse(&connection.id, "the token is no longer good")
            .await?;
        Ok(Deed::Ended)
    }

    /// Ends the connections of those who were shut out since they came.
    async fn end_restricted(&self, shard: &str, now: Timestamp) -> Result<usize> {
        let all = now + TimeDelta::days(1);
        let watches = self.store.due(shard, all, WALKED_MAX).await?;
        let suspects = watches.iter().filter_map(|watch| {
            let (id, bearer) = keys::parse_watch(watch)?;
            let bearer = bearer?;
            let bearer = Bearer {
                org: bearer.org,
                sub: bearer.sub,
                sid: bearer.sid,
                iat: bearer.iat_s,
            };
            self.restrictions.refuses_bearer(bearer, now).then_some(id)
        });
        let mut ended = 0;
        for id in suspects {
            let found = self.store.connection(id).await?;
            let Some(grant) = found.and_then(|found| found.grant) else {
                continue;
            };
            if !self.is_good(&grant, now).await? {
                self.refuse(id, "the token is no longer good").await?;
                ended += 1;
            }
        }
        Ok(ended)
    }
}
