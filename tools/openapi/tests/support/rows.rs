//! A row for each route: whose it is, a call that makes sense, and its answers.

use serde_json::{Value, json};

use super::signals::signals;
use super::terminals::{reports, terminals};
use super::world::{Who, World};

/// Whom a route names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// Everybody.
    Everybody,
    /// A shop's server, by its signature.
    Shop,
    /// Who reads trading accounts.
    Trader,
    /// Who has signed in.
    Person,
    /// A member of an organization who may see what it has.
    Reader,
    /// One who may work with it.
    Writer,
    /// A person, or a terminal of theirs.
    PersonOrTerminal,
    /// A terminal, by its own token.
    Terminal,
    /// One who may change its members.
    Manager,
    /// One who may change the organization.
    Keeper,
    /// Who runs the platform.
    Admin,
}

impl Door {
    /// Whom the route names, and one of the same kind in another tenant.
    pub(crate) fn callers(self) -> (Who, Who) {
        match self {
            Self::Trader => (Who::Trader, Who::OtherTrader),
            Self::Person => (Who::Owner, Who::Plain),
            Self::Admin => (Who::Admin, Who::OtherOwner),
            _ => (Who::Owner, Who::OtherOwner),
        }
    }
}

/// A route and what it answers.
pub(crate) struct Row {
    /// Method and path, as in the document.
    pub(crate) route: &'static str,
    pub(crate) door: Door,
    /// A body that would be carried out.
    pub(crate) body: Value,
    /// Status for whom the route names.
    pub(crate) right: u16,
    /// Status for the same kind of caller of another tenant, or in the
    /// personal one: 404 where the path names what is not theirs.
    pub(crate) other: u16,
}

pub(crate) fn row(route: &'static str, door: Door, body: Value, right: u16, other: u16) -> Row {
    Row {
        route,
        door,
        body,
        right,
        other,
    }
}

/// All of them. A route that is not here fails the test, and so does a row
/// whose route is gone.
pub(crate) fn rows(world: &World) -> Vec<Row> {
    let mut rows = everybody();
    rows.extend(traders());
    rows.extend(shops(world));
    rows.extend(people(world));
    rows.extend(admins());
    rows.extend(signals());
    rows.extend(terminals());
    rows.extend(reports(world));
    // Last: the member is removed.
    rows.extend(members());
    rows
}

fn everybody() -> Vec<Row> {
    use Door::Everybody;
    let nobody = || json!({"email": "nobody@people.example", "password": "not their password"});
    let newcomer = || json!({"email": "new@people.example", "password": "a horse with a battery"});
    let open = |route, body, status| row(route, Everybody, body, status, status);
    vec![
        open("GET /.well-known/jwks.json", Value::Null, 200),
        open("GET /api/docs", Value::Null, 200),
        open("GET /api/health", Value::Null, 200),
        open("GET /api/openapi.json", Value::Null, 200),
        open("GET /api/auth/saml/{org}/login", Value::Null, 501),
        open("GET /api/auth/saml/{org}/metadata", Value::Null, 501),
        open("POST /api/auth/saml/{org}/acs", Value::Null, 501),
        // No organization has a provider, and nobody is on the way back from one.
        open("GET /api/auth/oidc/{org}/login", Value::Null, 404),
        open("GET /api/auth/oidc/{org}/callback", Value::Null, 400),
        open("POST /api/auth/login", nobody(), 401),
        open("POST /api/auth/register", newcomer(), 202),
        open("POST /api/v1/auth/login", nobody(), 401),
        open("POST /api/v1/auth/passkeys/login/start", json!({}), 200),
        open("POST /api/v1/auth/passkeys/login/finish", json!({}), 400),
        open(
            "POST /api/v1/auth/password/reset",
            json!({"email": "nobody@people.example"}),
            202,
        ),
        open(
            "POST /api/v1/auth/refresh",
            json!({"refresh_token": "tbr_none"}),
            401,
        ),
        open("POST /api/v1/auth/register", newcomer(), 202),
        open(
            "POST /api/v1/auth/verify-email",
            json!({"token": "nobodys-token"}),
            400,
        ),
    ]
}

fn traders() -> Vec<Row> {
    use Door::Trader;
    let of_account = |route| row(route, Trader, Value::Null, 200, 404);
    let settings = json!({"alert_warning": true, "alert_critical": true, "alert_breach": true});
    vec![
        row("GET /api/accounts", Trader, Value::Null, 200, 200),
        row(
            "POST /api/accounts/import",
            Trader,
            json!("no report"),
            400,
            400,
        ),
        row("POST /api/accounts/imports", Trader, upload(), 201, 201),
        row(
            "GET /api/accounts/imports/{import}",
            Trader,
            Value::Null,
            404,
            404,
        ),
        of_account("GET /api/account/{id}/equity"),
        of_account("GET /api/account/{id}/equity/history"),
        of_account("GET /api/account/{id}/export.xlsx"),
        of_account("GET /api/account/{id}/rules"),
        of_account("GET /api/account/{id}/settings"),
        row("PUT /api/account/{id}/settings", Trader, settings, 200, 404),
        of_account("GET /api/account/{id}/statistics"),
        of_account("GET /api/account/{id}/summary"),
        of_account("GET /api/account/{id}/sync-logs"),
        of_account("GET /api/account/{id}/trades"),
        of_account("GET /api/account/{id}/verdicts"),
        row("POST /api/account/{id}/sync", Trader, Value::Null, 202, 404),
    ]
}

fn upload() -> Value {
    json!({"content_length": 100, "server_zone": "Europe/Athens"})
}

fn shops(world: &World) -> Vec<Row> {
    use Door::Shop;
    let balance = json!({"value": 100_000, "source": "manual"});
    let simulate = json!({"account_id": world.account, "plan": {}});
    let plan = "PUT /api/s2s/plans/{accountType}";
    let replay = json!({"from": "2026-01-01T00:00:00Z"});
    let hook = json!({"url": "https://shop.example/hook"});
    vec![
        row(
            "POST /api/auth/exchange",
            Shop,
            json!({"wp_user_id": 42}),
            200,
            200,
        ),
        row("GET /api/s2s/accounts", Shop, Value::Null, 200, 200),
        row("GET /api/s2s/plans", Shop, Value::Null, 200, 200),
        row(plan, Shop, json!({}), 200, 200),
        row("POST /api/s2s/plans/simulate", Shop, simulate, 202, 404),
        row(
            "GET /api/s2s/plans/simulations/{id}",
            Shop,
            Value::Null,
            404,
            404,
        ),
        row("GET /api/s2s/webhook", Shop, Value::Null, 404, 404),
        row("PUT /api/s2s/webhook", Shop, hook, 200, 200),
        row("DELETE /api/s2s/webhook", Shop, Value::Null, 204, 204),
        row(
            "GET /api/s2s/webhook/deliveries",
            Shop,
            Value::Null,
            200,
            200,
        ),
        row(
            "POST /api/s2s/webhook/deliveries/{id}/replay",
            Shop,
            Value::Null,
            404,
            404,
        ),
        row("POST /api/s2s/webhook/replay", Shop, replay, 202, 202),
        row("POST /api/connect", Shop, world.connect_body(), 422, 422),
        row(
            "PUT /api/s2s/accounts/{id}/initial-balance",
            Shop,
            balance,
            200,
            404,
        ),
        row(
            "POST /api/s2s/accounts/{id}/plan",
            Shop,
            json!({"account_type": "evaluation-100k"}),
            200,
            404,
        ),
        row(
            "POST /api/s2s/accounts/{id}/import",
            Shop,
            json!("no report"),
            400,
            400,
        ),
        row(
            "POST /api/s2s/accounts/{id}/imports",
            Shop,
            upload(),
            201,
            404,
        ),
        row(
            "GET /api/s2s/accounts/{id}/imports/{import}",
            Shop,
            Value::Null,
            404,
            404,
        ),
        row(
            "POST /api/s2s/accounts/{id}/reset",
            Shop,
            json!({"reason": "asked for"}),
            200,
            404,
        ),
        row(
            "POST /api/s2s/accounts/{id}/annul",
            Shop,
            json!({"reason": "asked for"}),
            409,
            404,
        ),
        row("GET /api/s2s/accounts/{id}", Shop, Value::Null, 200, 404),
        row(
            "GET /api/s2s/accounts/{id}/verdicts",
            Shop,
            Value::Null,
            200,
            404,
        ),
        row(
            "POST /api/s2s/accounts/{id}/verdicts/{verdict}",
            Shop,
            json!({"decision": "lift", "reason": "asked for"}),
            404,
            404,
        ),
        row(
            "POST /api/s2s/accounts/{id}/start",
            Shop,
            json!({"reason": "asked for"}),
            409,
            404,
        ),
        row(
            "POST /api/s2s/accounts/{id}/unexplained",
            Shop,
            json!({"adjustment": 1, "trading": 0, "reason": "asked for"}),
            409,
            404,
        ),
        row(
            "POST /api/s2s/accounts/{id}/adjustments",
            Shop,
            json!({"amount": -1, "kind": "payout"}),
            201,
            404,
        ),
        row(
            "GET /api/s2s/accounts/{id}/adjustments",
            Shop,
            Value::Null,
            200,
            404,
        ),
        row(
            "DELETE /api/s2s/accounts/{id}/adjustments/{adjustment}",
            Shop,
            Value::Null,
            404,
            404,
        ),
        row(
            "PUT /api/s2s/accounts/{id}/deals/{deal}/class",
            Shop,
            json!({"class": "payout", "reason": "asked for"}),
            404,
            404,
        ),
        row("GET /api/s2s/deal-classes", Shop, Value::Null, 200, 200),
        row(
            "PUT /api/s2s/deal-classes",
            Shop,
            json!({"rules": []}),
            200,
            200,
        ),
        row(
            "POST /api/s2s/accounts/{id}/reconnect",
            Shop,
            json!({"investor_pass": "wrong-password"}),
            422,
            404,
        ),
        row(
            "POST /api/disconnect",
            Shop,
            json!({"account_id": world.account}),
            200,
            404,
        ),
    ]
}

fn people(world: &World) -> Vec<Row> {
    use Door::Person;
    let own = |route, body, status| row(route, Person, body, status, status);
    let wrong = || json!({"password": "not their password"});
    let sessions = "DELETE /api/v1/user/sessions/{id}";
    let change =
        json!({"current_password": "not theirs", "new_password": "a horse with a battery"});
    vec![
        own("GET /api/auth/me", Value::Null, 200),
        own("GET /api/v1/user/me", Value::Null, 200),
        own("PATCH /api/v1/user/me", json!({"name": "Ann"}), 200),
        own(
            "POST /api/v1/user/email",
            json!({"new_email": "new@firm.example", "password": "a wrong one"}),
            403,
        ),
        own("GET /api/v1/user/sessions", Value::Null, 200),
        row(sessions, Person, Value::Null, 404, 404),
        own("DELETE /api/v1/user/sessions", Value::Null, 204),
        own("POST /api/v1/user/links", json!({"token": "no token"}), 400),
        own("POST /api/v1/auth/2fa/setup", wrong(), 403),
        own(
            "POST /api/v1/auth/2fa/verify",
            json!({"code": "000000"}),
            409,
        ),
        own(
            "POST /api/v1/auth/2fa/disable",
            json!({"password": "not theirs", "code": "000000"}),
            409,
        ),
        own("POST /api/auth/mfa/backup-codes", wrong(), 409),
        own("POST /api/v1/auth/password/change", change, 403),
        own("GET /api/v1/auth/passkeys", Value::Null, 200),
        own("POST /api/v1/auth/passkeys/register/start", json!({}), 200),
        own("POST /api/v1/auth/passkeys/register/finish", json!({}), 400),
        row(
            "DELETE /api/v1/auth/passkeys/{id}",
            Person,
            Value::Null,
            404,
            404,
        ),
        // Their tokens are of sessions that the store does not have.
        own(
            "POST /api/auth/switch-organization",
            json!({"organization_id": world.organization}),
            401,
        ),
        own("POST /api/auth/oidc/{org}/link", json!({}), 404),
        own("DELETE /api/auth/oidc/{org}/link", Value::Null, 404),
        own("GET /api/organizations", Value::Null, 200),
        own(
            "POST /api/organizations",
            json!({"name": "Another firm"}),
            201,
        ),
        own(
            "POST /api/organizations/invitations/{token}/accept",
            Value::Null,
            404,
        ),
        own("POST /api/auth/logout", Value::Null, 200),
        own("POST /api/v1/auth/logout", Value::Null, 204),
    ]
}

fn members() -> Vec<Row> {
    use Door::{Keeper, Manager, Reader};
    let invite = |email: &str| json!({"email": email, "role": "member"});
    let role = json!({"name": "analyst", "permissions": ["read"]});
    let permissions = json!({"permissions": ["read", "write"]});
    let demoted = json!({"role": "member"});
    let applicant = json!({
        "legal_name": "Mem Ber", "date_of_birth": "1990-01-01", "country": "DE",
        "documents": [{
            "type": "passport", "content_type": "image/png", "size_bytes": 1, "sha256": "0".repeat(64),
        }],
    });
    vec![
        row("GET /api/system/health", Reader, Value::Null, 200, 200),
        row("GET /api/organizations/{id}", Reader, Value::Null, 200, 404),
        row(
            "GET /api/organizations/{id}/roles",
            Reader,
            Value::Null,
            200,
            404,
        ),
        row(
            "GET /api/organizations/{id}/usage",
            Reader,
            Value::Null,
            200,
            404,
        ),
        row(
            "GET /api/organizations/{id}/invitations",
            Manager,
            Value::Null,
            200,
            404,
        ),
        row(
            "POST /api/organizations/{id}/invitations",
            Manager,
            invite("one@people.example"),
            201,
            404,
        ),
        row(
            "DELETE /api/organizations/{id}/invitations/{invitation}",
            Manager,
            Value::Null,
            404,
            404,
        ),
        row("POST /api/organizations/{id}/roles", Keeper, role, 201, 404),
        row(
            "PATCH /api/organizations/{id}/roles/{name}",
            Keeper,
            permissions,
            200,
            404,
        ),
        row(
            "DELETE /api/organizations/{id}/roles/{name}",
            Keeper,
            Value::Null,
            200,
            404,
        ),
        row(
            "PATCH /api/organizations/{id}",
            Keeper,
            json!({"name": "The firm"}),
            200,
            404,
        ),
        row(
            "GET /api/organizations/{id}/audit",
            Manager,
            Value::Null,
            200,
            404,
        ),
        // Not without its name.
        row(
            "DELETE /api/organizations/{id}",
            Keeper,
            Value::Null,
            400,
            404,
        ),
        row(
            "GET /api/organizations/{id}/oidc",
            Keeper,
            Value::Null,
            404,
            404,
        ),
        // The provider's address is an inner one.
        row(
            "PUT /api/organizations/{id}/oidc",
            Keeper,
            json!({"issuer": "https://10.0.0.1", "client_id": "tradebridge"}),
            422,
            404,
        ),
        row(
            "DELETE /api/organizations/{id}/oidc",
            Keeper,
            Value::Null,
            404,
            404,
        ),
        row("GET /api/users", Manager, Value::Null, 200, 200),
        row(
            "POST /api/users",
            Manager,
            invite("two@people.example"),
            201,
            201,
        ),
        row("GET /api/users/{id}", Reader, Value::Null, 200, 404),
        row("GET /api/kyc", Manager, Value::Null, 200, 200),
        row("GET /api/users/{id}/kyc", Reader, Value::Null, 404, 404),
        // Only for themselves.
        row("POST /api/users/{id}/kyc", Reader, applicant, 403, 404),
        row(
            "POST /api/users/{id}/kyc/complete",
            Reader,
            Value::Null,
            403,
            404,
        ),
        row(
            "POST /api/users/{id}/kyc/decision",
            Manager,
            json!({"decision": "approve"}),
            404,
            404,
        ),
        row("PATCH /api/users/{id}", Manager, demoted, 200, 404),
        row("DELETE /api/users/{id}", Manager, Value::Null, 200, 404),
        // The last owner cannot.
        row(
            "POST /api/organizations/{id}/leave",
            Reader,
            Value::Null,
            409,
            404,
        ),
    ]
}

fn admins() -> Vec<Row> {
    use Door::Admin;
    let admin = |route, body, status| row(route, Admin, body, status, 403);
    vec![
        admin("GET /api/metrics", Value::Null, 200),
        admin("GET /api/admin/audit", Value::Null, 200),
        admin("GET /api/admin/users", Value::Null, 200),
        admin("GET /api/admin/users/{id}", Value::Null, 200),
        admin("PATCH /api/admin/users/{id}", json!({"tier": "pro"}), 200),
        admin(
            "POST /api/admin/users/{id}/reset-second-factor",
            json!({"reason": "lost", "identity_proof": "a call back"}),
            409,
        ),
        admin("GET /api/admin/blocked-ips", Value::Null, 200),
        admin("DELETE /api/admin/blocked-ips/{ip}", Value::Null, 404),
    ]
}
