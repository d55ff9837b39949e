//! Which types a column of the database takes.

use tidemill_core::connection::TargetColumn;
use tidemill_core::table::DataType;

/// Why a column of that type cannot be written into a column of the target, if it cannot.
pub(super) fn misfit(from: DataType, into: &TargetColumn) -> Option<String> {
    let takes = into.data_type.is_some_and(|target| match (from, target) {
        (DataType::Null, _) => into.nullable,
        (DataType::Bool | DataType::Int, DataType::Int)
        | (DataType::Int, DataType::Decimal { .. } | DataType::Float) => true,
        (DataType::Decimal { scale: 0, .. }, DataType::Int) => true,
        (DataType::Decimal { scale, .. }, DataType::Decimal { scale: most, .. }) => scale <= most,
        (DataType::Date, DataType::Datetime) => true,
        (from, target) => from == target,
    });
    (!takes).then(|| format!("{} does not take {from} as it is", into.database_type))
}
