//! The rows of an XLSX workbook's sheets.
//!
//! A small reader of its own: the terminal writes the parts in UTF-16, general readers allocate
//! by what a sheet says its dimensions are. Here the `dimension` element is not even looked at;
//! only cells that exist count.

mod package;
mod sheet;
mod strings;
mod xml;

use crate::errors::ParseError;
use crate::row::RowOutput;
use crate::steps::Steps;

/// A workbook: its worksheets' XML and the strings they share.
pub(crate) struct Workbook {
    sheets: Vec<String>,
    strings: strings::SharedStrings,
    serial_1904: bool,
}

impl Workbook {
    pub(crate) fn open(bytes: &[u8], steps: &mut Steps) -> Result<Self, ParseError> {
        let mut package = package::Package::open(bytes)?;
        let index = package.workbook(steps)?;
        let strings = match &index.shared_strings {
            Some(path) => {
                let text = package.part(path)?.unwrap_or_default();
                strings::SharedStrings::read(&text, steps)?
            }
            None => strings::SharedStrings::default(),
        };
        let mut sheets = Vec::new();
        for path in &index.sheets {
            if let Some(xml) = package.part(path)? {
                sheets.push(xml);
            }
        }
        if sheets.is_empty() {
            return Err(ParseError::Corrupt(
                "the workbook has no worksheet".to_owned(),
            ));
        }
        Ok(Self {
            sheets,
            strings,
            serial_1904: index.serial_1904,
        })
    }

    pub(crate) fn serial_1904(&self) -> bool {
        self.serial_1904
    }

    pub(crate) fn rows(&self, output: &mut RowOutput<'_>) -> Result<(), ParseError> {
        for xml in &self.sheets {
            output.sheet();
            if sheet::rows(xml, &self.strings, output)? {
                break;
            }
        }
        Ok(())
    }
}
