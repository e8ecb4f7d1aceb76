//! Mails as files of a directory, for where nothing is to go out.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use lettre::message::Mailbox;

use super::{MailError, Outgoing, eml};

/// Writes each mail as an `.eml` file. The names sort by time.
#[derive(Clone, Debug)]
pub struct FileDrop {
    directory: PathBuf,
    from: Mailbox,
}

impl FileDrop {
    /// Into a directory, which is made where it is not there.
    pub fn new(directory: impl Into<PathBuf>, from: Mailbox) -> Self {
        Self {
            directory: directory.into(),
            from,
        }
    }

    pub(super) async fn send(&self, mail: &Outgoing) -> Result<(), MailError> {
        let content = eml::message(mail, &self.from)?.formatted();
        let name = format!("{}-{}.eml", mail.id, mail.kind);
        let directory = self.directory.clone();
        tokio::task::spawn_blocking(move || write_whole(&directory, &name, &content))
            .await
            .map_err(|error| MailError::Send(error.into()))?
            .map_err(|error| MailError::Send(error.into()))
    }
}

/// Writes a file so that no reader of the directory sees a part of it.
fn write_whole(directory: &Path, name: &str, content: &[u8]) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    let unfinished = directory.join(format!(".{name}.part"));
    fs::write(&unfinished, content)?;
    fs::rename(&unfinished, directory.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail;
    use kernel::id::ulid_at;
    use kernel::time::Timestamp;

    #[tokio::test]
    async fn files_sort_by_time_and_a_copy_is_no_second_file() {
        let directory = std::env::temp_dir().join(format!(
            "mails-{}",
            ulid_at(kernel::time::Clock::now(&platform::clock::SystemClock))
        ));
        let from = "no-reply@tradebridge.example".parse().expect("a mailbox");
        let files = FileDrop::new(directory.join("deep"), from);
        let mut names = Vec::new();
        for seconds in [2_000_000_000, 1_000_000_000] {
            let at = Timestamp::from_timestamp(seconds, 0).expect("a time");
            let mail = Outgoing {
                id: ulid_at(at),
                kind: "password-changed",
                to: "ada@x.example".to_owned(),
                letter: mail::password_changed("https://app.example", at),
                at,
            };
            files.send(&mail).await.expect("writes");
            files.send(&mail).await.expect("writes again");
            names.push(format!("{}-password-changed.eml", mail.id));
        }
        let mut found: Vec<String> = fs::read_dir(directory.join("deep"))
            .expect("a directory")
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .into_string()
                    .expect("text")
            })
            .collect();
        found.sort();
        names.reverse();
        assert_eq!(found, names);
        let content = fs::read_to_string(directory.join("deep").join(&found[0])).expect("reads");
        assert!(content.contains("To: ada@x.example\r\n"), "{content}");
        fs::remove_dir_all(&directory).expect("removes");
    }
}
