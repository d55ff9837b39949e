//! Number formats: a small language after d3's and Python's.

use crate::{Locale, grouped};

/// What the digits mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Notation {
    /// `f`, `d`: a plain number.
    Fixed,
    /// `%`: a hundred times the number.
    Percent,
    /// `s`: thousands as k, millions as M and so on; the precision counts significant digits.
    Si,
    /// `e`: a power of ten.
    Exponent,
}

/// A number format: `[currency][,][.digits](f|d|%|s|e)`, such as `$,.0f`, `,.2f`, `.1%`, `€,.0f`, `d` or `.3s`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberFormat {
    prefix: String,
    thousands: bool,
    digits: Option<usize>,
    notation: Notation,
    locale: Locale,
}

/// More digits than a double holds say nothing.
const MOST_DIGITS: usize = 15;

/// So many digits of a shortened number matter, unless the format says how many.
const DEFAULT_SIGNIFICANT: usize = 3;

impl NumberFormat {
    /// Reads a format.
    ///
    /// # Errors
    /// A sentence that says what is wrong with `text` and gives an example.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = |what: &str| {
            format!("`{text}` is not a number format: {what}; write for example `,.0f`, `$,.2f`, `.1%`, `d` or `.3s`")
        };
        let rest = text.trim_start_matches(is_currency);
        let prefix = &text[..text.len() - rest.len()];
        if prefix.chars().count() > 1 {
            return Err(wrong("it has more than one currency sign"));
        }
        let (thousands, rest) = match rest.strip_prefix(',') {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let (digits, rest) = match rest.strip_prefix('.') {
            None => (None, rest),
            Some(rest) => {
                let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
                let digits = rest[..end].parse().map_err(|_| wrong("a number must follow the point"))?;
                if digits > MOST_DIGITS {
                    return Err(wrong("at most 15 digits can follow the point"));
                }
                (Some(digits), &rest[end..])
            }
        };
        let (notation, digits) = match (rest, digits) {
            ("f", digits) => (Notation::Fixed, Some(digits.unwrap_or(6))),
            ("d", None) => (Notation::Fixed, Some(0)),
            ("d", Some(_)) => return Err(wrong("`d` takes no digits after the point")),
            ("%", digits) => (Notation::Percent, Some(digits.unwrap_or(6))),
            ("s", digits) => (Notation::Si, digits),
            ("e", digits) => (Notation::Exponent, Some(digits.unwrap_or(6))),
            ("", None) if thousands || !prefix.is_empty() => (Notation::Fixed, None),
            ("", _) => return Err(wrong("it must end in f, d, %, s or e")),
            _ => return Err(wrong(&format!("`{rest}` is not one of f, d, %, s, e"))),
        };
        Ok(NumberFormat { prefix: prefix.to_owned(), thousands, digits, notation, locale: Locale::English })
    }

    /// Thousands separators and exactly so many digits after the point.
    pub fn plain(digits: usize) -> Self {
        let digits = Some(digits.min(MOST_DIGITS));
        let (prefix, locale) = (String::new(), Locale::English);
        NumberFormat { prefix, thousands: true, digits, notation: Notation::Fixed, locale }
    }

    /// As [`NumberFormat::plain`], without separators: years and article numbers are not amounts.
    pub fn bare(digits: usize) -> Self {
        NumberFormat { thousands: false, ..Self::plain(digits) }
    }

    /// A power of ten with so many digits after the point.
    pub fn exponent(digits: usize) -> Self {
        NumberFormat { notation: Notation::Exponent, ..Self::plain(digits) }
    }

    /// Thousands separators and as many digits as a number has, up to six behind the point.
    pub fn full() -> Self {
        NumberFormat { digits: None, ..Self::plain(0) }
    }

    /// The same with all digits, of money two behind the point, where it shortens numbers.
    pub fn in_full(self) -> Self {
        let digits = if self.prefix.is_empty() { None } else { Some(2) };
        match self.notation {
            Notation::Si => NumberFormat { thousands: true, digits, notation: Notation::Fixed, ..self },
            Notation::Fixed | Notation::Percent | Notation::Exponent => self,
        }
    }

    /// The same in the way of a language.
    pub fn in_locale(self, locale: Locale) -> Self {
        NumberFormat { locale, ..self }
    }

    /// The least distance at which two numbers surely read differently; ticks are never closer.
    pub fn least_step(&self) -> f64 {
        match (self.notation, self.digits) {
            (Notation::Fixed, Some(digits)) => 10f64.powi(-(digits as i32)),
            (Notation::Percent, Some(digits)) => 10f64.powi(-(digits as i32) - 2),
            _ => 0.0,
        }
    }

    /// Its sign of a currency; empty if it has none.
    pub(crate) fn currency(&self) -> &str {
        &self.prefix
    }

    /// Whether digits stand in groups of three.
    pub(crate) fn has_thousands(&self) -> bool {
        self.thousands
    }

    /// How many digits matter, where numbers are shortened to thousands, millions and so on.
    pub(crate) fn significant(&self) -> Option<usize> {
        (self.notation == Notation::Si).then(|| self.digits.unwrap_or(DEFAULT_SIGNIFICANT).max(1))
    }

    /// How many digits follow the point, where numbers have a power of ten.
    pub(crate) fn exponent_digits(&self) -> Option<usize> {
        if self.notation == Notation::Exponent { self.digits } else { None }
    }

    /// The number as text; a missing or infinite one is empty.
    pub fn format(&self, value: f64) -> String {
        if !value.is_finite() {
            return String::new();
        }
        let size = value.abs();
        let body = match self.notation {
            Notation::Fixed => match self.digits {
                Some(digits) => self.group(&fixed(size, digits)),
                None => self.group(trim_zeros(&fixed(size, 6))),
            },
            Notation::Percent => format!("{}%", self.group(&fixed(size * 100.0, self.digits.unwrap_or(0)))),
            Notation::Si => self.si(size),
            Notation::Exponent => self.locale.number(&format!("{size:.*e}", self.digits.unwrap_or(0))),
        };
        self.signed(value < 0.0, &body)
    }

    /// How many digits behind the point a number is rounded to, and whether it is multiplied by a hundred before that; none
    /// if it depends on the number. Who has decimals rounds them by this, exactly, and gives the digits to
    /// [`NumberFormat::format_rounded`].
    pub fn rounding(&self) -> Option<(usize, bool)> {
        match self.notation {
            Notation::Fixed => Some((self.digits?, false)),
            Notation::Percent => Some((self.digits.unwrap_or(0), true)),
            Notation::Si | Notation::Exponent => None,
        }
    }

    /// As [`NumberFormat::format`], of the digits of a number that is [rounded](NumberFormat::rounding) already.
    pub fn format_rounded(&self, number: &str) -> String {
        let (is_negative, digits) = number.strip_prefix('-').map_or((false, number), |digits| (true, digits));
        let percent = if self.notation == Notation::Percent { "%" } else { "" };
        self.signed(is_negative, &format!("{}{percent}", self.group(digits)))
    }

    /// With sign and currency. A number that rounds to nothing has no sign.
    fn signed(&self, is_negative: bool, body: &str) -> String {
        let is_nothing = !body.bytes().any(|b| (b'1'..=b'9').contains(&b));
        let sign = if is_negative && !is_nothing { "−" } else { "" };
        self.locale.amount(sign, &self.prefix, body)
    }

    fn group(&self, number: &str) -> String {
        let grouped = if self.thousands && !number.contains('e') { grouped(number) } else { number.to_owned() };
        self.locale.number(&grouped)
    }

    fn si(&self, size: f64) -> String {
        const UNITS: [(f64, &str); 9] = [
            (1e-12, "p"),
            (1e-9, "n"),
            (1e-6, "µ"),
            (1e-3, "m"),
            (1.0, ""),
            (1e3, "k"),
            (1e6, "M"),
            (1e9, "G"),
            (1e12, "T"),
        ];
        if size == 0.0 {
            return "0".to_owned();
        }
        let significant = self.digits.unwrap_or(DEFAULT_SIGNIFICANT).max(1);
        let mut place = UNITS.iter().rposition(|(unit, _)| size >= *unit).unwrap_or(0);
        // 999,950 with three digits is 1.00M, not 1000k.
        let scaled = size / UNITS[place].0;
        let rounding = 10f64.powi(significant as i32 - 1 - scaled.log10().floor() as i32);
        if (scaled * rounding).round() / rounding >= 1000.0 && place + 1 < UNITS.len() {
            place += 1;
        }
        let (unit, name) = UNITS[place];
        let scaled = size / unit;
        let whole_digits = (scaled.log10() + 1e-12).floor().max(0.0) as usize + 1;
        let number = fixed(scaled, significant.saturating_sub(whole_digits));
        let number = if self.digits.is_none() { trim_zeros(&number) } else { &number };
        format!("{}{}", self.group(number), self.locale.unit(name, !self.prefix.is_empty()))
    }
}

fn is_currency(c: char) -> bool {
    matches!(c, '$' | '€' | '£' | '¥' | '₹' | '₽' | '₩' | '₺' | '₴' | '₫' | '₦' | '฿' | '₪' | '₱' | '¢')
}

/// Beyond this a double no longer holds every whole number, and the digits would pretend otherwise.
const MOST_FIXED: f64 = 1e15;

fn fixed(size: f64, digits: usize) -> String {
    if size < MOST_FIXED { format!("{size:.digits$}") } else { format!("{size:.3e}") }
}

fn trim_zeros(number: &str) -> &str {
    if number.contains('.') && !number.contains('e') {
        number.trim_end_matches('0').trim_end_matches('.')
    } else {
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(format: &str, value: f64) -> String {
        NumberFormat::parse(format).unwrap().format(value)
    }

    #[test]
    fn formats_write_what_people_expect() {
        for (format, value, text) in [
            ("$,.0f", 1234567.4, "$1,234,567"),
            ("$,.2f", -1234.5, "−$1,234.50"),
            ("€,.0f", 999.6, "€1,000"),
            (",.2f", 0.005, "0.01"),
            (".0f", 12345.0, "12345"),
            (".1%", 0.1234, "12.3%"),
            (",.0%", 12.34, "1,234%"),
            ("d", 7.0, "7"),
            (",d", 70000.0, "70,000"),
            (",", 70000.25, "70,000.25"),
            ("$", 5.0, "$5"),
            ("s", 1500.0, "1.5k"),
            (".3s", 1500.0, "1.50k"),
            (".2s", 45_000_000.0, "45M"),
            (".3s", 999_950.0, "1.00M"),
            ("s", 0.0042, "4.2m"),
            ("$.3s", -2.5e9, "−$2.50B"),
            (".2e", 12345.0, "1.23e4"),
            (",.0f", -0.2, "0"),
            ("s", 0.0, "0"),
            (".0f", f64::NAN, ""),
        ] {
            assert_eq!(show(format, value), text, "{format} of {value}");
        }
    }

    #[test]
    fn a_language_has_its_own_way() {
        let german = |format: &str, value| NumberFormat::parse(format).unwrap().in_locale(Locale::German).format(value);
        assert_eq!(german("€,.2f", -1234.5), "−1.234,50\u{a0}€");
        assert_eq!(german("$,.2s", 2.5e9), "2,5\u{a0}Mrd.\u{a0}$");
        assert_eq!(german(".1%", 0.125), "12,5%");
        assert_eq!([show("$,.2s", 2.5e9), show(".2s", 2.5e9)], ["$2.5B", "2.5G"]);
    }

    #[test]
    fn digits_that_are_rounded_are_written_as_numbers_are() {
        for (format, digits, rounding, text) in [
            ("$,.2f", "-90071992547409931.25", Some((2, false)), "−$90,071,992,547,409,931.25"),
            (",.0%", "1234", Some((0, true)), "1,234%"),
            (".1f", "-0.0", Some((1, false)), "0.0"),
            ("s", "1500", None, "1500"),
            (",", "1500.5", None, "1,500.5"),
        ] {
            let format = NumberFormat::parse(format).unwrap();
            assert_eq!((format.rounding(), format.format_rounded(digits).as_str()), (rounding, text), "{digits}");
        }
    }

    #[test]
    fn a_bad_format_is_explained() {
        insta::assert_snapshot!(NumberFormat::parse("$,.0x").unwrap_err(), @"`$,.0x` is not a number format: `x` is not one of f, d, %, s, e; write for example `,.0f`, `$,.2f`, `.1%`, `d` or `.3s`");
        for format in ["", "f.", ".f", ".0", ".2d", "$€,f", ".99f", ",,f", "%b", "0,0", "é"] {
            assert!(NumberFormat::parse(format).is_err(), "{format}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_and_number_is_survived(text in "[$€,.0-9fds%e]{0,8}", value: f64) {
            if let Ok(format) = NumberFormat::parse(&text) {
                proptest::prop_assert!(format.format(value).len() < 60);
            }
        }

        #[test]
        fn separators_change_nothing_else(value in -1e12..1e12f64) {
            let with = show(",.2f", value).replace(',', "");
            proptest::prop_assert_eq!(with, show(".2f", value));
        }
    }
}
