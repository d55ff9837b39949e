//! Casts. A value that does not fit is an error that names it.

use polars::prelude::DataType as Physical;
use polars::prelude::{
    BooleanChunked, Float64Chunked, Int32Chunked, Int64Chunked, Int128Chunked, IntoSeries, Series, StringChunked,
};
use tidemill_core::table::{DataType, Value, decimal_text};

use super::bounded;
use crate::arrays::typed::{bools, days, digits, floats, ints, micros, nanos, texts};
use crate::arrays::types::{self, NANOS};
use crate::error::{Outcome, unsupported, value};
use crate::values::calendar::{self, MICROS_PER_DAY};
use crate::values::decimal;
use crate::values::decimal::fits;
use crate::values::parse;

/// The same values as another type; `place` tells the number of a row for messages.
pub(crate) fn cast(series: &Series, to: DataType, place: &dyn Fn(usize) -> u64) -> Outcome<Series> {
    let unfit = |row: usize| -> Outcome<()> {
        let shown = types::shown(series, row)?;
        Err(value(format!("{shown} in row {} cannot become {to}", place(row))))
    };
    converted(series, to, &unfit)
}

/// The same values as another type, NULL where one does not fit.
pub(super) fn fitting(series: &Series, to: DataType) -> Outcome<Series> {
    converted(series, to, &|_| Ok(()))
}

fn converted(series: &Series, to: DataType, unfit: Unfit<'_>) -> Outcome<Series> {
    let target = types::to_polars(to);
    if series.dtype() == &target {
        return Ok(series.clone());
    }
    if series.dtype() == &Physical::Null {
        return Ok(Series::full_null(series.name().clone(), series.len(), &target));
    }
    match to {
        DataType::String => to_text(series),
        DataType::Int => Ok(to_int(series, unfit)?.into_series()),
        DataType::Float => Ok(to_float(series, unfit)?.into_series()),
        DataType::Decimal { precision, scale } => {
            Ok(types::decimals(to_decimal(series, precision, scale, unfit)?, precision, scale))
        }
        DataType::Bool => Ok(to_bool(series, unfit)?.into_series()),
        DataType::Date => Ok(to_date(series, unfit)?.into_date().into_series()),
        DataType::Datetime => Ok(types::datetimes(to_datetime(series, unfit)?)),
        DataType::Time => Ok(types::times(to_time(series, unfit)?)),
        DataType::Null => Err(unsupported("nothing can be cast to null")),
    }
}

/// What becomes of the value in a row that does not fit: NULL, or an error.
type Unfit<'a> = &'a dyn Fn(usize) -> Outcome<()>;

/// Applies `convert` to what is not NULL; None is a value that does not fit.
fn convert<A, B, C: FromIterator<Option<B>>>(
    values: impl Iterator<Item = Option<A>>,
    unfit: Unfit<'_>,
    convert: impl Fn(A) -> Option<B>,
) -> Outcome<C> {
    values
        .enumerate()
        .map(|(row, value)| match value {
            None => Ok(None),
            Some(value) => match convert(value) {
                None => unfit(row).map(|()| None),
                fitting => Ok(fitting),
            },
        })
        .collect()
}

fn no_cast<T>(series: &Series, to: &str) -> Outcome<T> {
    Err(unsupported(format!("{} cannot be cast to {to}", series.dtype())))
}

fn to_text(series: &Series) -> Outcome<Series> {
    let result: StringChunked = match series.dtype() {
        Physical::Boolean => bools(series)?.iter().map(|x| x.map(|x| x.to_string())).collect(),
        Physical::Int64 => ints(series)?.iter().map(|x| x.map(|x| x.to_string())).collect(),
        Physical::Float64 => floats(series)?.iter().map(|x| x.map(|x| x.to_string())).collect(),
        Physical::Decimal(..) => {
            let (digits, scale) = digits(series)?;
            digits.iter().map(|x| x.map(|x| decimal_text(x, scale))).collect()
        }
        Physical::Date => days(series)?.iter().map(|x| x.map(calendar::date_text)).collect(),
        Physical::Datetime(..) => micros(series)?.iter().map(|x| x.map(|x| Value::Datetime(x).to_string())).collect(),
        Physical::Time => nanos(series)?.iter().map(|x| x.map(|x| Value::Time(x / NANOS).to_string())).collect(),
        _ => return no_cast(series, "string"),
    };
    Ok(result.into_series())
}

fn to_int(series: &Series, unfit: Unfit<'_>) -> Outcome<Int64Chunked> {
    match series.dtype() {
        Physical::Boolean => Ok(bools(series)?.iter().map(|x| x.map(i64::from)).collect()),
        Physical::Float64 => convert(floats(series)?.iter(), unfit, float_to_int),
        Physical::Decimal(..) => {
            let (digits, scale) = digits(series)?;
            convert(digits.iter(), unfit, |x| {
                decimal::rescale_half_away(x, scale, 0).and_then(|x| i64::try_from(x).ok())
            })
        }
        Physical::String => convert(texts(series)?.iter(), unfit, |text| parse::int(text.trim())),
        _ => no_cast(series, "int"),
    }
}

/// Rounded half away from zero; None if it is no int.
pub(super) fn float_to_int(value: f64) -> Option<i64> {
    let value = value.round();
    // 2^63 is exactly a float, so the comparison is too.
    (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value).then_some(value as i64)
}

fn to_float(series: &Series, unfit: Unfit<'_>) -> Outcome<Float64Chunked> {
    match series.dtype() {
        Physical::Int64 | Physical::Decimal(..) => floats(series),
        Physical::Boolean => Ok(bools(series)?.iter().map(|x| x.map(|x| f64::from(u8::from(x)))).collect()),
        Physical::String => convert(texts(series)?.iter(), unfit, |text| parse::float(text.trim())),
        _ => no_cast(series, "float"),
    }
}

fn to_decimal(series: &Series, precision: u8, scale: u8, unfit: Unfit<'_>) -> Outcome<Int128Chunked> {
    let fitting = |digits: Option<i128>| digits.filter(|digits| fits(*digits, precision));
    match series.dtype() {
        Physical::Int64 | Physical::Decimal(..) => {
            let (digits, from) = digits(series)?;
            if let Some(same) = bounded::rescaled(&digits, from, (precision, scale)) {
                return Ok(same);
            }
            convert(digits.iter(), unfit, |x| fitting(decimal::rescale_half_away(x, from, scale)))
        }
        Physical::Float64 => convert(floats(series)?.iter(), unfit, |x| fitting(float_to_decimal(x, scale))),
        Physical::String => convert(texts(series)?.iter(), unfit, |text| {
            let (digits, from) = parse::decimal(text.trim())?;
            fitting(decimal::rescale_half_away(digits, from, scale))
        }),
        _ => no_cast(series, "decimal"),
    }
}

/// The float's shortest decimal form, rounded half away from zero: 0.285 with two digits is 0.29, as people read it.
pub(crate) fn float_to_decimal(value: f64, scale: u8) -> Option<i128> {
    if !value.is_finite() {
        return None;
    }
    // Without exponent: Display of floats never writes one.
    let text = value.to_string();
    match parse::decimal(&text) {
        Some((digits, from)) => decimal::rescale_half_away(digits, from, scale),
        // More digits than fit: so small that all that fit are zeros, or too large.
        None if value.abs() < 1.0 => {
            let end = text.find('.').map_or(text.len(), |point| (point + 2 + usize::from(scale)).min(text.len()));
            parse::decimal(&text[..end]).and_then(|(digits, from)| decimal::rescale_half_away(digits, from, scale))
        }
        None => None,
    }
}

fn to_bool(series: &Series, unfit: Unfit<'_>) -> Outcome<BooleanChunked> {
    match series.dtype() {
        Physical::Int64 => Ok(ints(series)?.iter().map(|x| x.map(|x| x != 0)).collect()),
        Physical::String => convert(texts(series)?.iter(), unfit, |text| parse::bool(text.trim())),
        _ => no_cast(series, "bool"),
    }
}

fn to_date(series: &Series, unfit: Unfit<'_>) -> Outcome<Int32Chunked> {
    match series.dtype() {
        // Microseconds of 64 bits hold fewer days than fit.
        Physical::Datetime(..) => {
            Ok(micros(series)?.iter().map(|x| x.map(|x| x.div_euclid(MICROS_PER_DAY) as i32)).collect())
        }
        Physical::String => convert(texts(series)?.iter(), unfit, |text| {
            let text = text.trim();
            parse::iso_date(text).or_else(|| Some(parse::iso_datetime(text)?.div_euclid(MICROS_PER_DAY) as i32))
        }),
        _ => no_cast(series, "date"),
    }
}

fn to_datetime(series: &Series, unfit: Unfit<'_>) -> Outcome<Int64Chunked> {
    match series.dtype() {
        Physical::Date => convert(days(series)?.iter(), unfit, |days| i64::from(days).checked_mul(MICROS_PER_DAY)),
        Physical::String => convert(texts(series)?.iter(), unfit, |text| parse::iso_datetime(text.trim())),
        _ => no_cast(series, "datetime"),
    }
}

fn to_time(series: &Series, unfit: Unfit<'_>) -> Outcome<Int64Chunked> {
    match series.dtype() {
        Physical::Datetime(..) => {
            Ok(micros(series)?.iter().map(|x| x.map(|x| x.rem_euclid(MICROS_PER_DAY) * NANOS)).collect())
        }
        Physical::String => {
            convert(texts(series)?.iter(), unfit, |text| parse::iso_time(text.trim()).map(|micros| micros * NANOS))
        }
        _ => no_cast(series, "time"),
    }
}
