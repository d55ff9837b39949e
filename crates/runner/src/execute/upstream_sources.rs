//! The sources behind the tables that a task reads.

use std::collections::BTreeSet;

use tidemill_core::attempt::CancelToken;
use tidemill_core::ids::TaskIx;
use tidemill_core::table::{Rel, Scan};
use tidemill_core::task::{CheckContext, EdgeKind, Origins};

use super::TaskExecutor;

/// The sources behind one task.
pub(super) struct UpstreamSources<'a> {
    executor: &'a TaskExecutor,
    task: TaskIx,
    cancelled: &'a CancelToken,
}

impl TaskExecutor {
    /// The sources behind a task, which are looked at until that is cancelled.
    pub(super) fn upstream_sources<'a>(&'a self, task: TaskIx, cancelled: &'a CancelToken) -> UpstreamSources<'a> {
        UpstreamSources { executor: self, task, cancelled }
    }

    /// What a task reads, if it is a load; its columns as the head of the source has them.
    fn scan_of(&self, task: TaskIx, cancelled: &CancelToken) -> Option<Scan> {
        let plan = &*self.plan;
        let cx = CheckContext::new(&*self.context.engine, &self.context.sources, &plan.spec.project, &plan.storages)
            .cancelled(cancelled);
        // Without tables only a load compiles.
        let job = plan.task(task).task.job(&cx);
        match job {
            Ok(Some(job)) => match job.rel {
                Rel::Scan(scan) => Some(scan),
                _ => None,
            },
            _ => None,
        }
    }

    /// The tasks whose tables a task reads, with the names under which the file has them.
    fn tables_of(&self, task: TaskIx) -> impl Iterator<Item = (&str, TaskIx)> {
        let needs = self.plan.task(task).needs.iter().filter(|need| need.what == EdgeKind::Table);
        needs.map(|need| (need.named.as_str(), need.task))
    }
}

impl Origins for UpstreamSources<'_> {
    fn of(&self, task: &str) -> Option<Scan> {
        let mut named: Vec<TaskIx> =
            self.executor.tables_of(self.task).filter(|(name, _)| *name == task).map(|(_, ix)| ix).collect();
        named.dedup();
        // Several are the instances of a `foreach`, whose rows are united.
        match named.as_slice() {
            [one] => self.executor.scan_of(*one, self.cancelled),
            _ => None,
        }
    }

    fn all(&self) -> Vec<Scan> {
        let mut seen = BTreeSet::from([self.task]);
        let mut next = vec![self.task];
        let mut scans = Vec::new();
        while let Some(task) = next.pop() {
            scans.extend(self.executor.scan_of(task, self.cancelled));
            next.extend(self.executor.tables_of(task).map(|(_, ix)| ix).filter(|ix| seen.insert(*ix)));
        }
        scans
    }
}
