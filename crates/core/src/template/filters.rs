//! The filters for numbers and dates. NULL prints as nothing.

use minijinja::value::Value;
use minijinja::{Error, ErrorKind};

use super::number::Exact;

/// `44004.73 | money("$")` → `$44,004.73`: two digits behind the point.
pub(super) fn money(value: &Value, symbol: Option<&str>) -> Result<String, Error> {
    if value.is_none() {
        return Ok(String::new());
    }
    Ok(Exact::of(value)?.rounded(2).grouped(symbol.unwrap_or("")))
}

/// `10200 | thousands` → `10,200`: digits behind the point stay as they are.
pub(super) fn thousands(value: &Value) -> Result<String, Error> {
    if value.is_none() { Ok(String::new()) } else { Ok(Exact::of(value)?.grouped("")) }
}

/// `0.047 | percent` → `4.7 %`, with one digit behind the point or so many as are asked for.
pub(super) fn percent(value: &Value, digits: Option<u8>) -> Result<String, Error> {
    if value.is_none() {
        return Ok(String::new());
    }
    Ok(format!("{} %", Exact::of(value)?.hundredfold().rounded(digits.unwrap_or(1)).plain()))
}

/// A date or an instant in the form of strftime; default `%Y-%m-%d`. An instant keeps the clock it was written in.
pub(super) fn date(value: &Value, format: Option<&str>) -> Result<String, Error> {
    if value.is_none() {
        return Ok(String::new());
    }
    let text = value.to_string();
    let wrong = |message: String| Error::new(ErrorKind::InvalidOperation, message);
    let when = broken_down(text.trim()).ok_or_else(|| wrong(format!("`{text}` is no date")))?;
    let format = format.unwrap_or("%Y-%m-%d");
    when.to_string(format).map_err(|error| wrong(format!("the date format `{format}`: {error}")))
}

/// The date or instant, in the offset in which it is written; `Z` is UTC.
fn broken_down(text: &str) -> Option<jiff::fmt::strtime::BrokenDownTime> {
    use jiff::fmt::temporal::{Pieces, PiecesOffset};

    let pieces = Pieces::parse(text).ok()?;
    let civil = pieces.date().to_datetime(pieces.time().unwrap_or_default());
    let zone = match pieces.offset() {
        Some(PiecesOffset::Zulu) => jiff::tz::TimeZone::UTC,
        Some(PiecesOffset::Numeric(numeric)) => jiff::tz::TimeZone::fixed(numeric.offset()),
        _ => return Some(civil.into()),
    };
    Some(jiff::fmt::strtime::BrokenDownTime::from(&civil.to_zoned(zone).ok()?))
}
