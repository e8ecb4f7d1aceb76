//! One attempt at one message.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use kernel::time::{Clock, Timestamp};
use platform::clock::SystemClock;
use platform::http_client;
use platform::outside_url::validate_url;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode};

/// Within this a shop has to answer.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Bytes of an answer's body that are read, so that the connection can be used
/// again; what they say is of no interest.
const BODY_BYTES_MAX: usize = 1_024;
/// How long they are waited for once the status is known.
const BODY_TIMEOUT: Duration = Duration::from_secs(1);

/// A signed message on its way.
#[derive(Clone, Copy, Debug)]
pub struct Post<'a> {
    /// The shop's address.
    pub url: &'a str,
    /// `webhook-id`.
    pub id: &'a str,
    /// `webhook-timestamp`: when this attempt is made, in seconds since the
    /// epoch of real time.
    pub timestamp_s: i64,
    /// `webhook-signature`: one signature, or several with spaces between.
    pub signatures: &'a str,
    /// The body, as it was signed.
    pub body: &'a str,
}

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The shop took it: a status from 200 to 299.
    Taken(u16),
    /// The shop wants no more messages: 410.
    Gone,
    /// Any other status; a redirect is one, and is not followed.
    Refused {
        /// The status.
        status: u16,
        /// How long the shop asks to be left alone.
        retry_after: Option<TimeDelta>,
    },
    /// No status came.
    NotReached(&'static str),
}

/// Posts messages to shops.
#[derive(Clone, Debug)]
pub struct Sender {
    http: Client,
    allowed_hosts: Arc<Vec<String>>,
}

impl Sender {
    /// To public hosts, and to these; see [`super::allowed_hosts`].
    ///
    /// # Errors
    /// Where TLS cannot be set up.
    pub fn new(allowed_hosts: Vec<String>) -> Result<Self, reqwest::Error> {
        Self::within(TIMEOUT, allowed_hosts)
    }

    fn within(timeout: Duration, allowed_hosts: Vec<String>) -> Result<Self, reqwest::Error> {
        let allowed_hosts = Arc::new(allowed_hosts);
        Ok(Self {
            http: http_client::guarded(timeout, Arc::clone(&allowed_hosts))?,
            allowed_hosts,
        })
    }

    /// Posts a message. The address is looked at once more: the rules may have
    /// changed since it was kept.
    pub async fn post(&self, post: &Post<'_>) -> Answer {
        let Ok(url) = validate_url(post.url, &self.allowed_hosts) else {
            return Answer::NotReached("address not allowed");
        };
        let sent = self
            .http
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", post.id)
            .header("webhook-timestamp", post.timestamp_s)
            .header("webhook-signature", post.signatures)
            .body(post.body.to_owned())
            .send()
            .await;
        match sent {
            Ok(response) => judge(response).await,
            Err(error) => not_reached(post.id, error),
        }
    }
}

async fn judge(response: Response) -> Answer {
    let status = response.status();
    let retry_after = retry_after(response.headers(), SystemClock.now());
    // The status has decided; a body that does not come changes nothing.
    let _ = tokio::time::timeout(BODY_TIMEOUT, drain(response)).await;
    match status {
        StatusCode::GONE => Answer::Gone,
        status if status.is_success() => Answer::Taken(status.as_u16()),
        status => Answer::Refused {
            status: status.as_u16(),
            retry_after,
        },
    }
}

async fn drain(mut response: Response) {
    let mut bytes = 0;
    while let Ok(Some(chunk)) = response.chunk().await {
        bytes += chunk.len();
        if bytes > BODY_BYTES_MAX {
            return;
        }
    }
}

fn not_reached(id: &str, error: reqwest::Error) -> Answer {
    let what = if error.is_timeout() {
        "timed out"
    } else if error.is_connect() {
        "could not connect"
    } else {
        "no valid answer"
    };
    tracing::info!(
        delivery = id,
        // Without the URL: a shop may keep a secret in it.
        error = kernel::error::chain(&error.without_url()),
        "the shop was not reached with {id}"
    );
    Answer::NotReached(what)
}

/// `Retry-After`, in seconds or as a date.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<TimeDelta> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match text.parse::<u32>() {
        Ok(seconds) => TimeDelta::seconds(i64::from(seconds)),
        Err(_) => DateTime::parse_from_rfc2822(text).ok()?.to_utc() - now,
    };
    Some(wait.max(TimeDelta::zero()))
}

#[cfg(test)]
mod tests {
    use wiremock::matchers::{method, path};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;

    fn sender() -> Sender {
        Sender::within(Duration::from_millis(500), vec!["127.0.0.1".to_owned()]).expect("a client")
    }

    async fn answer_to(template: ResponseTemplate) -> Answer {
        let server = MockServer::start().await;
        Mock::given(method("POST"))
            .respond_with(template)
            .mount(&server)
            .await;
        post_to(&server.uri()).await
    }

    async fn post_to(url: &str) -> Answer {
        sender()
            .post(&Post {
                url,
                id: "msg_1",
                timestamp_s: 1_700_000_000,
                signatures: "v1,new v1,old",
                body: r#"{"type":"account.breached"}"#,
            })
            .await
    }

    #[tokio::test]
    async fn a_message_goes_as_the_specification_has_it() {
        let server = MockServer::start().await;
        Mock::given(method("POST"))
            .and(path("/hook"))
            .respond_with(ResponseTemplate::new(204))
            .mount(&server)
            .await;
        let answer = post_to(&format!("{}/hook", server.uri())).await;
        assert_eq!(answer, Answer::Taken(204));
        let received = server.received_requests().await.expect("recorded");
        assert_eq!(received.len(), 1);
        for (name, value) in [
            ("content-type", "application/json"),
            ("webhook-id", "msg_1"),
            ("webhook-timestamp", "1700000000"),
            ("webhook-signature", "v1,new v1,old"),
        ] {
            assert_eq!(received[0].headers[name], value, "{name}");
        }
        assert_eq!(received[0].body, br#"{"type":"account.breached"}"#);
    }

    #[tokio::test]
    async fn an_allowed_name_is_called_wherever_it_resolves_to() {
        let server = MockServer::start().await;
        Mock::given(method("POST"))
            .respond_with(ResponseTemplate::new(200))
            .mount(&server)
            .await;
        let sender = Sender::within(Duration::from_secs(5), vec!["localhost".to_owned()]);
        let answer = sender
            .expect("a client")
            .post(&Post {
                url: &format!("http://localhost:{}/", server.address().port()),
                id: "msg_1",
                timestamp_s: 1_700_000_000,
                signatures: "v1,x",
                body: "{}",
            })
            .await;
        assert_eq!(answer, Answer::Taken(200));
    }

    #[tokio::test]
    async fn a_status_decides() {
        assert_eq!(
            answer_to(ResponseTemplate::new(200)).await,
            Answer::Taken(200)
        );
        assert_eq!(
            answer_to(ResponseTemplate::new(299)).await,
            Answer::Taken(299)
        );
        assert_eq!(answer_to(ResponseTemplate::new(410)).await, Answer::Gone);
        for status in [300, 400, 404, 500] {
            let refused = Answer::Refused {
                status,
                retry_after: None,
            };
            assert_eq!(answer_to(ResponseTemplate::new(status)).await, refused);
        }
    }

    #[tokio::test]
    async fn a_redirect_is_not_followed() {
        let elsewhere = MockServer::start().await;
        Mock::given(method("POST"))
            .respond_with(ResponseTemplate::new(200))
            .expect(0)
            .mount(&elsewhere)
            .await;
        for status in [301, 302, 303, 307, 308] {
            let template = ResponseTemplate::new(status).insert_header("location", elsewhere.uri());
            let refused = Answer::Refused {
                status,
                retry_after: None,
            };
            assert_eq!(answer_to(template).await, refused);
        }
    }

    #[tokio::test]
    async fn a_shop_that_does_not_answer_in_time_has_not_taken_it() {
        let late = ResponseTemplate::new(200).set_delay(Duration::from_secs(5));
        assert_eq!(answer_to(late).await, Answer::NotReached("timed out"));
    }

    #[tokio::test]
    async fn a_shop_that_is_not_there_is_not_reached() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        drop(listener);
        let answer = post_to(&format!("http://{address}/")).await;
        assert_eq!(answer, Answer::NotReached("could not connect"));
    }

    #[tokio::test]
    async fn an_inner_address_is_never_called() {
        let server = MockServer::start().await;
        Mock::given(method("POST"))
            .respond_with(ResponseTemplate::new(200))
            .expect(0)
            .mount(&server)
            .await;
        let port = server.address().port();
        for host in ["127.0.0.2", "0x7f.0.0.2", "localhost", "[::ffff:7f00:1]"] {
            let answer = post_to(&format!("https://{host}:{port}/")).await;
            assert_eq!(answer, Answer::NotReached("address not allowed"), "{host}");
        }
    }

    #[tokio::test]
    async fn a_long_body_does_not_keep_the_sender() {
        let body = vec![b'x'; 4 * 1024 * 1024];
        let answer = answer_to(ResponseTemplate::new(200).set_body_bytes(body)).await;
        assert_eq!(answer, Answer::Taken(200));
    }

    #[test]
    fn retry_after_is_read_in_both_forms() {
        let now = DateTime::from_timestamp(1_445_412_420, 0).expect("a time");
        let read = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, text.parse().expect("a header"));
            retry_after(&headers, now)
        };
        assert_eq!(read("120"), Some(TimeDelta::seconds(120)));
        assert_eq!(
            read("Wed, 21 Oct 2015 07:28:00 GMT"),
            Some(TimeDelta::seconds(60))
        );
        assert_eq!(
            read("Wed, 21 Oct 2015 07:26:00 GMT"),
            Some(TimeDelta::zero())
        );
        assert_eq!(read("soon"), None);
        assert_eq!(read("-5"), None);
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }
}
