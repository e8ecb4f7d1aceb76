//! What a message's mail says, and to whom.

use identity::app::passwords::issue_reset;
use identity::mail::{self, Letter, Mail, MailMessage};
use kernel::Result;
use kernel::id::UserId;
use kernel::time::Timestamp;

use crate::App;
use crate::ledger::Bound;

/// Anybody can ask for a reset of any address.
const RESETS: Bound = Bound {
    kind: "reset-password",
    mails_max: 3,
};
/// Anybody can register any address.
const REGISTRATIONS: Bound = Bound {
    kind: "verify-address",
    mails_max: 10,
};
/// Whoever has an account can want any address.
const ADDRESSES: Bound = Bound {
    kind: "confirm-address",
    mails_max: 5,
};
/// Anybody who runs an organization can invite any address.
const INVITATIONS: Bound = Bound {
    kind: "invitation",
    mails_max: 10,
};

/// The recipient's address and the letter; `None` where nobody gets one.
pub(crate) async fn compose(
    app: &App,
    message: &MailMessage,
    now: Timestamp,
) -> Result<Option<(String, Letter)>> {
    let url = app.app_url.as_str();
    match &message.mail {
        Mail::VerifyAddress {
            email,
            sealed_token,
        } => {
            if !admits(app, REGISTRATIONS, email, message, now).await? {
                return Ok(None);
            }
            if app.store.user_of_email(email).await?.is_some() {
                return Ok(Some((email.clone(), mail::address_in_use(url))));
            }
            let token = Mail::open_token(&app.vault, email, sealed_token).await?;
            Ok(Some((email.clone(), mail::verify_address(url, &token))))
        }
        Mail::ResetPassword { email } => reset_password(app, email, message, now).await,
        Mail::PasswordChanged { user, at } => {
            to_person(app, user, mail::password_changed(url, *at)).await
        }
        Mail::SecondFactorReset { user, at } => {
            to_person(app, user, mail::second_factor_reset(url, *at)).await
        }
        Mail::SignInChanged { user, change, at } => {
            to_person(app, user, mail::sign_in_changed(url, change, *at)).await
        }
        Mail::ConfirmAddress {
            email,
            sealed_token,
        } => {
            if !admits(app, ADDRESSES, email, message, now).await? {
                return Ok(None);
            }
            if app.store.user_of_email(email).await?.is_some() {
                return Ok(Some((email.clone(), mail::address_taken(url))));
            }
            let token = Mail::open_token(&app.vault, email, sealed_token).await?;
            Ok(Some((email.clone(), mail::confirm_address(url, &token))))
        }
        Mail::AddressChangeAsked {
            email,
            new_email,
            at,
        } => {
            let letter = mail::address_change_asked(url, new_email, *at);
            Ok(Some((email.clone(), letter)))
        }
        Mail::AddressChanged {
            email,
            new_email,
            at,
        } => {
            let letter = mail::address_changed(url, new_email, *at);
            Ok(Some((email.clone(), letter)))
        }
        Mail::NewDevice {
            user,
            device,
            address,
            at,
        } => to_person(app, user, mail::new_device(url, device, address, *at)).await,
        Mail::IdentityChecked {
            user,
            organization,
            finding,
            at,
        } => {
            let letter = mail::identity_checked(url, organization, *finding, *at);
            to_person(app, user, letter).await
        }
        Mail::Invitation {
            email,
            organization,
            inviter,
            sealed_token,
        } => {
            if !admits(app, INVITATIONS, email, message, now).await? {
                return Ok(None);
            }
            let token = Mail::open_token(&app.vault, email, sealed_token).await?;
            let letter = mail::invitation(url, organization, inviter, &token);
            Ok(Some((email.clone(), letter)))
        }
    }
}

/// A link for who has the address and may sign in; nobody else hears
/// anything.
async fn reset_password(
    app: &App,
    email: &str,
    message: &MailMessage,
    now: Timestamp,
) -> Result<Option<(String, Letter)>> {
    if !admits(app, RESETS, email, message, now).await? {
        return Ok(None);
    }
    let token = issue_reset(&app.store, email, now).await?;
    Ok(token.map(|token| (email.to_owned(), mail::reset_password(&app.app_url, &token))))
}

async fn to_person(app: &App, user: &UserId, letter: Letter) -> Result<Option<(String, Letter)>> {
    let person = app.store.person(user).await?;
    Ok(person.map(|person| (person.email, letter)))
}

async fn admits(
    app: &App,
    bound: Bound,
    email: &str,
    message: &MailMessage,
    now: Timestamp,
) -> Result<bool> {
    let admitted = app.ledger.admits(bound, email, &message.id, now).await?;
    if !admitted {
        tracing::warn!(
            mail = message.id,
            kind = bound.kind,
            "a mail is not sent: its address got as many as it may in an hour"
        );
    }
    Ok(admitted)
}
