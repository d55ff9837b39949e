//! What a run knows of the tasks before one, and the fingerprint that follows from it.

use std::collections::{BTreeMap, HashMap};

use tidemill_core::fingerprint::Fingerprint;
use tidemill_core::ids::{Digest, TaskIx};
use tidemill_core::plan::Selection;
use tidemill_core::task::{TaskFacts, TaskFailure};

use super::TaskExecutor;
use crate::cache_index::{FingerprintInputs, ResultDigests, Upstream};

/// All tasks before one have ended.
pub(super) struct EndedUpstream<'a> {
    pub executor: &'a TaskExecutor,
    pub task: TaskIx,
}

impl Upstream for EndedUpstream<'_> {
    fn result(&self, task: TaskIx) -> Option<ResultDigests> {
        self.executor.results.of(task).digests
    }

    fn facts(&self) -> BTreeMap<String, TaskFacts> {
        self.executor.facts_before(self.task)
    }
}

/// The same, but the results of tasks are told by what they were made from.
struct OriginsUpstream<'a> {
    ended: EndedUpstream<'a>,
    origins: &'a HashMap<TaskIx, Digest>,
}

impl Upstream for OriginsUpstream<'_> {
    fn result(&self, task: TaskIx) -> Option<ResultDigests> {
        self.origins.get(&task).map(|digest| ResultDigests { table: Some(*digest), files: *digest })
    }

    fn facts(&self) -> BTreeMap<String, TaskFacts> {
        self.ended.facts()
    }
}

impl TaskExecutor {
    /// What fingerprints are made of in this run.
    pub(super) fn inputs<'a>(&'a self, upstream: &'a dyn Upstream) -> FingerprintInputs<'a> {
        let context = &self.context;
        FingerprintInputs {
            plan: &self.plan,
            sources: &context.sources,
            engine: &*context.engine,
            run: &context.run,
            upstream,
        }
    }

    /// The fingerprint of a task whose needs have ended.
    pub(super) fn fingerprint(&self, ix: TaskIx) -> Result<Fingerprint, TaskFailure> {
        let upstream = EndedUpstream { executor: self, task: ix };
        self.context.cache.fingerprint(ix, &self.inputs(&upstream))
    }

    /// What tells all that a task's result was made from: its fingerprint as it would be if the results before it were told by
    /// what they were made from. None if a file cannot be read.
    pub(super) fn origin(&self, ix: TaskIx) -> Option<Digest> {
        let mut origins: HashMap<TaskIx, Digest> = HashMap::new();
        let needed = self.plan.with_needs(&Selection::from([ix]));
        for task in self.plan.order.iter().copied().filter(|task| needed.contains(task)) {
            let upstream = OriginsUpstream { ended: EndedUpstream { executor: self, task }, origins: &origins };
            let fingerprint = self.context.cache.fingerprint(task, &self.inputs(&upstream)).ok()?;
            origins.insert(task, fingerprint.digest());
        }
        origins.get(&ix).copied()
    }
}
