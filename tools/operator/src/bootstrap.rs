//! The first keys of a deployment, and the local stage's demo shops.

use kernel::id::ShopId;
use kernel::time::Clock;
use platform::clock::SystemClock;
use platform::envelope::MasterKeys;
use platform::tokens::{SigningKeys, publish_keys};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::Failure;
use crate::deployment::Deployment;

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
    put_gateway_token(deployment).await?;
    if stage == "local" {
        local(deployment).await
    } else {
        Ok(
            json!({"stage": stage, "kids": public.keys.iter().map(|key| &key.kid).collect::<Vec<_>>()}),
        )
    }
}

/// The MT5 gateway's token, where the environment has it.
async fn put_gateway_token(deployment: &Deployment) -> Result<(), Failure> {
    let env = &deployment.env;
    if let (Some(token), Some(secret)) =
        (env.optional("MT5_TOKEN"), env.optional("MT5_TOKEN_SECRET"))
    {
        deployment
            .put_secret(secret, &SecretString::from(token))
            .await?;
    }
    Ok(())
}

/// Two shops with a key each. A stack that was kept gives them fresh keys,
/// since a key's text is never shown again.
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
    Ok(json!({
        "hmac_key": shops[0]["key"],
        "hmac_key_id": shops[0]["key_id"],
        "shops": shops,
        "demo_user": {"wp_user_id": DEMO_WP_USER},
    }))
}
