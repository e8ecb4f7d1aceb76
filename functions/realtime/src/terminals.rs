//! Terminals: a token of theirs has no end of its own, so at each opening it is
//! asked whether its person may still act.

use identity::model::PersonStatus;
use kernel::id::{OrganizationId, UserId};
use kernel::{Error, Result};
use organizations::Status;
use realtime::domain::grant::Grant;
use trading::Request;

use crate::App;

impl App {
    /// Whether the person of a terminal was not blocked and still belongs to
    /// the tenant. Later than that, a block or an end of membership ends the
    /// connection as it does a person's own.
    pub(crate) async fn may_act(&self, grant: &Grant) -> Result<bool> {
        if grant.terminal.is_none() {
            return Ok(true);
        }
        let user: UserId = grant.sub.parse().map_err(|_| Error::Unauthenticated)?;
        let person = self.people.person(&user).await?;
        if !person.is_some_and(|person| person.status == PersonStatus::Active) {
            return Ok(false);
        }
        // Without an organization a person is a tenant of their own.
        let Ok(org) = grant.org.parse::<OrganizationId>() else {
            return Ok(grant.org == grant.sub);
        };
        let member = self.organizations.member(&org, &user).await?;
        Ok(member.is_some_and(|member| member.status == Status::Active))
    }

    /// Notes that a terminal has commands. What names none of its own is
    /// passed over.
    pub(crate) async fn acknowledge(
        &self,
        grant: &Grant,
        commands: &[String],
        request: Request<'_>,
    ) -> Result<()> {
        let terminal = grant.terminal.as_ref();
        let terminal = terminal.ok_or(Error::Forbidden("only for paired terminals"))?;
        let devices = &self.doorman.courier.devices;
        let device = devices.of_hash(&terminal.token_sha256).await?;
        let device = device.ok_or(Error::Unauthenticated)?;
        let ids: Vec<_> = commands.iter().filter_map(|id| id.parse().ok()).collect();
        self.trading.acknowledge(&device, &ids, request).await
    }
}
