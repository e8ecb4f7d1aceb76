//! What is looked at a while after something was done.

use kernel::Result;
use platform::queue::Queue;

use super::courier::Courier;
use crate::domain::life::HELD_FOR_S;
use crate::messages::{Check, FanoutMessage, Release};
use crate::store::State;

impl Courier {
    /// Looks at what a message names.
    ///
    /// # Errors
    /// Where the store or a queue fails.
    pub async fn check(&self, check: Check) -> Result<()> {
        match check {
            Check::Authenticated { connection } => self.check_authenticated(&connection).await,
            Check::Held {
                log,
                connection,
                after,
            } => {
                let found = self.store.connection(&connection).await?;
                match found.map(|found| found.state) {
                    // It is being let in.
                    Some(State::Pending) => {
                        let again = Check::Held {
                            log,
                            connection,
                            after,
                        };
                        self.queues
                            .send(Queue::Realtime, &again, HELD_FOR_S)
                            .await?;
                    }
                    Some(State::Open) => {
                        let release = Some(Release {
                            connection,
                            after,
                            is_asked: false,
                        });
                        self.hand_on(&FanoutMessage { log, release }).await?;
                    }
                    Some(State::Closing) | None => {}
                }
                Ok(())
            }
        }
    }

    async fn check_authenticated(&self, connection: &str) -> Result<()> {
        let found = self.store.connection(connection).await?;
        if found.is_some_and(|found| found.state == State::Pending) {
            self.refuse(connection, "nobody said in time who they are")
                .await?;
        }
        Ok(())
    }
}
