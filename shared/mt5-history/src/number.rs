//! Numbers as locales write them.

use rust_decimal::Decimal;

/// Which of dot and comma is the decimal mark, where a number alone does not tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum DecimalMark {
    #[default]
    Dot,
    Comma,
}

/// The greatest amount that is taken as one: it keeps sums of all rows in range.
const AMOUNT_MAX: Decimal = Decimal::from_parts(1_316_134_912, 2_328, 0, false, 0);
/// Beyond this many decimals nothing in a history has meaning.
const DECIMALS_MAX: u32 = 8;
/// The digits a binary double holds for sure; what is written beyond is noise.
const DOUBLE_DIGITS: usize = 15;
/// The most characters a number is written with.
const LENGTH_MAX: usize = 64;

/// Reads a number: digits with thousands apart or not, a decimal dot or comma, a sign before or
/// behind or parentheses, an exponent, a trailing percent sign. `None` for anything else.
pub(crate) fn parse(text: &str, mark: DecimalMark) -> Option<Decimal> {
    if text.len() > LENGTH_MAX {
        return None;
    }
    if mark == DecimalMark::Dot && is_plain(text) {
        return text.parse().ok();
    }
    let (negative, body) = split_sign(text.trim())?;
    let (mantissa, exponent) = split_exponent(body)?;
    let parts = Parts::of(mantissa)?;
    let point = parts.decimal_point(mark)?;
    let plain = parts.plain(point)?;
    let plain = shift(plain, exponent)?;
    let mut value = plain.parse::<Decimal>().ok()?;
    let digits = plain.bytes().filter(u8::is_ascii_digit).count();
    let leading = plain
        .bytes()
        .take_while(|b| matches!(b, b'0' | b'.'))
        .filter(|b| *b == b'0')
        .count();
    if digits - leading > DOUBLE_DIGITS && plain.contains('.') {
        value = value.round_sf(15)?.normalize();
    }
    if value.scale() > DECIMALS_MAX {
        value = value.round_dp(DECIMALS_MAX).normalize();
    }
    if value > AMOUNT_MAX {
        return None;
    }
    if negative {
        value.set_sign_negative(!value.is_zero());
    }
    Some(value)
}

/// A whole number written with an exponent (`7.3403366E7`), in full.
pub(crate) fn parse_identifier(text: &str) -> Option<String> {
    let value = Decimal::from_scientific(text).ok()?.normalize();
    (value.scale() == 0 && value.is_sign_positive()).then(|| value.to_string())
}

/// What a cell tells of the file's decimal mark: `None` if it is no number or could be either.
pub(crate) fn vote(text: &str) -> Option<DecimalMark> {
    if text.len() > LENGTH_MAX || !text.contains(['.', ',']) {
        return None;
    }
    let (_, body) = split_sign(text.trim())?;
    let parts = Parts::of(body)?;
    let point = parts.certain_point()?;
    parts.plain(point)?;
    match (
        point.map(|at| parts.separators[at].1),
        parts.separators.first(),
    ) {
        (Some('.'), _) | (None, Some((_, ','))) => Some(DecimalMark::Dot),
        (Some(','), _) | (None, Some((_, '.'))) => Some(DecimalMark::Comma),
        _ => None,
    }
}

/// Takes sign, percent sign and parentheses off.
fn split_sign(text: &str) -> Option<(bool, &str)> {
    let text = text.strip_suffix(['%', '٪', '％']).unwrap_or(text).trim();
    if let Some(inner) = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
        return Some((true, inner.trim()));
    }
    const MINUS: [char; 5] = ['-', '\u{2212}', '\u{2013}', '\u{fe63}', '\u{ff0d}'];
    let (negative, body) = if let Some(rest) = text.strip_prefix(MINUS) {
        (true, rest)
    } else if let Some(rest) = text.strip_suffix(MINUS) {
        (true, rest)
    } else {
        (false, text.strip_prefix('+').unwrap_or(text))
    };
    let body = body.trim();
    (!body.is_empty()).then_some((negative, body))
}

/// Splits `1.5e-05` at its exponent; the exponent is empty where there is none.
fn split_exponent(text: &str) -> Option<(&str, &str)> {
    let Some(at) = text.find(['e', 'E']) else {
        return Some((text, ""));
    };
    let (mantissa, exponent) = (&text[..at], &text[at + 1..]);
    let digits = exponent.trim_start_matches(['+', '-']);
    let valid = (1..=3).contains(&digits.len())
        && exponent.len() - digits.len() <= 1
        && digits.bytes().all(|b| b.is_ascii_digit());
    valid.then(|| (mantissa, exponent.strip_prefix('+').unwrap_or(exponent)))
}

/// Whether the text is what nearly all numbers of nearly all files are: few digits, a dot between
/// them, a minus. Only there to be fast.
fn is_plain(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
    let dot = digits.iter().position(|b| *b == b'.');
    let is_digit = |(at, b): (usize, &u8)| b.is_ascii_digit() || Some(at) == dot;
    (1..=12).contains(&digits.len())
        && dot.is_none_or(|at| at > 0 && (1..=8).contains(&(digits.len() - at - 1)))
        && digits.iter().enumerate().all(is_digit)
        && text != "-0"
        && (digits.len() == text.len() || digits.iter().any(|b| matches!(b, b'1'..=b'9')))
}

/// Moves the decimal dot of `plain` by the exponent. `None` beyond what an amount can be.
fn shift(plain: String, exponent: &str) -> Option<String> {
    if exponent.is_empty() {
        return Some(plain);
    }
    let places: i32 = exponent.parse().ok()?;
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let point = i32::try_from(whole.len()).ok()? + places;
    let digits = format!("{whole}{fraction}");
    if point <= -28 {
        return Some("0".to_owned());
    }
    if point > 40 {
        return None;
    }
    let Ok(point) = usize::try_from(point) else {
        let zeros = "0".repeat(usize::try_from(-point).ok()?);
        return Some(format!("0.{zeros}{digits}"));
    };
    if point >= digits.len() {
        return Some(format!("{digits}{}", "0".repeat(point - digits.len())));
    }
    let whole = if point == 0 { "0" } else { &digits[..point] };
    Some(format!("{whole}.{}", &digits[point..]))
}

/// A number taken apart: its digits in ASCII and what stands between them.
struct Parts {
    digits: String,
    /// Each separator with the number of digits before it; every kind of space is `' '`.
    separators: Vec<(usize, char)>,
}

impl Parts {
    fn of(text: &str) -> Option<Self> {
        let mut parts = Self {
            digits: String::with_capacity(text.len()),
            separators: Vec::new(),
        };
        for c in text.chars() {
            if let Some(digit) = digit(c) {
                parts.digits.push(digit);
                continue;
            }
            let separator = match c {
                '.' | ',' => c,
                '٫' => '|',
                ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '\u{2007}' => ' ',
                '\'' | '\u{2019}' | '٬' | '_' => '\'',
                _ => return None,
            };
            parts.separators.push((parts.digits.len(), separator));
        }
        (!parts.digits.is_empty()).then_some(parts)
    }

    /// The index of the separator that is the decimal mark for certain; the inner `None` says
    /// that there is none for certain, the outer that it cannot be told.
    fn certain_point(&self) -> Option<Option<usize>> {
        let marks: Vec<usize> = (0..self.separators.len())
            .filter(|at| matches!(self.separators[*at].1, '.' | ',' | '|'))
            .collect();
        let (Some(first), Some(last)) = (marks.first(), marks.last()) else {
            return Some(None);
        };
        let (before, mark) = self.separators[*last];
        if mark == '|' || self.separators[*first].1 != mark {
            return Some(Some(*last));
        }
        if marks.len() > 1 {
            return Some(None);
        }
        let after = self.digits.len() - before;
        let grouped = *last > 0;
        let whole = &self.digits[..before];
        if grouped || after != 3 || before == 0 || before > 3 || whole.starts_with('0') {
            return Some(Some(*last));
        }
        None
    }

    fn decimal_point(&self, mark: DecimalMark) -> Option<Option<usize>> {
        if let Some(certain) = self.certain_point() {
            return Some(certain);
        }
        let (_, found) = *self.separators.last()?;
        let is_point = (found == '.') == (mark == DecimalMark::Dot);
        Some(is_point.then(|| self.separators.len() - 1))
    }

    /// The number with a decimal dot and no thousands apart; `None` if the groups are wrong.
    fn plain(&self, point: Option<usize>) -> Option<String> {
        let whole_end = point.map_or(self.digits.len(), |at| self.separators[at].0);
        if point.is_some_and(|at| at + 1 != self.separators.len()) {
            return None;
        }
        let groups = &self.separators[..point.unwrap_or(self.separators.len())];
        let same = groups.windows(2).all(|pair| pair[0].1 == pair[1].1);
        let sized = groups.iter().enumerate().all(|(at, (start, _))| {
            let end = groups.get(at + 1).map_or(whole_end, |next| next.0);
            let last = at + 1 == groups.len();
            (1..=3).contains(&groups[0].0) && (end - start == 3 || (!last && end - start == 2))
        });
        if !same || !sized {
            return None;
        }
        let (whole, fraction) = self.digits.split_at(whole_end);
        let whole = if whole.is_empty() { "0" } else { whole };
        Some(if fraction.is_empty() {
            whole.to_owned()
        } else {
            format!("{whole}.{fraction}")
        })
    }
}

/// The ASCII digit that `c` stands for in Latin, Arabic, Persian or full-width writing.
fn digit(c: char) -> Option<char> {
    let value = match c {
        '0'..='9' => return Some(c),
        '\u{660}'..='\u{669}' => u32::from(c) - 0x660,
        '\u{6f0}'..='\u{6f9}' => u32::from(c) - 0x6f0,
        '\u{ff10}'..='\u{ff19}' => u32::from(c) - 0xff10,
        _ => return None,
    };
    char::from_digit(value, 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dot(text: &str) -> Option<String> {
        parse(text, DecimalMark::Dot).map(|n| n.to_string())
    }

    fn comma(text: &str) -> Option<String> {
        parse(text, DecimalMark::Comma).map(|n| n.to_string())
    }

    #[test]
    fn locales_write_the_same_number_in_many_ways() {
        for text in [
            "1234567.89",
            "1 234 567.89",
            "1\u{a0}234\u{a0}567,89",
            "1\u{202f}234\u{202f}567,89",
            "1'234'567.89",
            "1\u{2019}234\u{2019}567,89",
            "1,234,567.89",
            "1.234.567,89",
            "12,34,567.89",
            "+1234567.89",
            "1234567.89%",
            "1 234 567,89 %",
            "١٢٣٤٥٦٧٫٨٩",
            "۱٬۲۳۴٬۵۶۷٫۸۹",
        ] {
            assert_eq!(dot(text).as_deref(), Some("1234567.89"), "{text}");
        }
        for text in ["-5.25", "\u{2212}5,25", "5.25-", "(5.25)", "- 5.25"] {
            assert_eq!(dot(text).as_deref(), Some("-5.25"), "{text}");
        }
    }

    #[test]
    fn three_digits_behind_one_mark_are_told_apart_by_the_file() {
        assert_eq!(dot("1,234").as_deref(), Some("1234"));
        assert_eq!(comma("1,234").as_deref(), Some("1.234"));
        assert_eq!(dot("1.234").as_deref(), Some("1.234"));
        assert_eq!(comma("1.234").as_deref(), Some("1234"));
        assert_eq!(dot("0,100").as_deref(), Some("0.100"));
        assert_eq!(dot("1 234,567").as_deref(), Some("1234.567"));
        assert_eq!(comma("1.234.567").as_deref(), Some("1234567"));
    }

    #[test]
    fn noise_of_doubles_is_taken_off() {
        assert_eq!(dot("99702.080000000002").as_deref(), Some("99702.08"));
        assert_eq!(dot("0.72699999999999998").as_deref(), Some("0.727"));
        assert_eq!(dot("0.30000000000000004").as_deref(), Some("0.3"));
        assert_eq!(dot("-3.5527136788005009e-15").as_deref(), Some("0"));
        assert_eq!(dot("1e-05").as_deref(), Some("0.00001"));
        assert_eq!(dot("1.5E+3").as_deref(), Some("1500"));
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in [
            "",
            "-",
            "abc",
            "1.2.3",
            "12 34",
            "1,23,4",
            "1e",
            "1e9999",
            "--5",
            "0x10",
            "1 2345",
            "99999999999999999999",
            "2023.08.21",
            "1.2,3.4",
            "%",
            "()",
            "nan",
            "inf",
        ] {
            assert_eq!(dot(text), None, "{text}");
        }
    }

    #[test]
    fn cells_vote_for_the_mark_only_when_certain() {
        assert_eq!(vote("1.5"), Some(DecimalMark::Dot));
        assert_eq!(vote("1,5"), Some(DecimalMark::Comma));
        assert_eq!(vote("1,234,567"), Some(DecimalMark::Dot));
        assert_eq!(vote("1.234.567"), Some(DecimalMark::Comma));
        assert_eq!(vote("0,100"), Some(DecimalMark::Comma));
        assert_eq!(vote("1,234"), None);
        assert_eq!(vote("2023.08.21"), None);
        assert_eq!(vote("1234"), None);
        assert_eq!(vote("buy"), None);
    }
}
