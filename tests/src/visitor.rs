//! A person at their device: calls from an address of their own, with what
//! the stack has mailed to them at hand.

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::{Client, Method, header};
use serde_json::{Value, json};

use crate::{Answer, Stack, until};

/// Somebody who calls from one address.
#[derive(Clone, Debug)]
pub struct Visitor {
    http: String,
    mail_dir: PathBuf,
    client: Client,
}

/// What a sign-in gave.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// The access token.
    pub access: String,
    /// The refresh token.
    pub refresh: String,
}

impl Tokens {
    /// Reads an answer of the transport `body`.
    ///
    /// # Panics
    /// Where it has no tokens.
    #[must_use]
    pub fn of(answer: &Value) -> Self {
        let text = |name: &str| answer[name].as_str().expect("a token").to_owned();
        Self {
            access: text("access_token"),
            refresh: text("refresh_token"),
        }
    }
}

impl Visitor {
    /// At 127.0.1.`host`: limits by address are then this visitor's own.
    ///
    /// # Panics
    /// Where there is no stack.
    #[must_use]
    pub fn at(stack: &Stack, host: u8) -> Self {
        // Clients of the platform's own bring theirs.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let address = IpAddr::V4(Ipv4Addr::new(127, 0, 1, host));
        let client = Client::builder()
            .local_address(address)
            .timeout(Duration::from_secs(40))
            .user_agent(format!("visitor/{host}"))
            .build()
            .expect("an HTTP client");
        Self {
            http: stack.http.replace("localhost", "127.0.0.1"),
            mail_dir: stack.mail_dir.clone(),
            client,
        }
    }

    /// A call with JSON, and a token where there is one.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: &Value,
    ) -> Answer {
        let mut request = self.client.request(method, format!("{}{path}", self.http));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if !body.is_null() {
            request = request
                .header(header::CONTENT_TYPE, "application/json")
                .body(body.to_string());
        }
        Answer::read(request.send().await.expect("an answer")).await
    }

    /// Posts JSON without a token.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::POST, path, None, body).await
    }

    /// Posts JSON with a token.
    pub async fn post_as(&self, path: &str, token: &str, body: &Value) -> Answer {
        self.call(Method::POST, path, Some(token), body).await
    }

    /// Reads with a token.
    pub async fn get_as(&self, path: &str, token: &str) -> Answer {
        self.call(Method::GET, path, Some(token), &Value::Null)
            .await
    }

    /// Signs in by password, with a code where there is one.
    pub async fn sign_in(&self, email: &str, password: &str, code: Option<&str>) -> Answer {
        let mut body = json!({"email": email, "password": password, "transport": "body"});
        if let Some(code) = code {
            body["code"] = code.into();
        }
        self.post("/api/v1/auth/login", &body).await
    }

    /// Registers and follows the mail's link: a person who can sign in.
    ///
    /// # Panics
    /// Where a step is refused.
    pub async fn register(&self, email: &str, password: &str) {
        let body = json!({"email": email, "password": password});
        let answer = self.post("/api/v1/auth/register", &body).await.expect(202);
        assert!(answer["message"].is_string(), "{answer}");
        let token = self.mailed_token(email, "verify-email").await;
        let verified = self
            .post("/api/v1/auth/verify-email", &json!({"token": token}))
            .await;
        assert_eq!(verified.status, 204, "{}", verified.body);
    }

    /// The token of the link to a page in the newest mail to an address that
    /// has one.
    ///
    /// # Panics
    /// Where no such mail comes within half a minute.
    pub async fn mailed_token(&self, email: &str, page: &str) -> String {
        let wait = Duration::from_secs(30);
        until(&format!("a mail to {email}"), wait, || async {
            self.mails(email)
                .iter()
                .rev()
                .find_map(|mail| token_of(mail, page))
        })
        .await
    }

    /// The mails to an address, the oldest first.
    ///
    /// # Panics
    /// Where the folder of mails cannot be read.
    #[must_use]
    pub fn mails(&self, email: &str) -> Vec<String> {
        let entries = std::fs::read_dir(&self.mail_dir).expect("the folder of mails");
        let mut files: Vec<PathBuf> = entries
            .map(|entry| entry.expect("a file").path())
            .filter(|path| is_mail(path))
            .collect();
        files.sort();
        let mails = files.iter().map(|path| {
            let text = std::fs::read_to_string(path).expect("a mail");
            unfolded(&text)
        });
        let to = format!("To: {email}");
        mails
            .filter(|mail| mail.lines().any(|line| line.contains(&to)))
            .collect()
    }
}

fn is_mail(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "eml")
}

/// Quoted-printable undone, as far as links need it.
fn unfolded(mail: &str) -> String {
    mail.replace("=\r\n", "")
        .replace("=\n", "")
        .replace("=3D", "=")
}

fn token_of(mail: &str, page: &str) -> Option<String> {
    let (_, rest) = mail.split_once(&format!("/{page}?token="))?;
    let is_of_token = |letter: &char| letter.is_ascii_alphanumeric() || "._~-".contains(*letter);
    let token: String = rest.chars().take_while(is_of_token).collect();
    (!token.is_empty()).then_some(token)
}
