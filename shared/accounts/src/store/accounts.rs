//! Accounts, their instances and challenges, and the lists they are in.

use kernel::id::{AccountId, ChallengeId, InstanceId, ShopId};
use kernel::time::Timestamp;
use platform::dynamo::{Condition, Query, QueryPage, Range, StoreError, Transaction};
use serde::{Deserialize, Serialize};

use super::{Store, keys};
use crate::model::{Account, Challenge, Instance};

/// An account in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Listed {
    /// The account.
    pub account: AccountId,
}

#[derive(Serialize, Deserialize)]
struct LoginRow {
    account: AccountId,
}

impl Store {
    /// An account of a shop.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn account(
        &self,
        shop: &ShopId,
        id: &AccountId,
    ) -> Result<Option<Account>, StoreError> {
        let key = keys::of_account(shop, id, "ACCOUNT");
        self.table.get(&key, true).await
    }

    /// The account of a shop that has a login.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn account_by_login(
        &self,
        shop: &ShopId,
        server: &str,
        login: &str,
    ) -> Result<Option<Account>, StoreError> {
        let row: Option<LoginRow> = self
            .table
            .get(&keys::login(shop, server, login), true)
            .await?;
        match row {
            Some(row) => self.account(shop, &row.account).await,
            None => Ok(None),
        }
    }

    /// A page of a shop's accounts, in order of creation.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn accounts_of_shop(
        &self,
        shop: &ShopId,
        limit: u32,
        after: Option<String>,
    ) -> Result<QueryPage<Listed>, StoreError> {
        self.listed(keys::shop(shop), limit, after).await
    }

    /// A page of a person's accounts, in order of creation.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn accounts_of_owner(
        &self,
        shop: &ShopId,
        owner: &str,
        limit: u32,
        after: Option<String>,
    ) -> Result<QueryPage<Listed>, StoreError> {
        self.listed(keys::owner(shop, owner), limit, after).await
    }

    async fn listed(
        &self,
        partition: String,
        limit: u32,
        after: Option<String>,
    ) -> Result<QueryPage<Listed>, StoreError> {
        let prefix = Range::Prefix(keys::ACCOUNT_PREFIX.to_owned());
        let query = Query::new(partition, prefix, limit)
            .consistent()
            .after(after);
        self.table.query(&query).await
    }

    /// Many accounts of a shop, in no order.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn accounts(
        &self,
        shop: &ShopId,
        ids: &[AccountId],
    ) -> Result<Vec<Account>, StoreError> {
        let keys: Vec<_> = ids
            .iter()
            .map(|id| keys::of_account(shop, id, "ACCOUNT"))
            .collect();
        let rows = self.table.get_many(&keys).await?;
        Ok(rows.into_iter().map(|(_, account)| account).collect())
    }

    /// An instance of an account.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn instance(
        &self,
        shop: &ShopId,
        account: &AccountId,
        id: &InstanceId,
    ) -> Result<Option<Instance>, StoreError> {
        let key = keys::instance(shop, account, id);
        self.table.get(&key, true).await
    }

    /// The instances of an account, the oldest first, at most 200.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn instances(
        &self,
        shop: &ShopId,
        account: &AccountId,
    ) -> Result<Vec<Instance>, StoreError> {
        let prefix = Range::Prefix(keys::INSTANCE_PREFIX.to_owned());
        let query = Query::new(keys::account(shop, account), prefix, 200).consistent();
        let page = self.table.query(&query).await?;
        Ok(page
            .rows
            .into_iter()
            .map(|(_, instance)| instance)
            .collect())
    }

    /// A challenge of an account.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn challenge(
        &self,
        shop: &ShopId,
        account: &AccountId,
        id: &ChallengeId,
    ) -> Result<Option<Challenge>, StoreError> {
        let key = keys::challenge(shop, account, id);
        self.table.get(&key, true).await
    }

    /// Adds a new account and its places in the lists to a transaction, which
    /// is refused by `login` where another account has the login.
    ///
    /// # Errors
    /// Where the account cannot be written.
    pub fn add_account(
        &self,
        transaction: &mut Transaction,
        account: &Account,
    ) -> Result<(), StoreError> {
        let shop = &account.shop;
        let listed = Listed {
            account: account.id.clone(),
        };
        let key = keys::of_account(shop, &account.id, "ACCOUNT");
        transaction.put(
            "account",
            &self.table,
            &key,
            account,
            Some(Condition::absent()),
        )?;
        let by_shop = keys::listed_by_shop(shop, &account.id);
        transaction.put("list", &self.table, &by_shop, &listed, None)?;
        let by_owner = keys::listed_by_owner(shop, &account.owner, &account.id);
        transaction.put("list", &self.table, &by_owner, &listed, None)?;
        if !account.login.is_empty() && account.kind == crate::model::Kind::Judged {
            let login = keys::login(shop, &account.server, &account.login);
            let row = LoginRow {
                account: account.id.clone(),
            };
            transaction.put(
                "login",
                &self.table,
                &login,
                &row,
                Some(Condition::absent()),
            )?;
        }
        Ok(())
    }

    /// Adds a changed account to a transaction, which is refused by `account`
    /// where somebody else changed it meanwhile.
    ///
    /// # Errors
    /// Where the account cannot be written.
    pub fn change_account(
        &self,
        transaction: &mut Transaction,
        before: &Account,
        mut after: Account,
    ) -> Result<(), StoreError> {
        after.version = before.version + 1;
        let key = keys::of_account(&before.shop, &before.id, "ACCOUNT");
        let unchanged = Condition::number("version", before.version);
        transaction.put("account", &self.table, &key, &after, Some(unchanged))?;
        Ok(())
    }

    /// Adds to a transaction that an account has another login or server, which
    /// is refused by `login` if another account has it.
    ///
    /// # Errors
    /// Returns an error if it cannot be written.
    pub fn move_login(
        &self,
        transaction: &mut Transaction,
        before: &Account,
        after: &Account,
    ) -> Result<(), StoreError> {
        let shop = &after.shop;
        let old = keys::login(shop, &before.server, &before.login);
        let new = keys::login(shop, &after.server, &after.login);
        if old == new {
            return Ok(());
        }
        transaction.delete("old_login", &self.table, &old)?;
        let row = LoginRow {
            account: after.id.clone(),
        };
        transaction.put("login", &self.table, &new, &row, Some(Condition::absent()))?;
        Ok(())
    }

    /// Adds an instance to a transaction, new or changed.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn put_instance(
        &self,
        transaction: &mut Transaction,
        account: &Account,
        instance: &Instance,
    ) -> Result<(), StoreError> {
        let key = keys::instance(&account.shop, &account.id, &instance.id);
        transaction.put("instance", &self.table, &key, instance, None)?;
        Ok(())
    }

    /// Adds the end of an instance to a transaction: its password is wiped,
    /// its history stays.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn end_instance(
        &self,
        transaction: &mut Transaction,
        account: &Account,
        mut instance: Instance,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        instance.sealed_password = None;
        instance.ended_at = Some(now);
        instance.ended_for = Some(reason.to_owned());
        self.put_instance(transaction, account, &instance)
    }

    /// Adds a challenge to a transaction.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn put_challenge(
        &self,
        transaction: &mut Transaction,
        account: &Account,
        challenge: &Challenge,
    ) -> Result<(), StoreError> {
        let key = keys::challenge(&account.shop, &account.id, &challenge.id);
        transaction.put("challenge", &self.table, &key, challenge, None)?;
        Ok(())
    }
}
