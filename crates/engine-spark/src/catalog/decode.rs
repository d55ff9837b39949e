//! Batches of the server as plain columns.

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, RecordBatch};
use tidemill_core::connection::{ConnectionError, ConnectionErrorKind};
use tidemill_core::spec::CLUSTER;
use tidemill_core::table::{DataType, Field, PlainColumn, PlainData, PlainTable, Schema};

/// The rows of a batch whose columns were asked for in just these types.
pub(super) fn table(batch: &RecordBatch, schema: &Schema) -> Result<PlainTable, ConnectionError> {
    let column = |(i, field): (usize, &Field)| {
        let data = batch.columns().get(i).and_then(|array| data(array, field.data_type)).ok_or_else(|| {
            let message = format!("did not answer with the column {} as {}", field.name, field.data_type);
            ConnectionError::new(ConnectionErrorKind::Value, CLUSTER, message)
        })?;
        Ok(PlainColumn { name: field.name.clone(), data })
    };
    let columns = schema.fields().iter().enumerate().map(column).collect::<Result<_, _>>()?;
    Ok(PlainTable { columns, rows: batch.num_rows() })
}

/// A table of no rows.
pub(super) fn nothing(schema: &Schema) -> PlainTable {
    let data = |data_type| match data_type {
        DataType::Bool => PlainData::Bool(Vec::new()),
        DataType::Int => PlainData::Int(Vec::new()),
        DataType::Float => PlainData::Float(Vec::new()),
        DataType::Decimal { precision, scale } => PlainData::Decimal { unscaled: Vec::new(), precision, scale },
        DataType::String => PlainData::String(Vec::new()),
        DataType::Date => PlainData::Date(Vec::new()),
        DataType::Datetime => PlainData::Datetime(Vec::new()),
        DataType::Time => PlainData::Time(Vec::new()),
        DataType::Null => PlainData::Null(0),
    };
    let column = |field: &Field| PlainColumn { name: field.name.clone(), data: data(field.data_type) };
    PlainTable { columns: schema.fields().iter().map(column).collect(), rows: 0 }
}

/// The values of an array; None if it is one of another type.
fn data(array: &ArrayRef, data_type: DataType) -> Option<PlainData> {
    Some(match data_type {
        DataType::Bool => PlainData::Bool(array.as_boolean_opt()?.iter().collect()),
        DataType::Int => PlainData::Int(array.as_primitive_opt::<Int64Type>()?.iter().collect()),
        DataType::Float => PlainData::Float(array.as_primitive_opt::<Float64Type>()?.iter().collect()),
        DataType::Decimal { precision, scale } => {
            let unscaled = array.as_primitive_opt::<Decimal128Type>()?.iter().collect();
            PlainData::Decimal { unscaled, precision, scale }
        }
        DataType::String => {
            PlainData::String(array.as_string_opt::<i32>()?.iter().map(|text| text.map(str::to_owned)).collect())
        }
        DataType::Date => PlainData::Date(array.as_primitive_opt::<Date32Type>()?.iter().collect()),
        DataType::Datetime => {
            PlainData::Datetime(array.as_primitive_opt::<TimestampMicrosecondType>()?.iter().collect())
        }
        DataType::Null => PlainData::Null(array.len()),
        DataType::Time => return None,
    })
}
