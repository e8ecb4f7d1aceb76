//! Bytes to text: UTF-8, UTF-16 with or without a mark, and the old single-byte code pages.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How far into a file its own statement of an encoding is looked for.
const DECLARATION_BYTES_MAX: usize = 2_048;
/// How much of a file is looked at for the zero bytes of unmarked UTF-16.
const SAMPLE_BYTES_MAX: usize = 4_096;

/// Decodes text in whatever encoding it has. Never fails: what cannot be decoded becomes the
/// replacement character. An odd last byte of UTF-16 is dropped.
pub(crate) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if let Some((encoding, mark_length)) = Encoding::for_bom(bytes) {
        return decode_as(encoding, &bytes[mark_length..]);
    }
    if let Some(encoding) = unmarked_utf16(bytes) {
        return decode_as(encoding, bytes);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let encoding = declared(bytes).unwrap_or_else(|| guess_broken(bytes));
    decode_as(encoding, bytes)
}

fn decode_as<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> Cow<'a, str> {
    let wide = encoding == UTF_16LE || encoding == UTF_16BE;
    let length = if wide { bytes.len() & !1 } else { bytes.len() };
    encoding.decode_without_bom_handling(&bytes[..length]).0
}

/// Tells UTF-16 by where its zero bytes are: markup, digits and separators are below 256.
fn unmarked_utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = &bytes[..bytes.len().min(SAMPLE_BYTES_MAX)];
    let pairs = sample.len() / 2;
    if pairs < 4 {
        return None;
    }
    let zeros = |offset: usize| {
        sample
            .iter()
            .skip(offset)
            .step_by(2)
            .filter(|b| **b == 0)
            .count()
    };
    let (even, odd) = (zeros(0), zeros(1));
    if odd * 2 > pairs && even * 10 < pairs {
        Some(UTF_16LE)
    } else if even * 2 > pairs && odd * 10 < pairs {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// The encoding that the file states in `charset=` or `encoding=`.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(DECLARATION_BYTES_MAX)])
        .to_ascii_lowercase();
    let at = ["charset=", "encoding="]
        .iter()
        .filter_map(|key| head.find(key).map(|at| at + key.len()))
        .min()?;
    let label: String = head[at..]
        .trim_start_matches(['"', '\'', ' '])
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        .collect();
    let encoding = Encoding::for_label(label.as_bytes())?;
    // What states a two-byte encoding in one-byte text is wrong about itself.
    (encoding != UTF_16LE && encoding != UTF_16BE).then_some(encoding)
}

/// Text that is UTF-8 but for a byte or two (a stray final byte) stays UTF-8.
fn guess_broken(bytes: &[u8]) -> &'static Encoding {
    match std::str::from_utf8(bytes) {
        Err(error) if error.valid_up_to() + 4 >= bytes.len() => UTF_8,
        _ => WINDOWS_1252,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(text: &str, little: bool) -> Vec<u8> {
        text.encode_utf16()
            .flat_map(|unit| {
                if little {
                    unit.to_le_bytes()
                } else {
                    unit.to_be_bytes()
                }
            })
            .collect()
    }

    #[test]
    fn utf16_is_read_with_and_without_mark_and_with_a_stray_byte() {
        let text = "<table><tr><td>取引 12.50</td></tr></table>";
        for little in [true, false] {
            let bare = wide(text, little);
            assert_eq!(decode(&bare), text);
            let mut marked = if little {
                vec![0xff, 0xfe]
            } else {
                vec![0xfe, 0xff]
            };
            marked.extend(&bare);
            marked.push(b'>');
            assert_eq!(decode(&marked), text);
        }
    }

    #[test]
    fn code_pages_are_taken_from_the_declaration() {
        let mut bytes = b"<meta charset=\"windows-1251\"><b>".to_vec();
        bytes.extend([0xd1, 0xe4, 0xe5, 0xeb, 0xea, 0xe8]);
        assert!(decode(&bytes).ends_with("Сделки"));
        assert_eq!(decode(b"1\xa0234,50"), "1\u{a0}234,50");
        assert_eq!(decode("\u{feff}Zeit".as_bytes()), "Zeit");
    }
}
