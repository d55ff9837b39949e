//! The filters for single values. NULL stays NULL, as in SQL; `default` takes its place.

use std::borrow::Cow;

use minijinja::value::{Kwargs, Rest, StringInput, Value, ValueKind};
use minijinja::{Error, ErrorKind, State};

use super::number::Exact;

/// `44004.73 | money("$")` → `$44,004.73`: two digits behind the point.
pub(super) fn money(value: &Value, symbol: Option<&str>) -> Result<Option<String>, Error> {
    if value.is_none() {
        return Ok(None);
    }
    Ok(Some(Exact::of(value)?.rounded(2).grouped(symbol.unwrap_or(""))))
}

/// `10200 | thousands` → `10,200`: digits behind the point stay as they are.
pub(super) fn thousands(value: &Value) -> Result<Option<String>, Error> {
    if value.is_none() { Ok(None) } else { Ok(Some(Exact::of(value)?.grouped(""))) }
}

/// `0.047 | percent` → `4.7 %`, with one digit behind the point or so many as are asked for.
pub(super) fn percent(value: &Value, digits: Option<u8>) -> Result<Option<String>, Error> {
    if value.is_none() {
        return Ok(None);
    }
    Ok(Some(format!("{} %", Exact::of(value)?.hundredfold().rounded(digits.unwrap_or(1)).plain())))
}

/// A date or an instant in the form of strftime; default `%Y-%m-%d`. An instant keeps the clock it was written in.
pub(super) fn date(value: &Value, format: Option<&str>) -> Result<Option<String>, Error> {
    if value.is_none() {
        return Ok(None);
    }
    let text = value.to_string();
    let wrong = |message: String| Error::new(ErrorKind::InvalidOperation, message);
    let when = broken_down(text.trim()).ok_or_else(|| wrong(format!("`{text}` is no date")))?;
    let format = format.unwrap_or("%Y-%m-%d");
    when.to_string(format).map(Some).map_err(|error| wrong(format!("the date format `{format}`: {error}")))
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

/// `value | default("-")`: for what is undefined or NULL; with `true` behind it, also for what is false or empty.
pub(super) fn default(value: &Value, args: Rest<Value>) -> Value {
    let lax = args.get(1).is_some_and(Value::is_true);
    if value.is_undefined() || value.is_none() || (lax && !value.is_true()) {
        args.first().cloned().unwrap_or_else(|| Value::from(""))
    } else {
        value.clone()
    }
}

/// `2.675 | round(2)` → 2.68: a half goes away from zero, as in SQL. `ceil`, `floor` and negative digits are the engine's.
pub(super) fn round(
    value: Value,
    precision: Option<i32>,
    method: Option<&str>,
    kwargs: Kwargs,
) -> Result<Value, Error> {
    if value.is_none() {
        return Ok(value);
    }
    let digits = match precision {
        Some(digits) => digits,
        None => kwargs.get::<Option<i32>>("precision")?.unwrap_or(0),
    };
    let method = match method {
        Some(method) => method.to_owned(),
        None => kwargs.get::<Option<String>>("method")?.unwrap_or_else(|| "common".to_owned()),
    };
    let is_fraction = !value.is_integer() && matches!(value.kind(), ValueKind::Number | ValueKind::String);
    match (u8::try_from(digits), Exact::of(&value)) {
        (Ok(digits), Ok(exact)) if is_fraction && method == "common" => Ok(exact.rounded(digits).value_with_point()),
        _ => minijinja::filters::round(value.clone(), Some(digits), Some(&method), kwargs),
    }
}

/// Capital letters.
pub(super) fn upper(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    if value.is_none() { Ok(value.clone()) } else { Ok(minijinja::filters::upper(StringInput::new(state, value)?)) }
}

/// Small letters.
pub(super) fn lower(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    if value.is_none() { Ok(value.clone()) } else { Ok(minijinja::filters::lower(StringInput::new(state, value)?)) }
}

/// Without blanks, or `characters`, at its ends.
pub(super) fn trim(state: &State<'_, '_>, value: &Value, characters: Option<Cow<'_, str>>) -> Result<Value, Error> {
    if value.is_none() {
        return Ok(value.clone());
    }
    Ok(minijinja::filters::trim(StringInput::new(state, value)?, characters))
}
