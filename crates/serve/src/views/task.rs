//! A task: its text, its columns, its checks, what it rejected, how it ran.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tidemill_core::format::{seconds, thousands};
use tidemill_core::ids::{RunId, TaskName};
use tidemill_core::plan::PlannedTask;
use tidemill_core::table::{CheckResult, CheckSeverity, Field};
use tidemill_state::{LastGood, State, TaskRecord};

use super::run::{status_mark, task_word};
use crate::app::App;
use crate::charts::{self, Bar};
use crate::project::{Pipeline, ServedProject};
use crate::reply::Problem;
use crate::{delimited, files, logs, standing};

/// So many runs of the task are shown.
const RUNS: usize = 40;
/// So many rejected rows are shown.
const REJECTS: usize = 50;
/// So many of the last lines of a log are shown.
const LAST_LINES: usize = 20;

/// All that is known of a task.
///
/// # Errors
/// If there is none of that name, or the state cannot be read.
pub fn task(app: &Arc<App>, served: &ServedProject, name: &str) -> Result<Value, Problem> {
    let pipeline = served.load(&*app.program);
    served.find_task(&*app.program, name)?;
    let found = pipeline.task_spec(name);
    let state = served.state()?;
    let name = TaskName::new(name);
    let last = state.as_ref().map(|state| state.last_results(&pipeline.name)).transpose()?.unwrap_or_default();
    let last = last.get(&name);
    let text = found.zip(pipeline.sources.as_deref()).and_then(|(task, sources)| task.text(sources));
    let records = state.as_ref().map(|state| state.runs_of_task(&pipeline.name, &name, RUNS)).transpose()?;
    let records = records.unwrap_or_default();
    let mut view = json!({
        "task": name,
        "type": found.map(|task| task.kind.value.clone()),
        "description": found.and_then(|task| task.common.description.clone()),
        "tags": found.map(|task| task.common.tags.clone()).unwrap_or_default(),
        "does": planned(&pipeline, &name, |task| task.task.describe()),
        "needs": planned(&pipeline, &name, needs),
        "yaml": text,
        "stale": stale(app, served, name.as_str()),
        "runs": runs(&pipeline, &records),
        "last": last.map(result).transpose()?,
        "latest": null,
        "rejects": null,
    });
    if let Some((run, record)) = records.iter().find(|(_, record)| record.attempts > 0).or(records.first()) {
        view["latest"] = latest(served, run, record);
        view["rejects"] = rejects(served, &pipeline, state.as_ref(), &name, record)?;
    }
    Ok(view)
}

/// What it needs, each once, as the file names it: of a `foreach` all instances together.
fn needs(task: &PlannedTask) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for need in &task.needs {
        if !names.contains(&need.named) {
            names.push(need.named.clone());
        }
    }
    names
}

/// Something of the task in the graph.
fn planned<T>(pipeline: &Pipeline, name: &TaskName, what: impl FnOnce(&PlannedTask) -> T) -> Option<T> {
    let (project, _) = pipeline.project.as_ref().ok()?;
    Some(what(project.plan.task(project.plan.find(name.as_str())?)))
}

/// Why a run would do it again; empty if it would not, null if that is not known.
fn stale(app: &Arc<App>, served: &ServedProject, name: &str) -> Option<Vec<String>> {
    let found = standing::stale(app, served, Duration::ZERO)?;
    let stale = found.as_ref().as_ref().ok()?;
    Some(stale.iter().find(|task| task.task == name).map(|task| task.reasons.clone()).unwrap_or_default())
}

/// What it made when it last succeeded.
fn result(last: &LastGood) -> Result<Value, Problem> {
    let column = |field: &Field| json!({"name": field.name, "type": field.data_type.to_string()});
    let columns: Vec<Value> = match &last.table {
        Some(table) => table.schema()?.fields().iter().map(column).collect(),
        None => Vec::new(),
    };
    let outputs: Vec<String> = last.outputs()?.into_iter().map(|output| output.path).collect();
    Ok(json!({
        "run": last.run,
        "made": last.made,
        "columns": columns,
        "rows": last.table.as_ref().map(|table| table.rows),
        "stored": last.table.as_ref().is_some_and(|table| table.stored),
        "outputs": outputs,
    }))
}

/// How it ended when it was last done, with what there is to say.
pub fn latest(served: &ServedProject, run: &RunId, task: &TaskRecord) -> Value {
    let report = &task.report;
    let word = task_word(task);
    let rows = |name: &str, rows: u64| json!({"name": name, "rows": rows, "shown": thousands(rows)});
    json!({
        "run": run,
        "status": word,
        "mark": status_mark(word),
        "time": (task.attempts > 0).then(|| seconds(task.duration)),
        "attempts": task.attempts,
        "reasons": task.reasons,
        "rows": report.rows.map(thousands),
        "rows_in": report.rows_in.iter().map(|from| rows(&from.from, from.rows)).collect::<Vec<_>>(),
        "rejected": report.rejected.iter().map(|reason| rows(&reason.reason, reason.rows)).collect::<Vec<_>>(),
        "dropped": report.dropped.iter().map(|step| rows(&step.step, step.rows)).collect::<Vec<_>>(),
        "checks": report.checks.iter().map(check).collect::<Vec<_>>(),
        "warnings": report.warnings,
        "note": report.note,
        "place": report.place.told(),
        "engine_page": report.place.engine_page,
        "error": task.error.as_ref().map(|error| json!({"message": error.message, "help": error.help})),
        "log": (word == "failed").then(|| logs::last_lines(served, run, task.task.as_str(), LAST_LINES)),
        "has_log": logs::exists(served, run, task.task.as_str()),
    })
}

/// A check with how it ended.
fn check(check: &CheckResult) -> Value {
    let word = match (check.bad_rows, check.severity) {
        (0, _) => "success",
        (_, CheckSeverity::Warn) => "warned",
        _ => "failed",
    };
    json!({
        "name": check.name, "status": word, "mark": status_mark(word), "bad_rows": check.bad_rows,
        "samples": check.samples, "detail": check.detail,
    })
}

/// The rows that it rejected, as far as they fit, from the file that it has published.
fn rejects(
    served: &ServedProject,
    pipeline: &Pipeline,
    state: Option<&State>,
    name: &TaskName,
    record: &TaskRecord,
) -> Result<Value, Problem> {
    let path = planned(pipeline, name, |task| task.rejects.as_ref().map(|sink| sink.path.to_string())).flatten();
    let (Some(path), Some(state)) = (path, state) else { return Ok(Value::Null) };
    let is_published = state.published(&pipeline.name)?.iter().any(|file| file.path == path);
    let found = files::within(served.folder(), &path).filter(|_| is_published);
    let head = found.and_then(|found| delimited::head(&found, b',', REJECTS));
    Ok(json!({"path": path, "total": record.report.rejected_rows(), "head": head}))
}

/// How it ended in the last runs, the latest first, and the same as pictures.
fn runs(pipeline: &Pipeline, records: &[(RunId, TaskRecord)]) -> Vec<Value> {
    let clock = pipeline.clock();
    let line = |(run, task): &(RunId, TaskRecord)| {
        let word = task_word(task);
        json!({
            "run": run,
            "status": word,
            "seconds": task.duration.as_secs_f64(),
            "rows": task.report.rows,
            "rejected": task.report.rejected_rows(),
            "reasons": task.reasons,
            "shown": {
                "started": clock.show(task.started),
                "time": (task.attempts > 0).then(|| seconds(task.duration)),
                "rows": task.report.rows.map(thousands),
                "mark": status_mark(word),
            },
        })
    };
    records.iter().map(line).collect()
}

/// How long it took and how many rows it made over these runs, as pictures.
pub fn charts(runs: &Value) -> Value {
    let runs: Vec<&Value> = runs.as_array().into_iter().flatten().rev().collect();
    let chart = |value: &dyn Fn(&Value) -> Option<f64>, shown: &str| {
        let bars: Vec<Bar<'_>> = runs
            .iter()
            .filter_map(|run| {
                let title = format!("{}: {}", text(&run["shown"]["started"]), text(&run["shown"][shown]));
                Some(Bar { value: value(run)?, word: run["status"].as_str().unwrap_or_default(), title })
            })
            .collect();
        charts::bars(&bars)
    };
    json!({
        "durations": chart(&|run| run["seconds"].as_f64().filter(|_| !run["shown"]["time"].is_null()), "time"),
        "rows": chart(&|run| run["rows"].as_f64(), "rows"),
    })
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
