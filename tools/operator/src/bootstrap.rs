//! The first keys of a deployment, and the local stage's demo shops.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use kernel::id::ShopId;
use kernel::time::Clock;
use platform::clock::SystemClock;
use platform::envelope::MasterKeys;
use platform::tokens::{SigningKeys, publish_keys};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::Failure;
use crate::deployment::Deployment;
use crate::people::{self, Wanted};

/// The WordPress user that the demo account is for.
const DEMO_WP_USER: u64 = 42;

/// Makes what is missing. What is there stays as it is, so it can be run again.
pub(crate) async fn bootstrap(deployment: &Deployment, stage: &str) -> Result<Value, Failure> {
    let master = &deployment.master_key_secret;
    if deployment.secret(master).await?.is_none() {
        let key = MasterKeys::with_fresh_key(None)?;
        deployment.put_secret(master, &key).await?;
    }
    let signing = &deployment.signing_keys_secret;
    let keys = match deployment.secret(signing).await? {
        Some(keys) => keys,
        None => {
            let keys = SigningKeys::with_fresh_key(None, SystemClock.now())?;
            deployment.put_secret(signing, &keys).await?;
            keys
        }
    };
    let public = SigningKeys::parse(&keys)?.public();
    publish_keys(&deployment.platform_table, &public).await?;
    put_refresh_key(deployment).await?;
    put_given(deployment, "MT5_TOKEN", "MT5_TOKEN_SECRET").await?;
    put_given(deployment, "MAIL_KEY", "MAIL_KEY_SECRET").await?;
    if stage == "local" {
        local(deployment).await
    } else {
        Ok(
            json!({"stage": stage, "kids": public.keys.iter().map(|key| &key.kid).collect::<Vec<_>>()}),
        )
    }
}

/// The key that refresh tokens are derived by, where there is none.
async fn put_refresh_key(deployment: &Deployment) -> Result<(), Failure> {
    let name = deployment.env.text("REFRESH_KEY_SECRET")?;
    if deployment.secret(&name).await?.is_none() {
        let key = SecretString::from(STANDARD.encode(random::<32>()?));
        deployment.put_secret(&name, &key).await?;
    }
    Ok(())
}

/// A partner's secret, where the environment has it.
async fn put_given(
    deployment: &Deployment,
    given: &'static str,
    setting: &'static str,
) -> Result<(), Failure> {
    let env = &deployment.env;
    if let (Some(text), Some(secret)) = (env.optional(given), env.optional(setting)) {
        let text = SecretString::from(text);
        deployment.put_secret(secret, &text).await?;
    }
    Ok(())
}

fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0_u8; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

/// A person of the local stage with a fresh password.
async fn person(
    deployment: &Deployment,
    email: &str,
    name: &str,
    platform_admin: bool,
) -> Result<Value, Failure> {
    let password = URL_SAFE_NO_PAD.encode(random::<15>()?);
    let wanted = Wanted {
        email,
        name,
        password: &password.as_str().into(),
        platform_admin,
    };
    people::put(&deployment.people()?, &deployment.env, &wanted).await?;
    Ok(json!({"email": email, "password": password}))
}

/// Two shops with a key each, an admin and a demo user. A stack that was kept
/// gives them fresh keys and passwords, since neither is ever shown again.
async fn local(deployment: &Deployment) -> Result<Value, Failure> {
    let default = deployment
        .env
        .optional("DEFAULT_SHOP_ID")
        .unwrap_or("demo")
        .to_owned();
    let mut shops = Vec::new();
    for name in [default.as_str(), "demo-two"] {
        let shop: ShopId = name.parse()?;
        for key in deployment.shop_keys().of_shop(&shop).await? {
            deployment.shop_keys().retire(&shop, &key.key_id).await?;
        }
        shops.push(deployment.add_shop_key(&shop).await?);
    }
    let admin = person(deployment, "admin@tradebridge.example", "Admin", true).await?;
    let mut demo = person(deployment, "demo@tradebridge.example", "Demo", false).await?;
    demo["wp_user_id"] = DEMO_WP_USER.into();
    Ok(json!({
        "admin": admin,
        "hmac_key": shops[0]["key"],
        "hmac_key_id": shops[0]["key_id"],
        "shops": shops,
        "demo_user": demo,
    }))
}
