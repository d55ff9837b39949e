//! Turns relations into pipelines.

use polars::prelude::DataType as Physical;
use polars::prelude::Series;
use tidemill_core::table::{DataType, Fill, Rel};

use super::driver::drive;
use super::hash_probe::HashProbe;
use super::stages::{BatchSource, Filling, Pipeline, Stage};
use crate::arrays::types;
use crate::error::{Outcome, internal, unsupported, within};
use crate::exec::executor::Executor;
use crate::expr::{Notes, columns_of};
use crate::ops::batch::Batch;
use crate::ops::expand;
use crate::ops::fill::{self, RunningMean};
use crate::ops::required_columns::{RequiredColumns, with};
use crate::store::table_handle::TableHandle;

/// What a pipeline works on if all of its steps are such that they need one row at a time.
fn source_of(rel: &Rel) -> &Rel {
    match rel {
        Rel::Project { input, .. }
        | Rel::Filter { input, .. }
        | Rel::Fill { input, .. }
        | Rel::Expand { input, .. } => source_of(input),
        Rel::Listed(step) => source_of(&step.input),
        Rel::Join(step) if HashProbe::can(step) => source_of(&step.left),
        other => other,
    }
}

fn multiplies(rel: &Rel) -> bool {
    match rel {
        Rel::Project { input, .. } | Rel::Filter { input, .. } | Rel::Fill { input, .. } => multiplies(input),
        Rel::Listed(step) => multiplies(&step.input),
        Rel::Join(_) | Rel::Expand { .. } => true,
        _ => false,
    }
}

/// The relation as a pipeline, if that is possible and worth it: its source is a task's table that is in a file, or one of
/// several slices that a join may multiply.
pub(super) fn pipeline_of<'a>(
    executor: &mut Executor<'_>,
    rel: &'a Rel,
    required: RequiredColumns,
) -> Outcome<Option<Pipeline<'a>>> {
    let Rel::Input { task, .. } = source_of(rel) else { return Ok(None) };
    let context = &executor.context;
    let Some(table) = context.rejects.is_none().then(|| context.table(task)).transpose()? else { return Ok(None) };
    let worth = match TableHandle::of(table)? {
        TableHandle::OnDisk(_) => true,
        TableHandle::InMemory(frame) => frame.height() > context.budget.batch_rows && multiplies(rel),
    };
    if worth { build(executor, rel, required).map(Some) } else { Ok(None) }
}

fn build<'a>(executor: &mut Executor<'_>, rel: &'a Rel, required: RequiredColumns) -> Outcome<Pipeline<'a>> {
    let mut pipeline = match rel {
        Rel::Project { input, columns } => {
            let read = columns_of(columns.iter().map(|(_, expr)| expr));
            build(executor, input, Some(read))?.and(Stage::Project(columns))
        }
        Rel::Filter { input, predicate, account } => {
            let pipeline = build(executor, input, with(required.clone(), columns_of([predicate])))?;
            let place = account.as_ref().map(|step| executor.context.reserve_drop(step));
            pipeline.and(Stage::Filter(predicate, place, required))
        }
        Rel::Expand { input, columns } => {
            let read = with(required.clone(), expand::columns_read(columns));
            build(executor, input, read)?.and(Stage::Expand(columns, required))
        }
        Rel::Fill { input, columns } => {
            let fillings = fillings(executor, input, columns)?;
            let required = with(required, columns.iter().map(|(name, _)| name.clone()).collect());
            build(executor, input, required)?.and(Stage::Fill(fillings))
        }
        Rel::Listed(step) => build(executor, &step.input, required)?,
        Rel::Join(step) => {
            let on = columns_of(step.on.iter().flat_map(|(left, right)| [left, right]));
            let with_keys = with(required.clone(), on);
            let pipeline = build(executor, &step.left, with_keys.clone())?;
            let right = executor.relation(&step.right, with_keys)?;
            pipeline.and(Stage::Probe(Box::new(HashProbe::new(step, right, required, &executor.context.notes)?)))
        }
        Rel::Input { task, .. } => {
            let table = TableHandle::of(executor.context.table(task)?)?;
            let names = table.names();
            let wanted = |name: &String| required.as_ref().is_none_or(|required| required.contains(name));
            let names: Vec<String> = names.into_iter().filter(wanted).collect();
            executor.context.count_in(task.clone(), table.rows());
            let source = match table {
                TableHandle::OnDisk(file) => BatchSource::File(file, names),
                TableHandle::InMemory(_) => BatchSource::Frame(table.frame(Some(&names))?),
            };
            Pipeline { source, stages: vec![] }
        }
        _ => return Err(unsupported("a step that needs all its rows at once")),
    };
    pipeline.stages.shrink_to_fit();
    Ok(pipeline)
}

/// What fills each column. Means and medians are those of all rows, so these go through the pipeline once beforehand, with no
/// other columns than those.
fn fillings<'a>(
    executor: &mut Executor<'_>,
    input: &Rel,
    columns: &'a [(String, Fill)],
) -> Outcome<Vec<(&'a str, Filling<'a>)>> {
    let looks_at_all = |how: &Fill| matches!(how, Fill::Mean | Fill::Median);
    let mut known: Vec<(&str, &Fill, FillStatistic)> = columns
        .iter()
        .filter(|(_, how)| looks_at_all(how))
        .map(|(name, how)| (name.as_str(), how, FillStatistic::default()))
        .collect();
    if !known.is_empty() {
        let before = executor.context.savepoint();
        let pipeline = build(executor, input, Some(known.iter().map(|(name, ..)| (*name).to_owned()).collect()))?;
        let notes = Notes::default();
        drive(&mut executor.context, &pipeline, &notes, Batch::into_frame, |frame| {
            known.iter_mut().try_for_each(|(name, how, statistic)| {
                statistic
                    .add(types::column(&frame, name)?, how)
                    .map_err(|error| within(&format!("column {name}"), error))
            })
        })?;
        executor.context.roll_back(before);
    }
    columns
        .iter()
        .map(|column| {
            let filling = match known.iter().find(|(name, ..)| *name == column.0) {
                Some((_, how, statistic)) => Filling::Known(statistic.filling(how)?),
                None => Filling::Constant(column),
            };
            Ok((column.0.as_str(), filling))
        })
        .collect()
}

/// The mean or median of a column under way.
#[derive(Default)]
struct FillStatistic {
    mean: RunningMean,
    all: Option<Series>,
    data_type: Option<DataType>,
}

impl FillStatistic {
    fn add(&mut self, values: &Series, how: &Fill) -> Outcome<()> {
        self.data_type = Some(types::from_polars(values.dtype())?);
        match (how, &mut self.all) {
            (Fill::Mean, _) if values.dtype() == &Physical::Null => {}
            (Fill::Mean, _) => self.mean.add(values)?,
            (_, Some(all)) => {
                all.append(values).map_err(internal)?;
            }
            (_, all) => *all = Some(values.clone()),
        }
        Ok(())
    }

    fn filling(&self, how: &Fill) -> Outcome<Series> {
        match (how, self.data_type, &self.all) {
            // Nothing is filled in a column of nothing but NULL.
            (_, None | Some(DataType::Null), _) => Ok(Series::full_null("".into(), 1, &Physical::Null)),
            (Fill::Mean, Some(data_type), _) => self.mean.filling(data_type),
            (_, Some(data_type), Some(all)) => fill::median(all, data_type),
            (_, Some(data_type), None) => Ok(Series::full_null("".into(), 1, &types::to_polars(data_type))),
        }
    }
}
