//! Whether a task of a given fingerprint must run, and why.

use jiff::Timestamp;
use tidemill_core::attempt::NEVER_CANCELLED;
use tidemill_core::connection::WriteMode;
use tidemill_core::fingerprint::{Fingerprint, Reason, explain};
use tidemill_core::plan::PlannedTask;
use tidemill_core::spec::CachePolicy;
use tidemill_core::storage::StorageRegistry;
use tidemill_core::table::{Location, Sink};
use tidemill_state::LastGood;

use super::{Decision, DecisionOptions};
use crate::cache_index::{CacheIndex, ResultHistory, StoredTables};

/// Whether it adds rows to a table of a database, which each fire of a schedule does by itself.
fn appends(task: &PlannedTask) -> bool {
    let mut options = task.sinks.iter().filter_map(|sink| sink.options.database.as_ref());
    options.any(|options| options.mode == WriteMode::Append)
}

/// What earlier runs have left of tasks' results.
pub struct CachedResults<'a> {
    /// What is known of them.
    pub cache: &'a CacheIndex,
    /// Their tables.
    pub tables: StoredTables<'a>,
    /// Where their files were published.
    pub storages: &'a StorageRegistry,
}

impl CachedResults<'_> {
    /// What is to be done with a task of that fingerprint.
    pub fn look_up(
        &self,
        task: &PlannedTask,
        fingerprint: &Fingerprint,
        options: DecisionOptions,
        history: Option<&dyn ResultHistory>,
    ) -> Decision {
        let cache = self.cache;
        let last = cache.last.get(&task.name);
        // Mails are repeated neither by `--force` nor by a rerun: only by `--resend`.
        if if task.has_effect() { options.resend } else { options.forced } {
            return Decision::Run(vec![Reason::Forced]);
        }
        if (task.has_effect() || appends(task)) && options.scheduled {
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
        if let Some(why) = task.io.volatile {
            return Decision::Run(vec![Reason::Volatile(why)]);
        }
        let digest = fingerprint.digest();
        let same = last.filter(|last| last.fingerprint == digest);
        let found = match same {
            Some(last) => Some(last.clone()),
            // What was sent before the last time is no reason not to send it again.
            None if task.has_effect() => None,
            // What a database has is what was written last.
            None if task.sinks.iter().any(|sink| sink.options.database.is_some()) => None,
            None => history.and_then(|history| history.look_up(&cache.pipeline, &task.name, &digest)),
        };
        let Some(found) = found else { return Decision::Run(reasons(cache, task, fingerprint, history)) };
        if let CachePolicy::Ttl(ttl) = task.spec.common.cache
            && Timestamp::now().duration_since(found.made).unsigned_abs() > ttl
        {
            return Decision::Run(vec![Reason::Expired]);
        }
        if let Some(gone) = self.gone_table(task) {
            return Decision::Run(vec![Reason::OutputDeleted(gone)]);
        }
        let Some(changed) = self.changed_outputs(&found) else { return Decision::Run(vec![Reason::ResultLost]) };
        if self.is_lost(&found) {
            return Decision::Run(vec![Reason::ResultLost]);
        }
        match (changed.is_empty(), same) {
            (true, _) => Decision::Cached(Box::new(found)),
            (false, Some(_)) => Decision::Restore(Box::new(found), changed),
            // The files are those of another result: what changed since is the reason.
            (false, None) => Decision::Restore(Box::new(found), reasons(cache, task, fingerprint, history)),
        }
    }

    /// A table of a database that is not there any more, though it was written.
    fn gone_table(&self, task: &PlannedTask) -> Option<String> {
        let is_gone = |sink: &&Sink| {
            let options = sink.options.database.as_ref();
            let database = options.and_then(|options| Some((self.storages.database(&sink.path)?, options)));
            database.is_some_and(|(database, options)| {
                let target = database.target(&database.table_name(&options.table), &NEVER_CANCELLED);
                // What a server has that cannot be asked now is taken to be as it was.
                matches!(target, Ok(None))
            })
        };
        task.sinks.iter().find(is_gone).map(|sink| sink.path.to_string())
    }

    /// Whether the table that was kept is there no longer.
    fn is_lost(&self, found: &LastGood) -> bool {
        found.table.as_ref().is_some_and(|table| table.stored && !self.tables.has(&table.object))
    }

    /// The published files that are not as the result has them; None if one of those cannot be had back.
    fn changed_outputs(&self, found: &LastGood) -> Option<Vec<Reason>> {
        let cache = self.cache;
        let mut changed = Vec::new();
        for output in found.outputs().ok()? {
            let location = Location::new(output.path.as_str());
            if location.scheme().is_some() {
                cache.files.unwatchable();
            }
            let storage = self.storages.of(&location).ok()?;
            let is = storage.content(&cache.project, &location, &cache.files).ok()?;
            if is == Some(output.object.digest) {
                continue;
            }
            let from_table =
                output.rewritten && found.table.as_ref().is_some_and(|table| self.tables.has(&table.object));
            if !from_table && !cache.store.has(&output.object) {
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

/// Why a task of that fingerprint is not as it was when it last succeeded.
fn reasons(
    cache: &CacheIndex,
    task: &PlannedTask,
    fingerprint: &Fingerprint,
    history: Option<&dyn ResultHistory>,
) -> Vec<Reason> {
    let Some(last) = cache.last.get(&task.name) else {
        return vec![if cache.last.is_empty() { Reason::FirstRun } else { Reason::NeverRan }];
    };
    match history.and_then(|history| history.fingerprint(&last.fingerprint)) {
        Some(old) => explain(&old, fingerprint),
        None => vec![Reason::NotKept],
    }
}
