//! Which channels somebody may listen to.

use kernel::id::ShopId;
use kernel::{Error, Result};
use realtime::domain::Refusal;
use realtime::domain::channel::Channel;
use realtime::domain::grant::Grant;

use crate::App;

/// Names that one refusal tells: of 128 characters each, of up to six bytes in
/// JSON, they fit a frame of 32 KB.
const NAMES_MAX: usize = 40;

impl App {
    /// The channels of some names that a bearer may have, and refusals for
    /// the others: one for each reason, or more where the names fill a frame.
    pub(crate) async fn allowed(
        &self,
        grant: &Grant,
        names: Vec<String>,
    ) -> Result<(Vec<Channel>, Vec<Refusal>)> {
        let mut channels = Vec::new();
        let mut refusals: Vec<Refusal> = Vec::new();
        for name in names {
            match self.channel(grant, &name).await {
                Ok(channel) if channels.contains(&channel) => {}
                Ok(channel) => channels.push(channel),
                Err(error) if error.is_fault() => return Err(error),
                Err(error) => {
                    let refusal = Refusal::from(&error);
                    let has_room = |known: &&mut Refusal| {
                        known.message == refusal.message && known.channels.len() < NAMES_MAX
                    };
                    match refusals.iter_mut().find(has_room) {
                        Some(known) => known.channels.push(name),
                        None => refusals.push(refusal.about(vec![name])),
                    }
                }
            }
        }
        Ok((channels, refusals))
    }

    /// The channel of a name, where a bearer may have it. Another person's
    /// account, and one that does not exist, are both not found.
    pub(crate) async fn channel(&self, grant: &Grant, name: &str) -> Result<Channel> {
        let channel: Channel = name.parse()?;
        if let Channel::Account(id) = &channel {
            let unknown = || Error::NotFound("account");
            let shop: ShopId = grant.org.parse().map_err(|_| unknown())?;
            let account_state = self.accounts.account_state(&shop, id, false).await?;
            account_state
                .filter(|account_state| account_state.owner == grant.sub)
                .ok_or_else(unknown)?;
        }
        Ok(channel)
    }
}
