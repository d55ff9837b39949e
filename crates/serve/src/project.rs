//! A pipeline file that is served: read once, and again when a file that it is made of changes.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::tz::TimeZone;
use tidemill_core::diagnostic::SourceMap;
use tidemill_core::ids::{Digest, TaskName};
use tidemill_core::plan::Selection;
use tidemill_core::schedule::WallClock;
use tidemill_core::spec::{Spec, TaskSpec};
use tidemill_core::table::{TableEngine, TableRef};
use tidemill_runner::dry_run::DryRun;
use tidemill_runner::project::{Project, Wanted};
use tidemill_state::{Run, State};

use crate::program::Program;
use crate::reloading::Stamp;
use crate::reply::Problem;
use crate::standing::Standing;
use crate::starts::Starts;

/// A pipeline file that is served.
pub struct ServedProject {
    /// Its path.
    pub file: PathBuf,
    /// Its name in addresses.
    pub slug: String,
    read: Mutex<Option<(Vec<Stamp>, Arc<Pipeline>)>>,
    /// Whether it was read again since somebody last asked.
    changed: AtomicBool,
    /// What of it is out of date.
    pub standing: Standing,
    /// What has started in the run that goes on.
    pub starts: Mutex<Starts>,
    /// The table that was looked at last, by its digest: taking one up again reads all of it, to see that it is sound.
    pub table: Mutex<Option<(Digest, TableRef)>>,
}

/// A pipeline as its files were when it was read.
pub struct Pipeline {
    /// Its name.
    pub name: String,
    /// As far as it could be read.
    pub spec: Option<Arc<Spec>>,
    /// Its texts.
    pub sources: Option<Arc<SourceMap>>,
    /// Its graph and its engine, or what is wrong.
    pub project: Result<(Arc<Project>, Arc<dyn TableEngine>), String>,
}

impl Pipeline {
    fn read(program: &dyn Program, file: &Path) -> Self {
        let stem = file.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        let opened = match program.open(file, &Wanted::default()) {
            Ok(opened) => opened,
            Err(failure) => {
                let project = Err(program.failure_text(&failure));
                return Self { name: stem, spec: None, sources: None, project };
            }
        };
        let (spec, sources) = (opened.spec.clone(), Some(opened.sources.clone()));
        let engine = program.engine(&opened);
        let project = opened.into_project().map(|project| (Arc::new(project), engine));
        let project = project.map_err(|failure| program.failure_text(&failure));
        Self { name: spec.as_ref().map_or(stem, |spec| spec.name.value.clone()), spec, sources, project }
    }

    /// The task of that id as the file has it; of an instance of a `foreach`, what it is made of.
    pub fn task_spec(&self, name: &str) -> Option<&TaskSpec> {
        let planned = self.project.as_ref().ok().and_then(|(project, _)| {
            let task = project.plan.task(project.plan.find(name)?);
            Some(&*task.spec)
        });
        planned.or_else(|| {
            let spec = self.spec.as_deref()?;
            let maps = [&spec.tasks, &spec.on_success, &spec.on_failure, &spec.finally];
            maps.into_iter().find_map(|tasks| tasks.get(name)).map(|task| &**task)
        })
    }

    /// Times as the pipeline's clock shows them.
    pub fn clock(&self) -> WallClock {
        let schedule = self.spec.as_ref().and_then(|spec| spec.schedule.as_ref());
        let zone = schedule.and_then(|schedule| TimeZone::get(&schedule.timezone.value).ok());
        WallClock(zone.unwrap_or(TimeZone::UTC))
    }
}

impl ServedProject {
    /// Serves that file.
    pub fn new(file: PathBuf) -> Self {
        Self {
            file,
            slug: String::new(),
            read: Mutex::default(),
            changed: AtomicBool::new(false),
            standing: Standing::default(),
            starts: Mutex::default(),
            table: Mutex::default(),
        }
    }

    /// The pipeline as its files are now.
    pub fn load(&self, program: &dyn Program) -> Arc<Pipeline> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((stamps, pipeline)) = &*read
            && stamps.iter().all(Stamp::holds)
        {
            return pipeline.clone();
        }
        let before = Stamp::of(&self.file);
        let pipeline = Arc::new(Pipeline::read(program, &self.file));
        let others = pipeline.spec.iter().flat_map(|spec| spec.files.iter().map(|file| spec.project.join(file)));
        let stamps = std::iter::once(before).chain(others.map(|file| Stamp::of(&file))).collect();
        *read = Some((stamps, pipeline.clone()));
        self.changed.store(true, Relaxed);
        pipeline
    }

    /// Whether it was read again since this was last asked.
    pub fn take_changed(&self) -> bool {
        self.changed.swap(false, Relaxed)
    }

    /// The values of its secrets.
    pub fn secrets(&self) -> Vec<String> {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let spec = read.as_ref().and_then(|(_, pipeline)| pipeline.spec.clone());
        spec.map(|spec| tidemill_secrets::of(&spec).into_values().collect()).unwrap_or_default()
    }

    /// The project's folder.
    pub fn folder(&self) -> &Path {
        self.file.parent().unwrap_or(Path::new("."))
    }

    /// What is remembered of it; None if it never ran.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn state(&self) -> Result<Option<State>, Problem> {
        Ok(State::open_read_only(self.folder())?)
    }

    /// A run of this pipeline, by its id, with the state.
    ///
    /// # Errors
    /// If there is none.
    pub fn run(&self, program: &dyn Program, id: &str) -> Result<(State, Run), Problem> {
        let none = || Problem::missing("there is no such run");
        let state = self.state()?.ok_or_else(none)?;
        let run = state.run(id)?.filter(|run| run.start.pipeline == self.load(program).name).ok_or_else(none)?;
        Ok((state, run))
    }

    /// Looks for a task: in the file, or among those that have left something.
    ///
    /// # Errors
    /// If there is none of that name, or the state cannot be read.
    pub fn find_task(&self, program: &dyn Program, name: &str) -> Result<(), Problem> {
        let pipeline = self.load(program);
        if pipeline.task_spec(name).is_some() {
            return Ok(());
        }
        let last = self.state()?.map(|state| state.last_results(&pipeline.name)).transpose()?.unwrap_or_default();
        let known = last.contains_key(&TaskName::new(name));
        known.then_some(()).ok_or_else(|| Problem::missing("there is no such task"))
    }

    /// The graph and the engine.
    ///
    /// # Errors
    /// If the file has mistakes: all of them.
    pub fn project(&self, program: &dyn Program) -> Result<(Arc<Project>, Arc<dyn TableEngine>), Problem> {
        let wrong = |text: &String| Problem { status: 422, message: text.clone() };
        self.load(program).project.clone().map_err(|error| wrong(&error))
    }

    /// What a run with these parameters would do, found as `tidemill plan` does.
    ///
    /// # Errors
    /// If the file has mistakes, a parameter is wrong or a selector matches nothing.
    pub fn dry_run(
        &self,
        program: &dyn Program,
        params: Vec<(String, String)>,
        select: &[String],
    ) -> Result<(Project, DryRun), Problem> {
        let wanted = Wanted { params, ..Wanted::default() };
        let found = program.open(&self.file, &wanted).and_then(|mut opened| {
            let engine = program.engine(&opened);
            opened.check_columns(&*engine);
            let project = opened.into_project()?;
            let tasks = project.plan.with_needs(&program.select(&project, &*engine, select)?);
            let dry_run = DryRun::of(&project, &*engine, &tasks, &Selection::new(), false)?;
            Ok((project, dry_run))
        });
        found.map_err(|failure| Problem::of(&failure, program.failure_text(&failure)))
    }
}
