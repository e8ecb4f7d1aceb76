//! Whole files through [`crate::parse`].

mod build;
mod csv_files;
mod fixtures;
mod hostile;
mod html_reports;
mod linking;
mod positions_tables;
mod refusals;
mod story;
mod tables;
mod xlsx_reports;
