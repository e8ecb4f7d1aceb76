//! Checks of members' identities.

use http::Method;
use identity::mail::{Finding, Mail};
use kernel::id::OrganizationId;
use organizations::domain::kyc::KycStatus;
use platform::audit_log::{Entry, Selection, sort_prefix};
use platform::tokens::sha256_hex;
use reqwest::StatusCode;
use serde_json::{Value, json};
use testkit::http::{bearer, send};

use crate::desk::{Desk, Has, Somebody, items, kind, now};

const PASSPORT: &[u8] = b"a picture of a passport";
const BILL: &[u8] = b"%PDF of a bill";
const BOTH: [&[u8]; 2] = [PASSPORT, BILL];

fn body() -> Value {
    json!({
        "legal_name": "Ada Lovelace",
        "date_of_birth": "1990-12-10",
        "country": "GB",
        "documents": [
            {
                "type": "passport",
                "content_type": "image/jpeg",
                "size_bytes": PASSPORT.len(),
                "sha256": sha256_hex(PASSPORT).to_ascii_uppercase(),
            },
            {
                "type": "proof_of_address",
                "content_type": "application/pdf",
                "size_bytes": BILL.len(),
                "sha256": sha256_hex(BILL),
            },
        ],
    })
}

/// An organization of Olga's with the members Ada and Max, who is an admin.
struct Firm {
    desk: Desk,
    org: OrganizationId,
    olga: Somebody,
    ada: Somebody,
    max: Somebody,
}

impl Firm {
    async fn start() -> Self {
        let desk = Desk::start().await;
        let (olga, ada, max) = (
            desk.person("olga").await,
            desk.person("ada").await,
            desk.person("max").await,
        );
        let org = desk.found(&olga, "Olga's").await;
        desk.join(&org, &olga, &ada, "viewer").await;
        desk.join(&org, &olga, &max, "admin").await;
        Self {
            desk,
            org,
            olga,
            ada,
            max,
        }
    }

    async fn token(&self, person: &Somebody) -> String {
        self.desk.token(person, &self.org).await
    }

    async fn apply(&self, person: &Somebody) -> Value {
        let path = format!("/api/users/{}/kyc", person.id);
        let token = self.token(person).await;
        let answer = self.desk.call(&token, Method::POST, &path, body()).await;
        answer.expect(201)["data"].clone()
    }

    async fn complete(&self, person: &Somebody) -> testkit::Answer {
        let path = format!("/api/users/{}/kyc/complete", person.id);
        let token = self.token(person).await;
        self.desk
            .call(&token, Method::POST, &path, Value::Null)
            .await
    }

    async fn decide(&self, judge: &Somebody, person: &Somebody, body: Value) -> testkit::Answer {
        let path = format!("/api/users/{}/kyc/decision", person.id);
        let token = self.token(judge).await;
        self.desk.call(&token, Method::POST, &path, body).await
    }

    async fn show(&self, reader: &Somebody, person: &Somebody) -> testkit::Answer {
        let path = format!("/api/users/{}/kyc", person.id);
        self.desk.get(&self.token(reader).await, &path).await
    }

    /// An application whose files are all sent and that is put forward.
    async fn pending(&self, person: &Somebody) -> Value {
        let applied = self.apply(person).await;
        for (request, bytes) in uploads(&applied).iter().zip(BOTH) {
            assert_eq!(run(request, bytes).await, StatusCode::OK);
        }
        self.complete(person).await.has(200);
        applied
    }

    /// Ids of the applications of a status.
    async fn listed(&self, status: &str) -> Vec<Value> {
        let path = format!("/api/kyc?status={status}");
        let token = self.token(&self.max).await;
        let body = self.desk.get(&token, &path).await.expect(200);
        items(&body).iter().map(|item| item["id"].clone()).collect()
    }

    async fn record(&self, actor: &Somebody) -> Vec<Entry> {
        let log = platform::audit_log::AuditLog::new(self.desk.stack.cloud.audit.clone(), 400);
        let selection = Selection::Actor(actor.id.to_string());
        let soon = sort_prefix(now() + chrono::TimeDelta::minutes(1));
        let read = log.read(&selection, now(), "0", &soon, 100).await;
        read.expect("reads")
    }
}

fn uploads(applied: &Value) -> &[Value] {
    applied["uploads"].as_array().expect("uploads")
}

/// Carries out a request of an answer, as a client would.
async fn run(request: &Value, bytes: &[u8]) -> StatusCode {
    fetch(request, bytes).await.0
}

async fn fetch(request: &Value, bytes: &[u8]) -> (StatusCode, Vec<u8>) {
    let client = platform::http_client::partner(std::time::Duration::from_secs(5));
    let method: Method = request["method"]
        .as_str()
        .and_then(|method| method.parse().ok())
        .expect("a method");
    let url = request["url"].as_str().expect("an address");
    let mut call = client.expect("a client").request(method, url);
    for (name, value) in request["headers"].as_object().expect("headers") {
        // Clients send the length of what they send.
        if name != "content-length" {
            call = call.header(name, value.as_str().expect("a text"));
        }
    }
    let answer = call.body(bytes.to_vec()).send().await.expect("an answer");
    let status = answer.status();
    (status, answer.bytes().await.expect("a body").to_vec())
}

#[tokio::test]
async fn a_member_applies_sends_files_and_is_approved() {
    let firm = Firm::start().await;
    let applied = firm.apply(&firm.ada).await;
    assert_eq!(applied["application"]["status"], "awaiting_documents");
    assert_eq!(applied["application"]["user_id"], firm.ada.id.as_str());
    let sent = uploads(&applied);
    assert_eq!(sent.len(), 2);
    assert_eq!(
        sent[0]["headers"]["content-length"],
        PASSPORT.len().to_string()
    );
    assert_eq!(run(&sent[0], PASSPORT).await, StatusCode::OK);
    let early = firm.complete(&firm.ada).await;
    assert_eq!(kind(&early), "conflict");
    let missing = applied["application"]["documents"][1]["id"].as_str();
    assert!(
        early.text().contains(missing.expect("an id")),
        "{}",
        early.text()
    );
    assert_eq!(run(&sent[1], BILL).await, StatusCode::OK);
    let body = firm.complete(&firm.ada).await.expect(200);
    assert_eq!(body["data"]["status"], "pending");
    assert!(body["data"]["submitted_at"].is_string());
    firm.complete(&firm.ada).await.has(200);
    assert_eq!(
        firm.listed("pending").await,
        [applied["application"]["id"].clone()]
    );

    let body = firm
        .decide(&firm.max, &firm.ada, json!({"decision": "approve"}))
        .await
        .expect(200);
    assert_eq!(body["data"]["status"], "approved");
    assert_eq!(body["data"]["decision"]["by"], firm.max.id.as_str());
    assert!(firm.listed("pending").await.is_empty());
    assert_eq!(firm.listed("approved").await.len(), 1);
    let told: Vec<Mail> = firm.desk.outgoing().await;
    let told = told.iter().filter_map(|mail| match mail {
        Mail::IdentityChecked {
            user,
            organization,
            finding,
            ..
        } => Some((user, organization.as_str(), *finding)),
        _ => None,
    });
    assert_eq!(
        told.collect::<Vec<_>>(),
        [(&firm.ada.id, "Olga's", Finding::Approved)]
    );
}

#[tokio::test]
async fn the_bucket_takes_the_announced_bytes_and_no_others() {
    let firm = Firm::start().await;
    let applied = firm.apply(&firm.ada).await;
    let sent = &uploads(&applied)[0];
    assert_eq!(
        run(sent, BILL).await,
        StatusCode::FORBIDDEN,
        "another length"
    );
    let other = vec![b'x'; PASSPORT.len()];
    assert_eq!(
        run(sent, &other).await,
        StatusCode::BAD_REQUEST,
        "other bytes"
    );
    let mut moved = sent.clone();
    let url = sent["url"].as_str().expect("an address");
    moved["url"] = json!(url.replace(firm.ada.id.as_str(), firm.olga.id.as_str()));
    assert_eq!(
        run(&moved, PASSPORT).await,
        StatusCode::FORBIDDEN,
        "another place"
    );
    let mut fetched = sent.clone();
    fetched["method"] = json!("GET");
    assert_eq!(
        run(&fetched, PASSPORT).await,
        StatusCode::FORBIDDEN,
        "another method"
    );
    assert!(firm.desk.stack.objects.kept().is_empty());
    assert_eq!(run(sent, PASSPORT).await, StatusCode::OK);
    let document = applied["application"]["documents"][0]["id"].as_str();
    let key = format!(
        "kyc-documents/kyc/{}/{}/{}",
        firm.org,
        firm.ada.id,
        document.expect("an id")
    );
    let kept = firm.desk.stack.objects.kept();
    assert_eq!(kept[&key].content_type, "image/jpeg");
    assert_eq!(kept[&key].bytes, PASSPORT);
}

#[tokio::test]
async fn nothing_is_decided_while_a_document_is_missing_nor_about_oneself() {
    let firm = Firm::start().await;
    let applied = firm.apply(&firm.ada).await;
    let approve = json!({"decision": "approve"});
    let early = firm.decide(&firm.max, &firm.ada, approve.clone()).await;
    assert_eq!(kind(&early), "conflict");
    for (request, bytes) in uploads(&applied).iter().zip(BOTH) {
        assert_eq!(run(request, bytes).await, StatusCode::OK);
    }
    // What is all there may be decided though nobody has put it forward.
    let body = firm.decide(&firm.max, &firm.ada, approve.clone()).await;
    assert_eq!(body.expect(200)["data"]["status"], "approved");
    let again = firm.decide(&firm.max, &firm.ada, approve.clone()).await;
    assert_eq!(kind(&again), "conflict");

    firm.pending(&firm.max).await;
    let own = firm.decide(&firm.max, &firm.max, approve.clone()).await;
    assert_eq!(kind(&own), "forbidden");
    let by_member = firm.decide(&firm.ada, &firm.max, approve.clone()).await;
    assert_eq!(kind(&by_member), "forbidden");
    firm.decide(&firm.olga, &firm.max, approve).await.has(200);
}

#[tokio::test]
async fn who_is_rejected_learns_why_and_applies_again() {
    let firm = Firm::start().await;
    let first = firm.pending(&firm.ada).await["application"]["id"].clone();
    let silent = firm
        .decide(&firm.max, &firm.ada, json!({"decision": "reject"}))
        .await;
    assert_eq!(silent.expect(400)["details"][0]["field"], "reason");
    let reject = json!({"decision": "reject", "reason": "The picture is dark."});
    firm.decide(&firm.max, &firm.ada, reject).await.has(200);
    let body = firm.show(&firm.ada, &firm.ada).await.expect(200);
    let decision = &body["data"]["application"]["decision"];
    assert_eq!(decision["reason"], "The picture is dark.");
    assert_eq!(body["data"]["earlier"], json!([]));
    assert_eq!(body["data"]["downloads"], json!([]));

    let second = firm.pending(&firm.ada).await["application"]["id"].clone();
    assert_ne!(first, second);
    let body = firm.show(&firm.max, &firm.ada).await.expect(200);
    assert_eq!(body["data"]["application"]["id"], second);
    assert_eq!(body["data"]["earlier"][0]["id"], first);
    assert_eq!(body["data"]["earlier"][0]["status"], "rejected");
    assert!(firm.listed("rejected").await.is_empty());
    let path = format!("/api/users/{}/kyc", firm.ada.id);
    let token = firm.token(&firm.ada).await;
    let third = firm
        .desk
        .call(&token, Method::POST, &path, self::body())
        .await;
    assert_eq!(kind(&third), "conflict");
}

#[tokio::test]
async fn an_approval_stands_until_it_is_revoked() {
    let firm = Firm::start().await;
    firm.pending(&firm.ada).await;
    let approve = json!({"decision": "approve"});
    let revoke = json!({"decision": "revoke", "reason": "The passport was reported lost."});
    let early = firm.decide(&firm.max, &firm.ada, revoke.clone()).await;
    assert_eq!(kind(&early), "conflict");
    firm.decide(&firm.max, &firm.ada, approve.clone())
        .await
        .has(200);
    let reject = json!({"decision": "reject", "reason": "After all not."});
    firm.decide(&firm.max, &firm.ada, reject).await.has(409);
    let path = format!("/api/users/{}/kyc", firm.ada.id);
    let token = firm.token(&firm.ada).await;
    let again = firm.desk.call(&token, Method::POST, &path, body()).await;
    assert_eq!(kind(&again), "conflict");
    let body = firm.decide(&firm.max, &firm.ada, revoke).await.expect(200);
    assert_eq!(body["data"]["status"], "revoked");
    firm.decide(&firm.max, &firm.ada, approve).await.has(409);
    firm.apply(&firm.ada).await;
}

#[tokio::test]
async fn one_of_two_decisions_at_once_counts() {
    let firm = Firm::start().await;
    firm.pending(&firm.ada).await;
    let reject = json!({"decision": "reject", "reason": "The picture is dark."});
    let (one, other) = tokio::join!(
        firm.decide(&firm.max, &firm.ada, json!({"decision": "approve"})),
        firm.decide(&firm.olga, &firm.ada, reject),
    );
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    let mails = firm.desk.outgoing().await;
    let told = |mail: &&Mail| matches!(mail, Mail::IdentityChecked { .. });
    assert_eq!(mails.iter().filter(told).count(), 1);
}

#[tokio::test]
async fn an_admin_fetches_the_files_and_each_look_at_anothers_data_is_recorded() {
    let firm = Firm::start().await;
    firm.pending(&firm.ada).await;
    let body = firm.show(&firm.max, &firm.ada).await.expect(200);
    assert_eq!(body["data"]["legal_name"], "Ada Lovelace");
    assert_eq!(body["data"]["date_of_birth"], "1990-12-10");
    assert_eq!(body["data"]["country"], "GB");
    let downloads = body["data"]["downloads"].as_array().expect("downloads");
    for (request, bytes) in downloads.iter().zip(BOTH) {
        assert_eq!(fetch(request, b"").await, (StatusCode::OK, bytes.to_vec()));
    }
    assert_eq!(downloads.len(), 2);
    firm.listed("pending").await;
    let actions: Vec<String> = firm
        .record(&firm.max)
        .await
        .into_iter()
        .map(|entry| format!("{} {}", entry.action, entry.target.unwrap_or_default()))
        .collect();
    assert_eq!(
        actions,
        [
            "kyc.listed ".to_owned(),
            format!("kyc.read {}", firm.ada.id)
        ]
    );
    firm.show(&firm.ada, &firm.ada).await.has(200);
    let own: Vec<String> = firm
        .record(&firm.ada)
        .await
        .into_iter()
        .map(|entry| entry.action)
        .collect();
    assert_eq!(own, ["kyc.completed", "kyc.applied"]);
}

#[tokio::test]
async fn who_somebody_is_and_the_addresses_of_files_are_nowhere_in_the_clear() {
    let firm = Firm::start().await;
    let path = format!("/api/users/{}/kyc", firm.ada.id);
    let token = firm.token(&firm.ada).await;
    let mut request = bearer(&token, &Method::POST, &path, body().to_string());
    let key = http::HeaderValue::from_static("once");
    request.headers_mut().insert("idempotency-key", key);
    send(&firm.desk.router, request).await.has(201);
    firm.show(&firm.max, &firm.ada).await.has(200);
    let cloud = &firm.desk.stack.cloud;
    for table in [&cloud.organizations, &cloud.platform, &cloud.audit] {
        let text = cloud.dump(table).await;
        for word in ["Lovelace", "1990-12-10", "X-Amz-Signature"] {
            assert!(!text.contains(word), "{} has {word}", table.name());
        }
    }
}

#[tokio::test]
async fn an_application_is_its_members_and_its_organizations_alone() {
    let firm = Firm::start().await;
    firm.pending(&firm.ada).await;
    let otto = firm.desk.person("otto").await;
    let other = firm.desk.found(&otto, "Otto's").await;
    let theirs = firm.desk.token(&otto, &other).await;
    let adas = format!("/api/users/{}/kyc", firm.ada.id);
    let approve = json!({"decision": "approve"});
    for (method, path, body) in [
        (Method::GET, adas.clone(), Value::Null),
        (Method::POST, adas.clone(), body()),
        (Method::POST, format!("{adas}/complete"), Value::Null),
        (Method::POST, format!("{adas}/decision"), approve.clone()),
    ] {
        let answer = firm.desk.call(&theirs, method.clone(), &path, body).await;
        assert_eq!(answer.status, 404, "{method} {path}: {}", answer.text());
    }
    let body = firm.desk.get(&theirs, "/api/kyc").await.expect(200);
    assert_eq!(items(&body), [] as [Value; 0]);
    // She is nobody's in another organization that she belongs to.
    firm.desk.join(&other, &otto, &firm.ada, "member").await;
    let theirs = firm.desk.token(&otto, &other).await;
    firm.desk.get(&theirs, &adas).await.has(404);

    let path = format!("/api/users/{}/kyc", firm.max.id);
    let token = firm.token(&firm.ada).await;
    firm.desk.get(&token, &path).await.has(403);
    firm.desk.get(&token, "/api/kyc").await.has(403);
    let token = firm.token(&firm.max).await;
    for path in [adas.clone(), format!("{adas}/complete")] {
        let answer = firm
            .desk
            .call(&token, Method::POST, &path, self::body())
            .await;
        assert_eq!(kind(&answer), "forbidden", "{path}");
    }
}

#[tokio::test]
async fn what_cannot_be_is_named_field_by_field() {
    let firm = Firm::start().await;
    let token = firm.token(&firm.ada).await;
    let path = format!("/api/users/{}/kyc", firm.ada.id);
    let document = body()["documents"][0].clone();
    let with = |pointer: &str, value: Value| {
        let mut body = body();
        *body.pointer_mut(pointer).expect("a field") = value;
        body
    };
    for (body, field) in [
        (with("/legal_name", json!("")), "legal_name"),
        (with("/legal_name", json!("a\nb")), "legal_name"),
        (with("/date_of_birth", json!("2100-01-01")), "date_of_birth"),
        (with("/date_of_birth", json!("yesterday")), "date_of_birth"),
        (with("/country", json!("XX")), "country"),
        (with("/documents", json!([])), "documents"),
        (with("/documents", json!(vec![document; 7])), "documents"),
        (
            with("/documents/0/size_bytes", json!(10 * 1024 * 1024 + 1)),
            "documents[0].size_bytes",
        ),
        (
            with("/documents/1/sha256", json!("00")),
            "documents[1].sha256",
        ),
        (
            with("/documents/0/content_type", json!("text/html")),
            "documents[0].content_type",
        ),
        (
            with("/documents/0/type", json!("library_card")),
            "documents[0].type",
        ),
    ] {
        let answer = firm.desk.call(&token, Method::POST, &path, body).await;
        assert_eq!(answer.expect(400)["details"][0]["field"], field);
    }
    let at_most = with("/documents/0/size_bytes", json!(10 * 1024 * 1024));
    firm.desk
        .call(&token, Method::POST, &path, at_most)
        .await
        .has(201);
    let token = firm.token(&firm.max).await;
    firm.desk.get(&token, "/api/kyc?status=odd").await.has(400);
}

#[tokio::test]
async fn an_application_that_awaits_documents_gives_way_and_leaves_nothing_behind() {
    let firm = Firm::start().await;
    let first = firm.apply(&firm.ada).await["application"]["id"].clone();
    let second = firm.apply(&firm.ada).await["application"]["id"].clone();
    assert_ne!(first, second);
    assert_eq!(firm.listed("awaiting_documents").await, [second]);
    let store = &firm.desk.organizations.store;
    let past = store.kyc_past(&firm.org, &firm.ada.id).await;
    assert_eq!(past.expect("reads"), []);
}

#[tokio::test]
async fn an_application_whose_time_is_over_counts_no_more() {
    let firm = Firm::start().await;
    firm.pending(&firm.ada).await;
    let store = &firm.desk.organizations.store;
    let before = store.kyc(&firm.org, &firm.ada.id).await.expect("reads");
    let before = before.expect("an application");
    assert_eq!(before.status, KycStatus::Pending);
    let mut late = before.clone();
    late.revision += 1;
    late.kept_until = now();
    let mut transaction = platform::dynamo::Transaction::new();
    store
        .put_kyc(&mut transaction, Some(&before), &late)
        .expect("rows");
    transaction.commit().await.expect("writes");
    firm.show(&firm.ada, &firm.ada).await.has(404);
    assert!(firm.listed("pending").await.is_empty());
    let approve = json!({"decision": "approve"});
    firm.decide(&firm.max, &firm.ada, approve).await.has(404);
    firm.apply(&firm.ada).await;
}
