//! What a text is when it stands for a value: the rules by which CSV and JSON are typed.

use super::evidence::Evidence;

/// What kind of value a text is. A number is what prints back as the same number: no leading zeros or plus signs, no
/// spaces, nothing beyond 64 bits, no `NaN`, nothing that overflows a float to infinity or vanishes to zero, no amount
/// that a float would change within the first six places behind the point.
pub(super) fn classify(text: &str) -> Evidence {
    match text.as_bytes() {
        [b'-' | b'.' | b'0'..=b'9', ..] => number(text),
        [b't' | b'T' | b'f' | b'F', ..] if bool(text).is_some() => Evidence::BOOL,
        _ => Evidence::TEXT,
    }
}

/// `true` or `false`, in any case.
pub(super) fn bool(text: &str) -> Option<bool> {
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
    let shape = Shape::of(text)?;
    if shape.fractional || shape.digits == 0 {
        return None;
    }
    text.parse().ok()
}

/// A number that a float holds: a float, an int up to 2^53, or a larger one that is written as the float itself would be.
pub(super) fn float(text: &str) -> Option<f64> {
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
        let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
        let vanished = value == 0.0 && mantissa.bytes().any(|byte| matches!(byte, b'1'..=b'9'));
        if !value.is_finite() || vanished {
            return Evidence::TEXT;
        }
    }
    Evidence::FLOAT
}

/// BackgroundWriter the point, these many places matter: amounts and rates have no more. What is longer is measured or computed.
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
            "",
            "-",
            ".",
            "-.",
            "007",
            "00",
            "-01",
            "00.5",
            "+5",
            " 5",
            "5 ",
            "1,5",
            "9223372036854775808",
            "NaN",
            "inf",
            "-inf",
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
