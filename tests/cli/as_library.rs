//! The program as a library, with task types and checks of a test's own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use tidemill_core::event::Observers;
use tidemill_core::ids::RunId;
use tidemill_core::plan::{Plan, Selection};
use tidemill_core::run::{RunSummary, Watchers};
use tidemill_core::table::TableEngine;
use tidemill_core::task::TaskTypes;
use tidemill_engine_local::{FormatCodecs, LocalEngine};
use tidemill_runner::dry_run::{DryRun, DryRunAction};
use tidemill_runner::execute::{LogFormat, RunLogs};
use tidemill_runner::pipeline_run::{RunRequest, Runner};
use tidemill_runner::project::{self, Opened, PipelineFile, Wanted};
use tidemill_runner::{Failure, RunReporter};
use tidemill_state::Effect;

use crate::project::Project;

/// How many pipelines have been opened.
static OPENED: AtomicU16 = AtomicU16::new(0);

/// Reads and checks the pipeline of a folder.
pub fn open(folder: &Project, types: TaskTypes) -> (Opened, Arc<dyn TableEngine>) {
    let file = PipelineFile {
        path: folder.root().join("pipeline.yaml"),
        profile: None,
        engine: None,
        types: Arc::new(types),
        accepts_cluster: |_| Err("there is no cluster here".to_owned()),
        catalog: |_| None,
    };
    let mut opened = project::open(&file, &Wanted::default()).expect("a readable environment");
    // Runs of one second are told apart by their processes, and here one process begins several.
    opened.run.id = RunId::at(jiff::Timestamp::now(), OPENED.fetch_add(1, Ordering::Relaxed)).to_string();
    let storages = Arc::clone(opened.types.storages());
    let engine: Arc<dyn TableEngine> =
        Arc::new(LocalEngine::with_formats(folder.root(), FormatCodecs::all(), storages));
    opened.check_columns(&*engine);
    (opened, engine)
}

/// The same of one without mistakes.
pub fn opened(folder: &Project, types: TaskTypes) -> (project::Project, Arc<dyn TableEngine>) {
    let (opened, engine) = open(folder, types);
    (opened.into_project().expect("a pipeline without mistakes"), engine)
}

/// What would be done with each task.
pub fn planned(folder: &Project, types: TaskTypes) -> Vec<(String, DryRunAction)> {
    let (project, engine) = opened(folder, types);
    planned_by(&project, &engine)
}

/// The same with an engine of one's own.
pub fn planned_by(project: &project::Project, engine: &Arc<dyn TableEngine>) -> Vec<(String, DryRunAction)> {
    let dry_run = DryRun::of(project, &**engine, &project.plan.all(), &Selection::new(), false).expect("a state");
    dry_run.tasks.iter().map(|task| (project.plan.task(task.task).name.to_string(), task.action)).collect()
}

/// Runs all of it.
pub fn run(folder: &Project, types: TaskTypes) -> Result<(), Failure> {
    let (project, engine) = opened(folder, types);
    run_by(&project, &engine)
}

/// The same with an engine of one's own.
pub fn run_by(project: &project::Project, engine: &Arc<dyn TableEngine>) -> Result<(), Failure> {
    let request = RunRequest {
        jobs: 2,
        keep_going: false,
        forced: Selection::new(),
        as_cached: Selection::new(),
        resend: false,
        no_wait: true,
        log_format: LogFormat::Text,
        command: "tidemill run".to_owned(),
        selection: Vec::new(),
        invocation: None,
    };
    Runner { project, engine: Arc::clone(engine), request, reporter: &Silent, watchers: Watchers::default() }
        .run(&project.plan.all())
}

/// What is wrong with a pipeline, without places.
pub fn mistakes(folder: &Project, types: TaskTypes) -> Vec<String> {
    let Failure::Mistakes { diagnostics, .. } = open(folder, types).0.mistakes() else { panic!("no list of mistakes") };
    let told = diagnostics.iter().map(|diagnostic| {
        let labels = diagnostic.labels.iter().map(|label| label.text.as_str()).filter(|text| !text.is_empty());
        [diagnostic.message.as_str()].into_iter().chain(labels).collect::<Vec<_>>().join(": ")
    });
    told.collect()
}

/// Tells nobody.
struct Silent;

impl RunReporter for Silent {
    fn note(&self, _: &str) {}

    fn warning(&self, _: &str) {}

    fn observers(&self) -> Observers {
        Observers::new()
    }

    fn graph_ended(&self, _: &Plan, _: &RunSummary, _: &RunLogs) {}

    fn unknown_effects(&self, _: &[Effect]) {}
}
