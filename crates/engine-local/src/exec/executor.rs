//! Carries out a job.

use polars::prelude::DataFrame;
use tidemill_core::table::{
    CheckResult, EngineError, ListedStep, Rel, Scan, TableJob, TableReport, TaskReport, Unlisted, became_null,
};

use super::dispatch::operator;
use super::shared::Shared;
use super::{pipeline, recursion};
use crate::arrays::select::pick;
use crate::check;
use crate::error::{Outcome, unsupported};
use crate::ops::context::JobContext;
use crate::ops::listed;
use crate::ops::operator::KeyFilter;
use crate::ops::required_columns::RequiredColumns;
use crate::store::table_handle::{TableHandle, in_memory};

/// Computes relations by recursive descent: the inputs of an operator first, then the operator.
pub(crate) struct Executor<'a> {
    pub context: JobContext<'a>,
    /// What is needed several times.
    shared: Shared,
    /// Nothing goes batch by batch any more: a value was wrong, and the message has to name its row of the whole table.
    at_once: bool,
}

impl<'a> Executor<'a> {
    /// Nothing computed yet.
    pub fn new(context: JobContext<'a>) -> Self {
        Self { context, shared: Shared::default(), at_once: false }
    }

    /// The whole job: nothing is held unless everything is right.
    pub fn run(mut self, job: &TableJob) -> Outcome<TableReport> {
        let lists = job.rel.lists();
        let counts: Vec<Rel> = lists.iter().map(|step| step.counts()).collect();
        // Rejects are noted by where the relation stands that makes them.
        if self.context.rejects.is_none() {
            self.shared = Shared::of(std::iter::once(&job.rel).chain(&counts));
        }
        let (table, checks) = self.table(job)?;
        for (step, counts) in lists.into_iter().zip(&counts) {
            self.look_at_list(step, counts)?;
        }
        let context = &mut self.context;
        context.uncancelled()?;
        let cancelled = context.options.cancelled;
        let places = |scan: &Scan, rows: &[u64]| context.files.places(context.project, scan, rows, cancelled);
        let (rejects, rejected) = match &context.rejects {
            Some(log) => (Some(in_memory(log.table(|rel| context.origin(rel), places)?)?), log.counts()),
            None => (None, vec![]),
        };
        let mut observed = std::mem::take(&mut context.observed);
        observed.warnings.extend(became_null(context.notes.counts()));
        observed.dropped.retain(|dropped| dropped.rows > 0);
        let table = table.into_ref()?;
        let account = TaskReport {
            rows: Some(table.rows),
            rows_in: observed.rows_in,
            rejected,
            dropped: observed.dropped,
            joins: observed.joins,
            warnings: observed.warnings,
            checks,
            ..TaskReport::default()
        };
        Ok(TableReport { table: Some(table), rejects, account })
    }

    /// Tells whether the values of rows are those of a list. What else this computes has been told already.
    fn look_at_list(&mut self, step: &ListedStep, counts: &Rel) -> Outcome<()> {
        let before = self.context.savepoint();
        let counted = self.relation(counts, None)?;
        self.context.roll_back(before);
        let Unlisted { rows, warnings } = step.told(&listed::counts(&counted)?);
        self.context.drop_rows("in", usize::try_from(rows).unwrap_or(usize::MAX));
        self.context.observed.warnings.extend(warnings);
        Ok(())
    }

    fn table(&mut self, job: &TableJob) -> Outcome<(TableHandle, Vec<CheckResult>)> {
        if let Some(done) = pipeline::view::view(&mut self.context, &job.rel, &job.checks)? {
            return Ok(done);
        }
        if let Some(done) = pipeline::store_result::source(&mut self.context, &job.rel, &job.checks)? {
            return Ok(done);
        }
        if let Some(done) = pipeline::store_result::table(self, &job.rel, &job.checks)? {
            return Ok(done);
        }
        let schema = job.rel.schema();
        let frame = self.relation(&job.rel, None)?;
        let mut frame = pick(&frame, schema.names())?;
        frame.rechunk_mut_par();
        let checks = check::run(&job.checks, &frame, self.context.options)?;
        Ok((TableHandle::InMemory(frame), checks))
    }

    /// The rows of a relation: all its columns, or at least those required.
    pub fn relation(&mut self, rel: &Rel, required: RequiredColumns) -> Outcome<DataFrame> {
        self.context.uncancelled()?;
        let Some(place) = self.shared.place(rel) else { return self.computed(rel, required) };
        if let Some(rows) = self.shared.rows(place) {
            return Ok(rows.clone());
        }
        let rows = self.computed(rel, None)?;
        self.shared.keep(place, rows.clone());
        Ok(rows)
    }

    fn computed(&mut self, rel: &Rel, required: RequiredColumns) -> Outcome<DataFrame> {
        // The rejects show rows of the source as they were, so all of their columns are needed.
        let required = if self.context.rejects.is_some() { None } else { required };
        if let Some(frame) = self.batch_by_batch(rel, required.clone())? {
            return Ok(frame);
        }
        let Some(operator) = operator(rel, required) else { return self.repeated(rel) };
        let mut inputs = vec![];
        for (input, required) in operator.inputs() {
            let filtered = match operator.key_filter(&inputs, &self.context)? {
                Some(filter) => self.filtered(input, required.clone(), filter)?,
                None => None,
            };
            inputs.push(match filtered {
                Some(frame) => frame,
                None => self.relation(input, required)?,
            });
        }
        let frame = operator.execute(inputs, &mut self.context)?;
        match &mut self.context.rejects {
            Some(rejects) => rejects.note_source(rel, frame),
            None => Ok(frame),
        }
    }

    /// The rows of a relation that a pipeline can compute, if it is worth it.
    fn batch_by_batch(&mut self, rel: &Rel, required: RequiredColumns) -> Outcome<Option<DataFrame>> {
        match rel {
            Rel::Project { .. } | Rel::Filter { .. } | Rel::Fill { .. } | Rel::Expand { .. } | Rel::Join(_) => {
                pipeline::collect::collect(self, rel, required)
            }
            Rel::Aggregate { input, keys, metrics } => pipeline::aggregate::aggregate(self, input, keys, metrics),
            _ => Ok(None),
        }
    }

    /// The rows of a relation that computes its inputs more than once.
    fn repeated(&mut self, rel: &Rel) -> Outcome<DataFrame> {
        match rel {
            Rel::Recursive { name, start, step, all } => recursion::run(self, name, start, step, *all),
            _ => Err(unsupported("a relation without an operator")),
        }
    }

    fn filtered(&mut self, rel: &Rel, required: RequiredColumns, by: KeyFilter<'_>) -> Outcome<Option<DataFrame>> {
        // All rows of what is needed elsewhere too.
        if self.shared.place(rel).is_some() {
            return Ok(None);
        }
        pipeline::collect::filtered(self, rel, required, by)
    }

    /// Tries to do something batch by batch. If that is not possible, or a value is wrong, nothing has happened and the
    /// caller does it with all rows at once: messages about values name rows of the whole table, so they are made there.
    pub fn attempt<T>(&mut self, work: impl FnOnce(&mut Self) -> Outcome<Option<T>>) -> Outcome<Option<T>> {
        if self.at_once {
            return Ok(None);
        }
        let before = (self.context.savepoint(), self.shared.count());
        let done = work(self);
        self.at_once |= matches!(done, Err(EngineError::Value { .. }));
        match done {
            Ok(None) | Err(EngineError::Value { .. }) => {
                self.context.roll_back(before.0);
                self.shared.roll_back(before.1);
                Ok(None)
            }
            other => other,
        }
    }
}
