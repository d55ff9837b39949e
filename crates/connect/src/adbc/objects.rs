//! Which tables a database has, and what they look like.

use std::collections::HashSet;

use adbc_core::Connection;
use adbc_core::error::{Error, Status};
use adbc_core::options::{InfoCode, ObjectDepth};
use adbc_driver_manager::ManagedConnection;
use arrow_array::cast::AsArray;
use arrow_array::types::UInt32Type;
use arrow_array::{Array, ArrayRef, ListArray, StructArray};
use arrow_schema::{Field, Schema as ArrowSchema};
use tidemill_core::connection::{ConnectionError, DatabaseTable, TargetColumn, TargetTable};

use super::error::is_about_a_table;
use super::session::Session;
use super::{column_type, sqlite};

/// A table, as the list of all has it.
pub(super) struct Listed {
    /// Its schema and name.
    pub table: DatabaseTable,
    unique_keys: Vec<Vec<String>>,
    /// Its columns with the types as they were declared, where the list has them.
    declared: Vec<(String, String)>,
}

/// The Arrow schema of a table; None if there is none of that name.
///
/// # Errors
/// If the database refuses.
pub(super) fn schema(
    session: &Session,
    connection: &ManagedConnection,
    table: &DatabaseTable,
) -> Result<Option<ArrowSchema>, ConnectionError> {
    let (catalog, schema) = parts(table);
    match connection.get_table_schema(catalog, schema, &table.name) {
        Ok(schema) if schema.fields().is_empty() => Ok(None),
        Ok(schema) => Ok(Some(schema)),
        Err(error) if error.status == Status::NotFound || is_about_a_table(&error.message) => Ok(None),
        Err(error) => Err(session.fault(&error)),
    }
}

fn parts(table: &DatabaseTable) -> (Option<&str>, Option<&str>) {
    match table.schema.as_deref() {
        Some(both) => match both.split_once('.') {
            Some((catalog, schema)) => (Some(catalog), Some(schema)),
            None => (None, Some(both)),
        },
        None => (None, None),
    }
}

/// What a table looks like; None if there is none.
///
/// # Errors
/// If the database refuses.
pub(super) fn target(
    session: &Session,
    connection: &ManagedConnection,
    table: &DatabaseTable,
) -> Result<Option<TargetTable>, ConnectionError> {
    let Some(schema) = schema(session, connection, table)? else { return Ok(None) };
    let listed = all(connection, Some(table), ObjectDepth::All).unwrap_or_default();
    let listed = listed.into_iter().find(|listed| listed.table.name == table.name);
    let (unique_keys, declared) = listed.map(|listed| (listed.unique_keys, listed.declared)).unwrap_or_default();
    let mut columns: Vec<TargetColumn> = schema.fields().iter().map(|field| column(field)).collect();
    if session.settings.is_for("sqlite") {
        // Of an empty table the driver knows no types; what its columns take follows from how they were declared.
        for column in &mut columns {
            if let Some((_, declared)) = declared.iter().find(|(name, _)| *name == column.name) {
                column.data_type = sqlite::declared(declared);
                column.database_type = format!("SQLite's {declared}");
            }
        }
    }
    Ok(Some(TargetTable { table: table.clone(), columns, unique_keys, foreign_keys: Vec::new() }))
}

fn column(field: &Field) -> TargetColumn {
    TargetColumn {
        name: field.name().clone(),
        database_type: column_type::words(field.data_type()),
        data_type: column_type::of(field.data_type()),
        nullable: field.is_nullable(),
        // Which columns have one is not told by drivers; the database says it when rows come without.
        has_default: true,
        generated: false,
    }
}

/// All tables that the list has, or that one.
///
/// # Errors
/// If the driver has no list, or one of another shape.
pub(super) fn all(
    connection: &ManagedConnection,
    only: Option<&DatabaseTable>,
    depth: ObjectDepth,
) -> Result<Vec<Listed>, Error> {
    let (catalog, schema) = only.map(parts).unwrap_or_default();
    let name = only.map(|table| table.name.as_str());
    let batches = connection.get_objects(depth, catalog, schema, name, None, None)?;
    let mut all = Vec::new();
    for batch in batches {
        for schema in batch?.column_by_name("catalog_db_schemas").map(structs).unwrap_or_default() {
            let names = texts(&schema, "db_schema_name");
            let tables = schema.column_by_name("db_schema_tables");
            let Some(tables) = tables.and_then(|tables| tables.as_list_opt::<i32>()) else { continue };
            for (at, name) in names.into_iter().enumerate().filter(|(at, _)| !tables.is_null(*at)) {
                let rows = tables.value(at);
                if let Some(rows) = rows.as_struct_opt() {
                    all.extend(listed(rows, name.filter(|name| !name.is_empty())));
                }
            }
        }
    }
    Ok(all)
}

fn listed(tables: &StructArray, schema: Option<String>) -> Vec<Listed> {
    let constraints = tables.column_by_name("table_constraints").and_then(|lists| lists.as_list_opt::<i32>());
    let columns = tables.column_by_name("table_columns").and_then(|lists| lists.as_list_opt::<i32>());
    let in_list = |lists: Option<&ListArray>, at: usize| {
        let list = lists.filter(|lists| !lists.is_null(at))?.value(at);
        list.as_struct_opt().cloned()
    };
    let table = |(at, name): (usize, Option<String>)| {
        Some(Listed {
            table: DatabaseTable { schema: schema.clone(), name: name? },
            unique_keys: in_list(constraints, at).map(|list| unique_keys(&list)).unwrap_or_default(),
            declared: in_list(columns, at).map(|list| declared(&list)).unwrap_or_default(),
        })
    };
    texts(tables, "table_name").into_iter().enumerate().filter_map(table).collect()
}

/// The names of columns with their declared types.
fn declared(columns: &StructArray) -> Vec<(String, String)> {
    let both = texts(columns, "column_name").into_iter().zip(texts(columns, "xdbc_type_name"));
    both.filter_map(|(name, declared)| Some((name?, declared?))).collect()
}

/// The keys that are unique, the primary one first.
fn unique_keys(constraints: &StructArray) -> Vec<Vec<String>> {
    let columns = constraints.column_by_name("constraint_column_names").and_then(|lists| lists.as_list_opt::<i32>());
    let Some(columns) = columns else { return Vec::new() };
    let mut keys = Vec::new();
    for (at, kind) in texts(constraints, "constraint_type").into_iter().enumerate() {
        let kind = kind.unwrap_or_default().to_ascii_uppercase();
        let names = if columns.is_null(at) { Default::default() } else { strings(&columns.value(at)) };
        let names: Vec<String> = names.into_iter().flatten().collect();
        match kind.as_str() {
            _ if names.is_empty() => {}
            "PRIMARY KEY" => keys.insert(0, names),
            "UNIQUE" => keys.push(names),
            _ => {}
        }
    }
    keys
}

/// The elements of all lists of a column.
fn structs(lists: &ArrayRef) -> Vec<StructArray> {
    let lists = lists.as_list_opt::<i32>();
    let elements = lists.into_iter().flat_map(|lists| lists.iter().flatten());
    elements.filter_map(|list| list.as_struct_opt().cloned()).collect()
}

fn texts(rows: &StructArray, column: &str) -> Vec<Option<String>> {
    rows.column_by_name(column).map(strings).unwrap_or_default()
}

fn strings(array: &ArrayRef) -> Vec<Option<String>> {
    let texts = array.as_string_opt::<i32>();
    texts.into_iter().flat_map(|texts| texts.iter().map(|text| text.map(ToOwned::to_owned))).collect()
}

/// What the driver says of the database and of itself: `DuckDB v1.5.6, by ADBC DuckDB Driver`.
pub(super) fn sentence(connection: &ManagedConnection) -> Result<String, Error> {
    let codes = [InfoCode::VendorName, InfoCode::VendorVersion, InfoCode::DriverName, InfoCode::DriverVersion];
    let wanted = codes.map(|code| u32::from(&code));
    let mut found: [Option<String>; 4] = Default::default();
    for batch in connection.get_info(Some(HashSet::from(codes)))? {
        let batch = batch?;
        let names = batch.column(0).as_primitive_opt::<UInt32Type>();
        let Some((names, values)) = names.zip(batch.column(1).as_union_opt()) else { continue };
        for (row, name) in names.values().iter().enumerate() {
            let at = wanted.iter().position(|code| code == name);
            if let (Some(at), Some(text)) = (at, strings(&values.value(row)).pop().flatten()) {
                found[at] = Some(text);
            }
        }
    }
    let [vendor, version, driver, driver_version] = found;
    let named = |name: Option<String>, version: Option<String>| {
        let parts: Vec<String> = [name, version].into_iter().flatten().filter(|part| !part.is_empty()).collect();
        parts.join(" ")
    };
    let vendor = named(Some(vendor.unwrap_or_else(|| "a database".to_owned())), version);
    let driver = named(Some(driver.unwrap_or_else(|| "an ADBC driver".to_owned())), driver_version);
    Ok(format!("{vendor}, by {driver}"))
}
