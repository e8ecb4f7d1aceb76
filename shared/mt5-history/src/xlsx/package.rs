//! The ZIP package: which parts there are, each decompressed within bounds.

use std::io::{Cursor, Read};

use quick_xml::events::Event;
use zip::ZipArchive;
use zip::result::ZipError;

use super::xml;
use crate::encoding;
use crate::errors::ParseError;
use crate::limits::{PACKAGE_BYTES_MAX, PACKAGE_ENTRIES_MAX, PART_BYTES_MAX, SHEETS_MAX};
use crate::steps::Steps;

/// The parts of a workbook that are read.
pub(super) struct Index {
    pub(super) sheets: Vec<String>,
    pub(super) shared_strings: Option<String>,
    pub(super) serial_1904: bool,
}

/// An opened package.
pub(super) struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    bytes_left: u64,
}

impl<'a> Package<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, ParseError> {
        // Each entry of the directory begins with this mark, so the archive reader cannot be
        // made to hold more entries than are counted here.
        let entries = bytes.windows(4).filter(|w| *w == b"PK\x01\x02").count();
        if entries > PACKAGE_ENTRIES_MAX {
            return Err(ParseError::TooMuch {
                what: "entries in its package",
                max: PACKAGE_ENTRIES_MAX as u64,
            });
        }
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(corrupt)?;
        Ok(Self {
            archive,
            bytes_left: PACKAGE_BYTES_MAX,
        })
    }

    /// The text of a part; `None` if there is no such part.
    pub(super) fn part(&mut self, path: &str) -> Result<Option<String>, ParseError> {
        let Some(name) = self.find(path) else {
            return Ok(None);
        };
        let file = match self.archive.by_name(&name) {
            Ok(file) => file,
            Err(ZipError::FileNotFound) => return Ok(None),
            Err(error) => return Err(corrupt(error)),
        };
        let limit = PART_BYTES_MAX.min(self.bytes_left);
        let mut bytes = Vec::new();
        file.take(limit + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| ParseError::Corrupt(error.to_string()))?;
        let read = bytes.len() as u64;
        if read > limit {
            return Err(ParseError::TooMuch {
                what: "bytes once decompressed",
                max: limit,
            });
        }
        self.bytes_left -= read;
        Ok(Some(encoding::decode(&bytes).into_owned()))
    }

    /// The entry's own name for `path`: some writers differ in case or begin with a slash.
    fn find(&self, path: &str) -> Option<String> {
        let wanted = path.trim_start_matches('/').replace('\\', "/");
        self.archive
            .file_names()
            .filter_map(Result::ok)
            .find(|name| {
                let name = name.trim_start_matches('/').replace('\\', "/");
                name.eq_ignore_ascii_case(&wanted)
            })
            .map(std::borrow::Cow::into_owned)
    }

    /// Finds the worksheets in the workbook's order.
    pub(super) fn workbook(&mut self, steps: &mut Steps) -> Result<Index, ParseError> {
        let Some(workbook) = self.part("xl/workbook.xml")? else {
            return Err(ParseError::Corrupt("the package is no workbook".to_owned()));
        };
        let relations = self.part("xl/_rels/workbook.xml.rels")?.unwrap_or_default();
        let targets = relations_of(&relations, steps)?;
        let (ids, serial_1904) = sheets_of(&workbook, steps)?;
        let mut sheets: Vec<String> = ids
            .iter()
            .filter_map(|id| targets.iter().find(|target| target.id == *id))
            .filter(|target| target.kind.ends_with("/worksheet"))
            .map(|target| target.path.clone())
            .collect();
        if sheets.is_empty() {
            sheets.push("xl/worksheets/sheet1.xml".to_owned());
        }
        let shared_strings = targets
            .iter()
            .find(|target| target.kind.ends_with("/sharedStrings"))
            .map(|target| target.path.clone())
            .or_else(|| Some("xl/sharedStrings.xml".to_owned()));
        Ok(Index {
            sheets,
            shared_strings,
            serial_1904,
        })
    }
}

struct Target {
    id: String,
    kind: String,
    path: String,
}

fn relations_of(text: &str, steps: &mut Steps) -> Result<Vec<Target>, ParseError> {
    let mut targets = Vec::new();
    xml::events(text, |event| {
        steps.take(xml::EVENT_STEPS)?;
        if let Event::Start(tag) | Event::Empty(tag) = event
            && xml::local(tag) == "Relationship"
            && targets.len() < PACKAGE_ENTRIES_MAX
        {
            let target = xml::attribute(tag, "Target").unwrap_or_default();
            let path = if target.starts_with('/') {
                target
            } else {
                format!("xl/{target}")
            };
            targets.push(Target {
                id: xml::attribute(tag, "Id").unwrap_or_default(),
                kind: xml::attribute(tag, "Type").unwrap_or_default(),
                path,
            });
        }
        Ok(true)
    })?;
    Ok(targets)
}

fn sheets_of(text: &str, steps: &mut Steps) -> Result<(Vec<String>, bool), ParseError> {
    let (mut ids, mut serial_1904) = (Vec::new(), false);
    xml::events(text, |event| {
        steps.take(xml::EVENT_STEPS)?;
        if let Event::Start(tag) | Event::Empty(tag) = event {
            match xml::local(tag) {
                "sheet" if ids.len() < SHEETS_MAX => {
                    ids.extend(xml::attribute_by_local_name(tag, "id"));
                }
                "workbookPr" => {
                    serial_1904 = matches!(
                        xml::attribute(tag, "date1904").as_deref(),
                        Some("1" | "true")
                    );
                }
                _ => {}
            }
        }
        Ok(true)
    })?;
    Ok((ids, serial_1904))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "used as a function in map_err"
)]
fn corrupt(error: ZipError) -> ParseError {
    ParseError::Corrupt(error.to_string())
}
