//! What the handlers have at hand.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use identity::app::second_factor::SecondFactors;
use identity::store::Store;
use platform::audit_log::AuditLog;
use platform::aws::SdkConfig;
use platform::config::Env;
use platform::dynamo::Table;
use platform::keys::Vault;
use platform::secrets::Secrets;
use serde::Serialize;
use web::Platform;
use web::audit::Audited;
use web::extract::success;

/// The function's state, shared by its requests.
#[derive(Clone, Debug)]
pub struct App {
    /// The platform.
    pub platform: Platform,
    /// Who people are.
    pub people: Store,
    /// Their second factors.
    pub second_factors: SecondFactors,
    /// The record of what was done.
    pub log: AuditLog,
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
        let people = Store::new(identity_table, platform_table.clone());
        Ok(Self {
            platform: Platform::new(env, platform_table, None)?,
            second_factors: SecondFactors {
                store: people.clone(),
                vault,
            },
            people,
            log: AuditLog::from_env(dynamo, env)?,
        })
    }
}

/// A resource, and what the record says of it.
pub(crate) fn recorded<T: Serialize>(data: T, audited: Audited) -> Response {
    (audited, success(data)).into_response()
}
