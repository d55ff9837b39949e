//! Arrow's types, by which Parquet files are typed, as ours.

use polars::prelude::{ArrowDataType as Arrow, ArrowField, ArrowTimeUnit};
use tidemill_core::table::DataType;

/// Digits of the largest decimal.
const MOST_DIGITS: usize = 38;

/// The type of ours in which the values of an Arrow type are held; none if tables cannot hold them, or the reader cannot read
/// them. What is stored in fewer bits is widened. What holds others is [JSON text](super::nested).
pub(super) fn held_as(arrow: &Arrow) -> Option<DataType> {
    Some(match arrow {
        Arrow::Null => DataType::Null,
        Arrow::Boolean => DataType::Bool,
        Arrow::Int8 | Arrow::Int16 | Arrow::Int32 | Arrow::Int64 => DataType::Int,
        Arrow::UInt8 | Arrow::UInt16 | Arrow::UInt32 | Arrow::UInt64 => DataType::Int,
        Arrow::Float32 | Arrow::Float64 => DataType::Float,
        Arrow::Decimal(precision, scale)
        | Arrow::Decimal32(precision, scale)
        | Arrow::Decimal64(precision, scale)
        | Arrow::Decimal256(precision, scale)
            if *precision <= MOST_DIGITS =>
        {
            DataType::Decimal { precision: u8::try_from(*precision).ok()?, scale: u8::try_from(*scale).ok()? }
        }
        Arrow::Utf8 | Arrow::LargeUtf8 | Arrow::Utf8View => DataType::String,
        Arrow::Date32 => DataType::Date,
        Arrow::Date64 | Arrow::Timestamp(..) => DataType::Datetime,
        Arrow::Time32(_) | Arrow::Time64(_) => DataType::Time,
        Arrow::Dictionary(_, values, _) => held_as(values)?,
        Arrow::List(item) | Arrow::LargeList(item) | Arrow::FixedSizeList(item, _) => {
            held_as(item.dtype()).map(|_| DataType::String)?
        }
        Arrow::Struct(fields) => {
            let all_are_held = fields.iter().all(|field| held_as(field.dtype()).is_some());
            all_are_held.then_some(DataType::String)?
        }
        _ => return None,
    })
}

/// Whether every value of an Arrow type is one of ours, without anything to tell, however many bits it is stored in.
pub(super) fn fits_unseen(arrow: &Arrow, wanted: DataType) -> bool {
    let always = match arrow {
        Arrow::Boolean | Arrow::Int8 | Arrow::Int16 | Arrow::Int32 | Arrow::Int64 => true,
        Arrow::UInt8 | Arrow::UInt16 | Arrow::UInt32 | Arrow::Float32 | Arrow::Float64 => true,
        Arrow::Utf8 | Arrow::LargeUtf8 | Arrow::Utf8View | Arrow::Date32 => true,
        Arrow::Timestamp(unit, _) | Arrow::Time64(unit) => *unit == ArrowTimeUnit::Microsecond,
        Arrow::Decimal(..) | Arrow::Decimal32(..) | Arrow::Decimal64(..) => true,
        Arrow::Dictionary(_, values, _) => return fits_unseen(values, wanted),
        _ => false,
    };
    always && held_as(arrow) == Some(wanted)
}

/// An Arrow type as messages name it.
pub(super) fn shown(arrow: &Arrow) -> String {
    let list = |item: &ArrowField| format!("list[{}]", shown(item.dtype()));
    match arrow {
        Arrow::Binary | Arrow::LargeBinary | Arrow::BinaryView | Arrow::FixedSizeBinary(_) => "binary".to_owned(),
        Arrow::List(item) | Arrow::LargeList(item) | Arrow::FixedSizeList(item, _) => list(item),
        Arrow::Struct(fields) => {
            let fields: Vec<_> =
                fields.iter().map(|field| format!("{}: {}", field.name, shown(field.dtype()))).collect();
            format!("struct[{}]", fields.join(", "))
        }
        Arrow::Map(..) => "map".to_owned(),
        Arrow::Duration(_) => "duration".to_owned(),
        Arrow::Interval(_) => "interval".to_owned(),
        Arrow::Dictionary(_, values, _) => shown(values),
        Arrow::Extension(extension) => extension.name.to_string(),
        Arrow::Decimal(precision, scale) | Arrow::Decimal256(precision, scale) => {
            format!("decimal({precision},{scale})")
        }
        Arrow::UInt64 => "uint64".to_owned(),
        other => held_as(other).map_or_else(|| format!("{other:?}").to_lowercase(), |known| known.to_string()),
    }
}

/// Whether the type that the writer has noted beside the one of Parquet hides what is stored: a time of seconds, where Parquet
/// stores milliseconds, and a list of so many items, which is stored as any other list.
pub(super) fn is_noted_otherwise(arrow: &Arrow) -> bool {
    match arrow {
        Arrow::Time32(ArrowTimeUnit::Second) | Arrow::FixedSizeList(..) => true,
        Arrow::Dictionary(_, values, _) => is_noted_otherwise(values),
        Arrow::List(item) | Arrow::LargeList(item) => is_noted_otherwise(item.dtype()),
        Arrow::Struct(fields) => fields.iter().any(|field| is_noted_otherwise(field.dtype())),
        _ => false,
    }
}
