//! Which engine computes a pipeline's tables, in which formats and from which storages: the one place that chooses.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tidemill_connect::Connections;
use tidemill_core::cache::FETCHED;
use tidemill_core::spec::{CLUSTER, ClusterConfig, Spec};
use tidemill_core::storage::{DatabaseStorage, Storage, StorageRegistry};
use tidemill_core::table::{EngineError, TableEngine};
use tidemill_core::task::TaskTypes;
use tidemill_engine_local::{FormatCodecs, LocalEngine};
use tidemill_engine_spark::{CatalogDatabase, SparkEngine};
use tidemill_runner::project::Opened;

/// The engine for the pipeline's tables.
pub fn engine_for(opened: &Opened) -> Arc<dyn TableEngine> {
    let local = local_engine(opened);
    match (&opened.cluster, &opened.spec) {
        (Some(cluster), Some(spec)) => Arc::new(on_cluster(local, cluster, spec)),
        _ => local,
    }
}

/// The engine on this machine, whatever the pipeline says.
pub fn local_engine(opened: &Opened) -> Arc<dyn TableEngine> {
    let project = opened.spec.as_ref().map_or_else(PathBuf::new, |spec| spec.project.clone());
    let spill = Path::new(tidemill_state::FOLDER).join("cache");
    let storages = Arc::clone(opened.types.storages());
    let engine = LocalEngine::with_formats(project, FormatCodecs::all(), storages).spilling_into(spill);
    let memory = opened.spec.as_ref().and_then(|spec| spec.memory);
    Arc::new(memory.into_iter().fold(engine, LocalEngine::within_memory))
}

fn on_cluster(local: Arc<dyn TableEngine>, cluster: &ClusterConfig, spec: &Spec) -> SparkEngine {
    SparkEngine::new(local, cluster.clone(), &spec.project, &spec.project.join(tidemill_state::FOLDER))
}

/// The cluster of a pipeline, tried; None if this machine computes its tables.
pub fn probe_cluster(opened: &Opened) -> Option<Result<String, EngineError>> {
    let (cluster, spec) = (opened.cluster.as_ref()?, opened.spec.as_ref()?);
    Some(on_cluster(local_engine(opened), cluster, spec).probe())
}

/// Whether there can be an engine for such a cluster.
///
/// # Errors
/// What is against it, as a sentence.
pub fn accepts_cluster(cluster: &ClusterConfig) -> Result<(), String> {
    SparkEngine::accepts(cluster)
}

/// The tables of a cluster's catalog.
pub fn catalog(cluster: &ClusterConfig) -> Option<Arc<dyn Storage>> {
    Some(Arc::new(DatabaseStorage::new(CLUSTER, Arc::new(CatalogDatabase::new(cluster.clone())))))
}

/// Where files of tasks may lie: each storage has its line here.
fn storages() -> StorageRegistry {
    let fetched = Path::new(tidemill_state::FOLDER).join("cache").join(FETCHED);
    StorageRegistry::default().with_connector(Connections::new(fetched))
}

/// The task types that a pipeline may name, with the formats that engine reads and writes and the storages of their files.
pub fn task_types() -> TaskTypes {
    tidemill_tasks::all().with_formats(FormatCodecs::all().formats()).with_storages(storages())
}
