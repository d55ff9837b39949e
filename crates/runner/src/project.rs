//! A pipeline file opened: read, planned, checked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering::Relaxed};

use indexmap::IndexMap;
use jiff::Zoned;
use jiff::tz::TimeZone;
use tidemill_core::connection::ConnectionError;
use tidemill_core::diagnostic::{Diagnostic, Diagnostics, SourceMap, failure_of};
use tidemill_core::ids::{RunId, TaskName};
use tidemill_core::plan::{self, CheckOptions, Plan, TaskSchemas};
use tidemill_core::spec::{self, CLUSTER, ClusterConfig, EngineKind, LoadOptions, Loaded, Spec, TaskSpec};
use tidemill_core::storage::{Storage, StorageRegistry, WarehouseFolder};
use tidemill_core::table::{Schema, TableEngine, WAREHOUSE};
use tidemill_core::task::{RunFacts, TaskFailure, TaskTypes};

use crate::Failure;
use crate::cache_index::CacheIndex;
use crate::trigger::RunTrigger;
use tidemill_secrets as secrets;
use tidemill_state::LastGood;

/// What a command says of the pipeline it wants.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// `-p NAME=VALUE`.
    pub params: Vec<(String, String)>,
    /// `--params-file`.
    pub params_file: Option<PathBuf>,
    /// What the run is for.
    pub trigger: RunTrigger,
    /// Nothing is asked that lies elsewhere than on this machine.
    pub offline: bool,
    /// The pipeline's texts by their paths, instead of what stands under these on the disk.
    pub texts: Arc<BTreeMap<PathBuf, String>>,
}

/// A pipeline file as far as it could be read, and all that is wrong with it.
pub struct Opened {
    /// The task types that it may use.
    pub types: Arc<TaskTypes>,
    /// The texts that spans point into.
    pub sources: Arc<SourceMap>,
    /// What is wrong so far.
    pub diagnostics: Diagnostics,
    /// The pipeline.
    pub spec: Option<Arc<Spec>>,
    /// Its graph.
    pub plan: Option<Plan>,
    /// The graphs of `on_success`, `on_failure` and `finally`.
    pub handlers: Vec<(HandlerKind, Plan)>,
    /// What is known of the run.
    pub run: RunFacts,
    /// The fire that it runs.
    pub fire: Option<jiff::Timestamp>,
    /// The cluster that computes its tables, if not this machine does.
    pub cluster: Option<ClusterConfig>,
    /// The columns of its tables, once they have been looked at for a run.
    pub columns: Option<Arc<TaskSchemas>>,
}

/// When handlers run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandlerKind {
    /// After all tasks have succeeded.
    Success,
    /// After something has failed.
    Failure,
    /// At the end, whatever has happened.
    Finally,
}

/// A pipeline without mistakes.
pub struct Project {
    /// The task types that it may use.
    pub types: Arc<TaskTypes>,
    /// The texts that spans point into.
    pub sources: Arc<SourceMap>,
    /// The pipeline.
    pub spec: Arc<Spec>,
    /// Its graph.
    pub plan: Arc<Plan>,
    /// The graphs of its handlers.
    pub handlers: Vec<(HandlerKind, Arc<Plan>)>,
    /// What is known of the run.
    pub run: RunFacts,
    /// The fire that it runs.
    pub fire: Option<jiff::Timestamp>,
    /// What is worth knowing, printed before anything else: warnings, and the mistakes of `failing`.
    pub warnings: Vec<Diagnostic>,
    /// Tasks whose data do not fit the file, with why they fail without being tried.
    pub failing: BTreeMap<TaskName, TaskFailure>,
    /// The columns of its tables, if they have been looked at.
    pub columns: Option<Arc<TaskSchemas>>,
}

/// Which pipeline file, with what.
#[derive(Clone)]
pub struct PipelineFile {
    /// Its path, from the current folder.
    pub path: PathBuf,
    /// The profile to be applied.
    pub profile: Option<String>,
    /// The engine that is taken, whatever the file says.
    pub engine: Option<EngineKind>,
    /// The task types that it may use.
    pub types: Arc<TaskTypes>,
    /// Whether there can be an engine for such a cluster; what is against it, as a sentence.
    pub accepts_cluster: fn(&ClusterConfig) -> Result<(), String>,
    /// The tables of such a cluster's catalog, under the name of its connection; None if there is no engine for clusters.
    pub catalog: fn(&ClusterConfig) -> Option<Arc<dyn Storage>>,
}

/// Reads and plans a pipeline file; sources are not looked at yet.
///
/// # Errors
/// If the file's environment cannot be read at all; its mistakes are in what comes back.
pub fn open(file: &PipelineFile, wanted: &Wanted) -> Result<Opened, Failure> {
    let now = jiff::Timestamp::now();
    let mut run = run_by_hand(now, &TimeZone::UTC);
    let mut loaded = read(file, wanted, &run)?;
    // The run's times are told in the pipeline's zone, which only the file says: where that is another, it is read again.
    if let Some(spec) = &loaded.spec {
        // Each asking for facts makes an id of its own: the run has the first, so that the file is not read again for another.
        let told = RunFacts { id: run.id.clone(), ..wanted.trigger.facts(now, spec) };
        if told != run {
            run = told;
            loaded = read(file, wanted, &run)?;
        }
    }
    let mut opened = Opened {
        types: file.types.clone(),
        sources: Arc::new(loaded.sources),
        diagnostics: loaded.diagnostics,
        spec: loaded.spec.map(Arc::new),
        plan: None,
        handlers: Vec::new(),
        run,
        fire: match wanted.trigger {
            RunTrigger::Fire(fire) => Some(fire),
            _ => None,
        },
        cluster: None,
        columns: None,
    };
    if let Some(spec) = opened.spec.clone() {
        opened.diagnostics.extend(secrets::keep(&spec));
        match cluster_of(&spec, file, &opened.sources) {
            Ok(cluster) => opened.cluster = cluster,
            // Offline nothing is asked of a cluster, so nothing need be known of it.
            Err(_) if wanted.offline => {}
            Err(mistakes) => opened.diagnostics.extend(mistakes),
        }
        opened.types = Arc::new(connected(file, &spec, &opened.sources, wanted.offline));
        let types = &*opened.types.clone();
        let mut build = |tasks: &IndexMap<TaskName, Arc<TaskSpec>>| {
            plan::build(&spec, tasks, &opened.sources, types, &mut opened.diagnostics)
        };
        let handlers = [
            (HandlerKind::Success, &spec.on_success),
            (HandlerKind::Failure, &spec.on_failure),
            (HandlerKind::Finally, &spec.finally),
        ];
        opened.plan = build(&spec.tasks);
        opened.handlers = handlers
            .into_iter()
            .filter(|(_, tasks)| !tasks.is_empty())
            .filter_map(|(kind, tasks)| Some((kind, build(tasks)?)))
            .collect();
    }
    Ok(opened)
}

/// The cluster that computes a pipeline's tables, if its engine is one.
fn cluster_of(spec: &Spec, file: &PipelineFile, sources: &SourceMap) -> Result<Option<ClusterConfig>, Vec<Diagnostic>> {
    let cluster = spec.engine.cluster(&spec.scope, &secrets::of(spec), sources)?;
    let refused = cluster.as_ref().and_then(|cluster| (file.accepts_cluster)(cluster).err());
    match refused {
        None => Ok(cluster),
        Some(message) => {
            let mistake = Diagnostic::error(message);
            Err(vec![spec.engine.span.into_iter().fold(mistake, |mistake, span| mistake.at(span, ""))])
        }
    }
}

/// The task types with the connections of the pipeline. One that cannot be used is a mistake where a task uses it.
fn connected(file: &PipelineFile, spec: &Spec, sources: &SourceMap, offline: bool) -> TaskTypes {
    let types = &*file.types;
    let warehouse = spec.engine.in_warehouse("", &spec.scope, sources);
    if spec.connections.is_empty() && !spec.engine.names_cluster() && warehouse.is_none() && !offline {
        return types.clone();
    }
    let secrets = secrets::of(spec);
    let mut storages = StorageRegistry::clone(types.storages());
    if let Some(folder) = warehouse {
        storages.imply(WAREHOUSE, Arc::new(WarehouseFolder::new(folder.as_str(), &spec.project)));
    }
    match spec.engine.named_cluster(&spec.scope, &secrets, sources) {
        Ok(cluster) => {
            if let Some(catalog) = cluster.and_then(|cluster| (file.catalog)(&cluster)) {
                storages.imply(CLUSTER, catalog);
            }
        }
        Err(mistakes) => storages.refuse(CLUSTER, mistakes),
    }
    for (name, connection) in &spec.connections {
        if let Some(file) = connection.file(&spec.scope, sources) {
            storages.name_file(name, spec.project.join(file.as_str()));
            continue;
        }
        let opened = connection.config(&spec.scope, &secrets, sources).and_then(|config| {
            let refused = |error: ConnectionError| {
                let help = error.help.clone();
                let mistake = Diagnostic::error(error.to_string()).at(connection.name.span, "");
                vec![help.into_iter().fold(mistake, Diagnostic::help)]
            };
            storages.connect(config).map_err(refused)
        });
        if let Err(mistakes) = opened {
            storages.refuse(name, mistakes);
        }
    }
    types.clone().with_storages(if offline { storages.offline() } else { storages })
}

/// The zone in which the pipeline's times are told, if it is not UTC.
pub fn zone_of(spec: &Spec) -> Option<TimeZone> {
    let schedule = spec.schedule.as_ref()?;
    tidemill_core::cron::time_zone(&schedule.timezone.value).ok()
}

fn read(file: &PipelineFile, wanted: &Wanted, run: &RunFacts) -> Result<Loaded, Failure> {
    Ok(spec::load(
        &LoadOptions {
            folder: std::env::current_dir()
                .map_err(|error| Failure::broken(format!("the current folder is not known: {error}")))?,
            file: file.path.clone(),
            profile: file.profile.clone(),
            engine: file.engine,
            params: wanted.params.clone(),
            params_file: wanted.params_file.clone(),
            environment: std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                .collect(),
            run: run.clone(),
            texts: wanted.texts.clone(),
        },
        &file.types,
    ))
}

/// Texts by their paths, as a scheduler has kept them in a file.
///
/// # Errors
/// If it cannot be read.
pub fn kept_texts(file: &Path) -> Result<Arc<BTreeMap<PathBuf, String>>, Failure> {
    let wrong = |error: String| Failure::broken(format!("{}: {error}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
    serde_json::from_str(&text).map(Arc::new).map_err(|error| wrong(error.to_string()))
}

/// What is known of a run that somebody starts now, told in that zone.
pub fn run_by_hand(now: jiff::Timestamp, zone: &TimeZone) -> RunFacts {
    // The processes of one second have numbers of their own, a time would be shared by some of them; and so have the runs of
    // one process, whose tails are an odd step apart and so all differ.
    static BEGUN: AtomicU16 = AtomicU16::new(0);
    let tail = (std::process::id() as u16).wrapping_add(BEGUN.fetch_add(1, Relaxed).wrapping_mul(40_503));
    let local = now.to_zoned(zone.clone());
    let written = written(&local);
    RunFacts {
        id: RunId::at(now, tail).to_string(),
        started: written.clone(),
        logical_time: written,
        date: local.date().to_string(),
        trigger: "manual".to_owned(),
        status: "running".to_owned(),
    }
}

/// An instant as runs tell it: RFC 3339 in its zone.
pub fn written(time: &Zoned) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

impl Project {
    /// Leaves its memory to the end of the process, which comes at once: to give back the parts of 10,000 tasks one by one takes
    /// a tenth of the time that checking them does. For commands that are done; a scheduler drops it.
    pub fn leave(self) {
        std::mem::forget(self);
    }
}

impl Opened {
    /// Finds the columns of all tables, reading the head of each source.
    pub fn check_columns(&mut self, engine: &dyn TableEngine) -> Option<TaskSchemas> {
        self.check_columns_with(engine, None)
    }

    /// The same without looking elsewhere than on this machine: the columns of what is read there are those of its last run.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn check_columns_offline(&mut self, engine: &dyn TableEngine) -> Result<Option<TaskSchemas>, Failure> {
        let Some(spec) = &self.spec else { return Ok(None) };
        let (cache, _) = CacheIndex::look(&spec.project, spec.name.value.as_str())?;
        let known = |(name, last): (&TaskName, &LastGood)| Some((name.clone(), last.table.as_ref()?.schema().ok()?));
        let known: BTreeMap<TaskName, Schema> = cache.last.iter().filter_map(known).collect();
        Ok(self.check_columns_with(engine, Some(&known)))
    }

    fn check_columns_with(
        &mut self,
        engine: &dyn TableEngine,
        offline: Option<&BTreeMap<TaskName, Schema>>,
    ) -> Option<TaskSchemas> {
        let plan = self.plan.as_ref()?;
        let none = BTreeMap::new();
        let options = CheckOptions { engine, sources: &self.sources, outer: &none, offline };
        let columns = plan::check_columns(plan, &options, &mut self.diagnostics);
        if self.handlers.is_empty() {
            return Some(columns);
        }
        let outer: BTreeMap<String, Option<Schema>> =
            plan.tasks.iter().zip(&columns).map(|(task, schema)| (task.name.to_string(), schema.clone())).collect();
        let options = CheckOptions { engine, sources: &self.sources, outer: &outer, offline };
        for (_, handler) in &self.handlers {
            plan::check_columns(handler, &options, &mut self.diagnostics);
        }
        Some(columns)
    }

    /// What is wrong with it, as a failure.
    pub fn mistakes(&self) -> Failure {
        Failure::Mistakes {
            sources: self.sources.clone(),
            diagnostics: self.diagnostics.clone().into_sorted(&self.sources),
        }
    }

    /// The pipeline, if nothing is wrong with it.
    ///
    /// # Errors
    /// All mistakes, if there is one.
    pub fn into_project(self) -> Result<Project, Failure> {
        let has_errors = self.diagnostics.has_errors();
        self.without(BTreeMap::new(), has_errors)
    }

    /// The pipeline for a run. The file itself must be sound. Tasks whose data do not fit it are failures of the run where
    /// nobody sits before the screen, so that the rest goes on, handlers run and history has it; by hand they are where a
    /// handler is to be told of failures and the mistake may pass without an edit.
    ///
    /// # Errors
    /// All mistakes, if the run cannot begin.
    pub fn into_run(self) -> Result<Project, Failure> {
        let by_hand = self.run.trigger == "manual";
        let tells = self.handlers.iter().any(|(kind, _)| *kind != HandlerKind::Success);
        let mistakes = self.diagnostics.by_task(by_hand).filter(|_| tells || !by_hand);
        let has_errors = self.diagnostics.has_errors() && mistakes.is_none();
        let failures = mistakes.unwrap_or_default().into_iter();
        let failing = failures.map(|(task, mistakes)| (task, failure_of(&mistakes, &self.sources))).collect();
        self.without(failing, has_errors)
    }

    fn without(self, failing: BTreeMap<TaskName, TaskFailure>, has_errors: bool) -> Result<Project, Failure> {
        let diagnostics = self.diagnostics.into_sorted(&self.sources);
        match (self.spec, self.plan) {
            (Some(spec), Some(plan)) if !has_errors => Ok(Project {
                types: self.types,
                sources: self.sources,
                spec,
                plan: Arc::new(plan),
                handlers: self.handlers.into_iter().map(|(kind, plan)| (kind, Arc::new(plan))).collect(),
                run: self.run,
                fire: self.fire,
                warnings: diagnostics,
                failing,
                columns: self.columns,
            }),
            _ => Err(Failure::Mistakes { sources: self.sources, diagnostics }),
        }
    }
}
