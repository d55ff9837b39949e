//! Operators over a large table whose result is wanted in memory.

use polars::prelude::DataFrame;
use tidemill_core::table::Rel;

use super::build::pipeline_of;
use super::driver::drive;
use super::stages::Pipeline;
use crate::arrays::select::pick;
use crate::error::{Outcome, internal};
use crate::exec::executor::Executor;
use crate::expr::Notes;
use crate::ops::batch::Batch;
use crate::ops::context::JobContext;
use crate::ops::operator::KeyFilter;
use crate::ops::required_columns::RequiredColumns;

/// The rows of the relation, computed batch by batch on all cores; none if it cannot be a pipeline.
pub(crate) fn collect(executor: &mut Executor<'_>, rel: &Rel, required: RequiredColumns) -> Outcome<Option<DataFrame>> {
    executor.attempt(|executor| {
        let Some(pipeline) = pipeline_of(executor, rel, required)? else { return Ok(None) };
        run(&mut executor.context, rel, pipeline).map(Some)
    })
}

/// Likewise, but only of the rows that the filter leaves.
pub(crate) fn filtered(
    executor: &mut Executor<'_>,
    rel: &Rel,
    required: RequiredColumns,
    by: KeyFilter<'_>,
) -> Outcome<Option<DataFrame>> {
    executor.attempt(|executor| {
        let Some(pipeline) = pipeline_of(executor, rel, required)? else { return Ok(None) };
        let pipeline = pipeline.filtered(by)?;
        run(&mut executor.context, rel, pipeline).map(Some)
    })
}

fn run(context: &mut JobContext<'_>, rel: &Rel, pipeline: Pipeline<'_>) -> Outcome<DataFrame> {
    let notes = Notes::from_counts(context.notes.counts());
    let mut whole: Option<DataFrame> = None;
    drive(context, &pipeline, &notes, Batch::into_frame, |rows| {
        match &mut whole {
            Some(whole) if rows.height() > 0 => {
                // Columns that are run-length encoded in one row group and not in another do not come in the same order.
                let rows = pick(&rows, whole.schema().iter_names().map(|name| name.as_str()))?;
                whole.vstack_mut_owned(rows).map_err(internal)?;
            }
            Some(_) => {}
            none => *none = Some(rows),
        }
        Ok(())
    })?;
    pipeline.finish(context)?;
    context.notes = notes;
    let mut whole = in_order_of(rel, whole.unwrap_or_default())?;
    whole.rechunk_mut_par();
    Ok(whole)
}

/// The same columns in the order of the relation's: a set operation matches columns by place, and batches come with those
/// first that were not run-length encoded.
fn in_order_of(rel: &Rel, frame: DataFrame) -> Outcome<DataFrame> {
    let schema = rel.schema();
    pick(&frame, schema.names().filter(|name| frame.column(name).is_ok()))
}
