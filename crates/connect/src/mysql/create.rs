//! Making a table for rows.

use tidemill_core::connection::{DatabaseWrite, WriteMode};
use tidemill_core::table::DataType;

use super::query::{quoted, quoted_table};

/// Bytes of a key that InnoDB takes, in letters of four bytes, with some room for other columns.
const KEY_LETTERS: usize = 700;

/// The statement that makes the table of a writing. Texts are told apart letter by letter, as everywhere else.
pub(super) fn statement(write: &DatabaseWrite<'_>) -> String {
    let key: &[String] = if let WriteMode::Upsert { key } = write.mode { key } else { &[] };
    let letters = (KEY_LETTERS / key.len().max(1)).min(255);
    let column = |field: &tidemill_core::table::Field| {
        let in_key = key.contains(&field.name);
        let declared = declared(field.data_type, in_key.then_some(letters));
        format!("{} {declared}{}", quoted(&field.name), if in_key { " not null" } else { " null" })
    };
    let mut parts: Vec<String> = write.columns.fields().iter().map(column).collect();
    if !key.is_empty() {
        let names: Vec<String> = key.iter().map(|name| quoted(name)).collect();
        parts.push(format!("primary key ({})", names.join(", ")));
    }
    format!(
        "create table if not exists {} ({}) engine=InnoDB default character set utf8mb4 collate utf8mb4_bin",
        quoted_table(write.table),
        parts.join(", ")
    )
}

fn declared(data_type: DataType, key_letters: Option<usize>) -> String {
    match (data_type, key_letters) {
        (DataType::Bool, _) => "tinyint(1)".to_owned(),
        (DataType::Int, _) => "bigint".to_owned(),
        (DataType::Float, _) => "double".to_owned(),
        (DataType::Decimal { precision, scale }, _) => format!("decimal({precision},{scale})"),
        (DataType::String | DataType::Null, Some(letters)) => format!("varchar({letters})"),
        (DataType::String | DataType::Null, None) => "longtext".to_owned(),
        (DataType::Date, _) => "date".to_owned(),
        (DataType::Datetime, _) => "datetime(6)".to_owned(),
        (DataType::Time, _) => "time(6)".to_owned(),
    }
}
