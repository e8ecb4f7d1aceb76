//! The record of what was done, written by the chain: whoever changes
//! something or acts as a platform admin is recorded, and no handler can forget it.

use std::convert::Infallible;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponseParts, Response, ResponseParts};
use http::Method;
use kernel::id::AuditId;
use platform::audit_log::{ANONYMOUS, Entry};

use crate::caller::{ClientHeaders, Principal, is_platform_admin};
use crate::limit::is_sign_in;
use crate::observe::RequestInfo;
use crate::state::Platform;

/// Beside a response's body: what the record is to say beyond what the chain
/// knows. A read that is none of the caller's own data is recorded by it too.
#[derive(Clone, Debug, Default)]
pub struct Audited {
    /// What was done, as a stable word: `person.blocked`.
    pub action: &'static str,
    /// To what or whom.
    pub target: Option<String>,
    /// More, for a person; never a secret.
    pub detail: Option<String>,
    /// Subject and tenant of who did it, where the request had no token yet.
    pub actor: Option<(String, String)>,
}

impl IntoResponseParts for Audited {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        parts.extensions_mut().insert(self);
        Ok(parts)
    }
}

/// What is known before the handler runs.
struct Asked {
    principal: Principal,
    method: Method,
    route: String,
    info: RequestInfo,
    client: ClientHeaders,
}

pub(crate) async fn record(
    State(platform): State<Platform>,
    request: Request,
    next: Next,
) -> Response {
    let Some(log) = platform.audit_log() else {
        return next.run(request).await;
    };
    let asked = Asked::of(&request);
    let mut response = next.run(request).await;
    let told = response.extensions_mut().remove::<Audited>();
    if !asked.is_recorded(told.as_ref()) {
        return response;
    }
    let entry = asked.entry(told.unwrap_or_default(), &platform, &response);
    // What was done is done: the answer stays, and somebody has to look.
    if let Err(error) = log.append(&entry).await {
        tracing::error!(
            alarm = "audit_lost",
            request_id = entry.request_id,
            action = entry.action,
            actor = entry.actor,
            outcome = entry.outcome,
            error = kernel::error::chain(&error),
            "action not recorded"
        );
    }
    response
}

impl Asked {
    fn of(request: &Request) -> Self {
        let info = RequestInfo::of(request);
        let extensions = request.extensions();
        let route = extensions.get::<MatchedPath>().map(MatchedPath::as_str);
        Self {
            principal: extensions
                .get::<Principal>()
                .cloned()
                .unwrap_or(Principal::Anonymous),
            method: request.method().clone(),
            route: route.unwrap_or("unknown").to_owned(),
            client: ClientHeaders::of(request.headers()),
            info,
        }
    }

    fn is_recorded(&self, told: Option<&Audited>) -> bool {
        let changes = !matches!(self.method, Method::GET | Method::HEAD | Method::OPTIONS);
        match &self.principal {
            _ if told.is_some() => true,
            Principal::Anonymous => changes && is_sign_in(&self.info.path),
            Principal::Person(claims) => changes || is_platform_admin(claims),
            Principal::Shop(_) => changes,
            // A terminal reports all the time, and what it reports is kept.
            Principal::Terminal(_) => false,
        }
    }

    fn entry(self, told: Audited, platform: &Platform, response: &Response) -> Entry {
        let now = platform.real_now();
        let client = self.client.client(&self.info);
        let (actor, tenant) = told.actor.unwrap_or_else(|| match self.principal {
            Principal::Anonymous => (ANONYMOUS.to_owned(), String::new()),
            Principal::Shop(shop) => (format!("shop:{}", shop.key_id), shop.shop.to_string()),
            Principal::Person(claims) => (claims.sub, claims.org),
            Principal::Terminal(device) => (format!("device:{}", device.id), device.org),
        });
        let action = match told.action {
            "" => format!("{} {}", self.method, self.route),
            named => named.to_owned(),
        };
        Entry {
            id: AuditId::generate(now),
            at: now,
            actor,
            tenant,
            action,
            target: told.target,
            path: self.info.path,
            address: client.address,
            user_agent: client.user_agent,
            device: client.device,
            country: client.country,
            outcome: response.status().as_u16(),
            request_id: self.info.id,
            detail: told.detail,
        }
    }
}
