//! What is out of date in a project: found as `tidemill plan` does, beside the requests, and kept for a while.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tidemill_core::plan::Selection;
use tidemill_runner::Failure;
use tidemill_runner::dry_run::{DryRun, DryRunAction};
use tidemill_runner::project::Wanted;
use tidemill_state::RunStatus;

use crate::app::App;
use crate::program::Program;
use crate::project::{Pipeline, ServedProject};

/// So many tasks stand in a summary.
const TASKS: usize = 5;
/// What was found counts for so long: data changes without telling.
const COUNTS: Duration = Duration::from_secs(30);

/// A task that a run would do something with.
#[derive(Clone, Debug)]
pub struct Stale {
    /// Its id.
    pub task: String,
    /// Why.
    pub reasons: Vec<String>,
    /// Those of the reasons that are not that tasks above it run.
    pub own: Vec<String>,
}

/// What is out of date, or why it cannot be known.
pub type StaleTasks = Arc<Result<Vec<Stale>, String>>;

/// What of a project is out of date, as far as it is known.
#[derive(Default)]
pub struct Standing {
    known: Mutex<Known>,
    changed: Condvar,
}

#[derive(Default)]
struct Known {
    found: Option<(StaleTasks, Basis, Instant)>,
    is_looking: bool,
}

/// What it was found for: another pipeline file or another run, and it is looked for again.
#[derive(Clone)]
struct Basis(Arc<Pipeline>, Option<String>);

impl PartialEq for Basis {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) && self.1 == other.1
    }
}

/// What is out of date in a project, waiting for the answer no longer than that; what was known before, if it takes longer.
/// None if nothing is known yet.
pub fn stale(app: &Arc<App>, served: &ServedProject, patience: Duration) -> Option<StaleTasks> {
    let basis = Basis(served.load(&*app.program), last_end(app, served));
    let standing = &served.standing;
    let mut known = standing.known.lock().unwrap_or_else(PoisonError::into_inner);
    let of_this = known.found.as_ref().filter(|(_, of, _)| *of == basis).map(|(found, _, at)| (found.clone(), *at));
    let is_old = of_this.as_ref().is_none_or(|(_, at)| at.elapsed() >= COUNTS);
    if is_old && !known.is_looking {
        known.is_looking = true;
        let (app, slug, basis) = (app.clone(), served.slug.clone(), basis.clone());
        std::thread::spawn(move || look(&app, &slug, basis));
    }
    // What was true a moment ago will do until the next look.
    if let Some((found, _)) = of_this {
        return Some(found);
    }
    let waited = standing.changed.wait_timeout_while(known, patience, |known| known.is_looking);
    let (known, _) = waited.unwrap_or_else(PoisonError::into_inner);
    known.found.as_ref().map(|(found, ..)| found.clone())
}

/// The last run that has ended, so that what it left is seen.
fn last_end(app: &App, served: &ServedProject) -> Option<String> {
    let state = served.state().ok()??;
    let runs = state.history(&served.load(&*app.program).name, 2).ok()?;
    runs.into_iter().find(|run| run.status() != RunStatus::Running).map(|run| run.id.to_string())
}

fn look(app: &App, slug: &str, basis: Basis) {
    let Ok(served) = app.project(slug) else { return };
    // A panic ends this look and nothing else.
    let looked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| find(&*app.program, served)));
    let found =
        looked.unwrap_or_else(|_| Err("it could not be found out; that is a mistake of the program".to_owned()));
    let mut known = served.standing.known.lock().unwrap_or_else(PoisonError::into_inner);
    *known = Known { found: Some((Arc::new(found), basis, Instant::now())), is_looking: false };
    served.standing.changed.notify_all();
}

/// Looks nowhere else than on this machine for columns: nobody has asked for more.
fn find(program: &dyn Program, served: &ServedProject) -> Result<Vec<Stale>, String> {
    let found = program.open(&served.file, &Wanted::default()).and_then(|mut opened| {
        let engine = program.engine(&opened);
        opened.check_columns_offline(&*engine)?;
        let project = opened.into_project()?;
        let dry_run = DryRun::of(&project, &*engine, &project.plan.all(), &Selection::new(), false)?;
        let acts = |action| matches!(action, DryRunAction::Run | DryRunAction::Restore);
        let stale = dry_run.tasks.into_iter().filter(|task| acts(task.action)).map(|task| Stale {
            task: project.plan.task(task.task).name.to_string(),
            reasons: task.reasons,
            own: task.own_reasons,
        });
        Ok(stale.collect())
    });
    found.map_err(|failure: Failure| program.failure_text(&failure))
}

/// In short: how many tasks, and of those with a reason of their own how many, and the first with their reasons.
pub fn summary(found: Option<&StaleTasks>) -> Value {
    let Some(found) = found else { return Value::Null };
    match &**found {
        Err(message) => json!({"error": message}),
        Ok(stale) => {
            let own: Vec<&Stale> = stale.iter().filter(|task| !task.own.is_empty()).collect();
            let told = own.iter().take(TASKS).map(|task| json!({"task": task.task, "reasons": task.own}));
            json!({"tasks": stale.len(), "own": own.len(), "because": told.collect::<Vec<_>>()})
        }
    }
}
