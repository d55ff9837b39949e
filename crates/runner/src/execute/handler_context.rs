//! What handlers may know of the tasks that ran before them.

use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use tidemill_core::event::{TaskEnd, TaskStatus};
use tidemill_core::ids::TaskName;
use tidemill_core::plan::Plan;
use tidemill_core::spec::Spec;
use tidemill_core::table::Location;
use tidemill_core::task::{FailedTask, TaskFacts, TaskFailure, TaskReport};
use tidemill_state::{State, StateError, TaskRecord};

use super::facts::facts_of;
use crate::command_line;

/// So many lines of a log are shown.
const LINES: usize = 20;
/// They lie within so many bytes at the log's end.
const BYTES: u64 = 32 << 10;

/// What handlers know; of other tasks it is empty.
#[derive(Clone, Debug, Default)]
pub struct HandlerContext {
    /// How the tasks of the pipeline ended, by their ids.
    pub facts: BTreeMap<String, TaskFacts>,
    /// Those that failed.
    pub failed: Vec<FailedTask>,
    /// The command that goes on with what failed or was not reached.
    pub retry: String,
}

impl HandlerContext {
    /// What was before the handlers of a run that has just done its tasks.
    pub fn of_ends(spec: &Spec, plan: &Plan, run: &str, ends: &[Option<TaskEnd>]) -> Self {
        let ends: Vec<&TaskEnd> = ends.iter().flatten().collect();
        let failed = ends.iter().filter(|end| end.status == TaskStatus::Failed).map(|end| {
            let kind = plan.find(end.task.as_str()).map_or("", |ix| plan.task(ix).task_type.name);
            failed(spec, run, &end.task, kind, end.error.as_ref())
        });
        let facts = ends.iter().map(|end| (end.task.to_string(), facts_of(end))).collect();
        Self { facts, failed: failed.collect(), retry: retry(spec, run) }
    }

    /// What was before the handlers of an earlier run.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn of_records(spec: &Spec, state: &State, run: &str, records: &[TaskRecord]) -> Result<Self, StateError> {
        let mut before = Self { retry: retry(spec, run), ..Self::default() };
        // What handlers did is written down with the rest.
        for record in records.iter().filter(|record| spec.tasks.contains_key(&record.task)) {
            let result = state.result_in(&tidemill_core::ids::RunId::new(run), &record.task)?;
            let published = result.and_then(|result| result.outputs().ok()).unwrap_or_default();
            let outputs = published.into_iter().map(|output| Location::new(output.path)).collect();
            let report = TaskReport { outputs, ..record.report.clone() };
            let facts = TaskFacts::new(record.status.as_str(), report, record.duration, record.error.as_ref());
            if record.status == TaskStatus::Failed {
                before.failed.push(failed(spec, run, &record.task, &record.kind, record.error.as_ref()));
            }
            before.facts.insert(record.task.to_string(), facts);
        }
        Ok(before)
    }
}

fn failed(spec: &Spec, run: &str, task: &TaskName, kind: &str, error: Option<&TaskFailure>) -> FailedTask {
    let log = format!("logs/{run}/{task}.log");
    FailedTask {
        task: task.to_string(),
        kind: kind.to_owned(),
        error: error.map_or_else(|| "it is not known why".to_owned(), |error| error.message.clone()),
        help: error.map(|error| error.help.clone()).unwrap_or_default(),
        tail: tail(&spec.project.join(&log)),
        log,
        rerun: format!("{} rerun{} {task}", command_line::again(spec), command_line::params(spec)),
    }
}

/// The params are those of the run.
fn retry(spec: &Spec, run: &str) -> String {
    format!("{} retry {run}", command_line::again(spec))
}

/// The last lines of a file; none if it cannot be read.
fn tail(path: &Path) -> Vec<String> {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = std::fs::File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(BYTES)))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let Ok(bytes) = read() else { return Vec::new() };
    let text = String::from_utf8_lossy(&bytes);
    let mut lines: Vec<String> = text.lines().rev().take(LINES).map(str::to_owned).collect();
    lines.reverse();
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_log_the_last_lines_are_shown() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("t.log");
        let text: String = (0..5000).map(|n| format!("line {n} ä\n")).collect();
        std::fs::write(&path, text)?;
        let lines = tail(&path);
        assert_eq!((lines.len(), lines[0].as_str(), lines[19].as_str()), (20, "line 4980 ä", "line 4999 ä"));
        assert!(tail(&folder.path().join("none")).is_empty());
        Ok(())
    }
}
