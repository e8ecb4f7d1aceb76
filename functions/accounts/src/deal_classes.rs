//! `/api/s2s/deal-classes`, `PUT /api/s2s/accounts/{id}/deals/{deal}/class`

use accounts::domain::deal::{DealClass, DealKind};
use accounts::domain::deal_class::{CommentMatch, DealClassRule, DealClassRules, RULES_MAX};
use accounts::store::DealClassTable;
use axum::extract::State;
use axum::response::Response;
use garde::Validate;
use kernel::{Error, FieldError};
use platform::dynamo::CommitError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::caller::ShopCaller;
use web::extract::{CurrentRequest, IfMatch, Json, Path, tagged};
use web::problem::ProblemBody;

use crate::App;
use crate::access::NamedAccount;
use crate::challenge::administration;

/// Times that a write without `If-Match` that came second is tried again.
const ATTEMPTS_MAX: u32 = 5;

/// A rule of the table.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClassRule {
    /// The kinds of deal that it looks at, such as `balance` or `charge`.
    #[garde(length(min = 1, max = 15))]
    #[schema(value_type = Vec<String>)]
    kinds: Vec<DealKind>,
    /// How the text is compared with the comment, case ignored.
    #[garde(skip)]
    #[serde(rename = "match")]
    comparison: CommentMatch,
    #[garde(length(chars, min = 1, max = 64))]
    text: String,
    /// What such a deal counts as.
    #[garde(skip)]
    class: DealClass,
}

/// The whole table; the first rule that fits counts.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClassTableBody {
    #[garde(length(max = RULES_MAX), dive)]
    rules: Vec<ClassRule>,
}

/// The table with its version.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClassTableAnswer {
    /// From 1; 0 where the shop has no table.
    version: u64,
    rules: Vec<ClassRule>,
}

impl ClassTableAnswer {
    fn of(table: DealClassTable) -> Self {
        let rules = table.rules.0.into_iter();
        Self {
            version: table.version,
            rules: rules
                .map(|rule| ClassRule {
                    kinds: rule.kinds,
                    comparison: rule.comparison,
                    text: rule.text,
                    class: rule.class,
                })
                .collect(),
        }
    }
}

/// Returns the table by which the shop classifies deals other than trades.
#[utoipa::path(
    get,
    path = "/api/s2s/deal-classes",
    tag = "plans",
    security(("hmac" = [])),
    responses((status = 200, description = "The table", body = ClassTableAnswer))
)]
pub(crate) async fn show(State(app): State<App>, caller: ShopCaller) -> web::Result<Response> {
    let table = app.store.deal_classes(&caller.shop).await?;
    Ok(tagged(table.version, Json(ClassTableAnswer::of(table))))
}

/// Replaces the table. It counts for deals that arrive from now on.
#[utoipa::path(
    put,
    path = "/api/s2s/deal-classes",
    tag = "plans",
    security(("hmac" = [])),
    params(("If-Match" = Option<String>, Header, description = "The version to replace")),
    request_body = ClassTableBody,
    responses(
        (status = 200, description = "The table with its version", body = ClassTableAnswer),
        (status = 400, description = "The table is not valid", body = ProblemBody),
        (status = 412, description = "The table has changed", body = ProblemBody),
    )
)]
pub(crate) async fn put(
    State(app): State<App>,
    caller: ShopCaller,
    IfMatch(wanted): IfMatch,
    Json(body): Json<ClassTableBody>,
) -> web::Result<Response> {
    let rules = checked(body)?;
    for _ in 0..ATTEMPTS_MAX {
        let before = app.store.deal_classes(&caller.shop).await?.version;
        if wanted.is_some_and(|wanted| wanted != before) {
            return Err(Error::StaleVersion.into());
        }
        let table = DealClassTable {
            version: before + 1,
            rules: rules.clone(),
        };
        match app
            .store
            .put_deal_classes(&caller.shop, before, &table)
            .await
        {
            Ok(()) => return Ok(tagged(table.version, Json(ClassTableAnswer::of(table)))),
            Err(CommitError::Refused(_)) => {}
            Err(CommitError::Store(error)) => return Err(error.into()),
        }
    }
    Err(Error::Conflict("the table is being written by another request".to_owned()).into())
}

/// Refuses rules for purchases, sales and credit: their class never changes.
fn checked(body: ClassTableBody) -> kernel::Result<DealClassRules> {
    let mut faults = Vec::new();
    for (index, rule) in body.rules.iter().enumerate() {
        let is_fixed = |kind: &DealKind| kind.is_trade() || *kind == DealKind::Credit;
        if rule.kinds.iter().any(is_fixed) {
            let field = format!("rules[{index}].kinds");
            faults.push(FieldError::new(
                field,
                "must not contain buy, sell or credit",
            ));
        }
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let rules = body.rules.into_iter();
    Ok(DealClassRules(
        rules
            .map(|rule| DealClassRule {
                kinds: rule.kinds,
                comparison: rule.comparison,
                text: rule.text,
                class: rule.class,
            })
            .collect(),
    ))
}

/// A new class for a deal.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct ClassBody {
    #[garde(custom(settable))]
    class: DealClass,
    #[garde(length(chars, min = 3, max = 500))]
    reason: String,
}

fn settable(class: &DealClass, _: &()) -> garde::Result {
    if *class == DealClass::Credit {
        return Err(garde::Error::new("must be trading, adjustment or payout"));
    }
    Ok(())
}

/// The class of a deal, and the one before.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClassAnswer {
    deal: String,
    class: DealClass,
    class_before: DealClass,
}

/// The part of a path that names the deal.
#[derive(Debug, Deserialize)]
pub(crate) struct DealPath {
    deal: String,
}

/// Changes the class of a deal of the running challenge: references, gain and
/// days move as if it had been so on arrival. Nothing fires by itself.
#[utoipa::path(
    put,
    path = "/api/s2s/accounts/{id}/deals/{deal}/class",
    tag = "challenges",
    security(("hmac" = [])),
    params(
        ("id" = String, Path, description = "The account"),
        ("deal" = String, Path, description = "The deal"),
    ),
    request_body = ClassBody,
    responses(
        (status = 200, description = "The class, and the one before", body = ClassAnswer),
        (status = 404, description = "No such deal of the running challenge", body = ProblemBody),
        (status = 409, description = "The deal is a purchase, a sale or credit", body = ProblemBody),
    )
)]
pub(crate) async fn set(
    State(app): State<App>,
    account: NamedAccount,
    Path(path): Path<DealPath>,
    CurrentRequest(request_id): CurrentRequest,
    Json(body): Json<ClassBody>,
) -> web::Result<Json<ClassAnswer>> {
    let class_before = administration(&app, &account, &request_id)
        .classify(&path.deal, body.class, &body.reason)
        .await?;
    Ok(Json(ClassAnswer {
        deal: path.deal,
        class: body.class,
        class_before,
    }))
}
