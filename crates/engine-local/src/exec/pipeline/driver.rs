//! Sends the rows of a pipeline's source through its stages.

use std::sync::{Mutex, PoisonError};

use polars::prelude::DataFrame;
use polars_core::runtime::RAYON;
use tidemill_core::table::Schema;

use super::stages::{BatchSource, Pipeline, StageReport};
use crate::arrays::types;
use crate::error::Outcome;
use crate::expr::Notes;
use crate::ops::batch::Batch;
use crate::ops::context::JobContext;
use crate::runtime::ordered::for_each_in_order;
use crate::store::stored_table::StoredTable;

/// Slices for each core that are under way, or wait to be taken.
const SLICES: usize = 4;

/// Without a join that multiplies them, rows only become fewer, and larger slices cost less, as long as what a few columns of
/// one need stays in the processor's own memory.
const PLAIN_SLICES: usize = 2;

/// A row group of at most so many slices, some of whose columns are run-length encoded, goes through such stages as it is.
const WHOLE_SLICES: usize = 8;

/// Row groups for each core that are under way, or wait to be taken.
const ROW_GROUPS: usize = 3;

/// What became of a slice, and what the stages tell of it.
struct BatchResult<R> {
    result: R,
    reports: Vec<StageReport>,
    /// Rows that the stages have made of it.
    #[cfg(test)]
    rows: usize,
}

/// Calls `work` with what the stages make of each slice, side by side, and `take` with its results, in the order of the rows.
/// There is at least one slice, if of no rows.
pub(crate) fn drive<R: Send>(
    context: &mut JobContext<'_>,
    pipeline: &Pipeline<'_>,
    notes: &Notes,
    work: impl Fn(Batch) -> Outcome<R> + Sync,
    mut take: impl FnMut(R) -> Outcome<()>,
) -> Outcome<()> {
    let cores = RAYON.current_num_threads().max(1);
    let slice = context.budget.batch_rows * if pipeline.multiplies() { 1 } else { PLAIN_SLICES };
    #[cfg(test)]
    let budget = context.budget;
    let through = |batch: Batch| -> Outcome<BatchResult<R>> {
        let mut reports = vec![];
        let rows = pipeline.apply(batch, notes, &mut reports)?;
        #[cfg(test)]
        let count = rows.height();
        #[cfg(test)]
        budget.begin(count);
        Ok(BatchResult {
            result: work(rows)?,
            reports,
            #[cfg(test)]
            rows: count,
        })
    };
    let mut take = |context: &mut JobContext<'_>, done: BatchResult<R>| {
        #[cfg(test)]
        budget.end(done.rows);
        pipeline.note(context, done.reports)?;
        take(done.result)
    };
    match &pipeline.source {
        BatchSource::Frame(frame) => {
            let starts: Vec<usize> = starts(frame.height(), slice).collect();
            for_each_in_order(
                starts.len(),
                SLICES * cores,
                |at| through(cut(frame, starts[at], slice)),
                |done| {
                    context.uncancelled()?;
                    take(context, done)
                },
            )
        }
        BatchSource::File(file, columns) if pipeline.multiplies() => {
            let row_groups = RowGroupCache::new(&**file, columns);
            let slices: Vec<(usize, usize)> = (0..file.len())
                .flat_map(|row_group| starts(file.rows_of(row_group), slice).map(move |start| (row_group, start)))
                .collect();
            let one = |at: usize| {
                let (row_group, start) = slices[at];
                let rows = row_groups.row_group(row_group)?;
                // The next row group is there when it is needed, and nobody waits for it.
                if start == 0 && row_group + 1 < file.len() {
                    row_groups.row_group(row_group + 1)?;
                }
                Ok((row_group, through(cut(&rows, start, slice))?))
            };
            let mut before = 0;
            for_each_in_order(slices.len(), SLICES * cores, one, |(row_group, done)| {
                context.uncancelled()?;
                (before..row_group).for_each(|row_group| row_groups.forget(row_group));
                before = row_group;
                take(context, done)
            })
        }
        BatchSource::File(file, columns) => {
            let one = |row_group: usize| -> Outcome<Vec<BatchResult<R>>> {
                if let Some(report) = pipeline.leaves_out(&**file, row_group) {
                    let typed = |column: &String| Some((column.clone(), file.schema().get(column)?));
                    let none = types::empty(&columns.iter().filter_map(typed).collect::<Schema>())?;
                    let mut none = through(Batch::of_frame(none))?;
                    none.reports.extend(report);
                    return Ok(vec![none]);
                }
                let batches = batches(&**file, row_group, columns, slice)?;
                batches.into_iter().map(through).collect()
            };
            for_each_in_order(file.len(), ROW_GROUPS * cores, one, |done| {
                context.uncancelled()?;
                done.into_iter().try_for_each(|done| take(context, done))
            })
        }
    }
}

/// Row groups of a stored table that several slices are cut from.
struct RowGroupCache<'a> {
    file: &'a dyn StoredTable,
    columns: &'a [String],
    read: Vec<Mutex<Option<DataFrame>>>,
}

impl<'a> RowGroupCache<'a> {
    fn new(file: &'a dyn StoredTable, columns: &'a [String]) -> Self {
        Self { file, columns, read: (0..file.len()).map(|_| Mutex::default()).collect() }
    }

    /// A row group; the first who asks reads it, and the others wait for that.
    fn row_group(&self, at: usize) -> Outcome<DataFrame> {
        let mut read = self.read[at].lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(rows) = &*read {
            return Ok(rows.clone());
        }
        let rows = self.file.frame(at, Some(self.columns))?;
        *read = Some(rows.clone());
        Ok(rows)
    }

    /// Nobody will ask for this row group any more.
    fn forget(&self, at: usize) {
        *self.read[at].lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// The rows of a row group: in one batch where columns are run-length encoded, so that each run is looked at once; else in
/// slices.
fn batches(file: &dyn StoredTable, row_group: usize, columns: &[String], slice: usize) -> Outcome<Vec<Batch>> {
    let row_group = file.row_group(row_group, Some(columns))?;
    let by_run = row_group.columns.iter().any(|column| column.by_run);
    if by_run && row_group.rows <= slice / PLAIN_SLICES * WHOLE_SLICES {
        return Ok(vec![Batch::of_row_group(row_group)?]);
    }
    let frame = row_group.into_frame()?;
    Ok(starts(frame.height(), slice).map(|start| cut(&frame, start, slice)).collect())
}

/// Where slices begin, at least one.
fn starts(rows: usize, slice: usize) -> impl Iterator<Item = usize> {
    (0..rows.max(1)).step_by(slice)
}

fn cut(frame: &DataFrame, start: usize, rows: usize) -> Batch {
    if frame.width() == 0 {
        return Batch::of_frame(DataFrame::empty_with_height(rows.min(frame.height() - start.min(frame.height()))));
    }
    Batch::of_frame(frame.slice(start as i64, rows))
}
