//! Checks in a thread of its own, of each pipeline only the newest text.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Receiver, Sender, unbounded};

use crate::analysis::{Analysis, Checker, Unsaved};

/// A pipeline to be checked.
pub struct CheckRequest {
    /// Its file.
    pub pipeline: PathBuf,
    /// What stands for files.
    pub unsaved: Unsaved,
    /// Counted up with every edit.
    pub revision: u64,
}

/// A pipeline that was checked.
pub struct Outcome {
    /// Its file.
    pub pipeline: PathBuf,
    /// The revision of the request.
    pub revision: u64,
    /// What was found, or why nothing could be.
    pub analysis: Result<Analysis, String>,
}

/// Starts the thread; it ends when the sender is dropped.
///
/// # Errors
/// If no thread can be started.
pub fn start(checker: Arc<dyn Checker>) -> std::io::Result<(Sender<CheckRequest>, Receiver<Outcome>)> {
    let (requests, queue) = unbounded::<CheckRequest>();
    let (outcomes, results) = unbounded();
    thread::Builder::new().name("check".to_owned()).spawn(move || {
        while let Ok(first) = queue.recv() {
            for request in newest(first, &queue) {
                let analysis = checker.check(&request.pipeline, &request.unsaved);
                let outcome = Outcome { pipeline: request.pipeline, revision: request.revision, analysis };
                if outcomes.send(outcome).is_err() {
                    return;
                }
            }
        }
    })?;
    Ok((requests, results))
}

/// Of each pipeline that waits, the newest request.
fn newest(first: CheckRequest, queue: &Receiver<CheckRequest>) -> Vec<CheckRequest> {
    let mut waiting = BTreeMap::from([(first.pipeline.clone(), first)]);
    for request in queue.try_iter() {
        waiting.insert(request.pipeline.clone(), request);
    }
    waiting.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_each_pipeline_only_the_newest_text_is_checked() {
        let (sender, queue) = unbounded();
        let request = |name: &str, revision| CheckRequest { pipeline: name.into(), unsaved: Arc::default(), revision };
        for (name, revision) in [("a", 2), ("b", 3), ("a", 4)] {
            sender.send(request(name, revision)).expect("the queue is there");
        }
        let waiting: Vec<u64> = newest(request("a", 1), &queue).iter().map(|request| request.revision).collect();
        assert_eq!(waiting, [4, 3]);
    }
}
