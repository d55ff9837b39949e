//! Other systems that are told of a run.

use std::sync::Arc;

use crate::event::{Observer, Observers, RunOutcome, panic_text};
use crate::plan::Plan;
use crate::trace::TraceContext;

/// Tells another system of one run, from its first graph to its last handler. It can neither slow the run down nor fail it.
pub trait RunWatcher: Send + Sync {
    /// How the user knows it, such as `telemetry`.
    fn name(&self) -> &'static str;

    /// One who watches the tasks of a graph of the run: the pipeline's own, or its handlers'.
    fn observer(&self, plan: &Arc<Plan>) -> Box<dyn Observer>;

    /// Tells how the run has ended, when the next one may begin already. It takes a few seconds at most, and returns a sentence
    /// about what could not be told.
    fn end(&self, outcome: RunOutcome) -> Option<String>;
}

/// The other systems that are told of a run, and the place of the run in a trace.
#[derive(Default)]
pub struct Watchers {
    /// Those who tell.
    pub list: Vec<Box<dyn RunWatcher>>,
    /// What commands are told of the trace.
    pub trace: Option<TraceContext>,
}

impl Watchers {
    /// Lets them watch a graph.
    pub fn watch(&self, plan: &Arc<Plan>, observers: &mut Observers) {
        self.list.iter().for_each(|watcher| observers.add(watcher.name(), watcher.observer(plan)));
    }

    /// Lets them tell how the run has ended, all at once, so that several that are slow take no longer than one: sentences about
    /// what could not be told.
    pub fn end(&self, outcome: RunOutcome) -> Vec<String> {
        std::thread::scope(|scope| {
            let ending: Vec<_> =
                self.list.iter().map(|watcher| (watcher.name(), scope.spawn(|| watcher.end(outcome)))).collect();
            let told = ending.into_iter().filter_map(|(name, ending)| {
                let told = ending.join().unwrap_or_else(|panic| Some(format!("panicked: {}", panic_text(&*panic))));
                told.map(|told| format!("{name}: {told}"))
            });
            told.collect()
        })
    }
}
