//! What texts and conditions may know of tasks that have ended.

use std::borrow::Cow;
use std::collections::BTreeMap;

use tidemill_core::event::TaskEnd;
use tidemill_core::ids::TaskIx;
use tidemill_core::plan::Selection;
use tidemill_core::printable::printable;
use tidemill_core::task::{TaskFacts, TaskFailure, TaskReport};

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
    TaskFacts::new(end.status.as_str(), end.report.clone(), end.duration, end.error.as_ref())
}

/// What a task has made, in a sentence for its log; None if there is nothing to tell.
pub fn sentence(report: &TaskReport) -> Option<String> {
    let mut parts = Vec::new();
    for rows in &report.rows_in {
        parts.push(format!("{} rows from {}", rows.rows, rows.from));
    }
    for rejected in &report.rejected {
        parts.push(format!("{} rejected: {}", rejected.rows, rejected.reason));
    }
    for dropped in &report.dropped {
        parts.push(format!("{} dropped by {}", dropped.rows, dropped.step));
    }
    parts.extend(report.rows.map(|rows| format!("{rows} rows out")));
    parts.extend(report.note.clone());
    parts.extend(report.outputs.iter().map(|path| format!("published {path}")));
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// What an attempt came to, as it may be told: without secrets, and without what would drive the terminal of whoever reads
/// it, since commands and servers write much of it.
pub fn masked(made: Result<TaskReport, TaskFailure>, masker: &Masker) -> Result<TaskReport, TaskFailure> {
    match made {
        Ok(mut report) => {
            report.warnings.iter_mut().chain(&mut report.note).for_each(|text| mask(text, masker));
            Ok(report)
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
    if let Cow::Owned(clean) = printable(text) {
        *text = clean;
    }
}
