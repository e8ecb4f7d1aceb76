//! The rows of one worksheet.

use quick_xml::events::{BytesStart, Event};

use super::strings::SharedStrings;
use super::xml;
use crate::errors::ParseError;
use crate::limits::{CELL_BYTES_MAX, CELLS_PER_ROW_MAX};
use crate::row::{Flow, Row, RowOutput};

/// The last row and column that a worksheet can have.
const SHEET_ROWS_MAX: u32 = 1_048_576;
const SHEET_COLUMNS_MAX: usize = 16_384;

/// Hands the rows of a sheet to `output`; returns `true` if its sink stopped.
pub(super) fn rows(
    text: &str,
    strings: &SharedStrings,
    output: &mut RowOutput<'_>,
) -> Result<bool, ParseError> {
    let mut reader = SheetReader::new(strings);
    let mut stopped = false;
    xml::events(text, |event| {
        output.take(xml::EVENT_STEPS)?;
        if !reader.event(event)? {
            return Ok(true);
        }
        stopped = output.row(&reader.row)? == Flow::Stop;
        Ok(!stopped)
    })?;
    Ok(stopped)
}

/// What a cell's `t` says its value is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Shared,
    Text,
}

struct SheetReader<'s> {
    strings: &'s SharedStrings,
    row: Row,
    line: u32,
    column: usize,
    kind: Kind,
    in_value: bool,
    in_phonetic: bool,
    value: String,
}

impl<'s> SheetReader<'s> {
    fn new(strings: &'s SharedStrings) -> Self {
        Self {
            strings,
            row: Row::default(),
            line: 0,
            column: 0,
            kind: Kind::Number,
            in_value: false,
            in_phonetic: false,
            value: String::new(),
        }
    }

    /// Takes an event; answers whether it completed a row.
    fn event(&mut self, event: &Event<'_>) -> Result<bool, ParseError> {
        match event {
            Event::Start(tag) => self.start(tag)?,
            Event::Empty(tag) => match xml::local(tag) {
                "row" => self.start_row(tag)?,
                "c" => {
                    self.start_cell(tag)?;
                    self.end_cell();
                }
                _ => {}
            },
            Event::Text(text) if self.taking() => self.push(text),
            Event::CData(text) if self.taking() => self.push(text),
            Event::GeneralRef(reference) if self.taking() => {
                xml::push_reference(&mut self.value, reference);
            }
            Event::End(tag) => return Ok(self.end(xml::without_prefix(tag.name().0))),
            _ => {}
        }
        Ok(false)
    }

    fn taking(&self) -> bool {
        self.in_value && !self.in_phonetic && self.value.len() <= CELL_BYTES_MAX
    }

    fn push(&mut self, text: &str) {
        let room = (CELL_BYTES_MAX + 1).saturating_sub(self.value.len());
        self.value.push_str(&text[..text.floor_char_boundary(room)]);
    }

    fn start(&mut self, tag: &BytesStart<'_>) -> Result<(), ParseError> {
        match xml::local(tag) {
            "row" => self.start_row(tag)?,
            "c" => self.start_cell(tag)?,
            "v" | "t" => self.in_value = true,
            "rPh" => self.in_phonetic = true,
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, name: &str) -> bool {
        match name {
            "v" | "t" => self.in_value = false,
            "rPh" => self.in_phonetic = false,
            "c" => self.end_cell(),
            "row" => return true,
            _ => {}
        }
        false
    }

    fn start_row(&mut self, tag: &BytesStart<'_>) -> Result<(), ParseError> {
        let stated = xml::attribute(tag, "r").and_then(|text| text.trim().parse::<u32>().ok());
        self.line = match stated {
            Some(line) if line > SHEET_ROWS_MAX || line == 0 => {
                return Err(ParseError::Corrupt(format!("a sheet has no row {line}")));
            }
            Some(line) if line > self.line => line,
            _ => self.line.saturating_add(1),
        };
        self.row.reset(self.line);
        self.column = 0;
        Ok(())
    }

    fn start_cell(&mut self, tag: &BytesStart<'_>) -> Result<(), ParseError> {
        if let Some(reference) = xml::attribute(tag, "r") {
            self.column = column_of(&reference)
                .ok_or_else(|| ParseError::Corrupt("a cell has a wrong reference".to_owned()))?;
        }
        self.kind = match xml::attribute(tag, "t").as_deref() {
            None | Some("n") => Kind::Number,
            Some("s") => Kind::Shared,
            Some(_) => Kind::Text,
        };
        self.value.clear();
        self.in_value = false;
        self.in_phonetic = false;
        Ok(())
    }

    fn end_cell(&mut self) {
        let column = self.column;
        self.column += 1;
        let text = match self.kind {
            Kind::Shared => self
                .value
                .trim()
                .parse::<usize>()
                .ok()
                .and_then(|index| self.strings.get(index))
                .unwrap_or(""),
            Kind::Number | Kind::Text => &self.value,
        };
        if text.is_empty() {
            return;
        }
        if column >= CELLS_PER_ROW_MAX {
            self.row.fault = Some("the row has more than 256 cells");
        } else if column < self.row.width() {
            self.row.fault = Some("the row's cells are out of order");
        } else {
            self.row.pad_to(column);
            self.row.push(text, self.kind == Kind::Number);
        }
        self.value.clear();
    }
}

/// The column of a reference such as `AB12`, from 0.
fn column_of(reference: &str) -> Option<usize> {
    let letters = reference
        .bytes()
        .take_while(u8::is_ascii_alphabetic)
        .count();
    let digits = &reference[letters..];
    let row_valid = digits.is_empty()
        || digits
            .parse::<u32>()
            .is_ok_and(|row| (1..=SHEET_ROWS_MAX).contains(&row));
    if !(1..=3).contains(&letters) || !row_valid {
        return None;
    }
    let column = reference.bytes().take(letters).fold(0, |column, letter| {
        column * 26 + usize::from(letter.to_ascii_uppercase() - b'A') + 1
    });
    (column <= SHEET_COLUMNS_MAX).then_some(column - 1)
}

#[cfg(test)]
mod tests {
    use super::column_of;

    #[test]
    fn references_name_columns_and_wrong_ones_are_refused() {
        assert_eq!(column_of("A1"), Some(0));
        assert_eq!(column_of("Z9"), Some(25));
        assert_eq!(column_of("AA10"), Some(26));
        assert_eq!(column_of("XFD1048576"), Some(16_383));
        for wrong in ["", "1", "XFE1", "ZZZZ1", "A1048577", "A0", "A-1", "é1"] {
            assert_eq!(column_of(wrong), None, "{wrong}");
        }
    }
}
