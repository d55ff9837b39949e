//! One try of a task, from its inputs to its published files.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::Instant;

use tidemill_core::attempt::{AttemptToken, CancelToken, NEVER_CANCELLED, PublishError, Staging};
use tidemill_core::cache::Object;
use tidemill_core::fingerprint::{Fingerprint, digest_of_file, explain};
use tidemill_core::ids::{Digest, TaskIx, TaskName};
use tidemill_core::spec::CachePolicy;
use tidemill_core::table::{Location, Sink, TableRef};
use tidemill_core::task::{LogLevel, RunContext, TaskFailure, TaskReport, TaskResult};
use tidemill_state::{Made, MadeTable, Output};

use super::TaskExecutor;
use super::output_log::CommandLog;
use crate::cache_index::{ResultDigests, StoredTables};
use crate::leftovers::path_values;
use crate::outgoing::place_of;

/// Of a table's file of so many bytes or more no copy is kept: writing it again from the table costs less than keeping it twice.
const REWRITTEN: u64 = 1 << 20;

impl TaskExecutor {
    /// Does a task once; what it made is noted, and published if the attempt counts.
    pub(super) fn attempt(&self, ix: TaskIx, attempt: u32, token: &AttemptToken) -> Result<TaskReport, TaskFailure> {
        let task = self.plan.task(ix);
        if task.has_effect() {
            return self.effect(ix, attempt, token);
        }
        if task.task_type.supervised {
            self.write_down_needs(ix)?;
        }
        // A link that a task has made meanwhile shall not lead what is half written outside either.
        for output in task.outputs.iter().filter(|output| output.path.value.scheme().is_none()) {
            self.places
                .check(&place_of(&self.plan.spec.project, &output.path.value))
                .map_err(|error| misplaced(&error))?;
        }
        let mut staging = Staging::new();
        let mut computed = self.compute(ix, attempt, token, &staging, "", &|| Ok(()));
        // Half of a file may also be what cannot be read.
        if !token.is_cancelled()
            && let Some(told) = self.changed_meanwhile(ix)
        {
            staging = Staging::new();
            computed = self.compute(ix, attempt, token, &staging, "", &|| Ok(()));
            computed.iter_mut().for_each(|result| result.warnings.push(told.clone()));
        }
        let mut result = computed?;
        let known = self.write_tables(ix, &mut result, &staging)?;
        let made = self.keep(ix, &result, &known, &staging, token.cancelled())?;
        // The first commit of a database is that of the attempt.
        let commit = OnceLock::new();
        let may_commit = || *commit.get_or_init(|| token.begin_commit());
        let content = made.table.as_ref().map(|table| table.object.digest);
        self.write_to_databases(ix, &mut result, content, &may_commit, token.cancelled())?;
        if !may_commit() {
            return Err(stopped());
        }
        staging.publish(&self.places).map_err(|error| misplaced(&error))?;
        made.outputs.iter().try_for_each(|output| self.send(&Location::new(output.path.as_str())))?;
        Ok(self.note(ix, result, made))
    }

    /// What has changed of the files that a task has just read, so that it may have seen half of each; then it is to read them
    /// once more. A command is not begun again: nobody knows what it does to the world.
    fn changed_meanwhile(&self, ix: TaskIx) -> Option<String> {
        let task = self.plan.task(ix);
        if task.io.files.is_empty() || task.task_type.supervised || self.context.handlers {
            return None;
        }
        let now = self.fingerprint(ix).ok()?;
        let mut progress = self.results.of(ix);
        let before = progress.fingerprint.as_ref().filter(|before| before.digest() != now.digest())?;
        let told = format!("{} while it was read: it was read again", changes(before, &now));
        progress.fingerprint = Some(now);
        drop(progress);
        self.context.logs.write(&task.name, LogLevel::Warn, &told);
        Some(told)
    }

    /// Writes down what the task starts from. Nobody knows what a command does to the world: were the runner to die, it would
    /// otherwise be begun again from another result.
    fn write_down_needs(&self, ix: TaskIx) -> Result<(), TaskFailure> {
        let needs = &self.plan.task(ix).needs;
        if needs.is_empty() {
            return Ok(());
        }
        let is_one = |name: &TaskName| needs.iter().any(|need| self.plan.task(need.task).name == *name);
        self.recorder.write_if_any(is_one).map_err(TaskFailure::new)
    }

    /// Runs the task's own code.
    pub(super) fn compute(
        &self,
        ix: TaskIx,
        attempt: u32,
        token: &AttemptToken,
        staging: &Staging,
        effect: &str,
        begin_effect: &dyn Fn() -> Result<(), TaskFailure>,
    ) -> Result<TaskResult, TaskFailure> {
        let started = Instant::now();
        let task = self.plan.task(ix);
        let context = &self.context;
        let project = self.plan.spec.project.as_path();
        let tables = self.tables(ix, token)?;
        let upstream = if task.io.facts { self.facts_before(ix) } else { BTreeMap::new() };
        let scratch = self.scratch.take();
        let log = |level: LogLevel, line: &str| context.logs.write(&task.name, level, line);
        let made = task.task.run(&RunContext {
            task: &task.name,
            attempt,
            engine: &context.engine,
            sources: &context.sources,
            project,
            storages: &self.plan.storages,
            tables: &tables,
            origins: &self.upstream_sources(ix, token.cancelled()),
            upstream: &upstream,
            run: &context.run,
            trace: context.trace.as_ref(),
            secrets: &context.secrets,
            scratch: &scratch,
            stage: &|path| staging.stage(&place_of(project, path)),
            places: &self.places,
            effect,
            failed: &context.handler.failed,
            retry: &context.handler.retry,
            begin_effect,
            log: &log,
            output: &CommandLog::new(&context.logs, &task.name),
            cancelled: token.cancelled(),
            killed: token.killed(),
            deadline: task.spec.common.timeout.and_then(|timeout| started.checked_add(timeout)),
        });
        if let Err(error) = self.scratch.give_back(scratch) {
            log(LogLevel::Warn, &format!("what it left in its scratch folder cannot be removed: {error}"));
        }
        made
    }

    /// Writes the files of a table task: its table in each format, its rejects. The digests of those that were hashed while
    /// they were written.
    fn write_tables(
        &self,
        ix: TaskIx,
        result: &mut TaskResult,
        staging: &Staging,
    ) -> Result<BTreeMap<Location, Digest>, TaskFailure> {
        let task = self.plan.task(ix);
        let mut known = BTreeMap::new();
        let Some(report) = &result.table else { return Ok(known) };
        let project = &self.plan.spec.project;
        let mut write = |table: &TableRef, sink: &Sink| {
            let staged = staging.stage(&place_of(project, &sink.path));
            let written = self.context.engine.write(table, sink, &Location::new(staged.to_string_lossy()))?;
            known.extend(written.digest.map(|digest| (sink.path.clone(), digest)));
            result.outputs.push(sink.path.clone());
            for warning in written.warnings {
                self.context.logs.write(&task.name, LogLevel::Warn, &warning);
                result.warnings.push(warning);
            }
            Ok::<(), TaskFailure>(())
        };
        if let Some(table) = &report.table {
            let files = task.sinks.iter().filter(|sink| sink.options.database.is_none());
            files.into_iter().try_for_each(|sink| write(table, sink))?;
        }
        if let (Some(rejects), Some(sink)) = (&report.rejects, &task.rejects) {
            write(rejects, sink)?;
        }
        Ok(known)
    }

    /// Sends an output on that does not stay on this machine. Its copy here goes, whatever comes of it.
    pub(super) fn send(&self, output: &Location) -> Result<(), TaskFailure> {
        if output.scheme().is_none() {
            return Ok(());
        }
        let project = &self.plan.spec.project;
        let place = place_of(project, output);
        let storage = self.plan.storages.of(output);
        let sent = storage.and_then(|storage| storage.publish(project, output, &place, &NEVER_CANCELLED));
        // What stays is removed by the next run.
        let _ = std::fs::remove_file(&place);
        sent.map_err(|error| TaskFailure::new(format!("cannot publish {error}")))
    }

    /// Puts what the attempt made into the store, before anything is published.
    fn keep(
        &self,
        ix: TaskIx,
        result: &TaskResult,
        known: &BTreeMap<Location, Digest>,
        staging: &Staging,
        cancelled: &CancelToken,
    ) -> Result<Made, TaskFailure> {
        let task = self.plan.task(ix);
        let is_stored = task.spec.common.cache != CachePolicy::DigestOnly;
        let table = match result.table.as_ref().and_then(|report| report.table.as_ref()) {
            Some(table) => {
                let tables = self.stored_tables();
                let object = if is_stored { tables.save(table)? } else { tables.digest(table)? };
                let schema = table.schema.clone();
                Some(MadeTable { object, stored: is_stored, rows: table.rows, schema })
            }
            None => None,
        };
        let project = &self.plan.spec.project;
        let mut outputs = Vec::new();
        for path in &result.outputs {
            let staged = staging.stage(&place_of(project, path));
            let unreadable = |error: std::io::Error| TaskFailure::new(format!("`{path}` was not written: {error}"));
            let size = std::fs::metadata(&staged).map_err(unreadable)?.len();
            let of_table = table.is_some() && task.sinks.iter().any(|sink| sink.path == *path);
            // Of a folder below the warehouse the file is but what stands for it.
            let is_short = size < REWRITTEN && path.below_warehouse().is_none();
            let rewritten = is_stored && of_table && !is_short;
            let object = if is_stored && !rewritten {
                let put = self.context.cache.store.put_file(&staged, cancelled);
                put.map_err(|error| TaskFailure::new(format!("`{path}` cannot be kept: {error}")))?
            } else if let Some(digest) = known.get(path) {
                Object { digest: *digest, size }
            } else {
                let (digest, size) = digest_of_file(&staged, cancelled).map_err(unreadable)?;
                Object { digest, size }
            };
            let path_values = path_values(task, path, &self.context.sources, &self.context.run);
            outputs.push(Output { path: path.to_string(), object, rewritten, path_values });
        }
        Ok(Made { table, outputs, ..Made::default() })
    }

    /// The tables that the cache keeps.
    pub(super) fn stored_tables(&self) -> StoredTables<'_> {
        StoredTables::new(&self.context.cache.store, &*self.context.engine)
    }

    /// Notes what a task that counts has made; whether it may be found again.
    pub(super) fn note(&self, ix: TaskIx, result: TaskResult, mut made: Made) -> TaskReport {
        let table = result.table.as_ref().and_then(|report| report.table.clone());
        let mut report = TaskReport::from(result);
        if let (Some(table), Some(made), false) = (&table, &made.table, self.context.handlers) {
            for warning in self.drifted(ix, table, made.object.digest) {
                self.context.logs.write(&self.plan.task(ix).name, LogLevel::Warn, &warning);
                report.warnings.push(warning);
            }
        }
        let mut progress = self.results.of(ix);
        progress.digests = Some(ResultDigests::of_made(&made));
        progress.object = made.table.as_ref().filter(|table| table.stored).map(|table| table.object);
        progress.table = table;
        if self.context.handlers {
            return report;
        }
        drop(progress);
        // What was read must still be what the fingerprint says.
        let now = self.fingerprint(ix).ok();
        let mut progress = self.results.of(ix);
        let what = match (&progress.fingerprint, &now) {
            (Some(before), Some(now)) if before.digest() == now.digest() => {
                made.facts.report.rows = report.rows;
                progress.made = Some(made);
                return report;
            }
            (Some(before), Some(now)) => changes(before, now),
            _ => "what it reads changed".to_owned(),
        };
        drop(progress);
        let warning = format!("{what} while it ran: the result is used now, and computed again next time");
        self.context.logs.write(&self.plan.task(ix).name, LogLevel::Warn, &warning);
        report.warnings.push(warning);
        report
    }
}

/// What is different in a later fingerprint, as the beginning of a sentence.
fn changes(before: &Fingerprint, now: &Fingerprint) -> String {
    let reasons: Vec<String> = explain(before, now).iter().map(ToString::to_string).collect();
    if reasons.is_empty() { "what it reads changed".to_owned() } else { reasons.join(", ") }
}

/// What keeps an output from its place. A link stays where it is, whatever is tried again.
pub(super) fn misplaced(error: &PublishError) -> TaskFailure {
    let permanent = matches!(error, PublishError::Outside { .. } | PublishError::SameFile { .. });
    TaskFailure { message: error.to_string(), permanent, ..TaskFailure::default() }
}

/// Somebody else decides what comes of the attempt.
pub(super) fn stopped() -> TaskFailure {
    TaskFailure { message: "stopped".into(), cancelled: true, ..TaskFailure::default() }
}
