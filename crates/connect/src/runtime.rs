//! The runtime on which everything asynchronous of this crate runs: made at first need.

use std::future::Future;
use std::io;
use std::sync::LazyLock;

use tokio::runtime::{Builder, Runtime};

/// Threads that talk to servers; they mostly wait.
const THREADS: usize = 2;

static RUNTIME: LazyLock<io::Result<Runtime>> = LazyLock::new(|| {
    Builder::new_multi_thread().worker_threads(THREADS).thread_name("connection").enable_all().build()
});

/// Sees to it that there is one. Whoever opens a connection or goes to a URL asks first; then nothing below can fail.
///
/// # Errors
/// If the system gives no threads or no handles for it.
pub(crate) fn available() -> Result<(), String> {
    RUNTIME.as_ref().map(drop).map_err(|error| format!("no threads that talk to it can be started: {error}"))
}

fn runtime() -> &'static Runtime {
    RUNTIME.as_ref().unwrap_or_else(|error| panic!("nobody has asked whether there is a runtime: {error}"))
}

/// Waits for something, on a thread that is none of the runtime's.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    runtime().block_on(future)
}

/// Has something go on by itself.
pub(crate) fn spawn<F>(future: F) -> tokio::task::JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    runtime().spawn(future)
}
