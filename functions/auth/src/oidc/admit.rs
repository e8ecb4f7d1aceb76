//! Finding, linking or making the person whom a provider means.

use identity::app::external;
use identity::domain::email;
use identity::model::{ExternalIdentity, Person, PersonStatus};
use kernel::Error;
use kernel::id::UserId;
use oidc::domain::admission::{self, Admission, Newcomers, Standing};
use organizations::app::Guest;
use organizations::domain::email_domain;
use platform::dynamo::{CommitError, Transaction};

use super::answer::ProviderAnswer;
use crate::App;

/// Times that all is looked at anew where others write the same.
const ATTEMPTS_MAX: u32 = 5;

/// Somebody who is let in, and what was done for it.
#[derive(Debug)]
pub(super) struct Admitted {
    pub(super) person: Person,
    /// For the record.
    pub(super) how: &'static str,
}

/// Lets in whom a provider has answered for. What was read may change before
/// it is written: then all is looked at anew.
pub(super) async fn admit(app: &App, answer: &ProviderAnswer) -> Result<Admitted, Error> {
    for _ in 0..ATTEMPTS_MAX {
        let (transaction, admitted) = attempt(app, answer).await?;
        match transaction.commit().await {
            Ok(()) => return Ok(admitted),
            Err(CommitError::Refused(_)) => {}
            Err(CommitError::Store(error)) => return Err(error.into()),
        }
    }
    Err(Error::Conflict(
        "another request is changing the same; try again".to_owned(),
    ))
}

async fn attempt(app: &App, answer: &ProviderAnswer) -> Result<(Transaction, Admitted), Error> {
    let scene = Scene::read(app, answer).await?;
    let (admission, user) = match &answer.flow.linking {
        Some(linking) => {
            let store = &app.identity.store;
            let session = store.session(&linking.user, &linking.session, app.now());
            session.await?.ok_or(Error::SignInRefused(
                "the session that began this has ended; sign in again",
            ))?;
            (scene.link(&linking.user).await?, Some(linking.user.clone()))
        }
        None => scene.admit().await?,
    };
    scene.write(admission, user).await
}

/// What the provider says, against what we know.
struct Scene<'a> {
    app: &'a App,
    answer: &'a ProviderAnswer,
    /// The address, where the provider says that it is verified.
    email: Option<String>,
    newcomers: Newcomers,
    linked: Option<UserId>,
}

impl<'a> Scene<'a> {
    async fn read(app: &'a App, answer: &'a ProviderAnswer) -> Result<Self, Error> {
        let provider = &answer.provider;
        let told = answer.claims.verified_email.as_deref();
        let email = told.and_then(email::normalize);
        let is_listed = email
            .as_ref()
            .is_some_and(|email| email_domain::is_of(email, &provider.email_domains));
        let linked = app.identity.store.user_of_external(
            &provider.organization,
            &provider.issuer,
            &answer.claims.subject,
        );
        Ok(Self {
            newcomers: Newcomers::of(provider.provision, is_listed),
            linked: linked.await?,
            app,
            answer,
            email,
        })
    }

    async fn admit(&self) -> Result<(Admission, Option<UserId>), Error> {
        let store = &self.app.identity.store;
        let holder = match (&self.linked, &self.email) {
            (None, Some(email)) => store.user_of_email(email).await?,
            _ => None,
        };
        let admission = admission::admit(
            self.standing_of(self.linked.as_ref()).await?,
            self.email.is_some(),
            self.standing_of(holder.as_ref()).await?,
            self.newcomers,
        )?;
        Ok((admission, self.linked.clone().or(holder)))
    }

    async fn link(&self, user: &UserId) -> Result<Admission, Error> {
        let is_own = self.linked.as_ref().map(|linked| linked == user);
        let own = self.standing_of(Some(user)).await?;
        let own = own.unwrap_or(Standing::Stranger);
        let is_verified = self.email.is_some();
        Ok(admission::link(is_own, own, is_verified, self.newcomers)?)
    }

    async fn standing_of(&self, user: Option<&UserId>) -> Result<Option<Standing>, Error> {
        let Some(user) = user else { return Ok(None) };
        let org = &self.answer.provider.organization;
        let membership = self.app.organizations.membership(org, user).await?;
        Ok(Some(match membership {
            Some(_) => Standing::Member,
            None => Standing::Stranger,
        }))
    }

    /// What lets them in, as one transaction.
    async fn write(
        &self,
        admission: Admission,
        user: Option<UserId>,
    ) -> Result<(Transaction, Admitted), Error> {
        let store = &self.app.identity.store;
        let mut transaction = Transaction::new();
        let identity = self.identity();
        let (person, how) = match (admission, user) {
            (Admission::Enter, Some(user)) => (
                self.active(&user).await?,
                "through the organization's provider",
            ),
            (Admission::Link, Some(user)) => {
                let person = self.active(&user).await?;
                store.check_person(&mut transaction, &person)?;
                external::link(&mut transaction, store, &user, &identity).await?;
                (person, "linked with the organization's provider")
            }
            (Admission::Join, Some(user)) => {
                let person = self.active(&user).await?;
                store.check_person(&mut transaction, &person)?;
                external::link(&mut transaction, store, &user, &identity).await?;
                self.add_member(&mut transaction, &person).await?;
                (
                    person,
                    "linked with the organization's provider, and joined",
                )
            }
            (Admission::Create, _) => {
                let person = self.newcomer()?;
                store.put_person(&mut transaction, &person)?;
                external::link_new(&mut transaction, store, &person.id, &identity)?;
                self.add_member(&mut transaction, &person).await?;
                (
                    person,
                    "made a person and a member by the organization's provider",
                )
            }
            (_, None) => return Err(Error::internal("nobody to let in")),
        };
        Ok((transaction, Admitted { person, how }))
    }

    /// Somebody who is there and may sign in.
    async fn active(&self, user: &UserId) -> Result<Person, Error> {
        let person = self.app.identity.store.person(user).await?;
        let person = person.filter(|person| person.status == PersonStatus::Active);
        person.ok_or(Error::Unauthenticated)
    }

    /// A person without a password: one is set by a mail to their address, if
    /// ever, so nobody but its owner gets beyond this organization.
    fn newcomer(&self) -> Result<Person, Error> {
        let email = self.email.clone();
        let email = email.ok_or_else(|| Error::internal("no address to be known by"))?;
        let nobodys = self.app.identity.parameters.nobodys();
        Ok(Person {
            name: self.answer.claims.name.clone(),
            ..Person::new(email, nobodys, self.app.now())
        })
    }

    async fn add_member(
        &self,
        transaction: &mut Transaction,
        person: &Person,
    ) -> Result<(), Error> {
        let provider = &self.answer.provider;
        let guest = Guest {
            user: person.id.clone(),
            email: person.email.clone(),
            name: person.name.clone(),
        };
        organizations::app::admit(
            transaction,
            &self.app.organizations,
            &provider.organization,
            &guest,
            &provider.role,
            self.app.now(),
        )
        .await?;
        Ok(())
    }

    fn identity(&self) -> ExternalIdentity {
        ExternalIdentity {
            organization: self.answer.provider.organization.clone(),
            issuer: self.answer.provider.issuer.clone(),
            subject: self.answer.claims.subject.clone(),
            linked_at: self.app.now(),
        }
    }
}
