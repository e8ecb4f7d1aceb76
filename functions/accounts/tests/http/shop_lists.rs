//! Lists in pages, and cursors that are bound to their query.

use serde_json::{Value, json};

use crate::support::{USER, World, fields, text};

async fn world_with_accounts(count: u32) -> World {
    let mut world = World::new().await;
    for index in 0..count {
        let login = (6_000_000 + index).to_string();
        let steps = json!([{"do": {"deposit": {"amount": 1000 + index}}}]);
        world
            .stack
            .gateway
            .add_account(&login, "pass-word", steps)
            .await;
        let body = json!({"login": login, "investor_pass": "pass-word"});
        assert_eq!(world.send(world.connect(&body)).await.status, 201);
    }
    world.stack.pump().await;
    world
}

fn logins(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().expect("items");
    items.iter().map(|item| text(&item["login"])).collect()
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repeat() {
    let world = world_with_accounts(5).await;
    for by_shop in [true, false] {
        let path = if by_shop {
            "/api/s2s/accounts"
        } else {
            "/api/accounts"
        };
        let mut found = Vec::new();
        let mut query = "?limit=2".to_owned();
        for _ in 0..4 {
            let url = format!("{path}{query}");
            let page = if by_shop {
                world.shop_get(&url).await
            } else {
                world.get(&url).await
            };
            let page = page.expect(200);
            found.extend(logins(&page));
            match page["next_cursor"].as_str() {
                Some(cursor) => query = format!("?limit=2&cursor={cursor}"),
                None => break,
            }
        }
        assert_eq!(
            found,
            ["6000000", "6000001", "6000002", "6000003", "6000004"],
            "{path}"
        );
    }
    let page = world.shop_get("/api/s2s/accounts").await.expect(200);
    assert_eq!(page["items"][3]["balance"], json!(1003));
    assert_eq!(page["items"][3]["initial_balance"], json!(1003));
}

#[tokio::test]
async fn a_cursor_of_another_list_tenant_or_hand_is_refused() {
    let world = world_with_accounts(2).await;
    let page = world
        .shop_get("/api/s2s/accounts?limit=1")
        .await
        .expect(200);
    let cursor = text(&page["next_cursor"]);
    let own = format!("/api/accounts?cursor={cursor}");
    assert_eq!(fields(&world.get(&own).await.expect(400)), ["cursor"]);
    let same = format!("/api/s2s/accounts?cursor={cursor}");
    assert_eq!(
        logins(&world.shop_get(&same).await.expect(200)),
        ["6000001"]
    );
    let theirs = world.stack.other_shop.get(&same);
    assert_eq!(fields(&world.send(theirs).await.expect(400)), ["cursor"]);
    let another = world.stack.get_as(USER + 1, &own);
    assert_eq!(world.send(another).await.status, 400);
    for made_up in ["x", "%00", "bm90LWEtY3Vyc29y"] {
        let answer = world
            .shop_get(&format!("/api/s2s/accounts?cursor={made_up}"))
            .await;
        assert_eq!(fields(&answer.expect(400)), ["cursor"], "{made_up}");
    }
    for limit in ["0", "201", "-1", "x"] {
        let answer = world
            .shop_get(&format!("/api/s2s/accounts?limit={limit}"))
            .await;
        assert_eq!(answer.status, 400, "{limit}");
    }
}

#[tokio::test]
async fn a_shop_lists_its_own_accounts_alone_and_a_trader_theirs() {
    let world = world_with_accounts(1).await;
    let empty = json!({"items": [], "next_cursor": null});
    let other = world.stack.other_shop.get("/api/s2s/accounts");
    assert_eq!(world.send(other).await.expect(200), empty);
    let neighbour = world.stack.get_as(USER + 1, "/api/accounts");
    assert_eq!(world.send(neighbour).await.expect(200), empty);
    let claims = world.stack.claims(&world.stack.other_shop, USER);
    let namesake = world.stack.sign_token(&claims);
    let namesake = testkit::http::bearer(&namesake, &http::Method::GET, "/api/accounts", "");
    assert_eq!(world.send(namesake).await.expect(200), empty);
}
