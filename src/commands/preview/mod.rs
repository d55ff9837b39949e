//! `tidemill preview`: the head, schema and profile of a task's table.

mod failed_rows;

use std::process::ExitCode;

use clap::Parser;
use serde_json::{Value as Json, json};
use tidemill_core::format::{quantity, thousands};
use tidemill_core::ids::TaskName;
use tidemill_core::table::{EngineError, Field, PlainColumn, PlainData, PlainTable, Value};
use tidemill_runner::project::Wanted;
use tidemill_state::LastGood;

use self::failed_rows::FailedRows;
use super::CliCommand;
use super::pipeline_history::{PipelineHistory, json_lines, put_parts, put_table};
use super::stored_table::{engine_failure, open_table};
use crate::failure::Failure;
use crate::global::Global;
use crate::profile::{Profile, readable};
use crate::table_rows::{StoredRows, TableRows, object};
use crate::terminal::{Paint, Stream};
use crate::text_table::{Cell, Emphasis, TextTable, shortened};
use crate::wrapped::wrapped;

/// A text in the table is no longer than this.
const WIDEST: usize = 40;

/// The head, schema and profile of a task's table
#[derive(Parser, Debug)]
#[command(name = "preview")]
pub struct PreviewArgs {
    /// The task
    #[arg(value_name = "TASK")]
    task: String,
    /// So many rows
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
    number: u64,
    /// The rows that do not pass the task's checks: its table is computed from the tables before it, also if it failed
    #[arg(long)]
    failed: bool,
    /// The rows as CSV
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// The rows as an object a line
    #[arg(long)]
    json: bool,
}

impl CliCommand for PreviewArgs {
    /// Prints a table.
    fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        if self.failed {
            return self.put_failed(global);
        }
        let history = PipelineHistory::open(global)?;
        let (task, result, rows) = last_table(&history, &self.task)?;
        if self.csv || self.json {
            let form = if self.csv { csv } else { objects };
            let batches = rows.batches(None, Some(self.number)).map_err(engine_failure)?;
            let parts = batches.enumerate().map(|(at, batch)| Ok(form(&batch.map_err(engine_failure)?, at == 0)));
            return put_parts(parts);
        }
        let paint = Paint(global.color.wanted(Stream::Stdout));
        let made = format!("made by run {}, {}", result.run, history.clock().show_with_zone(result.made));
        let text =
            text(task.as_str(), &rows, self.number, &made, (Stream::Stdout.width(), Stream::Stdout.room()), paint);
        put_table(&text.map_err(engine_failure)?)
    }
}

impl PreviewArgs {
    /// Prints the rows that do not pass the checks.
    fn put_failed(&self, global: &Global) -> Result<ExitCode, Failure> {
        let (project, engine) = global.checked(&Wanted::default())?;
        let broken = failed_rows::of(&project, &*engine, &self.task, self.number)?;
        project.leave();
        if broken.is_empty() {
            eprintln!("every row of `{}` passes its checks", self.task);
        }
        let paint = Paint(global.color.wanted(Stream::Stdout));
        let shown = broken.iter().enumerate().map(|(at, FailedRows { check, rows, head })| {
            if self.csv || self.json {
                let form = if self.csv { csv } else { objects };
                return form(&with_first(head, "_check", check), at == 0);
            }
            let more = rows - head.rows as u64;
            let more = if more > 0 { format!("  … {} more\n", quantity(more, "row")) } else { String::new() };
            let lines = rows_table(head).write(Stream::Stdout.width(), 2, paint);
            format!("{}  {}\n{lines}{more}\n", paint.bold(check), quantity(*rows, "row"))
        });
        put_table(&shown.collect::<String>())
    }
}

/// The table that a task made when it last succeeded.
fn last_table(history: &PipelineHistory, task: &str) -> Result<(TaskName, LastGood, StoredRows), Failure> {
    let task = history.task(task)?;
    let mut results = history.state()?.last_results(history.pipeline())?;
    let Some(result) = results.remove(&task) else {
        return Err(
            Failure::wrong(format!("`{task}` has no result yet")).help(format!("`tidemill run {task}` makes it"))
        );
    };
    let engine = crate::engine::engine_for(&history.opened);
    let rows = open_table(history, &engine, &task, &result)?;
    Ok((task, result, rows))
}

/// The profile of a task's table for programs.
pub fn profile(global: &Global, task: &str) -> Result<Json, Failure> {
    let history = PipelineHistory::open(global)?;
    let (task, result, rows) = last_table(&history, task)?;
    let column = |field: &Field| -> Result<Json, EngineError> {
        let profile = Profile::of(&rows, field)?;
        let mut column = profile.json();
        column["name"] = field.name.as_str().into();
        column["spread"] = profile.spread(&rows)?.into();
        column["shown"] =
            json!({"min": readable(&profile.min), "max": readable(&profile.max), "mean": profile.mean_text()});
        Ok(column)
    };
    let columns: Result<Vec<Json>, EngineError> = rows.schema().fields().iter().map(column).collect();
    let columns = columns.map_err(engine_failure)?;
    Ok(json!({"task": task, "run": result.run, "made": result.made, "rows": rows.len(), "columns": columns}))
}

/// The rows that do not pass the checks of a task, for programs: of each check at most so many.
pub fn failed(global: &Global, task: &str, most: u64) -> Result<Json, Failure> {
    let (project, engine) = global.checked(&Wanted::default())?;
    let checks =
        failed_rows::of(&project, &*engine, task, most)?.into_iter().map(|FailedRows { check, rows, head }| {
            let names: Vec<&str> = head.columns.iter().map(|column| column.name.as_str()).collect();
            let first: Vec<Json> = (0..head.rows).map(|row| object(&head, row)).collect();
            json!({"check": check, "bad_rows": rows, "columns": names, "rows": first})
        });
    Ok(json!({"task": task, "checks": checks.collect::<Vec<_>>()}))
}

/// A table with a column before all others that says the same in each row.
fn with_first(table: &PlainTable, name: &str, value: &str) -> PlainTable {
    let first = PlainColumn { name: name.to_owned(), data: PlainData::String(vec![Some(value.into()); table.rows]) };
    PlainTable { columns: std::iter::once(first).chain(table.columns.iter().cloned()).collect(), rows: table.rows }
}

/// What is printed for people: tables in `width` columns, sentences in lines of `room`.
fn text(
    task: &str,
    rows: &dyn TableRows,
    number: u64,
    made: &str,
    (width, room): (usize, usize),
    paint: Paint,
) -> Result<String, EngineError> {
    let fields = rows.schema().fields();
    let size = format!("{}, {}", quantity(rows.len(), "row"), quantity(fields.len() as u64, "column"));
    let head = wrapped(&format!("{}  {size}  {made}", paint.bold(task)), room, 0, 2);
    let mut text = format!("{head}\n\n");
    let mut columns = TextTable::new()
        .name("column")
        .whole("type")
        .number("nulls")
        .number("distinct")
        .text("min")
        .text("max")
        .number("mean")
        .whole("spread");
    for field in fields {
        let profile = Profile::of(rows, field)?;
        let ends = [&profile.min, &profile.max].map(|end| shortened(&readable(end), WIDEST));
        columns.row([
            Cell::from(profile.name.as_str()),
            Cell::new(profile.data_type.to_string(), Emphasis::Active),
            Cell::new(
                thousands(profile.nulls as u64),
                if profile.nulls > 0 { Emphasis::Notable } else { Emphasis::Plain },
            ),
            Cell::from(thousands(profile.distinct as u64)),
            Cell::from(ends[0].as_str()),
            Cell::from(ends[1].as_str()),
            Cell::from(profile.mean_text()),
            Cell::new(profile.spread(rows)?, Emphasis::Dim),
        ]);
    }
    text += &columns.write(width, 2, paint);
    let shown = number.min(rows.len());
    if shown > 0 {
        let head = rows.take(&(0..shown).collect::<Vec<_>>())?;
        text += &format!("\n{}", rows_table(&head).write(width, 2, paint));
        if shown < rows.len() {
            text += &format!("  {}\n", paint.dim(format!("… {} more", quantity(rows.len() - shown, "row"))));
        }
    }
    Ok(text)
}

/// Rows of a table, numbers at the right.
pub fn rows_table(table: &PlainTable) -> TextTable {
    let mut lines = TextTable::new();
    for column in &table.columns {
        let is_number = column.data.data_type().is_numeric();
        lines = if is_number { lines.number(&column.name) } else { lines.text(&column.name) };
    }
    for row in 0..table.rows {
        lines.row(table.columns.iter().map(|column| value_cell(&column.data.value(row))));
    }
    lines
}

/// A value in a table for people; NULL is dim.
pub fn value_cell(value: &Value) -> Cell {
    let emphasis = if *value == Value::Null { Emphasis::Dim } else { Emphasis::Plain };
    Cell::new(shortened(&readable(value), WIDEST), emphasis)
}

/// RFC 4180, with a head before the first rows; NULL is an empty field, an empty text is quoted.
fn csv(table: &PlainTable, is_first: bool) -> String {
    let field = |text: &str| {
        if text.is_empty() || text.contains(['"', ',', '\n', '\r']) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text.to_owned()
        }
    };
    let head = || table.columns.iter().map(|column| field(&column.name)).collect::<Vec<_>>().join(",") + "\n";
    let mut text = if is_first { head() } else { String::new() };
    for row in 0..table.rows {
        let fields: Vec<String> = table
            .columns
            .iter()
            .map(|column| match column.data.value(row) {
                Value::Null => String::new(),
                value => field(&value.to_string()),
            })
            .collect();
        text += &(fields.join(",") + "\n");
    }
    text
}

/// An object a line.
fn objects(table: &PlainTable, _is_first: bool) -> String {
    json_lines((0..table.rows).map(|row| object(table, row)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table_rows::tests::InBatches;

    fn orders() -> PlainTable {
        let column = |name: &str, data| PlainColumn { name: name.into(), data };
        PlainTable {
            columns: vec![
                column("day", PlainData::Date(vec![Some(19_000), Some(19_001), None])),
                column(
                    "country",
                    PlainData::String(vec![Some("FR".into()), Some(String::new()), Some("a,\"b\"".into())]),
                ),
                column(
                    "amount",
                    PlainData::Decimal { unscaled: vec![Some(123_456), None, Some(-5)], precision: 18, scale: 2 },
                ),
                column("temperature", PlainData::Float(vec![Some(1.0 / 3.0), Some(20.0), Some(-3.5)])),
            ],
            rows: 3,
        }
    }

    #[test]
    fn profile_and_head() {
        let rows = InBatches::new(orders(), 2);
        insta::assert_snapshot!(
            text("orders", &rows, 2, "made by run 7", (80, 80), Paint(false)).expect("rows in memory")
        );
    }

    #[test]
    fn csv_tells_null_from_an_empty_text() {
        assert_eq!(
            csv(&orders().take(&[0]), true) + &csv(&orders().take(&[1, 2]), false),
            "day,country,amount,temperature\n2022-01-08,FR,1234.56,0.3333333333333333\n2022-01-09,\"\",,20\n,\"a,\"\"b\"\"\",-0.05,-3.5\n"
        );
    }

    #[test]
    fn json_keeps_all_digits_of_money() {
        assert_eq!(object(&orders(), 0)["amount"], "1234.56");
        assert_eq!(object(&orders(), 1)["amount"], Json::Null);
    }
}
