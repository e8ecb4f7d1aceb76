//! One spelling for what Unicode writes in many: the first step of reading.
//!
//! What comes out is lower case; digits, Latin letters and punctuation are
//! ASCII whatever script, width or style they were written in; every byte
//! beyond ASCII belongs to a letter; emoji that mean something are one control
//! byte, and all other signs are spaces. This is narrower than NFKC on purpose:
//! it keeps apart what numbers something from what is a price. Letters of
//! another script that only look Latin are for `alike`, which knows the word.

use super::alike::Spelling;

/// 📈 and its like: the price rises.
pub(super) const UP: u8 = 1;
/// 📉 and its like: the price falls.
pub(super) const DOWN: u8 = 2;
/// 💰, 📍: an entry follows.
pub(super) const ENTRY: u8 = 3;
/// 🛑, ⛔, ❌: a stop follows.
pub(super) const STOP: u8 = 4;
/// 🎯, 🏆: a target follows.
pub(super) const TARGET: u8 = 5;
/// ✅: done, or decoration.
pub(super) const CHECK: u8 = 6;
/// Ends digits that number something: keycaps, circled and raised digits.
pub(super) const ORDINAL: u8 = 14;

/// Folds `text` into `out`, which is emptied first.
pub(super) fn fold(text: &str, out: &mut String) {
    out.clear();
    out.reserve(text.len());
    if text.is_ascii() {
        return text.chars().for_each(|c| fold_ascii(c, out));
    }
    let mut spelling = Spelling::of(text);
    for c in text.chars() {
        let before = out.len();
        if c.is_ascii() {
            fold_ascii(c, out);
        } else {
            fold_beyond(c, out);
        }
        spelling.note(c, before, out);
    }
    spelling.end(out);
}

fn fold_ascii(c: char, out: &mut String) {
    match c {
        'A'..='Z' => out.push(c.to_ascii_lowercase()),
        '\n' => out.push('\n'),
        '*' | '`' | '"' => out.push(' '),
        '\'' => apostrophe(out),
        ' '..='~' => out.push(c),
        _ => out.push(' '),
    }
}

/// Between letters it is part of a word (`don't`), between digits it sets thousands apart.
fn apostrophe(out: &mut String) {
    match out.as_bytes().last() {
        Some(b'0'..=b'9') => out.push('\''),
        Some(b'a'..=b'z') => {}
        _ => out.push(' '),
    }
}

fn fold_beyond(c: char, out: &mut String) {
    match c as u32 {
        0x00A0 | 0x2007 | 0x202F => hard_space(out),
        0x00C0..=0x024F => latin(c, out),
        0x0300..=0x036F | 0x00AD => {}
        0x0410..=0x042F => push(0x430 + (c as u32 - 0x410), out),
        0x0401 | 0x0451 => out.push('е'),
        0x0430..=0x044F => out.push(c),
        0x0600..=0x06FF => arabic(c, out),
        0x02B0..=0x02B8 | 0x02E1..=0x02E3 | 0x1D2C..=0x1D6A => raised(c, out),
        0x1D00..=0x1D22 | 0xA730..=0xA731 => small_capital(c, out),
        0x2000..=0x200A | 0x200C | 0x205F | 0x3000 => out.push(' '),
        0x200B | 0x200D..=0x200F | 0x202A..=0x202E | 0x2060..=0x2069 => {}
        0xFE00..=0xFE0F | 0xFEFF => {}
        0x2010..=0x2015 | 0x2212 | 0x2043 | 0xFE58 | 0xFE63 | 0x301C => out.push('-'),
        0x2018 | 0x2019 | 0x02BC => apostrophe(out),
        0x2026 => out.push_str(".."),
        0x2028 | 0x2029 | 0x0085 => out.push('\n'),
        0x2044 | 0x2215 => out.push('/'),
        0x2236 | 0xFE55 => out.push(':'),
        0x2190..=0x21FF | 0x2794..=0x27BE | 0x2B05..=0x2B0D => arrow(c, out),
        0x20E3 => keycap(out),
        0xFF01..=0xFF5E => fold_ascii(ascii(c as u32 - 0xFEE0), out),
        0x1D400..=0x1D7FF => mathematical(c as u32 - 0x1D400, out),
        0x1F000.. => picture(c, out),
        0x2070
        | 0x2074..=0x207E
        | 0x2080..=0x2089
        | 0x00B2
        | 0x00B3
        | 0x00B9
        | 0x2460..=0x249B
        | 0x2776..=0x2793 => {
            small_number(c, out);
        }
        0x249C..=0x24B5 => push(0x61 + (c as u32 - 0x249C), out),
        0x24B6..=0x24CF => push(0x61 + (c as u32 - 0x24B6), out),
        0x24D0..=0x24E9 => push(0x61 + (c as u32 - 0x24D0), out),
        0x2100..=0x214F => letterlike(c, out),
        0x3008..=0x3011 | 0x3014..=0x301B | 0x00AB | 0x00BB => {
            let opens = matches!(
                c,
                '«' | '〈' | '《' | '「' | '『' | '【' | '〔' | '〖' | '〘' | '〚'
            );
            out.push(if opens { '(' } else { ')' });
        }
        _ => sign_or_letter(c, out),
    }
}

/// A space that holds together what it divides: between digits, of thousands.
fn hard_space(out: &mut String) {
    let divides = out.as_bytes().last().is_some_and(u8::is_ascii_digit);
    out.push(if divides { '\'' } else { ' ' });
}

fn latin(c: char, out: &mut String) {
    let plain = match c {
        'À'..='Å' | 'à'..='å' | 'Ā'..='ą' => 'a',
        'Ç' | 'ç' | 'Ć'..='č' => 'c',
        'È'..='Ë' | 'è'..='ë' | 'Ē'..='ě' => 'e',
        'Ì'..='Ï' | 'ì'..='ï' | 'Ĩ'..='ı' => 'i',
        'Ñ' | 'ñ' | 'Ń'..='ň' => 'n',
        'Ò'..='Ö' | 'Ø' | 'ò'..='ö' | 'ø' | 'Ō'..='ő' => 'o',
        'Ù'..='Ü' | 'ù'..='ü' | 'Ũ'..='ų' => 'u',
        'Ý' | 'ý' | 'ÿ' => 'y',
        'Ĝ'..='ģ' => 'g',
        'Ś'..='š' => 's',
        'Ź'..='ž' => 'z',
        'Ł' | 'ł' => 'l',
        '×' if out.ends_with(|last: char| last.is_ascii_digit()) => 'x',
        '×' | '÷' => ' ',
        other => {
            out.extend(other.to_lowercase());
            return;
        }
    };
    out.push(plain);
}

/// Arabic and Persian in one spelling: the letters that keyboards confuse are one.
fn arabic(c: char, out: &mut String) {
    match c as u32 {
        0x0660..=0x0669 => push(0x30 + (c as u32 - 0x660), out),
        0x06F0..=0x06F9 => push(0x30 + (c as u32 - 0x6F0), out),
        0x066A => out.push('%'),
        0x066B => out.push('.'),
        0x066C | 0x060C | 0x061B => out.push(','),
        0x061F => out.push('?'),
        0x0640 | 0x064B..=0x065F | 0x0670 | 0x06D6..=0x06ED => {}
        0x064A | 0x0649 | 0x0626 => out.push('ی'),
        0x0643 => out.push('ک'),
        0x0622 | 0x0623 | 0x0625 | 0x0671 => out.push('ا'),
        0x0624 => out.push('و'),
        0x0629 | 0x06C0 => out.push('ه'),
        0x0600..=0x061F | 0x06D4 | 0x066D => out.push(' '),
        _ => out.push(c),
    }
}

fn small_capital(c: char, out: &mut String) {
    let plain = match c {
        'ᴀ' => 'a',
        'ᴄ' => 'c',
        'ᴅ' => 'd',
        'ᴇ' => 'e',
        'ᴊ' => 'j',
        'ᴋ' => 'k',
        'ᴍ' => 'm',
        'ᴏ' => 'o',
        'ᴘ' => 'p',
        'ᴛ' => 't',
        'ᴜ' => 'u',
        'ᴠ' => 'v',
        'ᴡ' => 'w',
        'ᴢ' => 'z',
        'ꜰ' => 'f',
        'ꜱ' => 's',
        other => other,
    };
    out.push(plain);
}

/// Raised letters, with which names are decorated: ᴮᵁʸ.
fn raised(c: char, out: &mut String) {
    let plain = match c {
        'ᴬ' | 'ᵃ' => 'a',
        'ᴮ' | 'ᵇ' => 'b',
        'ᴰ' | 'ᵈ' => 'd',
        'ᴱ' | 'ᵉ' => 'e',
        'ᴳ' | 'ᵍ' => 'g',
        'ᴴ' | 'ʰ' => 'h',
        'ᴵ' => 'i',
        'ᴶ' | 'ʲ' => 'j',
        'ᴷ' | 'ᵏ' => 'k',
        'ᴸ' | 'ˡ' => 'l',
        'ᴹ' | 'ᵐ' => 'm',
        'ᴺ' => 'n',
        'ᴼ' | 'ᵒ' => 'o',
        'ᴾ' | 'ᵖ' => 'p',
        'ᴿ' | 'ʳ' => 'r',
        'ˢ' => 's',
        'ᵀ' | 'ᵗ' => 't',
        'ᵁ' | 'ᵘ' => 'u',
        'ᵛ' => 'v',
        'ᵂ' | 'ʷ' => 'w',
        'ˣ' => 'x',
        'ʸ' => 'y',
        _ => return,
    };
    out.push(plain);
}

fn arrow(c: char, out: &mut String) {
    match c {
        '⬆' | '↗' | '↑' => mark(UP, out),
        '⬇' | '↘' | '↓' => mark(DOWN, out),
        _ => out.push(' '),
    }
}

/// The digits before it were keys: they number something.
fn keycap(out: &mut String) {
    let bytes = out.as_bytes();
    let [.., before, last] = bytes else {
        return out.push(char::from(ORDINAL));
    };
    // Two keycaps side by side are one number.
    if *before == ORDINAL && last.is_ascii_digit() {
        let digit = char::from(*last);
        out.truncate(out.len() - 2);
        out.push(digit);
    }
    out.push(char::from(ORDINAL));
}

fn small_number(c: char, out: &mut String) {
    let number = match c as u32 {
        0x00B9 => 1,
        code @ (0x00B2 | 0x00B3) => code - 0xB0,
        code @ 0x2070..=0x2079 => code - 0x2070,
        code @ 0x2080..=0x2089 => code - 0x2080,
        code @ 0x2460..=0x2473 => code - 0x245F,
        code @ 0x2474..=0x2487 => code - 0x2473,
        code @ 0x2488..=0x249B => code - 0x2487,
        code @ 0x2776..=0x277F => code - 0x2775,
        code @ 0x2780..=0x2789 => code - 0x277F,
        code @ 0x278A..=0x2793 => code - 0x2789,
        _ => return out.push(' '),
    };
    if number >= 10 {
        push(0x30 + number / 10, out);
    }
    push(0x30 + number % 10, out);
    out.push(char::from(ORDINAL));
}

/// Bold, italic, script, fraktur, double-struck, sans and monospace letters and digits.
fn mathematical(offset: u32, out: &mut String) {
    match offset {
        0..=0x2A3 => push(0x61 + offset % 52 % 26, out),
        0x3CE..=0x3FF => push(0x30 + (offset - 0x3CE) % 10, out),
        _ => out.push(' '),
    }
}

/// The styled letters that Unicode had before it had styles.
fn letterlike(c: char, out: &mut String) {
    let plain = match c {
        'ℬ' => 'b',
        'ℂ' | 'ℭ' => 'c',
        'ℯ' | 'ℰ' => 'e',
        'ℱ' => 'f',
        'ℊ' => 'g',
        'ℋ' | 'ℌ' | 'ℍ' | 'ℎ' => 'h',
        'ℐ' | 'ℑ' => 'i',
        'ℒ' | 'ℓ' => 'l',
        'ℳ' => 'm',
        'ℕ' => 'n',
        'ℴ' => 'o',
        'ℙ' => 'p',
        'ℚ' => 'q',
        'ℛ' | 'ℜ' | 'ℝ' => 'r',
        'ℤ' | 'ℨ' => 'z',
        _ => ' ',
    };
    out.push(plain);
}

fn picture(c: char, out: &mut String) {
    match c {
        '📈' | '🟢' | '🔼' | '🐂' => mark(UP, out),
        '📉' | '🔴' | '🔽' | '🐻' => mark(DOWN, out),
        '💰' | '📍' | '💵' | '🎟' => mark(ENTRY, out),
        '🛑' | '🚫' => mark(STOP, out),
        '🎯' | '🏆' | '🏁' | '🥇' | '🥈' | '🥉' => mark(TARGET, out),
        '🔟' => {
            out.push_str("10");
            out.push(char::from(ORDINAL));
        }
        // Squared and circled letters: 🅱🆄🆈.
        '\u{1F130}'..='\u{1F149}' => push(0x61 + (c as u32 - 0x1F130), out),
        '\u{1F150}'..='\u{1F169}' => push(0x61 + (c as u32 - 0x1F150), out),
        '\u{1F170}'..='\u{1F189}' => push(0x61 + (c as u32 - 0x1F170), out),
        // Ideographs of the later planes are letters, for what it is worth.
        '\u{20000}'..='\u{3FFFF}' => out.push(c),
        _ => out.push(' '),
    }
}

fn sign_or_letter(c: char, out: &mut String) {
    match c {
        '❌' | '✖' | '⛔' | '☠' | '❎' => mark(STOP, out),
        '✅' | '☑' | '✔' => mark(CHECK, out),
        'ʙ' => out.push('b'),
        'ɢ' => out.push('g'),
        'ʜ' => out.push('h'),
        'ɪ' => out.push('i'),
        'ʟ' => out.push('l'),
        'ɴ' => out.push('n'),
        'ʀ' => out.push('r'),
        'ʏ' => out.push('y'),
        'ᶜ' => out.push('c'),
        'ᶠ' => out.push('f'),
        'ᶻ' => out.push('z'),
        'ⁱ' => out.push('i'),
        'ⁿ' => out.push('n'),
        'ⱽ' => out.push('v'),
        _ if c.is_alphabetic() => out.extend(c.to_lowercase()),
        _ => out.push(' '),
    }
}

fn mark(byte: u8, out: &mut String) {
    out.push(char::from(byte));
}

fn ascii(code: u32) -> char {
    char::from_u32(code).unwrap_or(' ')
}

fn push(code: u32, out: &mut String) {
    out.push(ascii(code));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> String {
        let mut out = String::new();
        fold(text, &mut out);
        out
    }

    #[test]
    fn styled_letters_and_digits_are_plain() {
        assert_eq!(folded("𝗕𝗨𝗬 𝐆𝐎𝐋𝐃 𝟭𝟯𝟯𝟭"), "buy gold 1331");
        assert_eq!(folded("ＢＵＹ　１．５"), "buy 1.5");
        assert_eq!(folded("ʙᴜʏ Ⓑⓤⓨ 🅱🆄🆈"), "buy buy buy");
        assert_eq!(folded("ℬ𝓊𝓎"), "buy");
    }

    #[test]
    fn eastern_digits_and_separators_are_ascii() {
        assert_eq!(folded("۲۳۴۵٫۵ ١٬٣٣١"), "2345.5 1,331");
        assert_eq!(folded("۵۰٪"), "50%");
    }

    #[test]
    fn letters_that_keyboards_confuse_are_one() {
        assert_eq!(folded("شراء"), folded("شراء"));
        assert_eq!(folded("بيع"), folded("بیع"));
        assert_eq!(folded("حد‌ضرر"), "حد ضرر");
        assert_eq!(folded("ЛОНГ Ёж"), "лонг еж");
        assert_eq!(folded("SEÑAL Petróleo"), "senal petroleo");
    }

    #[test]
    fn digits_that_number_something_are_told_from_prices() {
        assert_eq!(folded("TP1️⃣ 1.5"), "tp1\u{e} 1.5");
        assert_eq!(folded("3⃣"), "3\u{e}");
        assert_eq!(folded("TP¹²1.5"), "tp1\u{e}2\u{e}1.5");
        assert_eq!(folded("1️⃣0️⃣"), "10\u{e}");
        assert_eq!(folded("② ⓫ 🔟"), "2\u{e}   10\u{e}");
    }

    #[test]
    fn letters_that_only_look_latin_are_latin_within_latin_words() {
        // Cyrillic В, Е and А, Greek Υ and Ο, and a zero-width space between.
        assert_eq!(folded("ВUY ЕURUSD, ХАUUSD"), "buy eurusd, xauusd");
        assert_eq!(folded("BUΥ GΟLD В\u{200b}UY"), "buy gold buy");
        assert_eq!(folded("ЅELL ЅL1: 1,5 ТP2 USDТ"), "sell sl1: 1,5 tp2 usdt");
        // All of the word is Cyrillic, and nothing of the text is beyond doubt.
        assert_eq!(folded("ВТС LONG\nТР1️⃣ 1.5"), "btc long\ntp1\u{e} 1.5");
    }

    #[test]
    fn what_is_written_in_one_script_stays_as_it_is() {
        for text in [
            "лонг btc от 62500, тр 63000, все с плечом 10х",
            "сон, рост, вот, тест и тор",
            "long btc 10х",
            "αγορά χρυσού",
            "usdt-пара, solюшка, курс",
        ] {
            assert_eq!(folded(text), text);
        }
    }

    #[test]
    fn a_latin_letter_within_a_cyrillic_word_is_cyrillic() {
        // Latin C, o and e.
        assert_eq!(folded("Cтоп Вxoд цeль"), "стоп вход цель");
        assert_eq!(folded("SELLим"), "sellим");
    }

    #[test]
    fn raised_and_bracketed_letters_are_plain() {
        assert_eq!(folded("ᴮᵁʸ ᵍᵒˡᵈ ⒝⒰⒴"), "buy gold buy");
    }

    #[test]
    fn hard_spaces_and_apostrophes_set_thousands_apart() {
        assert_eq!(folded("62\u{a0}500"), "62'500");
        assert_eq!(folded("1'331.5"), "1'331.5");
        assert_eq!(folded("don’t"), "dont");
    }

    #[test]
    fn what_is_beyond_ascii_is_letters_alone() {
        let text = "→ ✨ 🇺🇸 © • « ½ ℃ ∞ 日本 한글 ß";
        let out = folded(text);
        for c in out.chars().filter(|c| !c.is_ascii()) {
            assert!(c.is_alphabetic(), "{c:?} in {out:?}");
        }
    }
}
