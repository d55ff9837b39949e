//! A pipeline that begins with the tables of a database.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use tidemill_connect::Connections;
use tidemill_core::attempt::NEVER_CANCELLED;
use tidemill_core::connection::{ConnectionConfig, ConnectionError, DatabaseSource, TargetTable};
use tidemill_core::storage::Connector;
use tidemill_core::table::Location;

use crate::failure::Failure;

/// What Tidemill itself has written there.
const LEDGER: &str = "tidemill_ledger";
/// The connection's name in the file.
const NAME: &str = "source";

/// The files of the pipeline; the URL goes into the file of secrets alone.
///
/// # Errors
/// If the URL leads to no database, or that cannot be reached.
pub fn files(url: &str) -> Result<Vec<(&'static str, Vec<u8>)>, Failure> {
    let told = |error: ConnectionError| {
        let failure = Failure::wrong(error.to_string());
        error.help.into_iter().fold(failure, Failure::help)
    };
    let storage = Connections::new("").connect(ConnectionConfig::of_url(NAME, url)).map_err(told)?;
    let database = storage.database(&Location::new(format!("{NAME}://")));
    let database = database.ok_or_else(|| Failure::wrong("this URL leads to no database"))?;
    let mut tables = database.tables().map_err(told)?;
    tables.retain(|table| table.table.name != LEDGER);
    for table in &mut tables {
        let plain = table.table.name.clone();
        let columns =
            database.describe(DatabaseSource::Table(&table.table.to_string()), &NEVER_CANCELLED).map_err(told)?;
        // What only the values say is no contract.
        table
            .columns
            .iter_mut()
            .filter(|column| columns.guessed.contains(&column.name))
            .for_each(|column| column.data_type = None);
        if database.table_name(&plain) == table.table {
            table.table.schema = None;
        }
        for (_, other, _) in &mut table.foreign_keys {
            if database.table_name(&other.name) == *other {
                other.schema = None;
            }
        }
    }
    if tables.is_empty() {
        return Err(Failure::wrong(format!("{} has no tables that you may read", database.identity())));
    }
    let dotenv = format!("SOURCE_URL='{}'\n", url.replace('\'', "%27"));
    Ok(vec![
        ("pipeline.yaml", pipeline(&tables).into_bytes()),
        (".env", dotenv.into_bytes()),
        (".gitignore", b"/.env\n/.tidemill/\n/logs/\n/outputs/\n".to_vec()),
    ])
}

fn pipeline(tables: &[TargetTable]) -> String {
    let ids = ids(tables);
    // The tasks that each task's checks look into.
    let mut edges = BTreeMap::new();
    let mut text = format!(
        "version: 1\nname: my-pipeline\n\nsecrets: [SOURCE_URL]\ndotenv: .env\n\nconnections:\n  {NAME}: ${{{{ secrets.SOURCE_URL }}}}\n\ntasks:\n"
    );
    for table in tables {
        let held: Vec<_> = table.columns.iter().filter(|column| column.data_type.is_some()).collect();
        if let Some(id) = ids.get(&table.table.to_string()).filter(|_| !held.is_empty()) {
            load(&mut text, id, table, &ids, &mut edges);
        }
    }
    text
}

/// A load with its contract and checks.
fn load(
    text: &mut String,
    id: &str,
    table: &TargetTable,
    ids: &BTreeMap<String, String>,
    edges: &mut BTreeMap<String, Vec<String>>,
) {
    // Writing to a text cannot fail.
    let _ = writeln!(
        text,
        "  {id}:\n    type: load\n    connection: {NAME}\n    table: {}",
        quoted(&table.table.to_string())
    );
    text.push_str("    columns:\n");
    for column in &table.columns {
        let name = quoted(&column.name);
        let _ = match column.data_type {
            Some(data_type) => writeln!(text, "      {name}: {}", quoted(&data_type.to_string())),
            None => writeln!(text, "      # {name} is of type {}", column.database_type),
        };
    }
    let held = |name: &String| table.columns.iter().any(|column| column.name == *name && column.data_type.is_some());
    let list = |names: &[String]| names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
    let mut checks = String::new();
    for key in table.unique_keys.iter().filter(|key| key.iter().all(held)) {
        let _ = writeln!(checks, "      - unique: [{}]", list(key));
    }
    let needed = table.columns.iter().filter(|column| !column.nullable && column.data_type.is_some());
    let needed: Vec<String> = needed.map(|column| column.name.clone()).collect();
    if !needed.is_empty() {
        let _ = writeln!(checks, "      - not_null: [{}]", list(&needed));
    }
    for (columns, other, theirs) in &table.foreign_keys {
        if let ([column], [their]) = (columns.as_slice(), theirs.as_slice())
            && let Some(other) = ids.get(&other.to_string()).filter(|other| *other != id && held(column))
        {
            // Two tables that lead to each other would make the tasks wait for each other.
            if !leads_to(edges, other, id) {
                edges.entry(id.to_owned()).or_default().push(other.clone());
                let _ = writeln!(
                    checks,
                    "      - relationship: {{{}: {}}}",
                    quoted(column),
                    quoted(&format!("{other}.{their}"))
                );
            }
        }
    }
    if !checks.is_empty() {
        let _ = write!(text, "    checks:\n{checks}");
    }
    text.push('\n');
}

/// Whether one task leads to the other.
fn leads_to(edges: &BTreeMap<String, Vec<String>>, from: &str, to: &str) -> bool {
    from == to || edges.get(from).is_some_and(|next| next.iter().any(|next| leads_to(edges, next, to)))
}

/// A task's id for each table, by the table's name.
fn ids(tables: &[TargetTable]) -> BTreeMap<String, String> {
    let mut taken = BTreeSet::new();
    let mut ids = BTreeMap::new();
    for table in tables {
        let whole = table.table.to_string();
        let plain = |name: &str| {
            let id: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
            if id.starts_with(|first: char| first.is_ascii_alphabetic()) { id } else { format!("t_{id}") }
        };
        let mut id = plain(&table.table.name);
        if taken.contains(&id) {
            id = plain(&whole);
        }
        while !taken.insert(id.clone()) {
            id.push('_');
        }
        ids.insert(whole, id);
    }
    ids
}

/// A text as YAML has it: as it is where that means the same, else in quotes.
fn quoted(text: &str) -> String {
    let is_word = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
    let means_more =
        ["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&text.to_ascii_lowercase().as_str());
    if is_word && !means_more { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}
