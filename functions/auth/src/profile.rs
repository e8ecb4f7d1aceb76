//! `GET /api/v1/user/me`, `PATCH /api/v1/user/me`

use axum::extract::State;
use axum::response::Response;
use garde::Validate;
use identity::app::join::LINKS_MAX;
use identity::app::profile::{Changes, update as change};
use identity::domain::username;
use identity::model::Person;
use kernel::Error;
use kernel::access::Tier;
use kernel::id::{OrganizationId, UserId};
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::caller::SignedIn;
use web::extract::{IfMatch, Json, tagged};
use web::problem::ProblemBody;

use crate::App;
use crate::fields::{change_called, change_username, changed};
use crate::links::LinkAnswer;

/// A person, as they see themselves.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProfileAnswer {
    id: UserId,
    email: String,
    /// A name to sign in with, instead of the address.
    username: Option<String>,
    name: Option<String>,
    tier: Tier,
    platform_admin: bool,
    /// Whether sign-in asks for a code.
    second_factor: bool,
    passkeys: u32,
    /// The organization that the token is for; `null` in the personal tenant.
    organization_id: Option<OrganizationId>,
    /// Role there.
    role: String,
    /// The WordPress users that they are.
    links: Vec<LinkAnswer>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    password_changed_at: Timestamp,
    /// For `If-Match`.
    revision: u64,
}

impl ProfileAnswer {
    /// The caller's own.
    pub(crate) async fn of(app: &App, caller: &SignedIn, person: Person) -> web::Result<Self> {
        let links = app.identity.store.links(&person.id, LINKS_MAX).await?;
        Ok(Self {
            second_factor: person.asks_for_code(),
            id: person.id,
            email: person.email,
            username: person.username,
            name: person.name,
            tier: person.tier,
            platform_admin: person.platform_admin,
            passkeys: person.passkey_count,
            organization_id: caller.org.clone(),
            role: caller.role.clone(),
            links: links.into_iter().map(LinkAnswer::of).collect(),
            created_at: person.created_at,
            password_changed_at: person.password_changed_at,
            revision: person.revision,
        })
    }

    fn tagged(self) -> Response {
        tagged(self.revision, Json(self))
    }
}

/// The person that the caller is.
pub(crate) async fn own(app: &App, caller: &SignedIn) -> web::Result<Person> {
    let person = app.identity.store.person(&caller.user).await?;
    Ok(person.ok_or(Error::Unauthenticated)?)
}

/// The caller's profile.
#[utoipa::path(
    get,
    path = "/api/v1/user/me",
    tag = "user",
    security(("jwt" = [])),
    responses(
        (status = 200, description = "The profile, its revision as ETag", body = ProfileAnswer),
        (status = 401, description = "Nobody is signed in", body = ProblemBody),
    )
)]
pub(crate) async fn show(State(app): State<App>, caller: SignedIn) -> web::Result<Response> {
    let person = own(&app, &caller).await?;
    Ok(ProfileAnswer::of(&app, &caller, person).await?.tagged())
}

/// Changes of a profile: absent fields stay, `null` takes one away.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct ProfileBody {
    #[garde(custom(change_called))]
    #[serde(default, deserialize_with = "changed")]
    #[schema(value_type = Option<String>)]
    name: Option<Option<String>>,
    /// Three to thirty-two of `a-z 0-9 . _ -`, the first a letter.
    #[garde(custom(change_username))]
    #[serde(default, deserialize_with = "changed")]
    #[schema(value_type = Option<String>)]
    username: Option<Option<String>>,
}

/// Changes the caller's profile.
#[utoipa::path(
    patch,
    path = "/api/v1/user/me",
    tag = "user",
    security(("jwt" = [])),
    params(("If-Match" = Option<String>, Header, description = "The revision that is to be changed")),
    request_body = ProfileBody,
    responses(
        (status = 200, description = "The profile as it is now", body = ProfileAnswer),
        (status = 400, description = "The body is not valid", body = ProblemBody),
        (status = 409, description = "The user name is taken", body = ProblemBody),
        (status = 412, description = "The profile has changed", body = ProblemBody),
    )
)]
pub(crate) async fn update(
    State(app): State<App>,
    caller: SignedIn,
    IfMatch(wanted): IfMatch,
    Json(body): Json<ProfileBody>,
) -> web::Result<Response> {
    let called = |name: String| name.trim().to_owned();
    let changes = Changes {
        name: body.name.map(|name| name.map(called)),
        username: body
            .username
            .map(|name| name.and_then(|text| username::normalize(&text))),
    };
    let person = change(&app.identity.store, &caller.user, changes, wanted).await?;
    Ok(ProfileAnswer::of(&app, &caller, person).await?.tagged())
}
