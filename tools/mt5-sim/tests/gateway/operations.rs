//! Balance operations of every kind, and credit.

use crate::support::started;

/// Kinds, and the gateway's names of them.
const KINDS: [(&str, &str); 16] = [
    ("balance", "DEAL_TYPE_BALANCE"),
    ("credit", "DEAL_TYPE_CREDIT"),
    ("charge", "DEAL_TYPE_CHARGE"),
    ("correction", "DEAL_TYPE_CORRECTION"),
    ("bonus", "DEAL_TYPE_BONUS"),
    ("commission", "DEAL_TYPE_COMMISSION"),
    ("commission_daily", "DEAL_TYPE_COMMISSION_DAILY"),
    ("commission_monthly", "DEAL_TYPE_COMMISSION_MONTHLY"),
    ("commission_agent_daily", "DEAL_TYPE_COMMISSION_AGENT_DAILY"),
    (
        "commission_agent_monthly",
        "DEAL_TYPE_COMMISSION_AGENT_MONTHLY",
    ),
    ("interest", "DEAL_TYPE_INTEREST"),
    ("dividend", "DEAL_DIVIDEND"),
    ("dividend_franked", "DEAL_DIVIDEND_FRANKED"),
    ("tax", "DEAL_TAX"),
    ("so_compensation", "DEAL_TYPE_SO_COMPENSATION"),
    ("so_compensation_credit", "DEAL_TYPE_SO_COMPENSATION_CREDIT"),
];

#[tokio::test]
async fn every_kind_has_its_name_and_place() {
    let (gateway, _, id) = started(r#"{"do":{"deposit":{"amount":1000}}}"#).await;
    let steps: Vec<String> = KINDS
        .iter()
        .map(|(kind, _)| {
            format!(
                r#"{{"do":{{"operation":{{"kind":"{kind}","amount":-1.5,"comment":"{kind} x"}}}}}}"#
            )
        })
        .collect();
    gateway.steps(&steps.join(",")).await;
    let deals = gateway.deals(&id).await;
    for ((kind, name), deal) in KINDS.iter().zip(&deals[1..]) {
        assert_eq!(deal["type"], *name);
        assert_eq!(deal["profit"].to_string(), "-1.5");
        assert_eq!(deal["comment"], format!("{kind} x"));
    }
    let information = gateway.information(&id).await;
    // Two of the sixteen move the credit.
    assert_eq!(information.text_of("/balance"), "979");
    assert_eq!(information.text_of("/credit"), "-3");
    assert_eq!(information.text_of("/equity"), "976");
}

#[tokio::test]
async fn other_spellings_are_written_as_given() {
    let (gateway, _, id) = started(
        r#"{"do":{"operation":{"kind":"dividend","amount":3,"type":"DEAL_TYPE_DIVIDEND"}}},
           {"do":{"operation":{"kind":"so_compensation","amount":37.2,"type":"DEAL_SO_COMPENSATION"}}},
           {"do":{"operation":{"kind":"charge","amount":-1,"type":"DEAL_TYPE_OF_TOMORROW"}}}"#,
    )
    .await;
    let types: Vec<String> = gateway
        .deals(&id)
        .await
        .iter()
        .map(|deal| deal["type"].as_str().expect("a type").to_owned())
        .collect();
    assert_eq!(
        types,
        [
            "DEAL_TYPE_DIVIDEND",
            "DEAL_SO_COMPENSATION",
            "DEAL_TYPE_OF_TOMORROW"
        ]
    );
    assert_eq!(gateway.information(&id).await.text_of("/balance"), "39.2");
}

#[tokio::test]
async fn stop_out_compensation_lifts_balance_to_zero() {
    let (gateway, _, id) = started(
        r#"{"do":{"deposit":{"amount":100000}}},
           {"do":{"open":{"position":"a","symbol":"EURUSD","side":"buy","volume":10,"price":1.1}}},
           {"do":{"close":{"position":"a","profit":-100037.2,"reason":"so"}}},
           {"do":{"operation":{"kind":"so_compensation","amount":37.2}}}"#,
    )
    .await;
    assert_eq!(gateway.information(&id).await.text_of("/balance"), "0");
    let deals = gateway.deals(&id).await;
    assert_eq!(deals[2]["reason"], "DEAL_REASON_SO");
    assert_eq!(deals[3]["type"], "DEAL_TYPE_SO_COMPENSATION");
}
