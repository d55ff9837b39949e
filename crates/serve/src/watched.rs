//! The runs that are watched, and what has happened in each so far.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tidemill_core::ids::RunId;
use tokio::sync::watch::Sender;

/// What has happened in a run so far, each as masked JSON.
#[derive(Default)]
pub struct News {
    /// The tasks that have ended, in the order in which they were seen.
    pub tasks: Vec<Arc<str>>,
    /// The names of those that run.
    pub running: Option<Arc<str>>,
    /// The run, once it has ended.
    pub end: Option<Arc<str>>,
}

/// The runs that are watched, by project and id.
#[derive(Default)]
pub struct WatchedRuns(Mutex<HashMap<(String, RunId), Sender<News>>>);

impl WatchedRuns {
    /// The map, for whoever comes, looks or leaves.
    pub fn lock(&self) -> MutexGuard<'_, HashMap<(String, RunId), Sender<News>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
