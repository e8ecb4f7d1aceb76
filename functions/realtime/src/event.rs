//! A route's event, as API Gateway sends it.

use std::collections::HashMap;

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

/// The peer, as the local forwarder passes it on; the local stage alone
/// believes it.
const LOCAL_PEER: &str = "x-tradebridge-peer";

/// What happens on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Kind {
    /// It is to be opened.
    Connect,
    /// Its client says something.
    Message,
    /// It has ended.
    Disconnect,
}

/// A route's event. It may bear a token, so it has no text form.
pub(crate) struct SocketEvent {
    pub(crate) kind: Kind,
    pub(crate) route: String,
    pub(crate) connection: String,
    pub(crate) request_id: String,
    /// The address that API Gateway saw.
    pub(crate) source_ip: String,
    /// The address that the local forwarder saw.
    pub(crate) local_peer: Option<String>,
    /// The token of an opening's address.
    pub(crate) token: Option<SecretString>,
    /// What the client says.
    pub(crate) body: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context {
    event_type: Kind,
    route_key: String,
    connection_id: String,
    #[serde(default)]
    request_id: String,
    #[serde(default)]
    identity: Identity,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    #[serde(default)]
    source_ip: String,
}

impl SocketEvent {
    /// Reads an event; none where it is not of a route.
    pub(crate) fn of(event: &Value) -> Option<Self> {
        let context = Context::deserialize(event.get("requestContext")?).ok()?;
        let texts = |name: &str| {
            let found = event.get(name).map(HashMap::<String, Value>::deserialize);
            found.and_then(Result::ok).unwrap_or_default()
        };
        let token = texts("queryStringParameters")
            .get("token")
            .and_then(Value::as_str)
            .map(SecretString::from);
        let local_peer = texts("headers")
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(LOCAL_PEER))
            .and_then(|(_, value)| value.as_str())
            .map(str::to_owned);
        // A binary message is none of ours, and reads as nothing.
        let is_binary = event.get("isBase64Encoded").and_then(Value::as_bool) == Some(true);
        let body = event.get("body").and_then(Value::as_str);
        Some(Self {
            kind: context.event_type,
            route: context.route_key,
            connection: context.connection_id,
            request_id: context.request_id,
            source_ip: context.identity.source_ip,
            local_peer,
            token,
            body: body.filter(|_| !is_binary).unwrap_or_default().to_owned(),
        })
    }
}
