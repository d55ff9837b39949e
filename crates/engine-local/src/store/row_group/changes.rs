//! Where a column differs from the row above.

use polars::prelude::{ChunkedArray, DataType, PolarsNumericType, Series, StringChunked};

use crate::arrays::typed::{bools, days, digits, floats, ints, micros, nanos, texts};
use crate::error::{Outcome, unsupported};

/// 1 for each row whose value is not that of the row above, else 0. NULL is that of a NULL above, NaN that of a NaN, and zero
/// not that of minus zero.
pub(super) fn changes(series: &Series) -> Outcome<Vec<u8>> {
    Ok(match series.dtype() {
        DataType::Boolean => one_by_one(bools(series)?.iter()),
        DataType::Int64 => fixed(&ints(series)?, |value| value),
        DataType::Float64 => fixed(&floats(series)?, one_nan),
        DataType::Decimal(..) => fixed(&digits(series)?.0, |value| value),
        DataType::String => of_texts(&texts(series)?),
        DataType::Date => fixed(&days(series)?, |value| value),
        DataType::Datetime(..) => fixed(&micros(series)?, |value| value),
        DataType::Time => fixed(&nanos(series)?, |value| value),
        DataType::Null => one_by_one(std::iter::repeat_n((), series.len())),
        other => return Err(unsupported(format!("a column of type {other}"))),
    })
}

/// NaN has many bit patterns and one meaning.
pub(super) fn one_nan(value: f64) -> u64 {
    if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() }
}

fn one_by_one<T: PartialEq>(values: impl Iterator<Item = T>) -> Vec<u8> {
    let mut above = None;
    let mut changes = Vec::with_capacity(values.size_hint().0);
    for value in values {
        let value = Some(value);
        changes.push(u8::from(value != above));
        above = value;
    }
    changes
}

fn fixed<T: PolarsNumericType, K: PartialEq>(values: &ChunkedArray<T>, key: impl Fn(T::Native) -> K) -> Vec<u8> {
    if values.null_count() > 0 {
        return one_by_one(values.iter().map(|value| value.map(&key)));
    }
    let mut changes = Vec::with_capacity(values.len());
    let mut above = None;
    for chunk in values.downcast_iter() {
        let chunk = chunk.values().as_slice();
        let (Some(first), Some(last)) = (chunk.first(), chunk.last()) else { continue };
        changes.push(u8::from(above.is_none_or(|above| key(above) != key(*first))));
        changes.extend(chunk[1..].iter().zip(chunk).map(|(value, above)| u8::from(key(*value) != key(*above))));
        above = Some(*last);
    }
    changes
}

fn of_texts(values: &StringChunked) -> Vec<u8> {
    if values.null_count() > 0 {
        return one_by_one(values.iter());
    }
    let mut changes = Vec::with_capacity(values.len());
    let mut above = None;
    for chunk in values.downcast_iter() {
        let Some(last) = chunk.len().checked_sub(1) else { continue };
        let views = chunk.views().as_slice();
        changes.push(u8::from(above.is_none_or(|above| above != chunk.value(0))));
        for row in 1..views.len() {
            let (this, above) = (views[row], views[row - 1]);
            // Equal views are equal texts; unequal ones of short texts are not.
            let changed = this != above
                && (this.is_inline() || this.length != above.length || chunk.value(row) != chunk.value(row - 1));
            changes.push(u8::from(changed));
        }
        above = Some(chunk.value(last));
    }
    changes
}
