//! A bounded row of cells: what all containers are turned into.

use crate::errors::ParseError;
use crate::limits::{CELL_BYTES_MAX, CELLS_PER_ROW_MAX, ROWS_MAX};
use crate::steps::Steps;

/// A row. Its buffers are used again for the next one, so a file's rows are never held together.
#[derive(Debug, Default)]
pub(crate) struct Row {
    /// The line of the file or row of the sheet, from 1.
    pub(crate) line: u32,
    /// What of the row went beyond a bound, if anything did.
    pub(crate) fault: Option<&'static str>,
    text: String,
    cells: Vec<Span>,
    filled: usize,
}

#[derive(Debug, Clone, Copy)]
struct Span {
    start: usize,
    end: usize,
    number: bool,
}

/// A cell of a [`Row`].
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cell<'a> {
    /// The text, without space around it; empty for a blank cell.
    pub(crate) text: &'a str,
    /// Whether the container says that it is a number.
    pub(crate) number: bool,
}

impl Row {
    /// Empties the row for a new one at `line`.
    pub(crate) fn reset(&mut self, line: u32) {
        self.line = line;
        self.fault = None;
        self.text.clear();
        self.cells.clear();
        self.filled = 0;
    }

    /// Adds a cell behind the last one.
    pub(crate) fn push(&mut self, text: &str, number: bool) {
        if self.cells.len() >= CELLS_PER_ROW_MAX {
            if !text.trim().is_empty() {
                self.fault = Some("the row has more than 256 cells");
            }
            return;
        }
        let start = self.text.len();
        let mut text = text.trim();
        if text.len() > CELL_BYTES_MAX {
            self.fault = Some("a cell of the row has more than 4096 bytes");
            text = &text[..text.floor_char_boundary(CELL_BYTES_MAX)];
        }
        if text.is_ascii() {
            self.text.push_str(text);
        } else {
            push_clean(&mut self.text, text);
        }
        let end = self.text.len();
        self.filled += usize::from(end > start);
        self.cells.push(Span { start, end, number });
    }

    /// Adds blank cells until the row is `width` wide.
    pub(crate) fn pad_to(&mut self, width: usize) {
        let at = self.text.len();
        let blank = Span {
            start: at,
            end: at,
            number: false,
        };
        let width = width.min(CELLS_PER_ROW_MAX);
        if width > self.cells.len() {
            self.cells.resize(width, blank);
        }
    }

    /// The number of cells, blank ones among them.
    pub(crate) fn width(&self) -> usize {
        self.cells.len()
    }

    /// The number of cells that are not blank.
    pub(crate) fn filled_count(&self) -> usize {
        self.filled
    }

    /// The cell at `index`; a blank one beyond the row's end.
    pub(crate) fn cell(&self, index: usize) -> Cell<'_> {
        self.cells
            .get(index)
            .map_or_else(Cell::default, |span| Cell {
                text: &self.text[span.start..span.end],
                number: span.number,
            })
    }

    /// The steps that handling the row takes.
    fn steps(&self) -> usize {
        1 + self.cells.len() + self.text.len()
    }

    /// The cells that are not blank, each with its index.
    pub(crate) fn filled(&self) -> impl Iterator<Item = (usize, Cell<'_>)> {
        (0..self.cells.len())
            .map(|index| (index, self.cell(index)))
            .filter(|(_, cell)| !cell.text.is_empty())
    }
}

/// Adds `text` without the invisible marks that right-to-left and East Asian exports carry.
fn push_clean(buffer: &mut String, text: &str) {
    let start = buffer.len();
    buffer.extend(text.chars().filter(|c| {
        !matches!(*c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    }));
    // Taking a mark away can lay bare a space behind it.
    let trimmed = buffer[start..].trim().len();
    if trimmed < buffer.len() - start {
        let kept = buffer[start..].trim().to_owned();
        buffer.truncate(start);
        buffer.push_str(&kept);
    }
}

/// Whether a reader goes on with the next row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    Continue,
    Stop,
}

/// What takes a file's rows, one after the other.
pub(crate) trait RowSink {
    /// Takes a row.
    fn row(&mut self, row: &Row) -> Flow;

    /// Takes the document's title; the default does nothing.
    fn title(&mut self, _text: &str) {}

    /// Another sheet of the workbook begins; the default does nothing.
    fn sheet(&mut self) {}
}

/// The output of a container: hands its rows to a sink, within the bounds on rows and steps.
pub(crate) struct RowOutput<'a> {
    sink: &'a mut dyn RowSink,
    steps: &'a mut Steps,
    rows: u32,
}

impl<'a> RowOutput<'a> {
    pub(crate) fn new(sink: &'a mut dyn RowSink, steps: &'a mut Steps) -> Self {
        Self {
            sink,
            steps,
            rows: 0,
        }
    }

    /// Hands a row to the sink.
    ///
    /// # Errors
    ///
    /// Returns [`ParseError::TooMuch`] if the file has more than [`ROWS_MAX`] rows, and
    /// [`ParseError::TooCostly`] if the steps are used up.
    pub(crate) fn row(&mut self, row: &Row) -> Result<Flow, ParseError> {
        self.rows += 1;
        if self.rows > ROWS_MAX {
            return Err(ParseError::TooMuch {
                what: "rows",
                max: u64::from(ROWS_MAX),
            });
        }
        self.steps.take(row.steps())?;
        Ok(self.sink.row(row))
    }

    /// Hands the document's title to the sink.
    pub(crate) fn title(&mut self, text: &str) {
        self.sink.title(text);
    }

    /// Tells the sink that another sheet begins.
    pub(crate) fn sheet(&mut self) {
        self.sink.sheet();
    }

    /// Adds steps that a container takes by itself.
    ///
    /// # Errors
    ///
    /// Returns [`ParseError::TooCostly`] if the steps are used up.
    pub(crate) fn take(&mut self, steps: usize) -> Result<(), ParseError> {
        self.steps.take(steps)
    }
}
