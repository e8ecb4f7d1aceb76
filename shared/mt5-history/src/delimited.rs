//! The rows of delimited text: comma, semicolon, tab or bar.

use std::borrow::Cow;

use csv::{ByteRecord, ReaderBuilder};

use crate::errors::ParseError;
use crate::row::{Flow, Row, RowOutput};

/// The delimiters looked for.
const DELIMITERS: [u8; 4] = [b';', b'\t', b',', b'|'];
/// The lines looked at to tell the delimiter.
const SAMPLE_LINES_MAX: usize = 60;
/// A table of deals has more columns than this; fewer delimiters in a line prove nothing.
const DELIMITERS_MIN: usize = 4;

/// Delimited text.
pub(crate) struct Delimited<'a> {
    text: Cow<'a, str>,
    delimiter: u8,
    quoting: bool,
}

impl<'a> Delimited<'a> {
    pub(crate) fn new(text: Cow<'a, str>) -> Self {
        let delimiter = delimiter_of(&text);
        let quoting = !has_stray_quote(&text, delimiter);
        Self {
            text,
            delimiter,
            quoting,
        }
    }

    pub(crate) fn rows(&self, output: &mut RowOutput<'_>) -> Result<(), ParseError> {
        let mut reader = reader(&self.text, self.delimiter, self.quoting);
        let (mut record, mut row) = (ByteRecord::new(), Row::default());
        let mut lines = LineStarts::default();
        while let Ok(true) = reader.read_byte_record(&mut record) {
            let offset = record.position().map_or(0, csv::Position::byte);
            row.reset(lines.at(self.text.as_bytes(), offset));
            for field in &record {
                let field = String::from_utf8_lossy(field);
                let field = if self.quoting {
                    &*field
                } else {
                    field.trim().trim_matches('"')
                };
                row.push(field, false);
            }
            if output.row(&row)? == Flow::Stop {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// Counts the lines up to a record's first byte: a record's own position counts blank lines
/// before it as part of it.
#[derive(Default)]
struct LineStarts {
    offset: usize,
    line: u32,
}

impl LineStarts {
    fn at(&mut self, text: &[u8], offset: u64) -> u32 {
        let mut start = usize::try_from(offset)
            .unwrap_or(text.len())
            .min(text.len());
        while matches!(text.get(start), Some(b'\n' | b'\r')) {
            start += 1;
        }
        while self.offset < start {
            let byte = text[self.offset];
            let lone_return = byte == b'\r' && text.get(self.offset + 1) != Some(&b'\n');
            if byte == b'\n' || lone_return {
                self.line = self.line.saturating_add(1);
            }
            self.offset += 1;
        }
        self.line.saturating_add(1)
    }
}

fn reader(text: &str, delimiter: u8, quoting: bool) -> csv::Reader<&[u8]> {
    ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .quoting(quoting)
        .from_reader(text.as_bytes())
}

/// The delimiter that most lines have equally often. Decimal commas lose to it: the heading has
/// none of them.
fn delimiter_of(text: &str) -> u8 {
    let lines: Vec<&str> = text
        .split(['\n', '\r'])
        .filter(|line| !line.trim().is_empty())
        .take(SAMPLE_LINES_MAX)
        .collect();
    let score = |delimiter: u8| {
        let mut counts: Vec<usize> = lines
            .iter()
            .map(|line| count_outside_quotes(line, delimiter))
            .filter(|count| *count >= DELIMITERS_MIN)
            .collect();
        counts.sort_unstable();
        counts
            .chunk_by(|a, b| a == b)
            .map(|run| (run.len(), run[0]))
            .max()
            .unwrap_or_default()
    };
    DELIMITERS
        .into_iter()
        .rev()
        .max_by_key(|delimiter| score(*delimiter))
        .unwrap_or(b',')
}

fn count_outside_quotes(line: &str, delimiter: u8) -> usize {
    let mut quoted = false;
    line.bytes()
        .filter(|byte| {
            quoted ^= *byte == b'"';
            !quoted && *byte == delimiter
        })
        .count()
}

/// Whether a quote that is never closed would swallow whole lines of the table. Such text is read
/// without regard to quotes: one bad row instead of a lost rest.
fn has_stray_quote(text: &str, delimiter: u8) -> bool {
    if !text.contains('"') {
        return false;
    }
    let mut reader = reader(text, delimiter, true);
    let mut record = ByteRecord::new();
    while let Ok(true) = reader.read_byte_record(&mut record) {
        for field in &record {
            let swallowed = field
                .split(|byte| *byte == b'\n' || *byte == b'\r')
                .skip(1)
                .any(|line| {
                    line.iter().filter(|byte| **byte == delimiter).count() >= DELIMITERS_MIN
                });
            if swallowed {
                return true;
            }
        }
    }
    false
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

    fn rows(text: &str) -> Vec<(u32, Vec<String>)> {
        let mut seen = Seen::default();
        let mut steps = Steps::new(PARSE_STEPS_MAX);
        Delimited::new(text.into())
            .rows(&mut RowOutput::new(&mut seen, &mut steps))
            .expect("few rows");
        seen.0
    }

    #[test]
    fn decimal_commas_do_not_pass_for_delimiters() {
        let text = "Time;Deal;Type;Price;Volume;Fee\n1;2;3;4,5;6,7;8,9\n\n1;2;3;4,5;6,7;8,9\n";
        let rows = rows(text);
        assert_eq!(rows[1].1, ["1", "2", "3", "4,5", "6,7", "8,9"]);
        assert_eq!(rows.iter().map(|r| r.0).collect::<Vec<_>>(), [1, 2, 4]);
    }

    #[test]
    fn quotes_keep_delimiters_and_a_stray_quote_swallows_no_rows() {
        let quoted = rows("a,b,c,d,e\r\n1,\"2,5\",3,4,\"two\nlines\"\r\n6,7,8,9,10");
        assert_eq!(quoted[1].1, ["1", "2,5", "3", "4", "two\nlines"]);
        assert_eq!(quoted[2].0, 4);
        let stray = rows("a,b,c,d,e\n1,2,3,4,\"open\n1,2,3,4,5\n1,2,3,4,5\n");
        assert_eq!(stray.len(), 4);
        assert_eq!(stray[1].1[4], "open");
    }
}
