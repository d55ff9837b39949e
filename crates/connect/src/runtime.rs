//! The runtime on which everything asynchronous of this crate runs: made at first need.

use std::future::Future;
use std::sync::LazyLock;

use tokio::runtime::{Builder, Runtime};

/// Threads that talk to servers; they mostly wait.
const THREADS: usize = 2;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let built = Builder::new_multi_thread().worker_threads(THREADS).thread_name("connection").enable_all().build();
    // Without threads of its own a process can do nothing at all.
    built.unwrap_or_else(|error| panic!("no thread for connections can be started: {error}"))
});

/// Waits for something, on a thread that is none of the runtime's.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    RUNTIME.block_on(future)
}

/// Has something go on by itself.
pub(crate) fn spawn<F>(future: F) -> tokio::task::JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    RUNTIME.spawn(future)
}
