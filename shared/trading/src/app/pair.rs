//! Terminals that are paired and revoked.

use kernel::Error;
use kernel::id::DeviceId;
use kernel::time::Timestamp;
use platform::devices::{self, Device};
use platform::dynamo::Transaction;
use platform::race::{Failure, until_undisturbed};
use secrecy::SecretString;

use super::{Notification, Request, Trading};
use crate::domain::pairing::{self, GOOD_FOR, TERMINALS_MAX};
use crate::model::{Owner, Terminal};
use crate::store::{PAIRING, Pairing, ROSTER};

/// A terminal that was paired, with the token that is given to it once.
#[derive(Debug)]
pub struct Paired {
    /// The terminal.
    pub device: Device,
    /// Its token.
    pub token: SecretString,
}

impl Trading {
    /// Makes a code that pairs one terminal, and says until when it is good.
    ///
    /// # Errors
    /// `Conflict` where the person has as many terminals as can be.
    pub async fn start_pairing(
        &self,
        owner: &Owner,
        name: &str,
        now: Timestamp,
    ) -> kernel::Result<(SecretString, Timestamp)> {
        room_for_one_more(self.store.roster(owner).await?.terminals)?;
        let random = getrandom::u64().map_err(|_| kernel::random::NoRandomness)?;
        let code = pairing::code(random);
        let expires_at = now + GOOD_FOR;
        let kept = Pairing::new(owner.clone(), name.to_owned(), expires_at);
        let hash = pairing::hash(&code).ok_or_else(|| Error::internal("a code that is none"))?;
        self.store.put_pairing(&hash, &kept).await?;
        Ok((code, expires_at))
    }

    /// Pairs a terminal by the code that a person typed into it; none where
    /// the code is not good.
    ///
    /// # Errors
    /// `Conflict` where the person has as many terminals as can be.
    pub async fn pair(
        &self,
        typed: &SecretString,
        terminal_id: &str,
        request: Request<'_>,
    ) -> kernel::Result<Option<Paired>> {
        let Some(hash) = pairing::hash(typed) else {
            return Ok(None);
        };
        until_undisturbed(|| self.try_pair(&hash, terminal_id, request)).await
    }

    async fn try_pair(
        &self,
        code_sha256: &str,
        terminal_id: &str,
        request: Request<'_>,
    ) -> Result<Option<Paired>, Failure> {
        let Some(pairing) = self.store.pairing(code_sha256, request.now).await? else {
            return Ok(None);
        };
        let owner = &pairing.owner;
        let roster = self.store.roster(owner).await?;
        room_for_one_more(roster.terminals)?;
        let token = devices::generate()?;
        let device = Device {
            org: owner.org.clone(),
            user: owner.user.clone(),
            id: DeviceId::generate(request.now),
            terminal_id: terminal_id.to_owned(),
        };
        let terminal = Terminal {
            id: device.id.clone(),
            name: pairing.name.clone(),
            terminal_id: terminal_id.to_owned(),
            token_sha256: devices::hash(&token),
            paired_at: request.now,
            last_seen_ms: None,
            is_online: false,
            is_connected: None,
            balance: None,
            equity: None,
            watch: 0,
            due_shard: None,
            due_at: None,
        };
        let mut change = Transaction::new();
        self.store.use_pairing(&mut change, code_sha256)?;
        self.store
            .put_roster(&mut change, owner, roster, roster.terminals + 1)?;
        self.store.add_terminal(&mut change, owner, &terminal)?;
        self.tokens
            .add(&mut change, &terminal.token_sha256, &device)?;
        let news = Notification {
            kind: "terminal_paired",
            title: "A terminal was paired",
            message: &format!("{} can trade for you now.", terminal.name),
        };
        match self.commit(&change, &[news.to(owner)?], request).await {
            Ok(()) => Ok(Some(Paired { device, token })),
            // Somebody else used the code a moment ago.
            Err(error) if error.refused(PAIRING) => Ok(None),
            Err(error) => Err(Failure::of(error, &[ROSTER])),
        }
    }

    /// Takes a terminal's right away, at once.
    ///
    /// # Errors
    /// `NotFound` where the person has no such terminal.
    pub async fn revoke(
        &self,
        owner: &Owner,
        device: &DeviceId,
        request: Request<'_>,
    ) -> kernel::Result<()> {
        until_undisturbed(|| self.try_revoke(owner, device, request)).await
    }

    async fn try_revoke(
        &self,
        owner: &Owner,
        device: &DeviceId,
        request: Request<'_>,
    ) -> Result<(), Failure> {
        let roster = self.store.roster(owner).await?;
        let terminal = self.store.terminal(owner, device).await?;
        let terminal = terminal.ok_or(Error::NotFound("terminal"))?;
        let mut change = Transaction::new();
        let left = roster.terminals.saturating_sub(1);
        self.store.put_roster(&mut change, owner, roster, left)?;
        self.store.delete_terminal(&mut change, owner, device)?;
        self.tokens.revoke(&mut change, &terminal.token_sha256)?;
        let news = Notification {
            kind: "terminal_revoked",
            title: "A terminal was revoked",
            message: &format!("{} can trade for you no more.", terminal.name),
        };
        self.commit(&change, &[news.to(owner)?], request)
            .await
            .map_err(|error| Failure::of(error, &[ROSTER]))
    }
}

fn room_for_one_more(terminals: u32) -> kernel::Result<()> {
    if terminals < TERMINALS_MAX {
        return Ok(());
    }
    Err(Error::Conflict(format!(
        "you have {TERMINALS_MAX} terminals, the most that you can have; revoke one first"
    )))
}
