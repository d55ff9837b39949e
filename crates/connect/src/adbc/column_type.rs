//! Which type of a table holds all values of an Arrow type.

use arrow_schema::{DataType as Arrow, Field, Schema as ArrowSchema};
use tidemill_core::connection::{DatabaseColumns, LeftOutColumn};
use tidemill_core::table::{DataType, Schema};

use super::settings::Settings;

/// Digits of a decimal at most.
const DIGITS: u8 = 38;

/// The type of the values of that Arrow type; None if tables cannot hold them.
pub(super) fn of(arrow: &Arrow) -> Option<DataType> {
    Some(match arrow {
        Arrow::Null => DataType::Null,
        Arrow::Boolean => DataType::Bool,
        Arrow::Int8 | Arrow::Int16 | Arrow::Int32 | Arrow::Int64 | Arrow::UInt8 | Arrow::UInt16 | Arrow::UInt32 => {
            DataType::Int
        }
        Arrow::UInt64 => DataType::Decimal { precision: 20, scale: 0 },
        Arrow::Float16 | Arrow::Float32 | Arrow::Float64 => DataType::Float,
        Arrow::Decimal32(precision, scale)
        | Arrow::Decimal64(precision, scale)
        | Arrow::Decimal128(precision, scale) => decimal(*precision, *scale)?,
        Arrow::Utf8 | Arrow::LargeUtf8 | Arrow::Utf8View => DataType::String,
        Arrow::Date32 | Arrow::Date64 => DataType::Date,
        Arrow::Timestamp(..) => DataType::Datetime,
        Arrow::Time32(_) | Arrow::Time64(_) => DataType::Time,
        Arrow::Dictionary(_, values) if !matches!(**values, Arrow::Dictionary(..)) => return of(values),
        _ => return None,
    })
}

/// A decimal with digits behind the point, for one whose last digits stand before it.
fn decimal(precision: u8, scale: i8) -> Option<DataType> {
    let precision = match u8::try_from(scale) {
        Ok(scale) => precision.max(scale),
        Err(_) => precision.checked_add(scale.unsigned_abs())?,
    };
    (precision <= DIGITS).then(|| DataType::Decimal { precision, scale: scale.max(0).unsigned_abs() })
}

/// The columns of a result.
pub(super) fn columns(settings: &Settings, schema: &ArrowSchema) -> DatabaseColumns {
    let mut columns = DatabaseColumns::default();
    let mut held = Vec::new();
    for field in schema.fields() {
        match of(field.data_type()) {
            Some(data_type) => held.push((field.name().clone(), data_type)),
            None => columns.left_out.push(left_out(settings, field)),
        }
    }
    columns.schema = held.into_iter().collect::<Schema>();
    columns
}

fn left_out(settings: &Settings, field: &Field) -> LeftOutColumn {
    let name = settings.quoted(field.name());
    let help = match field.data_type() {
        Arrow::Binary | Arrow::LargeBinary | Arrow::BinaryView | Arrow::FixedSizeBinary(_) => {
            let function =
                if settings.is_for("postgres") { format!("encode({name}, 'hex')") } else { format!("hex({name})") };
            format!("select it as text: `{function}`")
        }
        Arrow::Decimal256(..) | Arrow::Decimal128(..) => {
            format!("select it with at most {DIGITS} digits: `cast({name} as decimal({DIGITS},…))`")
        }
        _ => format!("select it as text: `cast({name} as varchar)`"),
    };
    LeftOutColumn { name: field.name().clone(), data_type: words(field.data_type()), help }
}

/// The name of an Arrow type in words.
pub(super) fn words(arrow: &Arrow) -> String {
    match arrow {
        Arrow::Binary | Arrow::LargeBinary | Arrow::BinaryView | Arrow::FixedSizeBinary(_) => "binary".to_owned(),
        Arrow::List(_)
        | Arrow::LargeList(_)
        | Arrow::FixedSizeList(..)
        | Arrow::ListView(_)
        | Arrow::LargeListView(_) => "list".to_owned(),
        Arrow::Struct(_) => "struct".to_owned(),
        Arrow::Map(..) => "map".to_owned(),
        Arrow::Union(..) => "union".to_owned(),
        Arrow::Interval(_) | Arrow::Duration(_) => "interval".to_owned(),
        other => other.to_string().to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_held_whole_or_not_at_all() {
        let decimal = |precision, scale| Some(DataType::Decimal { precision, scale });
        assert_eq!(of(&Arrow::UInt32), Some(DataType::Int));
        assert_eq!(of(&Arrow::UInt64), decimal(20, 0));
        assert_eq!(of(&Arrow::Decimal128(10, 2)), decimal(10, 2));
        assert_eq!(of(&Arrow::Decimal128(10, -2)), decimal(12, 0));
        assert_eq!(of(&Arrow::Decimal128(38, -2)), None, "40 digits");
        assert_eq!(of(&Arrow::Decimal256(20, 2)), None);
        assert_eq!(of(&Arrow::Binary), None);
        let letters = Arrow::Dictionary(Box::new(Arrow::UInt8), Box::new(Arrow::Utf8));
        assert_eq!(of(&letters), Some(DataType::String));
    }
}
