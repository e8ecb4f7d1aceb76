//! Applying, and saying that all documents are sent.

use kernel::id::{KycDocumentId, KycId, OrganizationId, UserId};
use kernel::{Error, Result};
use platform::dynamo::Transaction;
use platform::race::{Failure, until_undisturbed};

use super::super::Request;
use super::{Kyc, commit};
use crate::domain::kyc::{Applicant, ContentType, DocumentType, KycStatus};
use crate::model::{KycApplication, KycDocument, Status};

/// A document that a member is going to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDocument {
    /// What it shows.
    pub document_type: DocumentType,
    /// What kind of file it is.
    pub content_type: ContentType,
    /// Length of the file in bytes.
    pub size_bytes: u64,
    /// SHA-256 of the file, in lower-case hex.
    pub sha256: String,
}

impl Kyc {
    /// Makes an application, in the place of one that leads nowhere else.
    ///
    /// # Errors
    /// `NotFound` where the person is no active member, `Invalid` where nobody
    /// could be the applicant, `Conflict` where an application is reviewed or
    /// approved.
    pub async fn apply(
        &self,
        org: &OrganizationId,
        user: &UserId,
        applicant: &Applicant,
        documents: &[NewDocument],
        request: Request<'_>,
    ) -> Result<KycApplication> {
        let now = request.now;
        applicant.check(now.date_naive())?;
        let member = self.organizations.store.member(org, user).await?;
        if member.is_none_or(|member| member.status != Status::Active) {
            return Err(Error::NotFound("member"));
        }
        let id = KycId::generate(now);
        let sealed_applicant = self.seal(applicant, org, user, &id).await?;
        let documents = documents.iter().map(|document| KycDocument {
            id: KycDocumentId::generate(now),
            document_type: document.document_type,
            content_type: document.content_type,
            size_bytes: document.size_bytes,
            sha256: document.sha256.clone(),
        });
        let fresh = KycApplication {
            id,
            organization: org.clone(),
            user: user.clone(),
            status: KycStatus::AwaitingDocuments,
            revision: 1,
            sealed_applicant,
            documents: documents.collect(),
            created_at: now,
            submitted_at: None,
            decision: None,
            kept_until: now + self.kept_for,
        };
        until_undisturbed(|| self.try_apply(&fresh)).await
    }

    async fn try_apply(&self, fresh: &KycApplication) -> Result<KycApplication, Failure> {
        let store = &self.organizations.store;
        let before = store.kyc(&fresh.organization, &fresh.user).await?;
        let mut after = fresh.clone();
        if let Some(before) = &before {
            if before.is_kept(fresh.created_at) {
                before.status.gives_way()?;
            }
            after.revision = before.revision + 1;
        }
        let mut transaction = Transaction::new();
        store.put_kyc(&mut transaction, before.as_ref(), &after)?;
        commit(transaction).await?;
        Ok(after)
    }

    /// Puts an application before those who decide, once its documents are
    /// there. Said twice, it is the same.
    ///
    /// # Errors
    /// `NotFound` where there is no application, `Conflict` where a document
    /// is missing or it is decided.
    pub async fn complete(
        &self,
        org: &OrganizationId,
        user: &UserId,
        request: Request<'_>,
    ) -> Result<KycApplication> {
        until_undisturbed(|| async {
            let before = self.application(org, user, request.now).await?;
            if before.status.completed()? == before.status {
                return Ok(before);
            }
            let after = self.completed(&before, request).await?;
            let mut transaction = Transaction::new();
            let store = &self.organizations.store;
            store.put_kyc(&mut transaction, Some(&before), &after)?;
            commit(transaction).await?;
            Ok(after)
        })
        .await
    }

    /// The application with all its documents there; nothing is written.
    pub(super) async fn completed(
        &self,
        application: &KycApplication,
        request: Request<'_>,
    ) -> Result<KycApplication> {
        let status = application.status.completed()?;
        self.check_documents(application, request.now).await?;
        Ok(KycApplication {
            status,
            revision: application.revision + 1,
            submitted_at: Some(request.now),
            ..application.clone()
        })
    }
}
