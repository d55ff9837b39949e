//! Whether a task must run, and why: the one answer for a run and for a dry run. What they know of the tasks before it differs,
//! and is handed in: [`Upstream`](crate::cache_index::Upstream) and [`PendingUpstream`].

mod cached;

use tidemill_core::fingerprint::{Fingerprint, Reason};
use tidemill_core::ids::{TaskIx, TaskName};
use tidemill_core::plan::Plan;
use tidemill_core::task::{EdgeKind, TaskFailure};
use tidemill_state::LastGood;

use self::cached::CachedResults;
use crate::cache_index::{CacheIndex, FingerprintInputs, ResultHistory, StoredTables, Upstream};
use crate::condition::unmet;

/// What is to be done with a task.
#[derive(Clone, Debug)]
pub enum Decision {
    /// Nothing: it is not wanted, or nobody could do it.
    Skip(String),
    /// Nothing: its result is there, and so are its files.
    Cached(Box<LastGood>),
    /// Its result is there, but files it publishes are not as they were.
    Restore(Box<LastGood>, Vec<Reason>),
    /// It runs.
    Run(Vec<Reason>),
}

/// How the user wants it.
#[derive(Clone, Copy, Debug, Default)]
pub struct DecisionOptions {
    /// `--force`, or the task of a rerun.
    pub forced: bool,
    /// `--resend`.
    pub resend: bool,
    /// The run is for a fire, for each of which a mail goes out even if nothing in it has changed: the ledger knows if it has.
    pub scheduled: bool,
    /// Whatever it made last will do, even if it would be made differently today.
    pub as_cached: bool,
    /// It follows a run: it is done once for each, and nothing of it is cached.
    pub is_handler: bool,
}

/// Tasks before one that would run before it, so that what they make is not known yet.
#[derive(Debug, Default)]
pub struct PendingUpstream {
    /// Those whose results or facts the task reads, in the order of the file, each once.
    pub read: Vec<TaskIx>,
    /// Whether the task's `when` looks at any of them.
    pub in_condition: bool,
}

/// Decides on a task: its fingerprint, if that had to be known, and what is to be done. `pending` is None if all tasks before it
/// have ended.
///
/// # Errors
/// If its condition cannot be judged although all before it have ended, or a file that it reads cannot be read.
pub fn decide(
    cache: &CacheIndex,
    ix: TaskIx,
    inputs: &FingerprintInputs<'_>,
    pending: Option<&PendingUpstream>,
    options: DecisionOptions,
    history: Option<&dyn ResultHistory>,
) -> Result<(Option<Fingerprint>, Decision), TaskFailure> {
    if let Some(reason) = unmet_condition(ix, inputs, pending)? {
        return Ok((None, Decision::Skip(reason)));
    }
    if let Some(reason) = lacks_columns(inputs.plan, ix, inputs.upstream) {
        return Ok((None, Decision::Skip(reason)));
    }
    if options.is_handler {
        return Ok((None, Decision::Run(Vec::new())));
    }
    let fingerprint = cache.fingerprint(ix, inputs)?;
    let results = CachedResults {
        cache,
        tables: StoredTables::new(&cache.store, inputs.engine),
        storages: &inputs.plan.storages,
    };
    let found = results.look_up(inputs.plan.task(ix), &fingerprint, options, history);
    let decision = match pending {
        Some(pending) if !pending.read.is_empty() => after(found, &pending.read, inputs.plan),
        _ => found,
    };
    Ok((Some(fingerprint), decision))
}

/// Why the task's `when` keeps it from running. What it says of a task that has yet to run is not known.
fn unmet_condition(
    ix: TaskIx,
    inputs: &FingerprintInputs<'_>,
    pending: Option<&PendingUpstream>,
) -> Result<Option<String>, TaskFailure> {
    let spec = &inputs.plan.task(ix).spec;
    if spec.common.when.is_none() || pending.is_some_and(|pending| pending.in_condition) {
        return Ok(None);
    }
    match unmet(spec, &inputs.upstream.facts(), inputs.run, inputs.sources) {
        // A condition that cannot be judged fails the run, not the plan.
        Err(_) if pending.is_some() => Ok(None),
        judged => judged,
    }
}

/// Why a task cannot read what a `foreach` without items has left: not even the columns are known.
fn lacks_columns(plan: &Plan, ix: TaskIx, upstream: &dyn Upstream) -> Option<String> {
    let reads = plan.task(ix).needs.iter().filter(|need| need.what == EdgeKind::Table).map(|need| need.task);
    let has_no_table = |task: &TaskIx| upstream.result(*task).is_some_and(|digests| digests.table.is_none());
    let empty = reads.filter(|task| plan.task(*task).spec.has_no_items).find(has_no_table)?;
    Some(format!("`{}` has no items, so its columns are not known", plan.task(empty).name))
}

/// What is to be done with a task if those that it reads run before it: it runs, too.
fn after(found: Decision, pending: &[TaskIx], plan: &Plan) -> Decision {
    let mut reasons = match found {
        Decision::Skip(_) => return found,
        Decision::Cached(_) => Vec::new(),
        Decision::Restore(_, reasons) | Decision::Run(reasons) => reasons,
    };
    let is_pending = |name: &TaskName| pending.iter().any(|ix| plan.task(*ix).name == *name);
    // A task without a result yet looks as if it were read no longer, or newly; that it runs says it better.
    reasons.retain(|reason| match reason {
        Reason::NewInput(name) | Reason::InputRemoved(name) | Reason::UpstreamChanged(name) => !is_pending(name),
        _ => true,
    });
    reasons.extend(pending.iter().map(|ix| Reason::UpstreamRuns(plan.task(*ix).name.clone())));
    Decision::Run(reasons)
}
