//! The API of what the command line tells of a task: profile, checks, lineage, differences.

use serde_json::Value;
use tidemill_runner::Failure;

use crate::api::{Answer, ok};
use crate::asked::Asked;
use crate::reply::Problem;

/// So many rows of each sort.
const ROWS: u64 = 50;
/// At most so many.
const MOST_ROWS: u64 = 1_000;

fn told(asked: &Asked, found: Result<Value, Failure>) -> Result<Value, Problem> {
    found.map_err(|failure| Problem::of(&failure, asked.app.program.failure_text(&failure)))
}

/// What the columns of a task's table hold.
pub fn profile(asked: &Asked) -> Answer {
    ok(find_profile(asked)?)
}

/// The same as a value.
///
/// # Errors
/// If there is no such task or it has no table.
pub fn find_profile(asked: &Asked) -> Result<Value, Problem> {
    told(asked, asked.app.program.profile(&asked.project()?.file, asked.task()?))
}

/// The rows that do not pass the checks of a task.
pub fn failed(asked: &Asked) -> Answer {
    ok(find_failed(asked)?)
}

/// The same as a value.
///
/// # Errors
/// If there is no such task, or its table cannot be computed.
pub fn find_failed(asked: &Asked) -> Result<Value, Problem> {
    let most = asked.number("limit", ROWS, MOST_ROWS)?;
    told(asked, asked.app.program.failed_rows(&asked.project()?.file, asked.task()?, most))
}

/// Where a column of a task comes from.
pub fn lineage(asked: &Asked) -> Answer {
    ok(find_lineage(asked)?)
}

/// The same as a value; without a column, all of them.
///
/// # Errors
/// If there is no such column.
pub fn find_lineage(asked: &Asked) -> Result<Value, Problem> {
    let task = asked.task()?;
    let column = match asked.query("column").filter(|column| !column.is_empty()) {
        Some(column) => format!("{task}.{column}"),
        None => task.to_owned(),
    };
    told(asked, asked.app.program.lineage(&asked.project()?.file, &column))
}

/// What changed in a task's table between two runs.
pub fn differences(asked: &Asked) -> Answer {
    ok(find_differences(asked)?)
}

/// The same as a value.
///
/// # Errors
/// If there is no such task or no such table.
pub fn find_differences(asked: &Asked) -> Result<Value, Problem> {
    let run = |name: &str| asked.query(name).filter(|run| !run.is_empty());
    let most = asked.number("limit", ROWS, MOST_ROWS)? as usize;
    let runs = [run("before"), run("after")];
    told(asked, asked.app.program.differences(&asked.project()?.file, asked.task()?, runs, most))
}
