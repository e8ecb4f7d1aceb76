//! What the handlers have at hand.

use std::sync::Arc;

use platform::aws::SdkConfig;
use platform::config::Env;
use platform::dynamo::Table;
use web::Platform;

/// A queue and its dead letters, by their addresses.
#[derive(Clone, Debug)]
pub(crate) struct Watched {
    pub(crate) name: &'static str,
    pub(crate) url: String,
    pub(crate) dead_letters_url: String,
}

/// The function's state, shared by its requests.
#[derive(Clone, Debug)]
pub struct App {
    /// The platform.
    pub platform: Platform,
    pub(crate) sqs: aws_sdk_sqs::Client,
    pub(crate) queues: Arc<Vec<Watched>>,
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
        let table = Table::new(
            aws_sdk_dynamodb::Client::new(aws),
            env.text("PLATFORM_TABLE")?,
        );
        let watched = |name, url, dead_letters| -> Result<Watched, platform::config::ConfigError> {
            Ok(Watched {
                name,
                url: env.text(url)?,
                dead_letters_url: env.text(dead_letters)?,
            })
        };
        Ok(Self {
            platform: Platform::new(env, table, None)?,
            sqs: aws_sdk_sqs::Client::new(aws),
            queues: Arc::new(vec![
                watched("sync", "SYNC_QUEUE_URL", "SYNC_DLQ_URL")?,
                watched("rules", "RULES_QUEUE_URL", "RULES_DLQ_URL")?,
                watched("webhooks", "WEBHOOKS_QUEUE_URL", "WEBHOOKS_DLQ_URL")?,
            ]),
        })
    }
}
