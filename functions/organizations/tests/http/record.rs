//! The organization's own record.

use http::Method;
use serde_json::{Value, json};

use crate::desk::{Desk, Has, items};

#[tokio::test]
async fn an_admin_reads_what_was_done_in_the_organization_and_nothing_of_others() {
    let desk = Desk::start().await;
    let (olga, max, otto) = (
        desk.person("olga").await,
        desk.person("max").await,
        desk.person("otto").await,
    );
    let org = desk.found(&olga, "Olga's").await;
    let other = desk.found(&otto, "Otto's").await;
    desk.join(&org, &olga, &max, "admin").await;
    for (person, org) in [(&olga, &org), (&max, &org), (&otto, &other)] {
        let token = desk.token(person, org).await;
        let body = json!({"email": format!("of-{}@example.com", person.id)});
        desk.call(&token, Method::POST, "/api/users", body)
            .await
            .has(201);
    }
    let token = desk.token(&max, &org).await;
    let path = format!("/api/organizations/{org}/audit");
    let body = desk.get(&token, &path).await.expect(200);
    let told: Vec<_> = items(&body)
        .iter()
        .map(|item| (item["action"].clone(), item["actor"].clone()))
        .collect();
    let invited = |person: &str| (json!("member.invited"), json!(person));
    assert_eq!(told, [invited(max.id.as_str()), invited(olga.id.as_str())]);
    assert_eq!(items(&body)[0]["outcome"], 201);

    let of = |query: &str| format!("{path}?{query}");
    let count = async |query: &str| -> usize {
        let body = desk.get(&token, &of(query)).await.expect(200);
        items(&body).len()
    };
    assert_eq!(count(&format!("user={}", olga.id)).await, 1);
    assert_eq!(count(&format!("user={}", otto.id)).await, 0);
    assert_eq!(count("action=member.invited").await, 2);
    // Reading it is recorded too.
    assert_eq!(count("action=audit.read").await, 4);
    let both = format!("action=member.invited&user={}", max.id);
    assert_eq!(count(&both).await, 1);
    let late = "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z";
    desk.get(&token, &of(late)).await.has(400);
}

#[tokio::test]
async fn the_record_comes_in_pages_bound_to_their_query() {
    let desk = Desk::start().await;
    let olga = desk.person("olga").await;
    let org = desk.found(&olga, "Olga's").await;
    let token = desk.token(&olga, &org).await;
    for number in 0..3 {
        let body = json!({"email": format!("new-{number}@example.com")});
        desk.call(&token, Method::POST, "/api/users", body)
            .await
            .has(201);
    }
    let path = format!("/api/organizations/{org}/audit?action=member.invited&limit=2");
    let first = desk.get(&token, &path).await.expect(200);
    assert_eq!(items(&first).len(), 2);
    let cursor = first["data"]["next_cursor"].as_str().expect("a cursor");
    let next = desk.get(&token, &format!("{path}&cursor={cursor}")).await;
    let next = next.expect(200);
    assert_eq!(items(&next).len(), 1);
    assert_ne!(items(&next)[0]["id"], items(&first)[0]["id"]);
    let other = format!("/api/organizations/{org}/audit?limit=2&cursor={cursor}");
    desk.get(&token, &other).await.has(400);
}

#[tokio::test]
async fn who_manages_no_members_reads_no_record() {
    let desk = Desk::start().await;
    let (olga, ada) = (desk.person("olga").await, desk.person("ada").await);
    let org = desk.found(&olga, "Olga's").await;
    desk.join(&org, &olga, &ada, "member").await;
    let token = desk.token(&ada, &org).await;
    let path = format!("/api/organizations/{org}/audit");
    let answer = desk.call(&token, Method::GET, &path, Value::Null).await;
    answer.has(403);
}
