//! Who hears what a run has to say to people.

use tidemill_core::event::Observers;
use tidemill_core::plan::Plan;
use tidemill_core::run::RunSummary;
use tidemill_state::Effect;

use crate::execute::RunLogs;

/// Hears what a run has to say to people, in the order in which it happens.
pub trait RunReporter: Sync {
    /// Something the user may want to know.
    fn note(&self, text: &str);

    /// Something the user should know.
    fn warning(&self, text: &str);

    /// Those who watch the tasks of one graph: the pipeline's own, or its handlers'.
    fn observers(&self) -> Observers;

    /// A graph has ended.
    fn graph_ended(&self, plan: &Plan, summary: &RunSummary, logs: &RunLogs);

    /// Of these effects it is not known whether they have reached the world; may be none.
    fn unknown_effects(&self, effects: &[Effect]);
}
