//! How dates are written, and formats that may be of numbers or of dates.

use jiff::civil::DateTime;
use jiff::fmt::strtime::{self, BrokenDownTime};
use jiff::tz::TimeZone;

use crate::{Locale, NumberFormat};

/// A date and a time of day whose parts are all different.
const SAMPLE: DateTime = DateTime::constant(2024, 2, 29, 13, 14, 15, 0);

/// A strftime format such as `%b %Y`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateFormat(String);

impl DateFormat {
    /// Reads a format.
    ///
    /// # Errors
    /// A sentence that names the directive that is unknown, or that needs more than a date and a time of day.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::writing(text, &SAMPLE.into())
    }

    /// Reads a format that may also write the offset or the zone of an instant.
    ///
    /// # Errors
    /// A sentence that names the directive that is unknown.
    pub fn parse_with_zone(text: &str) -> Result<Self, String> {
        let sample = SAMPLE.to_zoned(TimeZone::UTC).map_or_else(|_| SAMPLE.into(), |zoned| (&zoned).into());
        Self::writing(text, &sample)
    }

    fn writing(text: &str, sample: &BrokenDownTime) -> Result<Self, String> {
        let wrong =
            |why: String| format!("`{text}` is not a date format: {why}; write for example `%b %Y` or `%Y-%m-%d`");
        if !text.contains('%') {
            return Err(wrong("it holds no directive".to_owned()));
        }
        sample.to_string(text).map_err(|error| wrong(error.to_string()))?;
        Ok(DateFormat(text.to_owned()))
    }

    /// The moment as text.
    pub fn format(&self, moment: DateTime) -> String {
        // `parse` has formatted a moment, and no directive depends on which one it is.
        strtime::format(&self.0, moment).unwrap_or_default()
    }

    /// As it was read.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The format of a value: the one vocabulary of charts, tables and workbooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueFormat {
    /// For numbers.
    Number(NumberFormat),
    /// For dates and times.
    Date(DateFormat),
}

impl ValueFormat {
    /// Reads a format: one with a `%` before a letter is of dates (`%b %Y`), any other of numbers (`$,.0f`, `.1%`).
    ///
    /// # Errors
    /// As [`NumberFormat::parse`] and [`DateFormat::parse`].
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::read(text, DateFormat::parse)
    }

    /// As [`ValueFormat::parse`], where dates may have an offset or a zone.
    ///
    /// # Errors
    /// As [`NumberFormat::parse`] and [`DateFormat::parse_with_zone`].
    pub fn parse_with_zone(text: &str) -> Result<Self, String> {
        Self::read(text, DateFormat::parse_with_zone)
    }

    fn read(text: &str, date: impl Fn(&str) -> Result<DateFormat, String>) -> Result<Self, String> {
        if Self::is_of_dates(text) {
            date(text).map(ValueFormat::Date)
        } else {
            NumberFormat::parse(text).map(ValueFormat::Number).map_err(|why| format!("{why}; of dates `%d %b %Y`"))
        }
    }

    /// Whether a text can only be meant as a format of dates.
    pub fn is_of_dates(text: &str) -> bool {
        let mut pairs = text.chars().zip(text.chars().skip(1));
        pairs.any(|(first, second)| first == '%' && (second.is_alphabetic() || "-_^#0:.".contains(second)))
    }

    /// The same in the way of a language.
    pub fn in_locale(self, locale: Locale) -> Self {
        match self {
            ValueFormat::Number(format) => ValueFormat::Number(format.in_locale(locale)),
            dates => dates,
        }
    }

    /// The format, if it is of numbers.
    pub fn number(&self) -> Option<&NumberFormat> {
        match self {
            ValueFormat::Number(format) => Some(format),
            ValueFormat::Date(_) => None,
        }
    }

    /// The format, if it is of dates.
    pub fn date(&self) -> Option<&DateFormat> {
        match self {
            ValueFormat::Number(_) => None,
            ValueFormat::Date(format) => Some(format),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_letters_after_a_percent_sign_decide() {
        assert!(matches!(ValueFormat::parse("%b %Y"), Ok(ValueFormat::Date(_))));
        assert!(matches!(ValueFormat::parse("%-d.%-m."), Ok(ValueFormat::Date(_))));
        assert!(matches!(ValueFormat::parse(".1%"), Ok(ValueFormat::Number(_))));
        assert!(ValueFormat::parse("%b %!").is_err());
        assert!(ValueFormat::parse("month").is_err_and(|told| told.ends_with("of dates `%d %b %Y`")));
    }

    #[test]
    fn a_civil_time_has_no_zone_and_an_instant_has_one() {
        assert!(ValueFormat::parse("%H:%M %Z").is_err());
        assert!(ValueFormat::parse_with_zone("%H:%M %Z").is_ok());
        assert!(ValueFormat::parse_with_zone("%H:%M %J").is_err());
    }
}
