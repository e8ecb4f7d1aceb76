//! What is written to people.
//!
//! A [`MailMessage`] says what is to be told and goes through the mail queue;
//! the mailer makes a [`Letter`] of it and hands that to
//! [`gateway::mail`](crate::gateway::mail).

mod contents;
mod letter;
mod message;

pub use contents::{
    address_change_asked, address_changed, address_in_use, address_taken, confirm_address,
    identity_checked, invitation, new_device, password_changed, reset_password,
    second_factor_reset, sign_in_changed, verify_address,
};
pub use letter::Letter;
pub use message::{Finding, Mail, MailMessage, SignInChange};
