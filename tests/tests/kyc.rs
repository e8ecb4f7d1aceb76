//! A check of a member's identity over the deployed stack, files and all.

use std::time::Duration;

use kernel::time::Clock;
use platform::clock::SystemClock;
use platform::tokens::sha256_hex;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use stack_tests::{Stack, Tokens, Visitor, until};

const PASSWORD: &str = "a horse with a battery";
const PASSPORT: &[u8] = b"\x89PNG of a passport";

fn email(name: &str) -> String {
    let id = kernel::id::ulid_at(SystemClock.now());
    format!("{name}-{id}@people.example")
}

/// Somebody who has registered, and their token.
async fn person(visitor: &Visitor, email: &str) -> String {
    visitor.register(email, PASSWORD).await;
    let answer = visitor.sign_in(email, PASSWORD, None).await.expect(200);
    Tokens::of(&answer).access
}

/// Their token for an organization.
async fn token_for(visitor: &Visitor, token: &str, organization: &str) -> String {
    let body = json!({"organization_id": organization});
    let path = "/api/auth/switch-organization";
    let answer = visitor.post_as(path, token, &body).await.expect(200);
    let token = answer["data"]["access_token"].as_str();
    token.expect("a token").to_owned()
}

/// Carries out a signed request; answers its status and what came back.
async fn run(request: &Value, bytes: &[u8]) -> (u16, Vec<u8>) {
    let text = |name: &str| request[name].as_str().expect("a text");
    let method: Method = text("method").parse().expect("a method");
    let mut call = Client::new().request(method, text("url"));
    for (name, value) in request["headers"].as_object().expect("headers") {
        // The client sends the length of what it sends.
        if name != "content-length" {
            call = call.header(name, value.as_str().expect("a text"));
        }
    }
    let answer = call.body(bytes.to_vec()).send().await.expect("an answer");
    let status = answer.status().as_u16();
    (status, answer.bytes().await.expect("a body").to_vec())
}

#[tokio::test]
async fn a_member_sends_a_passport_and_an_admin_looks_at_it_and_approves() {
    let stack = Stack::running();
    let (owner, member) = (Visitor::at(&stack, 21), Visitor::at(&stack, 22));
    let (owners, members) = (email("olga"), email("ada"));
    let personal = person(&owner, &owners).await;
    let founded = owner
        .post_as(
            "/api/organizations",
            &personal,
            &json!({"name": "The firm"}),
        )
        .await
        .expect(201);
    let organization = founded["data"]["id"].as_str().expect("an id");
    let of_owner = token_for(&owner, &personal, organization).await;
    let invite = json!({"email": members, "role": "member"});
    let invited = owner.post_as("/api/users", &of_owner, &invite).await;
    assert_eq!(invited.status, 201, "{}", invited.body);
    let personal = person(&member, &members).await;
    let invitation = member.mailed_token(&members, "invitations").await;
    let path = format!("/api/organizations/invitations/{invitation}/accept");
    let accepted = member.post_as(&path, &personal, &json!({})).await;
    assert_eq!(accepted.status, 200, "{}", accepted.body);
    let of_member = token_for(&member, &personal, organization).await;
    let me = member
        .get_as("/api/v1/user/me", &of_member)
        .await
        .expect(200);
    let kyc = format!("/api/users/{}/kyc", me["id"].as_str().expect("an id"));

    let body = json!({
        "legal_name": "Ada Lovelace", "date_of_birth": "1990-12-10", "country": "GB",
        "documents": [{
            "type": "passport", "content_type": "image/png",
            "size_bytes": PASSPORT.len(), "sha256": sha256_hex(PASSPORT),
        }],
    });
    let applied = member.post_as(&kyc, &of_member, &body).await.expect(201);
    let upload = &applied["data"]["uploads"][0];
    let approve = json!({"decision": "approve"});
    let decision = format!("{kyc}/decision");
    let early = owner.post_as(&decision, &of_owner, &approve).await;
    assert_eq!(early.status, 409, "{}", early.body);
    let (refused, _) = run(upload, b"\x89PNG of another one").await;
    assert!(matches!(refused, 400 | 403), "{refused}");
    assert_eq!(run(upload, PASSPORT).await.0, 200);
    let complete = format!("{kyc}/complete");
    let pending = member
        .post_as(&complete, &of_member, &json!({}))
        .await
        .expect(200);
    assert_eq!(pending["data"]["status"], "pending");

    let waiting = owner.get_as("/api/kyc", &of_owner).await.expect(200);
    assert_eq!(
        waiting["data"]["items"][0]["id"],
        applied["data"]["application"]["id"]
    );
    let shown = owner.get_as(&kyc, &of_owner).await.expect(200);
    assert_eq!(shown["data"]["legal_name"], "Ada Lovelace");
    let fetched = run(&shown["data"]["downloads"][0], b"").await;
    assert_eq!(fetched, (200, PASSPORT.to_vec()));
    let approved = owner
        .post_as(&decision, &of_owner, &approve)
        .await
        .expect(200);
    assert_eq!(approved["data"]["status"], "approved");
    let wait = Duration::from_secs(30);
    until("the mail of the decision", wait, || async {
        let mails = member.mails(&members);
        let told = |mail: &String| mail.contains("Subject: Your identity is confirmed");
        mails.iter().any(told).then_some(())
    })
    .await;

    // The organization goes, and with it everybody's tokens for it.
    let path = format!("/api/organizations/{organization}?name=The%20firm");
    let deleted = owner
        .call(Method::DELETE, &path, Some(&of_owner), &Value::Null)
        .await;
    assert_eq!(deleted.status, 200, "{}", deleted.body);
    let wait = Duration::from_millis(5_500);
    until("the end of the member's token", wait, || async {
        let answer = member.get_as(&kyc, &of_member).await;
        (answer.status == 401).then_some(())
    })
    .await;
    let left = member
        .get_as("/api/organizations", &personal)
        .await
        .expect(200);
    assert_eq!(left["data"]["items"], json!([]));
}
