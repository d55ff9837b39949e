//! Exact decimals in templates.

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

    /// With so many digits behind the point; a half goes to the even neighbour.
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
        let half = divisor.unsigned_abs() / 2;
        if rest > half || (rest == half && quotient % 2 != 0) {
            quotient += if unscaled < 0 { -1 } else { 1 };
        }
        Self { unscaled: quotient, scale }
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

fn not_a_number(what: &str) -> Error {
    Error::new(ErrorKind::InvalidOperation, format!("`{what}` is no number"))
}
