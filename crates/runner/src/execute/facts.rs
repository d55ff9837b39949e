//! What texts and conditions may know of tasks that have ended.

use std::borrow::Cow;
use std::collections::BTreeMap;

use tidemill_core::event::{TaskDetails, TaskEnd};
use tidemill_core::ids::TaskIx;
use tidemill_core::plan::Selection;
use tidemill_core::task::{TaskFacts, TaskFailure};

use super::TaskExecutor;
use tidemill_secrets::Masker;

impl TaskExecutor {
    /// What is known of all tasks before this one, however far up.
    pub(super) fn facts_before(&self, ix: TaskIx) -> BTreeMap<String, TaskFacts> {
        let mut before = self.plan.with_needs(&Selection::from([ix]));
        before.remove(&ix);
        let outer = self.context.handler.facts.clone().into_iter();
        let own = before
            .into_iter()
            .filter_map(|ix| Some((self.plan.task(ix).name.to_string(), facts_of(self.results.of(ix).end.as_ref()?))));
        outer.chain(own).collect()
    }
}

/// A task's end as texts see it.
pub fn facts_of(end: &TaskEnd) -> TaskFacts {
    let outputs: Vec<String> = end.details.outputs.iter().map(ToString::to_string).collect();
    TaskFacts {
        status: end.status.as_str().to_owned(),
        rows: end.details.rows,
        rejected: end.details.rejected.iter().map(|reason| reason.rows).sum(),
        rejects: end.details.rejected.clone(),
        rows_in: end.details.rows_in.clone(),
        dropped: end.details.dropped.clone(),
        joins: end.details.joins.clone(),
        warnings: end.details.warnings.clone(),
        duration: end.duration.as_secs_f64(),
        output: outputs.first().cloned(),
        outputs,
        error: end.error.as_ref().map(|failure| failure.message.clone()),
        log: end.error.as_ref().map(|failure| failure.tail.clone()).unwrap_or_default(),
    }
}

/// What a task has made, in a sentence for its log; None if there is nothing to tell.
pub fn sentence(details: &TaskDetails) -> Option<String> {
    let mut parts = Vec::new();
    for rows in &details.rows_in {
        parts.push(format!("{} rows from {}", rows.rows, rows.from));
    }
    for rejected in &details.rejected {
        parts.push(format!("{} rejected: {}", rejected.rows, rejected.reason));
    }
    for dropped in &details.dropped {
        parts.push(format!("{} dropped by {}", dropped.rows, dropped.step));
    }
    parts.extend(details.rows.map(|rows| format!("{rows} rows out")));
    parts.extend(details.note.clone());
    parts.extend(details.outputs.iter().map(|path| format!("published {path}")));
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// What an attempt came to, as it may be told: without secrets.
pub fn masked(made: Result<TaskDetails, TaskFailure>, masker: &Masker) -> Result<TaskDetails, TaskFailure> {
    match made {
        Ok(mut details) => {
            details.warnings.iter_mut().chain(&mut details.note).for_each(|text| mask(text, masker));
            Ok(details)
        }
        Err(failure) => Err(masked_failure(failure, masker)),
    }
}

/// A failure as it may be told.
pub fn masked_failure(mut failure: TaskFailure, masker: &Masker) -> TaskFailure {
    let texts = std::iter::once(&mut failure.message).chain(&mut failure.help).chain(&mut failure.tail);
    texts.for_each(|text| mask(text, masker));
    failure
}

fn mask(text: &mut String, masker: &Masker) {
    if let Cow::Owned(masked) = masker.text(text) {
        *text = masked;
    }
}
