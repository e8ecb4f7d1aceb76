//! `GET /api/signals`.

use serde_json::json;

use crate::desk::{Desk, faults, gold, id_of, ids};

#[tokio::test]
async fn lists_are_narrowed_and_paged_newest_first() {
    let desk = Desk::open().await;
    let mut made = Vec::new();
    for index in 0..7 {
        let symbol = if index % 2 == 0 { "XAUUSD" } else { "XAGUSD" };
        let body =
            json!({"symbol": symbol, "direction": "buy", "provider": format!("p{}", index % 3)});
        made.push(desk.signal(&body).await);
    }
    let id = |index: usize| id_of(&made[index]);
    let all = desk.get("/api/signals").await.expect(200);
    let newest_first: Vec<_> = (0..7).rev().map(id).collect();
    let listed = ids(&all);
    // Two of one millisecond have no order between them.
    assert_eq!(listed.len(), 7);
    assert!(newest_first.iter().all(|id| listed.contains(id)));
    let gold = desk.get("/api/signals?symbol=gold").await.expect(200);
    assert_eq!(gold["items"].as_array().map(Vec::len), Some(4));
    let of_one = desk
        .get("/api/signals?provider=p1&symbol=XAGUSD")
        .await
        .expect(200);
    assert_eq!(ids(&of_one), [id(1)]);
    let none = desk.get("/api/signals?status=held").await.expect(200);
    assert_eq!((ids(&none).len(), none["next_cursor"].is_null()), (0, true));
    assert!(ids(&desk.get("/api/signals?direction=sell").await.expect(200)).is_empty());

    let (mut seen, mut cursor) = (Vec::new(), String::new());
    for _ in 0..9 {
        let path = format!("/api/signals?symbol=XAUUSD&limit=1{cursor}");
        let page = desk.get(&path).await.expect(200);
        seen.extend(ids(&page));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, ids(&gold));
    let foreign = desk.get(&format!("/api/signals?limit=1{cursor}")).await;
    assert_eq!(faults(foreign), ["cursor"]);
}

#[tokio::test]
async fn a_span_of_time_holds_what_was_made_in_it() {
    let desk = Desk::open().await;
    let made = desk.signal(&gold()).await;
    let at = made["created_at"].as_str().expect("a time");
    let whole = desk
        .get(&format!("/api/signals?from={at}&to={at}"))
        .await
        .expect(200);
    assert_eq!(ids(&whole), [id_of(&made)]);
    for span in [
        "from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z",
        "from=2999-01-01T00:00:00Z",
        "from=2020-01-02T00:00:00Z&to=2020-01-01T00:00:00Z",
    ] {
        let page = desk.get(&format!("/api/signals?{span}")).await.expect(200);
        assert!(ids(&page).is_empty(), "{span}");
    }
    assert_eq!(desk.get("/api/signals?from=yesterday").await.status, 400);
}
