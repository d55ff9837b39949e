//! What a cell holds: the type that it speaks for, and its text.

use calamine::{Data, ExcelDateTime};

use crate::io::read::column::{Builder, Misfit};
use crate::io::read::evidence::Evidence;
use crate::io::read::text::classify;
use crate::values::iso;

/// Days of the calendar that workbooks know, from 0 to the end of 9999.
const DAYS: std::ops::Range<f64> = 0.0..2_958_466.0;

/// A cell that is not empty.
#[derive(Debug)]
pub(super) enum Content {
    Data(Data),
    /// A number with more digits than a float holds, as it is written.
    Number(Box<str>),
}

impl Content {
    /// What is read; what is no date although its format says so is the number that it is.
    pub fn of(data: Data) -> Option<Self> {
        match data {
            Data::Empty => None,
            Data::DateTime(value) if !value.is_duration() && !DAYS.contains(&value.as_f64()) => {
                Some(Self::Data(Data::Float(value.as_f64())))
            }
            data => Some(Self::Data(data)),
        }
    }

    /// Whether the number may have been written with more digits than a float holds.
    pub fn may_be_rounded(&self) -> bool {
        match self {
            Self::Data(Data::Float(value)) => value.abs() >= 1e15 || (value.abs() >= 1e9 && value.fract() != 0.0),
            _ => false,
        }
    }

    /// Whether it says that its formula failed.
    pub fn is_error(&self) -> bool {
        matches!(self, Self::Data(Data::Error(_)))
    }

    pub fn evidence(&self) -> Evidence {
        let data = match self {
            Self::Number(digits) => return classify(digits),
            Self::Data(data) => data,
        };
        match data {
            Data::Empty => Evidence::NONE,
            Data::Bool(_) => Evidence::BOOL,
            Data::Int(value) => Evidence::of_int(*value),
            // A workbook knows only floats: those that are whole are meant as ints.
            Data::Float(value) if value.fract() == 0.0 && value.abs() <= (1_i64 << 53) as f64 => Evidence::INT,
            Data::Float(_) => Evidence::FLOAT,
            Data::String(_) | Data::Error(_) | Data::DurationIso(_) => Evidence::TEXT,
            Data::DateTime(value) if value.is_duration() => Evidence::TEXT,
            Data::DateTime(value) if value.as_f64() < 1.0 => Evidence::TIME,
            Data::DateTime(value) if value.as_f64().fract() == 0.0 => Evidence::DATE,
            Data::DateTime(_) => Evidence::DATETIME,
            Data::DateTimeIso(text) if iso::date(text).is_some() => Evidence::DATE,
            Data::DateTimeIso(text) if iso::datetime(text).is_some() => Evidence::DATETIME,
            Data::DateTimeIso(_) => Evidence::TEXT,
        }
    }

    pub fn text(&self) -> String {
        let data = match self {
            Self::Number(digits) => return digits.to_string(),
            Self::Data(data) => data,
        };
        match data {
            Data::Empty => String::new(),
            Data::Bool(value) => value.to_string(),
            Data::Int(value) => value.to_string(),
            Data::Float(value) => value.to_string(),
            Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
            Data::Error(error) => error.to_string(),
            Data::DateTime(value) if value.is_duration() => hours(value.as_f64()),
            Data::DateTime(value) => self.date_text(value),
        }
    }

    fn date_text(&self, value: &ExcelDateTime) -> String {
        let (year, month, day, hour, minute, second, milli) = value.to_ymd_hms_milli();
        let date = format!("{year:04}-{month:02}-{day:02}");
        let fraction = if milli == 0 { String::new() } else { format!(".{milli:03}") };
        let time = format!("{hour:02}:{minute:02}:{second:02}{fraction}");
        match self.evidence() {
            Evidence::TIME => time,
            Evidence::DATE => date,
            _ => format!("{date}T{time}"),
        }
    }

    /// Adds it to a column.
    pub fn add_to(&self, column: &mut Builder) -> Result<(), Misfit> {
        match self {
            Self::Number(digits) => column.text(digits),
            Self::Data(Data::Bool(value)) => column.bool(*value),
            Self::Data(Data::Int(value)) => column.int(*value),
            Self::Data(Data::Float(value)) => column.float(*value),
            other => column.string(&other.text()),
        }
    }
}

/// Days as hours, minutes and seconds, as `[hh]:mm:ss` shows them: `255:10:10`.
fn hours(days: f64) -> String {
    let millis = (days.abs() * 86_400_000.0).round();
    if millis >= i64::MAX as f64 {
        return days.to_string();
    }
    let millis = millis as i64;
    let sign = if days < 0.0 && millis > 0 { "-" } else { "" };
    let (seconds, fraction) = (millis / 1_000, millis % 1_000);
    let clock = format!("{sign}{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if fraction == 0 { clock } else { format!("{clock}.{fraction:03}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_hours_minutes_and_seconds() {
        assert_eq!(hours(0.0625), "01:30:00");
        assert_eq!(hours(10.632_060_185_185_19), "255:10:10");
        assert_eq!(hours(-0.5), "-12:00:00");
        assert_eq!(hours(0.000_005_787), "00:00:00.500");
        assert_eq!(hours(f64::MAX), f64::MAX.to_string());
    }
}
