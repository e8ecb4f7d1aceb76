//! `GET /api/admin/users`, `GET /api/admin/users/{id}`

use axum::extract::State;
use axum::response::Response;
use garde::Validate;
use identity::model::{Person, PersonStatus};
use kernel::Error;
use kernel::access::Tier;
use kernel::id::UserId;
use kernel::page::Page;
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::audit::Audited;
use web::caller::PlatformAdmin;
use web::extract::{Path, Query, Success};
use web::page::{Paging, cursor};
use web::problem::ProblemBody;

use crate::App;
use crate::state::recorded;

/// A person, as those who run the platform see them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserAnswer {
    id: UserId,
    email: String,
    username: Option<String>,
    name: Option<String>,
    status: PersonStatus,
    tier: Tier,
    /// Whether they run the platform.
    platform_admin: bool,
    /// Whether sign-in asks for a code.
    second_factor: bool,
    /// Passkeys they have.
    passkeys: u32,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    verified_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    password_changed_at: Timestamp,
}

impl From<Person> for UserAnswer {
    fn from(person: Person) -> Self {
        Self {
            id: person.id,
            email: person.email,
            username: person.username,
            name: person.name,
            status: person.status,
            tier: person.tier,
            platform_admin: person.platform_admin,
            second_factor: person.has_totp,
            passkeys: person.passkey_count,
            created_at: person.created_at,
            verified_at: person.verified_at,
            password_changed_at: person.password_changed_at,
        }
    }
}

/// Whom to look for.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Search {
    /// A person's id, or how their address begins; everybody where left out.
    #[garde(inner(length(chars, max = 254)))]
    search: Option<String>,
}

/// People by address.
#[utoipa::path(
    get,
    path = "/api/admin/users",
    tag = "admin",
    security(("jwt" = [])),
    params(Search, Paging),
    responses(
        (status = 200, description = "A page of people", body = Success<Page<UserAnswer>>),
        (status = 403, description = "Only for platform admins", body = ProblemBody),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    _: PlatformAdmin,
    Query(search): Query<Search>,
    Query(paging): Query<Paging>,
) -> web::Result<Response> {
    let text = search.search.unwrap_or_default().trim().to_lowercase();
    let page = match text.parse::<UserId>() {
        Ok(id) => Page {
            items: app.people.person(&id).await?.into_iter().collect(),
            next_cursor: None,
        },
        Err(_) => by_address(&app, &text, &paging).await?,
    };
    let audited = Audited {
        action: "people.searched",
        detail: (!text.is_empty()).then_some(text),
        ..Audited::default()
    };
    let page = Page {
        items: page.items.into_iter().map(UserAnswer::from).collect(),
        next_cursor: page.next_cursor,
    };
    Ok(recorded(page, audited))
}

async fn by_address(app: &App, prefix: &str, paging: &Paging) -> web::Result<Page<Person>> {
    let query = format!("people {prefix}");
    let after = paging.position(&query)?;
    let (users, next) = app
        .people
        .directory(prefix, paging.limit().get(), after)
        .await?;
    let mut people = app.people.people(&users).await?;
    people.sort_by(|one, other| one.email.cmp(&other.email));
    Ok(Page {
        items: people,
        next_cursor: next.map(|position| cursor(&position, &query)),
    })
}

/// One person.
#[utoipa::path(
    get,
    path = "/api/admin/users/{id}",
    tag = "admin",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The person")),
    responses(
        (status = 200, description = "The person", body = Success<UserAnswer>),
        (status = 403, description = "Only for platform admins", body = ProblemBody),
        (status = 404, description = "No such person", body = ProblemBody),
    )
)]
pub(crate) async fn show(
    State(app): State<App>,
    _: PlatformAdmin,
    Path(id): Path<UserId>,
) -> web::Result<Response> {
    let person = app.people.person(&id).await?;
    let person = person.ok_or(Error::NotFound("person"))?;
    let audited = Audited {
        action: "person.read",
        target: Some(id.to_string()),
        ..Audited::default()
    };
    Ok(recorded(UserAnswer::from(person), audited))
}
