//! What is looked at, or made, before rows are written.

use tidemill_core::connection::{
    ConnectionError, ConnectionErrorKind, DatabaseTable, DatabaseWrite, TargetTable, WriteMode,
};
use tidemill_core::diagnostic::nearest;
use tokio_postgres::Client;

use super::catalog;
use super::error::{error, of_statement};
use super::sql::{identifier, identifiers, table};
use super::target_type::{TargetType, made_for, misfit};

/// The table that holds rows before they are merged into others.
pub(super) const STAGING: &str = "tidemill_rows";

/// How long a writer waits for another one.
pub(super) const PATIENCE: &str = "set local lock_timeout = '10min'";

/// The target with its schema, which is made if it is to be.
///
/// # Errors
/// If there is no such schema, or the server refuses.
pub(super) async fn resolve(
    client: &Client,
    name: &str,
    write: &DatabaseWrite<'_>,
) -> Result<DatabaseTable, ConnectionError> {
    let refused = |fault| of_statement(name, &fault, None);
    let sql = "select coalesce($1::text, (select n.nspname::text from pg_catalog.pg_class c join pg_catalog.pg_namespace n \
               on n.oid = c.relnamespace where c.oid = to_regclass($2::text)), current_schema()::text), \
               exists (select from pg_catalog.pg_namespace where nspname = $1)";
    let row = client.query_one(sql, &[&write.table.schema, &table(write.table)]).await.map_err(refused)?;
    let schema: Option<String> = row.try_get(0).map_err(refused)?;
    let is_there: bool = row.try_get(1).map_err(refused)?;
    let Some(schema) = schema else {
        let message = format!("has no schema for the table {}", write.table);
        return Err(error(name, ConnectionErrorKind::Missing, message)
            .help("write it as `schema.table`, or give the connection a `schema`"));
    };
    if write.table.schema.is_some() && !is_there {
        if !write.create {
            let message = format!("has no schema `{schema}` for the table {}", write.table);
            return Err(error(name, ConnectionErrorKind::Missing, message).help("set `create: true` to have it made"));
        }
        let sql = format!("create schema if not exists {}", identifier(&schema));
        client.batch_execute(&sql).await.map_err(refused)?;
    }
    Ok(DatabaseTable { schema: Some(schema), name: write.table.name.clone() })
}

/// The columns to write and their types in the target, which is made if it is to be.
///
/// # Errors
/// If the target is not there, or does not take the columns.
pub(super) async fn target(
    client: &Client,
    name: &str,
    of: &DatabaseTable,
    write: &DatabaseWrite<'_>,
) -> Result<Vec<(String, TargetType)>, ConnectionError> {
    let refused = |fault| of_statement(name, &fault, None);
    let mut oid = catalog::find(client, of).await.map_err(refused)?;
    if oid.is_none() && write.create {
        client.batch_execute(&creation(of, write)).await.map_err(refused)?;
        oid = catalog::find(client, of).await.map_err(refused)?;
    }
    let Some(oid) = oid else {
        let message = format!("has no table {of}");
        return Err(error(name, ConnectionErrorKind::Missing, message).help("set `create: true` to have it made"));
    };
    let found = catalog::describe(client, &[oid]).await.map_err(refused)?.pop();
    let found = found.unwrap_or_else(|| TargetTable {
        table: of.clone(),
        columns: Vec::new(),
        unique_keys: Vec::new(),
        foreign_keys: Vec::new(),
    });
    if let WriteMode::Upsert { key } = write.mode {
        is_unique(name, &found, key)?;
    }
    write.columns.fields().iter().map(|field| fitting(name, &found, &field.name, field.data_type)).collect()
}

fn fitting(
    name: &str,
    found: &TargetTable,
    column: &str,
    data_type: tidemill_core::table::DataType,
) -> Result<(String, TargetType), ConnectionError> {
    let Some(target) = found.columns.iter().find(|target| target.name == column) else {
        let error =
            error(name, ConnectionErrorKind::Missing, format!("has no column `{column}` in table {}", found.table));
        let meant = nearest(column, found.columns.iter().map(|target| target.name.as_str()));
        return Err(match meant {
            Some(meant) => error.help(format!("do you mean `{meant}`?")),
            None => error.help("add the column to the table, or leave it out of the rows"),
        });
    };
    match misfit(data_type, target) {
        Some(why) => Err(error(
            name,
            ConnectionErrorKind::Missing,
            format!("cannot take the rows in table {}: {why}", found.table),
        )),
        None => Ok((column.to_owned(), TargetType::of(&target.database_type))),
    }
}

fn is_unique(name: &str, found: &TargetTable, key: &[String]) -> Result<(), ConnectionError> {
    let is_key = |unique: &Vec<String>| unique.len() == key.len() && unique.iter().all(|column| key.contains(column));
    if found.unique_keys.iter().any(is_key) {
        return Ok(());
    }
    let key = identifiers(key.iter().map(String::as_str));
    let message = format!("has no unique key ({key}) in table {}", found.table);
    let help = format!("have it made: `alter table {} add unique ({key})`", table(&found.table));
    Err(error(name, ConnectionErrorKind::Missing, message).help(help))
}

fn creation(of: &DatabaseTable, write: &DatabaseWrite<'_>) -> String {
    let column =
        |field: &tidemill_core::table::Field| format!("{} {}", identifier(&field.name), made_for(field.data_type));
    let mut parts: Vec<String> = write.columns.fields().iter().map(column).collect();
    if let WriteMode::Upsert { key } = write.mode {
        parts.push(format!("primary key ({})", identifiers(key.iter().map(String::as_str))));
    }
    format!("create table {} ({})", table(of), parts.join(", "))
}
