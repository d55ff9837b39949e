//! How tests ended, for people and for programs.

use std::time::Duration;

use serde_json::{Value, json};
use tidemill_runner::unit_test::{
    Difference, DifferentRow, DiffersAs, Subject, TableDifference, TestOutcome, TestResult,
};

use super::shown;
use crate::summary::counted;
use crate::terminal::Paint;
use crate::text_table::{Cell, Emphasis, TextTable, one_line};

/// More rows that differ are only counted.
const MOST_ROWS: usize = 20;

/// One test for programs.
pub fn object(outcome: &TestOutcome) -> Value {
    let mut object = json!(outcome);
    object["seconds"] = json!(outcome.duration.as_secs_f64());
    object
}

/// All tests for people, a line for each, and what is different below it.
pub fn told(outcomes: &[TestOutcome], width: usize, paint: Paint) -> String {
    outcomes.iter().map(|outcome| test(outcome, width, paint)).collect()
}

fn test(outcome: &TestOutcome, width: usize, paint: Paint) -> String {
    let word = match &outcome.result {
        TestResult::Passed => paint.green("ok    "),
        TestResult::Failed { .. } => paint.red("failed"),
        TestResult::Error { .. } => paint.red("error "),
    };
    let took = paint.dim(shown(outcome.duration));
    let mut text = format!("{word}  {}  {took}\n", one_line(outcome.name.clone()));
    if !matches!(outcome.result, TestResult::Passed) {
        text += &format!("        {}\n", paint.dim(format!("{}:{}", outcome.file, outcome.line)));
    }
    text + &body(&outcome.result, width, paint)
}

/// What is different, or why that could not be found out.
pub fn body(result: &TestResult, width: usize, paint: Paint) -> String {
    match result {
        TestResult::Passed => String::new(),
        TestResult::Failed { differences } => differences.iter().map(|one| difference(one, width, paint)).collect(),
        TestResult::Error { message, help } => {
            let help = help.iter().map(|line| format!("help: {line}"));
            message.lines().map(str::to_owned).chain(help).map(|line| format!("        {line}\n")).collect()
        }
    }
}

fn subject(subject: &Subject) -> String {
    if subject.rejects { format!("the rejects of {}", subject.task) } else { subject.task.clone() }
}

fn difference(difference: &Difference, width: usize, paint: Paint) -> String {
    let subject = paint.bold(subject(&difference.subject));
    match &difference.differs {
        DiffersAs::Count { expected, found } => {
            let found = rows(*found);
            format!("        {subject}: {} expected, {} found\n", rows(*expected), paint.red(found))
        }
        DiffersAs::Order => format!(
            "        {subject}: the same rows in another order\n        help: in any order: `{{rows: N, contains: […]}}`\n"
        ),
        DiffersAs::Rows(table) => format!("        {subject}: {}\n{}", heading(table), rows_told(table, width, paint)),
        DiffersAs::Missing(table) => {
            let (count, are) = (counted(table.rows.len(), "row"), if table.rows.len() == 1 { "is" } else { "are" });
            format!("        {subject}: {count} {are} not among those found\n{}", rows_told(table, width, paint))
        }
    }
}

fn rows_told(table: &TableDifference, width: usize, paint: Paint) -> String {
    rows_that_differ(table).write(width, 10, paint) + &more(table, paint)
}

fn rows(count: u64) -> String {
    counted(usize::try_from(count).unwrap_or(usize::MAX), "row")
}

fn heading(table: &TableDifference) -> String {
    let is = if table.rows.len() == 1 { "differs" } else { "differ" };
    let differing = format!("{} {is}", counted(table.rows.len(), "row"));
    match table.expected_rows == table.found_rows {
        true => differing,
        false => format!("{differing}; {} expected, {} found", rows(table.expected_rows), table.found_rows),
    }
}

fn more(table: &TableDifference, paint: Paint) -> String {
    match table.rows.len().saturating_sub(MOST_ROWS) {
        0 => String::new(),
        more => format!("          {}\n", paint.dim(format!("and {} more", counted(more, "row")))),
    }
}

/// A row for each that differs: a cell that is as expected is dim, one that is not says both.
fn rows_that_differ(table: &TableDifference) -> TextTable {
    let mut text = table.columns.iter().fold(TextTable::new().name("row"), |text, name| text.whole(name));
    text = text.text("");
    for row in table.rows.iter().take(MOST_ROWS) {
        let cells = (0..table.columns.len()).map(|at| cell(row, at));
        let note = match (&row.expected, &row.found) {
            (Some(_), None) => Cell::new("missing", Emphasis::Bad),
            (None, Some(_)) => Cell::new("not expected", Emphasis::Bad),
            _ => Cell::default(),
        };
        text.row([Cell::new(row.row.to_string(), Emphasis::Dim)].into_iter().chain(cells).chain([note]));
    }
    text
}

fn cell(row: &DifferentRow, at: usize) -> Cell {
    let side = |side: &Option<Vec<Option<String>>>| Some(text(side.as_ref()?.get(at)?.as_deref()));
    match (side(&row.expected), side(&row.found)) {
        (Some(_), Some(found)) if row.same[at] => Cell::new(found, Emphasis::Dim),
        (Some(expected), Some(found)) => Cell::new(format!("{expected} → {found}"), Emphasis::Bad),
        (Some(one), None) | (None, Some(one)) => Cell::new(one, Emphasis::Plain),
        (None, None) => Cell::default(),
    }
}

/// A value; what could be taken for NULL or for nothing is in quotes.
fn text(value: Option<&str>) -> String {
    match value {
        None => "NULL".to_owned(),
        Some(text) if text.is_empty() || text == "NULL" || text.trim() != text => format!("'{text}'"),
        Some(text) => text.to_owned(),
    }
}

/// All tests in a sentence.
pub fn sentence(outcomes: &[TestOutcome], took: Duration, paint: Paint) -> String {
    let failed = outcomes.iter().filter(|outcome| !matches!(outcome.result, TestResult::Passed)).count();
    let took = paint.dim(format!("in {}", shown(took)));
    match failed {
        0 => format!("{} {} passed {took}", paint.green("ok"), counted(outcomes.len(), "test")),
        failed => {
            let of = counted(outcomes.len(), "test");
            format!("{} {failed} of {of} {took}", paint.red("failed"))
        }
    }
}
