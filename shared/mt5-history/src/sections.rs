//! Tells a table's heading from data, and by its shape what the table lists.
//!
//! | section | columns | what is its own |
//! |---|---|---|
//! | Positions | 13 | the first and ninth column bear one name, so do the sixth and tenth |
//! | Orders, Working Orders | 11 | a state |
//! | Deals | 13 to 15 | a direction |
//! | Open Positions | 12 | a market price |

use std::collections::HashSet;

use crate::columns::{DealColumns, PositionColumns, deal_roles_by_place};
use crate::limits::{COLUMNS_NAMED_MAX, NAME_BYTES_MAX};
use crate::number::{self, DecimalMark};
use crate::row::Row;
use crate::time::{self, DateHabits};
use crate::words::{Role, normalize, role_of};

/// What a table lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Section {
    Deals(DealColumns),
    Positions(PositionColumns),
    /// Closed positions without all columns that their result is made of.
    IncompletePositions,
    OpenPositions,
    Orders,
    Mt4,
}

/// A table's heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heading {
    pub(crate) section: Section,
    /// Whether the names are known; else only the shape is, and the first row must bear it out.
    pub(crate) certain: bool,
}

/// Fewer named columns make no table of a history.
const COLUMNS_MIN: usize = 5;

/// Recognizes a heading.
pub(crate) fn heading(row: &Row) -> Option<Heading> {
    if !(COLUMNS_MIN..=COLUMNS_NAMED_MAX).contains(&row.filled_count())
        || !row
            .filled()
            .all(|(_, cell)| !cell.number && is_name(cell.text))
    {
        return None;
    }
    let names: Vec<(usize, String)> = row
        .filled()
        .map(|(column, cell)| (column, normalize(cell.text)))
        .collect();
    let roles = roles_of(&names);
    by_name(&names, &roles)
        .map(|section| Heading {
            section,
            certain: true,
        })
        .or_else(|| {
            by_shape(&names, &roles).map(|section| Heading {
                section,
                certain: false,
            })
        })
}

/// A table's columns are named by words: no number, no date, no long text.
fn is_name(text: &str) -> bool {
    text.len() <= NAME_BYTES_MAX
        && time::parse(text, DateHabits::default()).is_none()
        && number::parse(text, DecimalMark::Dot).is_none()
}

/// The known names' roles. A second time or price is that of the close, a second commission the
/// fee: in some languages both bear one name.
fn roles_of(names: &[(usize, String)]) -> Vec<(usize, Role)> {
    let mut roles: Vec<(usize, Role)> = Vec::with_capacity(names.len());
    let mut seen: HashSet<Role> = HashSet::new();
    for (column, name) in names {
        let Some(mut role) = role_of(name) else {
            continue;
        };
        let taken = |wanted: Role| seen.contains(&wanted);
        if taken(role) {
            role = match role {
                Role::Time => Role::CloseTime,
                Role::Price => Role::ClosePrice,
                Role::Commission if !taken(Role::Fee) => Role::Fee,
                Role::Entry if !taken(Role::Kind) => Role::Kind,
                _ => Role::Other,
            };
        }
        seen.insert(role);
        roles.push((*column, role));
    }
    sort_out_side_column(names, &mut roles);
    roles
}

/// Some exports have `Direction` for buy and sell beside `Entry`.
fn sort_out_side_column(names: &[(usize, String)], roles: &mut [(usize, Role)]) {
    let column_of = |wanted: &str| {
        names
            .iter()
            .find(|(_, name)| name == wanted)
            .map(|(column, _)| *column)
    };
    let (Some(direction), Some(entry)) = (column_of("direction"), column_of("entry")) else {
        return;
    };
    let named_type = names
        .iter()
        .any(|(column, name)| *column != direction && role_of(name) == Some(Role::Kind));
    for (column, role) in roles {
        if *column == direction {
            *role = if named_type { Role::Other } else { Role::Kind };
        } else if *column == entry {
            *role = Role::Entry;
        }
    }
}

fn by_name(names: &[(usize, String)], roles: &[(usize, Role)]) -> Option<Section> {
    let has = |wanted: Role| roles.iter().any(|(_, role)| *role == wanted);
    if roles.len() < COLUMNS_MIN || roles.len() * 2 < names.len() {
        return None;
    }
    if has(Role::Mt4Item) && (has(Role::Mt4Size) || has(Role::Deal)) {
        return Some(Section::Mt4);
    }
    if has(Role::Entry)
        && let Some(columns) = deal_columns(names, roles)
    {
        return Some(Section::Deals(columns));
    }
    if has(Role::State) && has(Role::Order) || has(Role::State) && !has(Role::Profit) {
        return Some(Section::Orders);
    }
    if has(Role::CloseTime) && has(Role::ClosePrice) && has(Role::Profit) {
        let columns = PositionColumns::by_name(roles).or_else(|| positions_by_place(names));
        return Some(columns.map_or(Section::IncompletePositions, Section::Positions));
    }
    if has(Role::MarketPrice) && has(Role::Profit) && has(Role::Volume) {
        return Some(Section::OpenPositions);
    }
    None
}

/// The columns of a table that has the shape of a report's Positions section.
fn positions_by_place(names: &[(usize, String)]) -> Option<PositionColumns> {
    let name = |at: usize| names.get(at).map(|(_, name)| name.as_str());
    if !(13..=15).contains(&names.len()) || name(0) != name(8) || name(5) != name(9) {
        return None;
    }
    let columns: Vec<usize> = names.iter().map(|(column, _)| *column).collect();
    PositionColumns::by_place(&columns)
}

/// The columns of deals by name; in a report's shape, the place says what a name does not.
fn deal_columns(names: &[(usize, String)], roles: &[(usize, Role)]) -> Option<DealColumns> {
    let api = is_api(names, roles);
    let mut roles = roles.to_vec();
    if !api && let Some(places) = deal_roles_by_place(names.len()) {
        let agrees = names
            .iter()
            .zip(&places)
            .take(5)
            .all(|((column, _), place)| {
                roles
                    .iter()
                    .find(|(known, _)| known == column)
                    .is_none_or(|(_, role)| role == place)
            });
        if agrees {
            for ((column, _), place) in names.iter().zip(places) {
                let column_known = roles.iter().any(|(known, _)| known == column);
                let role_known = roles.iter().any(|(_, role)| *role == place);
                if !column_known && !role_known {
                    roles.push((*column, place));
                }
            }
        }
    }
    roles.sort_unstable_by_key(|(column, _)| *column);
    DealColumns::of(&roles, api)
}

/// Tables of the API have columns that no report has.
fn is_api(names: &[(usize, String)], roles: &[(usize, Role)]) -> bool {
    let own = [
        "timemsc",
        "positionid",
        "externalid",
        "magic",
        "reason",
        "entry",
        "ticket",
    ];
    let found = names
        .iter()
        .filter(|(_, name)| own.contains(&name.as_str()))
        .count();
    found > 0 || roles.iter().any(|(_, role)| *role == Role::TimeMillis)
}

fn by_shape(names: &[(usize, String)], roles: &[(usize, Role)]) -> Option<Section> {
    if let Some(columns) = positions_by_place(names) {
        return Some(Section::Positions(columns));
    }
    let columns: Vec<usize> = names.iter().map(|(column, _)| *column).collect();
    match names.len() {
        count @ 13..=15 => {
            let places = deal_roles_by_place(count)?;
            let placed: Vec<(usize, Role)> = columns.into_iter().zip(places).collect();
            // A known name in another place: some other table.
            let contradicted = roles.iter().filter(|(column, role)| {
                placed
                    .iter()
                    .any(|(at, place)| at == column && place != role)
            });
            if contradicted.count() > 3 {
                return None;
            }
            DealColumns::of(&placed, false).map(Section::Deals)
        }
        12 => Some(Section::OpenPositions),
        11 => Some(Section::Orders),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_65_names_are_no_heading() {
        let mut row = Row::default();
        for name in "Time Deal Symbol Type Direction Volume Price Profit".split(' ') {
            row.push(name, false);
        }
        let known = heading(&row).map(|heading| heading.certain);
        assert_eq!(known, Some(true));
        while row.filled_count() <= COLUMNS_NAMED_MAX {
            row.push("Time", false);
        }
        assert_eq!(heading(&row), None);
    }
}
