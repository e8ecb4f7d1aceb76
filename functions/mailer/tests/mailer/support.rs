//! A world for a test: people in a store, and the function over a mail
//! service of the test's choice.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use fn_mailer::{App, Ledger, handle};
use identity::gateway::mail::Mailer;
use identity::mail::MailMessage;
use identity::model::{PasswordHash, Person, PersonStatus};
use identity::store::Store;
use kernel::id::{UserId, ulid_at};
use kernel::time::{Clock, Timestamp};
use platform::clock::SystemClock;
use platform::config::Env;
use platform::dynamo::Transaction;
use platform::envelope::MasterKeys;
use platform::keys::Vault;
use platform::queue::{Intake, Queue};
use platform::runtime::Event;
use platform::secrets::Secrets;
use serde_json::{Value, json};
use testkit::Cloud;

/// Where links lead.
pub(crate) const APP_URL: &str = "https://app.tradebridge.example";

/// Everything that a test touches.
pub(crate) struct World {
    pub(crate) cloud: Cloud,
    pub(crate) app: App,
    directory: PathBuf,
}

impl World {
    /// Mails go into a directory of the test's own.
    pub(crate) async fn new() -> Self {
        Self::with(&[("MAIL_TRANSPORT", "file")]).await
    }

    /// Mails go where the settings say.
    pub(crate) async fn with(settings: &[(&str, &str)]) -> Self {
        let cloud = Cloud::start().await;
        cloud.set_secret("resend-key", "re_secret".into());
        let login = r#"{"username":"mailer","password":"pa55 word"}"#;
        cloud.set_secret("smtp-login", login.into());
        let directory = std::env::temp_dir().join(format!("mailer-{}", ulid_at(now())));
        let directory_text = directory.to_str().expect("text").to_owned();
        let mut pairs = vec![
            ("LOCAL_STAGE", "true"),
            ("MAIL_FROM", "Tradebridge <no-reply@tradebridge.example>"),
            ("MAIL_DIR", &directory_text),
            ("RESEND_KEY_SECRET", "resend-key"),
        ];
        pairs.extend_from_slice(settings);
        let client = aws_sdk_secretsmanager::Client::new(&cloud.aws);
        let secrets = Arc::new(Secrets::new(client));
        let master = MasterKeys::with_fresh_key(None).expect("a key");
        let app = App {
            store: Store::new(cloud.identity.clone(), cloud.platform.clone()),
            vault: Vault::given(MasterKeys::parse(&master).expect("reads")),
            mailer: Mailer::from_env(&Env::from_pairs(pairs), &secrets).expect("a mailer"),
            ledger: Ledger::new(cloud.platform.clone()),
            intake: Intake::new(cloud.platform.clone(), Queue::Mail),
            app_url: APP_URL.to_owned(),
        };
        Self {
            cloud,
            app,
            directory,
        }
    }

    /// Somebody with this address.
    pub(crate) async fn person(&self, email: &str, status: PersonStatus) -> UserId {
        let person = Person {
            name: Some("Ada".to_owned()),
            status,
            ..Person::new(email, PasswordHash::new("none"), now())
        };
        let mut transaction = Transaction::new();
        self.app
            .store
            .put_person(&mut transaction, &person)
            .expect("an item");
        transaction.commit().await.expect("writes");
        person.id
    }

    /// The queue brings these messages, and none of them fails.
    pub(crate) async fn deliver(&self, messages: &[&MailMessage]) {
        let failed = self.bring(messages).await;
        assert_eq!(failed, Vec::<usize>::new(), "of {messages:?}");
    }

    /// The queue brings these messages. Answers which of them failed, by
    /// their places.
    pub(crate) async fn bring(&self, messages: &[&MailMessage]) -> Vec<usize> {
        let bodies: Vec<String> = messages
            .iter()
            .map(|message| serde_json::to_string(message).expect("JSON"))
            .collect();
        self.bring_bodies(&bodies).await
    }

    /// The same with bodies as they are.
    pub(crate) async fn bring_bodies(&self, bodies: &[String]) -> Vec<usize> {
        let records: Vec<Value> = bodies
            .iter()
            .enumerate()
            .map(|(index, body)| {
                json!({
                    "messageId": index.to_string(),
                    "body": body,
                    "attributes": {},
                    "messageAttributes": {},
                    "eventSource": "aws:sqs",
                })
            })
            .collect();
        let event = Event::parse(json!({ "Records": records })).expect("an event");
        let answer = handle(&self.app, event).await.expect("handles");
        let failures = answer["batchItemFailures"].as_array().expect("a list");
        let mut failed: Vec<usize> = failures
            .iter()
            .map(|failure| failure["itemIdentifier"].as_str().expect("an id"))
            .map(|id| id.parse().expect("a place"))
            .collect();
        failed.sort_unstable();
        failed
    }

    /// The mails in the directory, the oldest first.
    pub(crate) fn mails(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(&self.directory) else {
            return Vec::new();
        };
        let mut paths: Vec<PathBuf> = entries
            .map(|entry| entry.expect("an entry").path())
            .collect();
        paths.sort();
        paths
            .iter()
            .map(|path| fs::read_to_string(path).expect("reads"))
            .collect()
    }

    /// The only mail in the directory.
    pub(crate) fn the_mail(&self) -> String {
        let mut mails = self.mails();
        assert_eq!(mails.len(), 1, "{mails:#?}");
        mails.remove(0)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// The token of a mail's link: what its reader would follow.
pub(crate) fn token_of(mail: &str) -> String {
    let (_, rest) = mail.split_once("token=").expect("a link with a token");
    let is_of_token = |character: char| {
        character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | '~' | '-')
    };
    rest.chars().take_while(|it| is_of_token(*it)).collect()
}

pub(crate) fn now() -> Timestamp {
    SystemClock.now()
}
