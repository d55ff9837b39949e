//! What is known beside the last result of each task.

use tidemill_core::fingerprint::Fingerprint;
use tidemill_core::ids::{Digest, TaskName};
use tidemill_state::{LastGood, State};

/// Where earlier results and fingerprints are looked up. What cannot be read counts as not there.
pub trait ResultHistory {
    /// What was made under that fingerprint, by the task itself or by another one with the same parts.
    fn look_up(&self, pipeline: &str, task: &TaskName, fingerprint: &Digest) -> Option<LastGood>;

    /// The parts behind a fingerprint's digest.
    fn fingerprint(&self, digest: &Digest) -> Option<Fingerprint>;
}

impl ResultHistory for State {
    fn look_up(&self, pipeline: &str, task: &TaskName, fingerprint: &Digest) -> Option<LastGood> {
        self.look_up(pipeline, task, fingerprint).ok()?
    }

    fn fingerprint(&self, digest: &Digest) -> Option<Fingerprint> {
        self.fingerprint(digest).ok()?
    }
}
