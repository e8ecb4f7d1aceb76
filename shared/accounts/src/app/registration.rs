//! Registering credentials at the gateway so that nothing is lost: the
//! transaction id is stored before the first call.

use std::time::Duration;

use chrono::TimeDelta;
use kernel::id::{AccountId, InstanceId, ShopId};
use kernel::time::Timestamp;
use platform::keys::Vault;

use crate::gateway::mt5::{Credentials, GatewayError, Mt5Gateway, Registration as Outcome};
use crate::model::{Instance, password_identity};
use crate::store::{Registration, Store};

/// Times that a request asks again while the broker verifies. What lasts
/// longer is finished by the sync chain.
const ASKS_MAX: u32 = 4;
/// The longest wait between two of them, in seconds.
const WAIT_S_MAX: u64 = 3;
/// A registration that no instance took over by then is left over.
const LEFT_OVER_AFTER: TimeDelta = TimeDelta::minutes(5);

/// A registration that the broker has accepted or is still verifying.
pub(super) struct Registered {
    /// The instance it makes, not written yet.
    pub(super) instance: Instance,
}

/// Registers credentials for a new instance of an account.
///
/// # Errors
/// What the gateway answers; a refusal leaves nothing behind.
pub(super) async fn register(
    store: &Store,
    gateway: &Mt5Gateway,
    vault: &Vault,
    (shop, account): (&ShopId, &AccountId),
    credentials: &Credentials,
    now: Timestamp,
) -> kernel::Result<Registered> {
    let instance = InstanceId::generate(now);
    let identity = password_identity(shop, account, &instance);
    let sealed = vault.seal(&credentials.password, &identity).await?;
    let transaction_id = fresh_transaction_id()?;
    let row = Registration {
        transaction_id: transaction_id.clone(),
        shop: shop.clone(),
        login: credentials.login.clone(),
        server: credentials.server.clone(),
        sealed_password: sealed.clone(),
        identity,
        due_shard: String::new(),
        due_at: 0,
    }
    .due(now + LEFT_OVER_AFTER);
    store.put_registration(&row).await?;
    match ask(gateway, credentials, &transaction_id).await {
        Ok(gateway_id) => Ok(Registered {
            instance: Instance {
                id: instance,
                transaction_id,
                gateway_id,
                sealed_password: Some(sealed),
                created_at: now,
                ended_at: None,
                ended_for: None,
            },
        }),
        Err(error) => {
            // A refusal leaves nothing at the gateway. After any other failure
            // there may be something, and the row makes it found.
            if matches!(error, GatewayError::Credentials | GatewayError::Server(_)) {
                store.delete_registration(&transaction_id).await?;
            }
            Err(error.into())
        }
    }
}

/// Asks until the broker has verified, for as long as a request may take.
/// `None` while it is still verifying.
pub(super) async fn ask(
    gateway: &Mt5Gateway,
    credentials: &Credentials,
    transaction_id: &str,
) -> Result<Option<String>, GatewayError> {
    for attempt in 1..=ASKS_MAX {
        match gateway.register(credentials, transaction_id).await? {
            Outcome::Done(gateway_id) => return Ok(Some(gateway_id)),
            Outcome::Verifying { retry_after_s } if attempt < ASKS_MAX => {
                let wait_s = retry_after_s.clamp(1, WAIT_S_MAX);
                tokio::time::sleep(Duration::from_secs(wait_s)).await;
            }
            Outcome::Verifying { .. } => {}
        }
    }
    Ok(None)
}

/// Thirty-two random characters, as the gateway's protocol asks for.
fn fresh_transaction_id() -> kernel::Result<String> {
    let mut random = [0_u8; 16];
    getrandom::fill(&mut random).map_err(|_| kernel::Error::internal("no randomness"))?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}
