//! The columns of a query, as the server describes them.

use tidemill_core::table::DataType;

use crate::proto::spark::connect as pb;

/// The order of texts by their bytes, which is that of tables.
const BY_BYTES: &str = "UTF8_BINARY";

/// A column of a query.
#[derive(Clone, Debug)]
pub(crate) struct QueryColumn {
    /// Its name.
    pub name: String,
    /// Its type; None for one that no table has.
    pub data_type: Option<DataType>,
    /// What Spark calls a type that no table has.
    pub spark_type: &'static str,
}

/// The columns.
pub(super) fn of(found: pb::analyze_plan_response::Schema) -> Vec<QueryColumn> {
    let Some(pb::data_type::Kind::Struct(row)) = found.schema.and_then(|schema| schema.kind) else { return Vec::new() };
    let column = |field: pb::data_type::StructField| {
        let kind = field.data_type.and_then(|data_type| data_type.kind);
        let spark_type = kind.as_ref().map_or("unknown", name);
        QueryColumn { name: field.name, data_type: kind.as_ref().and_then(data_type), spark_type }
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
        Kind::String(text) if !text.collation.is_empty() && text.collation != BY_BYTES => return None,
        Kind::String(_) | Kind::Char(_) | Kind::VarChar(_) => DataType::String,
        Kind::Date(_) => DataType::Date,
        Kind::Timestamp(_) | Kind::TimestampNtz(_) => DataType::Datetime,
        _ => return None,
    })
}

/// What Spark calls a type.
fn name(kind: &pb::data_type::Kind) -> &'static str {
    use pb::data_type::Kind;
    match kind {
        Kind::Binary(_) => "binary",
        Kind::String(_) => "string with a collation",
        Kind::Array(_) => "array",
        Kind::Map(_) => "map",
        Kind::Struct(_) => "struct",
        Kind::Variant(_) => "variant",
        Kind::CalendarInterval(_) | Kind::YearMonthInterval(_) | Kind::DayTimeInterval(_) => "interval",
        Kind::Time(_) => "time",
        _ => "one of its own",
    }
}
