//! `$connect`: who may open a connection.

use kernel::time::Clock;
use kernel::{Error, Result};
use platform::clock::SystemClock;

use crate::App;
use crate::event::SocketEvent;

impl App {
    /// Lets in who brings a good token; who brings none has ten seconds to
    /// say who they are.
    pub(crate) async fn open(&self, event: SocketEvent) -> Result<()> {
        let now = SystemClock.now();
        let connection = event.connection.as_str();
        if let Some(token) = &event.token {
            let grant = match self.doorman.grant(token, now).await {
                Err(Error::Unauthenticated) => {
                    self.at_the_door(&event).await?;
                    return Err(Error::Unauthenticated);
                }
                found => found?,
            };
            if !self.may_act(&grant).await? {
                return Err(Error::Unauthenticated);
            }
            self.count(&format!("ws-open:{}:{}", grant.org, grant.sub))
                .await?;
            return self.doorman.open(connection, &grant, now).await;
        }
        self.at_the_door(&event).await?;
        self.doorman.open_pending(connection, now).await
    }

    /// Counts somebody who is known by their address alone, and turns them
    /// away where it is shut out.
    async fn at_the_door(&self, event: &SocketEvent) -> Result<()> {
        let peer = event.local_peer.as_deref().filter(|_| self.is_local);
        let address = peer.unwrap_or(&event.source_ip);
        let restrictions = &self.doorman.courier.restrictions;
        restrictions.refresh().await?;
        if let Some(retry_after_s) = restrictions.shuts_out(address, SystemClock.now()) {
            return Err(Error::RateLimited { retry_after_s });
        }
        self.count(&format!("address:{address}")).await
    }
}
