//! The rows of a stored table, page by page: sorted and filtered if asked.

use std::cmp::Ordering;

use serde_json::{Map, Number, Value as Json, json};
use tidemill_core::cache::ContentStore;
use tidemill_core::ids::TaskName;
use tidemill_core::table::{PlainTable, TableEngine, TableRef, Value};
use tidemill_runner::cache_index::StoredTables;

use crate::app::App;
use crate::project::Served;
use crate::reply::Problem;

/// A table of more rows is not sorted or filtered here.
const MOST_SORTED: u64 = 1_000_000;

/// Which rows.
#[derive(Clone, Debug, Default)]
pub struct Page {
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
pub fn rows(app: &App, served: &Served, task: &str, page: &Page) -> Result<Json, Problem> {
    let (table, engine) = open(app, served, task)?;
    let broken = |error: tidemill_core::table::EngineError| Problem::broken(error.to_string());
    let is_plain = page.sort.is_none() && page.search.is_none();
    let (found, total) = if is_plain {
        let end = page.offset.saturating_add(page.limit);
        let mut at = 0;
        let mut found: Option<PlainTable> = None;
        for batch in engine.batches(&table, None, Some(end)).map_err(broken)? {
            let batch = batch.map_err(broken)?;
            let here: Vec<usize> =
                (0..batch.rows).filter(|row| (page.offset..end).contains(&(at + *row as u64))).collect();
            at += batch.rows as u64;
            let part = batch.take(&here);
            match &mut found {
                None => found = Some(part),
                Some(found) => found.append(part),
            }
        }
        (found.unwrap_or_default(), table.rows)
    } else {
        if table.rows > MOST_SORTED {
            return Err(Problem::bad("the table has too many rows to be sorted or searched here"));
        }
        let whole = engine.fetch(&table, None, None).map_err(broken)?;
        let order = order(&whole, page)?;
        let total = order.len() as u64;
        let shown: Vec<usize> = order.into_iter().skip(page.offset as usize).take(page.limit as usize).collect();
        (whole.take(&shown), total)
    };
    let columns: Vec<Json> = table
        .schema
        .fields()
        .iter()
        .map(|field| json!({"name": field.name, "type": field.data_type.to_string()}))
        .collect();
    let rows: Vec<Json> = (0..found.rows).map(|row| object(&found, row)).collect();
    Ok(json!({"task": task, "columns": columns, "rows": rows, "offset": page.offset, "total": total}))
}

fn open(app: &App, served: &Served, task: &str) -> Result<(TableRef, std::sync::Arc<dyn TableEngine>), Problem> {
    let (_, engine) = served.project(&*app.program)?;
    let none = || Problem::missing("no table of the task is kept");
    let pipeline = served.load(&*app.program);
    let last = served.state()?.ok_or_else(none)?.last_results(&pipeline.name)?;
    let table = last.get(&TaskName::new(task)).and_then(|last| last.table.clone()).ok_or_else(none)?;
    let store = ContentStore::new(served.folder().join(tidemill_state::FOLDER).join("cache"));
    let opened = StoredTables::new(&store, &*engine).open(&table.object.digest);
    let opened = opened.map_err(|error| Problem::broken(error.to_string()))?.ok_or_else(none)?;
    Ok((opened, engine))
}

/// The rows that are meant, in order.
fn order(table: &PlainTable, page: &Page) -> Result<Vec<usize>, Problem> {
    let mut rows: Vec<usize> = (0..table.rows).collect();
    if let Some(search) = page.search.as_ref().map(|search| search.to_lowercase()) {
        let holds = |row: &usize| {
            table.columns.iter().any(|column| match column.data.value(*row) {
                Value::Null => false,
                value => value.to_string().to_lowercase().contains(&search),
            })
        };
        rows.retain(holds);
    }
    if let Some(name) = &page.sort {
        let column = table.column(name).ok_or_else(|| Problem::bad("there is no such column to sort by"))?;
        let values: Vec<Value> = (0..table.rows).map(|row| column.data.value(row)).collect();
        rows.sort_by(|a, b| {
            let order = compare(&values[*a], &values[*b]);
            // Rows without a value stand last either way.
            let has_none = values[*a] == Value::Null || values[*b] == Value::Null;
            if page.descending && !has_none { order.reverse() } else { order }
        });
    }
    Ok(rows)
}

/// Values of one column.
fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Greater,
        (_, Value::Null) => Ordering::Less,
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Float(a), Value::Float(b)) => a.total_cmp(b),
        (Value::Decimal { unscaled: a, .. }, Value::Decimal { unscaled: b, .. }) => a.cmp(b),
        (Value::Date(a), Value::Date(b)) => a.cmp(b),
        (Value::Datetime(a), Value::Datetime(b)) | (Value::Time(a), Value::Time(b)) => a.cmp(b),
        (a, b) => a.to_string().cmp(&b.to_string()),
    }
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
