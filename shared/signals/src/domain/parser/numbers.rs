//! Numbers as traders write them, exactly.

use rust_decimal::Decimal;

/// More digits than this are no price, and would not fit.
const DIGITS_MAX: usize = 18;

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Nothing said: a price, where one is expected.
    Plain,
    /// Percent.
    Percent,
    /// A factor: leverage.
    Times,
    /// Pips.
    Pips,
    /// Points.
    Points,
    /// Hours, minutes, days, dates.
    Time,
    /// First, second: 1st, 2nd.
    Ordinal,
    /// Lots.
    Lots,
    /// Money.
    Money,
    /// Ratios, digits beyond counting: nothing that a signal needs.
    Other,
}

/// A number, its unit and how it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number {
    mantissa: u64,
    scale: u8,
    /// How many characters it is written with.
    written: u8,
    /// What it counts.
    pub(super) unit: Unit,
    /// Written with a plus: a gain, never a price.
    pub(super) is_gain: bool,
    /// Directly behind letters: `tp1`.
    pub(super) is_attached: bool,
    /// Numbers what follows: `1)`, `2️⃣`.
    pub(super) is_enumerator: bool,
    /// Its only separator is a comma before three digits.
    pub(super) is_comma_ambiguous: bool,
}

impl Number {
    /// A number of these digits, of which `scale` are decimals.
    pub(super) fn new(mantissa: u64, scale: u8) -> Self {
        Self {
            mantissa,
            scale,
            written: 0,
            unit: Unit::Plain,
            is_gain: false,
            is_attached: false,
            is_enumerator: false,
            is_comma_ambiguous: false,
        }
    }

    /// A number that is to be passed over.
    pub(super) fn of_no_use() -> Self {
        Self {
            unit: Unit::Other,
            ..Self::new(0, 0)
        }
    }

    /// A date, or a time of day.
    pub(super) fn of_time() -> Self {
        Self {
            unit: Unit::Time,
            ..Self::new(0, 0)
        }
    }

    /// Its exact value.
    pub(super) fn value(&self) -> Decimal {
        Decimal::from_i128_with_scale(i128::from(self.mantissa), u32::from(self.scale))
    }

    /// Its value as a price: more than zero, without trailing zeros.
    pub(super) fn price(&self) -> Option<Decimal> {
        (self.mantissa > 0).then(|| self.value().normalize())
    }

    /// Whether it is zero.
    pub(super) fn is_zero(&self) -> bool {
        self.mantissa == 0
    }

    /// Its value where it is a whole number of at most `max`, without separators.
    pub(super) fn small(&self, max: u8) -> Option<u8> {
        let value = u8::try_from(self.mantissa).ok()?;
        (self.scale == 0 && value <= max).then_some(value)
    }

    /// Its value without decimals.
    pub(super) fn whole(&self) -> u64 {
        10_u64
            .checked_pow(u32::from(self.scale))
            .map_or(0, |one| self.mantissa / one)
    }

    /// Whether it has decimals.
    pub(super) fn has_decimals(&self) -> bool {
        self.scale > 0
    }

    /// The same in thousands: `65k`.
    pub(super) fn thousands(mut self) -> Self {
        let cut = self.scale.min(3);
        self.scale -= cut;
        let factor = 10_u64.pow(u32::from(3 - cut));
        match self.mantissa.checked_mul(factor) {
            Some(mantissa) => {
                self.mantissa = mantissa;
                self
            }
            None => Self::of_no_use(),
        }
    }

    /// Reads its comma as that of decimals.
    pub(super) fn comma_as_decimals(mut self) -> Self {
        if self.is_comma_ambiguous {
            self.scale = 3;
            self.is_comma_ambiguous = false;
        }
        self
    }

    /// What a shorter number beside it stands for: 60 beside 1.0850 is 1.0860, 50 beside 2345 is
    /// 2350, 02 beside 2398 is 2402. `None` where the shorter one is none of the kind.
    pub(super) fn completed(&self, tail: TailDigits) -> Option<Self> {
        let own = if self.scale > 0 {
            u32::from(self.scale)
        } else {
            self.mantissa.checked_ilog10()? + 1
        };
        let fits = tail.count < own || (self.scale > 0 && tail.count == own && tail.count > 1);
        if !fits || tail.count == 0 {
            return None;
        }
        let unit = 10_u64.checked_pow(tail.count)?;
        let same = self.mantissa - self.mantissa % unit + tail.value;
        let near = |other: u64| other.abs_diff(self.mantissa);
        // A tail that has wrapped around is much nearer on the other side.
        let wrapped = [same.checked_add(unit), same.checked_sub(unit)]
            .into_iter()
            .flatten()
            .find(|other| *other > 0 && near(*other).saturating_mul(5) < near(same));
        let mut completed = *self;
        completed.mantissa = wrapped.unwrap_or(same);
        Some(completed)
    }

    /// Its digits as the tail of another number; `None` where it has a separator.
    pub(super) fn tail(&self) -> Option<TailDigits> {
        (self.scale == 0 && self.unit == Unit::Plain && !self.is_comma_ambiguous).then_some(
            TailDigits {
                value: self.mantissa,
                count: u32::from(self.written),
            },
        )
    }
}

/// Digits that may be the end of the number before.
#[derive(Clone, Copy, Debug)]
pub(super) struct TailDigits {
    value: u64,
    count: u32,
}

/// Reads the number that `text` begins with, and says how many bytes it takes.
///
/// `text` begins with a digit, or with a dot and a digit. What has the form of a date or of
/// digits beyond counting is [`Unit::Other`] or [`Unit::Time`].
pub(super) fn read(text: &[u8]) -> (Number, usize) {
    // A separator counts only between digits.
    let mut end = 0;
    let mut separators = [(0_usize, 0_u8); 6];
    let (mut count, mut last, mut are_threes, mut is_list) = (0, 0, true, false);
    loop {
        match text.get(end) {
            Some(b'0'..=b'9') => end += 1,
            Some(mark @ (b'.' | b',' | b'\''))
                if text.get(end + 1).is_some_and(u8::is_ascii_digit) =>
            {
                are_threes &= count == 0 || end - last == 4;
                // Beyond two separators only thousands go on; what does is a list.
                let place = separators
                    .get_mut(count)
                    .filter(|_| are_threes || count < 2);
                let Some(place) = place else {
                    is_list = true;
                    break;
                };
                *place = (end, *mark);
                (count, last) = (count + 1, end);
                end += 1;
            }
            _ => break,
        }
    }
    let separators = separators.get(..count).unwrap_or_default();
    let may_be_thousands = text.first() != Some(&b'0');
    let shape = match separators {
        // 0.331,0.335: two numbers, not thousands with decimals.
        [(_, b'.'), _, ..] if is_list => Shape::cut(separators),
        _ => Shape::of(separators, end, may_be_thousands),
    };
    let (taken, point) = match shape {
        Shape::Whole => (end, None),
        Shape::Decimals(at) => (end, Some(at)),
        Shape::Ambiguous => (end, None),
        Shape::Cut(at, point) => (at, point),
        Shape::Date => {
            return (Number::of_time(), end);
        }
    };
    let mut number = digits(text.get(..taken).unwrap_or_default(), point);
    number.is_comma_ambiguous = matches!(shape, Shape::Ambiguous) && number.unit == Unit::Plain;
    number.written = u8::try_from(taken).unwrap_or(u8::MAX);
    (number, taken.max(1))
}

/// How a number's separators are to be read.
#[derive(Clone, Copy)]
enum Shape {
    /// None is of decimals.
    Whole,
    /// The one at this place is of decimals.
    Decimals(usize),
    /// One comma before three digits.
    Ambiguous,
    /// The number ends at this place, with decimals from another or none.
    Cut(usize, Option<usize>),
    /// Year, month and day.
    Date,
}

impl Shape {
    fn of(separators: &[(usize, u8)], end: usize, may_be_thousands: bool) -> Self {
        let length = |index: usize| {
            let from = separators.get(index).map_or(0, |(at, _)| at + 1);
            let to = separators.get(index + 1).map_or(end, |(at, _)| *at);
            to.saturating_sub(from)
        };
        match separators {
            [] => Self::Whole,
            [(at, b'.')] => Self::Decimals(*at),
            [(_, b'\'')] if length(0) == 3 => Self::Whole,
            [(at, b'\'')] => Self::Cut(*at, None),
            [(at, b',')] => match (*at, length(0)) {
                (1..=3, 3) if may_be_thousands => Self::Ambiguous,
                // Two whole numbers of one length are a list.
                (before, after) if before == after && after > 3 => Self::Cut(*at, None),
                _ => Self::Decimals(*at),
            },
            [(first, mark), rest @ ..] => {
                let last = rest.len();
                let (last_at, last_mark) = rest.last().copied().unwrap_or((end, *mark));
                let are_thousands = |to: usize| {
                    *first <= 3
                        && may_be_thousands
                        && separators.get(..to).is_some_and(|some| {
                            some.iter().all(|(_, other)| other == mark)
                                && (0..to).all(|index| length(index) == 3)
                        })
                };
                if are_thousands(last + 1) && (*mark != b'.' || last > 0) {
                    return Self::Whole;
                }
                if last_mark != *mark && matches!(last_mark, b'.' | b',') && are_thousands(last) {
                    return Self::Decimals(last_at);
                }
                if *mark == b'.' && last_mark == b'.' && last == 1 && *first == 4 {
                    return Self::Date;
                }
                Self::cut(separators)
            }
        }
    }

    /// The first of several numbers that have grown together.
    fn cut(separators: &[(usize, u8)]) -> Self {
        match separators {
            // 1.1.96600: a number, and what it numbers.
            [(at, b'.'), (_, b'.'), ..] => Self::Cut(*at, None),
            [(at, b'.'), (second, _), ..] => Self::Cut(*second, Some(*at)),
            [(at, _), ..] => Self::Cut(*at, None),
            [] => Self::Whole,
        }
    }
}

fn digits(text: &[u8], point: Option<usize>) -> Number {
    let mut mantissa = 0_u64;
    let (mut count, mut scale) = (0, 0_u8);
    for (at, byte) in text.iter().enumerate() {
        if !byte.is_ascii_digit() {
            continue;
        }
        if mantissa > 0 {
            count += 1;
        }
        if count >= DIGITS_MAX {
            return Number::of_no_use();
        }
        mantissa = mantissa * 10 + u64::from(byte - b'0');
        if point.is_some_and(|point| at > point) {
            scale += 1;
            if usize::from(scale) > DIGITS_MAX {
                return Number::of_no_use();
            }
        }
    }
    Number::new(mantissa, scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> (String, usize) {
        let (number, taken) = read(text.as_bytes());
        (number.value().to_string(), taken)
    }

    #[test]
    fn separators_are_read_as_their_places_tell() {
        for (text, expected) in [
            ("1331", "1331"),
            ("1331.50", "1331.50"),
            ("1,331.50", "1331.50"),
            ("1.331,50", "1331.50"),
            ("1331,5", "1331.5"),
            ("0,9775", "0.9775"),
            ("1,08500", "1.08500"),
            ("1,234,567", "1234567"),
            ("1.234.567", "1234567"),
            ("1'331.5", "1331.5"),
            ("62'500", "62500"),
            ("62,500", "62500"),
            ("0,977", "0.977"),
            ("1,234,567.89", "1234567.89"),
            ("000123", "123"),
            (".7510", "0.7510"),
        ] {
            assert_eq!(value(text), (expected.to_owned(), text.len()), "{text}");
        }
        assert!(read(b"62,500").0.is_comma_ambiguous);
        assert!(!read(b"62,500.5").0.is_comma_ambiguous);
        let as_decimals = read(b"130,900").0.comma_as_decimals();
        assert_eq!(as_decimals.value().to_string(), "130.900");
    }

    #[test]
    fn numbers_that_have_grown_together_come_apart() {
        assert_eq!(value("4350,4360"), ("4350".to_owned(), 4));
        assert_eq!(value("1.0850,1.0900"), ("1.0850".to_owned(), 6));
        assert_eq!(value("0.331,0.335"), ("0.331".to_owned(), 5));
        assert_eq!(value("1,331.50,1,335.50"), ("1331.50".to_owned(), 8));
        assert_eq!(value("1.1.96600"), ("1".to_owned(), 1));
        assert_eq!(value("1331."), ("1331".to_owned(), 4));
        assert_eq!(read(b"2017.09.08").0.unit, Unit::Time);
    }

    #[test]
    fn digits_beyond_counting_are_no_number() {
        let long = "9".repeat(500);
        assert_eq!(read(long.as_bytes()).0.unit, Unit::Other);
        let (first, taken) = read(b"1,2,3,4,5,6,7,8,9,10,11");
        assert_eq!((first.small(20), taken), (Some(1), 1));
    }

    #[test]
    fn a_shorter_number_completes_the_one_before() {
        let complete = |whole: &str, tail: u64, count: u32| {
            read(whole.as_bytes())
                .0
                .completed(TailDigits { value: tail, count })
                .map(|number| number.value().to_string())
        };
        assert_eq!(complete("2345", 50, 2).as_deref(), Some("2350"));
        assert_eq!(complete("1.0850", 60, 2).as_deref(), Some("1.0860"));
        assert_eq!(complete("134.30", 35, 2).as_deref(), Some("134.35"));
        assert_eq!(complete("2398", 2, 2).as_deref(), Some("2402"));
        assert_eq!(complete("2402", 98, 2).as_deref(), Some("2398"));
        assert_eq!(complete("2345", 2350, 4), None);
    }
}
