//! A first pass over the rows: how the file writes what can be read in two ways.

use crate::detect::Source;
use crate::errors::ParseError;
use crate::limits::SURVEY_ROWS_MAX;
use crate::number::{self, DecimalMark};
use crate::row::{Flow, Row, RowSink};
use crate::steps::Steps;
use crate::time::{self, DateHabits};

/// How a file writes numbers and dates.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Habits {
    pub(crate) mark: DecimalMark,
    pub(crate) dates: DateHabits,
}

/// Finds out a file's habits.
pub(crate) fn survey(source: &Source<'_>, steps: &mut Steps) -> Result<Habits, ParseError> {
    let mut survey = Survey::default();
    source.rows(&mut survey, steps)?;
    Ok(Habits {
        mark: if survey.commas > survey.dots {
            DecimalMark::Comma
        } else {
            DecimalMark::Dot
        },
        dates: DateHabits {
            month_first: survey.month_first > survey.day_first,
            serial_1904: source.serial_1904(),
        },
    })
}

#[derive(Default)]
struct Survey {
    rows: u32,
    dots: u32,
    commas: u32,
    month_first: u32,
    day_first: u32,
}

impl RowSink for Survey {
    fn row(&mut self, row: &Row) -> Flow {
        self.rows += 1;
        for (_, cell) in row.filled() {
            if cell.number {
                continue;
            }
            match number::vote(cell.text) {
                Some(DecimalMark::Dot) => self.dots += 1,
                Some(DecimalMark::Comma) => self.commas += 1,
                None => {}
            }
            match cell
                .text
                .contains('/')
                .then(|| time::vote_month_first(cell.text))
                .flatten()
            {
                Some(true) => self.month_first += 1,
                Some(false) => self.day_first += 1,
                None => {}
            }
        }
        if self.rows < SURVEY_ROWS_MAX {
            Flow::Continue
        } else {
            Flow::Stop
        }
    }
}
