//! `/api/users/{id}/kyc` and `/api/kyc`: checks of members' identities.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use garde::Validate;
use http::StatusCode;
use identity::mail::{Finding, MailMessage};
use kernel::Error;
use kernel::access::Permission;
use kernel::id::UserId;
use kernel::page::Page;
use organizations::app::kyc::{Decision, NewDocument};
use organizations::domain::kyc::{
    Applicant, ContentType, DOCUMENT_BYTES_MAX, DOCUMENTS_MAX, DocumentType, KycStatus,
    NAME_CHARS_MAX, REASON_CHARS_MAX, Verdict,
};
use platform::rate_limit::Limit;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use web::CarriesSecret;
use web::audit::Audited;
use web::caller::{Can, ManagingMembers, Reading};
use web::extract::{CurrentRequest, Json, Query, Success, success};
use web::page::{Paging, cursor};
use web::problem::ProblemBody;

use crate::App;
use crate::access::NamedMember;
use crate::kyc_answers::{KycAnswer, KycApplicationAnswer, KycSubmittedAnswer, requests};

/// Applications that one member makes a day.
const LIMIT: Limit = Limit::exact(10, 86_400);

/// Who the caller is, and the files that show it.
#[derive(Deserialize, Validate, ToSchema)]
pub(crate) struct KycBody {
    /// The name on the documents, 1 to 200 characters.
    #[garde(length(chars, min = 1, max = NAME_CHARS_MAX))]
    legal_name: String,
    /// A day in the past.
    #[garde(skip)]
    #[schema(value_type = String, format = Date)]
    date_of_birth: NaiveDate,
    /// Where the caller lives: ISO 3166-1 alpha-2.
    #[garde(length(chars, min = 2, max = 2))]
    country: String,
    /// 1 to 6 files.
    #[garde(length(min = 1, max = DOCUMENTS_MAX), dive)]
    documents: Vec<KycDocumentBody>,
}

/// A file that the caller is going to send.
#[derive(Deserialize, Validate, ToSchema)]
pub(crate) struct KycDocumentBody {
    /// What it shows.
    #[serde(rename = "type")]
    #[garde(skip)]
    document_type: DocumentType,
    /// What kind of file it is.
    #[garde(skip)]
    content_type: ContentType,
    /// Length of the file in bytes, 10 MB at most.
    #[garde(range(min = 1, max = DOCUMENT_BYTES_MAX))]
    size_bytes: u64,
    /// SHA-256 of the file, in hex.
    #[garde(custom(digest))]
    sha256: String,
}

fn digest(text: &str, (): &()) -> garde::Result {
    let is_one = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match is_one {
        true => Ok(()),
        false => Err(garde::Error::new("must be 64 digits of hex")),
    }
}

/// Applies to have one's identity checked. The files are then sent by the
/// requests of the answer, which are good for 15 minutes, and the application
/// is put forward by `/complete`. An application that still awaits documents,
/// was rejected or was revoked gives way to the new one.
#[utoipa::path(
    post,
    path = "/api/users/{id}/kyc",
    tag = "users",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The caller")),
    request_body = KycBody,
    responses(
        (status = 201, description = "The application, and how its files are sent", body = Success<KycSubmittedAnswer>),
        (status = 400, description = "Nobody could be the applicant, or a file cannot be", body = ProblemBody),
        (status = 403, description = "Another member than the caller", body = ProblemBody),
        (status = 404, description = "No such member of the organization", body = ProblemBody),
        (status = 409, description = "An application is being reviewed, or is approved", body = ProblemBody),
        (status = 429, description = "The caller has applied ten times within the day", body = ProblemBody),
    )
)]
pub(crate) async fn apply(
    State(app): State<App>,
    caller: Can<Reading>,
    NamedMember(user): NamedMember,
    CurrentRequest(id): CurrentRequest,
    Json(body): Json<KycBody>,
) -> web::Result<Response> {
    own(&app, &caller, &user).await?;
    let request = app.platform.request(&id);
    let name = format!("kyc:{}:{user}", caller.org);
    app.admit(&name, LIMIT, request.now).await?;
    let applicant = Applicant {
        legal_name: body.legal_name,
        date_of_birth: body.date_of_birth,
        country: body.country,
    };
    let documents: Vec<NewDocument> = body
        .documents
        .into_iter()
        .map(|document| NewDocument {
            document_type: document.document_type,
            content_type: document.content_type,
            size_bytes: document.size_bytes,
            sha256: document.sha256.to_ascii_lowercase(),
        })
        .collect();
    let kyc = &app.kyc;
    let application = kyc
        .apply(&caller.org, &user, &applicant, &documents, request)
        .await?;
    let audited = Audited {
        action: "kyc.applied",
        target: Some(user.to_string()),
        detail: Some(application.id.to_string()),
        ..Audited::default()
    };
    let body = success(KycSubmittedAnswer {
        uploads: requests(kyc.uploads(&application, request.now)?, "PUT"),
        application: application.into(),
    });
    let mut response = (StatusCode::CREATED, body).into_response();
    response.extensions_mut().insert(audited);
    // Whoever has the addresses can send the files.
    response.extensions_mut().insert(CarriesSecret);
    Ok(response)
}

/// Puts the caller's application before those who decide, once all its files
/// are sent.
#[utoipa::path(
    post,
    path = "/api/users/{id}/kyc/complete",
    tag = "users",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The caller")),
    responses(
        (status = 200, description = "The application, pending", body = Success<KycApplicationAnswer>),
        (status = 403, description = "Another member than the caller", body = ProblemBody),
        (status = 404, description = "No such member of the organization, or no application", body = ProblemBody),
        (status = 409, description = "A file is missing, or the application is decided", body = ProblemBody),
    )
)]
pub(crate) async fn complete(
    State(app): State<App>,
    caller: Can<Reading>,
    NamedMember(user): NamedMember,
    CurrentRequest(id): CurrentRequest,
) -> web::Result<Response> {
    own(&app, &caller, &user).await?;
    let request = app.platform.request(&id);
    let application = app.kyc.complete(&caller.org, &user, request).await?;
    let audited = Audited {
        action: "kyc.completed",
        target: Some(user.to_string()),
        detail: Some(application.id.to_string()),
        ..Audited::default()
    };
    Ok((audited, success(KycApplicationAnswer::from(application))).into_response())
}

/// An application and who the applicant says they are: the caller's own, or,
/// to those who manage members, anybody's with requests that fetch its files
/// within five minutes.
#[utoipa::path(
    get,
    path = "/api/users/{id}/kyc",
    tag = "users",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The member")),
    responses(
        (status = 200, description = "The application", body = Success<KycAnswer>),
        (status = 403, description = "Another member's, and the caller may not", body = ProblemBody),
        (status = 404, description = "No such application in the organization", body = ProblemBody),
    )
)]
pub(crate) async fn show(
    State(app): State<App>,
    caller: Can<Reading>,
    NamedMember(user): NamedMember,
) -> web::Result<Response> {
    let manages = caller.permissions.contains(&Permission::ManageMembers);
    let is_own = user == caller.user;
    if !is_own {
        member(&app, &caller, &user).await?;
        if !manages {
            return Err(Error::Forbidden("your role does not allow this").into());
        }
    }
    let (kyc, now) = (&app.kyc, app.platform.real_now());
    let application = kyc.application(&caller.org, &user, now).await?;
    let applicant = kyc.applicant(&application).await?;
    let (downloads, earlier) = match manages {
        true => {
            let is_there = application.status != KycStatus::AwaitingDocuments;
            let downloads = match is_there {
                true => kyc.downloads(&application, now)?,
                false => Vec::new(),
            };
            let store = &app.organizations.store;
            (downloads, store.kyc_past(&caller.org, &user).await?)
        }
        false => (Vec::new(), Vec::new()),
    };
    let audited = Audited {
        action: "kyc.read",
        target: Some(user.to_string()),
        detail: Some(application.id.to_string()),
        ..Audited::default()
    };
    let answer = KycAnswer {
        legal_name: applicant.legal_name,
        date_of_birth: applicant.date_of_birth,
        country: applicant.country,
        application: application.into(),
        downloads: requests(downloads, "GET"),
        earlier: earlier.into_iter().map(Into::into).collect(),
    };
    let mut response = success(answer).into_response();
    if !is_own {
        response.extensions_mut().insert(audited);
    }
    Ok(response)
}

/// What is decided about an application.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct KycDecisionBody {
    /// `revoke` takes an approval back.
    #[garde(skip)]
    decision: Verdict,
    /// Why, in words for the applicant; needed unless it is approved.
    #[garde(inner(length(chars, min = 1, max = REASON_CHARS_MAX)))]
    reason: Option<String>,
}

/// Decides about a member's application. They are told by mail that it is
/// decided; the reason they see when they have signed in.
#[utoipa::path(
    post,
    path = "/api/users/{id}/kyc/decision",
    tag = "users",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The member")),
    request_body = KycDecisionBody,
    responses(
        (status = 200, description = "The application", body = Success<KycApplicationAnswer>),
        (status = 400, description = "A reason is missing", body = ProblemBody),
        (status = 403, description = "The caller may not, or it is the caller's own", body = ProblemBody),
        (status = 404, description = "No such application in the organization", body = ProblemBody),
        (status = 409, description = "A file is missing, or its status does not allow the decision", body = ProblemBody),
    )
)]
pub(crate) async fn decide(
    State(app): State<App>,
    caller: Can<ManagingMembers>,
    NamedMember(user): NamedMember,
    CurrentRequest(id): CurrentRequest,
    Json(body): Json<KycDecisionBody>,
) -> web::Result<Response> {
    let organization = app.organizations.store.organization(&caller.org).await?;
    let organization = organization.ok_or(Error::NotFound("organization"))?;
    let request = app.platform.request(&id);
    let (finding, action) = match body.decision {
        Verdict::Approve => (Finding::Approved, "kyc.approved"),
        Verdict::Reject => (Finding::Rejected, "kyc.rejected"),
        Verdict::Revoke => (Finding::Revoked, "kyc.revoked"),
    };
    let mail = MailMessage::identity_checked(&user, &organization.name, finding, request.now);
    let decision = Decision {
        verdict: body.decision,
        reason: body.reason,
    };
    let application = app
        .kyc
        .decide(&caller.org, &caller.user, &user, &decision, &mail, request)
        .await?;
    let audited = Audited {
        action,
        target: Some(user.to_string()),
        detail: Some(application.id.to_string()),
        ..Audited::default()
    };
    Ok((audited, success(KycApplicationAnswer::from(application))).into_response())
}

/// Which applications.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ApplicationsOf {
    /// Those of this status; `pending` where left out.
    #[garde(skip)]
    status: Option<KycStatus>,
}

/// The organization's applications of a status, the oldest first: what waits
/// for a decision.
#[utoipa::path(
    get,
    path = "/api/kyc",
    tag = "users",
    security(("jwt" = [])),
    params(ApplicationsOf, Paging),
    responses(
        (status = 200, description = "A page of applications", body = Success<Page<KycApplicationAnswer>>),
        (status = 400, description = "No such status", body = ProblemBody),
        (status = 403, description = "The caller may not", body = ProblemBody),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Can<ManagingMembers>,
    Query(of): Query<ApplicationsOf>,
    Query(paging): Query<Paging>,
) -> web::Result<Response> {
    let status = of.status.unwrap_or(KycStatus::Pending);
    let query = format!("{} kyc of {}", status.as_str(), caller.org);
    let after = paging.position(&query)?;
    let store = &app.organizations.store;
    let (applications, next) = store
        .kyc_with(&caller.org, status, paging.limit().get(), after)
        .await?;
    let now = app.platform.real_now();
    let audited = Audited {
        action: "kyc.listed",
        detail: Some(status.as_str().to_owned()),
        ..Audited::default()
    };
    let page = Page {
        items: applications
            .into_iter()
            .filter(|application| application.is_kept(now))
            .map(KycApplicationAnswer::from)
            .collect(),
        next_cursor: next.map(|position| cursor(&position, &query)),
    };
    Ok((audited, success(page)).into_response())
}

/// Lets only the member themselves go on.
async fn own(app: &App, caller: &Can<Reading>, user: &UserId) -> web::Result<()> {
    if *user == caller.user {
        return Ok(());
    }
    member(app, caller, user).await?;
    Err(Error::Forbidden("only the member themselves can do this").into())
}

async fn member(app: &App, caller: &Can<Reading>, user: &UserId) -> web::Result<()> {
    let member = app.organizations.store.member(&caller.org, user).await?;
    member.map(drop).ok_or(Error::NotFound("member").into())
}
