//! Why a file as a whole is refused.

use thiserror::Error;

/// Why no history could be read from a file.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ParseError {
    /// The file has no content.
    #[error("the file is empty")]
    Empty,
    /// The file is greater than [`crate::FILE_BYTES_MAX`].
    #[error("the file has {bytes} bytes; at most {bytes_max} are read")]
    TooLarge {
        /// The file's size.
        bytes: usize,
        /// The greatest size that is read.
        bytes_max: usize,
    },
    /// The file is neither HTML, XLSX nor delimited text.
    #[error("the file is neither HTML, XLSX nor CSV")]
    UnknownFormat,
    /// The container is damaged.
    #[error("the file is damaged: {0}")]
    Corrupt(String),
    /// The file is beyond a bound of this crate.
    #[error("the file has more than {max} {what}")]
    TooMuch {
        /// What there is too much of.
        what: &'static str,
        /// The bound.
        max: u64,
    },
    /// The file takes more work than this crate spends on one.
    #[error("the file is too costly to read: it takes more than {steps_max} steps")]
    TooCostly {
        /// The greatest number of steps.
        steps_max: u64,
    },
    /// The file can be read but is no MetaTrader 5 history.
    #[error("the file is no MetaTrader 5 trade history: {0}")]
    NotHistory(NotHistory),
}

/// What a readable file is instead of a MetaTrader 5 history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NotHistory {
    /// A statement of MetaTrader 4.
    #[error("it is a MetaTrader 4 statement")]
    Mt4Statement,
    /// A report of open positions and working orders only.
    #[error("it lists open positions only")]
    OpenPositionsReport,
    /// A report of the strategy tester.
    #[error("it is a strategy tester report")]
    StrategyTester,
    /// It is a report with positions or orders, but without its table of deals.
    #[error("it is a report without its table of deals; export the whole report")]
    NoDeals,
    /// It has positions, but not all that their result is made of.
    #[error("it has no table of deals, and its positions lack commission, swap or another column")]
    IncompletePositions,
    /// It has positions, one of them with two different results.
    #[error("it has no table of deals, and one position is there twice with different figures")]
    RepeatedPosition,
    /// Nothing in it is known.
    #[error("no table of deals was found in it")]
    Unrecognized,
}

impl From<NotHistory> for ParseError {
    fn from(what: NotHistory) -> Self {
        Self::NotHistory(what)
    }
}
