//! Encodes a column chunk by its type.

use polars::prelude::{
    BooleanChunked, ChunkedArray, DataType, Float64Chunked, Int32Chunked, Int64Chunked, Int128Chunked, IntoSeries,
    NamedFrom, PolarsNumericType, Series,
};

use super::bytes::{ByteReader, Damaged, bits, push_bits};
use super::changes::one_nan;
use super::{ints, texts};
use crate::arrays::typed;
use crate::arrays::typed::{bools, days, digits, floats, micros, nanos};
use crate::arrays::types;
use crate::error::{Outcome, unsupported};

/// Decimals that fit 64 bits.
const NARROW: u8 = 0;
/// Decimals of which one does not.
const WIDE: u8 = 1;

/// Adds the values: which of them are NULL, unless none is, and then the values. What lies under a NULL leaves no trace.
pub(super) fn encode(values: &Series, out: &mut Vec<u8>) -> Outcome<()> {
    let has_nulls = values.null_count() > 0;
    out.push(u8::from(has_nulls));
    if values.dtype() == &DataType::Null {
        return Ok(());
    }
    if has_nulls {
        let is_there: Vec<bool> = values.is_not_null().iter().map(|bit| bit == Some(true)).collect();
        push_bits(is_there.into_iter(), out);
    }
    match values.dtype() {
        DataType::Boolean => {
            let bits: Vec<bool> = bools(values)?.iter().map(|bit| bit == Some(true)).collect();
            push_bits(bits.into_iter(), out);
        }
        DataType::String => texts::encode(&typed::texts(values)?, out),
        DataType::Decimal(..) => match as_numbers(values)? {
            Some(numbers) => {
                out.push(NARROW);
                ints::encode(&numbers, out);
            }
            None => {
                out.push(WIDE);
                let digits = digits(values)?.0;
                digits.iter().for_each(|value| out.extend_from_slice(&value.unwrap_or_default().to_le_bytes()));
            }
        },
        other => match as_numbers(values)? {
            Some(numbers) => ints::encode(&numbers, out),
            None => return Err(unsupported(format!("a column of type {other}"))),
        },
    }
    Ok(())
}

/// The values as whole numbers of 64 bits, if all of them are such or as good as such; NULL as the least of them, which costs
/// nothing. Of a column the same number is always the same value.
pub(super) fn as_numbers(values: &Series) -> Outcome<Option<Vec<i64>>> {
    Ok(Some(match values.dtype() {
        DataType::Int64 => numbers(&typed::ints(values)?, |value| value),
        DataType::Float64 => numbers(&floats(values)?, |value| one_nan(value) as i64),
        DataType::Decimal(..) => {
            let digits = digits(values)?.0;
            if digits.iter().flatten().any(|value| i64::try_from(value).is_err()) {
                return Ok(None);
            }
            numbers(&digits, |value| value as i64)
        }
        DataType::Date => numbers(&days(values)?, i64::from),
        DataType::Datetime(..) => numbers(&micros(values)?, |value| value),
        DataType::Time => numbers(&nanos(values)?, |value| value),
        _ => return Ok(None),
    }))
}

/// So many values of that type that were encoded.
pub(super) fn decode(encoded: &[u8], data_type: &DataType, count: usize) -> Result<Series, Damaged> {
    let mut encoded = ByteReader(encoded);
    let has_nulls = encoded.byte()? != 0;
    if data_type == &DataType::Null {
        return Ok(Series::full_null("".into(), count, data_type));
    }
    let is_there: Option<Vec<bool>> =
        if has_nulls { Some(bits(encoded.take(count.div_ceil(8))?, count).collect()) } else { None };
    let is_there = is_there.as_deref();
    Ok(match data_type {
        DataType::Boolean => {
            let bits = bits(encoded.take(count.div_ceil(8))?, count);
            match is_there {
                None => bits.collect::<BooleanChunked>(),
                Some(is_there) => bits.zip(is_there).map(|(bit, is_there)| is_there.then_some(bit)).collect(),
            }
            .into_series()
        }
        DataType::Int64 => number(&mut encoded, count, is_there, |value| value)?,
        DataType::Float64 => {
            let values: Vec<f64> =
                ints::decode(&mut encoded, count)?.into_iter().map(|bits| f64::from_bits(bits as u64)).collect();
            match is_there {
                None => Series::new("".into(), values),
                Some(is_there) => with_nulls(values, is_there).collect::<Float64Chunked>().into_series(),
            }
        }
        DataType::Decimal(precision, scale) => {
            let values = wide(&mut encoded, count)?;
            let digits: Int128Chunked = match is_there {
                None => Int128Chunked::from_vec("".into(), values),
                Some(is_there) => with_nulls(values, is_there).collect(),
            };
            types::decimals(digits, *precision as u8, *scale as u8) // both at most 38
        }
        DataType::String => texts::decode(&mut encoded, count, is_there)?.into_series(),
        DataType::Date => {
            let days = |days: i64| i32::try_from(days).map_err(|_| Damaged);
            let values: Vec<i32> =
                ints::decode(&mut encoded, count)?.into_iter().map(days).collect::<Result<_, _>>()?;
            let days: Int32Chunked = match is_there {
                None => Int32Chunked::from_vec("".into(), values),
                Some(is_there) => with_nulls(values, is_there).collect(),
            };
            days.into_date().into_series()
        }
        DataType::Datetime(..) => number(&mut encoded, count, is_there, types::datetimes)?,
        DataType::Time => number(&mut encoded, count, is_there, types::times)?,
        _ => return Err(Damaged),
    })
}

fn numbers<T: PolarsNumericType>(values: &ChunkedArray<T>, number: impl Fn(T::Native) -> i64) -> Vec<i64> {
    if values.null_count() > 0 {
        let least = values.iter().flatten().map(&number).min().unwrap_or_default();
        return values.iter().map(|value| value.map_or(least, &number)).collect();
    }
    let mut numbers = Vec::with_capacity(values.len());
    for chunk in values.downcast_iter() {
        numbers.extend(chunk.values().iter().map(|value| number(*value)));
    }
    numbers
}

fn wide(encoded: &mut ByteReader<'_>, count: usize) -> Result<Vec<i128>, Damaged> {
    match encoded.byte()? {
        NARROW => Ok(ints::decode(encoded, count)?.into_iter().map(i128::from).collect()),
        WIDE => {
            let bytes = encoded.take(count.checked_mul(size_of::<i128>()).ok_or(Damaged)?)?;
            Ok(bytes.as_chunks().0.iter().map(|bytes| i128::from_le_bytes(*bytes)).collect())
        }
        _ => Err(Damaged),
    }
}

fn number<T: IntoSeries>(
    encoded: &mut ByteReader<'_>,
    count: usize,
    is_there: Option<&[bool]>,
    typed: impl Fn(Int64Chunked) -> T,
) -> Result<Series, Damaged> {
    let values = ints::decode(encoded, count)?;
    let values = match is_there {
        None => Int64Chunked::from_vec("".into(), values),
        Some(is_there) => with_nulls(values, is_there).collect(),
    };
    Ok(typed(values).into_series())
}

fn with_nulls<T>(values: Vec<T>, is_there: &[bool]) -> impl Iterator<Item = Option<T>> {
    values.into_iter().zip(is_there).map(|(value, is_there)| is_there.then_some(value))
}
