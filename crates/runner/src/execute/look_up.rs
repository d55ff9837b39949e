//! Looking a task up: it runs, or its earlier result is taken.

use tidemill_core::fingerprint::Reason;
use tidemill_core::ids::TaskIx;
use tidemill_core::run::LookUp;
use tidemill_core::storage::{LocationMatch, is_glob, resolve};
use tidemill_core::table::Location;
use tidemill_core::task::TaskReport;
use tidemill_secrets::masked;
use tidemill_state::{LastGood, Resend};

use super::TaskExecutor;
use super::facts::masked_failure;
use super::upstream::EndedUpstream;
use crate::cache_index::ResultDigests;
use crate::decision::{Decision, DecisionOptions, decide};

impl TaskExecutor {
    /// Whether a look-up has to hash large files first: meanwhile nobody would hear of Ctrl-C or a timeout.
    pub(super) fn takes_long(&self, ix: TaskIx) -> bool {
        let task = self.plan.task(ix);
        let read = task.io.files.iter().map(|file| &file.path.value);
        let mut paths = read.chain(task.outputs.iter().map(|output| &output.path.value));
        let (files, project) = (&self.context.cache.files, &self.context.cache.project);
        // A server may take its time.
        let takes_long = |path: &Location| path.scheme().is_some() || files.takes_long(&resolve(project, path));
        let found = |path: &Location| self.plan.storages.of(path).and_then(|storage| storage.find(project, path));
        paths.any(|path| match (path.scheme().is_none() && is_glob(path.as_str())).then(|| found(path)) {
            Some(Ok(LocationMatch::Matches(found))) => found.iter().any(|entry| takes_long(&entry.location)),
            _ => takes_long(path),
        })
    }

    /// What is to be done with a task; None if that takes longer than a look and `at_leisure` is false.
    pub(super) fn decide(&self, ix: TaskIx, at_leisure: bool) -> Option<LookUp> {
        let context = &self.context;
        if let Some(failure) = context.failing.get(&self.plan.task(ix).name) {
            return Some(LookUp::Failed(masked_failure(failure.clone(), context.logs.masker())));
        }
        let options = DecisionOptions {
            forced: context.forced.contains(&ix),
            resend: context.resend != Resend::Nothing,
            scheduled: context.run.trigger != "manual",
            as_cached: context.as_cached.contains(&ix),
            is_handler: context.handlers,
        };
        let upstream = EndedUpstream { executor: self, task: ix };
        let decided = decide(&context.cache, ix, &self.inputs(&upstream), None, options, Some(&self.recorder));
        let (fingerprint, decision) = match decided {
            Ok(decided) => decided,
            Err(failure) => return Some(LookUp::Failed(masked_failure(failure, context.logs.masker()))),
        };
        let found = match decision {
            Decision::Skip(reason) => Some(LookUp::Skip(reason)),
            Decision::Cached(last) => Some(LookUp::Cached(self.take_up(ix, &last))),
            Decision::Restore(..) if !at_leisure => return None,
            Decision::Restore(last, reasons) => match self.restore(ix, &last, &reasons) {
                Ok(saved) => {
                    let mut report = self.take_up(ix, &last);
                    report.warnings.extend(saved);
                    let reasons = self.told(ix, &reasons);
                    Some(LookUp::Restored { report, reasons })
                }
                Err(_) => Some(LookUp::Run { reasons: self.told(ix, &[Reason::ResultLost]) }),
            },
            Decision::Run(reasons) => Some(LookUp::Run { reasons: self.told(ix, &reasons) }),
        };
        self.results.of(ix).fingerprint = fingerprint;
        found
    }

    fn told(&self, ix: TaskIx, reasons: &[Reason]) -> Vec<String> {
        if reasons.is_empty() {
            return Vec::new();
        }
        let told: Vec<String> = reasons.iter().map(|reason| masked(reason.to_string())).collect();
        let name = &self.plan.task(ix).name;
        tracing::info!(task = name.as_str(), "because {}", told.join(", "));
        self.results.of(ix).reasons = told.clone();
        told
    }

    /// Takes an earlier result as this run's.
    fn take_up(&self, ix: TaskIx, last: &LastGood) -> TaskReport {
        let mut progress = self.results.of(ix);
        progress.digests = ResultDigests::of_last(last);
        progress.object = last.table.as_ref().filter(|table| table.stored).map(|table| table.object);
        progress.known_as = Some(last.fingerprint);
        // A result whose facts cannot be read has none; its rows are known from its table.
        let facts = last.facts().unwrap_or_default();
        TaskReport { rows: last.table.as_ref().map(|table| table.rows), ..facts.report }
    }
}
