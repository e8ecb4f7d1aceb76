//! Applications to have an identity checked.

use kernel::id::{OrganizationId, UserId};
use platform::dynamo::{Condition, Query, Range, StoreError, Transaction, Update};
use serde::{Deserialize, Serialize};

use super::{Store, keys};
use crate::domain::kyc::KycStatus;
use crate::model::KycApplication;

/// Label of an application's write: where it is refused, somebody else was
/// first.
pub(crate) const KYC: &str = "kyc";
/// Earlier applications of one member that are shown.
const PAST_MAX: u32 = 20;

#[derive(Serialize)]
struct ApplicationRow<'a> {
    #[serde(flatten)]
    application: &'a KycApplication,
    ttl: i64,
}

#[derive(Serialize, Deserialize)]
struct ListedRow {
    user: UserId,
    ttl: i64,
}

impl Store {
    /// The application of a member as it was written last, whether or not it
    /// still counts.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn kyc(
        &self,
        org: &OrganizationId,
        user: &UserId,
    ) -> Result<Option<KycApplication>, StoreError> {
        self.table.get(&keys::kyc(org, user), true).await
    }

    /// Decided applications of a member that gave way to others, the newest
    /// first; at most twenty.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn kyc_past(
        &self,
        org: &OrganizationId,
        user: &UserId,
    ) -> Result<Vec<KycApplication>, StoreError> {
        let range = Range::Prefix(keys::kyc_past_of(user));
        let query = Query::new(keys::of(org), range, PAST_MAX).descending();
        let page = self.table.query::<KycApplication>(&query).await?;
        Ok(page.rows.into_iter().map(|(_, row)| row).collect())
    }

    /// A page of an organization's applications of a status, the oldest first.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn kyc_with(
        &self,
        org: &OrganizationId,
        status: KycStatus,
        limit: u32,
        after: Option<String>,
    ) -> Result<(Vec<KycApplication>, Option<String>), StoreError> {
        let range = Range::Prefix(keys::kyc_with(status));
        let query = Query::new(keys::of(org), range, limit)
            .consistent()
            .after(after);
        let page = self.table.query::<ListedRow>(&query).await?;
        let wanted: Vec<_> = page
            .rows
            .iter()
            .map(|(_, row)| keys::kyc(org, &row.user))
            .collect();
        let found = self.table.get_many::<KycApplication>(&wanted).await?;
        let mut applications: Vec<_> = found.into_iter().map(|(_, row)| row).collect();
        // One that was decided between the two reads is of another list now.
        applications.retain(|application| application.status == status);
        applications.sort_by(|one, other| one.id.cmp(&other.id));
        Ok((applications, page.next))
    }

    /// A page of every sealed application of an organization, of those that
    /// count or of those that gave way, for a rotation of the master key.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn all_kyc(
        &self,
        org: &OrganizationId,
        is_past: bool,
        limit: u32,
        after: Option<String>,
    ) -> Result<(Vec<KycApplication>, Option<String>), StoreError> {
        let prefix = match is_past {
            true => keys::KYC_PAST_PREFIX,
            false => keys::KYC_CURRENT_PREFIX,
        };
        let query = Query::new(keys::of(org), Range::Prefix(prefix.to_owned()), limit)
            .consistent()
            .after(after);
        let page = self.table.query::<KycApplication>(&query).await?;
        let applications = page.rows.into_iter().map(|(_, row)| row).collect();
        Ok((applications, page.next))
    }

    /// Writes the next state of an application, or another application in the
    /// place of `before`, where `before` is still what is there and the
    /// organization exists.
    ///
    /// # Errors
    /// Where a row cannot be an item.
    pub fn put_kyc(
        &self,
        transaction: &mut Transaction,
        before: Option<&KycApplication>,
        after: &KycApplication,
    ) -> Result<(), StoreError> {
        let (org, user) = (&after.organization, &after.user);
        let unchanged = match before {
            Some(before) => Condition::number("revision", before.revision),
            None => Condition::absent(),
        };
        let ttl = after.kept_until.timestamp();
        let row = ApplicationRow {
            application: after,
            ttl,
        };
        let key = keys::kyc(org, user);
        transaction.put(KYC, &self.table, &key, &row, Some(unchanged))?;
        let listed = keys::kyc_listed(org, after.status, &after.id);
        let is_listed_as = |before: &KycApplication| {
            keys::kyc_listed(&before.organization, before.status, &before.id)
        };
        if let Some(before) = before
            && is_listed_as(before) != listed
        {
            transaction.delete("listed", &self.table, &is_listed_as(before))?;
        }
        let user = user.clone();
        let row = ListedRow { user, ttl };
        transaction.put("listed", &self.table, &listed, &row, None)?;
        if let Some(before) = before
            && before.id != after.id
            && before.status.is_decided()
        {
            self.put_kyc_past(transaction, before)?;
        }
        let organization = keys::organization(org);
        let exists = Condition::present();
        transaction.check("organization", &self.table, &organization, exists)?;
        Ok(())
    }

    /// Writes another seal of who an applicant is, where the application is
    /// still the one that was read.
    ///
    /// # Errors
    /// Where the SDK refuses the update.
    pub fn reseal_kyc(
        &self,
        transaction: &mut Transaction,
        application: &KycApplication,
        is_past: bool,
        sealed_applicant: &str,
    ) -> Result<(), StoreError> {
        let (org, user) = (&application.organization, &application.user);
        let key = match is_past {
            true => keys::kyc_past(org, user, &application.id),
            false => keys::kyc(org, user),
        };
        let next = i64::try_from(application.revision + 1).unwrap_or(i64::MAX);
        let update = Update::new()
            .text("sealed_applicant", sealed_applicant)
            .number("revision", next);
        let unchanged = Condition::number("revision", application.revision);
        transaction.update(KYC, &self.table, &key, update, unchanged)?;
        Ok(())
    }

    fn put_kyc_past(
        &self,
        transaction: &mut Transaction,
        application: &KycApplication,
    ) -> Result<(), StoreError> {
        let key = keys::kyc_past(
            &application.organization,
            &application.user,
            &application.id,
        );
        let ttl = application.kept_until.timestamp();
        let row = ApplicationRow { application, ttl };
        transaction.put("past", &self.table, &key, &row, None)?;
        Ok(())
    }
}
