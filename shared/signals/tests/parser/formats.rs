//! The formats that are advertised are read.

use std::collections::BTreeSet;

use signals::domain::parser::{Kind, formats};

use super::read;

#[test]
fn every_format_has_an_example_that_is_read() {
    let mut names = BTreeSet::new();
    for format in formats() {
        let parsed = read(format.example, format.reply_to);
        let expected = if format.reply_to.is_some() {
            Kind::Update
        } else {
            Kind::Signal
        };
        assert_eq!(
            parsed.kind, expected,
            "{}: {:?}",
            format.name, parsed.reasons
        );
        assert!(parsed.symbol.is_some(), "{}", format.name);
        assert!(parsed.direction.is_some(), "{}", format.name);
        assert!(parsed.confidence >= 50, "{}: {parsed:?}", format.name);
        assert!(!format.description.is_empty(), "{}", format.name);
        assert!(names.insert(format.name), "{} twice", format.name);
    }
    assert!(names.len() >= 15);
}
