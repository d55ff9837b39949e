//! How dates are written, and the format of an axis, which may be of numbers or of dates.

use jiff::civil::DateTime;
use jiff::fmt::strtime;

use crate::{Locale, NumberFormat};

/// A strftime format such as `%b %Y`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateFormat(String);

impl DateFormat {
    /// Reads a format.
    ///
    /// # Errors
    /// A sentence that names the directive that is unknown, or that needs more than a date and a time of day.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            |why: String| format!("`{text}` is not a date format: {why}; write for example `%b %Y` or `%Y-%m-%d`");
        if !text.contains('%') {
            return Err(wrong("it holds no directive".to_owned()));
        }
        let sample = DateTime::constant(2024, 2, 29, 13, 14, 15, 0);
        strtime::format(text, sample).map_err(|error| wrong(error.to_string()))?;
        Ok(DateFormat(text.to_owned()))
    }

    /// The moment as text.
    pub(crate) fn format(&self, moment: DateTime) -> String {
        // `parse` has formatted a moment, and no directive depends on which one it is.
        strtime::format(&self.0, moment).unwrap_or_default()
    }
}

/// The format of the labels along an axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AxisFormat {
    /// For numbers.
    Number(NumberFormat),
    /// For dates and times.
    Date(DateFormat),
}

impl AxisFormat {
    /// Reads a format: one with a `%` before a letter is of dates (`%b %Y`), any other of numbers (`$,.0f`, `.1%`).
    ///
    /// # Errors
    /// As [`NumberFormat::parse`] and [`DateFormat::parse`].
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut pairs = text.chars().zip(text.chars().skip(1));
        if pairs.any(|(first, second)| first == '%' && (second.is_alphabetic() || "-_^#0".contains(second))) {
            DateFormat::parse(text).map(AxisFormat::Date)
        } else {
            NumberFormat::parse(text).map(AxisFormat::Number)
        }
    }

    /// The same in the way of a language.
    pub fn in_locale(self, locale: Locale) -> Self {
        match self {
            AxisFormat::Number(format) => AxisFormat::Number(format.in_locale(locale)),
            dates => dates,
        }
    }

    /// The format, if it is of numbers.
    pub(crate) fn number(&self) -> Option<&NumberFormat> {
        match self {
            AxisFormat::Number(format) => Some(format),
            AxisFormat::Date(_) => None,
        }
    }

    /// The format, if it is of dates.
    pub(crate) fn date(&self) -> Option<&DateFormat> {
        match self {
            AxisFormat::Number(_) => None,
            AxisFormat::Date(format) => Some(format),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_letters_after_a_percent_sign_decide() {
        assert!(matches!(AxisFormat::parse("%b %Y"), Ok(AxisFormat::Date(_))));
        assert!(matches!(AxisFormat::parse("%-d.%-m."), Ok(AxisFormat::Date(_))));
        assert!(matches!(AxisFormat::parse(".1%"), Ok(AxisFormat::Number(_))));
        assert!(AxisFormat::parse("%b %!").is_err());
        assert!(AxisFormat::parse("%H:%M %Z").is_err(), "a civil time has no zone");
        assert!(AxisFormat::parse("month").is_err());
    }
}
