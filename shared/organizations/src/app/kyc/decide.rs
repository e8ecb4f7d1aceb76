//! Deciding about an application.

use kernel::access::Permission;
use kernel::id::{OrganizationId, UserId};
use kernel::{Error, Result};
use platform::dynamo::Transaction;
use platform::outbox::enqueue;
use platform::queue::Queue;
use platform::race::{Failure, until_undisturbed};
use serde::Serialize;

use super::super::Request;
use super::{Kyc, commit};
use crate::domain::kyc::{KycStatus, Verdict, check_judge};
use crate::model::{KycApplication, KycDecision};

/// What an admin decides, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What.
    pub verdict: Verdict,
    /// Why, in words for the applicant.
    pub reason: Option<String>,
}

impl Kyc {
    /// Writes a decision with the mail that tells the applicant of it. An
    /// application that nobody has put forward yet is decided too, where its
    /// documents are there.
    ///
    /// # Errors
    /// `Invalid` where a reason is missing, `Forbidden` where it is the
    /// actor's own application or the actor may not, `NotFound` where there is
    /// none, `Conflict` where its documents are missing or its status does not
    /// allow the verdict.
    pub async fn decide<M: Serialize>(
        &self,
        org: &OrganizationId,
        actor: &UserId,
        user: &UserId,
        decision: &Decision,
        mail: &M,
        request: Request<'_>,
    ) -> Result<KycApplication> {
        if decision.verdict.needs_reason() && decision.reason.is_none() {
            return Err(Error::field("reason", "is required"));
        }
        until_undisturbed(|| self.try_decide(org, actor, user, decision, mail, request)).await
    }

    async fn try_decide<M: Serialize>(
        &self,
        org: &OrganizationId,
        actor: &UserId,
        user: &UserId,
        decision: &Decision,
        mail: &M,
        request: Request<'_>,
    ) -> Result<KycApplication, Failure> {
        self.organizations
            .scene(org, actor, Permission::ManageMembers)
            .await?;
        let before = self.application(org, user, request.now).await?;
        check_judge(actor, user)?;
        let ready = match (before.status, decision.verdict) {
            (KycStatus::AwaitingDocuments, Verdict::Approve | Verdict::Reject) => {
                self.completed(&before, request).await?
            }
            _ => before.clone(),
        };
        let after = KycApplication {
            status: ready.status.judged(decision.verdict)?,
            revision: before.revision + 1,
            decision: Some(KycDecision {
                by: actor.clone(),
                at: request.now,
                reason: decision.reason.clone(),
            }),
            ..ready
        };
        let mut transaction = Transaction::new();
        let store = &self.organizations.store;
        store.put_kyc(&mut transaction, Some(&before), &after)?;
        enqueue(
            &mut transaction,
            store.table(),
            Queue::Mail,
            mail,
            None,
            request.id,
            request.now,
        )?;
        commit(transaction).await?;
        Ok(after)
    }
}
