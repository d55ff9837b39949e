//! Whether a table from outside is still what the ones before it were.

use tidemill_core::ids::{Digest, RunId, TaskIx};
use tidemill_core::table::{TableRef, drift};
use tidemill_core::task::{EdgeKind, LogLevel};
use tidemill_state::{ProfileKey, StateError};

use super::TaskExecutor;

impl TaskExecutor {
    /// What is different about the table that a load or a command has just made, in sentences; then it is remembered. What
    /// drifts there drifts in all that is computed from it, which is therefore not looked at.
    pub(super) fn drifted(&self, ix: TaskIx, table: &TableRef, content: Digest) -> Vec<String> {
        let task = self.plan.task(ix);
        if task.needs.iter().any(|need| need.what == EdgeKind::Table && need.role != "relationship") {
            return Vec::new();
        }
        // What is only history never harms the run.
        self.compare(ix, table, content).unwrap_or_else(|message| {
            let message = format!("its table cannot be compared with earlier ones: {message}");
            self.context.logs.write(&task.name, LogLevel::Warn, &message);
            Vec::new()
        })
    }

    fn compare(&self, ix: TaskIx, table: &TableRef, content: Digest) -> Result<Vec<String>, String> {
        let task = self.plan.task(ix);
        let profile = self.context.engine.profile(table).map_err(|error| error.to_string())?;
        let mut keys = task.task.parameters();
        // What is said about a table does not change it.
        if let Some(keys) = keys.as_object_mut() {
            keys.remove("checks");
        }
        let definition = Digest::of(keys.to_string().as_bytes());
        let key = ProfileKey { pipeline: &self.context.cache.pipeline, task: &task.name, definition };
        let wrong = |error: StateError| error.to_string();
        let mut state = self.state();
        let before = state.profiles(&key).map_err(wrong)?;
        let run = RunId::new(self.context.run.id.as_str());
        state.remember_profile(&key, content, &run, &profile).map_err(wrong)?;
        Ok(drift(&before, &profile).into_iter().map(|sentence| format!("drift: {sentence}")).collect())
    }
}
