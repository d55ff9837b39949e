//! Rows and parameters as Arrow's columns.

use std::sync::Arc;

use arrow_array::types::{
    ArrowPrimitiveType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, NullArray, PrimitiveArray, RecordBatch, StringArray,
    Time64MicrosecondArray, TimestampMicrosecondArray,
};
use arrow_schema::{ArrowError, DataType as Arrow, Field, Schema as ArrowSchema, SchemaRef, TimeUnit};
use tidemill_core::table::{DataType, PlainData, PlainTable, Schema, Value, decimal_text};

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// One row of parameters.
///
/// # Errors
/// If they make no row.
pub(super) fn parameters(values: &[Value]) -> Result<RecordBatch, ArrowError> {
    let columns: Vec<ArrayRef> = values.iter().map(parameter).collect();
    let fields: Vec<Field> =
        (0..).zip(&columns).map(|(at, column)| field(&at.to_string(), column.data_type())).collect();
    RecordBatch::try_new(Arc::new(ArrowSchema::new(fields)), columns)
}

fn field(name: &str, arrow: &Arrow) -> Field {
    Field::new(name, arrow.clone(), true)
}

fn parameter(value: &Value) -> ArrayRef {
    match value {
        Value::Null => Arc::new(StringArray::from(vec![None::<&str>])),
        Value::Bool(value) => Arc::new(BooleanArray::from(vec![*value])),
        Value::Int(value) => Arc::new(PrimitiveArray::<Int64Type>::from(vec![*value])),
        Value::Float(value) => Arc::new(PrimitiveArray::<Float64Type>::from(vec![*value])),
        // As text, beside a cast in the statement.
        Value::Decimal { unscaled, scale } => Arc::new(StringArray::from(vec![decimal_text(*unscaled, *scale)])),
        Value::String(text) => Arc::new(StringArray::from(vec![text.as_str()])),
        Value::Date(days) => Arc::new(Date32Array::from(vec![*days])),
        Value::Datetime(micros) => Arc::new(TimestampMicrosecondArray::from(vec![*micros])),
        Value::Time(micros) => Arc::new(Time64MicrosecondArray::from(vec![*micros])),
    }
}

/// The Arrow type in which values of a type go to a database that has no column for them yet.
pub(super) fn own_type(data_type: DataType) -> Arrow {
    match data_type {
        DataType::Bool => Arrow::Boolean,
        DataType::Int => Arrow::Int64,
        DataType::Float => Arrow::Float64,
        DataType::Decimal { precision, scale } => Arrow::Decimal128(precision, scale.cast_signed()),
        DataType::String | DataType::Null => Arrow::Utf8,
        DataType::Date => Arrow::Date32,
        DataType::Datetime => Arrow::Timestamp(TimeUnit::Microsecond, None),
        DataType::Time => Arrow::Time64(TimeUnit::Microsecond),
    }
}

/// The columns of rows in the types of their target's columns, where Tidemill makes these, else in their own.
pub(super) fn schema(columns: &Schema, target: impl Fn(&str) -> Option<Arrow>) -> SchemaRef {
    let fields = columns.fields().iter().map(|column| {
        let arrow = target(&column.name).filter(is_made).unwrap_or_else(|| own_type(column.data_type));
        field(&column.name, &arrow)
    });
    Arc::new(ArrowSchema::new(fields.collect::<Vec<_>>()))
}

fn is_made(arrow: &Arrow) -> bool {
    match arrow {
        Arrow::Boolean | Arrow::Utf8 | Arrow::Date32 | Arrow::Float32 | Arrow::Float64 => true,
        Arrow::Decimal128(precision, scale) => *scale >= 0 && *precision <= 38,
        Arrow::Timestamp(TimeUnit::Microsecond, _) | Arrow::Time64(TimeUnit::Microsecond) => true,
        other => other.is_integer(),
    }
}

/// A value that a column does not take: its column, its row in the table, and why.
pub(super) struct Unfit {
    pub column: String,
    pub row: usize,
    pub why: String,
}

/// Rows in those types.
///
/// # Errors
/// At the first value that does not fit.
pub(super) fn rows(table: &PlainTable, schema: &SchemaRef) -> Result<RecordBatch, Unfit> {
    let column = |field: &Arc<Field>| {
        let name = field.name();
        let unfit = |(row, why): (usize, String)| Unfit { column: name.clone(), row, why };
        let found = table.column(name).ok_or_else(|| unfit((0, "it is not among the rows".to_owned())))?;
        array(&found.data, table.rows, field.data_type()).map_err(unfit)
    };
    let columns = schema.fields().iter().map(column).collect::<Result<Vec<_>, _>>()?;
    RecordBatch::try_new(Arc::clone(schema), columns).map_err(|error| Unfit {
        column: String::new(),
        row: 0,
        why: error.to_string(),
    })
}

type Made = Result<ArrayRef, (usize, String)>;

fn array(data: &PlainData, rows: usize, arrow: &Arrow) -> Made {
    match arrow {
        Arrow::Int8 => whole::<Int8Type>(data, rows),
        Arrow::Int16 => whole::<Int16Type>(data, rows),
        Arrow::Int32 => whole::<Int32Type>(data, rows),
        Arrow::Int64 => whole::<Int64Type>(data, rows),
        Arrow::UInt8 => whole::<UInt8Type>(data, rows),
        Arrow::UInt16 => whole::<UInt16Type>(data, rows),
        Arrow::UInt32 => whole::<UInt32Type>(data, rows),
        Arrow::UInt64 => whole::<UInt64Type>(data, rows),
        Arrow::Float32 => primitive::<Float32Type>(data, rows, |value| match value {
            Value::Float(value) if f64::from(value as f32) == value || value.is_nan() => Some(value as f32),
            _ => None,
        }),
        Arrow::Float64 => primitive::<Float64Type>(data, rows, |value| match value {
            Value::Float(value) => Some(value),
            Value::Int(value) if (value as f64) as i128 == i128::from(value) => Some(value as f64),
            _ => None,
        }),
        Arrow::Boolean => {
            let values = each(data, rows, |value| if let Value::Bool(value) = value { Some(value) } else { None })?;
            Ok(Arc::new(BooleanArray::from(values)))
        }
        Arrow::Utf8 => {
            let values = each(data, rows, |value| if let Value::String(text) = value { Some(text) } else { None })?;
            Ok(Arc::new(StringArray::from(values)))
        }
        Arrow::Date32 => {
            let values = each(data, rows, |value| if let Value::Date(days) = value { Some(days) } else { None })?;
            Ok(Arc::new(Date32Array::from(values)))
        }
        Arrow::Decimal128(precision, scale) => decimals(data, rows, *precision, *scale),
        Arrow::Timestamp(_, zone) => {
            let values = each(data, rows, |value| match value {
                Value::Datetime(micros) => Some(micros),
                Value::Date(days) => Some(i64::from(days) * DAY),
                _ => None,
            })?;
            Ok(Arc::new(TimestampMicrosecondArray::from(values).with_timezone_opt(zone.clone())))
        }
        Arrow::Time64(_) => {
            let values = each(data, rows, |value| if let Value::Time(micros) = value { Some(micros) } else { None })?;
            Ok(Arc::new(Time64MicrosecondArray::from(values)))
        }
        _ => Ok(Arc::new(NullArray::new(rows))),
    }
}

/// Each value as another one.
fn each<T>(
    data: &PlainData,
    rows: usize,
    value: impl Fn(Value) -> Option<T>,
) -> Result<Vec<Option<T>>, (usize, String)> {
    let at = |row: usize| match data.value(row) {
        Value::Null => Ok(None),
        found => {
            let why = format!("{found}, which the column does not hold as it is");
            value(found).map(Some).ok_or((row, why))
        }
    };
    (0..rows).map(at).collect()
}

fn primitive<T: ArrowPrimitiveType>(data: &PlainData, rows: usize, value: impl Fn(Value) -> Option<T::Native>) -> Made {
    Ok(Arc::new(PrimitiveArray::<T>::from_iter(each(data, rows, value)?)))
}

fn whole<T: ArrowPrimitiveType>(data: &PlainData, rows: usize) -> Made
where
    T::Native: TryFrom<i128>,
{
    primitive::<T>(data, rows, |value| match value {
        Value::Bool(value) => T::Native::try_from(i128::from(value)).ok(),
        Value::Int(value) => T::Native::try_from(i128::from(value)).ok(),
        Value::Decimal { unscaled, scale: 0 } => T::Native::try_from(unscaled).ok(),
        _ => None,
    })
}

fn decimals(data: &PlainData, rows: usize, precision: u8, scale: i8) -> Made {
    let limit = 10_u128.pow(u32::from(precision.min(38)));
    let values = each(data, rows, |value| {
        let (unscaled, from) = match value {
            Value::Int(value) => (i128::from(value), 0),
            Value::Decimal { unscaled, scale } => (unscaled, scale),
            _ => return None,
        };
        let more = u32::try_from(i16::from(scale) - i16::from(from)).ok()?;
        unscaled.checked_mul(10_i128.checked_pow(more)?).filter(|value| value.unsigned_abs() < limit)
    })?;
    let array = Decimal128Array::from(values).with_precision_and_scale(precision, scale);
    array.map(|array| Arc::new(array) as ArrayRef).map_err(|error| (0, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(data: PlainData, arrow: &Arrow) -> bool {
        array(&data, 1, arrow).is_ok()
    }

    #[test]
    fn a_value_goes_as_it_is_or_not_at_all() {
        let int = |value| PlainData::Int(vec![Some(value)]);
        assert!(fits(int(127), &Arrow::Int8) && !fits(int(128), &Arrow::Int8) && !fits(int(-1), &Arrow::UInt64));
        let decimal = |unscaled| PlainData::Decimal { unscaled: vec![Some(unscaled)], precision: 10, scale: 2 };
        assert!(fits(decimal(9_999), &Arrow::Decimal128(4, 2)) && !fits(decimal(10_000), &Arrow::Decimal128(4, 2)));
        assert!(!fits(decimal(155), &Arrow::Decimal128(10, 1)), "a digit would be lost");
        let float = |value| PlainData::Float(vec![Some(value)]);
        assert!(fits(float(0.5), &Arrow::Float32) && !fits(float(0.1), &Arrow::Float32));
        assert!(fits(PlainData::Null(1), &Arrow::Date32));
    }
}
