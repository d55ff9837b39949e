//! `when`: whether a task is wanted.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use tidemill_core::diagnostic::{SourceMap, failure_of};
use tidemill_core::spec::TaskSpec;
use tidemill_core::task::{RunFacts, TaskFacts, TaskFailure};

/// Why a task's `when` says no; None if it says yes or there is none. `tasks` is what is known of those before it.
///
/// # Errors
/// If it is neither true nor false, or speaks of what is not known.
pub fn unmet(
    spec: &TaskSpec,
    tasks: &BTreeMap<String, TaskFacts>,
    run: &RunFacts,
    sources: &SourceMap,
) -> Result<Option<String>, TaskFailure> {
    let Some(when) = &spec.common.when else { return Ok(None) };
    let mut names = Map::new();
    names.insert("tasks".to_owned(), serde_json::to_value(tasks).unwrap_or_default());
    names.insert("run".to_owned(), serde_json::to_value(run).unwrap_or_default());
    let value = when.eval(&spec.scope, &names, sources).map_err(|mistakes| failure_of(&mistakes, sources))?;
    match value {
        Value::Bool(true) => Ok(None),
        Value::Bool(false) => Ok(Some(format!("`when: {}` is false", when.text.trim()))),
        other => Err(TaskFailure {
            message: format!("`when: {}` is {other}, not true or false", when.text.trim()),
            permanent: true,
            ..TaskFailure::default()
        }),
    }
}
