//! People, organizations and tokens for tests.

use axum::Router;
use chrono::TimeDelta;
use fn_organizations::App;
use http::Method;
use identity::mail::{Mail, MailMessage};
use identity::model::{PasswordHash, Person};
use kernel::access::{BuiltInRole, Tier};
use kernel::id::{OrganizationId, SessionId, UserId};
use kernel::time::{Clock, Timestamp};
use organizations::app::{Draft, Guest, Organizations, Request};
use organizations::{Status, Store};
use platform::clock::SystemClock;
use platform::dynamo::{Key, Query, Range, Transaction, to_item};
use platform::outbox::Row;
use platform::tokens::{AUDIENCE, Claims, LIFE_S};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use testkit::http::{bearer, send};
use testkit::stack::ISSUER;
use testkit::{Answer, Stack};

/// A deployment with the organizations function.
pub(crate) struct Desk {
    pub(crate) stack: Stack,
    pub(crate) router: Router,
    pub(crate) organizations: Organizations,
    people: identity::store::Store,
}

/// A person of the tests.
#[derive(Clone, Debug)]
pub(crate) struct Somebody {
    pub(crate) id: UserId,
    pub(crate) email: String,
}

pub(crate) fn now() -> Timestamp {
    SystemClock.now()
}

pub(crate) fn at(now: Timestamp) -> Request<'static> {
    Request {
        id: "req_test",
        now,
    }
}

impl Desk {
    pub(crate) async fn start() -> Self {
        let stack = Stack::start().await;
        let platform_table = stack.cloud.platform.clone();
        let desk = Self {
            router: Router::new(),
            organizations: Organizations {
                store: Store::new(stack.cloud.organizations.clone()),
                platform_table: platform_table.clone(),
            },
            people: identity::store::Store::new(stack.cloud.identity.clone(), platform_table),
            stack,
        };
        Self {
            router: desk.another_instance(),
            ..desk
        }
    }

    /// The function as an instance that has just started: it has read no
    /// restrictions yet.
    pub(crate) fn another_instance(&self) -> Router {
        let app = App::new(&self.stack.env(), self.stack.aws()).expect("starts");
        fn_organizations::router(app)
    }

    pub(crate) async fn person(&self, name: &str) -> Somebody {
        let person = Person {
            name: Some(name.to_owned()),
            ..Person::new(
                format!("{name}@example.com"),
                PasswordHash::new("$none"),
                now(),
            )
        };
        let mut transaction = Transaction::new();
        self.people
            .put_person(&mut transaction, &person)
            .expect("a row");
        transaction.commit().await.expect("registers");
        Somebody {
            id: person.id,
            email: person.email,
        }
    }

    /// An organization that somebody founds over HTTP.
    pub(crate) async fn found(&self, owner: &Somebody, name: &str) -> OrganizationId {
        let token = self.personal(owner);
        let answer = self
            .call(
                &token,
                Method::POST,
                "/api/organizations",
                json!({"name": name}),
            )
            .await;
        let body = answer.expect(201);
        body["data"]["id"]
            .as_str()
            .and_then(|id| id.parse().ok())
            .expect("an id")
    }

    /// Makes somebody a member by an invitation that they accept.
    pub(crate) async fn join(
        &self,
        org: &OrganizationId,
        owner: &Somebody,
        member: &Somebody,
        role: &str,
    ) {
        let token = self.invite(org, owner, &member.email, role, now()).await;
        let guest = self.guest(member);
        let token = token.into();
        let joined = self.organizations.accept(&token, &guest, at(now())).await;
        assert_eq!(joined.expect("joins").role, role);
    }

    pub(crate) fn guest(&self, person: &Somebody) -> Guest {
        Guest {
            user: person.id.clone(),
            email: person.email.clone(),
            name: None,
        }
    }

    /// An invitation without a mail, of a moment; answers its token.
    pub(crate) async fn invite(
        &self,
        org: &OrganizationId,
        inviter: &Somebody,
        email: &str,
        role: &str,
        now: Timestamp,
    ) -> String {
        let draft = Draft::new(org, &inviter.id, email, role, at(now));
        self.organizations
            .invite(&draft, &json!({}), at(now))
            .await
            .expect("invites");
        draft.token.expose_secret().to_owned()
    }

    /// Rows of the organizations' table that hold no counts, as they would be
    /// written one by one.
    pub(crate) async fn seed<T: serde::Serialize>(&self, rows: &[(Key, T)]) {
        let items = rows
            .iter()
            .map(|(key, row)| to_item(key, row).expect("an item"));
        let table = &self.stack.cloud.organizations;
        table.put_many(items.collect()).await.expect("writes");
    }

    /// A token as sign-in gives it in an organization: from the membership as
    /// it is now, or the last word of it.
    pub(crate) async fn token(&self, person: &Somebody, org: &OrganizationId) -> String {
        let membership = self.organizations.store.membership(org, &person.id).await;
        let membership = membership.expect("reads").expect("a membership");
        let mut claims = self.claims(person, org.as_str());
        claims.role = membership.role;
        if BuiltInRole::named(&claims.role).is_none() {
            claims.permissions = membership.permissions.into_iter().collect();
        }
        self.stack.sign_token(&claims)
    }

    /// A token of the personal tenant.
    pub(crate) fn personal(&self, person: &Somebody) -> String {
        self.stack
            .sign_token(&self.claims(person, person.id.as_str()))
    }

    pub(crate) fn claims(&self, person: &Somebody, org: &str) -> Claims {
        // After whatever was restricted in this second.
        let issued = now() + TimeDelta::seconds(2);
        Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: person.id.to_string(),
            org: org.to_owned(),
            role: "owner".to_owned(),
            permissions: Vec::new(),
            tier: Tier::Free,
            scope: "user".to_owned(),
            sid: SessionId::generate(issued).to_string(),
            iat: issued.timestamp(),
            exp: issued.timestamp() + LIFE_S,
        }
    }

    /// A token that was given a minute ago, in a built-in role.
    pub(crate) fn running(&self, person: &Somebody, org: &OrganizationId, role: &str) -> String {
        let mut claims = self.claims(person, org.as_str());
        claims.role = role.to_owned();
        claims.iat -= 60;
        self.stack.sign_token(&claims)
    }

    pub(crate) async fn call(
        &self,
        token: &str,
        method: Method,
        path: &str,
        body: Value,
    ) -> Answer {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        send(&self.router, bearer(token, &method, path, body)).await
    }

    pub(crate) async fn get(&self, token: &str, path: &str) -> Answer {
        self.call(token, Method::GET, path, Value::Null).await
    }

    /// Whether an instance that has just started accepts a token.
    pub(crate) async fn accepts(&self, token: &str) -> bool {
        let request = bearer(token, &Method::GET, "/api/organizations", "");
        let status = send(&self.another_instance(), request).await.status;
        assert!(matches!(status.as_u16(), 200 | 401), "{status}");
        status == 200
    }

    pub(crate) async fn status_of(&self, org: &OrganizationId, person: &Somebody) -> Status {
        let member = self.organizations.store.member(org, &person.id).await;
        member.expect("reads").expect("a member").status
    }

    /// What is on its way by mail.
    pub(crate) async fn outgoing(&self) -> Vec<Mail> {
        let mut mails = Vec::new();
        for shard in 0..8 {
            let query = Query::new(format!("OUTBOX#{shard}"), Range::All, 100);
            let page = self.stack.cloud.organizations.query::<Row>(&query).await;
            let rows = page.expect("reads").rows.into_iter();
            let messages = rows.map(|(_, row)| serde_json::from_str::<MailMessage>(&row.body));
            mails.extend(messages.filter_map(|message| Some(message.ok()?.mail)));
        }
        mails
    }

    /// Address and opened token of each invitation on its way by mail.
    pub(crate) async fn mails(&self) -> Vec<(String, String)> {
        let mut mails = Vec::new();
        for mail in self.outgoing().await {
            let Mail::Invitation {
                email,
                sealed_token,
                ..
            } = mail
            else {
                panic!("another mail: {mail:?}");
            };
            let token = Mail::open_token(&self.stack.vault, &email, &sealed_token).await;
            let token = token.expect("opens").expose_secret().to_owned();
            mails.push((email, token));
        }
        mails
    }
}

/// The last word of a problem's type.
pub(crate) fn kind(answer: &Answer) -> String {
    let body = answer.json();
    let kind = body["type"].as_str().unwrap_or_default();
    kind.rsplit('/').next().unwrap_or_default().to_owned()
}

/// The items of an enveloped list.
pub(crate) fn items(body: &Value) -> &[Value] {
    body["data"]["items"].as_array().expect("items")
}

/// Demands a status alone.
pub(crate) trait Has {
    /// Panics where the status is another.
    fn has(self, status: u16);
}

impl Has for Answer {
    #[track_caller]
    fn has(self, status: u16) {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
    }
}
