//! Setting the provider that signs members in.

use http::{HeaderValue, Method};
use kernel::id::OrganizationId;
use organizations::SignInProvider;
use serde_json::{Value, json};
use testkit::http::{bearer, send};
use testkit::provider::{CLIENT_ID, CLIENT_SECRET};
use testkit::{Answer, Provider};

use crate::desk::{Desk, Has, Somebody, kind};

/// A desk with an organization and its owner.
struct Case {
    desk: Desk,
    owner: Somebody,
    org: OrganizationId,
    provider: Provider,
}

impl Case {
    async fn start() -> Self {
        let desk = Desk::start().await;
        let owner = desk.person("olga").await;
        let org = desk.found(&owner, "The firm").await;
        Self {
            provider: Provider::start().await,
            desk,
            owner,
            org,
        }
    }

    fn path(&self) -> String {
        format!("/api/organizations/{}/oidc", self.org)
    }

    fn body(&self) -> Value {
        json!({
            "issuer": self.provider.issuer, "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET, "email_domains": ["Firm.example"],
            "provision": true,
        })
    }

    fn with(&self, name: &str, value: Value) -> Value {
        let mut body = self.body();
        body[name] = value;
        body
    }

    async fn token(&self) -> String {
        self.desk.token(&self.owner, &self.org).await
    }

    async fn put(&self, body: &Value) -> Answer {
        let token = self.token().await;
        let body = body.clone();
        self.desk
            .call(&token, Method::PUT, &self.path(), body)
            .await
    }

    async fn get(&self) -> Answer {
        self.desk.get(&self.token().await, &self.path()).await
    }

    async fn kept(&self) -> Option<SignInProvider> {
        let store = &self.desk.organizations.store;
        store.sign_in_provider(&self.org).await.expect("reads")
    }
}

#[tokio::test]
async fn an_owner_sets_reads_and_removes_the_provider() {
    let case = Case::start().await;
    case.get().await.has(404);
    let answer = case.put(&case.body()).await;
    assert_eq!(answer.header("etag"), "\"1\"");
    assert!(!answer.text().contains(CLIENT_SECRET), "{}", answer.text());
    let set = answer.expect(200)["data"].clone();
    let base = format!(
        "https://test.tradebridge.example/api/auth/oidc/{}",
        case.org
    );
    for (name, value) in [
        ("issuer", json!(case.provider.issuer)),
        ("client_id", json!(CLIENT_ID)),
        ("has_client_secret", json!(true)),
        ("email_domains", json!(["firm.example"])),
        ("provision", json!(true)),
        ("role", json!("member")),
        ("enforced", json!(false)),
        ("redirect_uri", json!(format!("{base}/callback"))),
        ("login_uri", json!(format!("{base}/login"))),
        ("version", json!(1)),
    ] {
        assert_eq!(set[name], value, "{name}");
    }
    let read = case.get().await;
    assert_eq!(read.header("etag"), "\"1\"");
    assert_eq!(read.expect(200)["data"], set);

    let token = case.token().await;
    let removed = case
        .desk
        .call(&token, Method::DELETE, &case.path(), Value::Null)
        .await;
    assert_eq!(removed.expect(200)["data"]["id"], case.org.as_str());
    case.get().await.has(404);
}

#[tokio::test]
async fn the_secret_is_kept_sealed_for_its_record_alone() {
    let case = Case::start().await;
    case.put(&case.body()).await.has(200);
    let cloud = &case.desk.stack.cloud;
    for table in [&cloud.organizations, &cloud.audit, &cloud.platform] {
        let text = cloud.dump(table).await;
        assert!(!text.contains(CLIENT_SECRET), "{}", table.name());
    }
    let kept = case.kept().await.expect("kept");
    let sealed = kept.sealed_client_secret.clone().expect("a secret");
    let vault = &case.desk.stack.vault;
    let opened = vault.open(&sealed, &kept.secret_identity()).await;
    let opened = opened.expect("opens");
    assert_eq!(secrecy::ExposeSecret::expose_secret(&opened), CLIENT_SECRET);
    let elsewhere = SignInProvider {
        connection: "another".to_owned(),
        ..kept
    };
    let identity = elsewhere.secret_identity();
    assert!(vault.open(&sealed, &identity).await.is_err());
}

#[tokio::test]
async fn a_secret_stays_with_its_issuer_and_client_and_is_taken_away_by_null() {
    let case = Case::start().await;
    case.put(&case.body()).await.has(200);
    let first = case.kept().await.expect("kept");
    let mut body = case.with("provision", json!(false));
    body.as_object_mut()
        .expect("fields")
        .remove("client_secret");
    case.put(&body).await.has(200);
    let second = case.kept().await.expect("kept");
    assert_eq!(second.sealed_client_secret, first.sealed_client_secret);
    assert_eq!(second.connection, first.connection);
    assert_eq!((second.version, second.provision), (2, false));

    let without = case.with("client_secret", Value::Null);
    case.put(&without).await.has(200);
    let third = case.kept().await.expect("kept");
    assert_eq!(third.sealed_client_secret, None);
    assert_eq!(third.connection, first.connection);

    // Another client is another connection, and is shown nobody else's secret.
    case.put(&case.body()).await.has(200);
    body["client_id"] = json!("another");
    case.put(&body).await.has(200);
    let other = case.kept().await.expect("kept");
    assert_eq!(other.sealed_client_secret, None);
    assert_ne!(other.connection, first.connection);
}

#[tokio::test]
async fn owners_alone_choose_who_signs_members_in() {
    let case = Case::start().await;
    case.put(&case.body()).await.has(200);
    let admin = case.desk.person("adam").await;
    case.desk
        .join(&case.org, &case.owner, &admin, "admin")
        .await;
    let keeper = case.desk.person("kim").await;
    let permissions = kernel::access::Permission::ALL.into();
    let request = crate::desk::at(crate::desk::now());
    let made = case.desk.organizations.add_role(
        &case.org,
        &case.owner.id,
        "keeper",
        &permissions,
        request,
    );
    made.await.expect("a role");
    case.desk
        .join(&case.org, &case.owner, &keeper, "keeper")
        .await;
    for person in [&admin, &keeper] {
        let token = case.desk.token(person, &case.org).await;
        for method in [Method::PUT, Method::DELETE] {
            let body = case.body();
            let refused = case.desk.call(&token, method, &case.path(), body).await;
            assert_eq!(refused.status, 403, "{}", refused.text());
        }
    }
    assert_eq!(case.kept().await.expect("kept").version, 1);
    // An owner who is none any more, with a token of before.
    let running = case.desk.running(&keeper, &case.org, "owner");
    let refused = case
        .desk
        .call(&running, Method::PUT, &case.path(), case.body())
        .await;
    assert_eq!(refused.status, 403, "{}", refused.text());
    // And nobody of elsewhere.
    let other = case.desk.person("otto").await;
    let theirs = case.desk.found(&other, "Another firm").await;
    let token = case.desk.token(&other, &theirs).await;
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let body = case.body();
        let refused = case.desk.call(&token, method, &case.path(), body).await;
        assert_eq!(refused.status, 404, "{}", refused.text());
    }
}

#[tokio::test]
async fn what_cannot_be_is_named() {
    let case = Case::start().await;
    for (name, value) in [
        ("issuer", json!("")),
        ("issuer", json!(7)),
        ("client_id", json!("with a blank")),
        ("client_secret", json!("")),
        ("client_secret", json!("line\nbreak")),
        ("email_domains", json!([])),
        ("role", json!("nobody")),
        ("role", json!("owner")),
    ] {
        let answer = case.put(&case.with(name, value.clone())).await;
        let body = answer.expect(400);
        assert_eq!(body["details"][0]["field"], name, "{value}");
    }
    let many: Vec<String> = (0..21).map(|n| format!("firm{n}.example")).collect();
    case.put(&case.with("email_domains", json!(many)))
        .await
        .has(400);
    let body = case
        .put(&case.with("email_domains", json!(["firm.example", "@firm"])))
        .await
        .expect(400);
    assert_eq!(body["details"][0]["field"], "email_domains[1]");
    assert!(case.kept().await.is_none());
}

#[tokio::test]
async fn a_provider_that_cannot_sign_anybody_in_is_told_why() {
    let case = Case::start().await;
    let problem = async |body: &Value, part: &str| {
        let answer = case.put(body).await;
        assert_eq!(answer.status, 422, "{}", answer.text());
        assert_eq!(kind(&answer), "validation-failed");
        let detail = answer.json()["detail"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        assert!(detail.contains(part), "{detail}");
        assert!(case.kept().await.is_none());
    };
    for (issuer, part) in [
        ("https://10.0.0.1", "must name a public host"),
        ("https://169.254.169.254", "must name a public host"),
        ("https://[::1]", "must name a public host"),
        ("https://localhost", "must name a public host"),
        ("http://id.example", "must start with https://"),
        ("https://id.example?x=1", "neither a query nor a fragment"),
        ("id.example", "is no URL"),
        ("http://127.0.0.1:9", "it did not answer"),
    ] {
        problem(&case.with("issuer", json!(issuer)), part).await;
    }
    let similar = format!("{}/", case.provider.issuer);
    problem(&case.with("issuer", json!(similar)), "another issuer").await;
    for (field, value, part) in [
        ("response_types_supported", json!(["token"]), "code flow"),
        ("code_challenge_methods_supported", json!(["plain"]), "S256"),
        (
            "id_token_signing_alg_values_supported",
            json!(["HS256"]),
            "RS256, ES256 and EdDSA",
        ),
        (
            "token_endpoint_auth_methods_supported",
            json!(["private_key_jwt"]),
            "client secret",
        ),
        (
            "token_endpoint",
            json!("http://token.example"),
            "token_endpoint must start with https://",
        ),
        (
            "jwks_uri",
            json!("https://10.0.0.1/keys"),
            "jwks_uri must name a public host",
        ),
    ] {
        let provider = Provider::start().await;
        provider.set_document(field, value);
        problem(&case.with("issuer", json!(provider.issuer)), part).await;
    }
    // A client without a secret needs a provider that says it checks verifiers.
    let silent = Provider::start().await;
    silent.set_document("code_challenge_methods_supported", Value::Null);
    let mut public = case.with("issuer", json!(silent.issuer));
    public
        .as_object_mut()
        .expect("fields")
        .remove("client_secret");
    problem(&public, "S256").await;
}

#[tokio::test]
async fn what_a_provider_answers_is_bounded_and_goes_nowhere() {
    let case = Case::start().await;
    for (status, body, part) in [
        (200, "x".repeat(70_000), "more than 65536 bytes"),
        (
            200,
            "<html>words of the provider".to_owned(),
            "discovery document",
        ),
        (500, "words of the provider".to_owned(), "status 500"),
        (302, "words of the provider".to_owned(), "status 302"),
    ] {
        case.provider.set_body(status, body);
        let answer = case.put(&case.body()).await;
        assert_eq!(answer.status, 422, "{}", answer.text());
        assert!(answer.text().contains(part), "{}", answer.text());
        assert!(!answer.text().contains("words of"), "{}", answer.text());
    }
}

#[tokio::test]
async fn a_stale_version_changes_nothing() {
    let case = Case::start().await;
    let tagged = async |tag: &str| {
        let token = case.token().await;
        let body = case.body().to_string();
        let mut request = bearer(&token, &Method::PUT, &case.path(), body);
        let value = HeaderValue::from_str(tag).expect("a header");
        request.headers_mut().insert("if-match", value);
        send(&case.desk.router, request).await.status.as_u16()
    };
    assert_eq!(tagged("\"1\"").await, 412);
    case.put(&case.body()).await.has(200);
    assert_eq!(tagged("\"1\"").await, 200);
    assert_eq!(tagged("\"1\"").await, 412);
    assert_eq!(case.kept().await.expect("kept").version, 2);
}

#[tokio::test]
async fn running_tokens_stop_where_members_are_kept_to_the_provider() {
    let case = Case::start().await;
    let member = case.desk.person("mia").await;
    case.desk
        .join(&case.org, &case.owner, &member, "member")
        .await;
    let running = case.desk.running(&member, &case.org, "member");
    case.put(&case.body()).await.has(200);
    assert!(case.desk.accepts(&running).await);
    case.put(&case.with("enforced", json!(true))).await.has(200);
    assert!(!case.desk.accepts(&running).await);
    let store = &case.desk.organizations.store;
    let membership = store
        .membership(&case.org, &member.id)
        .await
        .expect("reads");
    let domains = membership.expect("a membership").provider_domains;
    assert_eq!(domains, ["firm.example".to_owned()].into());
    // Without the provider nobody is kept to it.
    let token = case.token().await;
    let path = case.path();
    let removed = case.desk.call(&token, Method::DELETE, &path, Value::Null);
    removed.await.has(200);
    let membership = store
        .membership(&case.org, &member.id)
        .await
        .expect("reads");
    let domains = membership.expect("a membership").provider_domains;
    assert!(domains.is_empty());
}

#[tokio::test]
async fn a_provider_is_asked_a_bounded_number_of_times() {
    let case = Case::start().await;
    for _ in 0..30 {
        case.put(&case.with("issuer", json!("https://10.0.0.1")))
            .await
            .has(422);
    }
    let refused = case.put(&case.body()).await;
    assert_eq!(refused.status, 429, "{}", refused.text());
    assert_eq!(case.provider.asked().discovery, 0);
}
