//! UTF-16 that was damaged on its way to the function.
//!
//! API Gateway passes bodies of `text/*`, JSON and XML types on as UTF-8 text.
//! Bytes that are no UTF-8 become U+FFFD and are lost: the byte order mark
//! first of all, then half of each character above U+007F.

use http::{HeaderMap, header};
use kernel::Error;

/// The text of the 415.
const DAMAGED: &str = "The file is UTF-16 and was damaged on the way. Send it as \
    application/octet-stream, or use POST /api/accounts/imports.";

/// The type that API Gateway passes on byte by byte.
const BINARY: &str = "application/octet-stream";

/// Characters that are looked at.
const SAMPLE_CHARS_MAX: usize = 256;
/// A sample shorter than this shows no pattern.
const SAMPLE_CHARS_MIN: usize = 8;

/// Refuses a file that was UTF-16 before it became text.
///
/// # Errors
/// Returns [`Error::UnsupportedMedia`] if the body begins with U+FFFD, or has
/// U+0000 or U+FFFD in every second place. UTF-16 without a byte order mark
/// has U+0000 there of its own: sent as `application/octet-stream` and without
/// U+FFFD it is whole.
pub(super) fn refuse_damaged(headers: &HeaderMap, body: &[u8]) -> kernel::Result<()> {
    let sample = sample(body);
    if sample.starts_with(char::REPLACEMENT_CHARACTER) {
        return Err(Error::UnsupportedMedia(DAMAGED));
    }
    let is_whole = is_binary(headers) && !sample.contains(char::REPLACEMENT_CHARACTER);
    if !is_whole && has_marks_in_every_second_place(sample) {
        return Err(Error::UnsupportedMedia(DAMAGED));
    }
    Ok(())
}

fn is_binary(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE);
    let value = value.and_then(|value| value.to_str().ok());
    let essence = value.and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case(BINARY))
}

/// Returns the start of the body up to the first byte that is no UTF-8. A body
/// that was passed on as text has none.
fn sample(body: &[u8]) -> &str {
    let bytes = &body[..body.len().min(SAMPLE_CHARS_MAX * char::MAX_LEN_UTF8)];
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default(),
    }
}

/// Returns whether the even or the odd places of a sample, and not both, have
/// U+0000 or U+FFFD. Letters beyond Latin have neither, so that three of four
/// such places are enough.
fn has_marks_in_every_second_place(sample: &str) -> bool {
    let mut marks = [0_usize; 2];
    let mut places = [0_usize; 2];
    for (index, char) in sample.chars().take(SAMPLE_CHARS_MAX).enumerate() {
        places[index % 2] += 1;
        marks[index % 2] += usize::from(matches!(char, '\0' | char::REPLACEMENT_CHARACTER));
    }
    let most = |parity: usize| marks[parity] * 4 >= places[parity] * 3;
    places[0] + places[1] >= SAMPLE_CHARS_MIN && most(0) != most(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADING: &str = "<html><head><title>5000010: Trade History Report</title>";

    fn headers(content_type: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(
            header::CONTENT_TYPE,
            http::HeaderValue::from_static(content_type),
        )])
    }

    fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(to_bytes).collect()
    }

    fn is_refused(content_type: &'static str, body: &[u8]) -> bool {
        refuse_damaged(&headers(content_type), body).is_err()
    }

    /// As API Gateway hands it on.
    fn as_text(bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).into_owned()
    }

    #[test]
    fn damaged_utf16_is_refused_with_any_type() {
        let marked = format!("\u{feff}{HEADING}");
        let accented = format!("{}{HEADING}", "é".repeat(8));
        for text in [&marked, &accented] {
            for to_bytes in [u16::to_le_bytes, u16::to_be_bytes] {
                let damaged = as_text(&utf16(text, to_bytes));
                for kind in ["text/html", "application/octet-stream", "text/csv"] {
                    assert!(is_refused(kind, damaged.as_bytes()), "{kind} {damaged:?}");
                }
            }
        }
    }

    #[test]
    fn whole_utf16_is_taken_as_octets() {
        let marked = format!("\u{feff}{HEADING}");
        for to_bytes in [u16::to_le_bytes, u16::to_be_bytes] {
            assert!(!is_refused("text/html", &utf16(&marked, to_bytes)));
            let unmarked = utf16(HEADING, to_bytes);
            assert!(!is_refused("application/octet-stream", &unmarked));
            assert!(!is_refused("Application/Octet-Stream; x=y", &unmarked));
            assert!(is_refused("text/html; charset=utf-16", &unmarked));
        }
    }

    #[test]
    fn other_bodies_are_not_refused() {
        let strange = "a\u{fffd}".repeat(2) + HEADING;
        for body in ["", "a", "\0", HEADING, "Zeit;Größe", &strange] {
            assert!(!is_refused("text/csv", body.as_bytes()), "{body:?}");
        }
        assert!(!is_refused("text/csv", &[0; 400]));
        assert!(!is_refused("text/csv", b"PK\x03\x04\xff\xfe\0\0\0"));
    }
}
