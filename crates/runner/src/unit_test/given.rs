//! Fixtures → tables with the columns and types that the real ones have.

use tidemill_core::attempt::NEVER_CANCELLED;
use tidemill_core::diagnostic::{Diagnostic, failure_of};
use tidemill_core::ids::TaskIx;
use tidemill_core::spec::{At, Fixture, FixtureCell, FixtureRow};
use tidemill_core::table::{Expr, JobOptions, Location, Rel, Scan, ScanOptions, Schema, TableJob, TableRef, Value};
use tidemill_core::task::TaskFailure;

use super::TestedPipeline;
use super::inferred::inferred;
use super::scope::{Given, TestScope};

/// What is wrong with the fixtures of a test.
pub(super) fn check(pipeline: &TestedPipeline<'_>, scope: &TestScope<'_>) -> Vec<Diagnostic> {
    let of = |(ix, given): (&TaskIx, &Given<'_>)| relation(pipeline, *ix, *given).err().unwrap_or_default();
    scope.given.iter().flat_map(of).collect()
}

/// What stands for a task's table.
///
/// # Errors
/// If it has other columns than the table, or values that are not of their types.
pub(super) fn table(pipeline: &TestedPipeline<'_>, ix: TaskIx, given: Given<'_>) -> Result<TableRef, TaskFailure> {
    let rel = relation(pipeline, ix, given).map_err(|mistakes| failure_of(&mistakes, pipeline.sources))?;
    held(pipeline, rel)?
        .ok_or_else(|| TaskFailure::new(format!("nothing came of what is given for `{}`", given.task.value)))
}

fn held(pipeline: &TestedPipeline<'_>, rel: Rel) -> Result<Option<TableRef>, TaskFailure> {
    let options = JobOptions { inputs: &[], origin: &|_| None, cancelled: &NEVER_CANCELLED };
    Ok(pipeline.engine.run(&TableJob { rel, checks: Vec::new() }, &options)?.table)
}

/// The rows as a relation, tried out where it has values of the file.
fn relation(pipeline: &TestedPipeline<'_>, ix: TaskIx, given: Given<'_>) -> Result<Rel, Vec<Diagnostic>> {
    let known = pipeline.columns[ix.index()].as_ref();
    match given.rows {
        None => Ok(literal_rows(known.unwrap_or(&Schema::new()), &[])),
        Some(Fixture::Rows(rows)) => {
            let schema = known.cloned().unwrap_or_else(|| inferred(rows));
            typed_rows(pipeline, given.task, &schema, rows)
        }
        Some(Fixture::File(path)) => match known {
            Some(schema) => file_rows(pipeline, given.task, schema, path).map(|(rel, _)| rel),
            None => scan_of(pipeline, path).map(|(scan, schema)| Rel::Scan(Scan { schema, ..scan })),
        },
    }
}

fn typed_rows(
    pipeline: &TestedPipeline<'_>,
    task: &At<String>,
    schema: &Schema,
    rows: &[FixtureRow],
) -> Result<Rel, Vec<Diagnostic>> {
    let unknown = |column: &At<String>| unknown_column(column, &task.value, schema);
    let cells = || rows.iter().flatten();
    let mistakes: Vec<Diagnostic> =
        cells().filter(|(column, _)| !schema.contains(column)).map(|(column, _)| unknown(column)).collect();
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let rel = literal_rows(schema, rows);
    if held(pipeline, rel.clone()).is_ok() {
        return Ok(rel);
    }
    // One of them is not of its column's type: which, each by itself says.
    let wrong = cells().filter_map(|(column, cell)| {
        let data_type = schema.get(column)?;
        let columns = vec![(column.value.clone(), vec![literal(Some(cell), data_type)])];
        let failure = held(pipeline, Rel::Expand { input: Box::new(Rel::Unit), columns }).err()?;
        let message = format!("`{}` is {data_type} in `{}`: {}", column.value, task.value, failure.message);
        Some(Diagnostic::error(message).at(cell.span, "not of that type"))
    });
    Err(wrong.collect())
}

/// A column that a real table does not have.
pub(super) fn unknown_column(column: &At<String>, task: &str, schema: &Schema) -> Diagnostic {
    let message = format!("`{task}` has no column `{}`", column.value);
    Diagnostic::error(message).at(column.span, "").suggest(column, schema.names())
}

/// Rows of constants; what a row does not name is NULL.
fn literal_rows(schema: &Schema, rows: &[FixtureRow]) -> Rel {
    let value = |row: &FixtureRow, name: &str| {
        row.iter().find(|(column, _)| column.value == name).map(|(_, cell)| cell.clone())
    };
    let column = |field: &tidemill_core::table::Field| {
        let values = rows.iter().map(|row| literal(value(row, &field.name).as_ref(), field.data_type)).collect();
        (field.name.clone(), values)
    };
    let unit = Box::new(Rel::Unit);
    if !rows.is_empty() {
        return Rel::Expand { input: unit, columns: schema.fields().iter().map(column).collect() };
    }
    let columns = schema.fields().iter().map(|field| (field.name.clone(), literal(None, field.data_type))).collect();
    Rel::Limit { input: Box::new(Rel::Project { input: unit, columns }), count: Some(0), offset: 0 }
}

fn literal(cell: Option<&FixtureCell>, data_type: tidemill_core::table::DataType) -> Expr {
    let text = cell.and_then(|cell| cell.value.clone());
    Expr::literal(text.map_or(Value::Null, Value::String)).cast(data_type)
}

/// A file's rows under the table's columns, read as a load with `columns` reads them; those that the file lacks are NULL.
fn file_rows(
    pipeline: &TestedPipeline<'_>,
    task: &At<String>,
    schema: &Schema,
    path: &At<Location>,
) -> Result<(Rel, Schema), Vec<Diagnostic>> {
    let (scan, found) = scan_of(pipeline, path)?;
    let unknown: Vec<Diagnostic> = found
        .names()
        .filter(|name| !schema.contains(name))
        .map(|name| unknown_column(&At::new(name.to_owned(), path.span), &task.value, schema))
        .collect();
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let typed = found.names().filter_map(|name| Some((name, schema.get(name)?))).collect();
    let column = |field: &tidemill_core::table::Field| {
        let value = match found.contains(&field.name) {
            true => Expr::column(&field.name, field.data_type),
            false => literal(None, field.data_type),
        };
        (field.name.clone(), value)
    };
    let columns = schema.fields().iter().map(column).collect();
    let rel = Rel::Project { input: Box::new(Rel::Scan(Scan { schema: typed, ..scan })), columns };
    let failed = |failure: TaskFailure| vec![Diagnostic::error(failure.message).at(path.span, "")];
    held(pipeline, rel.clone()).map_err(failed)?;
    Ok((rel, found))
}

/// The rows of a file that stands for a table or a part of its columns.
pub(super) struct FileTable {
    /// The columns that the file has.
    pub columns: Vec<String>,
    /// Its rows under all columns of the table.
    pub table: TableRef,
}

/// Reads a file under the columns of a table.
///
/// # Errors
/// If it has other columns than the table, or values that are not of their types.
pub(super) fn file_table(
    pipeline: &TestedPipeline<'_>,
    task: &At<String>,
    schema: &Schema,
    path: &At<Location>,
) -> Result<FileTable, TaskFailure> {
    let (rel, found) =
        file_rows(pipeline, task, schema, path).map_err(|mistakes| failure_of(&mistakes, pipeline.sources))?;
    let table = held(pipeline, rel)?.ok_or_else(|| TaskFailure::new(format!("nothing came of `{}`", path.value)))?;
    Ok(FileTable { columns: found.names().map(str::to_owned).collect(), table })
}

/// A file as it is read, with the columns that it has by itself.
fn scan_of(pipeline: &TestedPipeline<'_>, path: &At<Location>) -> Result<(Scan, Schema), Vec<Diagnostic>> {
    let Some(format) = pipeline.formats.of_path(path.value.as_str()) else {
        let message = format!("the format of `{}` is not known", path.value);
        let help = format!("it ends with {}", pipeline.formats.endings(false));
        return Err(vec![Diagnostic::error(message).at(path.span, "").help(help)]);
    };
    let scan = Scan {
        files: vec![path.value.clone()],
        format: format.format(),
        table: None,
        query: None,
        sheet: None,
        options: ScanOptions::default(),
        is_selection: false,
        schema: Schema::new(),
    };
    let found = pipeline.engine.infer(&scan, &NEVER_CANCELLED);
    found.map(|schema| (scan, schema)).map_err(|error| vec![Diagnostic::error(error.to_string()).at(path.span, "")])
}
