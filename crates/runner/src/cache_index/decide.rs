//! Whether a task must run, and why.

use jiff::Timestamp;
use tidemill_core::fingerprint::{Fingerprint, Reason, explain};
use tidemill_core::plan::{PlannedTask, resolve};
use tidemill_core::spec::CachePolicy;
use tidemill_core::table::Location;
use tidemill_state::LastGood;

use super::{Archive, CacheIndex};

/// What is to be done with a task.
#[derive(Clone, Debug)]
pub enum Decision {
    /// Nothing: its result is there, and so are its files.
    Cached(Box<LastGood>),
    /// Its result is there, but files it publishes are not as they were.
    Restore(Box<LastGood>, Vec<Reason>),
    /// It runs.
    Run(Vec<Reason>),
}

/// How the user wants it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// `--force`, or the task of a rerun.
    pub forced: bool,
    /// `--resend`.
    pub resend: bool,
    /// The run is for a fire, for each of which a mail goes out even if nothing in it has changed: the ledger knows if it has.
    pub scheduled: bool,
    /// Whatever it made last will do, even if it would be made differently today.
    pub as_cached: bool,
}

impl CacheIndex {
    /// What is to be done with a task of that fingerprint.
    pub fn decide(
        &self,
        task: &PlannedTask,
        fingerprint: &Fingerprint,
        options: Options,
        archive: Option<&dyn Archive>,
    ) -> Decision {
        let last = self.last.get(&task.name);
        // Mails are repeated neither by `--force` nor by a rerun: only by `--resend`.
        if if task.has_effect() { options.resend } else { options.forced } {
            return Decision::Run(vec![Reason::Forced]);
        }
        if task.has_effect() && options.scheduled {
            return Decision::Run(vec![Reason::Scheduled]);
        }
        if let Some(last) = last.filter(|_| options.as_cached)
            && let Some(changed) = self.changed_outputs(last)
            && !self.is_lost(last)
        {
            let last = Box::new(last.clone());
            return if changed.is_empty() { Decision::Cached(last) } else { Decision::Restore(last, changed) };
        }
        if task.spec.common.cache == CachePolicy::Off {
            return Decision::Run(vec![Reason::CacheOff]);
        }
        if task.io.volatile {
            return Decision::Run(vec![Reason::Volatile]);
        }
        let digest = fingerprint.digest();
        let same = last.filter(|last| last.fingerprint == digest);
        let found = match same {
            Some(last) => Some(last.clone()),
            // What was sent before the last time is no reason not to send it again.
            None if task.has_effect() => None,
            None => archive.and_then(|archive| archive.look_up(&self.pipeline, &task.name, &digest)),
        };
        let Some(found) = found else { return Decision::Run(self.reasons(task, fingerprint, archive)) };
        if let CachePolicy::Ttl(ttl) = task.spec.common.cache
            && Timestamp::now().duration_since(found.made).unsigned_abs() > ttl
        {
            return Decision::Run(vec![Reason::Expired]);
        }
        let Some(changed) = self.changed_outputs(&found) else { return Decision::Run(vec![Reason::ResultLost]) };
        if self.is_lost(&found) {
            return Decision::Run(vec![Reason::ResultLost]);
        }
        match (changed.is_empty(), same) {
            (true, _) => Decision::Cached(Box::new(found)),
            (false, Some(_)) => Decision::Restore(Box::new(found), changed),
            // The files are those of another result: what changed since is the reason.
            (false, None) => Decision::Restore(Box::new(found), self.reasons(task, fingerprint, archive)),
        }
    }

    /// Whether the table that was kept is there no longer.
    fn is_lost(&self, found: &LastGood) -> bool {
        found.table.as_ref().is_some_and(|table| table.stored && !self.store.has(&table.object))
    }

    /// Why a task of that fingerprint is not as it was when it last succeeded.
    pub fn reasons(&self, task: &PlannedTask, fingerprint: &Fingerprint, archive: Option<&dyn Archive>) -> Vec<Reason> {
        let Some(last) = self.last.get(&task.name) else {
            return vec![if self.last.is_empty() { Reason::FirstRun } else { Reason::NeverRan }];
        };
        match archive.and_then(|archive| archive.fingerprint(&last.fingerprint)) {
            Some(old) => explain(&old, fingerprint),
            None => vec![Reason::NotKept],
        }
    }

    /// The published files that are not as the result has them; None if one of those cannot be had back.
    fn changed_outputs(&self, found: &LastGood) -> Option<Vec<Reason>> {
        let mut changed = Vec::new();
        for output in found.outputs().ok()? {
            let path = resolve(&self.project, &Location::new(output.path.as_str()));
            let is = self.files.file(&path).ok()?;
            if is == Some(output.object.digest) {
                continue;
            }
            let from_table =
                output.rewritten && found.table.as_ref().is_some_and(|table| self.store.has(&table.object));
            if !from_table && !self.store.has(&output.object) {
                return None;
            }
            changed.push(match is {
                None => Reason::OutputDeleted(output.path),
                Some(_) => Reason::OutputEdited(output.path),
            });
        }
        Some(changed)
    }
}
