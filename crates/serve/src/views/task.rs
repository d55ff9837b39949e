//! A task: its text, its columns, how it ran.

use serde_json::{Value, json};
use tidemill_core::diagnostic::SourceMap;
use tidemill_core::format::{seconds, thousands};
use tidemill_core::ids::TaskName;
use tidemill_core::spec::{Spec, TaskSpec};
use tidemill_core::table::Field;
use tidemill_state::{LastGood, State};

use super::run::{status_mark, task_word};
use crate::app::App;
use crate::project::{Pipeline, Served};
use crate::reply::Problem;

/// So many runs are looked at for how long the task took.
const RUNS: usize = 30;

/// All that is known of a task.
///
/// # Errors
/// If there is none of that name, or the state cannot be read.
pub fn task(app: &App, served: &Served, name: &str) -> Result<Value, Problem> {
    let pipeline = served.load(&*app.program);
    let spec = pipeline.spec.as_deref();
    let found = spec.and_then(|spec| task_spec(spec, name));
    let state = served.state()?;
    let name = TaskName::new(name);
    let last = state.as_ref().map(|state| state.last_results(&pipeline.name)).transpose()?.unwrap_or_default();
    let last = last.get(&name);
    if found.is_none() && last.is_none() {
        return Err(Problem::missing("there is no such task"));
    }
    let planned = pipeline.project.as_ref().ok().map(|(project, _)| project.plan.clone());
    let described = planned.as_ref().and_then(|plan| Some(plan.task(plan.find(name.as_str())?).task.describe()));
    let text = found.zip(pipeline.sources.as_deref()).and_then(|(task, sources)| text_of(task, sources));
    Ok(json!({
        "task": name,
        "type": found.map(|task| task.kind.value.clone()),
        "description": found.and_then(|task| task.common.description.clone()),
        "does": described,
        "yaml": text,
        "runs": state.as_ref().map(|state| runs(state, &pipeline, &name)).transpose()?.unwrap_or_default(),
        "last": last.map(result).transpose()?,
    }))
}

fn task_spec<'a>(spec: &'a Spec, name: &str) -> Option<&'a TaskSpec> {
    let maps = [&spec.tasks, &spec.on_success, &spec.on_failure, &spec.finally];
    maps.into_iter().find_map(|tasks| tasks.get(name)).map(|task| &**task)
}

/// The lines of the file that declare the task: from its id on, as long as lines are deeper.
fn text_of(task: &TaskSpec, sources: &SourceMap) -> Option<String> {
    let file = sources.get(task.id.span.file)?;
    let before = file.text.get(..task.id.span.start as usize)?;
    let text = &file.text[before.rfind('\n').map_or(0, |end| end + 1)..];
    let depth = |line: &str| line.len() - line.trim_start().len();
    let own = depth(text.lines().next()?);
    let mut lines: Vec<&str> = text
        .lines()
        .enumerate()
        .take_while(|(at, line)| *at == 0 || line.trim().is_empty() || depth(line) > own)
        .map(|(_, line)| line.get(own..).unwrap_or_default())
        .collect();
    while lines.last().is_some_and(|line| line.trim().is_empty()) {
        lines.pop();
    }
    Some(lines.join("\n"))
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

/// How it ended in the last runs, the latest first.
fn runs(state: &State, pipeline: &Pipeline, name: &TaskName) -> Result<Vec<Value>, Problem> {
    let clock = pipeline.clock();
    let mut found = Vec::new();
    for run in state.history(&pipeline.name, RUNS)? {
        let Some(task) = state.tasks_of(&run.id)?.into_iter().find(|task| task.task == *name) else { continue };
        let word = task_word(&task);
        found.push(json!({
            "run": run.id,
            "status": word,
            "seconds": task.duration.as_secs_f64(),
            "rows": task.report.rows,
            "reasons": task.reasons,
            "shown": {
                "started": clock.show(task.started),
                "time": (task.attempts > 0).then(|| seconds(task.duration)),
                "rows": task.report.rows.map(thousands),
                "mark": status_mark(word),
            },
        }));
    }
    Ok(found)
}
