//! The function from its messages to the mails that leave it.

mod mails;
mod services;
mod smtp;
mod starttls;
mod support;
