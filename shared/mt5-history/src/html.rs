//! The rows of an HTML document's tables.
//!
//! Only tokens are looked at, no tree is built: rows and cells may be unclosed, upper-case,
//! nested or cut off. A hidden cell counts for nothing; a spanning cell fills its columns.

use std::borrow::Cow;
use std::collections::HashSet;

use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Span, Tokenizer};

use crate::errors::ParseError;
use crate::limits::{CELL_BYTES_MAX, CELLS_PER_ROW_MAX, HIDDEN_CLASSES_MAX};
use crate::row::{Flow, Row, RowOutput};

/// An HTML document.
pub(crate) struct Html<'a> {
    text: Cow<'a, str>,
}

impl<'a> Html<'a> {
    pub(crate) fn new(text: Cow<'a, str>) -> Self {
        Self { text }
    }

    pub(crate) fn rows(&self, output: &mut RowOutput<'_>) -> Result<(), ParseError> {
        let mut builder = Builder::new(&self.text, output);
        let mut emitter = CallbackEmitter::new(|event: CallbackEvent<'_>, span: Span<usize>| {
            builder.event(event, span)
        });
        emitter.naively_switch_states(true);
        // A token is only made where the reading ends before the document does.
        let end = Tokenizer::new_with_emitter(&*self.text, emitter)
            .next()
            .map(|Ok(end)| end);
        match end {
            Some(ended) => ended,
            None => builder.end_row().unwrap_or(Ok(())),
        }
    }
}

/// The reason why the reading ended before the document did: the sink stopped, or a bound.
type Ended = Result<(), ParseError>;

/// Where text goes to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Nowhere,
    Cell,
    Title,
    Style,
}

/// The start tag being read.
#[derive(Default)]
struct Tag {
    name: Vec<u8>,
    attribute: Vec<u8>,
    start: usize,
    hidden: bool,
    span: usize,
}

struct Builder<'a, 's> {
    source: &'a [u8],
    output: &'a mut RowOutput<'s>,
    lines: LineCounter,
    row: Row,
    in_row: bool,
    row_hidden: bool,
    place: Place,
    text: String,
    cell_span: usize,
    cell_hidden: bool,
    tag: Tag,
    hidden_classes: HiddenClasses,
}

impl<'a, 's> Builder<'a, 's> {
    fn new(source: &'a str, output: &'a mut RowOutput<'s>) -> Self {
        Self {
            source: source.as_bytes(),
            output,
            lines: LineCounter::default(),
            row: Row::default(),
            in_row: false,
            row_hidden: false,
            place: Place::Nowhere,
            text: String::new(),
            cell_span: 1,
            cell_hidden: false,
            tag: Tag::default(),
            hidden_classes: HiddenClasses::default(),
        }
    }

    fn event(&mut self, event: CallbackEvent<'_>, span: Span<usize>) -> Option<Ended> {
        if let Err(error) = self.output.take(1) {
            return Some(Err(error));
        }
        match event {
            CallbackEvent::OpenStartTag { name } => {
                self.tag.name.clear();
                self.tag.name.extend_from_slice(name);
                self.tag.start = span.start;
                self.tag.hidden = false;
                self.tag.span = 1;
                self.tag.attribute.clear();
                None
            }
            CallbackEvent::AttributeName { name } => {
                self.tag.attribute.clear();
                self.tag.attribute.extend_from_slice(name);
                self.tag.hidden |= name == b"hidden";
                None
            }
            CallbackEvent::AttributeValue { value } => {
                self.attribute(value);
                None
            }
            CallbackEvent::CloseStartTag { .. } => self.start_tag(),
            CallbackEvent::EndTag { name } => self.end_tag(name),
            CallbackEvent::String { value } => {
                self.string(value);
                None
            }
            CallbackEvent::Comment { value } => {
                if self.place == Place::Style {
                    self.string(value);
                }
                None
            }
            _ => None,
        }
    }

    fn attribute(&mut self, value: &[u8]) {
        match self.tag.attribute.as_slice() {
            b"colspan" => {
                let text = std::str::from_utf8(value).unwrap_or("").trim();
                self.tag.span = text.parse().unwrap_or(1).clamp(1, CELLS_PER_ROW_MAX);
            }
            b"style" => self.tag.hidden |= hides(&String::from_utf8_lossy(value)),
            b"class" => {
                let classes = String::from_utf8_lossy(value);
                self.tag.hidden |= classes
                    .split_ascii_whitespace()
                    .any(|class| self.hidden_classes.contains(class));
            }
            _ => {}
        }
    }

    fn start_tag(&mut self) -> Option<Ended> {
        match self.tag.name.as_slice() {
            b"tr" => {
                let ended = self.end_row();
                let line = self.lines.at(self.source, self.tag.start);
                self.row.reset(line);
                self.in_row = true;
                self.row_hidden = self.tag.hidden;
                return ended;
            }
            b"td" | b"th" if self.in_row => {
                self.end_cell();
                self.place = Place::Cell;
                self.cell_span = self.tag.span;
                self.cell_hidden = self.tag.hidden;
            }
            b"table" => return self.end_row(),
            b"title" => self.enter(Place::Title),
            b"style" => self.enter(Place::Style),
            b"br" | b"div" | b"p" => self.push_space(),
            _ => {}
        }
        None
    }

    fn end_tag(&mut self, name: &[u8]) -> Option<Ended> {
        match name {
            b"tr" | b"table" | b"tbody" | b"thead" | b"body" | b"html" => return self.end_row(),
            b"td" | b"th" => self.end_cell(),
            b"title" if self.place == Place::Title => {
                self.output.title(self.text.trim());
                self.leave();
            }
            b"style" if self.place == Place::Style => {
                let style = std::mem::take(&mut self.text);
                self.leave();
                if let Err(error) = self.hidden_classes.add(&style) {
                    return Some(Err(error));
                }
            }
            _ => {}
        }
        None
    }

    fn enter(&mut self, place: Place) {
        if self.place == Place::Nowhere {
            self.place = place;
            self.text.clear();
        }
    }

    fn leave(&mut self) {
        self.place = Place::Nowhere;
        self.text.clear();
    }

    fn string(&mut self, value: &[u8]) {
        let keep = match self.place {
            Place::Nowhere => return,
            Place::Style => 64 * 1024,
            Place::Cell | Place::Title => CELL_BYTES_MAX + 1,
        };
        if self.text.len() >= keep {
            return;
        }
        let value = String::from_utf8_lossy(value);
        if self.place == Place::Style {
            self.text.push_str(&value);
            return;
        }
        for c in value.chars() {
            if self.text.len() >= keep {
                break;
            }
            if c.is_whitespace() {
                self.push_space();
            } else {
                self.text.push(c);
            }
        }
    }

    fn push_space(&mut self) {
        if self.place != Place::Nowhere && !self.text.is_empty() && !self.text.ends_with(' ') {
            self.text.push(' ');
        }
    }

    fn end_cell(&mut self) {
        if self.place == Place::Cell {
            if !self.cell_hidden {
                let width = self.row.width() + self.cell_span;
                self.row.push(&self.text, false);
                self.row.pad_to(width);
            }
            self.leave();
        }
    }

    fn end_row(&mut self) -> Option<Ended> {
        self.end_cell();
        if !std::mem::take(&mut self.in_row) || self.row_hidden {
            return None;
        }
        match self.output.row(&self.row) {
            Ok(Flow::Continue) => None,
            Ok(Flow::Stop) => Some(Ok(())),
            Err(error) => Some(Err(error)),
        }
    }
}

/// Counts lines up to offsets that only grow.
#[derive(Default)]
struct LineCounter {
    offset: usize,
    newlines: u32,
}

impl LineCounter {
    fn at(&mut self, source: &[u8], offset: usize) -> u32 {
        let offset = offset.min(source.len());
        if offset > self.offset {
            let passed = source[self.offset..offset]
                .iter()
                .filter(|b| **b == b'\n')
                .count();
            self.newlines = self
                .newlines
                .saturating_add(u32::try_from(passed).unwrap_or(u32::MAX));
            self.offset = offset;
        }
        self.newlines.saturating_add(1)
    }
}

fn hides(style: &str) -> bool {
    let compact: String = style.chars().filter(|c| !c.is_whitespace()).collect();
    compact.to_ascii_lowercase().contains("display:none")
}

/// The classes of a document that hide what bears them, in lower case.
struct HiddenClasses(HashSet<String>);

impl Default for HiddenClasses {
    fn default() -> Self {
        Self(HashSet::from(["hidden".to_owned()]))
    }
}

impl HiddenClasses {
    fn contains(&self, class: &str) -> bool {
        if class.bytes().any(|byte| byte.is_ascii_uppercase()) {
            self.0.contains(&class.to_ascii_lowercase())
        } else {
            self.0.contains(class)
        }
    }

    /// Adds the classes that a style sheet gives `display: none`.
    ///
    /// # Errors
    ///
    /// Returns [`ParseError::TooMuch`] if the document has more than [`HIDDEN_CLASSES_MAX`] of
    /// them. Further ones cannot be left out: cells that nobody sees would be read.
    fn add(&mut self, style: &str) -> Result<(), ParseError> {
        let classes = style
            .split('}')
            .filter_map(|rule| rule.rsplit_once('{'))
            .filter(|(_, body)| hides(body))
            .flat_map(|(selector, _)| selector.split([',', ' ', '\n', '\t', '\r']))
            .filter_map(|part| part.rsplit_once('.').map(|(_, class)| class.trim()))
            .filter(|class| !class.is_empty());
        for class in classes {
            self.0.insert(class.to_ascii_lowercase());
            if self.0.len() > HIDDEN_CLASSES_MAX {
                return Err(ParseError::TooMuch {
                    what: "classes that hide cells",
                    max: HIDDEN_CLASSES_MAX as u64,
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::PARSE_STEPS_MAX;
    use crate::row::RowSink;
    use crate::steps::Steps;

    #[derive(Default)]
    struct Seen(Vec<(u32, Vec<String>)>);

    impl RowSink for Seen {
        fn row(&mut self, row: &Row) -> Flow {
            let cells = (0..row.width())
                .map(|i| row.cell(i).text.to_owned())
                .collect();
            self.0.push((row.line, cells));
            Flow::Continue
        }
    }

    fn rows(html: &str) -> Vec<(u32, Vec<String>)> {
        let mut seen = Seen::default();
        let mut steps = Steps::new(PARSE_STEPS_MAX);
        Html::new(html.into())
            .rows(&mut RowOutput::new(&mut seen, &mut steps))
            .expect("few rows");
        seen.0
    }

    #[test]
    fn hidden_cells_count_for_nothing_and_spans_fill_columns() {
        let html = "<style><!-- .gone, td.away { display : none; } --></style>\r\n<TABLE>\r\n<TR ALIGN=right>\
            <TD COLSPAN=2>a&nbsp;b</TD><td class=\"x hidden\" colspan=8>no</td><td style='DISPLAY: none'>no</td>\
            <td class=gone>no</td><td class=away>no</td><td hidden>no</td><td> 1 <br> 2 </td></TR>\r\n\
            <tr><td>3<td>4\r\n<tr style='display:none'><td>no</td></tr><tr><th>&lt;5&gt;";
        let expected = vec![
            (3, vec!["a b".to_owned(), String::new(), "1 2".to_owned()]),
            (4, vec!["3".to_owned(), "4".to_owned()]),
            (5, vec!["<5>".to_owned()]),
        ];
        assert_eq!(rows(html), expected);
    }

    #[test]
    fn a_row_of_endless_spans_stays_bounded() {
        let html = format!(
            "<table><tr>{}</tr></table>",
            "<td colspan=99999>x".repeat(1_000)
        );
        let rows = rows(&html);
        assert_eq!(rows[0].1.len(), CELLS_PER_ROW_MAX);
    }
}
