//! The bounds: what a file may have at most.

/// The greatest file that is read, in bytes.
pub const FILE_BYTES_MAX: usize = 50 * 1024 * 1024;

/// The most rows a file may have, all sections together.
pub const ROWS_MAX: u32 = 500_000;

/// The most bad rows that are listed; further ones are only counted.
pub const ISSUES_KEPT_MAX: usize = 1_000;

/// The most steps that [`crate::parse`] takes. A step is a cell, a byte of a cell's text or an HTML
/// token; an XML event is three. The greatest files that traders have need two thirds of it.
pub const PARSE_STEPS_MAX: u64 = 64 * 1024 * 1024;

/// The most steps that [`crate::try_link`] takes. A step is a deal or a position that is looked at.
pub const LINK_STEPS_MAX: u64 = 16 * 1024 * 1024;

/// The most steps that [`crate::parse_large`] takes.
pub const LARGE_PARSE_STEPS_MAX: u64 = 4 * PARSE_STEPS_MAX;

/// The most steps that [`crate::try_link_large`] takes.
pub const LARGE_LINK_STEPS_MAX: u64 = 4 * LINK_STEPS_MAX;

/// The most cells a row may have.
pub(crate) const CELLS_PER_ROW_MAX: usize = 256;

/// The longest text of a cell, in bytes of UTF-8.
pub(crate) const CELL_BYTES_MAX: usize = 4 * 1024;

/// The longest ticket, order, position number or symbol, in bytes of UTF-8. The terminal's own
/// have at most 32.
pub(crate) const IDENTIFIER_BYTES_MAX: usize = 64;

/// The greatest part of an XLSX package once decompressed, in bytes.
pub(crate) const PART_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// All parts read of one XLSX package once decompressed, in bytes.
pub(crate) const PACKAGE_BYTES_MAX: u64 = 96 * 1024 * 1024;

/// The most entries an XLSX package may have.
pub(crate) const PACKAGE_ENTRIES_MAX: usize = 4_096;

/// The most worksheets that are read.
pub(crate) const SHEETS_MAX: usize = 16;

/// The most strings an XLSX package may share among its cells.
pub(crate) const SHARED_STRINGS_MAX: usize = 4_000_000;

/// The most classes of an HTML document that hide what bears them.
pub(crate) const HIDDEN_CLASSES_MAX: usize = 4_096;

/// The most columns that a table of a history names.
pub(crate) const COLUMNS_NAMED_MAX: usize = 64;

/// The longest name of a column, in bytes of UTF-8.
pub(crate) const NAME_BYTES_MAX: usize = 128;

/// The rows the survey looks at.
pub(crate) const SURVEY_ROWS_MAX: u32 = 20_000;
