//! Tells by content what container a file is.

use crate::delimited::Delimited;
use crate::encoding;
use crate::errors::ParseError;
use crate::html::Html;
use crate::limits::FILE_BYTES_MAX;
use crate::row::{RowOutput, RowSink};
use crate::steps::Steps;
use crate::xlsx::Workbook;

/// A file whose rows can be gone through, more than once.
pub(crate) enum Source<'a> {
    Html(Html<'a>),
    Workbook(Box<Workbook>),
    Delimited(Delimited<'a>),
}

impl Source<'_> {
    /// Hands each row to `sink` until it stops.
    ///
    /// # Errors
    ///
    /// Returns [`ParseError::TooMuch`] and [`ParseError::TooCostly`] if the file is beyond a bound,
    /// and [`ParseError::Corrupt`] if its container is damaged.
    pub(crate) fn rows(&self, sink: &mut dyn RowSink, steps: &mut Steps) -> Result<(), ParseError> {
        let output = &mut RowOutput::new(sink, steps);
        match self {
            Self::Html(html) => html.rows(output),
            Self::Workbook(workbook) => workbook.rows(output),
            Self::Delimited(text) => text.rows(output),
        }
    }

    /// Whether serial dates of the file count from 1904.
    pub(crate) fn serial_1904(&self) -> bool {
        matches!(self, Self::Workbook(workbook) if workbook.serial_1904())
    }
}

/// Opens a file of any supported container.
pub(crate) fn open<'a>(bytes: &'a [u8], steps: &mut Steps) -> Result<Source<'a>, ParseError> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(ParseError::TooLarge {
            bytes: bytes.len(),
            bytes_max: FILE_BYTES_MAX,
        });
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(ParseError::Empty);
    }
    if bytes.starts_with(b"PK") {
        return Ok(Source::Workbook(Box::new(Workbook::open(bytes, steps)?)));
    }
    let text = encoding::decode(bytes);
    if text.trim().is_empty() {
        return Err(ParseError::Empty);
    }
    if is_binary(&text) {
        return Err(ParseError::UnknownFormat);
    }
    if is_markup(&text) {
        Ok(Source::Html(Html::new(text)))
    } else {
        Ok(Source::Delimited(Delimited::new(text)))
    }
}

/// Text has no control characters to speak of, and what is decoded wrongly is little of it.
fn is_binary(text: &str) -> bool {
    let (mut count, mut bad) = (0_usize, 0_usize);
    for c in text.chars().take(65_536) {
        count += 1;
        bad += usize::from(c == '\u{fffd}' || (c.is_control() && !c.is_ascii_whitespace()));
        if c == '\0' {
            return true;
        }
    }
    bad * 20 > count
}

fn is_markup(text: &str) -> bool {
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    start.starts_with('<')
}
