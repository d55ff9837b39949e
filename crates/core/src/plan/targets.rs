//! Whether tables fit the tables of databases that they are written to.

use crate::attempt::CancelToken;
use crate::connection::{Database, TargetTable, WriteMode};
use crate::diagnostic::Diagnostic;
use crate::spec::At;
use crate::storage::StorageRegistry;
use crate::table::{DatabaseOptions, Location, Schema, Sink};

use super::PlannedTask;

/// What of a task's table does not fit the tables that it is written to.
pub(super) fn misfits(
    task: &PlannedTask,
    schema: &Schema,
    storages: &StorageRegistry,
    cancelled: &CancelToken,
) -> Vec<Diagnostic> {
    let of_sink = |sink: &Sink| {
        let options = sink.options.database.as_ref()?;
        let database = storages.database(&sink.path)?;
        let place = task.outputs.iter().find(|output| output.path.value == sink.path)?;
        Some(of_target(&*database, options, &place.path, schema, cancelled))
    };
    task.sinks.iter().filter_map(of_sink).flatten().collect()
}

fn of_target(
    database: &dyn Database,
    options: &DatabaseOptions,
    place: &At<Location>,
    schema: &Schema,
    cancelled: &CancelToken,
) -> Vec<Diagnostic> {
    let table = database.table_name(&options.table);
    let target = match database.target(&table, cancelled) {
        Ok(target) => target,
        Err(error) => {
            let mistake = Diagnostic::error(error.to_string()).at(place.span, "written here").passing();
            return vec![error.help.into_iter().fold(mistake, Diagnostic::help)];
        }
    };
    match target {
        Some(target) => against(database, options, &target, place, schema),
        None if options.create => missing_key(options, schema, place).into_iter().collect(),
        None => vec![
            Diagnostic::error(format!("there is no table `{table}`"))
                .at(place.span, "written here")
                .help("make it, or write `create: true`")
                .passing(),
        ],
    }
}

fn against(
    database: &dyn Database,
    options: &DatabaseOptions,
    target: &TargetTable,
    place: &At<Location>,
    schema: &Schema,
) -> Vec<Diagnostic> {
    let table = &target.table;
    let mistake = |message: String| Diagnostic::error(message).at(place.span, "written here");
    let mut mistakes = Vec::new();
    for field in schema.fields() {
        let Some(column) = target.columns.iter().find(|column| column.name == field.name) else {
            let known = target.columns.iter().map(|column| column.name.as_str());
            mistakes.push(mistake(format!("`{table}` has no column `{}`", field.name)).suggest(&field.name, known));
            continue;
        };
        if column.generated {
            let message = format!("column `{}` of `{table}` is computed by the database", column.name);
            mistakes.push(mistake(message).help("leave it out of the rows"));
        } else if let Some(why) = database.misfit(field.data_type, column) {
            mistakes.push(
                mistake(format!("column `{}` of `{table}` does not take {}: {why}", column.name, field.data_type))
                    .help(format!("`cast({} as …)` before, or change the table", field.name)),
            );
        }
    }
    let is_wanting = |name: &str| !schema.contains(name);
    for column in target.columns.iter().filter(|column| is_wanting(&column.name)) {
        if !column.has_default && !column.generated && !column.nullable {
            let message = format!("column `{}` of `{table}` must have a value, and the rows have none", column.name);
            mistakes.push(mistake(message).help("add it to the rows, or give it a default there"));
        }
    }
    let missing = missing_key(options, schema, place);
    if let (WriteMode::Upsert { key }, None) = (&options.mode, &missing) {
        let is_key = |unique: &Vec<String>| unique.len() == key.len() && unique.iter().all(|name| key.contains(name));
        if !target.unique_keys.iter().any(is_key) {
            let keys: Vec<String> = target.unique_keys.iter().map(|key| format!("({})", key.join(", "))).collect();
            let help = match keys.is_empty() {
                true => "the table has no unique key: make one, a primary key or a unique index".to_owned(),
                false => format!("unique are {}", keys.join(" and ")),
            };
            mistakes.push(mistake(format!("`key` ({}) is not unique in `{table}`", key.join(", "))).help(help));
        }
    }
    mistakes.extend(missing);
    mistakes
}

/// That a column of the key is not among the rows' columns.
fn missing_key(options: &DatabaseOptions, schema: &Schema, place: &At<Location>) -> Option<Diagnostic> {
    let WriteMode::Upsert { key } = &options.mode else { return None };
    let missing = key.iter().find(|name| !schema.contains(name))?;
    let mistake =
        Diagnostic::error(format!("the rows have no column `{missing}` of the key")).at(place.span, "written here");
    Some(mistake.suggest(missing, schema.names()))
}
