//! A deployment with its auth function, a firm with a provider, and browsers.

use axum::Router;
use axum::body::Body;
use fn_auth::App;
use http::header::{COOKIE, LOCATION};
use http::{HeaderValue, Method, Request};
use identity::model::Person;
use identity::store::Store;
use kernel::id::{OrganizationId, UserId};
use kernel::time::Clock;
use organizations::SignInProvider;
use organizations::app::{Draft, Guest, Organizations};
use platform::clock::SystemClock;
use platform::dynamo::Transaction;
use platform::tokens::{Claims, Verifier};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use testkit::http::{bearer, request, send};
use testkit::provider::{CLIENT_ID, CLIENT_SECRET, Provider};
use testkit::stack::ISSUER;
use testkit::{Answer, Stack};

pub(crate) const PASSWORD: &str = "tr0ub4dor and seven";
pub(crate) const DOMAIN: &str = "firm.example";
const COOKIE_NAME: &str = "__Host-tb_oidc";

/// A deployment with one firm that has a provider.
pub(crate) struct Scene {
    pub(crate) stack: Stack,
    pub(crate) router: Router,
    pub(crate) store: Store,
    pub(crate) organizations: Organizations,
    pub(crate) provider: Provider,
    pub(crate) owner: Person,
    pub(crate) org: OrganizationId,
}

/// A browser: what it is known by between a start and an answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Browser {
    cookie: Option<String>,
}

impl Scene {
    /// A firm whose provider makes members of whoever has its domain.
    pub(crate) async fn start() -> Self {
        Self::with(Provider::start().await).await
    }

    pub(crate) async fn with(provider: Provider) -> Self {
        let stack = Stack::start().await;
        let cloud = &stack.cloud;
        let store = Store::new(cloud.identity.clone(), cloud.platform.clone());
        let organizations = Organizations {
            store: organizations::Store::new(cloud.organizations.clone()),
            platform_table: cloud.platform.clone(),
        };
        let app = App::new(&stack.env(), stack.aws()).expect("starts");
        let mut scene = Self {
            router: fn_auth::router(app),
            owner: person("owner@firm.example"),
            org: OrganizationId::generate(SystemClock.now()),
            stack,
            store,
            organizations,
            provider,
        };
        scene.put(&scene.owner).await;
        scene.org = scene.found("The firm").await;
        let set = scene.settings().await;
        scene.set(&set).await;
        scene.provider.set_user(ada());
        scene
    }

    /// An organization of the owner's.
    pub(crate) async fn found(&self, name: &str) -> OrganizationId {
        let founder = guest(&self.owner);
        let founded = self.organizations.found(name, &founder, at_once()).await;
        founded.expect("founds").id
    }

    /// Settings that let everybody of the firm's domain in.
    pub(crate) async fn settings(&self) -> SignInProvider {
        let mut settings = SignInProvider {
            organization: self.org.clone(),
            connection: "one".to_owned(),
            issuer: self.provider.issuer.clone(),
            client_id: CLIENT_ID.to_owned(),
            sealed_client_secret: None,
            email_domains: [DOMAIN.to_owned()].into(),
            provision: true,
            role: "member".to_owned(),
            enforced: false,
            version: 1,
            changed_at: SystemClock.now(),
        };
        self.seal(&mut settings, CLIENT_SECRET).await;
        settings
    }

    /// Gives settings a secret.
    pub(crate) async fn seal(&self, settings: &mut SignInProvider, secret: &str) {
        let identity = settings.secret_identity();
        let sealed = self.stack.vault.seal(&secret.into(), &identity).await;
        settings.sealed_client_secret = Some(sealed.expect("seals"));
    }

    /// Sets an organization's provider, whatever it was.
    pub(crate) async fn set(&self, settings: &SignInProvider) {
        let store = &self.organizations.store;
        let before = store.sign_in_provider(&settings.organization).await;
        let before = before.expect("reads");
        let after = SignInProvider {
            version: before.as_ref().map_or(0, |before| before.version) + 1,
            ..settings.clone()
        };
        let set =
            self.organizations
                .set_provider(&self.owner.id, before.as_ref(), &after, at_once());
        set.await.expect("sets");
    }

    /// Changes the firm's settings.
    pub(crate) async fn change(&self, change: impl FnOnce(&mut SignInProvider)) {
        let store = &self.organizations.store;
        let before = store.sign_in_provider(&self.org).await.expect("reads");
        let mut settings = before.expect("settings");
        change(&mut settings);
        self.set(&settings).await;
    }

    /// Another provider, for all that the function can tell.
    pub(crate) async fn change_provider(&self) {
        let mut settings = self.settings().await;
        "two".clone_into(&mut settings.connection);
        self.seal(&mut settings, CLIENT_SECRET).await;
        self.set(&settings).await;
    }

    pub(crate) async fn put(&self, person: &Person) {
        let mut transaction = Transaction::new();
        let put = self.store.put_person(&mut transaction, person);
        put.expect("items");
        transaction.commit().await.expect("writes");
    }

    /// Somebody who can sign in with the usual password.
    pub(crate) async fn person(&self, email: &str) -> Person {
        let parameters = identity::settings::password_parameters(&self.stack.env());
        let hash = parameters.expect("parameters").hash(&PASSWORD.into());
        let now = SystemClock.now();
        let person = Person::new(email, hash.expect("hashes"), now);
        self.put(&person).await;
        person
    }

    /// Makes somebody a member of the firm by an invitation.
    pub(crate) async fn join(&self, person: &Person) {
        let request = at_once();
        let draft = Draft::new(&self.org, &self.owner.id, &person.email, "viewer", request);
        let invited = self.organizations.invite(&draft, &json!({}), request).await;
        invited.expect("invites");
        let token = draft.token.expose_secret().into();
        let guest = guest(person);
        let joined = self.organizations.accept(&token, &guest, request);
        joined.await.expect("joins");
    }

    pub(crate) async fn member(&self, user: &UserId) -> Option<organizations::Member> {
        let member = self.organizations.store.member(&self.org, user).await;
        member.expect("reads")
    }

    /// Who has an address.
    pub(crate) async fn of_email(&self, email: &str) -> Option<Person> {
        self.store.person_of_email(email).await.expect("reads")
    }

    pub(crate) async fn login(&self, person: &Person, wanted: Value) -> Answer {
        let mut body = json!({"email": person.email, "password": PASSWORD, "transport": "body"});
        if !wanted.is_null() {
            body["organization_id"] = wanted;
        }
        self.post("/api/auth/login", &body).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        send(&self.router, request(&Method::POST, path, body.to_string())).await
    }

    pub(crate) async fn call(&self, token: &str, method: Method, path: &str) -> Answer {
        send(&self.router, bearer(token, &method, path, "{}")).await
    }

    /// The access token of the session that an answer's cookie begins.
    pub(crate) async fn refreshed(&self, answer: &Answer) -> Answer {
        let body = json!({"refresh_token": refresh_token(answer)});
        self.post("/api/v1/auth/refresh", &body).await
    }

    pub(crate) async fn claims(&self, token: &str) -> Claims {
        let verifier = Verifier::new(self.stack.cloud.platform.clone(), ISSUER);
        verifier
            .verify(token, SystemClock.now())
            .await
            .expect("verifies")
    }

    pub(crate) fn path(&self, step: &str) -> String {
        format!("/api/auth/oidc/{}/{step}", self.org)
    }

    /// Starts in a browser; answers the provider's page.
    pub(crate) async fn begin(&self, browser: &mut Browser, return_to: &str) -> String {
        let path = format!("{}?return_to={return_to}", self.path("login"));
        let answer = browser.get(self, &path).await;
        assert_eq!(answer.status, 302, "{}", answer.text());
        answer.header(LOCATION.as_str()).to_owned()
    }

    /// Signs the provider's user in, in a browser of their own.
    pub(crate) async fn sign_in(&self) -> Answer {
        let mut browser = Browser::default();
        let page = self.begin(&mut browser, "/desk").await;
        let back = self.provider.sign_in(&page).await;
        browser.get(self, &path_of(&back)).await
    }

    /// Signs the provider's user in, who must be let in; answers an access
    /// token.
    pub(crate) async fn signed_in(&self) -> String {
        let answer = self.sign_in().await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        let body = self.refreshed(&answer).await.expect(200);
        body["access_token"].as_str().expect("a token").to_owned()
    }
}

impl Browser {
    /// Asks, and keeps the cookie that it is given.
    pub(crate) async fn get(&mut self, scene: &Scene, path: &str) -> Answer {
        let call = self.carried(request(&Method::GET, path, Body::empty()));
        let answer = send(&scene.router, call).await;
        self.keep(&answer);
        answer
    }

    /// The same with a token and a body.
    pub(crate) async fn post(&mut self, scene: &Scene, token: &str, body: Value) -> Answer {
        let path = scene.path("link");
        let call = self.carried(bearer(token, &Method::POST, &path, body.to_string()));
        let answer = send(&scene.router, call).await;
        self.keep(&answer);
        answer
    }

    fn carried(&self, mut call: Request<Body>) -> Request<Body> {
        if let Some(cookie) = &self.cookie {
            let value = HeaderValue::from_str(cookie).expect("a header");
            call.headers_mut().insert(COOKIE, value);
        }
        call
    }

    fn keep(&mut self, answer: &Answer) {
        let set = answer.header("set-cookie");
        let pair = set.split("; ").next().unwrap_or_default();
        if pair.starts_with(COOKIE_NAME) {
            self.cookie = Some(pair.to_owned());
        }
    }
}

/// The claims of somebody of the firm.
pub(crate) fn ada() -> Value {
    json!({
        "sub": "248289761001", "email": "ada@firm.example", "email_verified": true, "name": "Ada",
    })
}

pub(crate) fn person(email: &str) -> Person {
    let hash = identity::model::PasswordHash::new("$none");
    Person::new(email, hash, SystemClock.now())
}

fn guest(person: &Person) -> Guest {
    Guest {
        user: person.id.clone(),
        email: person.email.clone(),
        name: None,
    }
}

pub(crate) fn at_once() -> organizations::app::Request<'static> {
    organizations::app::Request {
        id: "req_test",
        now: SystemClock.now(),
    }
}

/// Path and query of an address.
pub(crate) fn path_of(url: &str) -> String {
    let rest = url.split_once("://").expect("an address").1;
    let path = rest.find('/').map_or("/", |at| &rest[at..]);
    path.to_owned()
}

/// A parameter of an address.
pub(crate) fn parameter(url: &str, name: &str) -> String {
    let query = url.split_once('?').expect("a query").1;
    let found = query
        .split('&')
        .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    found.unwrap_or_default().to_owned()
}

/// The refresh token of an answer's cookie.
pub(crate) fn refresh_token(answer: &Answer) -> String {
    let cookies = answer.headers.get_all("set-cookie").into_iter();
    let mut texts = cookies.filter_map(|value| value.to_str().ok());
    let ours = texts.find_map(|text| text.strip_prefix("tb_refresh="));
    let token = ours.and_then(|text| text.split(';').next());
    token.expect("the cookie").to_owned()
}

/// The last part of a problem's type, and its sentence.
#[track_caller]
pub(crate) fn problem(answer: Answer, status: u16) -> (String, String) {
    assert_eq!(answer.header("set-cookie"), "");
    let body = answer.expect(status);
    let kind = body["type"].as_str().unwrap_or_default();
    let word = kind.rsplit('/').next().unwrap_or_default().to_owned();
    let detail = body["detail"].as_str().unwrap_or_default().to_owned();
    (word, detail)
}
