//! Rotations: a new key, and what was sealed under the one before.

use accounts::model::password_identity;
use accounts::store::{Store, secret_identity};
use kernel::id::ShopId;
use kernel::time::Clock;
use platform::clock::SystemClock;
use platform::dynamo::Transaction;
use platform::envelope::MasterKeys;
use platform::tokens::{SigningKeys, publish_keys};

use crate::Failure;
use crate::deployment::Deployment;

/// Accounts of a page.
const PAGE: u32 = 100;

/// Adds a master key and seals everything anew under it. Older versions stay
/// in the secret until somebody takes them out: a backup may need them.
pub(crate) async fn master_key(deployment: &Deployment) -> Result<usize, Failure> {
    let name = &deployment.master_key_secret;
    let current = deployment.secret(name).await?;
    let rotated = MasterKeys::with_fresh_key(current.as_ref())?;
    deployment.put_secret(name, &rotated).await?;
    let keys = MasterKeys::parse(&rotated)?;
    let store = Store::new(deployment.accounts_table.clone());
    let mut count = 0;
    for shop in deployment.shop_keys().shops().await? {
        count += deployment.shop_keys().rewrap(&shop).await?;
        count += passwords(&store, &keys, &shop).await?;
        if let Some(mut endpoint) = store.webhook(&shop).await? {
            let identity = secret_identity(&shop);
            endpoint.sealed_secret = keys.rewrap(&endpoint.sealed_secret, &identity)?;
            endpoint.sealed_secret_before = endpoint
                .sealed_secret_before
                .map(|sealed| keys.rewrap(&sealed, &identity))
                .transpose()?;
            store.put_webhook(&shop, &endpoint).await?;
            count += 1;
        }
    }
    Ok(count)
}

async fn passwords(store: &Store, keys: &MasterKeys, shop: &ShopId) -> Result<usize, Failure> {
    let mut count = 0;
    let mut after = None;
    loop {
        let page = store.accounts_of_shop(shop, PAGE, after).await?;
        for (_, listed) in page.rows {
            let Some(account) = store.account(shop, &listed.account).await? else {
                continue;
            };
            for mut instance in store.instances(shop, &account.id).await? {
                let Some(sealed) = &instance.sealed_password else {
                    continue;
                };
                let identity = password_identity(shop, &account.id, &instance.id);
                instance.sealed_password = Some(keys.rewrap(sealed, &identity)?);
                let mut transaction = Transaction::new();
                store.put_instance(&mut transaction, &account, &instance)?;
                transaction.commit().await?;
                count += 1;
            }
        }
        after = page.next;
        if after.is_none() {
            return Ok(count);
        }
    }
}

/// Adds a signing key and publishes both public halves first, so that no
/// token is refused by an instance that knows the old ones alone for long.
pub(crate) async fn signing_keys(deployment: &Deployment) -> Result<(), Failure> {
    let name = &deployment.signing_keys_secret;
    let current = deployment.secret(name).await?;
    let rotated = SigningKeys::with_fresh_key(current.as_ref(), SystemClock.now())?;
    let public = SigningKeys::parse(&rotated)?.public();
    publish_keys(&deployment.platform_table, &public).await?;
    deployment.put_secret(name, &rotated).await
}
