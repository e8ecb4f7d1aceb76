//! A deployment in miniature.

use std::sync::Arc;

use accounts::app::sync::Syncer;
use accounts::gateway::mt5::{Mt5Gateway, Mt5Settings};
use accounts::store::Store;
use aws_types::SdkConfig;
use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::TimeDelta;
use http::{Method, Request};
use kernel::access::Tier;
use kernel::id::{WpUser, ulid_at};
use kernel::time::{Clock, Timestamp};
use platform::clock::{SystemClock, set_ahead};
use platform::config::Env;
use platform::envelope::MasterKeys;
use platform::keys::Vault;
use platform::queue::{Queue, Queues};
use platform::secrets::Secrets;
use platform::shops::ShopKeys;
use platform::tokens::{AUDIENCE, Claims, LIFE_S, SigningKeys, publish_keys};
use secrecy::ExposeSecret;

use crate::cloud::{
    ACCOUNTS_TABLE, AUDIT_TABLE, Cloud, IDENTITY_TABLE, ORGANIZATIONS_TABLE, PLATFORM_TABLE,
    REALTIME_TABLE, SIGNALS_TABLE, TRADING_TABLE,
};
use crate::gateway::{AheadClock, Gateway, TOKEN};
use crate::http::bearer;
use crate::objects::{self, Objects};
use crate::pump::Pump;
use crate::shop::Shop;

/// Who signs the stack's tokens.
pub const ISSUER: &str = "https://test.tradebridge.example";

/// The stack.
#[derive(Debug)]
pub struct Stack {
    /// Its cloud.
    pub cloud: Cloud,
    /// Its MT5 gateway.
    pub gateway: Gateway,
    /// Its S3.
    pub objects: Objects,
    /// The default shop.
    pub shop: Shop,
    /// Another tenant.
    pub other_shop: Shop,
    /// The accounts' store.
    pub store: Store,
    /// Seals and opens.
    pub vault: Vault,
    /// Signs tokens.
    pub signing_keys: SigningKeys,
    pub(crate) syncer: Syncer,
    pub(crate) queues: Queues,
    pub(crate) pump: Pump,
    clock: AheadClock,
}

impl Stack {
    /// Starts one: two shops with their keys, a master key, a signing key that
    /// is published, and no accounts. Its clock begins on the next day at
    /// 08:00 UTC, so that no test meets a reset or a new day by accident.
    ///
    /// # Panics
    /// Where a part does not start.
    pub async fn start() -> Self {
        let clock = AheadClock::default();
        let cloud = Cloud::start().await;
        let gateway = Gateway::start(clock.clone()).await;
        let master = MasterKeys::with_fresh_key(None).expect("a master key");
        let signing = SigningKeys::with_fresh_key(None, SystemClock.now()).expect("a key");
        let signing_keys = SigningKeys::parse(&signing).expect("reads");
        cloud.set_secret("master-key", master);
        cloud.set_secret("signing-keys", signing);
        cloud.set_secret("refresh-key", BASE64.encode([7_u8; 32]).into());
        cloud.set_secret("mt5-token", TOKEN.into());
        publish_keys(&cloud.platform, &signing_keys.public())
            .await
            .expect("publishes");
        let objects = Objects::start().await;
        let env = env(&gateway, &objects, &[]);
        let secrets = Arc::new(Secrets::new(aws_sdk_secretsmanager::Client::new(
            &cloud.aws,
        )));
        let vault = Vault::new(Arc::clone(&secrets), "master-key");
        let store = Store::new(cloud.accounts.clone());
        let sqs = aws_sdk_sqs::Client::new(&cloud.aws);
        let settings = Mt5Settings::from_env(&env).expect("settings");
        let client = Mt5Gateway::new(settings, secrets, cloud.platform.clone());
        let stack = Self {
            syncer: Syncer {
                store: store.clone(),
                gateway: client.expect("a gateway"),
                vault: vault.clone(),
            },
            queues: Queues::from_env(sqs, &env, &Queue::ALL).expect("queues"),
            pump: Pump::default(),
            shop: Shop::new("demo"),
            other_shop: Shop::new("other"),
            store,
            vault,
            signing_keys,
            gateway,
            objects,
            cloud,
            clock,
        };
        stack.add_shop(&stack.shop).await;
        stack.add_shop(&stack.other_shop).await;
        stack.advance(until_morning(stack.now())).await;
        stack
    }

    /// Gives a shop its key.
    ///
    /// # Panics
    /// Where the store fails.
    pub async fn add_shop(&self, shop: &Shop) {
        ShopKeys::new(self.cloud.platform.clone(), self.vault.clone())
            .add(&shop.id, &shop.key_id, &shop.key, SystemClock.now())
            .await
            .expect("adds the key");
    }

    /// What SDK clients are made of.
    #[must_use]
    pub fn aws(&self) -> &SdkConfig {
        &self.cloud.aws
    }

    /// The settings of every function.
    #[must_use]
    pub fn env(&self) -> Env {
        env(&self.gateway, &self.objects, &[])
    }

    /// The same, with some of them changed or added.
    #[must_use]
    pub fn env_with(&self, changes: &[(&str, &str)]) -> Env {
        env(&self.gateway, &self.objects, changes)
    }

    /// The time that rules and schedules go by.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Lets time pass for the functions and the gateway. A function that runs
    /// already sees it within half a second.
    ///
    /// # Panics
    /// Where the store fails.
    pub async fn advance(&self, by: TimeDelta) {
        // The store keeps whole seconds, and both are to tell the same time.
        let ahead = TimeDelta::seconds((self.clock.ahead() + by).num_seconds());
        self.clock.set(ahead);
        set_ahead(&self.cloud.platform, ahead)
            .await
            .expect("the clock is set");
    }

    /// What a token for a WordPress user of a shop says.
    #[must_use]
    pub fn claims(&self, shop: &Shop, wp_user_id: u64) -> Claims {
        let now = SystemClock.now();
        let user = WpUser {
            shop: shop.id.clone(),
            wp_user_id,
        };
        Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: user.to_string(),
            org: shop.id.to_string(),
            role: "trader".to_owned(),
            permissions: Vec::new(),
            tier: Tier::Free,
            scope: web::caller::SCOPE_ACCOUNTS.to_owned(),
            sid: format!("ses_{}", ulid_at(now)),
            iat: now.timestamp(),
            exp: now.timestamp() + LIFE_S,
        }
    }

    /// Signs claims with the stack's key.
    ///
    /// # Panics
    /// Where they cannot be signed.
    #[must_use]
    pub fn sign_token(&self, claims: &Claims) -> String {
        let token = self.signing_keys.sign(claims).expect("signs");
        token.expose_secret().to_owned()
    }

    /// A token as the exchange gives it to a WordPress user of the first shop.
    #[must_use]
    pub fn exchange(&self, wp_user_id: u64) -> String {
        self.sign_token(&self.claims(&self.shop, wp_user_id))
    }

    /// A GET by a WordPress user of the first shop.
    #[must_use]
    pub fn get_as(&self, wp_user_id: u64, path: &str) -> Request<Body> {
        bearer(&self.exchange(wp_user_id), &Method::GET, path, "")
    }
}

/// Until the next day's 08:00 UTC.
fn until_morning(now: Timestamp) -> TimeDelta {
    let morning = (now + TimeDelta::days(1)).date_naive().and_hms_opt(8, 0, 0);
    morning.map_or(TimeDelta::zero(), |morning| morning.and_utc() - now)
}

fn env(gateway: &Gateway, objects: &Objects, changes: &[(&str, &str)]) -> Env {
    let pairs = [
        ("STAGE", "local"),
        ("LOCAL_STAGE", "true"),
        ("PLATFORM_TABLE", PLATFORM_TABLE),
        ("ACCOUNTS_TABLE", ACCOUNTS_TABLE),
        ("IDENTITY_TABLE", IDENTITY_TABLE),
        ("ORGANIZATIONS_TABLE", ORGANIZATIONS_TABLE),
        ("AUDIT_TABLE", AUDIT_TABLE),
        ("REALTIME_TABLE", REALTIME_TABLE),
        ("TRADING_TABLE", TRADING_TABLE),
        ("SIGNALS_TABLE", SIGNALS_TABLE),
        (
            "FANOUT_QUEUE_URL",
            "http://queues.test/000000000000/fanout.fifo",
        ),
        (
            "REALTIME_QUEUE_URL",
            "http://queues.test/000000000000/realtime",
        ),
        ("APP_URL", "https://app.tradebridge.example"),
        ("MAIL_FROM", "Tradebridge <no-reply@tradebridge.example>"),
        (
            "TERMINALS_QUEUE_URL",
            "http://queues.test/000000000000/terminals",
        ),
        (
            "REALTIME_QUEUE_URL",
            "http://queues.test/000000000000/realtime",
        ),
        ("MAIL_QUEUE_URL", "http://queues.test/000000000000/mail"),
        ("MAIL_DLQ_URL", "http://queues.test/000000000000/mail-dlq"),
        (
            "FANOUT_DLQ_URL",
            "http://queues.test/000000000000/fanout-dlq.fifo",
        ),
        (
            "REALTIME_DLQ_URL",
            "http://queues.test/000000000000/realtime-dlq",
        ),
        (
            "TERMINALS_DLQ_URL",
            "http://queues.test/000000000000/terminals-dlq",
        ),
        (
            "BACKTESTS_QUEUE_URL",
            "http://queues.test/000000000000/backtests",
        ),
        (
            "BACKTESTS_DLQ_URL",
            "http://queues.test/000000000000/backtests-dlq",
        ),
        (
            "IMPORTS_QUEUE_URL",
            "http://queues.test/000000000000/imports",
        ),
        (
            "IMPORTS_DLQ_URL",
            "http://queues.test/000000000000/imports-dlq",
        ),
        ("MASTER_KEY_SECRET", "master-key"),
        ("AWS_REGION", objects::REGION),
        ("AWS_ACCESS_KEY_ID", objects::ACCESS_KEY),
        ("AWS_SECRET_ACCESS_KEY", objects::SECRET_KEY),
        ("AWS_SESSION_TOKEN", objects::SESSION_TOKEN),
        ("AWS_ENDPOINT_URL_S3", &objects.url),
        ("KYC_BUCKET", "kyc-documents"),
        ("IMPORTS_BUCKET", "imports"),
        ("SIGNING_KEYS_SECRET", "signing-keys"),
        ("REFRESH_KEY_SECRET", "refresh-key"),
        // Work that a test run can afford.
        ("PASSWORD_MEMORY_KIB", "64"),
        ("PASSWORD_PASSES", "1"),
        ("MT5_TOKEN_SECRET", "mt5-token"),
        ("MT5_PROVISIONING_URL", &gateway.url),
        ("MT5_CLIENT_URL", &gateway.url),
        ("TOKEN_ISSUER", ISSUER),
        ("DEFAULT_SHOP_ID", "demo"),
        ("CORS_ORIGINS", "https://shop.example"),
        ("REQUESTS_PER_MINUTE", "100000"),
        ("SIGN_INS_PER_MINUTE", "100000"),
        ("WEBHOOK_ALLOWED_HOSTS", "127.0.0.1"),
        ("OIDC_ALLOWED_HOSTS", "127.0.0.1"),
        ("SYNC_QUEUE_URL", "http://queues.test/000000000000/sync"),
        ("RULES_QUEUE_URL", "http://queues.test/000000000000/rules"),
        (
            "WEBHOOKS_QUEUE_URL",
            "http://queues.test/000000000000/webhooks",
        ),
        ("SYNC_DLQ_URL", "http://queues.test/000000000000/sync-dlq"),
        ("RULES_DLQ_URL", "http://queues.test/000000000000/rules-dlq"),
        (
            "WEBHOOKS_DLQ_URL",
            "http://queues.test/000000000000/webhooks-dlq",
        ),
    ];
    let mut settings: std::collections::HashMap<&str, &str> = pairs.into();
    settings.extend(changes.iter().copied());
    Env::from_pairs(settings)
}
