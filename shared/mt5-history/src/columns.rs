//! Which column of a table holds what.

use crate::words::Role;

/// The columns of a table of deals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DealColumns {
    pub(crate) time: usize,
    pub(crate) kind: usize,
    pub(crate) entry: usize,
    pub(crate) volume: usize,
    pub(crate) profit: usize,
    pub(crate) time_millis: Option<usize>,
    pub(crate) ticket: Option<usize>,
    pub(crate) order: Option<usize>,
    pub(crate) position: Option<usize>,
    pub(crate) symbol: Option<usize>,
    pub(crate) price: Option<usize>,
    pub(crate) stop_loss: Option<usize>,
    pub(crate) take_profit: Option<usize>,
    pub(crate) commission: Option<usize>,
    pub(crate) fee: Option<usize>,
    pub(crate) swap: Option<usize>,
    pub(crate) balance: Option<usize>,
    pub(crate) comment: Option<usize>,
    /// Whether it is a table of the API: types and directions may be codes, times numbers.
    pub(crate) api: bool,
    /// How many columns the table names.
    pub(crate) named: usize,
}

/// The columns of a report's Positions section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PositionColumns {
    pub(crate) open_time: usize,
    pub(crate) id: usize,
    pub(crate) symbol: usize,
    pub(crate) kind: usize,
    pub(crate) volume: usize,
    pub(crate) open_price: usize,
    pub(crate) stop_loss: Option<usize>,
    pub(crate) take_profit: Option<usize>,
    pub(crate) close_time: usize,
    pub(crate) close_price: usize,
    pub(crate) commission: usize,
    pub(crate) fee: Option<usize>,
    pub(crate) swap: usize,
    pub(crate) profit: usize,
}

/// The first columns of a report's deals, in order.
const DEAL_HEAD: [Role; 8] = [
    Role::Time,
    Role::Deal,
    Role::Symbol,
    Role::Kind,
    Role::Entry,
    Role::Volume,
    Role::Price,
    Role::Order,
];
/// The last columns of a report's deals; before them stand the costs.
const DEAL_TAIL: [Role; 4] = [Role::Swap, Role::Profit, Role::Balance, Role::Comment];

/// The role of each column of a report's deals by place alone. Older builds have no Fee; a Cost
/// column is there but hidden in most.
pub(crate) fn deal_roles_by_place(count: usize) -> Option<Vec<Role>> {
    let costs: &[Role] = match count {
        13 => &[Role::Commission],
        14 => &[Role::Commission, Role::Fee],
        15 => &[Role::Cost, Role::Commission, Role::Fee],
        _ => return None,
    };
    Some([&DEAL_HEAD[..], costs, &DEAL_TAIL[..]].concat())
}

impl DealColumns {
    /// The columns of a table of deals; `None` where one that must be there is not.
    pub(crate) fn of(roles: &[(usize, Role)], api: bool) -> Option<Self> {
        let at = |wanted: Role| {
            roles
                .iter()
                .find(|(_, role)| *role == wanted)
                .map(|(column, _)| *column)
        };
        Some(Self {
            time: at(Role::Time).or_else(|| at(Role::TimeMillis))?,
            kind: at(Role::Kind)?,
            entry: at(Role::Entry)?,
            volume: at(Role::Volume)?,
            profit: at(Role::Profit)?,
            time_millis: at(Role::TimeMillis),
            ticket: at(Role::Deal),
            order: at(Role::Order),
            position: at(Role::Position),
            symbol: at(Role::Symbol),
            price: at(Role::Price),
            stop_loss: at(Role::StopLoss),
            take_profit: at(Role::TakeProfit),
            commission: at(Role::Commission),
            fee: at(Role::Fee),
            swap: at(Role::Swap),
            balance: at(Role::Balance),
            comment: at(Role::Comment),
            api,
            named: roles.len(),
        })
    }
}

impl PositionColumns {
    /// The columns by place: `columns` are those that the heading names, in order.
    pub(crate) fn by_place(columns: &[usize]) -> Option<Self> {
        // A fourteenth or fifteenth column (a fee, a comment) leaves the first twelve in place.
        if columns.len() < 13 {
            return None;
        }
        Some(Self {
            open_time: columns[0],
            id: columns[1],
            symbol: columns[2],
            kind: columns[3],
            volume: columns[4],
            open_price: columns[5],
            stop_loss: Some(columns[6]),
            take_profit: Some(columns[7]),
            close_time: columns[8],
            close_price: columns[9],
            commission: columns[10],
            fee: None,
            swap: columns[11],
            profit: columns[12],
        })
    }

    /// The columns by name, in whatever order; `None` where one that must be there is not.
    pub(crate) fn by_name(roles: &[(usize, Role)]) -> Option<Self> {
        let at = |wanted: Role| {
            roles
                .iter()
                .find(|(_, role)| *role == wanted)
                .map(|(column, _)| *column)
        };
        Some(Self {
            open_time: at(Role::Time)?,
            id: at(Role::Position).or_else(|| at(Role::Deal))?,
            symbol: at(Role::Symbol)?,
            kind: at(Role::Kind)?,
            volume: at(Role::Volume)?,
            open_price: at(Role::Price)?,
            stop_loss: at(Role::StopLoss),
            take_profit: at(Role::TakeProfit),
            close_time: at(Role::CloseTime)?,
            close_price: at(Role::ClosePrice)?,
            commission: at(Role::Commission)?,
            fee: at(Role::Fee),
            swap: at(Role::Swap)?,
            profit: at(Role::Profit)?,
        })
    }
}
