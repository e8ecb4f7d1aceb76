//! A deployment, by the names in the environment.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kernel::access::Tier;
use kernel::id::{ShopId, ulid_at};
use kernel::time::{Clock, Timestamp};
use platform::aws;
use platform::clock::SystemClock;
use platform::config::Env;
use platform::dynamo::Table;
use platform::key_rotation::rotate_signing_keys;
use platform::keys::Vault;
use platform::live::Live;
use platform::secrets::Secrets;
use platform::shops::ShopKeys;
use platform::tokens::{AUDIENCE, Claims, LIFE_S, SigningKeys};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::Failure;

/// Bytes of a shop's key.
const KEY_BYTES: usize = 32;

/// Tables and secrets of a deployment.
pub(crate) struct Deployment {
    pub(crate) env: Env,
    pub(crate) platform_table: Table,
    pub(crate) accounts_table: Table,
    dynamo: aws_sdk_dynamodb::Client,
    pub(crate) master_key_secret: String,
    pub(crate) signing_keys_secret: String,
    secrets: aws_sdk_secretsmanager::Client,
}

impl Deployment {
    pub(crate) async fn from_env() -> Result<Self, Failure> {
        let env = Env::from_process();
        let aws = aws::config(&env)?;
        let dynamo = aws_sdk_dynamodb::Client::new(&aws);
        Ok(Self {
            platform_table: Table::new(dynamo.clone(), env.text("PLATFORM_TABLE")?),
            accounts_table: Table::new(dynamo.clone(), env.text("ACCOUNTS_TABLE")?),
            dynamo,
            master_key_secret: env.text("MASTER_KEY_SECRET")?,
            signing_keys_secret: env.text("SIGNING_KEYS_SECRET")?,
            secrets: aws_sdk_secretsmanager::Client::new(&aws),
            env,
        })
    }

    /// A secret's text; `None` where nothing was put in yet.
    pub(crate) async fn secret(&self, name: &str) -> Result<Option<SecretString>, Failure> {
        let answer = self.secrets.get_secret_value().secret_id(name).send().await;
        match answer {
            Ok(answer) => Ok(answer
                .secret_string
                .filter(|text| !text.is_empty())
                .map(SecretString::from)),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|error| error.is_resource_not_found_exception()) =>
            {
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) async fn put_secret(&self, name: &str, text: &SecretString) -> Result<(), Failure> {
        self.secrets
            .put_secret_value()
            .secret_id(name)
            .secret_string(text.expose_secret())
            .send()
            .await?;
        Ok(())
    }

    /// The logs of live events.
    pub(crate) fn live(&self) -> Result<Live, Failure> {
        let table = Table::new(self.dynamo.clone(), self.env.text("REALTIME_TABLE")?);
        Ok(Live::new(table))
    }

    /// The store of people.
    pub(crate) fn people(&self) -> Result<identity::store::Store, Failure> {
        let table = Table::new(self.dynamo.clone(), self.env.text("IDENTITY_TABLE")?);
        Ok(identity::store::Store::new(
            table,
            self.platform_table.clone(),
        ))
    }

    /// The store of organizations.
    pub(crate) fn organizations(&self) -> Result<organizations::Store, Failure> {
        let table = Table::new(self.dynamo.clone(), self.env.text("ORGANIZATIONS_TABLE")?);
        Ok(organizations::Store::new(table))
    }

    /// A vault that reads the master keys anew.
    pub(crate) fn vault(&self) -> Vault {
        let secrets = Arc::new(Secrets::new(self.secrets.clone()));
        Vault::new(secrets, self.master_key_secret.as_str())
    }

    pub(crate) fn shop_keys(&self) -> ShopKeys {
        ShopKeys::new(self.platform_table.clone(), self.vault())
    }

    /// Gives a shop a fresh key; the only time that its text is shown.
    pub(crate) async fn add_shop_key(&self, shop: &ShopId) -> Result<Value, Failure> {
        let now = SystemClock.now();
        let key_id = format!("key_{}", ulid_at(now));
        let mut random = [0_u8; KEY_BYTES];
        getrandom::fill(&mut random)?;
        let key = URL_SAFE_NO_PAD.encode(random);
        self.shop_keys()
            .add(shop, &key_id, &key.as_str().into(), now)
            .await?;
        Ok(json!({"shop": shop, "key_id": key_id, "key": key}))
    }

    /// The new key's id; `None` where the last rotation is too fresh.
    pub(crate) async fn rotate_signing_keys(&self) -> Result<Option<String>, Failure> {
        let now = SystemClock.now();
        let (table, secret) = (&self.platform_table, &self.signing_keys_secret);
        Ok(rotate_signing_keys(table, &self.secrets, secret, now).await?)
    }

    pub(crate) async fn admin_token(
        &self,
        subject: &str,
        now: Timestamp,
    ) -> Result<SecretString, Failure> {
        let text = self
            .secret(&self.signing_keys_secret)
            .await?
            .ok_or("there are no signing keys; run bootstrap first")?;
        let claims = Claims {
            iss: self.env.text("TOKEN_ISSUER")?,
            aud: AUDIENCE.to_owned(),
            sub: subject.to_owned(),
            org: "platform".to_owned(),
            role: "platform_admin".to_owned(),
            permissions: Vec::new(),
            tier: Tier::Free,
            scope: "platform".to_owned(),
            sid: format!("ses_{}", ulid_at(now)),
            iat: now.timestamp(),
            exp: now.timestamp() + LIFE_S,
        };
        Ok(SigningKeys::parse(&text)?.sign(&claims)?)
    }
}
