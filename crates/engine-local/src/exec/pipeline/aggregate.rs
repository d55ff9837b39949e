//! Partial aggregation: aggregates over rows that come batch by batch.

use polars::prelude::{Column, DataFrame, IdxSize, Series};
use tidemill_core::table::{AggCall, Expr, Rel};

use super::build::pipeline_of;
use super::common_subexpressions::CommonSubexpressions;
use super::driver::drive;
use super::join_reorder;
use super::stages::Pipeline;
use crate::arrays::select::take;
use crate::arrays::types::{self, in_its_type};
use crate::error::{Outcome, internal, within};
use crate::exec::executor::Executor;
use crate::expr::{Eval, Notes};
use crate::keys::groups::Groups;
use crate::keys::interner::{EncodedKeys, KeyInterner};
use crate::keys::zero::unsigned_zeros;
use crate::ops::aggregate::{Accumulator, Arguments, Grouping, PartialAggregate, columns_read};
use crate::ops::batch::Batch;
use crate::ops::context::JobContext;
use crate::ops::sort::{SortColumn, sorted};

/// The rows of a batch by group.
struct GroupedBatch {
    /// The key of each group of the batch: one series for each part of the key.
    firsts: Vec<Series>,
    /// The same in the form in which they are looked up.
    keys: EncodedKeys,
    of_row: Vec<IdxSize>,
    groups: usize,
    /// For each accumulator.
    parts: Vec<PartialAggregate>,
}

/// The aggregate without all rows of the input in memory; none if it needs them, or they are already.
pub(crate) fn aggregate(
    executor: &mut Executor<'_>,
    input: &Rel,
    keys: &[(String, Expr)],
    metrics: &[(String, AggCall)],
) -> Outcome<Option<DataFrame>> {
    let mut accumulators = vec![];
    let mut served = vec![];
    for (name, call) in metrics {
        let Some(accumulator) = Accumulator::new(call) else { return Ok(None) };
        let known = accumulators.iter().position(|(_, known): &(&str, Accumulator<'_>)| known.serves(call));
        served.push(known.unwrap_or(accumulators.len()));
        if known.is_none() {
            accumulators.push((name.as_str(), accumulator));
        }
    }
    let reordered = join_reorder::reordered(&executor.context, input, keys, metrics);
    executor.attempt(|executor| {
        // What came in is told in the order in which the query names it.
        if reordered.is_some() {
            join_reorder::count_inputs(&mut executor.context, input)?;
        }
        let input = reordered.as_ref().unwrap_or(input);
        let required = Some(columns_read(keys, metrics));
        let Some(pipeline) = pipeline_of(executor, input, required)? else { return Ok(None) };
        run(&mut executor.context, pipeline, keys, metrics, accumulators, &served).map(Some)
    })
}

/// `served` says which accumulator each metric has its result from; accumulators have the name of the first metric.
fn run(
    context: &mut JobContext<'_>,
    pipeline: Pipeline<'_>,
    keys: &[(String, Expr)],
    metrics: &[(String, AggCall)],
    mut accumulators: Vec<(&str, Accumulator<'_>)>,
    served: &[usize],
) -> Outcome<DataFrame> {
    let notes = Notes::from_counts(context.notes.counts());
    let mut interner = KeyInterner::default();
    let mut firsts: Vec<Series> = vec![];
    let mut count = usize::from(keys.is_empty());
    let shared = CommonSubexpressions::of(accumulators.iter().map(|(name, accumulator)| (*name, accumulator.call())));
    let work = |batch: Batch| group(shared.computed(batch.into_frame()?, &notes)?, keys, &shared.calls, &notes);
    drive(context, &pipeline, &notes, work, |batch| {
        let to_all = if keys.is_empty() { vec![0; batch.groups] } else { interner.intern_encoded(&batch.keys) };
        // Groups of a batch come in the order of their first rows, so new ones get ascending numbers.
        let new: Vec<IdxSize> =
            (0..batch.groups as IdxSize).filter(|group| to_all[*group as usize] as usize >= count).collect();
        count = count.max(interner.len());
        if firsts.is_empty() {
            firsts = batch
                .firsts
                .iter()
                .map(|values| values.take_slice(&new))
                .collect::<Result<_, _>>()
                .map_err(internal)?;
        } else if new.len() == batch.groups {
            for (all, values) in firsts.iter_mut().zip(&batch.firsts) {
                all.append(values).map_err(internal)?;
            }
        } else if !new.is_empty() {
            for (all, values) in firsts.iter_mut().zip(&batch.firsts) {
                all.append(&values.take_slice(&new).map_err(internal)?).map_err(internal)?;
            }
        }
        for ((name, accumulator), part) in accumulators.iter_mut().zip(&batch.parts) {
            accumulator
                .add(part, &batch.of_row, &to_all, count)
                .map_err(|error| within(&format!("column {name}"), error))?;
        }
        Ok(())
    })?;
    pipeline.finish(context)?;
    context.notes = notes;
    let firsts: Vec<Series> = firsts.into_iter().map(|values| values.rechunk()).collect();
    let order = sorted(&firsts.iter().cloned().map(SortColumn::ascending).collect::<Vec<_>>(), count)?;
    let mut columns: Vec<Column> = Vec::with_capacity(keys.len() + metrics.len());
    for ((name, _), values) in keys.iter().zip(firsts) {
        columns.push(types::expand(name, values, count));
    }
    for ((name, call), accumulator) in metrics.iter().zip(served) {
        let values = accumulators[*accumulator]
            .1
            .finish(call, count)
            .map_err(|error| within(&format!("column {name}"), error))?;
        columns.push(types::expand(name, values, count));
    }
    take(&DataFrame::new(count, columns).map_err(internal)?, &order)
}

fn group(
    frame: DataFrame,
    keys: &[(String, Expr)],
    calls: &[(String, AggCall)],
    notes: &Notes,
) -> Outcome<GroupedBatch> {
    let rows = frame.height();
    let eval = Eval::new(&frame, notes);
    let values: Vec<Series> = keys
        .iter()
        .map(|(_, key)| in_its_type(eval.column(key)?, key.data_type).map(unsigned_zeros))
        .collect::<Outcome<_>>()?;
    let groups = Groups::of(&values, rows)?;
    let firsts: Vec<Series> =
        values.iter().map(|values| values.take_slice(&groups.first)).collect::<Result<_, _>>().map_err(internal)?;
    let keyed = EncodedKeys::of(&firsts, groups.len())?;
    // Without keys all rows are one group, also if there are none.
    let count = if keys.is_empty() { 1 } else { groups.len() };
    let grouping = Grouping::new(&groups.of_row, count);
    let parts = calls
        .iter()
        .map(|(name, call)| {
            let part = Arguments::of(&eval, call).and_then(|mut arguments| {
                arguments.values = std::mem::take(&mut arguments.values)
                    .into_iter()
                    .zip(&call.args)
                    .map(|(values, arg)| in_its_type(values, arg.data_type))
                    .collect::<Outcome<_>>()?;
                PartialAggregate::of(call, arguments, &grouping)
            });
            part.map_err(|error| within(&format!("column {name}"), error))
        })
        .collect::<Outcome<_>>()?;
    Ok(GroupedBatch { firsts, keys: keyed, groups: count, of_row: groups.of_row, parts })
}
