//! `POST /api/v1/user/links`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use garde::Validate;
use identity::app::join::join;
use identity::model::Link;
use kernel::Error;
use kernel::id::{ShopId, WpUser};
use kernel::time::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::audit::Audited;
use web::caller::{SCOPE_ACCOUNTS, SignedIn};
use web::extract::{Json, created};
use web::problem::ProblemBody;

use crate::App;
use crate::fields::is_token;

/// Age of a WordPress user's token that still shows that they are there, in
/// seconds.
const TOKEN_AGE_S_MAX: i64 = 300;

/// A WordPress user's token.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct LinkBody {
    /// An access token that the shop exchanged for the user less than five
    /// minutes ago.
    #[garde(custom(is_token))]
    #[schema(value_type = String)]
    token: SecretString,
}

/// A WordPress user who is a person here.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LinkAnswer {
    shop_id: ShopId,
    wp_user_id: u64,
    #[schema(value_type = String, format = DateTime)]
    linked_at: Timestamp,
}

impl LinkAnswer {
    pub(crate) fn of(link: Link) -> Self {
        Self {
            shop_id: link.shop,
            wp_user_id: link.wp_user_id,
            linked_at: link.linked_at,
        }
    }
}

/// Joins the caller with the WordPress user that they are in a shop. Both must
/// show who they are: the caller by being signed in, the WordPress user by a
/// fresh token.
#[utoipa::path(
    post,
    path = "/api/v1/user/links",
    tag = "user",
    security(("jwt" = [])),
    request_body = LinkBody,
    responses(
        (status = 201, description = "They are joined", body = LinkAnswer),
        (status = 400, description = "The token is not good", body = ProblemBody),
        (status = 409, description = "Either is joined with somebody else", body = ProblemBody),
    )
)]
pub(crate) async fn create(
    State(app): State<App>,
    caller: SignedIn,
    Json(body): Json<LinkBody>,
) -> web::Result<Response> {
    let user = proven(&app, &body.token).await?;
    let store = &app.identity.store;
    let link = join(store, &caller.user, &user, app.now()).await?;
    let audited = Audited {
        action: "person.joined",
        target: Some(user.to_string()),
        ..Audited::default()
    };
    Ok((audited, created(LinkAnswer::of(link))).into_response())
}

/// The WordPress user whom a token shows to be there now.
async fn proven(app: &App, token: &SecretString) -> Result<WpUser, Error> {
    let refused = || Error::field("token", "is no fresh token of a user of a shop");
    let now = app.now();
    let verifier = app.platform.verifier();
    let verified = verifier.verify(token.expose_secret(), now).await;
    let claims = verified.map_err(|error| match Error::from(error) {
        Error::Unauthenticated => refused(),
        fault => fault,
    })?;
    let age_s = now.timestamp() - claims.iat;
    let is_good = claims.scope == SCOPE_ACCOUNTS
        && age_s <= TOKEN_AGE_S_MAX
        && !app.platform.restrictions().refuses(&claims, now);
    let user: WpUser = claims.sub.parse().map_err(|_| refused())?;
    (is_good && user.shop.as_str() == claims.org)
        .then_some(user)
        .ok_or_else(refused)
}
