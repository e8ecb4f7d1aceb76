//! Checks of identities: a member applies and sends documents, and somebody
//! else decides.

mod apply;
mod decide;

pub use apply::NewDocument;
pub use decide::Decision;

use chrono::TimeDelta;
use kernel::id::{KycDocumentId, KycId, OrganizationId, UserId};
use kernel::time::Timestamp;
use kernel::{Error, Result};
use platform::dynamo::Transaction;
use platform::keys::Vault;
use platform::objects::{Bucket, SignedRequest, Upload};
use secrecy::{ExposeSecret, SecretString};

use super::Organizations;
use crate::domain::kyc::Applicant;
use crate::model::{KycApplication, KycDocument};
use crate::store::KYC;
use platform::race::Failure;

/// How long a document can be sent.
const UPLOAD_FOR: TimeDelta = TimeDelta::minutes(15);
/// How long a document can be looked at.
const DOWNLOAD_FOR: TimeDelta = TimeDelta::minutes(5);

/// The uses of checks, over the organizations' store and the bucket.
#[derive(Clone, Debug)]
pub struct Kyc {
    /// Who belongs to what.
    pub organizations: Organizations,
    /// Seals who applicants are.
    pub vault: Vault,
    /// Where documents are.
    pub bucket: Bucket,
    /// How long an application is kept, and counts.
    pub kept_for: TimeDelta,
}

/// A document with the request that sends or fetches it.
#[derive(Clone, Debug)]
pub struct DocumentRequest {
    /// The document.
    pub document: KycDocumentId,
    /// The request.
    pub request: SignedRequest,
}

impl Kyc {
    /// The application of a member that counts at a moment.
    ///
    /// # Errors
    /// `NotFound` where there is none.
    pub async fn application(
        &self,
        org: &OrganizationId,
        user: &UserId,
        now: Timestamp,
    ) -> Result<KycApplication> {
        let application = self.organizations.store.kyc(org, user).await?;
        application
            .filter(|application| application.is_kept(now))
            .ok_or(Error::NotFound("application"))
    }

    /// Who the applicant says they are.
    ///
    /// # Errors
    /// Where the master keys cannot be had.
    pub async fn applicant(&self, application: &KycApplication) -> Result<Applicant> {
        let identity = applicant_identity(
            &application.organization,
            &application.user,
            &application.id,
        );
        let text = self
            .vault
            .open(&application.sealed_applicant, &identity)
            .await?;
        serde_json::from_str(text.expose_secret()).map_err(Error::internal)
    }

    /// Requests that send the documents of an application.
    ///
    /// # Errors
    /// Where an address cannot be signed.
    pub fn uploads(
        &self,
        application: &KycApplication,
        now: Timestamp,
    ) -> Result<Vec<DocumentRequest>> {
        self.requests(application, |key, document| {
            let sha256 = hex::decode(&document.sha256).map_err(Error::internal)?;
            let upload = Upload {
                content_type: document.content_type.as_str(),
                size_bytes: document.size_bytes,
                sha256: Some(&sha256),
            };
            Ok(self.bucket.upload(key, upload, now, UPLOAD_FOR)?)
        })
    }

    /// Requests that fetch the documents of an application.
    ///
    /// # Errors
    /// Where an address cannot be signed.
    pub fn downloads(
        &self,
        application: &KycApplication,
        now: Timestamp,
    ) -> Result<Vec<DocumentRequest>> {
        self.requests(application, |key, _| {
            Ok(self.bucket.download(key, now, DOWNLOAD_FOR)?)
        })
    }

    fn requests(
        &self,
        application: &KycApplication,
        sign: impl Fn(&str, &KycDocument) -> Result<SignedRequest>,
    ) -> Result<Vec<DocumentRequest>> {
        application
            .documents
            .iter()
            .map(|document| {
                let key = object_key(application, document);
                Ok(DocumentRequest {
                    document: document.id.clone(),
                    request: sign(&key, document)?,
                })
            })
            .collect()
    }

    /// Looks whether all documents are there.
    async fn check_documents(&self, application: &KycApplication, now: Timestamp) -> Result<()> {
        let mut missing = Vec::new();
        for document in &application.documents {
            let key = object_key(application, document);
            if !self.bucket.has(&key, now).await? {
                missing.push(document.id.as_str());
            }
        }
        match missing.is_empty() {
            true => Ok(()),
            false => Err(Error::Conflict(format!(
                "documents of the application are missing: {}",
                missing.join(", ")
            ))),
        }
    }

    async fn seal(
        &self,
        applicant: &Applicant,
        org: &OrganizationId,
        user: &UserId,
        id: &KycId,
    ) -> Result<String> {
        let text = serde_json::to_string(applicant).map_err(Error::internal)?;
        let identity = applicant_identity(org, user, id);
        self.vault.seal(&SecretString::from(text), &identity).await
    }
}

/// What an applicant is sealed for.
#[must_use]
pub fn applicant_identity(org: &OrganizationId, user: &UserId, id: &KycId) -> String {
    format!("kyc:{org}:{user}:{id}")
}

/// Where a document's file is in the bucket: the tenant first.
fn object_key(application: &KycApplication, document: &KycDocument) -> String {
    let (org, user) = (&application.organization, &application.user);
    format!("kyc/{org}/{user}/{}", document.id)
}

async fn commit(transaction: Transaction) -> Result<(), Failure> {
    match transaction.commit().await {
        Ok(()) => Ok(()),
        Err(error) if error.refused(KYC) => Err(Failure::raced()),
        Err(error) if error.refused("organization") => Err(Error::NotFound("organization").into()),
        Err(error) => Err(error.into()),
    }
}
