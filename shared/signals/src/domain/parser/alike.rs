//! Letters of other scripts that look like Latin ones, and who stands behind
//! them: a writer who mixes them into a Latin word means the Latin letter.
//!
//! A word is read as Latin where it mixes both and each of its other letters
//! looks like a Latin one (`ВUY`), or where it has none but such letters, means
//! nothing in its own script, and nothing of the whole text is of that script
//! beyond doubt (`ТР 2350`). A word with a Cyrillic letter that looks like nothing else is read as Cyrillic
//! (`Cтоп` with a Latin `C`). So what is written in one script stays as it is.

use super::keywords::meaning;

/// How a letter stands to the Latin ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    /// It looks like this one.
    Same(u8),
    /// It looks like this one in small capitals, or in some hands.
    Near(u8),
    /// It looks like none.
    Own,
}

/// The look of a letter that is beyond ASCII.
fn look(c: char) -> Look {
    use Look::{Near, Own, Same};
    match c {
        'А' | 'а' | 'Α' | 'α' => Same(b'a'),
        'В' | 'Β' => Same(b'b'),
        'С' | 'с' | 'Ϲ' | 'ϲ' => Same(b'c'),
        'ԁ' => Same(b'd'),
        'Е' | 'е' | 'Ε' => Same(b'e'),
        'Ԍ' => Same(b'g'),
        'Н' | 'Η' | 'һ' | 'Һ' => Same(b'h'),
        'І' | 'і' | 'Ι' | 'ι' => Same(b'i'),
        'Ј' | 'ј' | 'Ϳ' | 'ϳ' => Same(b'j'),
        'К' | 'к' | 'Κ' | 'κ' => Same(b'k'),
        'Ӏ' | 'ӏ' => Same(b'l'),
        'М' | 'Μ' => Same(b'm'),
        'Ν' => Same(b'n'),
        'О' | 'о' | 'Ο' | 'ο' => Same(b'o'),
        'Р' | 'р' | 'Ρ' | 'ρ' => Same(b'p'),
        'ԛ' | 'Ԛ' => Same(b'q'),
        'Ѕ' | 'ѕ' => Same(b's'),
        'Т' | 'Τ' => Same(b't'),
        'υ' => Same(b'u'),
        'ν' | 'ѵ' | 'Ѵ' => Same(b'v'),
        'ԝ' | 'Ԝ' => Same(b'w'),
        'Х' | 'х' | 'Χ' | 'χ' => Same(b'x'),
        'У' | 'у' | 'Υ' | 'Ү' | 'ү' => Same(b'y'),
        'Ζ' => Same(b'z'),
        'в' | 'ь' | 'Ь' | 'β' => Near(b'b'),
        'ε' | 'є' | 'Є' => Near(b'e'),
        'н' => Near(b'h'),
        'м' => Near(b'm'),
        'η' => Near(b'n'),
        'т' | 'τ' => Near(b't'),
        'μ' => Near(b'u'),
        _ => Own,
    }
}

/// The Cyrillic letter that a Latin one looks like.
fn cyrillic(letter: u8) -> Option<char> {
    Some(match letter {
        b'a' => 'а',
        b'b' => 'в',
        b'c' => 'с',
        b'e' => 'е',
        b'h' => 'н',
        b'k' => 'к',
        b'm' => 'м',
        b'o' => 'о',
        b'p' => 'р',
        b't' => 'т',
        b'x' => 'х',
        b'y' => 'у',
        _ => return None,
    })
}

fn is_cyrillic(c: char) -> bool {
    matches!(c, '\u{400}'..='\u{52F}')
}

/// Whether a text has a Cyrillic or Greek letter that is no other one.
fn has_own_letters(text: &str) -> bool {
    let is_theirs = |c: &char| is_cyrillic(*c) || matches!(c, '\u{370}'..='\u{3FF}');
    let letters = text.chars().filter(is_theirs);
    letters
        .filter(|c| c.is_alphabetic())
        .any(|c| !matches!(look(c), Look::Same(_)))
}

/// The word that is being folded.
#[derive(Debug, Default)]
pub(super) struct Spelling {
    /// Whether the text has letters of other scripts beyond doubt.
    is_mixed_text: bool,
    /// Where the word begins in what is folded.
    start: usize,
    has_latin: bool,
    /// Letters of other scripts: that look like Latin ones, nearly so, and not.
    same: u32,
    near: u32,
    own: u32,
    /// Whether all that do not are Cyrillic.
    is_cyrillic: bool,
    /// The word with Latin letters, once there is one to be put in.
    latin: String,
}

impl Spelling {
    /// Before the first letter of a text.
    pub(super) fn of(text: &str) -> Self {
        Self {
            is_mixed_text: !text.is_ascii() && has_own_letters(text),
            is_cyrillic: true,
            ..Self::default()
        }
    }

    /// Takes note of `c`, which was folded to what is behind `before`.
    pub(super) fn note(&mut self, c: char, before: usize, out: &mut String) {
        let Some(folded) = out.get(before..).filter(|_| before >= self.start) else {
            // What was there was taken back.
            return self.restart(out.len());
        };
        let Some(last) = folded.as_bytes().last() else {
            return;
        };
        if !(last.is_ascii_lowercase() || last.is_ascii_digit() || *last >= 0x80) {
            self.settle(before, out);
            return self.restart(out.len());
        }
        if folded.is_ascii() {
            self.has_latin |= last.is_ascii_lowercase();
            if !self.latin.is_empty() {
                self.latin.push_str(folded);
            }
            return;
        }
        if self.latin.is_empty() {
            self.latin.push_str(&out[self.start..before]);
        }
        match look(c) {
            Look::Same(letter) => {
                self.same += 1;
                self.latin.push(char::from(letter));
            }
            Look::Near(letter) => {
                self.near += 1;
                self.latin.push(char::from(letter));
            }
            Look::Own => {
                self.own += 1;
                self.is_cyrillic &= is_cyrillic(c);
            }
        }
    }

    /// Ends the last word.
    pub(super) fn end(self, out: &mut String) {
        self.settle(out.len(), out);
    }

    /// Writes the word that ends at `end` in the script that it is meant in.
    fn settle(&self, end: usize, out: &mut String) {
        let is_alike = self.own == 0 && self.same + self.near > 0;
        let could_stand_alone = self.near == 0 && self.same > 1 && !self.is_mixed_text;
        let word = out.get(self.start..end).unwrap_or_default();
        let is_latin = || could_stand_alone && meaning(word.as_bytes()).is_none();
        if is_alike && (self.has_latin || is_latin()) {
            out.replace_range(self.start..end, &self.latin);
        } else if self.has_latin && self.own > 0 && self.is_cyrillic {
            let letters = word.chars().map(|c| match u8::try_from(c) {
                Ok(letter) if letter.is_ascii_lowercase() => cyrillic(letter),
                _ => Some(c),
            });
            if let Some(word) = letters.collect::<Option<String>>() {
                out.replace_range(self.start..end, &word);
            }
        }
    }

    fn restart(&mut self, start: usize) {
        self.start = start;
        self.has_latin = false;
        (self.same, self.near, self.own) = (0, 0, 0);
        self.is_cyrillic = true;
        self.latin.clear();
    }
}
