//! The strings that cells share.

use quick_xml::events::Event;

use super::xml;
use crate::errors::ParseError;
use crate::limits::{CELL_BYTES_MAX, SHARED_STRINGS_MAX};
use crate::steps::Steps;

/// The shared strings, end to end in one buffer.
#[derive(Default)]
pub(super) struct SharedStrings {
    text: String,
    ends: Vec<usize>,
}

impl SharedStrings {
    pub(super) fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.text.get(start..end)
    }

    pub(super) fn read(text: &str, steps: &mut Steps) -> Result<Self, ParseError> {
        let mut strings = Self::default();
        let (mut in_text, mut phonetic) = (false, false);
        xml::events(text, |event| {
            steps.take(xml::EVENT_STEPS)?;
            match event {
                Event::Start(tag) => match xml::local(tag) {
                    "t" => in_text = true,
                    "rPh" => phonetic = true,
                    _ => {}
                },
                Event::Empty(tag) if xml::local(tag) == "si" => strings.close()?,
                Event::End(tag) => match xml::without_prefix(tag.name().0) {
                    "t" => in_text = false,
                    "rPh" => phonetic = false,
                    "si" => strings.close()?,
                    _ => {}
                },
                Event::Text(content) if in_text && !phonetic => strings.push(content),
                Event::CData(content) if in_text && !phonetic => strings.push(content),
                Event::GeneralRef(reference) if in_text && !phonetic => {
                    xml::push_reference(&mut strings.text, reference);
                }
                _ => {}
            }
            Ok(true)
        })?;
        Ok(strings)
    }

    fn push(&mut self, content: &str) {
        let open = self.text.len() - self.ends.last().copied().unwrap_or(0);
        // One byte more than a cell may have, so that the row reader sees the excess.
        let room = (CELL_BYTES_MAX + 1).saturating_sub(open);
        self.text
            .push_str(&content[..content.floor_char_boundary(room)]);
    }

    fn close(&mut self) -> Result<(), ParseError> {
        if self.ends.len() >= SHARED_STRINGS_MAX {
            return Err(ParseError::TooMuch {
                what: "shared strings",
                max: SHARED_STRINGS_MAX as u64,
            });
        }
        self.ends.push(self.text.len());
        Ok(())
    }
}
