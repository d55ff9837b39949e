//! What commands that look at earlier runs share: the state opened for reading, runs and tasks found by what the user typed.

use std::sync::Arc;

use jiff::tz::TimeZone;
use tidemill_core::diagnostic::nearest;
use tidemill_core::ids::TaskName;
pub use tidemill_core::schedule::WallClock;
use tidemill_core::spec::Spec;
use tidemill_state::{Run, State};

use crate::failure::Failure;
use crate::global::Global;
pub use crate::terminal::{put, put_parts, put_table};
use tidemill_runner::project::{Opened, Wanted};

/// A pipeline and what is remembered of it. Nothing on the disk changes.
pub struct PipelineHistory {
    /// The pipeline file, as far as it could be read.
    pub opened: Opened,
    /// The pipeline.
    pub spec: Arc<Spec>,
    /// What is remembered; None if it never ran.
    pub state: Option<State>,
}

impl PipelineHistory {
    /// Opens both. Mistakes in tasks do not matter here, only that the pipeline's name can be read.
    pub fn open(global: &Global) -> Result<Self, Failure> {
        let opened = global.open(&Wanted::default())?;
        let Some(spec) = opened.spec.clone() else {
            let diagnostics = opened.diagnostics.into_sorted(&opened.sources);
            return Err(Failure::Mistakes { sources: opened.sources, diagnostics });
        };
        let state = State::open_read_only(&spec.project)?;
        Ok(Self { opened, spec, state })
    }

    /// The pipeline's name.
    pub fn pipeline(&self) -> &str {
        &self.spec.name.value
    }

    /// What is remembered.
    pub fn state(&self) -> Result<&State, Failure> {
        self.state.as_ref().ok_or_else(|| self.never_ran())
    }

    /// The run of that id or beginning of an id; without, the last one.
    pub fn run(&self, id: Option<&str>) -> Result<Run, Failure> {
        let state = self.state()?;
        let Some(id) = id else {
            return state.last_run(self.pipeline())?.ok_or_else(|| self.never_ran());
        };
        if let Some(run) = state.run(id)? {
            return Ok(run);
        }
        let ids = state.run_ids(self.pipeline())?;
        let failure = Failure::wrong(format!("there is no run `{id}`"));
        Err(match nearest(id, ids.iter().map(|id| id.as_str())) {
            Some(near) => failure.help(format!("did you mean `{near}`?")),
            None => failure.help("`tidemill history` lists the runs; the beginning of an id is enough"),
        })
    }

    /// The task of that id: of the pipeline as it is now, or one that it had.
    pub fn task(&self, id: &str) -> Result<TaskName, Failure> {
        if let Some(plan) = &self.opened.plan
            && plan.find(id).is_none()
            && let [first, .., last] = plan.named(id).as_slice()
        {
            let (first, last) = (&plan.task(*first).name, &plan.task(*last).name);
            return Err(Failure::wrong(format!("`{id}` is a foreach task with a table for each of its items"))
                .help(format!("name one of them, `{first}` to `{last}`")));
        }
        let known = self.known_tasks()?;
        if known.iter().any(|name| name.as_str() == id) {
            return Ok(TaskName::new(id));
        }
        let failure = Failure::wrong(format!("there is no task `{id}`"));
        Err(match nearest(id, known.iter().map(TaskName::as_str)) {
            Some(near) => failure.help(format!("did you mean `{near}`?")),
            None => failure.help("`tidemill graph` shows the tasks"),
        })
    }

    /// The tasks of the pipeline and its handlers, and those that it had and whose results are remembered.
    fn known_tasks(&self) -> Result<Vec<TaskName>, Failure> {
        let spec = &self.spec;
        let maps = [&spec.tasks, &spec.on_success, &spec.on_failure, &spec.finally];
        let mut known: Vec<TaskName> = maps.into_iter().flat_map(|tasks| tasks.keys().cloned()).collect();
        if let Some(state) = &self.state {
            known.extend(state.last_results(self.pipeline())?.into_keys());
        }
        known.sort();
        known.dedup();
        Ok(known)
    }

    /// Times as the pipeline's clock shows them.
    pub fn clock(&self) -> WallClock {
        let zone = self.spec.schedule.as_ref().and_then(|schedule| TimeZone::get(&schedule.timezone.value).ok());
        WallClock(zone.unwrap_or(TimeZone::UTC))
    }

    fn never_ran(&self) -> Failure {
        Failure::wrong(format!("`{}` has not run yet", self.pipeline())).help("`tidemill run` runs it")
    }
}

/// A list of objects, one a line.
pub fn json_lines(objects: impl IntoIterator<Item = impl std::fmt::Display>) -> String {
    objects.into_iter().map(|object| format!("{object}\n")).collect()
}
