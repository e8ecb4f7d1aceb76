//! Rotations: a new key, and what was sealed under the one before.

use accounts::model::password_identity;
use accounts::store::{Store, secret_identity};
use identity::store::{Store as People, backup_identity, totp_identity};
use kernel::id::{OrganizationId, ShopId};
use organizations::Store as Organizations;
use organizations::app::kyc::applicant_identity;
use platform::dynamo::{CommitError, Transaction};
use platform::envelope::MasterKeys;

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
    count += applicants(&deployment.organizations()?, &keys).await?;
    count += second_factors(&deployment.people()?, &keys).await?;
    Ok(count + sign_in_providers(&deployment.organizations()?, &keys).await?)
}

/// What we show organizations' sign-in providers. An owner who changes theirs
/// meanwhile has sealed it anew already.
async fn sign_in_providers(store: &Organizations, keys: &MasterKeys) -> Result<usize, Failure> {
    let mut count = 0;
    let mut after = None;
    loop {
        let (organizations, next) = store.all_organizations(PAGE, after).await?;
        for organization in organizations {
            let Some(mut provider) = store.sign_in_provider(&organization.id).await? else {
                continue;
            };
            let Some(sealed) = &provider.sealed_client_secret else {
                continue;
            };
            let fresh = keys.rewrap(sealed, &provider.secret_identity())?;
            provider.sealed_client_secret = Some(fresh);
            let mut transaction = Transaction::new();
            store.put_sign_in_provider(&mut transaction, Some(provider.version), &provider)?;
            match transaction.commit().await {
                Ok(()) => count += 1,
                Err(CommitError::Refused(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        after = next;
        if after.is_none() {
            return Ok(count);
        }
    }
}

/// Who has applied for a check of their identity, in deleted organizations
/// too.
async fn applicants(store: &Organizations, keys: &MasterKeys) -> Result<usize, Failure> {
    let mut count = 0;
    let mut after = None;
    loop {
        let (orgs, next) = store.listed_organizations(PAGE, after).await?;
        for org in orgs {
            for is_past in [false, true] {
                count += applicants_of(store, keys, &org, is_past).await?;
            }
        }
        after = next;
        if after.is_none() {
            return Ok(count);
        }
    }
}

/// One whose application changes meanwhile is sealed under the key before;
/// the next rotation finds it.
async fn applicants_of(
    store: &Organizations,
    keys: &MasterKeys,
    org: &OrganizationId,
    is_past: bool,
) -> Result<usize, Failure> {
    let mut count = 0;
    let mut after = None;
    loop {
        let (applications, next) = store.all_kyc(org, is_past, PAGE, after).await?;
        for before in applications {
            let identity = applicant_identity(org, &before.user, &before.id);
            let sealed = keys.rewrap(&before.sealed_applicant, &identity)?;
            let mut transaction = Transaction::new();
            store.reseal_kyc(&mut transaction, &before, is_past, &sealed)?;
            match transaction.commit().await {
                Ok(()) => count += 1,
                Err(CommitError::Refused(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        after = next;
        if after.is_none() {
            return Ok(count);
        }
    }
}

/// What belongs to people. One who changes theirs meanwhile has sealed it
/// anew already.
async fn second_factors(people: &People, keys: &MasterKeys) -> Result<usize, Failure> {
    let mut count = 0;
    let mut after = None;
    loop {
        let (users, next) = people.directory("", PAGE, after).await?;
        for user in users {
            let mut transaction = Transaction::new();
            if let Some(before) = people.authenticator(&user).await? {
                let mut fresh = before.clone();
                fresh.sealed_secret = keys.rewrap(&before.sealed_secret, &totp_identity(&user))?;
                fresh.revision += 1;
                people.change_authenticator(&mut transaction, &user, Some(&before), &fresh)?;
            }
            if let Some(before) = people.backup_codes(&user).await? {
                let mut fresh = before.clone();
                fresh.sealed_key = keys.rewrap(&before.sealed_key, &backup_identity(&user))?;
                fresh.revision += 1;
                people.change_backup_codes(&mut transaction, &user, Some(&before), &fresh)?;
            }
            let sealed = transaction.len();
            match transaction.commit().await {
                Ok(()) => count += sealed,
                Err(CommitError::Refused(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        after = next;
        if after.is_none() {
            return Ok(count);
        }
    }
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
