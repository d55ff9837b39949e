//! What a run says, on this terminal.

use tidemill_core::diagnostic::Diagnostic;
use tidemill_core::event::Observers;
use tidemill_core::plan::Plan;
use tidemill_core::run::RunSummary;
use tidemill_runner::RunReporter;
use tidemill_runner::execute::RunLogs;
use tidemill_state::Effect;

use super::{JsonLines, Lines, Progress};
use crate::terminal::{Paint, Stream};
use crate::{summary, unknown_effects};

/// Tells the story on stderr and, if wanted, the events on stdout.
pub struct TerminalReporter {
    /// Colours of stderr.
    pub paint: Paint,
    /// `-v`.
    pub verbose: bool,
    /// Events on stdout, an object a line.
    pub json: bool,
    /// What has been said before the run.
    pub told: Vec<Diagnostic>,
}

impl RunReporter for TerminalReporter {
    fn note(&self, text: &str) {
        eprintln!("{} {text}", self.paint.yellow("note"));
    }

    fn warning(&self, text: &str) {
        eprintln!("{} {text}", self.paint.yellow("warning"));
    }

    fn observers(&self) -> Observers {
        let mut observers = Observers::new();
        if Stream::Stderr.is_terminal() && !self.verbose {
            observers.add("progress", Progress::new(self.paint));
        } else {
            observers.add("progress", Lines { verbose: self.verbose, paint: self.paint });
        }
        if self.json {
            observers.add("json", JsonLines);
        }
        observers
    }

    fn graph_ended(&self, plan: &Plan, ended: &RunSummary, logs: &RunLogs) {
        eprint!("{}", summary::tell(plan, ended, logs, &self.told, self.paint));
    }

    fn unknown_effects(&self, effects: &[Effect]) {
        eprint!("{}", unknown_effects::told(effects, self.paint));
    }
}
