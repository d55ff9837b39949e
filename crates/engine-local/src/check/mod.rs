//! Statements about the result, looked at before it is held.

use std::collections::BTreeSet;

use polars::prelude::{BooleanChunked, DataFrame, NamedFrom, Series};
use tidemill_core::table::{
    CHECK_SAMPLES as SAMPLES, Check, CheckKind, CheckResult, EngineError, JobOptions, Schema, Value, judged,
};

use crate::arrays::stack::stack;
use crate::arrays::types;
use crate::error::{Outcome, internal, unsupported, within};
use crate::expr::{Eval, Notes, columns_of};
use crate::keys::groups::Groups;
use crate::ops::batch::Batch;
use crate::store::table_handle::TableHandle;

/// Microseconds in a day.
const MICROS_OF_DAY: i64 = 86_400_000_000;

/// Evaluates all checks; an error lists all those of severity `error` that do not hold.
pub(crate) fn run(checks: &[Check], frame: &DataFrame, options: &JobOptions<'_>) -> Outcome<Vec<CheckResult>> {
    let mut results = Vec::with_capacity(checks.len());
    for check in checks {
        if options.is_cancelled() {
            return Err(EngineError::Cancelled);
        }
        results.push(one(check, frame, options).map_err(|error| within(&check.name, error))?);
    }
    judged(results)
}

fn one(check: &Check, frame: &DataFrame, options: &JobOptions<'_>) -> Outcome<CheckResult> {
    let mut result = CheckResult::holds(check);
    match &check.kind {
        CheckKind::NotNull(column) => {
            let series = types::column(frame, column)?;
            if series.null_count() > 0 {
                // A NULL says nothing about its row; the other columns do.
                let others: Vec<String> =
                    frame.get_column_names().iter().take(4).map(|name| name.to_string()).collect();
                note(&mut result, frame, &with_first(column, others), series.is_null().iter())?;
            }
        }
        CheckKind::Unique(columns) => {
            let keys: Vec<Series> =
                columns.iter().map(|name| types::column(frame, name).cloned()).collect::<Outcome<_>>()?;
            let bad = repeated(&keys, frame.height())?;
            note(&mut result, frame, columns, bad.into_iter().map(Some))?;
        }
        CheckKind::RowsSatisfy { predicate, columns } => {
            // What the predicate itself turns into NULL passes, as every NULL does.
            let notes = Notes::default();
            let holds = Eval::new(frame, &notes).column(predicate)?;
            let holds: BooleanChunked = crate::arrays::typed::bools(&holds)?;
            note(&mut result, frame, columns, holds.iter().map(|holds| Some(holds == Some(false))))?;
        }
        CheckKind::RowCount { min, max } => {
            let rows = frame.height() as u64;
            let expected = match (min, max) {
                (Some(min), _) if rows < *min => Some(format!("at least {min}")),
                (_, Some(max)) if rows > *max => Some(format!("at most {max}")),
                _ => None,
            };
            if let Some(expected) = expected {
                result.bad_rows = 1;
                result.detail = Some(format!("expected {expected} rows, found {rows}"));
            }
        }
        CheckKind::Newest { column, at_least, age } => {
            result.detail = too_old(types::column(frame, column)?, *at_least, age)?;
            result.bad_rows = u64::from(result.detail.is_some());
        }
        CheckKind::Relationship { column, task, other } => {
            let table = options
                .input(task)
                .ok_or_else(|| unsupported(format!("the table of {task} was not handed to the engine")))?;
            let there = TableHandle::of(table)?.frame(Some(std::slice::from_ref(other)))?;
            let bad = unrelated(types::column(frame, column)?, types::column(&there, other)?)?;
            note(&mut result, frame, std::slice::from_ref(column), bad.into_iter().map(Some))?;
        }
    }
    Ok(result)
}

/// That the newest value of a column is older than it may be, if it is.
fn too_old(values: &Series, at_least: i64, age: &str) -> Outcome<Option<String>> {
    let newest = values.max_reduce().map_err(internal)?.into_series(values.name().clone());
    let is_fresh = match types::value_at(&newest, 0)? {
        Value::Datetime(micros) => micros >= at_least,
        Value::Date(days) => i64::from(days) * MICROS_OF_DAY >= at_least,
        _ => false,
    };
    let shown = types::shown(&newest, 0)?;
    let least = Value::Datetime(at_least);
    Ok((!is_fresh).then(|| format!("the newest value is {shown}, older than {age}: it may be from {least} on")))
}

/// Checks of a table whose rows come batch by batch.
pub(crate) struct Checking<'a> {
    checks: &'a [Check],
    results: Vec<CheckResult>,
}

impl<'a> Checking<'a> {
    /// Nothing looked at yet.
    pub fn new(checks: &'a [Check]) -> Self {
        Self { checks, results: checks.iter().map(CheckResult::holds).collect() }
    }

    /// What some rows say of the checks that look at one row at a time.
    pub fn look(
        checks: &[Check],
        rows: &Batch,
        schema: &Schema,
        options: &JobOptions<'_>,
    ) -> Outcome<Vec<Option<CheckResult>>> {
        let look = |check: &Check| {
            let needed: BTreeSet<String> = match &check.kind {
                _ if !row_by_row(check) => return Ok(None),
                CheckKind::NotNull(column) if rows.values(column)?.null_count() == 0 => {
                    // There is nothing to say of any row.
                    let none = DataFrame::new(0, vec![rows.values(column)?.clear().into()]).map_err(internal)?;
                    return one(check, &none, options).map(Some);
                }
                CheckKind::RowsSatisfy { predicate, columns } => {
                    columns_of([predicate]).into_iter().chain(columns.iter().cloned()).collect()
                }
                _ => schema.names().map(str::to_owned).collect(),
            };
            let frame = rows.columns(schema.names().filter(|name| needed.contains(*name)))?;
            one(check, &frame, options).map(Some)
        };
        checks.iter().map(|check| look(check).map_err(|error| within(&check.name, error))).collect()
    }

    /// Adds what the next rows said.
    pub fn add(&mut self, seen: Vec<Option<CheckResult>>) {
        for (all, seen) in self.results.iter_mut().zip(seen) {
            let Some(seen) = seen else { continue };
            all.bad_rows += seen.bad_rows;
            for sample in seen.samples {
                if all.samples.len() < SAMPLES && !all.samples.contains(&sample) {
                    all.samples.push(sample);
                }
            }
        }
    }

    /// Looks at the whole table for the other checks, of each only the columns that it needs.
    pub fn finish(mut self, table: &TableHandle, options: &JobOptions<'_>) -> Outcome<Vec<CheckResult>> {
        for (check, result) in self.checks.iter().zip(&mut self.results) {
            if row_by_row(check) {
                continue;
            }
            let frame = match &check.kind {
                CheckKind::Unique(columns) => table.frame(Some(columns))?,
                CheckKind::Newest { column, .. } | CheckKind::Relationship { column, .. } => {
                    table.frame(Some(std::slice::from_ref(column)))?
                }
                _ => DataFrame::empty_with_height(table.rows()),
            };
            *result = one(check, &frame, options).map_err(|error| within(&check.name, error))?;
        }
        judged(self.results)
    }
}

/// Whether each row holds or not whatever the others are. A sample that has only its number to show depends on them.
fn row_by_row(check: &Check) -> bool {
    match &check.kind {
        CheckKind::NotNull(_) => true,
        CheckKind::RowsSatisfy { columns, .. } => !columns.is_empty(),
        CheckKind::Unique(_)
        | CheckKind::RowCount { .. }
        | CheckKind::Newest { .. }
        | CheckKind::Relationship { .. } => false,
    }
}

fn with_first(first: &str, mut others: Vec<String>) -> Vec<String> {
    others.retain(|name| name != first);
    others.insert(0, first.to_owned());
    others
}

/// Counts the bad rows and shows the first.
fn note(
    result: &mut CheckResult,
    frame: &DataFrame,
    columns: &[String],
    bad: impl Iterator<Item = Option<bool>>,
) -> Outcome<()> {
    for (row, _) in bad.enumerate().filter(|(_, bad)| *bad == Some(true)) {
        result.bad_rows += 1;
        if result.samples.len() < SAMPLES {
            let parts = columns
                .iter()
                .map(|name| Ok(format!("{name}={}", types::shown(types::column(frame, name)?, row)?)))
                .collect::<Outcome<Vec<_>>>()?;
            let sample = if parts.is_empty() { format!("row {}", row + 1) } else { parts.join(", ") };
            if !result.samples.contains(&sample) {
                result.samples.push(sample);
            }
        }
    }
    Ok(())
}

/// The rows that another row equals; a row with a NULL equals none.
fn repeated(keys: &[Series], rows: usize) -> Outcome<Vec<bool>> {
    let groups = Groups::of(keys, rows)?;
    let mut times = vec![0u32; groups.len()];
    groups.of_row.iter().for_each(|group| times[*group as usize] += 1);
    let mut bad: Vec<bool> = groups.of_row.iter().map(|group| times[*group as usize] > 1).collect();
    for key in keys.iter().filter(|key| key.null_count() > 0) {
        bad.iter_mut()
            .zip(key.is_null().iter())
            .filter(|(_, is_null)| *is_null == Some(true))
            .for_each(|(bad, _)| *bad = false);
    }
    Ok(bad)
}

/// The rows whose value is not there; NULL passes.
fn unrelated(here: &Series, there: &Series) -> Outcome<Vec<bool>> {
    let (here, there) = alike(here, there)?;
    let groups = Groups::of(&[stack(&here, &there)?], here.len() + there.len())?;
    let mut is_there = vec![false; groups.len()];
    groups.of_row[here.len()..].iter().for_each(|group| is_there[*group as usize] = true);
    let nulls = here.is_null();
    Ok(groups.of_row[..here.len()]
        .iter()
        .zip(nulls.iter())
        .map(|(group, is_null)| is_null != Some(true) && !is_there[*group as usize])
        .collect())
}

/// Both columns as one type: as they are, as decimals of one scale, or else as texts.
fn alike(here: &Series, there: &Series) -> Outcome<(Series, Series)> {
    use polars::prelude::DataType as Physical;
    if here.dtype() == there.dtype() || here.dtype() == &Physical::Null || there.dtype() == &Physical::Null {
        return Ok((here.clone(), there.clone()));
    }
    let exact = |series: &Series| matches!(series.dtype(), Physical::Int64 | Physical::Decimal(..));
    if exact(here) && exact(there) {
        let ((a, a_scale), (b, b_scale)) = (crate::arrays::typed::digits(here)?, crate::arrays::typed::digits(there)?);
        let scale = a_scale.max(b_scale);
        let wide = |digits: polars::prelude::Int128Chunked, from: u8| {
            let values: Vec<Option<i128>> = digits
                .iter()
                .map(|x| x.and_then(|x| crate::values::decimal::rescale_half_even(x, from, scale)))
                .collect();
            types::decimals(values.into_iter().collect(), 38, scale)
        };
        return Ok((wide(a, a_scale), wide(b, b_scale)));
    }
    let numeric = |series: &Series| series.dtype() == &Physical::Float64 || exact(series);
    if numeric(here) && numeric(there) {
        let floats = |series: &Series| -> Outcome<Series> {
            Ok(Series::new("".into(), crate::arrays::typed::floats(series)?.iter().collect::<Vec<_>>()))
        };
        return Ok((floats(here)?, floats(there)?));
    }
    let place = |row: usize| row as u64 + 1;
    let text = |series: &Series| crate::expr::cast(series, tidemill_core::table::DataType::String, &place);
    Ok((text(here)?, text(there)?))
}
