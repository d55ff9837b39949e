//! Making a table for rows.

use tidemill_core::connection::{DatabaseWrite, WriteMode};
use tidemill_core::table::DataType;

use super::settings::Settings;

/// The statement that makes the table of a writing, in words of the SQL standard.
pub(super) fn statement(settings: &Settings, write: &DatabaseWrite<'_>) -> String {
    let key: &[String] = if let WriteMode::Upsert { key } = write.mode { key } else { &[] };
    let column = |field: &tidemill_core::table::Field| {
        let not_null = if key.contains(&field.name) { " not null" } else { "" };
        format!("{} {}{not_null}", settings.quoted(&field.name), declared(field.data_type))
    };
    let mut parts: Vec<String> = write.columns.fields().iter().map(column).collect();
    if !key.is_empty() {
        parts.push(format!("primary key ({})", settings.quoted_all(key.iter().map(String::as_str))));
    }
    format!("create table {} ({})", settings.quoted_table(write.table), parts.join(", "))
}

fn declared(data_type: DataType) -> String {
    match data_type {
        DataType::Bool => "boolean".to_owned(),
        DataType::Int => "bigint".to_owned(),
        DataType::Float => "double precision".to_owned(),
        DataType::Decimal { precision, scale } => format!("decimal({precision},{scale})"),
        DataType::String | DataType::Null => "varchar".to_owned(),
        DataType::Date => "date".to_owned(),
        DataType::Datetime => "timestamp".to_owned(),
        DataType::Time => "time".to_owned(),
    }
}
