//! Exact decimals in templates.

use std::cmp::Ordering;

use minijinja::value::{Value, ValueKind};
use minijinja::{Error, ErrorKind};

use crate::table;

/// A number with all its digits: `unscaled` × 10^-`scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exact {
    unscaled: i128,
    scale: u8,
}

impl Exact {
    /// Reads a number, or text that is one. A binary fraction is taken as its shortest decimal form.
    pub fn of(value: &Value) -> Result<Self, Error> {
        let text = match value.kind() {
            ValueKind::Number | ValueKind::String => value.to_string(),
            kind => return Err(not_a_number(&kind.to_string())),
        };
        match Self::parse(text.trim()) {
            Some(exact) => Ok(exact),
            // Numbers with an exponent.
            None => text
                .trim()
                .parse::<f64>()
                .ok()
                .and_then(|float| Self::parse(&format!("{float}")))
                .ok_or_else(|| not_a_number(&text)),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        if !fraction.bytes().all(|byte| byte.is_ascii_digit()) || !whole.bytes().any(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let scale = u8::try_from(fraction.len()).ok()?;
        Some(Self { unscaled: format!("{whole}{fraction}").parse().ok()?, scale })
    }

    /// With so many digits behind the point; a half goes away from zero, as in SQL.
    pub fn rounded(self, scale: u8) -> Self {
        let mut unscaled = self.unscaled;
        if scale >= self.scale {
            for _ in self.scale..scale {
                unscaled = unscaled.saturating_mul(10);
            }
            return Self { unscaled, scale };
        }
        let divisor = 10i128.checked_pow(u32::from(self.scale - scale)).unwrap_or(i128::MAX);
        let (mut quotient, rest) = (unscaled / divisor, (unscaled % divisor).unsigned_abs());
        if rest >= divisor.unsigned_abs().div_ceil(2) {
            quotient += if unscaled < 0 { -1 } else { 1 };
        }
        Self { unscaled: quotient, scale }
    }

    /// The sum of both; none if it has more digits than can be held.
    pub fn plus(self, other: Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        let at_scale = |number: Self| number.unscaled.checked_mul(10i128.checked_pow(u32::from(scale - number.scale))?);
        Some(Self { unscaled: at_scale(self)?.checked_add(at_scale(other)?)?, scale })
    }

    /// Which of both is larger; as binary numbers where the digits at one scale are too many.
    pub fn compare(self, other: Self) -> Ordering {
        let scale = self.scale.max(other.scale);
        let at_scale = |number: Self| number.unscaled.checked_mul(10i128.checked_pow(u32::from(scale - number.scale))?);
        match at_scale(self).zip(at_scale(other)) {
            Some((left, right)) => left.cmp(&right),
            None => self.float().total_cmp(&other.float()),
        }
    }

    /// The nearest binary number.
    pub fn float(self) -> f64 {
        // Digits with a point are always a number.
        self.plain().parse().unwrap_or_default()
    }

    /// As templates see numbers: a whole one, a binary one where that holds all digits, else text.
    pub fn value(self) -> Value {
        match i64::try_from(self.unscaled) {
            Ok(whole) if self.scale == 0 => Value::from(whole),
            _ => decimal_value(self.unscaled, self.scale),
        }
    }

    /// As [`Exact::value`], but never a whole number.
    pub fn value_with_point(self) -> Value {
        decimal_value(self.unscaled, self.scale)
    }

    /// A hundred times as much.
    pub fn hundredfold(self) -> Self {
        match self.scale {
            0 | 1 => Self { unscaled: self.unscaled.saturating_mul(if self.scale == 0 { 100 } else { 10 }), scale: 0 },
            scale => Self { scale: scale - 2, ..self },
        }
    }

    /// Its digits in groups of three, with `symbol` behind the sign.
    pub fn grouped(self, symbol: &str) -> String {
        let text = self.plain();
        let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("-", digits));
        format!("{sign}{symbol}{}", crate::format::grouped(digits))
    }

    /// Its digits as they are.
    pub fn plain(self) -> String {
        table::Value::Decimal { unscaled: self.unscaled, scale: self.scale }.to_string()
    }
}

/// A decimal: a number if one prints all its digits, else text. Zeros at the end of a fraction are no digits that it could lose.
pub(super) fn decimal_value(unscaled: i128, scale: u8) -> Value {
    let (mut digits, mut places) = (unscaled, scale);
    while places > 0 && digits % 10 == 0 {
        (digits, places) = (digits / 10, places - 1);
    }
    let text = table::decimal_text(digits, places);
    // The text, not a division: the nearest number to what is written.
    match text.parse::<f64>() {
        // Without an exponent, as decimals are written: the shortest text that is read as that number.
        Ok(number) if number.to_string() == text => Value::from(number),
        _ => Value::from(table::decimal_text(unscaled, scale)),
    }
}

fn not_a_number(what: &str) -> Error {
    Error::new(ErrorKind::InvalidOperation, format!("`{what}` is no number"))
}
