//! What is answered about checks of identities.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use kernel::id::{KycDocumentId, KycId, UserId};
use kernel::time::Timestamp;
use organizations::app::kyc::DocumentRequest;
use organizations::domain::kyc::{ContentType, DocumentType, KycStatus};
use organizations::{KycApplication, KycDecision, KycDocument};
use secrecy::ExposeSecret;
use serde::Serialize;
use utoipa::ToSchema;

/// An application, without who the applicant says they are.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KycApplicationAnswer {
    id: KycId,
    user_id: UserId,
    status: KycStatus,
    documents: Vec<KycDocumentAnswer>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Since when all its files are there.
    #[schema(value_type = Option<String>, format = DateTime)]
    submitted_at: Option<Timestamp>,
    decision: Option<KycDecisionAnswer>,
    /// Until when it counts.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// A file of an application.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KycDocumentAnswer {
    id: KycDocumentId,
    #[serde(rename = "type")]
    document_type: DocumentType,
    content_type: ContentType,
    size_bytes: u64,
    /// SHA-256 of the file, in hex.
    sha256: String,
}

/// What was decided last.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KycDecisionAnswer {
    by: UserId,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    reason: Option<String>,
}

impl From<KycApplication> for KycApplicationAnswer {
    fn from(application: KycApplication) -> Self {
        Self {
            id: application.id,
            user_id: application.user,
            status: application.status,
            documents: application.documents.into_iter().map(Into::into).collect(),
            created_at: application.created_at,
            submitted_at: application.submitted_at,
            decision: application.decision.map(Into::into),
            expires_at: application.kept_until,
        }
    }
}

impl From<KycDocument> for KycDocumentAnswer {
    fn from(document: KycDocument) -> Self {
        Self {
            id: document.id,
            document_type: document.document_type,
            content_type: document.content_type,
            size_bytes: document.size_bytes,
            sha256: document.sha256,
        }
    }
}

impl From<KycDecision> for KycDecisionAnswer {
    fn from(decision: KycDecision) -> Self {
        Self {
            by: decision.by,
            at: decision.at,
            reason: decision.reason,
        }
    }
}

/// A request to S3 for one file, which needs no token: its address is signed.
#[derive(Serialize, ToSchema)]
pub(crate) struct KycFileRequest {
    document_id: KycDocumentId,
    method: &'static str,
    url: String,
    /// To be sent as they are; HTTP clients send the length by themselves.
    headers: BTreeMap<&'static str, String>,
    /// Until when it is accepted.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

pub(crate) fn requests(
    requests: Vec<DocumentRequest>,
    method: &'static str,
) -> Vec<KycFileRequest> {
    requests
        .into_iter()
        .map(|DocumentRequest { document, request }| KycFileRequest {
            document_id: document,
            method,
            url: request.url.expose_secret().to_owned(),
            headers: request.headers.into_iter().collect(),
            expires_at: request.expires_at,
        })
        .collect()
}

/// A new application, and how its files are sent.
#[derive(Serialize, ToSchema)]
pub(crate) struct KycSubmittedAnswer {
    pub(crate) application: KycApplicationAnswer,
    pub(crate) uploads: Vec<KycFileRequest>,
}

/// An application with all that belongs to it.
#[derive(Serialize, ToSchema)]
pub(crate) struct KycAnswer {
    pub(crate) application: KycApplicationAnswer,
    /// The name on the documents.
    pub(crate) legal_name: String,
    #[schema(value_type = String, format = Date)]
    pub(crate) date_of_birth: NaiveDate,
    /// Where the applicant lives: ISO 3166-1 alpha-2.
    pub(crate) country: String,
    /// How its files are fetched; empty to whoever does not manage members.
    pub(crate) downloads: Vec<KycFileRequest>,
    /// Decided applications that gave way to this one, the newest first;
    /// empty to whoever does not manage members.
    pub(crate) earlier: Vec<KycApplicationAnswer>,
}
