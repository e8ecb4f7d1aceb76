//! A deployment with an account, two organizations and everybody who could
//! knock at a door.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::body::Body;
use http::{Method, Request};
use identity::app::import::review;
use identity::model::{PasswordHash, Person};
use kernel::id::{OrganizationId, SessionId, UserId};
use kernel::time::Clock;
use organizations::app::found;
use platform::clock::SystemClock;
use platform::devices::DeviceTokens;
use platform::dynamo::Transaction;
use platform::live::Live;
use platform::restrictions::{Subject, restrict};
use platform::tokens::Claims;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use testkit::http::{bearer, request, send};
use testkit::{Answer, Stack};
use trading::{Owner, Request as Call, Store, Trading};

const LOGIN: &str = "5000001";
const INVESTOR: &str = "demo-investor";
pub(crate) const TRADER: u64 = 42;
/// What the owner's terminal calls itself.
pub(crate) const TERMINAL: &str = "MT5-1";

/// The deployment.
pub(crate) struct World {
    pub(crate) stack: Stack,
    functions: Vec<(utoipa::openapi::OpenApi, Router)>,
    /// The trader's account, at the first shop.
    pub(crate) account: String,
    /// The owner's organization.
    pub(crate) organization: OrganizationId,
    other_organization: OrganizationId,
    owner: UserId,
    member: UserId,
    stranger: UserId,
    /// Ids of the owner's by the word of the path that they stand behind.
    pub(crate) desk: BTreeMap<&'static str, String>,
    /// The token of a terminal of the owner's.
    terminal: String,
    calls: AtomicU32,
}

/// Who knocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    Trader,
    OtherTrader,
    Owner,
    OtherOwner,
    Viewer,
    Plain,
    Admin,
}

impl Who {
    const ALL: [Self; 4] = [
        Self::Trader,
        Self::OtherTrader,
        Self::Owner,
        Self::OtherOwner,
    ];
}

impl World {
    pub(crate) async fn start() -> Self {
        let mut stack = Stack::start().await;
        let (env, aws) = (stack.env(), stack.aws().clone());
        let accounts = fn_accounts::App::new(&env, &aws).expect("starts");
        let auth = fn_auth::App::new(&env, &aws).expect("starts");
        let organizations = fn_organizations::App::new(&env, &aws).expect("starts");
        let admin = fn_admin::App::new(&env, &aws).expect("starts");
        let signals = fn_signals::App::new(&env, &aws).expect("starts");
        let firebridge = fn_firebridge::App::new(&env, &aws).expect("starts");
        let trading = fn_trading::App::new(&env, &aws).expect("starts");
        let system = fn_system::App::new(&env, &aws).expect("starts");
        let functions = vec![
            (fn_accounts::document(), fn_accounts::router(accounts)),
            (fn_auth::document(), fn_auth::router(auth)),
            (
                fn_organizations::document(),
                fn_organizations::router(organizations),
            ),
            (fn_admin::document(), fn_admin::router(admin)),
            (fn_signals::document(), fn_signals::router(signals)),
            (fn_firebridge::document(), fn_firebridge::router(firebridge)),
            (fn_trading::document(), fn_trading::router(trading)),
            (fn_system::document(), fn_system::router(system)),
        ];
        let account = account(&mut stack, &functions[0].1).await;
        let owner = person(&stack, "owner").await;
        let member = person(&stack, "member").await;
        let stranger = person(&stack, "stranger").await;
        // Nobody was imported: no sign-in has to look as if.
        review(&people(&stack)).await.expect("reviews");
        let mut world = Self {
            organization: organization(&stack, &owner).await,
            other_organization: organization(&stack, &stranger).await,
            stack,
            functions,
            account,
            owner,
            member,
            stranger,
            desk: BTreeMap::new(),
            terminal: String::new(),
            calls: AtomicU32::new(1),
        };
        world.block_all_before_now().await;
        world.join().await;
        world.make_desk().await;
        world.terminal = terminal(&world.stack, &world.owner).await;
        world
    }

    /// A channel, a held signal that came through it, and a strategy of the
    /// owner's.
    async fn make_desk(&mut self) {
        let channel = json!({"name": "Room", "approval": "manual"});
        let channel = self.made("/api/channels", channel).await;
        let signal = self.hold_signal(&channel).await;
        let strategy = json!({"name": "Calm", "risk_percent": 1, "max_open_trades": 3});
        let strategy = self.made("/api/strategies", strategy).await;
        self.desk = BTreeMap::from([
            ("channels", channel),
            ("signals", signal),
            ("strategies", strategy),
            // Nobody has these.
            ("devices", "dev_01jd7bz8v6m3t9q2x4w7y0c1df".to_owned()),
            ("trades", "trd_01jd7bz8v6m3t9q2x4w7y0c1df".to_owned()),
        ]);
    }

    /// A signal that came through a channel and waits for an approval.
    pub(crate) async fn hold_signal(&self, channel: &str) -> String {
        let signal = json!({"symbol": "XAUUSD", "direction": "buy", "channel_id": channel});
        self.made("/api/signals", signal).await
    }

    /// The id of what the owner makes.
    async fn made(&self, path: &str, body: Value) -> String {
        let token = self.token(Who::Owner);
        let call = bearer(&token, &Method::POST, path, body.to_string());
        let made = send(self.of(path), call).await.expect(201);
        made["id"].as_str().expect("an id").to_owned()
    }

    /// The member accepts an invitation of the owner.
    async fn join(&mut self) {
        let path = format!("/api/organizations/{}/invitations", self.organization);
        let body = json!({"email": "member@people.example", "role": "member"});
        let call = bearer(
            &self.token(Who::Owner),
            &Method::POST,
            &path,
            body.to_string(),
        );
        let answer = send(self.of("/api/organizations/{id}/invitations"), call).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        let token = mailed_token(&self.stack).await;
        let path = format!("/api/organizations/invitations/{token}/accept");
        let claims = self.claims(&self.member, self.member.as_str(), "owner");
        let token = self.stack.sign_token(&claims);
        let route = "/api/organizations/invitations/{token}/accept";
        let answer = send(self.of(route), bearer(&token, &Method::POST, &path, "")).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    /// The function that has a path, by its own document.
    pub(crate) fn of(&self, path: &str) -> &Router {
        let has = |document: &utoipa::openapi::OpenApi| document.paths.paths.contains_key(path);
        let found = self.functions.iter().find(|(document, _)| has(document));
        &found.unwrap_or_else(|| panic!("no function has {path}")).1
    }

    fn claims(&self, user: &UserId, org: &str, role: &str) -> Claims {
        let now = SystemClock.now();
        Claims {
            sub: user.to_string(),
            org: org.to_owned(),
            role: role.to_owned(),
            scope: "user".to_owned(),
            sid: SessionId::generate(now).to_string(),
            ..self.stack.claims(&self.stack.shop, 1)
        }
    }

    fn claims_of(&self, who: Who) -> Claims {
        let (shop, other) = (&self.stack.shop, &self.stack.other_shop);
        let (firm, theirs) = (
            self.organization.to_string(),
            self.other_organization.to_string(),
        );
        match who {
            Who::Trader => self.stack.claims(shop, TRADER),
            Who::OtherTrader => self.stack.claims(other, TRADER),
            Who::Owner => self.claims(&self.owner, &firm, "owner"),
            Who::OtherOwner => self.claims(&self.stranger, &theirs, "owner"),
            Who::Viewer => self.claims(&self.member, &firm, "viewer"),
            Who::Plain => self.claims(&self.stranger, self.stranger.as_str(), "owner"),
            Who::Admin => self.claims(&self.owner, self.owner.as_str(), "platform_admin"),
        }
    }

    pub(crate) fn token(&self, who: Who) -> String {
        self.stack.sign_token(&self.claims_of(who))
    }

    /// The same as an hour ago.
    pub(crate) fn expired_token(&self, who: Who) -> String {
        let mut claims = self.claims_of(who);
        claims.iat -= 3_600;
        claims.exp -= 3_600;
        self.stack.sign_token(&claims)
    }

    /// The same of a person who was blocked after it was issued.
    pub(crate) fn blocked_token(&self, who: Who) -> String {
        let mut claims = self.claims_of(who);
        // Long enough ago, however long all routes take.
        claims.iat -= 600;
        self.stack.sign_token(&claims)
    }

    /// Blocks everybody; tokens that were issued since are good again. Done
    /// before the first request, so that every function knows at once.
    async fn block_all_before_now(&self) {
        let mut transaction = Transaction::new();
        let table = &self.stack.cloud.platform;
        let before = SystemClock.now() - chrono::TimeDelta::seconds(30);
        for who in Who::ALL {
            let person = Subject::Person(self.claims_of(who).sub);
            restrict(&mut transaction, table, person, before).expect("an entry");
        }
        transaction.commit().await.expect("writes");
    }

    /// Whose the terminal is.
    pub(crate) fn owner(&self) -> &str {
        self.owner.as_str()
    }

    /// What a desktop terminal has.
    pub(crate) fn terminal_token(&self) -> String {
        self.terminal.clone()
    }

    /// The path with the right caller's own ids in it.
    pub(crate) fn filled(&self, route: &str) -> String {
        let path = route.split_once(' ').expect("a path").1;
        let words: Vec<&str> = path.split('/').collect();
        let mut named = words.windows(2).filter(|pair| pair[1] == "{id}");
        let desk = named.find_map(|pair| self.desk.get(pair[0]));
        let id = match path.split('/').nth(2) {
            _ if desk.is_some() => desk.cloned().unwrap_or_default(),
            Some("organizations") => self.organization.to_string(),
            Some("users") => self.member.to_string(),
            Some("admin") => self.member.to_string(),
            _ if path.contains("simulations") => "job_01jd7bz8v6m3t9q2x4w7y0c1df".to_owned(),
            _ if path.contains("deliveries") => "msg_01jd7bz8v6m3t9q2x4w7y0c1df".to_owned(),
            _ if path.contains("sessions") => "ses_01jd7bz8v6m3t9q2x4w7y0c1df".to_owned(),
            _ if path.contains("passkeys") => "bm9ib2R5cw".to_owned(),
            _ => self.account.clone(),
        };
        let filled = path
            .replace("{accountType}", "evaluation-100k")
            .replace("{adjustment}", "adj_01jd7bz8v6m3t9q2x4w7y0c1df")
            .replace("{deal}", "no-such-deal")
            .replace("{verdict}", "vrd_01jd7bz8v6m3t9q2x4w7y0c1df")
            .replace("{id}", &id)
            .replace("{import}", "imp_01jd7bz8v6m3t9q2x4w7y0c1df")
            .replace("{invitation}", "inv_01jd7bz8v6m3t9q2x4w7y0c1df")
            .replace("{ip}", "198.51.100.200")
            .replace("{name}", "analyst")
            .replace("{org}", self.organization.as_str())
            .replace("{token}", "nobodys-token")
            .replace("{userId}", self.owner.as_str());
        assert!(!filled.contains('{'), "{path} has a parameter of its own");
        filled
    }

    /// The connection of the trader's account, once more.
    pub(crate) fn connect_body(&self) -> Value {
        connect_body("other-password")
    }

    /// Asks from an address that nobody else has.
    pub(crate) async fn ask(&self, route: &str, call: Request<Body>) -> Answer {
        let path = route.split_once(' ').expect("a path").1;
        send(self.of(path), self.with_own_address(call)).await
    }

    /// A request from an address that nobody else has.
    pub(crate) fn with_own_address(&self, mut call: Request<Body>) -> Request<Body> {
        let host = self.calls.fetch_add(1, Ordering::Relaxed);
        let [_, a, b, c] = host.to_be_bytes();
        let peer = format!("10.{a}.{b}.{c}").parse().expect("a header");
        call.headers_mut().insert("x-tradebridge-peer", peer);
        call
    }

    pub(crate) fn call(&self, route: &str, token: Option<&str>, body: &Value) -> Request<Body> {
        let method: Method = route
            .split_once(' ')
            .and_then(|(method, _)| method.parse().ok())
            .expect("a method");
        let path = self.filled(route);
        let body = text(body);
        match token {
            Some(token) => bearer(token, &method, &path, body),
            None => request(&method, &path, body),
        }
    }
}

pub(crate) fn text(body: &Value) -> String {
    match body {
        Value::Null => String::new(),
        body => body.to_string(),
    }
}

fn connect_body(password: &str) -> Value {
    json!({
        "login": LOGIN, "investor_pass": password, "server": testkit::gateway::SERVER,
        "account_type": "evaluation-100k", "wp_user_id": TRADER, "initial_balance": 100_000,
    })
}

async fn account(stack: &mut Stack, accounts: &Router) -> String {
    let steps = json!([{"do": {"deposit": {"amount": 100_000}}}]);
    stack.gateway.add_account(LOGIN, INVESTOR, steps).await;
    let connect = stack.shop.post("/api/connect", &connect_body(INVESTOR));
    let connected = send(accounts, connect).await.expect(201);
    stack.pump().await;
    let id = connected["account_id"].as_str().expect("an id");
    id.to_owned()
}

/// The token of a terminal that was paired with somebody.
async fn terminal(stack: &Stack, owner: &UserId) -> String {
    let trading = Trading {
        store: Store::new(stack.cloud.trading.clone()),
        tokens: DeviceTokens::new(stack.cloud.platform.clone()),
        live: Live::new(stack.cloud.realtime.clone()),
    };
    let now = SystemClock.now();
    let owner = Owner {
        org: owner.to_string(),
        user: owner.clone(),
    };
    let code = trading.start_pairing(&owner, "Office", now).await;
    let (code, _) = code.expect("a code");
    let paired = trading.pair(&code, TERMINAL, Call { id: "world", now });
    let paired = paired.await.expect("pairs").expect("a good code");
    paired.token.expose_secret().to_owned()
}

async fn person(stack: &Stack, name: &str) -> UserId {
    let now = SystemClock.now();
    let person = Person {
        name: Some(name.to_owned()),
        platform_admin: name == "owner",
        ..Person::new(
            format!("{name}@people.example"),
            PasswordHash::new("$none"),
            now,
        )
    };
    let mut transaction = Transaction::new();
    people(stack)
        .put_person(&mut transaction, &person)
        .expect("rows");
    transaction.commit().await.expect("writes");
    person.id
}

fn people(stack: &Stack) -> identity::store::Store {
    let (identity, platform) = (&stack.cloud.identity, &stack.cloud.platform);
    identity::store::Store::new(identity.clone(), platform.clone())
}

async fn organization(stack: &Stack, owner: &UserId) -> OrganizationId {
    let store = organizations::Store::new(stack.cloud.organizations.clone());
    let mut transaction = Transaction::new();
    let now = SystemClock.now();
    let email = "owner@people.example";
    let id = found(&mut transaction, &store, "Firm", owner, email, now).expect("rows");
    transaction.commit().await.expect("writes");
    id
}

/// The token of the invitation that was mailed last.
async fn mailed_token(stack: &Stack) -> String {
    use identity::mail::{Mail, MailMessage};
    use platform::dynamo::{Query, Range};
    use platform::outbox::Row;
    for shard in 0..8 {
        let query = Query::new(format!("OUTBOX#{shard}"), Range::All, 10);
        let page = stack.cloud.organizations.query::<Row>(&query).await;
        for (_, row) in page.expect("reads").rows {
            let message: MailMessage = serde_json::from_str(&row.body).expect("a mail");
            if let Mail::Invitation {
                email,
                sealed_token,
                ..
            } = message.mail
            {
                let identity = format!("mail:{email}");
                let token = stack.vault.open(&sealed_token, &identity).await;
                return token.expect("opens").expose_secret().to_owned();
            }
        }
    }
    panic!("no invitation was mailed");
}
