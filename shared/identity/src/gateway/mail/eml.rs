//! A mail as the internet has it (RFC 5322).

use std::time::SystemTime;

use kernel::error::Cause;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};

use super::{MailError, Outgoing};

/// Characters of a line that need no encoding; RFC 5322 allows 998.
const LINE_CHARS_MAX: usize = 990;

/// Writes a mail with both forms of its body. A body of ASCII is written as
/// it is, so that a link in it can be read without decoding.
pub(super) fn message(mail: &Outgoing, from: &Mailbox) -> Result<Message, MailError> {
    let failed = |error: Cause| MailError::Write(error);
    let to: Address = mail.to.parse().map_err(|_| failed("no address".into()))?;
    let bodies = MultiPart::alternative()
        .singlepart(part(ContentType::TEXT_PLAIN, mail.letter.text())?)
        .singlepart(part(ContentType::TEXT_HTML, mail.letter.html())?);
    Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .subject(mail.letter.subject())
        .date(SystemTime::from(mail.at))
        .message_id(Some(format!("<{}@{}>", mail.id, from.email.domain())))
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ))
        .multipart(bodies)
        .map_err(|error| failed(error.into()))
}

fn part(kind: ContentType, text: String) -> Result<SinglePart, MailError> {
    let is_plain = text.is_ascii() && text.lines().all(|line| line.len() <= LINE_CHARS_MAX);
    let body = match is_plain {
        // The library would encode lines of more than 76 characters.
        true => Body::dangerous_pre_encoded(
            text.replace('\n', "\r\n").into_bytes(),
            ContentTransferEncoding::SevenBit,
        ),
        false => Body::new_with_encoding(text, ContentTransferEncoding::Base64)
            .map_err(|_| MailError::Write("the body cannot be encoded".into()))?,
    };
    Ok(SinglePart::builder().header(kind).body(body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail;
    use kernel::time::Timestamp;

    fn outgoing(letter: mail::Letter) -> Outgoing {
        Outgoing {
            id: "01hf0000000000000000000000".to_owned(),
            kind: "test",
            to: "ada@x.example".to_owned(),
            letter,
            at: Timestamp::from_timestamp(1_700_000_000, 0).expect("a time"),
        }
    }

    fn written(letter: mail::Letter) -> String {
        let from = "Tradebridge <no-reply@tradebridge.example>".parse();
        let message = message(&outgoing(letter), &from.expect("a mailbox")).expect("writes");
        String::from_utf8(message.formatted()).expect("text")
    }

    #[test]
    fn a_link_is_readable_in_both_bodies() {
        let token = "tbm_AZaz09._~-".repeat(8);
        let letter = mail::verify_address("https://app.example", &token.clone().into());
        let text = written(letter);
        let link = format!("https://app.example/verify-email?token={token}");
        assert_eq!(text.matches(&link).count(), 2, "{text}");
        for header in [
            "From: Tradebridge <no-reply@tradebridge.example>\r\n",
            "To: ada@x.example\r\n",
            "Subject: Confirm your email address\r\n",
            "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n",
            "Message-ID: <01hf0000000000000000000000@tradebridge.example>\r\n",
            "Auto-Submitted: auto-generated\r\n",
        ] {
            assert!(text.contains(header), "{header}{text}");
        }
    }

    #[test]
    fn a_name_adds_no_header() {
        let letter = mail::invitation(
            "https://app.example",
            "Ünion\r\nBcc: everybody@x.example\r\n\r\nhello",
            "Ada",
            &"AZaz09".into(),
        );
        let text = written(letter);
        let (headers, _) = text.split_once("\r\n\r\n").expect("headers");
        for line in headers.lines() {
            assert!(!line.to_lowercase().starts_with("bcc"), "{headers}");
        }
        // The words are not ASCII, so the text is encoded and the page is not.
        assert_eq!(text.matches("?token=AZaz09").count(), 1, "{text}");
        assert!(text.contains("&#220;nion"), "{text}");
    }

    #[test]
    fn what_is_no_address_gets_no_mail() {
        let from: Mailbox = "no-reply@tradebridge.example".parse().expect("a mailbox");
        for to in [
            "",
            "ada",
            "ada@x.example, bob@x.example",
            "ada@x.example\r\nBcc: b@x.example",
        ] {
            let mut mail = outgoing(mail::address_in_use("https://app.example"));
            to.clone_into(&mut mail.to);
            assert!(
                matches!(message(&mail, &from), Err(MailError::Write(_))),
                "{to}"
            );
        }
    }
}
