//! What every HTTP function has at hand.

use std::sync::Arc;

use kernel::id::ShopId;
use kernel::time::{Clock, Timestamp};
use platform::audit_log::AuditLog;
use platform::clock::{BusinessClock, SystemClock};
use platform::config::{ConfigError, Env};
use platform::devices::DeviceTokens;
use platform::doorkeeper::Doorkeeper;
use platform::dynamo::Table;
use platform::idempotency::Idempotency;
use platform::keys::Vault;
use platform::rate_limit::{Limit, MINUTE_S, RateLimiter};
use platform::request::Request;
use platform::restrictions::Restrictions;
use platform::shops::ShopKeys;
use platform::tokens::Verifier;

/// Requests a minute of one user, key or device, and of one address before
/// sign-in, where the settings do not say.
const REQUESTS_A_MINUTE: u32 = 100;
/// Requests a minute of one address on the paths where people sign in, where
/// the settings do not say.
const SIGN_INS_A_MINUTE: u32 = 10;

/// The platform of an HTTP function, shared by its requests.
#[derive(Clone)]
pub struct Platform {
    inner: Arc<Inner>,
    /// Real time wherever a function runs.
    real: Arc<dyn Clock>,
}

impl std::fmt::Debug for Platform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.inner.fmt(f)
    }
}

#[derive(Debug)]
struct Inner {
    table: Table,
    clock: BusinessClock,
    verifier: Verifier,
    shop_keys: Option<ShopKeys>,
    default_shop: Option<ShopId>,
    devices: DeviceTokens,
    restrictions: Restrictions,
    limiter: RateLimiter,
    limit: Limit,
    sign_in_limit: Limit,
    doorkeeper: Doorkeeper,
    audit_log: Option<AuditLog>,
    idempotency: Idempotency,
    cors_origins: Vec<String>,
    is_local: bool,
}

impl Platform {
    /// From settings, the platform's table and the vault; a function that
    /// no shop calls has no vault, and no signature is good there.
    ///
    /// # Errors
    /// Where a setting is missing or makes no sense.
    pub fn new(env: &Env, table: Table, vault: Option<Vault>) -> Result<Self, ConfigError> {
        let invalid = |name, problem| ConfigError::Invalid { name, problem };
        let default_shop = env
            .optional("DEFAULT_SHOP_ID")
            .map(str::parse)
            .transpose()
            .map_err(|_| invalid("DEFAULT_SHOP_ID", "is no shop's id"))?;
        let number = |name, default| match env.optional(name) {
            Some(text) => text
                .parse()
                .map_err(|_| invalid(name, "is no whole number")),
            None => Ok(default),
        };
        let requests = number("REQUESTS_PER_MINUTE", REQUESTS_A_MINUTE)?;
        let sign_ins = number("SIGN_INS_PER_MINUTE", SIGN_INS_A_MINUTE)?;
        let is_local = env.is_local();
        let inner = Inner {
            clock: BusinessClock::of(env, table.clone()),
            verifier: Verifier::new(table.clone(), env.text("TOKEN_ISSUER")?),
            shop_keys: vault.map(|vault| ShopKeys::new(table.clone(), vault)),
            default_shop,
            devices: DeviceTokens::new(table.clone()),
            restrictions: Restrictions::new(table.clone()),
            limiter: RateLimiter::new(table.clone()),
            limit: Limit::shared(requests, MINUTE_S),
            sign_in_limit: Limit::exact(sign_ins, MINUTE_S),
            doorkeeper: Doorkeeper::new(table.clone()),
            audit_log: match env.optional("AUDIT_TABLE") {
                Some(_) => Some(AuditLog::from_env(table.client().clone(), env)?),
                None => None,
            },
            idempotency: Idempotency::new(table.clone()),
            cors_origins: env.list("CORS_ORIGINS"),
            is_local,
            table,
        };
        Ok(Self {
            inner: Arc::new(inner),
            real: Arc::new(SystemClock),
        })
    }

    /// The same, for tests in which sessions and tokens grow old: signatures,
    /// tokens and limits go by this clock.
    #[must_use]
    pub fn with_real_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self {
            real: clock,
            ..self
        }
    }

    /// The platform's table.
    #[must_use]
    pub fn table(&self) -> &Table {
        &self.inner.table
    }

    /// The time that rules and schedules go by.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// The business clock itself.
    #[must_use]
    pub fn clock(&self) -> &BusinessClock {
        &self.inner.clock
    }

    /// The time that signatures, tokens and limits go by.
    #[must_use]
    pub fn real_now(&self) -> Timestamp {
        self.real.now()
    }

    /// What a use case knows of the request with this id.
    #[must_use]
    pub fn request<'a>(&self, id: &'a str) -> Request<'a> {
        let now = self.real_now();
        Request { id, now }
    }

    /// Checks access tokens.
    #[must_use]
    pub fn verifier(&self) -> &Verifier {
        &self.inner.verifier
    }

    /// Looks tokens of terminals up.
    #[must_use]
    pub fn devices(&self) -> &DeviceTokens {
        &self.inner.devices
    }

    /// What must take effect on running tokens.
    #[must_use]
    pub fn restrictions(&self) -> &Restrictions {
        &self.inner.restrictions
    }

    /// The shops' keys, where shops call this function.
    #[must_use]
    pub fn shop_keys(&self) -> Option<&ShopKeys> {
        self.inner.shop_keys.as_ref()
    }

    /// Limits over all instances.
    #[must_use]
    pub fn limiter(&self) -> &RateLimiter {
        &self.inner.limiter
    }

    /// Counts failed sign-ins and shuts addresses out.
    #[must_use]
    pub fn doorkeeper(&self) -> &Doorkeeper {
        &self.inner.doorkeeper
    }

    /// The record of what was done; a function that changes nothing has none.
    #[must_use]
    pub fn audit_log(&self) -> Option<&AuditLog> {
        self.inner.audit_log.as_ref()
    }

    pub(crate) fn sign_in_limit(&self) -> Limit {
        self.inner.sign_in_limit
    }

    pub(crate) fn default_shop(&self) -> Option<&ShopId> {
        self.inner.default_shop.as_ref()
    }

    pub(crate) fn limit(&self) -> Limit {
        self.inner.limit
    }

    pub(crate) fn idempotency(&self) -> &Idempotency {
        &self.inner.idempotency
    }

    pub(crate) fn cors_origins(&self) -> &[String] {
        &self.inner.cors_origins
    }

    pub(crate) fn is_local(&self) -> bool {
        self.inner.is_local
    }
}
