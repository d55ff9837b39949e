//! Old runs, their logs and objects that nothing needs any more, taken away.

use std::collections::HashSet;
use std::path::Path;
use std::time::SystemTime;

use tidemill_core::cache::{CacheError, ContentStore, GcReport};
use tidemill_core::ids::TaskName;
use tidemill_core::spec::Spec;
use tidemill_core::table::{EngineError, TableEngine};
use tidemill_state::{State, StateError};

/// What is to be kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// So many runs; None: all.
    pub runs: Option<u32>,
    /// So many bytes of objects; None: all.
    pub max_size: Option<u64>,
}

/// What went.
#[derive(Clone, Debug, PartialEq)]
pub struct Swept {
    /// Runs forgotten, with their logs.
    pub runs: usize,
    /// Objects that went and stayed.
    pub objects: GcReport,
}

/// Why it could not be done.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The state cannot be read or written.
    #[error(transparent)]
    State(#[from] StateError),
    /// The store cannot be read or written.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// What the engine keeps cannot be freed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A log cannot be removed.
    #[error("cannot remove {path}: {source}")]
    Log {
        /// The run's folder of logs.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
}

/// Forgets old runs, removes their logs, and collects what is not needed. The pipeline's lock is held by the caller.
///
/// # Errors
/// If something cannot be read or removed; what went before that is gone.
pub fn sweep(
    spec: &Spec,
    state: &mut State,
    store: &ContentStore,
    engine: &dyn TableEngine,
    keep: Keep,
    now: SystemTime,
) -> Result<Swept, SweepError> {
    let runs = keep.runs.map_or(usize::MAX, |runs| runs as usize);
    let retained = state.retain(&spec.name.value, runs, &tasks_of(spec))?;
    for run in &retained.forgotten {
        remove_logs(&spec.project.join("logs").join(run.as_str()))?;
    }
    let objects = store.gc(&retained.objects, keep.max_size, now)?;
    engine.sweep(&store.digests()?)?;
    Ok(Swept { runs: retained.forgotten.len(), objects })
}

/// All tasks that the pipeline has at present, its handlers' too.
fn tasks_of(spec: &Spec) -> HashSet<TaskName> {
    let maps = [&spec.tasks, &spec.on_success, &spec.on_failure, &spec.finally];
    maps.into_iter().flat_map(|tasks| tasks.keys().cloned()).collect()
}

fn remove_logs(folder: &Path) -> Result<(), SweepError> {
    match std::fs::remove_dir_all(folder) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(SweepError::Log { path: folder.display().to_string(), source })
        }
        _ => Ok(()),
    }
}
