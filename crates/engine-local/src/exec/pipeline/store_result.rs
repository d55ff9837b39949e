//! A whole job whose result goes into a file if it is too large for memory.

use std::sync::Arc;

use polars::prelude::DataFrame;
use tempfile::TempPath;
use tidemill_core::table::{Check, CheckResult, Rel};

use super::build::pipeline_of;
use super::driver::drive;
use super::stages::Pipeline;
use crate::check::Checking;
use crate::error::{Outcome, internal};
use crate::exec::executor::Executor;
use crate::expr::Notes;
use crate::ops::batch::Batch;
use crate::ops::context::JobContext;
use crate::runtime::memory_budget::MemoryBudget;
use crate::store::TableFileWriter;
use crate::store::row_group::RowGroup;
use crate::store::table_file::TableFile;
use crate::store::table_handle::{TableHandle, cells};

/// The table of the relation and how its checks ended; none if it cannot be a pipeline.
pub(crate) fn table(
    executor: &mut Executor<'_>,
    rel: &Rel,
    checks: &[Check],
) -> Outcome<Option<(TableHandle, Vec<CheckResult>)>> {
    executor.attempt(|executor| {
        let Some(pipeline) = pipeline_of(executor, rel, None)? else { return Ok(None) };
        run(&mut executor.context, pipeline, rel, checks).map(Some)
    })
}

fn run(
    context: &mut JobContext<'_>,
    pipeline: Pipeline<'_>,
    rel: &Rel,
    checks: &[Check],
) -> Outcome<(TableHandle, Vec<CheckResult>)> {
    let schema = &rel.schema();
    let notes = Notes::from_counts(context.notes.counts());
    let (options, budget) = (context.options, context.budget);
    let mut checking = Checking::new(checks);
    let mut result = ResultTable::default();
    let work = |batch: Batch| {
        let seen = Checking::look(checks, &batch, schema, options)?;
        let rows = match batch.into_row_group(schema.names())? {
            Ok(row_group) if row_group.is_canonical()? => ResultRows::RowGroup(row_group),
            Ok(row_group) => ResultRows::Frame(row_group.into_frame()?),
            Err(frame) => ResultRows::Frame(frame),
        };
        Ok((rows, seen))
    };
    drive(context, &pipeline, &notes, work, |(rows, seen)| {
        checking.add(seen);
        result.push(rows, budget)
    })?;
    pipeline.finish(context)?;
    context.notes = notes;
    let table = result.finish()?;
    let results = checking.finish(&table, options)?;
    Ok((table, results))
}

/// The table of a source that gives its rows batch by batch, and how its checks ended; none if it is read at once.
pub(crate) fn source(
    context: &mut JobContext<'_>,
    rel: &Rel,
    checks: &[Check],
) -> Outcome<Option<(TableHandle, Vec<CheckResult>)>> {
    let Rel::Scan(scan) = rel else { return Ok(None) };
    let options = context.options;
    let Some(batches) = context.files.batches(scan, options.cancelled)? else { return Ok(None) };
    let (mut checking, mut result, mut rows) = (Checking::new(checks), ResultTable::default(), 0);
    for frame in batches {
        context.uncancelled()?;
        let frame = frame?;
        rows += frame.height();
        checking.add(Checking::look(checks, &Batch::of_frame(frame.clone()), &scan.schema, options)?);
        result.push(ResultRows::Frame(frame), context.budget)?;
    }
    let from = scan.files.first().map(ToString::to_string).unwrap_or_default();
    context.count_in(from, rows);
    context.observed.warnings.extend(context.files.remarks(context.project, scan)?);
    let table = result.finish()?;
    let results = checking.finish(&table, options)?;
    Ok(Some((table, results)))
}

/// Rows of the result.
enum ResultRows {
    Frame(DataFrame),
    /// As the file holds them, if they come to lie so that they are a row group there.
    RowGroup(RowGroup),
}

/// A table that grows: in memory as long as it is small.
#[derive(Default)]
struct ResultTable {
    frame: Option<DataFrame>,
    file: Option<(TableFileWriter, TempPath)>,
}

impl ResultTable {
    fn push(&mut self, rows: ResultRows, budget: &MemoryBudget) -> Outcome<()> {
        if let Some((writer, _)) = &mut self.file {
            return match rows {
                ResultRows::Frame(frame) => writer.push(frame),
                ResultRows::RowGroup(row_group) => writer.push_row_group(row_group),
            };
        }
        let rows = match rows {
            ResultRows::Frame(frame) => frame,
            ResultRows::RowGroup(row_group) => row_group.into_frame()?,
        };
        let frame = match self.frame.take() {
            Some(mut frame) => {
                frame.vstack_mut_owned(rows).map_err(internal)?;
                frame
            }
            None => rows,
        };
        if cells(&frame) <= budget.max_cells {
            self.frame = Some(frame);
            return Ok(());
        }
        let path = budget.new_file()?;
        let mut writer = TableFileWriter::create(&path)?;
        writer.push(frame)?;
        self.file = Some((writer, path));
        Ok(())
    }

    fn finish(self) -> Outcome<TableHandle> {
        if let Some((writer, path)) = self.file {
            let digest = writer.finish()?;
            return Ok(TableHandle::OnDisk(Arc::new(TableFile::spilled(path, digest)?)));
        }
        let mut frame = self.frame.unwrap_or_default();
        frame.rechunk_mut_par();
        Ok(TableHandle::InMemory(frame))
    }
}
