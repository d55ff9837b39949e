//! The rows of a stored table, page by page: sorted and filtered if asked.

use std::sync::PoisonError;

use serde_json::{Map, Number, Value as Json, json};
use tidemill_core::cache::ContentStore;
use tidemill_core::ids::TaskName;
use tidemill_core::table::{PlainTable, TableEngine, TableRef, Value};
use tidemill_runner::cache_index::StoredTables;

use crate::app::App;
use crate::project::ServedProject;
use crate::reply::Problem;

/// So many rows of a table are searched, its first ones: more take longer than somebody waits.
const MOST_SEARCHED: u64 = 1_000_000;

/// Which rows.
#[derive(Clone, Debug, Default)]
pub struct RowQuery {
    /// After so many.
    pub offset: u64,
    /// So many.
    pub limit: u64,
    /// By that column.
    pub sort: Option<String>,
    /// The greatest first.
    pub descending: bool,
    /// Only rows in which a value holds this text.
    pub search: Option<String>,
}

/// A page of the table of a task.
///
/// # Errors
/// If there is no table, no such column, or it cannot be read.
pub fn rows(app: &App, served: &ServedProject, task: &str, page: &RowQuery) -> Result<Json, Problem> {
    let (table, engine) = open(app, served, task)?;
    let broken = |error: tidemill_core::table::EngineError| Problem::broken(error.to_string());
    let unknown = page.sort.as_ref().filter(|name| !table.schema.names().any(|known| known == name.as_str()));
    if unknown.is_some() {
        return Err(Problem::bad("there is no such column to sort by"));
    }
    let (wanted, total) = match &page.search {
        Some(search) => found(&table, &*engine, page, search)?,
        None => {
            let end = page.offset.saturating_add(page.limit).min(table.rows);
            let shown = match &page.sort {
                None => (page.offset..end).collect(),
                Some(name) => {
                    let places = page.offset.min(end) as usize..end as usize;
                    engine.ordered_rows(&table, name, page.descending, places).map_err(broken)?
                }
            };
            (shown, table.rows)
        }
    };
    let found = engine.take(&table, &wanted).map_err(broken)?;
    let columns: Vec<Json> = table
        .schema
        .fields()
        .iter()
        .map(|field| json!({"name": field.name, "type": field.data_type.to_string()}))
        .collect();
    let rows: Vec<Json> = (0..found.rows).map(|row| object(&found, row)).collect();
    let searched = page.search.as_ref().map(|_| table.rows.min(MOST_SEARCHED));
    Ok(json!({
        "task": task, "columns": columns, "rows": rows, "offset": page.offset, "total": total, "of": table.rows,
        "searched": searched,
    }))
}

fn open(app: &App, served: &ServedProject, task: &str) -> Result<(TableRef, std::sync::Arc<dyn TableEngine>), Problem> {
    let (_, engine) = served.project(&*app.program)?;
    let none = || Problem::missing("no table of the task is kept");
    let pipeline = served.load(&*app.program);
    let last = served.state()?.ok_or_else(none)?.last_results(&pipeline.name)?;
    let table = last.get(&TaskName::new(task)).and_then(|last| last.table.clone()).ok_or_else(none)?;
    let mut known = served.table.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, open)) = known.as_ref().filter(|(digest, _)| *digest == table.object.digest) {
        return Ok((open.clone(), engine));
    }
    let store = ContentStore::new(served.folder().join(tidemill_state::FOLDER).join("cache"));
    let opened = StoredTables::new(&store, &*engine).open(&table.object.digest);
    let opened = opened.map_err(|error| Problem::broken(error.to_string()))?.ok_or_else(none)?;
    *known = Some((table.object.digest, opened.clone()));
    Ok((opened, engine))
}

/// The rows of the page among the first ones in which a value holds the text, and how many these are.
fn found(
    table: &TableRef,
    engine: &dyn TableEngine,
    page: &RowQuery,
    search: &str,
) -> Result<(Vec<u64>, u64), Problem> {
    let broken = |error: tidemill_core::table::EngineError| Problem::broken(error.to_string());
    let search = search.to_lowercase();
    let holds = |value: Value| value != Value::Null && value.to_string().to_lowercase().contains(&search);
    let (mut rows, mut begins): (Vec<(Value, u64)>, u64) = (Vec::new(), 0);
    for batch in engine.batches(table, None, Some(MOST_SEARCHED)).map_err(broken)? {
        let batch = batch.map_err(broken)?;
        let key = page.sort.as_ref().and_then(|name| batch.column(name));
        let here = (0..batch.rows).filter(|row| batch.columns.iter().any(|column| holds(column.data.value(*row))));
        rows.extend(here.map(|row| (key.map_or(Value::Null, |key| key.data.value(row)), begins + row as u64)));
        begins += batch.rows as u64;
    }
    // Without a column all are equal, and keep their order.
    rows.sort_by(|(a, _), (b, _)| a.order(b, page.descending));
    let total = rows.len() as u64;
    let shown = rows.into_iter().skip(page.offset as usize).take(page.limit as usize);
    Ok((shown.map(|(_, row)| row).collect(), total))
}

/// A row for programs: decimals, dates and times as text, so that nothing is lost.
fn object(table: &PlainTable, row: usize) -> Json {
    let value = |value: Value| match value {
        Value::Null => Json::Null,
        Value::Bool(value) => value.into(),
        Value::Int(value) => value.into(),
        Value::Float(value) => Number::from_f64(value).map_or(Json::Null, Json::Number),
        other => other.to_string().into(),
    };
    let cells = table.columns.iter().map(|column| (column.name.clone(), value(column.data.value(row))));
    Json::Object(cells.collect::<Map<String, Json>>())
}
