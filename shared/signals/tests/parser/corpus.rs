//! Messages of every kind, with every field of their answers.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::read;

/// The lines of one file, with where they are.
fn cases() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("the corpus")
        .map(|entry| entry.expect("a file").path())
        .collect();
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let name = file
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let text = std::fs::read_to_string(&file).expect("text");
        for (index, line) in text.lines().enumerate() {
            let place = format!("{name}:{}", index + 1);
            let case =
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{place}: {error}"));
            cases.push((place, case));
        }
    }
    cases
}

#[test]
fn every_message_of_the_corpus_is_read_as_it_says() {
    let cases = cases();
    let mut misses = 0;
    for (place, case) in &cases {
        let text = case["text"].as_str().expect("a text");
        let reply_to = case["reply_to"]["text"].as_str();
        let answer = serde_json::to_value(read(text, reply_to)).expect("JSON");
        if answer == case["answer"] {
            continue;
        }
        misses += 1;
        println!("{place}: {text}");
        for (field, value) in answer.as_object().expect("an object") {
            if *value != case["answer"][field] {
                println!("  {field}: {value}, expected {}", case["answer"][field]);
            }
        }
    }
    assert_eq!(misses, 0, "of {}", cases.len());
}

#[test]
fn the_corpus_has_every_kind_in_numbers() {
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for (place, case) in cases() {
        let kind = case["answer"]["kind"]
            .as_str()
            .unwrap_or_else(|| panic!("{place}"));
        *kinds.entry(kind.to_owned()).or_default() += 1;
    }
    assert!(kinds["signal"] >= 90, "{kinds:?}");
    assert!(kinds["update"] >= 30, "{kinds:?}");
    assert!(kinds["noise"] >= 40, "{kinds:?}");
}

/// The same with a letter of each word of two or more in Cyrillic, where one
/// looks the same.
fn disguised(text: &str) -> String {
    const LATIN: &str = "ABCEHIJKMOPSTXYaceijopsxy";
    const CYRILLIC: &str = "АВСЕНІЈКМОРЅТХУасеіјорѕху";
    let alike = |c: char| {
        let index = LATIN.find(c)?;
        CYRILLIC.chars().nth(index)
    };
    let letters: Vec<char> = text.chars().collect();
    let is_letter = |at: Option<usize>| {
        let letter = at.and_then(|at| letters.get(at));
        letter.is_some_and(char::is_ascii_alphabetic)
    };
    let mut is_done = false;
    let each = letters.iter().enumerate().map(|(at, c)| {
        let (before, after) = (is_letter(at.checked_sub(1)), is_letter(Some(at + 1)));
        is_done &= before;
        match alike(*c) {
            Some(other) if !is_done && (before || after) => {
                is_done = true;
                other
            }
            _ => *c,
        }
    });
    each.collect()
}

#[test]
fn a_letter_that_only_looks_latin_changes_no_reading() {
    let is_mixed = |text: &str| text.chars().any(|c| matches!(c, '\u{370}'..='\u{52F}'));
    let (mut changed, mut misses) = (0, 0);
    for (place, case) in cases() {
        let text = case["text"].as_str().expect("a text");
        let other = disguised(text);
        if is_mixed(text) || other == text {
            continue;
        }
        changed += 1;
        let answer = read(&other, case["reply_to"]["text"].as_str());
        if serde_json::to_value(answer).expect("JSON") != case["answer"] {
            misses += 1;
            println!("{place}: {other}");
        }
    }
    assert!(changed >= 150, "{changed}");
    assert_eq!(misses, 0, "of {changed}");
}
