//! What the handlers have at hand.

use std::sync::Arc;

use chrono::TimeDelta;
use kernel::Error;
use kernel::id::UserId;
use kernel::time::Timestamp;
use oidc::gateway::Providers;
use organizations::Store;
use organizations::app::kyc::Kyc;
use organizations::app::{Guest, Organizations};
use platform::audit_log::AuditLog;
use platform::aws::SdkConfig;
use platform::config::{ConfigError, Env};
use platform::dynamo::Table;
use platform::keys::Vault;
use platform::objects::Bucket;
use platform::rate_limit::Limit;
use platform::secrets::Secrets;
use web::Platform;

/// Days that checks of identities are kept, and count, where the settings do
/// not say.
const KYC_DAYS_DEFAULT: i64 = 1_825;
/// Days that may be set.
const KYC_DAYS: std::ops::RangeInclusive<i64> = 30..=4_000;

/// The function's state, shared by its requests.
#[derive(Clone, Debug)]
pub struct App {
    /// The platform.
    pub platform: Platform,
    /// The use cases of organizations.
    pub organizations: Organizations,
    /// Checks of their members' identities.
    pub kyc: Kyc,
    /// Who people are.
    pub people: identity::store::Store,
    /// Seals what mails carry, and what we show sign-in providers.
    pub vault: Vault,
    /// The record of what was done.
    pub log: AuditLog,
    /// Asks sign-in providers what they are.
    pub providers: Providers,
    /// The public address of this interface, without a slash at its end.
    pub api: Arc<str>,
}

impl App {
    /// From the process's settings.
    ///
    /// # Errors
    /// Where a setting is missing or makes no sense.
    pub fn new(
        env: &Env,
        aws: &SdkConfig,
    ) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let dynamo = aws_sdk_dynamodb::Client::new(aws);
        let secrets = Arc::new(Secrets::new(aws_sdk_secretsmanager::Client::new(aws)));
        let vault = Vault::new(secrets, env.text("MASTER_KEY_SECRET")?);
        let platform_table = Table::new(dynamo.clone(), env.text("PLATFORM_TABLE")?);
        let identity_table = Table::new(dynamo.clone(), env.text("IDENTITY_TABLE")?);
        let log = AuditLog::from_env(dynamo.clone(), env)?;
        let organizations_table = Table::new(dynamo, env.text("ORGANIZATIONS_TABLE")?);
        let organizations = Organizations {
            store: Store::new(organizations_table),
            platform_table: platform_table.clone(),
        };
        Ok(Self {
            platform: Platform::new(env, platform_table.clone(), None)?,
            kyc: Kyc {
                organizations: organizations.clone(),
                vault: vault.clone(),
                bucket: Bucket::from_env(env, "KYC_BUCKET")?,
                kept_for: kyc_kept_for(env)?,
            },
            organizations,
            people: identity::store::Store::new(identity_table, platform_table),
            vault,
            log,
            providers: Providers::from_env(env)?,
            api: env.text("TOKEN_ISSUER")?.trim_end_matches('/').into(),
        })
    }

    /// The caller as organizations know people.
    pub(crate) async fn guest(&self, user: &UserId) -> kernel::Result<Guest> {
        let person = self.people.person(user).await?;
        // A token outlives its person by minutes at most.
        let person = person.ok_or(Error::Unauthenticated)?;
        Ok(Guest {
            user: person.id,
            email: person.email,
            name: person.name,
        })
    }

    /// Counts a request against a limit of its own.
    pub(crate) async fn admit(
        &self,
        name: &str,
        limit: Limit,
        now: Timestamp,
    ) -> kernel::Result<()> {
        let decision = self.platform.limiter().admit(name, limit, now).await?;
        match decision.admitted {
            true => Ok(()),
            false => Err(Error::RateLimited {
                retry_after_s: decision.reset_s,
            }),
        }
    }
}

fn kyc_kept_for(env: &Env) -> Result<TimeDelta, ConfigError> {
    let days = match env.optional("KYC_RETENTION_DAYS") {
        None => KYC_DAYS_DEFAULT,
        Some(text) => text
            .parse()
            .ok()
            .filter(|days| KYC_DAYS.contains(days))
            .ok_or(ConfigError::Invalid {
                name: "KYC_RETENTION_DAYS",
                problem: "is no number of days from 30 to 4000",
            })?,
    };
    Ok(TimeDelta::days(days))
}
