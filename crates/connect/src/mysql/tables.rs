//! Tables as the server has them.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error, Row, from_row};
use tidemill_core::connection::{DatabaseTable, TargetColumn, TargetTable};
use tidemill_core::table::DataType;

use super::columns::{DIGITS, UNSIGNED};
use crate::written::View;

/// What names a table, or all of a database, in a query for it; MySQL on some systems does not tell letters by their case.
const THIS: &str =
    "table_schema = ? and (? is null or binary table_name = ? or (@@lower_case_table_names <> 0 and table_name = ?))";

/// The tables of a database, or the one of that name.
///
/// # Errors
/// If the server refuses.
pub(super) async fn tables(conn: &mut Conn, schema: &str, name: Option<&str>) -> Result<Vec<TargetTable>, Error> {
    let mut tables = columns(conn, schema, name).await?;
    let keys = "select table_name, index_name, column_name, sub_part from information_schema.statistics";
    let order = "order by table_name, index_name <> 'PRIMARY', index_name, seq_in_index";
    let unique = format!("{keys} where non_unique = 0 and {THIS} {order}");
    let unique: Vec<(String, String, Option<String>, Option<u64>)> = ask(conn, &unique, schema, name).await?;
    for (table, entries) in by_table(unique, |entry| &entry.0) {
        let keys = grouped(entries, |entry| entry.1.clone());
        // A key over parts of columns or over expressions is none of columns.
        let whole = keys.into_iter().filter(|key| key.iter().all(|entry| entry.2.is_some() && entry.3.is_none()));
        let named = whole.map(|key| key.into_iter().filter_map(|entry| entry.2).collect());
        if let Some(known) = tables.iter_mut().find(|known| known.table.name == table) {
            known.unique_keys = named.collect();
        }
    }
    let foreign = "select table_name, constraint_name, column_name, referenced_table_schema, referenced_table_name, \
                   referenced_column_name from information_schema.key_column_usage where referenced_table_name is not null and";
    let foreign = format!("{foreign} {THIS} order by table_name, constraint_name, ordinal_position");
    let foreign: Vec<(String, String, String, String, String, String)> = ask(conn, &foreign, schema, name).await?;
    for (table, entries) in by_table(foreign, |entry| &entry.0) {
        let keys = grouped(entries, |entry| entry.1.clone()).into_iter().filter_map(|key| {
            let other = DatabaseTable { schema: Some(key.first()?.3.clone()), name: key.first()?.4.clone() };
            let (mine, theirs) = key.into_iter().map(|entry| (entry.2, entry.5)).unzip();
            Some((mine, other, theirs))
        });
        if let Some(known) = tables.iter_mut().find(|known| known.table.name == table) {
            known.foreign_keys = keys.collect();
        }
    }
    Ok(tables)
}

/// The names of the tables and views of a database.
///
/// # Errors
/// If the server refuses.
pub(super) async fn names(conn: &mut Conn, schema: &str) -> Result<Vec<String>, Error> {
    conn.exec("select table_name from information_schema.tables where table_schema = ?", (schema,)).await
}

/// The views that the user may know of, with their definitions.
///
/// # Errors
/// If the server refuses.
pub(super) async fn views(conn: &mut Conn) -> Result<Vec<View>, Error> {
    conn.query("select table_name, coalesce(view_definition, '') from information_schema.views").await
}

async fn ask<T>(conn: &mut Conn, sql: &str, schema: &str, name: Option<&str>) -> Result<Vec<T>, Error>
where
    T: mysql_async::prelude::FromRow + Send + 'static,
{
    conn.exec(sql, (schema, name, name, name)).await
}

/// Neighbours of the same group together.
fn grouped<T>(entries: Vec<T>, group: impl Fn(&T) -> String) -> Vec<Vec<T>> {
    let mut groups: Vec<Vec<T>> = Vec::new();
    for entry in entries {
        match groups.last_mut() {
            Some(last) if last.last().is_some_and(|other| group(other) == group(&entry)) => last.push(entry),
            _ => groups.push(vec![entry]),
        }
    }
    groups
}

fn by_table<T>(entries: Vec<T>, table: impl Fn(&T) -> &String) -> Vec<(String, Vec<T>)> {
    let groups = grouped(entries, |entry| table(entry).clone());
    groups.into_iter().filter_map(|group| Some((table(group.first()?).clone(), group))).collect()
}

async fn columns(conn: &mut Conn, schema: &str, name: Option<&str>) -> Result<Vec<TargetTable>, Error> {
    let sql = "select table_name, column_name, data_type, column_type, is_nullable = 'YES', \
               is_nullable = 'YES' or column_default is not null or extra like '%auto_increment%', \
               coalesce(generation_expression, '') <> '', numeric_precision, numeric_scale from information_schema.columns where";
    let rows: Vec<Row> =
        ask(conn, &format!("{sql} {THIS} order by table_name, ordinal_position"), schema, name).await?;
    let mut tables: Vec<TargetTable> = Vec::new();
    for row in rows {
        let (table, column) = column(row);
        match tables.last_mut() {
            Some(last) if last.table.name == table => last.columns.push(column),
            _ => tables.push(TargetTable {
                table: DatabaseTable { schema: Some(schema.to_owned()), name: table },
                columns: vec![column],
                unique_keys: Vec::new(),
                foreign_keys: Vec::new(),
            }),
        }
    }
    Ok(tables)
}

type Described = (String, String, String, String, bool, bool, bool, Option<u64>, Option<u64>);

fn column(row: Row) -> (String, TargetColumn) {
    let (table, name, kind, database_type, nullable, has_default, generated, precision, scale): Described =
        from_row(row);
    let digits = |number: Option<u64>| number.and_then(|number| u8::try_from(number).ok()).unwrap_or(0);
    let data_type = declared(&kind, &database_type, digits(precision), digits(scale).min(DIGITS));
    (table, TargetColumn { name, database_type, data_type, nullable, has_default, generated })
}

/// The type as which a column of that declared type is read.
fn declared(kind: &str, whole: &str, precision: u8, scale: u8) -> Option<DataType> {
    Some(match kind {
        "bigint" if whole.contains("unsigned") => UNSIGNED,
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "year" => DataType::Int,
        "bit" if precision > 63 => UNSIGNED,
        "bit" => DataType::Int,
        "decimal" => DataType::Decimal { precision: precision.min(DIGITS).max(scale).max(1), scale },
        "float" | "double" => DataType::Float,
        "date" => DataType::Date,
        "datetime" | "timestamp" => DataType::Datetime,
        "time" => DataType::Time,
        "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" | "enum" | "set" | "json" | "uuid"
        | "inet4" | "inet6" => DataType::String,
        _ => return None,
    })
}
