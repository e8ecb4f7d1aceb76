//! The words of each mail. Whether somebody has an account here is told to
//! the address alone.

use kernel::time::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use super::letter::{Letter, quoted};
use super::message::Finding;
use super::message::SignInChange;

/// To an address that registered and is nobody's yet: the link that shows
/// that it is theirs. The name given at the registration is left out: nobody
/// has shown yet that its words are the reader's.
#[must_use]
pub fn verify_address(app_url: &str, token: &SecretString) -> Letter {
    Letter::new("Confirm your email address")
        .paragraph("Somebody, probably you, registered at Tradebridge with this address.")
        .action("Confirm the address", link(app_url, "/verify-email", token))
        .paragraph("The link is good for 24 hours.")
        .paragraph("If it was not you, ignore this mail: without the link nothing happens.")
}

/// To an address that registered and is somebody's already.
#[must_use]
pub fn address_in_use(app_url: &str) -> Letter {
    let sign_in = format!("{}/sign-in", app_url.trim_end_matches('/'));
    let reset = format!("{}/forgot-password", app_url.trim_end_matches('/'));
    Letter::new("You already have an account")
        .paragraph(
            "Somebody, probably you, registered at Tradebridge with this address, which has \
             an account already. Nothing was changed.",
        )
        .action("Sign in", sign_in.into())
        .paragraph(format!(
            "If you do not know your password any more, ask for a new one at {reset}"
        ))
        .paragraph("If it was not you, ignore this mail.")
}

/// To a person who asked for a new password.
#[must_use]
pub fn reset_password(app_url: &str, token: &SecretString) -> Letter {
    Letter::new("Choose a new password")
        .paragraph("Somebody, probably you, asked for a new password of your Tradebridge account.")
        .action(
            "Choose a new password",
            link(app_url, "/reset-password", token),
        )
        .paragraph("The link is good for one hour and for one use.")
        .paragraph("If it was not you, ignore this mail: your password stays as it is.")
}

/// To a person whose password was changed.
#[must_use]
pub fn password_changed(app_url: &str, at: Timestamp) -> Letter {
    let reset = format!("{}/forgot-password", app_url.trim_end_matches('/'));
    Letter::new("Your password was changed")
        .paragraph(format!(
            "The password of your Tradebridge account was changed on {}. Your other \
             sessions have ended.",
            moment(at)
        ))
        .paragraph(format!(
            "If it was not you, choose a new password at once at {reset}"
        ))
}

/// To a person whose second factor a platform admin took away.
#[must_use]
pub fn second_factor_reset(app_url: &str, at: Timestamp) -> Letter {
    let reset = format!("{}/forgot-password", app_url.trim_end_matches('/'));
    Letter::new("Your second factor was reset")
        .paragraph(format!(
            "On {} our support turned off the second factor of your Tradebridge account. \
             Signing in asks for your password alone until you set a second factor up again.",
            moment(at)
        ))
        .paragraph(format!(
            "If you did not ask for this, choose a new password at {reset} and write to us."
        ))
}

/// To a person whose ways to sign in have changed.
#[must_use]
pub fn sign_in_changed(app_url: &str, change: &SignInChange, at: Timestamp) -> Letter {
    let reset = format!("{}/forgot-password", app_url.trim_end_matches('/'));
    let (subject, sentence) = match change {
        SignInChange::PasskeyAdded { name } => (
            "A passkey was added",
            format!(
                "The passkey \"{}\" was added to your account.",
                quoted(name)
            ),
        ),
        SignInChange::PasskeyRemoved { name } => (
            "A passkey was removed",
            format!(
                "The passkey \"{}\" was removed from your account.",
                quoted(name)
            ),
        ),
        SignInChange::SecondFactorTurnedOn => (
            "Your second factor was turned on",
            "Signing in with your password asks for a code from now on.".to_owned(),
        ),
        SignInChange::SecondFactorTurnedOff => (
            "Your second factor was turned off",
            "Signing in asks for your password alone from now on.".to_owned(),
        ),
        SignInChange::BackupCodesRenewed => (
            "Your backup codes were renewed",
            "You have new backup codes; the old ones are good no more.".to_owned(),
        ),
    };
    Letter::new(subject)
        .paragraph(format!(
            "Your Tradebridge account changed on {}. {sentence}",
            moment(at)
        ))
        .paragraph(format!(
            "If it was not you, choose a new password at once at {reset}, which ends all \
             sessions, and look at what you sign in with."
        ))
}

/// To an address that a person wants to move to and that is nobody's yet: the
/// link that shows that it is theirs.
#[must_use]
pub fn confirm_address(app_url: &str, token: &SecretString) -> Letter {
    Letter::new("Confirm your new email address")
        .paragraph(
            "Somebody, probably you, wants to make this the address of their Tradebridge account.",
        )
        .action("Confirm the address", link(app_url, "/verify-email", token))
        .paragraph("The link is good for one hour and for one use.")
        .paragraph("If it was not you, ignore this mail: without the link nothing happens.")
}

/// To an address that a person wants to move to and that is somebody's
/// already.
#[must_use]
pub fn address_taken(app_url: &str) -> Letter {
    let sign_in = format!("{}/sign-in", app_url.trim_end_matches('/'));
    Letter::new("You already have an account")
        .paragraph(
            "Somebody, probably you, wants to make this the address of their Tradebridge account, \
             but it has an account already. Nothing was changed.",
        )
        .action("Sign in", sign_in.into())
        .paragraph("If it was not you, ignore this mail.")
}

/// To the address of a person who wants to move to another.
#[must_use]
pub fn address_change_asked(app_url: &str, new_email: &str, at: Timestamp) -> Letter {
    let reset = format!("{}/forgot-password", app_url.trim_end_matches('/'));
    Letter::new("Your email address is to be changed")
        .paragraph(format!(
            "On {} somebody who knows the password of your Tradebridge account asked to change \
             its address to {}. It changes when the link that was mailed there is followed.",
            moment(at),
            quoted(new_email)
        ))
        .paragraph(format!(
            "If it was not you, choose a new password at once at {reset}: that stops the change."
        ))
}

/// To the address that was a person's, who has moved to another.
#[must_use]
pub fn address_changed(app_url: &str, new_email: &str, at: Timestamp) -> Letter {
    let app_url = app_url.trim_end_matches('/');
    Letter::new("Your email address was changed")
        .paragraph(format!(
            "The address of your Tradebridge account was changed to {} on {}. Sign in at \
             {app_url}/sign-in with the new address from now on; your other sessions have ended.",
            quoted(new_email),
            moment(at)
        ))
        .paragraph("If it was not you, write to us at once: we can give the account back to you.")
}

/// To a person who signed in on a device that was not seen before.
#[must_use]
pub fn new_device(app_url: &str, device: &str, address: &str, at: Timestamp) -> Letter {
    let reset = format!("{}/forgot-password", app_url.trim_end_matches('/'));
    let device = match quoted(device) {
        unnamed if unnamed.is_empty() => "unknown".to_owned(),
        device => device,
    };
    Letter::new("Sign-in on a new device")
        .paragraph(format!(
            "Your Tradebridge account was signed in to on {} on a device that we have not seen before.",
            moment(at)
        ))
        .paragraph(format!("Device: {device}"))
        .paragraph(format!("Network address: {}", quoted(address)))
        .paragraph(format!(
            "If it was not you, choose a new password at once at {reset}"
        ))
}

/// To a member whose identity an organization has checked.
#[must_use]
pub fn identity_checked(
    app_url: &str,
    organization: &str,
    finding: Finding,
    at: Timestamp,
) -> Letter {
    let organization = quoted(organization);
    let (subject, found) = match finding {
        Finding::Approved => ("Your identity is confirmed", "has confirmed"),
        Finding::Rejected => ("Your identity is not confirmed", "could not confirm"),
        Finding::Revoked => (
            "Your identity is no longer confirmed",
            "has taken back that it confirmed",
        ),
    };
    let letter = Letter::new(subject).paragraph(format!(
        "On {} the organization \"{organization}\" {found} your identity at Tradebridge.",
        moment(at)
    ));
    let app_url = app_url.trim_end_matches('/');
    match finding {
        Finding::Approved => letter.paragraph(format!("You can go on at {app_url}")),
        Finding::Rejected | Finding::Revoked => letter.paragraph(format!(
            "Sign in at {app_url} to see why, and to send other documents."
        )),
    }
}

/// To somebody who is invited into an organization.
#[must_use]
pub fn invitation(
    app_url: &str,
    organization: &str,
    inviter: &str,
    token: &SecretString,
) -> Letter {
    let organization = quoted(organization);
    let inviter = quoted(inviter);
    Letter::new(format!("Invitation to {organization}"))
        .paragraph(format!(
            "{inviter} invites you to work in the organization \"{organization}\" at Tradebridge."
        ))
        .action("See the invitation", link(app_url, "/invitations", token))
        .paragraph("If you do not know them, ignore this mail.")
}

fn link(app_url: &str, path: &str, token: &SecretString) -> SecretString {
    let app_url = app_url.trim_end_matches('/');
    format!("{app_url}{path}?token={}", token.expose_secret()).into()
}

fn moment(at: Timestamp) -> String {
    at.format("%-d %B %Y at %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const APP: &str = "https://app.tradebridge.example";

    fn at() -> Timestamp {
        Timestamp::from_timestamp(1_700_000_000, 0).expect("a time")
    }

    /// The one link of a letter that carries a token, from its text.
    fn link_of(letter: &Letter) -> String {
        let text = letter.text();
        let lines: Vec<&str> = text
            .lines()
            .filter(|line| line.contains("token="))
            .collect();
        assert_eq!(lines.len(), 1, "{text}");
        lines[0].to_owned()
    }

    #[test]
    fn the_links_go_where_the_app_takes_tokens() {
        let token = SecretString::from("AZaz09._~-");
        let slash = format!("{APP}/");
        let links = [
            (verify_address(APP, &token), "verify-email"),
            (reset_password(&slash, &token), "reset-password"),
            (invitation(APP, "Desk", "Ada", &token), "invitations"),
            (confirm_address(APP, &token), "verify-email"),
        ];
        for (letter, page) in links {
            assert_eq!(link_of(&letter), format!("{APP}/{page}?token=AZaz09._~-"));
            assert!(
                letter
                    .html()
                    .contains(&format!("href=\"{APP}/{page}?token=AZaz09._~-\""))
            );
        }
    }

    #[test]
    fn letters_without_a_token_have_none() {
        for letter in [
            address_in_use(APP),
            password_changed(APP, at()),
            second_factor_reset(APP, at()),
            sign_in_changed(APP, &SignInChange::BackupCodesRenewed, at()),
            address_taken(APP),
            address_change_asked(APP, "b@x.example", at()),
            address_changed(APP, "b@x.example", at()),
            new_device(APP, "Firefox", "192.0.2.1", at()),
            identity_checked(APP, "Desk", Finding::Approved, at()),
            identity_checked(APP, "Desk", Finding::Rejected, at()),
            identity_checked(APP, "Desk", Finding::Revoked, at()),
        ] {
            assert!(!letter.text().contains("token="), "{}", letter.subject());
            assert!(letter.text().contains(APP), "{}", letter.subject());
        }
        assert!(
            password_changed(APP, at())
                .text()
                .contains("14 November 2023 at 22:13 UTC")
        );
    }

    #[test]
    fn an_organizations_name_adds_no_line_to_the_subject_and_no_tag_to_the_page() {
        let letter = invitation(
            APP,
            "Desk\r\nBcc: all@x.example<script>",
            "<b>Ada</b>",
            &"t".into(),
        );
        assert_eq!(
            letter.subject(),
            "Invitation to Desk Bcc: all@x.example<script>"
        );
        let html = letter.html();
        assert!(
            !html.contains("<script>") && !html.contains("<b>"),
            "{html}"
        );
    }

    #[test]
    fn a_device_that_says_nothing_of_itself_is_unknown() {
        let text = new_device(APP, " \t", "192.0.2.1", at()).text();
        assert!(text.contains("Device: unknown\n"), "{text}");
        assert!(text.contains("Network address: 192.0.2.1\n"), "{text}");
    }
}
