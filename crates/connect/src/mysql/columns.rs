//! Columns of a result as those of tables.
//!
//! - Whole numbers are ints, also `tinyint(1)`, in which MySQL keeps its bools and every other small number: a contract that says
//!   bool makes bools of it, and refuses what is neither 0 nor 1.
//! - `bigint unsigned` and `bit(64)` are decimal(20,0).
//! - A decimal of more than 38 digits, as every sum has them, is one of 38; a value that has more is refused.
//! - Dates and times are as they are; `timestamp` is a datetime in UTC.
//! - All else that is text is a string; bytes are left out.

use mysql_async::Column;
use mysql_async::consts::{ColumnFlags, ColumnType};
use tidemill_core::connection::{ConnectionError, ConnectionErrorKind, DatabaseColumns, LeftOutColumn};
use tidemill_core::table::DataType;

/// The number of the character set that stands for bytes.
const BYTES: u16 = 63;

/// Digits in all that a decimal may have here.
pub(super) const DIGITS: u8 = 38;

/// The type of what fits into 64 bits without a sign.
pub(super) const UNSIGNED: DataType = DataType::Decimal { precision: 20, scale: 0 };

/// The columns of a statement's result.
///
/// # Errors
/// If two have the same name, or there are none.
pub(super) fn of_result(connection: &str, columns: &[Column]) -> Result<DatabaseColumns, ConnectionError> {
    let wrong = |message: String| ConnectionError::new(ConnectionErrorKind::Query, connection, message);
    if columns.is_empty() {
        return Err(wrong("has a query that gives no rows".to_owned()).help("let the query be one `select`"));
    }
    let mut all = DatabaseColumns::default();
    for column in columns {
        let name = column.name_str().into_owned();
        if all.schema.contains(&name) || all.left_out.iter().any(|known| known.name == name) {
            let help = format!("give one of them another name: `select … as {name}_2`");
            return Err(wrong(format!("has a query that gives column `{name}` twice")).help(help));
        }
        match data_type(column) {
            Ok(data_type) => all.schema.set(name, data_type),
            Err((data_type, help)) => all.left_out.push(LeftOutColumn { name, data_type: data_type.to_owned(), help }),
        }
    }
    Ok(all)
}

/// The type of a column; what it is called and what to do if there is none.
fn data_type(column: &Column) -> Result<DataType, (&'static str, String)> {
    use ColumnType as T;
    let name = column.name_str();
    let is_bytes = column.character_set() == BYTES;
    Ok(match column.column_type() {
        T::MYSQL_TYPE_LONGLONG if column.flags().contains(ColumnFlags::UNSIGNED_FLAG) => UNSIGNED,
        T::MYSQL_TYPE_TINY
        | T::MYSQL_TYPE_SHORT
        | T::MYSQL_TYPE_INT24
        | T::MYSQL_TYPE_LONG
        | T::MYSQL_TYPE_LONGLONG
        | T::MYSQL_TYPE_YEAR => DataType::Int,
        T::MYSQL_TYPE_BIT if column.column_length() > 63 => UNSIGNED,
        T::MYSQL_TYPE_BIT => DataType::Int,
        T::MYSQL_TYPE_FLOAT | T::MYSQL_TYPE_DOUBLE => DataType::Float,
        T::MYSQL_TYPE_DECIMAL | T::MYSQL_TYPE_NEWDECIMAL => decimal(column),
        T::MYSQL_TYPE_DATE | T::MYSQL_TYPE_NEWDATE => DataType::Date,
        T::MYSQL_TYPE_DATETIME | T::MYSQL_TYPE_DATETIME2 | T::MYSQL_TYPE_TIMESTAMP | T::MYSQL_TYPE_TIMESTAMP2 => {
            DataType::Datetime
        }
        T::MYSQL_TYPE_TIME | T::MYSQL_TYPE_TIME2 => DataType::Time,
        T::MYSQL_TYPE_NULL => DataType::Null,
        T::MYSQL_TYPE_JSON => DataType::String,
        T::MYSQL_TYPE_GEOMETRY => return Err(("geometry", format!("select it as text: `st_astext(`{name}`)`"))),
        T::MYSQL_TYPE_VECTOR => return Err(("vector", format!("select it as text: `vector_to_string(`{name}`)`"))),
        T::MYSQL_TYPE_VARCHAR
        | T::MYSQL_TYPE_VAR_STRING
        | T::MYSQL_TYPE_STRING
        | T::MYSQL_TYPE_ENUM
        | T::MYSQL_TYPE_SET
        | T::MYSQL_TYPE_TINY_BLOB
        | T::MYSQL_TYPE_MEDIUM_BLOB
        | T::MYSQL_TYPE_LONG_BLOB
        | T::MYSQL_TYPE_BLOB => {
            if is_bytes {
                return Err((
                    bytes_name(column.column_type()),
                    format!("select it as text: `to_base64(`{name}`)` or `hex(`{name}`)`"),
                ));
            }
            DataType::String
        }
        _ => return Err(("unknown", format!("select it as text: `cast(`{name}` as char)`"))),
    })
}

fn bytes_name(column_type: ColumnType) -> &'static str {
    match column_type {
        ColumnType::MYSQL_TYPE_STRING => "binary",
        ColumnType::MYSQL_TYPE_VARCHAR | ColumnType::MYSQL_TYPE_VAR_STRING => "varbinary",
        _ => "blob",
    }
}

/// The length counts the sign and the point.
fn decimal(column: &Column) -> DataType {
    let scale = column.decimals().min(DIGITS);
    let sign = u32::from(!column.flags().contains(ColumnFlags::UNSIGNED_FLAG));
    let digits = column.column_length().saturating_sub(sign + u32::from(scale > 0));
    let precision = u8::try_from(digits).unwrap_or(DIGITS).clamp(scale.max(1), DIGITS);
    DataType::Decimal { precision, scale }
}
