//! Matches exits with the rows of the Positions section.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use rust_decimal::Decimal;

use crate::errors::ParseError;
use crate::model::{Deal, Entry, History, Position, Side};
use crate::steps::Steps;

/// The steps that the search for partial closes may take over a whole file.
const SEARCH_STEPS_MAX: u32 = 2_000_000;
/// The exits that are tried as the parts of one position.
const PARTS_MAX: usize = 24;
/// The exits before a position's close that are looked at for its parts.
const PARTS_LOOKED_AT_MAX: usize = PARTS_MAX * 4;
/// The rows alike but for the price that are looked at for an exit's.
const ALIKE_MAX: usize = 64;

/// Gives exits the number of the position row they closed: first those that closed a whole
/// position, then those that together did.
///
/// # Errors
///
/// Returns [`ParseError::TooCostly`] if the steps are used up.
pub(crate) fn by_positions(history: &mut History, steps: &mut Steps) -> Result<(), ParseError> {
    let Some(positions) = &history.positions else {
        return Ok(());
    };
    steps.take(history.deals.len() + positions.len())?;
    let mut matcher = Matcher::new(positions, &history.deals);
    matcher.whole(true, steps)?;
    matcher.whole(false, steps)?;
    matcher.parts(steps)?;
    let found = matcher.found;
    for (deal, position) in found {
        history.deals[deal].position_id = Some(positions[position].id.clone());
    }
    Ok(())
}

/// What a whole close and its position have in common.
#[derive(PartialEq, Eq, Hash)]
struct Close<'a> {
    symbol: &'a str,
    exit_side: Side,
    time: NaiveDateTime,
    volume: Decimal,
    profit: Option<Decimal>,
}

struct Matcher<'a> {
    positions: &'a [Position],
    deals: &'a [Deal],
    /// Exits that still lack a position.
    exits: Vec<usize>,
    /// Position rows whose closes are not known.
    rows: Vec<usize>,
    found: Vec<(usize, usize)>,
}

impl<'a> Matcher<'a> {
    fn new(positions: &'a [Position], deals: &'a [Deal]) -> Self {
        let mut closed: HashMap<&str, Decimal> = HashMap::new();
        for deal in deals
            .iter()
            .filter(|deal| deal.closes() || deal.entry == Some(Entry::InOut))
        {
            if let Some(id) = deal.position_id.as_deref() {
                *closed.entry(id).or_default() += deal.volume;
            }
        }
        Self {
            positions,
            deals,
            exits: (0..deals.len())
                .filter(|at| deals[*at].closes() && deals[*at].position_id.is_none())
                .collect(),
            rows: (0..positions.len())
                .filter(|at| {
                    closed
                        .get(positions[*at].id.as_str())
                        .is_none_or(|v| *v < positions[*at].volume)
                })
                .collect(),
            found: Vec::new(),
        }
    }

    /// Matches closes of whole positions: by symbol, side, time and volume, and by profit if so
    /// wanted. Among several rows that fit, the price decides, then the order in the file.
    /// Without the profit only a single row that fits will do.
    fn whole(&mut self, with_profit: bool, steps: &mut Steps) -> Result<(), ParseError> {
        steps.take(self.rows.len() + self.exits.len())?;
        let mut by_close: HashMap<Close<'a>, Vec<usize>> = HashMap::new();
        for at in self.rows.iter().rev() {
            let position = &self.positions[*at];
            let close = Close {
                symbol: &position.symbol,
                exit_side: position.side.opposite(),
                time: position.close_time.clock(),
                volume: position.volume.normalize(),
                profit: with_profit.then(|| position.profit.normalize()),
            };
            by_close.entry(close).or_default().push(*at);
        }
        let deals = self.deals;
        let mut taken = vec![false; self.positions.len()];
        let mut left = Vec::new();
        for at in std::mem::take(&mut self.exits) {
            let deal = &deals[at];
            let rows = close_of(deal, with_profit).and_then(|close| by_close.get_mut(&close));
            let row = match rows {
                Some(rows) => {
                    steps.take(rows.len().min(ALIKE_MAX))?;
                    self.pick(rows, deal, with_profit)
                }
                None => None,
            };
            match row {
                Some(row) => {
                    taken[row] = true;
                    self.found.push((at, row));
                }
                None => left.push(at),
            }
        }
        self.exits = left;
        self.rows.retain(|row| !taken[*row]);
        Ok(())
    }

    /// Takes the row for `deal` out of `rows`, which has the first of the file last.
    fn pick(&self, rows: &mut Vec<usize>, deal: &Deal, with_profit: bool) -> Option<usize> {
        if !with_profit && rows.len() != 1 {
            return None;
        }
        // Rows that share all but the price are few; looking further would not be linear.
        let tail = rows.len().saturating_sub(ALIKE_MAX);
        let priced = (tail..rows.len())
            .rev()
            .find(|at| self.positions[rows[*at]].close_price == deal.price);
        match priced {
            Some(at) => Some(rows.remove(at)),
            None => rows.pop(),
        }
    }

    /// Matches positions that were closed in parts: exits between open and close whose volumes
    /// and profits add up to the row's.
    fn parts(&mut self, steps: &mut Steps) -> Result<(), ParseError> {
        let deals = self.deals;
        let mut pools: HashMap<(&str, Side), Vec<usize>> = HashMap::new();
        for at in &self.exits {
            let deal = &deals[*at];
            if let (Some(symbol), Some(side)) = (deal.symbol.as_deref(), deal.side()) {
                pools.entry((symbol, side)).or_default().push(*at);
            }
        }
        let mut rows = std::mem::take(&mut self.rows);
        rows.sort_by_key(|at| self.positions[*at].close_time.clock());
        let mut used = vec![false; deals.len()];
        let mut steps_left = SEARCH_STEPS_MAX;
        for row in rows {
            let position = &self.positions[row];
            let key = (position.symbol.as_str(), position.side.opposite());
            let Some(pool) = pools.get(&key) else {
                continue;
            };
            steps.take(PARTS_LOOKED_AT_MAX.min(pool.len()))?;
            let candidates = candidates(pool, deals, &used, position);
            let mut search = Search {
                deals,
                candidates: &candidates,
                chosen: Vec::new(),
                steps_left: &mut steps_left,
            };
            if search.run(0, position.volume, position.profit) {
                for at in search.chosen {
                    used[at] = true;
                    self.found.push((at, row));
                }
            }
        }
        steps.take((SEARCH_STEPS_MAX - steps_left) as usize)
    }
}

fn close_of(deal: &Deal, with_profit: bool) -> Option<Close<'_>> {
    Some(Close {
        symbol: deal.symbol.as_deref()?,
        exit_side: deal.side()?,
        time: deal.time.clock(),
        volume: deal.volume.normalize(),
        profit: with_profit.then(|| deal.profit.normalize()),
    })
}

/// The free exits within the position's life, the last ones first.
fn candidates(pool: &[usize], deals: &[Deal], used: &[bool], position: &Position) -> Vec<usize> {
    let clock = |at: &usize| deals[*at].time.clock();
    let end = pool.partition_point(|at| clock(at) <= position.close_time.clock());
    pool[..end]
        .iter()
        .rev()
        .take(PARTS_LOOKED_AT_MAX)
        .take_while(|at| clock(at) >= position.open_time.clock())
        .filter(|at| !used[**at] && deals[**at].volume <= position.volume)
        .take(PARTS_MAX)
        .copied()
        .collect()
}

/// Looks for exits that add up to a volume and a profit.
struct Search<'a> {
    deals: &'a [Deal],
    candidates: &'a [usize],
    chosen: Vec<usize>,
    steps_left: &'a mut u32,
}

impl Search<'_> {
    fn run(&mut self, from: usize, volume: Decimal, profit: Decimal) -> bool {
        if volume.is_zero() {
            return profit.is_zero();
        }
        for at in from..self.candidates.len() {
            if *self.steps_left == 0 {
                return false;
            }
            *self.steps_left -= 1;
            let deal = &self.deals[self.candidates[at]];
            if deal.volume > volume {
                continue;
            }
            self.chosen.push(self.candidates[at]);
            if self.run(at + 1, volume - deal.volume, profit - deal.profit) {
                return true;
            }
            self.chosen.pop();
        }
        false
    }
}
