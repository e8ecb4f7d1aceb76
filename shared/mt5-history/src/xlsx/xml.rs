//! Small helpers over the XML reader.

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesRef, BytesStart, Event};

use crate::errors::ParseError;

/// The steps of one event: it is read, and its names are compared.
pub(super) const EVENT_STEPS: usize = 3;

/// Hands each event to `take` until it answers `false` or the text ends.
pub(super) fn events<'t>(
    text: &'t str,
    mut take: impl FnMut(&Event<'t>) -> Result<bool, ParseError>,
) -> Result<(), ParseError> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = false;
    reader.config_mut().allow_unmatched_ends = true;
    reader.config_mut().allow_dangling_amp = true;
    loop {
        let event = reader
            .read_event()
            .map_err(|error| ParseError::Corrupt(error.to_string()))?;
        if matches!(event, Event::Eof) || !take(&event)? {
            return Ok(());
        }
    }
}

/// A tag's name without its namespace prefix.
pub(super) fn local<'a>(tag: &'a BytesStart<'_>) -> &'a str {
    without_prefix(tag.name().0)
}

/// A name without its namespace prefix.
pub(super) fn without_prefix(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// The value of the attribute with exactly this name.
pub(super) fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    find(tag, |key| key == name)
}

/// The value of the attribute with this name in some namespace (`r:id`).
pub(super) fn attribute_by_local_name(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    find(tag, |key| key.contains(':') && without_prefix(key) == name)
}

fn find(tag: &BytesStart<'_>, wanted: impl Fn(&str) -> bool) -> Option<String> {
    tag.attributes()
        .with_checks(false)
        .filter_map(Result::ok)
        .find(|attribute| wanted(attribute.key.0))
        .map(|attribute| {
            unescape(&attribute.value).map_or_else(
                |_| attribute.value.to_string(),
                std::borrow::Cow::into_owned,
            )
        })
}

/// Adds what an entity or character reference stands for; unknown entities stand for nothing.
pub(super) fn push_reference(text: &mut String, reference: &BytesRef<'_>) {
    if let Ok(Some(c)) = reference.resolve_char_ref() {
        text.push(c);
        return;
    }
    text.push_str(match &**reference {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        _ => "",
    });
}
