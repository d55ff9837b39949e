//! What a text is when it stands for a value: the rules by which CSV and JSON are typed.

use tidemill_core::table::vanishes_as_float;

use super::evidence::Evidence;

/// What kind of value a text is, whatever blanks stand around it. A number is what prints back as the same number: no leading
/// zeros, nothing beyond 64 bits, nothing that overflows a float to infinity or vanishes to zero, no amount that
/// a float would change within the first six places behind the point. A plus sign before a few digits may be one.
pub(super) fn classify(text: &str) -> Evidence {
    let seen = match text.as_bytes() {
        b"NaN" | b"inf" | b"-inf" => Evidence::NOT_FINITE,
        [b'-' | b'.' | b'0'..=b'9', ..] => number(text),
        [b't' | b'T' | b'f' | b'F', ..] if bool(text).is_some() => Evidence::BOOL,
        [b'+', b'.' | b'0'..=b'9', ..] if text.len() <= LONGEST_WITH_PLUS => match number(&text[1..]) {
            Evidence::INT => Evidence::PLUS_INT,
            Evidence::FLOAT => Evidence::PLUS_FLOAT,
            _ => Evidence::TEXT,
        },
        [] => Evidence::BLANK,
        _ => Evidence::TEXT,
    };
    match text.as_bytes() {
        [b' ' | b'\t', ..] | [.., b' ' | b'\t'] if seen == Evidence::TEXT => classify(plain(text)),
        _ => seen,
    }
}

/// A longer text with a plus sign is rather a phone number.
const LONGEST_WITH_PLUS: usize = 8;

/// The text without the blanks around it.
pub(super) fn plain(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// The text of a number as it is read: without blanks around it, and without a plus sign.
fn unsigned(text: &str) -> &str {
    let text = plain(text);
    match text.strip_prefix('+') {
        Some(rest) if !rest.starts_with(['-', '+']) => rest,
        _ => text,
    }
}

/// How a file writes numbers, where not as `1234.50`.
#[derive(Clone, Copy, Debug)]
pub(super) struct NumberStyle {
    /// What stands before the fraction.
    pub decimal: char,
    /// What may stand between thousands.
    pub thousands: char,
}

impl NumberStyle {
    /// As in `1.234,50`.
    pub const DECIMAL_COMMA: Self = Self { decimal: ',', thousands: '.' };

    /// The number as `1234.50`; None if it is none of this style, or its thousands are not three digits each.
    pub fn plain(self, text: &str) -> Option<String> {
        let text = plain(text);
        let is_between = |letter: char| {
            letter == self.thousands || (self.thousands == ' ' && matches!(letter, '\u{a0}' | '\u{202f}'))
        };
        if self.decimal == '.' && !text.contains(is_between) {
            return Some(text.to_owned());
        }
        let parts = text.split_once(self.decimal);
        let (whole, fraction) = parts.map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
        let digits = whole.trim_start_matches(['-', '+']);
        let mut groups = digits.split(is_between);
        let first = groups.next().filter(|first| !digits.contains(is_between) || (1..=3).contains(&first.len()))?;
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let fits = all_digits(first) && groups.all(|group| group.len() == 3 && all_digits(group));
        let sign = &whole[..whole.len() - digits.len()];
        let digits = digits.replace(is_between, "");
        fits.then(|| match fraction {
            Some(fraction) => format!("{sign}{digits}.{fraction}"),
            None => format!("{sign}{digits}"),
        })
    }
}

/// `1.234,50` as `1234.50`: a number whose digits are parted by a comma, with points between thousands or without.
pub(super) fn from_decimal_comma(text: &str) -> Option<String> {
    NumberStyle::DECIMAL_COMMA.plain(text)
}

/// Whether it is a number with a comma before its fraction, and the comma cannot be one between thousands.
pub(super) fn is_surely_decimal_comma(text: &str) -> bool {
    let fraction = text.split_once(',').map(|(_, fraction)| plain(fraction).len());
    fraction.is_some_and(|digits| digits != 3)
        && from_decimal_comma(text).is_some_and(|number| number.parse::<f64>().is_ok())
}

/// `true` or `false`, in any case.
pub(super) fn bool(text: &str) -> Option<bool> {
    let text = plain(text);
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// A whole number, if [`classify`] takes it for one.
pub(super) fn int(text: &str) -> Option<i64> {
    let text = unsigned(text);
    let shape = Shape::of(text)?;
    if shape.fractional || shape.digits == 0 {
        return None;
    }
    text.parse().ok()
}

/// A number that a float holds: a float, an int up to 2^53, or a larger one that is written as the float itself would be.
pub(super) fn float(text: &str) -> Option<f64> {
    let text = unsigned(text);
    if matches!(text, "NaN" | "inf" | "-inf") {
        return text.parse().ok();
    }
    let kind = number(text);
    if kind == Evidence::FLOAT || kind == Evidence::INT {
        return text.parse().ok();
    }
    Shape::of(text)?;
    let value: f64 = text.parse().ok()?;
    (value.is_finite() && value.to_string() == text).then_some(value)
}

/// A plain decimal number with at most `scale` digits behind the point and `precision` in all: its digits at that scale.
pub(super) fn decimal(text: &str, precision: u8, scale: u8) -> Option<i128> {
    let text = unsigned(text);
    let shape = Shape::of(text)?;
    if shape.exponent {
        return None;
    }
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = fraction.trim_end_matches('0');
    let missing = usize::from(scale).checked_sub(fraction.len())?;
    let padding = std::iter::repeat_n(b'0', missing);
    let mut unscaled = 0_i128;
    for digit in whole.bytes().chain(fraction.bytes()).chain(padding) {
        unscaled = unscaled.checked_mul(10)?.checked_add(i128::from(digit - b'0'))?;
    }
    let fits = 10_i128.checked_pow(u32::from(precision)).is_some_and(|limit| unscaled < limit);
    fits.then_some(if negative { -unscaled } else { unscaled })
}

fn number(text: &str) -> Evidence {
    let Some(shape) = Shape::of(text) else { return Evidence::TEXT };
    if !shape.fractional {
        // Up to 15 digits are below 2^53, so most numbers need not be parsed here.
        return match shape.digits {
            1..=15 => Evidence::INT,
            _ => text.parse().map_or(Evidence::TEXT, Evidence::of_int),
        };
    }
    if shape.digits > 18 || (!shape.exponent && changes_as_float(text, shape.digits)) {
        return Evidence::TEXT;
    }
    if shape.exponent || text.len() > 300 {
        let value: f64 = text.parse().unwrap_or(f64::NAN);
        if !value.is_finite() || vanishes_as_float(text) {
            return Evidence::TEXT;
        }
    }
    Evidence::FLOAT
}

/// Behind the point, these many places matter: amounts and rates have no more. What is longer is measured or computed.
const PLACES: usize = 6;

/// Digits that every float has.
const DIGITS: usize = 15;

/// Whether the float nearest to a number with so many digits before its point is another number within [`PLACES`].
fn changes_as_float(text: &str, digits: usize) -> bool {
    let fraction = text.split_once('.').map_or("", |(_, fraction)| fraction.trim_end_matches('0'));
    if digits + fraction.len().min(PLACES) <= DIGITS {
        return false;
    }
    let Ok(value) = text.parse::<f64>() else { return true };
    let shown = text.trim_end_matches('0').trim_end_matches('.');
    // The shortest digits of a float that lies between two candidates are not unique: either may stand in a file.
    shown != format!("{value:.0$}", fraction.len()) && shown != value.to_string()
}

/// The outline of a text that is a number by its grammar: `-? digits (. digits?)? ([eE] [+-]? digits)?` without leading
/// zeros, or with the digits before the point left out.
struct Shape {
    /// Digits before the point.
    digits: usize,
    /// Has a point or an exponent.
    fractional: bool,
    /// Has an exponent.
    exponent: bool,
}

impl Shape {
    fn of(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let run = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let mut at = usize::from(bytes.first() == Some(&b'-'));
        let digits = run(at);
        if digits > 1 && bytes[at] == b'0' {
            return None;
        }
        at += digits;
        let mut fractional = false;
        if bytes.get(at) == Some(&b'.') {
            let fraction = run(at + 1);
            if digits + fraction == 0 {
                return None;
            }
            at += 1 + fraction;
            fractional = true;
        } else if digits == 0 {
            return None;
        }
        let exponent = matches!(bytes.get(at), Some(b'e' | b'E'));
        if exponent {
            at += 1 + usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
            let exponent_digits = run(at);
            if exponent_digits == 0 {
                return None;
            }
            at += exponent_digits;
        }
        (at == bytes.len()).then_some(Self { digits, fractional: fractional || exponent, exponent })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_numbers_only_if_nothing_is_lost() {
        for text in ["0", "-1", "7", "999999999999999", "9007199254740992"] {
            assert_eq!(classify(text), Evidence::INT, "{text}");
        }
        for text in ["9007199254740993", "9223372036854775807", "-9223372036854775808"] {
            assert_eq!(classify(text), Evidence::BIG_INT, "{text}");
        }
        for text in ["0.5", "-0.5", "1e5", "1E-5", ".5", "5.", "0e0", "0.0", "1e308", "0e999"] {
            assert_eq!(classify(text), Evidence::FLOAT, "{text}");
        }
        for text in [
            "-",
            ".",
            "-.",
            "007",
            "00",
            "-01",
            "00.5",
            "+-5",
            "++5",
            "+",
            "+49151234567",
            " x ",
            "5 5",
            "1,5",
            "9223372036854775808",
            "nan",
            "Infinity",
            "1e400",
            "1e-400",
            "1e",
            "e5",
            "1e+",
            "0x10",
            "1_000",
            "1234567890123456789.5",
            "--1",
            "1.2.3",
            "١",
            "5€",
        ] {
            assert_eq!(classify(text), Evidence::TEXT, "{text}");
        }
    }

    #[test]
    fn blanks_and_plus_signs_are_read_over() {
        for (text, seen) in [
            (" 5", Evidence::INT),
            ("\t-1.5 ", Evidence::FLOAT),
            (" true", Evidence::BOOL),
            ("+5", Evidence::PLUS_INT),
            (" +1.5", Evidence::PLUS_FLOAT),
            ("", Evidence::BLANK),
            ("  ", Evidence::BLANK),
        ] {
            assert_eq!(classify(text), seen, "{text:?}");
        }
        assert_eq!((int(" +5 "), int("+-5"), int("+ 5")), (Some(5), None, None));
        assert_eq!((float("+1.5"), bool(" true "), decimal(" +1.50", 18, 2)), (Some(1.5), Some(true), Some(150)));
    }

    #[test]
    fn numbers_with_a_decimal_comma_become_plain_ones() {
        let read = |text| from_decimal_comma(text).unwrap_or_else(|| "-".into());
        let texts = ["1.234,50", "-7,25", "1.234.567", "12", "+0,5", ",5", "1.5", "01.02.2024", "1,2,3", "1.23,4", "x"];
        assert_eq!(texts.map(read), ["1234.50", "-7.25", "1234567", "12", "+0.5", ".5", "-", "-", "1.2,3", "-", "-"]);
    }

    #[test]
    fn thousands_are_three_digits_each() {
        let read = |thousands, text| NumberStyle { decimal: '.', thousands }.plain(text).unwrap_or_else(|| "-".into());
        let texts = ["1,234.5", "-1,234,567", "1234", "1e5", "x", "1,23", "12,34.5", "1.5,000"];
        // What stays as it is, is read as if nothing stood between thousands: `1.5,000` is no number then either.
        assert_eq!(texts.map(|text| read(',', text)), ["1234.5", "-1234567", "1234", "1e5", "x", "-", "-", "1.5,000"]);
        assert_eq!(["1 234", "1\u{a0}234", "1\u{202f}234.5"].map(|text| read(' ', text)), ["1234", "1234", "1234.5"]);
    }

    #[test]
    fn amounts_that_a_float_would_change_are_text() {
        for text in ["12345678901234567.89", "-9007199254740993.0", "1234567890123456.78", "123456789012345678.5"] {
            assert_eq!(classify(text), Evidence::TEXT, "{text}");
        }
        for text in [
            "123456789012345.6",
            "-9999999999999.99",
            "1234567890123456.0",
            "33.33333333333333333333",
            "0.1000000000000000055",
            "-122.41941550000001",
            "1234567890.123456",
            "1823361681632849.2",
            "1823361681632849.3",
        ] {
            assert_eq!(classify(text), Evidence::FLOAT, "{text}");
            assert_eq!(float(text), text.parse().ok(), "{text}");
        }
    }

    #[test]
    fn bools_are_true_and_false_in_any_case() {
        for text in ["true", "FALSE", "True"] {
            assert_eq!(classify(text), Evidence::BOOL, "{text}");
        }
        for text in ["t", "yes", "truex", "falsch"] {
            assert_eq!(classify(text), Evidence::TEXT, "{text}");
        }
    }

    #[test]
    fn a_decimal_must_fit_scale_and_precision() {
        assert_eq!(decimal("1.5", 18, 2), Some(150));
        assert_eq!(decimal("-0.05", 18, 2), Some(-5));
        assert_eq!(decimal("1.500", 18, 2), Some(150));
        assert_eq!(decimal("12", 2, 0), Some(12));
        for text in ["1.505", "1e2", "x", "", "007", "10000000000000000"] {
            assert_eq!(decimal(text, 18, 2), None, "{text}");
        }
        assert_eq!(decimal(&"9".repeat(38), 38, 0), Some(10_i128.pow(38) - 1));
        assert_eq!(decimal(&"9".repeat(39), 38, 0), None);
    }
}
