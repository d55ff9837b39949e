//! Whether a task must run.

use std::sync::{MutexGuard, PoisonError};

use jiff::Timestamp;
use tidemill_core::attempt::Staging;
use tidemill_core::event::TaskDetails;
use tidemill_core::fingerprint::{Fingerprint, Reason, digest_of_file};
use tidemill_core::ids::TaskIx;
use tidemill_core::plan::resolve;
use tidemill_core::run::LookUp;
use tidemill_core::table::Location;
use tidemill_core::task::{EdgeKind, TaskFailure};
use tidemill_state::{Edited, LastGood, Output, Resend, State};

use super::TaskExecutor;
use super::facts::masked_failure;
use crate::cache_index::{Decision, Options, Question, ResultDigests};
use crate::condition::unmet;
use crate::dry_run::no_columns;
use tidemill_secrets::masked;

impl TaskExecutor {
    /// The ledger.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.setting.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is to be done with a task; None if that takes longer than a look and `at_leisure` is false.
    pub(super) fn decide(&self, ix: TaskIx, at_leisure: bool) -> Option<LookUp> {
        match self.is_wanted(ix) {
            Ok(None) => {}
            Ok(Some(reason)) => return Some(LookUp::Skip(reason)),
            Err(failure) => return Some(self.failed(failure)),
        }
        if let Some(reason) = self.lacks_columns(ix) {
            return Some(LookUp::Skip(reason));
        }
        if self.setting.handlers {
            return Some(LookUp::Run { reasons: Vec::new() });
        }
        let fingerprint = match self.fingerprint(ix) {
            Ok(fingerprint) => fingerprint,
            Err(failure) => return Some(self.failed(failure)),
        };
        let task = self.plan.task(ix);
        let setting = &self.setting;
        let options = Options {
            forced: setting.forced.contains(&ix),
            resend: setting.resend != Resend::Nothing,
            scheduled: setting.run.trigger != "manual",
            as_cached: setting.as_cached.contains(&ix),
        };
        let decision = setting.cache.decide(task, &fingerprint, options, Some(&self.recorder));
        let found = match decision {
            Decision::Cached(last) => {
                let details = self.take_up(ix, &last);
                Some(LookUp::Cached(details))
            }
            Decision::Restore(..) if !at_leisure => return None,
            Decision::Restore(last, reasons) => match self.restore(ix, &last, &reasons) {
                Ok(saved) => {
                    let mut details = self.take_up(ix, &last);
                    details.warnings.extend(saved);
                    let reasons = self.told(ix, &reasons);
                    Some(LookUp::Restored { details, reasons })
                }
                Err(_) => Some(LookUp::Run { reasons: self.told(ix, &[Reason::ResultLost]) }),
            },
            Decision::Run(reasons) => Some(LookUp::Run { reasons: self.told(ix, &reasons) }),
        };
        self.results.of(ix).fingerprint = Some(fingerprint);
        found
    }

    fn failed(&self, failure: TaskFailure) -> LookUp {
        LookUp::Failed(masked_failure(failure, self.setting.logs.masker()))
    }

    fn told(&self, ix: TaskIx, reasons: &[Reason]) -> Vec<String> {
        let told: Vec<String> = reasons.iter().map(|reason| masked(reason.to_string())).collect();
        let name = &self.plan.task(ix).name;
        tracing::info!(task = name.as_str(), "because {}", told.join(", "));
        self.results.of(ix).reasons = told.clone();
        told
    }

    /// The fingerprint of a task whose needs have ended.
    pub(super) fn fingerprint(&self, ix: TaskIx) -> Result<Fingerprint, TaskFailure> {
        self.fingerprint_with(ix, &|other| self.results.of(other).digests)
    }

    /// The fingerprint of a task if those before it had these results.
    pub(super) fn fingerprint_with(
        &self,
        ix: TaskIx,
        results: &dyn Fn(TaskIx) -> Option<ResultDigests>,
    ) -> Result<Fingerprint, TaskFailure> {
        let setting = &self.setting;
        setting.cache.fingerprint(
            ix,
            &Question {
                plan: &self.plan,
                sources: &setting.sources,
                engine: setting.engine.name(),
                run: &setting.run,
                results,
                facts: &|| self.facts_before(ix),
            },
        )
    }

    /// Takes an earlier result as this run's.
    fn take_up(&self, ix: TaskIx, last: &LastGood) -> TaskDetails {
        let mut progress = self.results.of(ix);
        progress.digests = ResultDigests::of_last(last);
        progress.object = last.table.as_ref().filter(|table| table.stored).map(|table| table.object);
        progress.known_as = Some(last.fingerprint);
        // A result whose facts cannot be read has none; its rows are known from its table.
        let facts = last.facts().unwrap_or_default();
        TaskDetails {
            rows: last.table.as_ref().map(|table| table.rows),
            rows_in: facts.rows_in,
            rejected: facts.rejects,
            dropped: facts.dropped,
            joins: facts.joins,
            warnings: facts.warnings,
            outputs: facts.outputs.into_iter().map(Location::new).collect(),
            ..TaskDetails::default()
        }
    }

    /// Publishes the files of an earlier result again; what was edited by hand is saved first.
    /// Sentences about what was saved.
    fn restore(&self, ix: TaskIx, last: &LastGood, reasons: &[Reason]) -> Result<Vec<String>, TaskFailure> {
        let mut told = Vec::new();
        let wrong = |what: String| TaskFailure::new(what);
        let cache = &self.setting.cache;
        for output in last.outputs().map_err(|error| wrong(error.to_string()))? {
            let path = resolve(&cache.project, &Location::new(output.path.as_str()));
            let is = cache.files.file(&path).map_err(|error| wrong(error.to_string()))?;
            if is == Some(output.object.digest) {
                continue;
            }
            let is_edited = reasons.iter().any(|reason| *reason == Reason::OutputEdited(output.path.clone()));
            if let (Some(digest), true) = (is, is_edited) {
                told.push(self.save_edited(&path, &output.path, digest)?);
            }
            if output.rewritten {
                self.rewrite(ix, last, &output)?;
                continue;
            }
            cache.store.publish(&output.object.digest, &path).map_err(|error| wrong(error.to_string()))?;
        }
        Ok(told)
    }

    /// Writes a file again from the task's table. It must come out as it was, or the task has to run.
    fn rewrite(&self, ix: TaskIx, last: &LastGood, output: &Output) -> Result<(), TaskFailure> {
        let lost = || TaskFailure::new(format!("`{}` cannot be written again from its table", output.path));
        let wrong = |what: String| TaskFailure::new(what);
        let setting = &self.setting;
        let sink = self.plan.task(ix).sinks.iter().find(|sink| sink.path.as_str() == output.path).ok_or_else(lost)?;
        let table = last.table.as_ref().ok_or_else(lost)?;
        let stored = setting.cache.store.get(&table.object.digest).map_err(|error| wrong(error.to_string()))?;
        let table = setting.engine.open(&Location::new(stored.ok_or_else(lost)?.to_string_lossy()))?;
        let staging = Staging::new();
        let staged = staging.stage(&resolve(&setting.cache.project, &sink.path));
        let digest = match setting.engine.write(&table, sink, &Location::new(staged.to_string_lossy()))? {
            Some(digest) => digest,
            None => digest_of_file(&staged).map_err(|error| wrong(error.to_string()))?.0,
        };
        if digest != output.object.digest {
            return Err(lost());
        }
        staging.publish().map(drop).map_err(|error| wrong(error.to_string()))
    }

    fn save_edited(
        &self,
        path: &std::path::Path,
        output: &str,
        digest: tidemill_core::ids::Digest,
    ) -> Result<String, TaskFailure> {
        let run = &self.setting.id;
        let saved = format!("{}/edited/{run}/{output}", tidemill_state::FOLDER);
        let target = self.setting.cache.project.join(&saved);
        let copied =
            target.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::copy(path, &target));
        copied.map_err(|error| TaskFailure::new(format!("cannot save the edited {output} to {saved}: {error}")))?;
        let edited =
            Edited { path: output.to_owned(), saved: saved.clone(), digest, run: run.clone(), at: Timestamp::now() };
        self.state().record_edited(&edited).map_err(|error| TaskFailure::new(error.to_string()))?;
        Ok(format!("{output} had been edited by hand; that file is kept as {saved}"))
    }

    /// Why the task's `when` says no; None if it says yes.
    /// Why a task cannot read what a `foreach` without items has left: not even the columns are known.
    fn lacks_columns(&self, ix: TaskIx) -> Option<String> {
        let reads = self.plan.task(ix).needs.iter().filter(|need| need.what == EdgeKind::Table);
        let empty = reads.map(|need| need.task).find(|other| {
            let has_no_table = || self.results.of(*other).digests.is_none_or(|digests| digests.table.is_none());
            self.plan.task(*other).spec.has_no_items && has_no_table()
        })?;
        Some(no_columns(&self.plan.task(empty).name))
    }

    fn is_wanted(&self, ix: TaskIx) -> Result<Option<String>, TaskFailure> {
        let spec = &self.plan.task(ix).spec;
        match spec.common.when {
            Some(_) => unmet(spec, &self.facts_before(ix), &self.setting.run, &self.setting.sources),
            None => Ok(None),
        }
    }
}
