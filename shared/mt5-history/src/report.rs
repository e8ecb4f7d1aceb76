//! Walks a file's rows: finds the sections and reads their rows.

use std::collections::{HashMap, HashSet};

use crate::account::HeadReader;
use crate::columns::{DealColumns, deal_roles_by_place};
use crate::deal_row;
use crate::detect::Source;
use crate::errors::{NotHistory, ParseError};
use crate::limits::{NAME_BYTES_MAX, ROWS_MAX};
use crate::model::{Format, History, Position};
use crate::order::oldest_first;
use crate::position_row;
use crate::row::{Flow, Row, RowSink};
use crate::sections::{Section, heading};
use crate::steps::Steps;
use crate::survey::Habits;
use crate::time;
use crate::words::{MT4_WORDS, TESTER_TITLES, normalize};

/// Reads a history from the rows of `source`.
pub(crate) fn read(
    source: &Source<'_>,
    habits: Habits,
    steps: &mut Steps,
) -> Result<History, ParseError> {
    let mut reader = Reader::new(habits);
    source.rows(&mut reader, steps)?;
    reader.finish(source)
}

/// Where in the file the reader is.
enum State {
    /// In no table.
    Outside,
    /// In a table; `trusted` once its heading's names or its first row proved what it is.
    Inside { section: Section, trusted: bool },
    /// Behind a row that is no row of the table: its end, or a bad row that lost its shape.
    Suspended {
        section: Section,
        strays: Vec<Stray>,
    },
}

/// A row that may be a bad one of the table before it.
struct Stray {
    line: u32,
    filled: usize,
}

/// The strays that are remembered; more of them are no bad rows but another part of the file.
const STRAYS_MAX: usize = 16;

/// What was seen of the file, to tell what it is if it is no history.
#[derive(Default)]
struct Seen {
    deals: bool,
    positions: bool,
    incomplete_positions: bool,
    open_positions: bool,
    orders: bool,
    mt4: bool,
    tester: bool,
    api: bool,
}

struct Reader {
    habits: Habits,
    state: State,
    head: HeadReader,
    history: History,
    tickets: HashSet<String>,
    seen: Seen,
}

impl RowSink for Reader {
    fn row(&mut self, row: &Row) -> Flow {
        if row.filled_count() > 0 || row.fault.is_some() {
            self.take(row);
        }
        Flow::Continue
    }

    fn title(&mut self, text: &str) {
        self.seen.tester |= names_tester(text);
    }

    fn sheet(&mut self) {
        self.end_table();
        self.state = State::Outside;
    }
}

impl Reader {
    fn new(habits: Habits) -> Self {
        Self {
            habits,
            state: State::Outside,
            head: HeadReader::default(),
            history: History::new(Format::DealsTable),
            tickets: HashSet::new(),
            seen: Seen::default(),
        }
    }

    fn take(&mut self, row: &Row) {
        if let Some(found) = heading(row)
            && (found.certain || !matches!(self.state, State::Inside { trusted: true, .. }))
        {
            self.enter(found.section, found.certain);
            return;
        }
        match std::mem::replace(&mut self.state, State::Outside) {
            State::Outside => self.outside(row),
            State::Inside { section, trusted } => self.inside(row, section, trusted),
            State::Suspended { section, strays } => self.suspended(row, section, strays),
        }
    }

    fn enter(&mut self, section: Section, certain: bool) {
        self.end_table();
        if certain {
            self.trust(&section);
        }
        self.state = State::Inside {
            section,
            trusted: certain,
        };
    }

    /// Notes that the file has such a section.
    fn trust(&mut self, section: &Section) {
        match section {
            Section::Deals(columns) => {
                self.seen.deals = true;
                self.seen.api |= columns.api;
            }
            Section::Positions(_) => {
                self.seen.positions = true;
                self.history.positions.get_or_insert_default();
            }
            Section::IncompletePositions => self.seen.incomplete_positions = true,
            Section::OpenPositions => self.seen.open_positions = true,
            Section::Orders => self.seen.orders = true,
            Section::Mt4 => self.seen.mt4 = true,
        }
    }

    fn outside(&mut self, row: &Row) {
        if let Some(columns) = headless_deals(row, self.habits) {
            let section = Section::Deals(columns);
            self.trust(&section);
            self.inside(row, section, true);
            return;
        }
        if !self.seen.deals && !self.seen.positions && !self.seen.orders {
            self.head.row(row);
        }
        for (_, cell) in row.filled() {
            self.seen.tester |= names_tester(cell.text) || is_tester_period(cell.text);
            self.seen.mt4 |= cell.text.len() <= NAME_BYTES_MAX
                && MT4_WORDS.contains(&normalize(cell.text).as_str());
        }
    }

    fn inside(&mut self, row: &Row, mut section: Section, trusted: bool) {
        if trusted
            && self.history.deals.is_empty()
            && let Section::Deals(columns) = &mut section
        {
            allow_codes(row, columns, self.habits);
        }
        if !self.fits(row, &section) {
            if !trusted {
                self.outside(row);
                return;
            }
            if !self.means_a_row(row, &section) {
                let strays = self.strays_of(row, &section);
                self.state = State::Suspended { section, strays };
                return;
            }
        }
        if !trusted {
            self.trust(&section);
        }
        self.read_row(row, &section);
        self.state = State::Inside {
            section,
            trusted: true,
        };
    }

    fn suspended(&mut self, row: &Row, section: Section, mut strays: Vec<Stray>) {
        if self.fits(row, &section) && !strays.is_empty() {
            for stray in strays {
                self.history
                    .report(stray.line, "the row is no row of its table".to_owned());
            }
            self.read_row(row, &section);
            self.state = State::Inside {
                section,
                trusted: true,
            };
            return;
        }
        // The tables' end: labels, sums, another part whose heading is unknown.
        if strays.is_empty() || strays.len() >= STRAYS_MAX {
            self.outside(row);
            if matches!(self.state, State::Outside) {
                self.state = State::Suspended {
                    section,
                    strays: Vec::new(),
                };
            }
            return;
        }
        strays.extend(self.strays_of(row, &section));
        self.state = State::Suspended { section, strays };
    }

    /// A total row ends a table for good; any other row may be a bad one amid good ones.
    fn strays_of(&self, row: &Row, section: &Section) -> Vec<Stray> {
        let total = match section {
            Section::Deals(columns) => !columns.api && row.cell(columns.time).text.is_empty(),
            Section::Positions(columns) => row.cell(columns.open_time).text.is_empty(),
            _ => true,
        };
        if total {
            return Vec::new();
        }
        vec![Stray {
            line: row.line,
            filled: row.filled_count(),
        }]
    }

    fn fits(&self, row: &Row, section: &Section) -> bool {
        match section {
            Section::Deals(columns) => deal_row::fits(row, columns, self.habits),
            Section::Positions(columns) => position_row::fits(row, columns, self.habits),
            Section::IncompletePositions
            | Section::OpenPositions
            | Section::Orders
            | Section::Mt4 => {
                let time = row.cell(0);
                time::is_report_time(time.text, time.number, self.habits.dates)
            }
        }
    }

    fn means_a_row(&self, row: &Row, section: &Section) -> bool {
        match section {
            Section::Deals(columns) => {
                row.fault.is_some() || deal_row::means_a_deal(row, columns, self.habits)
            }
            Section::Positions(columns) => {
                row.fault.is_some() || position_row::means_a_position(row, columns, self.habits)
            }
            Section::IncompletePositions
            | Section::OpenPositions
            | Section::Orders
            | Section::Mt4 => false,
        }
    }

    fn read_row(&mut self, row: &Row, section: &Section) {
        match section {
            Section::Deals(columns) => match deal_row::read(row, columns, self.habits) {
                Ok(deal) if !self.tickets.insert(deal.ticket.clone()) => {
                    let message = format!("the deal {} is there twice", shorten(&deal.ticket));
                    self.history.report(row.line, message);
                }
                Ok(deal) => self.history.deals.push(deal),
                Err(message) => self.history.report(row.line, message),
            },
            Section::Positions(columns) => match position_row::read(row, columns, self.habits) {
                Ok(position) => self
                    .history
                    .positions
                    .get_or_insert_default()
                    .push(position),
                Err(message) => self.history.report(row.line, message),
            },
            Section::OpenPositions => self.history.open_positions += 1,
            Section::Orders => self.history.orders += 1,
            Section::IncompletePositions | Section::Mt4 => {}
        }
    }

    /// Reports what looked like rows at the end of a table that has no total row.
    fn end_table(&mut self) {
        if let State::Suspended {
            section: Section::Deals(columns),
            strays,
        } = &self.state
        {
            let bad = strays
                .iter()
                .filter(|stray| stray.filled * 2 >= columns.named);
            for line in bad.map(|stray| stray.line).collect::<Vec<_>>() {
                self.history
                    .report(line, "the row is no row of its table".to_owned());
            }
        }
    }

    fn finish(mut self, source: &Source<'_>) -> Result<History, ParseError> {
        self.end_table();
        let report = self.head.found() || self.seen.positions || self.seen.orders;
        if self.seen.tester {
            return Err(NotHistory::StrategyTester.into());
        }
        if !self.seen.deals {
            if let Some(what) = self.what_else() {
                return Err(what.into());
            }
            let mut history = self.history;
            history.format = Format::PositionsTable;
            leave_out_repeated(&mut history)?;
            return Ok(history);
        }
        let mut history = self.history;
        history.format = match source {
            Source::Html(_) => Format::HtmlReport,
            Source::Workbook(_) if report => Format::XlsxReport,
            Source::Delimited(_) if !self.seen.api => Format::DealsCsv,
            Source::Workbook(_) | Source::Delimited(_) => Format::DealsTable,
        };
        history.account = self.head.finish();
        oldest_first(&mut history.deals);
        Ok(history)
    }

    /// Returns what a file without deals is; `None` for a table of closed positions alone.
    ///
    /// The figures of closed positions are certain: each row has all that its result is made of. A
    /// report (an account, orders, open positions) has deals too, so one without them is cut off.
    fn what_else(&self) -> Option<NotHistory> {
        let seen = &self.seen;
        if seen.mt4 {
            return Some(NotHistory::Mt4Statement);
        }
        if !seen.positions {
            return Some(if seen.open_positions {
                NotHistory::OpenPositionsReport
            } else if seen.incomplete_positions {
                NotHistory::IncompletePositions
            } else if seen.orders {
                NotHistory::NoDeals
            } else {
                NotHistory::Unrecognized
            });
        }
        if seen.open_positions || seen.orders || self.head.found() {
            return Some(NotHistory::NoDeals);
        }
        seen.incomplete_positions
            .then_some(NotHistory::IncompletePositions)
    }
}

/// Leaves out positions that a table without deals has twice.
///
/// # Errors
///
/// Returns [`NotHistory::RepeatedPosition`] if the two have different figures: nothing tells which
/// are right.
fn leave_out_repeated(history: &mut History) -> Result<(), NotHistory> {
    let mut positions: Vec<Position> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for position in history.positions.take().unwrap_or_default() {
        let Some(at) = places.get(&position.id) else {
            places.insert(position.id.clone(), positions.len());
            positions.push(position);
            continue;
        };
        let line = position.line;
        let first = Position {
            line,
            ..positions[*at].clone()
        };
        if position != first {
            return Err(NotHistory::RepeatedPosition);
        }
        let message = format!("the position {} is there twice", position.id);
        history.report(line, message);
    }
    history.positions = Some(positions);
    Ok(())
}

/// A table with a report's names may still have the API's codes: its rows tell.
fn allow_codes(row: &Row, columns: &mut DealColumns, habits: Habits) {
    if columns.api || deal_row::fits(row, columns, habits) {
        return;
    }
    columns.api = true;
    columns.api = deal_row::fits(row, columns, habits);
}

/// The columns of a row of deals that stands under no heading.
fn headless_deals(row: &Row, habits: Habits) -> Option<DealColumns> {
    let count = row.width();
    let roles = deal_roles_by_place(count)?;
    let placed: Vec<_> = (0..count).zip(roles).collect();
    let columns = DealColumns::of(&placed, false)?;
    let trade = crate::values::entry_of(row.cell(columns.entry).text, false).is_some();
    (trade && deal_row::fits(row, &columns, habits)).then_some(columns)
}

fn names_tester(text: &str) -> bool {
    if text.len() > 512 {
        return false;
    }
    let text = normalize(text);
    TESTER_TITLES.iter().any(|title| text.contains(title))
}

/// The period that a strategy tester report states: `H1 (2020.01.01 - 2020.12.31)`.
fn is_tester_period(text: &str) -> bool {
    let Some((frame, range)) = text.split_once('(') else {
        return false;
    };
    let Some((from, to)) = range.trim_end_matches(')').split_once('-') else {
        return false;
    };
    let is_date = |text: &str| {
        let text = text.trim();
        text.len() == 10 && time::parse(text, time::DateHabits::default()).is_some()
    };
    frame.trim().len() <= 16 && is_date(from) && is_date(to)
}

fn shorten(text: &str) -> String {
    text.chars().take(40).collect()
}

const _: () = assert!(ROWS_MAX < u32::MAX, "rows are counted in 32 bits");
