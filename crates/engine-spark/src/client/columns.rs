//! The columns of a query, as the server describes them.

use tidemill_core::table::DataType;

use crate::proto::spark::connect as pb;

/// The names of the columns and their types; None for a type that no table has.
pub(super) fn of(found: pb::analyze_plan_response::Schema) -> Vec<(String, Option<DataType>)> {
    let Some(pb::data_type::Kind::Struct(row)) = found.schema.and_then(|schema| schema.kind) else { return Vec::new() };
    let column = |field: pb::data_type::StructField| {
        let kind = field.data_type.and_then(|data_type| data_type.kind);
        (field.name, kind.as_ref().and_then(data_type))
    };
    row.fields.into_iter().map(column).collect()
}

/// The type of a table that has all values of one of Spark's. A timestamp is shown in the zone of the session, which is UTC.
fn data_type(kind: &pb::data_type::Kind) -> Option<DataType> {
    use pb::data_type::Kind;
    Some(match kind {
        Kind::Null(_) => DataType::Null,
        Kind::Boolean(_) => DataType::Bool,
        Kind::Byte(_) | Kind::Short(_) | Kind::Integer(_) | Kind::Long(_) => DataType::Int,
        Kind::Float(_) | Kind::Double(_) => DataType::Float,
        Kind::Decimal(decimal) => {
            let part = |digits: Option<i32>| digits.and_then(|digits| u8::try_from(digits).ok());
            DataType::Decimal { precision: part(decimal.precision)?, scale: part(decimal.scale)? }
        }
        Kind::String(_) | Kind::Char(_) | Kind::VarChar(_) => DataType::String,
        Kind::Date(_) => DataType::Date,
        Kind::Timestamp(_) | Kind::TimestampNtz(_) => DataType::Datetime,
        _ => return None,
    })
}
