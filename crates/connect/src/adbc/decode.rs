//! Arrow's columns as those of tables. Every value arrives as it is, or its row is told.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Float16Type, Float32Type,
    Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, Time32MillisecondType, Time32SecondType,
    Time64MicrosecondType, Time64NanosecondType, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType as Arrow, TimeUnit};
use tidemill_core::table::{DataType, PlainColumn, PlainData, PlainTable};

use super::column_type;
use super::convert::convert;

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// A value that cannot be held, and what to do.
#[derive(Debug)]
pub(super) struct Fault {
    /// The number of the row in the batch, from 0.
    pub row: usize,
    /// What it is: the end of a sentence such as `row 3 holds …`.
    pub what: String,
    /// What to do.
    pub help: &'static str,
}

/// The values of a column as that type.
///
/// # Errors
/// If one of them is not held by it as it is.
pub(super) fn column(array: &ArrayRef, as_type: DataType) -> Result<PlainData, Fault> {
    if let Arrow::Dictionary(..) = array.data_type() {
        let dictionary = array.as_any_dictionary();
        let values = column(dictionary.values(), as_type)?;
        return Ok(taken(values, dictionary.keys(), &dictionary.normalized_keys()));
    }
    convert(natural(array)?, as_type)
}

/// The values at those keys, and NULL where the key is NULL.
fn taken(values: PlainData, keys: &dyn Array, places: &[usize]) -> PlainData {
    let rows = keys.len();
    let at = |row: usize| if keys.is_null(row) { usize::MAX } else { places[row] };
    let all = PlainTable { rows, columns: vec![PlainColumn { name: String::new(), data: values }] };
    let mut taken = all.take(&(0..rows).map(at).collect::<Vec<_>>());
    taken.columns.pop().map_or(PlainData::Null(rows), |column| column.data)
}

/// The values in the type that holds all of the array's.
fn natural(array: &ArrayRef) -> Result<PlainData, Fault> {
    Ok(match array.data_type() {
        Arrow::Null => PlainData::Null(array.len()),
        Arrow::Boolean => PlainData::Bool(array.as_boolean().iter().collect()),
        Arrow::Int8 => ints::<Int8Type>(array),
        Arrow::Int16 => ints::<Int16Type>(array),
        Arrow::Int32 => ints::<Int32Type>(array),
        Arrow::Int64 => ints::<Int64Type>(array),
        Arrow::UInt8 => ints::<UInt8Type>(array),
        Arrow::UInt16 => ints::<UInt16Type>(array),
        Arrow::UInt32 => ints::<UInt32Type>(array),
        Arrow::UInt64 => PlainData::Decimal { unscaled: wide::<UInt64Type>(array), precision: 20, scale: 0 },
        Arrow::Float16 => PlainData::Float(mapped::<Float16Type, _>(array, |value| value.to_f64())),
        Arrow::Float32 => PlainData::Float(mapped::<Float32Type, _>(array, f64::from)),
        Arrow::Float64 => PlainData::Float(mapped::<Float64Type, _>(array, |value| value)),
        Arrow::Decimal32(_, scale) => decimals(wide::<Decimal32Type>(array), *scale, array)?,
        Arrow::Decimal64(_, scale) => decimals(wide::<Decimal64Type>(array), *scale, array)?,
        Arrow::Decimal128(_, scale) => decimals(wide::<Decimal128Type>(array), *scale, array)?,
        Arrow::Utf8 => PlainData::String(array.as_string::<i32>().iter().map(owned).collect()),
        Arrow::LargeUtf8 => PlainData::String(array.as_string::<i64>().iter().map(owned).collect()),
        Arrow::Utf8View => PlainData::String(array.as_string_view().iter().map(owned).collect()),
        Arrow::Date32 | Arrow::Date64 => dates(array)?,
        Arrow::Timestamp(unit, _) => PlainData::Datetime(datetimes(array, *unit)?),
        Arrow::Time32(unit) | Arrow::Time64(unit) => PlainData::Time(times(array, *unit)?),
        other => {
            let what = format!("a value of the type {}", column_type::words(other));
            return Err(Fault { row: 0, what, help: "select the column as text" });
        }
    })
}

fn owned(text: Option<&str>) -> Option<String> {
    text.map(ToOwned::to_owned)
}

fn mapped<T: ArrowPrimitiveType, R>(array: &ArrayRef, value: impl Fn(T::Native) -> R) -> Vec<Option<R>> {
    array.as_primitive::<T>().iter().map(|native| native.map(&value)).collect()
}

fn ints<T: ArrowPrimitiveType>(array: &ArrayRef) -> PlainData
where
    i64: From<T::Native>,
{
    PlainData::Int(mapped::<T, _>(array, i64::from))
}

fn wide<T: ArrowPrimitiveType>(array: &ArrayRef) -> Vec<Option<i128>>
where
    i128: From<T::Native>,
{
    mapped::<T, _>(array, i128::from)
}

/// Each value by what makes it another one, which may not be there.
fn checked<T: Copy, R>(
    values: impl Iterator<Item = Option<T>>,
    help: &'static str,
    value: impl Fn(T) -> Result<R, String>,
) -> Result<Vec<Option<R>>, Fault> {
    let at = |(row, native): (usize, Option<T>)| {
        native.map(|native| value(native).map_err(|what| Fault { row, what, help })).transpose()
    };
    values.enumerate().map(at).collect()
}

fn decimals(unscaled: Vec<Option<i128>>, scale: i8, array: &ArrayRef) -> Result<PlainData, Fault> {
    let Some(DataType::Decimal { precision, scale: digits }) = column_type::of(array.data_type()) else {
        let what = "a number of more than 38 digits".to_owned();
        return Err(Fault { row: 0, what, help: "select it with at most 38 digits" });
    };
    // One whose last digits stand before the point gets its noughts.
    let factor = 10_i128.pow(u32::from(scale.min(0).unsigned_abs()));
    let most = 10_u128.pow(u32::from(precision.min(38)));
    let unscaled = checked(unscaled.into_iter(), "select it with at most 38 digits, or as text", |value| {
        let value = value.checked_mul(factor).filter(|value| value.unsigned_abs() < most);
        value.ok_or_else(|| "a number of more digits than its type has".to_owned())
    })?;
    Ok(PlainData::Decimal { unscaled, precision, scale: digits })
}

fn dates(array: &ArrayRef) -> Result<PlainData, Fault> {
    let help = "select `case` for such days, or the column as text";
    let finite = |days: i32| match days {
        i32::MAX | i32::MIN | -2_147_483_647 => Err("`infinity`, which is no day".to_owned()),
        days => Ok(days),
    };
    if *array.data_type() == Arrow::Date32 {
        return checked(array.as_primitive::<Date32Type>().iter(), help, finite).map(PlainData::Date);
    }
    let whole = |millis: i64| match i32::try_from(millis / DAY) {
        Ok(days) if millis % DAY == 0 => finite(days),
        _ => Err(format!("{millis} ms since 1970, which is no whole day")),
    };
    checked(array.as_primitive::<Date64Type>().iter(), help, whole).map(PlainData::Date)
}

fn datetimes(array: &ArrayRef, unit: TimeUnit) -> Result<Vec<Option<i64>>, Fault> {
    let values: Vec<Option<i64>> = match unit {
        TimeUnit::Second => mapped::<TimestampSecondType, _>(array, |value| value),
        TimeUnit::Millisecond => mapped::<TimestampMillisecondType, _>(array, |value| value),
        TimeUnit::Microsecond => mapped::<TimestampMicrosecondType, _>(array, |value| value),
        TimeUnit::Nanosecond => mapped::<TimestampNanosecondType, _>(array, |value| value),
    };
    checked(values.into_iter(), "select it cut to microseconds, or as text", |value| match value {
        i64::MAX | i64::MIN | -9_223_372_036_854_775_807 => Err("`infinity`, which is no moment".to_owned()),
        value => micros(value, unit),
    })
}

fn times(array: &ArrayRef, unit: TimeUnit) -> Result<Vec<Option<i64>>, Fault> {
    let values: Vec<Option<i64>> = match unit {
        TimeUnit::Second => mapped::<Time32SecondType, _>(array, i64::from),
        TimeUnit::Millisecond => mapped::<Time32MillisecondType, _>(array, i64::from),
        TimeUnit::Microsecond => mapped::<Time64MicrosecondType, _>(array, |value| value),
        TimeUnit::Nanosecond => mapped::<Time64NanosecondType, _>(array, |value| value),
    };
    checked(values.into_iter(), "select it cut to microseconds, or as text", |value| match micros(value, unit)? {
        time if (0..DAY * 1_000).contains(&time) => Ok(time),
        _ => Err("a time that is not within a day".to_owned()),
    })
}

/// Microseconds, of which nothing is cut.
fn micros(value: i64, unit: TimeUnit) -> Result<i64, String> {
    let beyond = || "a moment beyond all dates".to_owned();
    match unit {
        TimeUnit::Second => value.checked_mul(1_000_000).ok_or_else(beyond),
        TimeUnit::Millisecond => value.checked_mul(1_000).ok_or_else(beyond),
        TimeUnit::Microsecond => Ok(value),
        TimeUnit::Nanosecond if value % 1_000 == 0 => Ok(value / 1_000),
        TimeUnit::Nanosecond => Err("a moment with nanoseconds, of which tables keep microseconds".to_owned()),
    }
}
