//! Who may not.

use chrono::TimeDelta;
use http::Method;
use identity::model::PersonStatus;
use kernel::id::OrganizationId;
use platform::tokens::Claims;
use serde_json::json;
use testkit::http::{bearer, request, send};

use crate::desk::{Desk, now};

#[tokio::test]
async fn everybody_but_a_platform_admin_is_refused_at_every_route() {
    let desk = Desk::open().await;
    let user = desk.add_named("ada@example.com").await;
    let routes = [
        (Method::GET, "/api/admin/users".to_owned()),
        (Method::GET, format!("/api/admin/users/{user}")),
        (Method::PATCH, format!("/api/admin/users/{user}")),
        (
            Method::POST,
            format!("/api/admin/users/{user}/reset-second-factor"),
        ),
        (Method::GET, "/api/admin/audit".to_owned()),
        (Method::GET, "/api/admin/blocked-ips".to_owned()),
        (
            Method::DELETE,
            "/api/admin/blocked-ips/192.0.2.1".to_owned(),
        ),
    ];
    let documented = fn_admin::document();
    let count: usize = documented
        .paths
        .paths
        .values()
        .map(|item| {
            [&item.get, &item.put, &item.post, &item.delete, &item.patch]
                .into_iter()
                .flatten()
                .count()
        })
        .sum();
    assert_eq!(count, routes.len(), "a route has no row here");

    let org = OrganizationId::generate(now());
    let admin = || desk.claims(&desk.admin, "platform_admin");
    let changed = |change: &dyn Fn(&mut Claims)| {
        let mut claims = admin();
        change(&mut claims);
        Some(desk.stack.sign_token(&claims))
    };
    let past = now() - TimeDelta::hours(1);
    let callers = [
        ("nobody", 401, None),
        ("no token of ours", 401, Some("x.y.z".to_owned())),
        (
            "an admin whose token has expired",
            401,
            changed(&|claims| {
                claims.iat = past.timestamp();
                claims.exp = past.timestamp() + 900;
            }),
        ),
        (
            "an admin's token for somebody else",
            401,
            changed(&|claims| claims.aud = "other".to_owned()),
        ),
        (
            "a person",
            403,
            changed(&|claims| claims.role = "owner".to_owned()),
        ),
        (
            "an organization's admin",
            403,
            changed(&|claims| {
                claims.role = "admin".to_owned();
                claims.org = org.to_string();
            }),
        ),
        (
            "a token for accounts that names the role",
            403,
            changed(&|claims| claims.scope = "accounts".to_owned()),
        ),
        ("a trader", 403, Some(desk.stack.exchange(42))),
    ];
    let body = json!({
        "status": "blocked", "reason": "r", "identity_proof": "p",
    })
    .to_string();
    for (method, path) in &routes {
        for (who, status, token) in &callers {
            let call = match token {
                Some(token) => bearer(token, method, path, body.clone()),
                None => request(method, path, body.clone()),
            };
            let answer = send(&desk.router, call).await;
            assert_eq!(answer.status, *status, "{who}: {method} {path}");
        }
        let signed = desk.stack.shop.signing().sign(method, path, body.clone());
        let answer = send(&desk.router, signed).await;
        assert_eq!(answer.status, 401, "a shop: {method} {path}");
    }
    let ada = desk.person(&user).await;
    assert_eq!((ada.status, ada.revision), (PersonStatus::Active, 1));
}
