//! Each row once for every value of a series.

use polars::prelude::{Column, DataFrame, IdxSize, Int32Chunked, Int64Chunked, IntoSeries, Series};
use tidemill_core::table::{DataType, Expr, Rel, SeriesStep};

use super::context::JobContext;
use super::operator::{Operator, only_input};
use super::required_columns::{RequiredColumns, with};
use crate::arrays::select::{only, take};
use crate::arrays::typed::{days, ints, micros};
use crate::arrays::types;
use crate::error::{Outcome, internal, value};
use crate::expr::{Eval, columns_of};
use crate::values::calendar::{self, MICROS_PER_DAY};

/// Gives each row once for every value of a series, which is appended as a column.
pub(crate) struct SeriesExec<'a> {
    pub input: &'a Rel,
    pub column: &'a str,
    pub start: &'a Expr,
    pub stop: &'a Expr,
    pub step: &'a SeriesStep,
    pub required: RequiredColumns,
}

impl Operator for SeriesExec<'_> {
    fn inputs(&self) -> Vec<(&Rel, RequiredColumns)> {
        let step = match self.step {
            SeriesStep::Number(step) => Some(step),
            SeriesStep::Interval { .. } => None,
        };
        let read = columns_of([self.start, self.stop].into_iter().chain(step));
        vec![(self.input, with(self.required.clone(), read))]
    }

    fn execute(&self, inputs: Vec<DataFrame>, context: &mut JobContext<'_>) -> Outcome<DataFrame> {
        let frame = only_input(inputs);
        let eval = Eval::new(&frame, &context.notes);
        let bounds = (whole_numbers(&eval, self.start)?, whole_numbers(&eval, self.stop)?);
        let steps = match self.step {
            SeriesStep::Number(step) => Some(ints(&eval.column(step)?)?),
            SeriesStep::Interval { .. } => None,
        };
        let (mut sources, mut values): (Vec<IdxSize>, Vec<i64>) = (vec![], vec![]);
        for row in 0..frame.height() {
            context.uncancelled()?;
            let (Some(start), Some(stop)) = (bounds.0.get(row), bounds.1.get(row)) else { continue };
            match (self.step, &steps) {
                (SeriesStep::Interval { months, days, micros }, _) => {
                    let step = [*months, *days, *micros];
                    let descends = step.iter().any(|part| *part < 0);
                    let next = |at| calendar_step(at, step, self.start.data_type);
                    series(&mut values, start, stop, descends, next)?;
                }
                (SeriesStep::Number(_), steps) => match steps.as_ref().and_then(|steps| steps.get(row)) {
                    Some(0) => return Err(value("the step of a series is 0")),
                    Some(step) => series(&mut values, start, stop, step < 0, |at| at.checked_add(step))?,
                    None => {}
                },
            }
            sources.resize(values.len(), row as IdxSize);
        }
        let mut columns = take(&only(frame, &self.required)?, &sources)?.into_columns();
        let height = values.len();
        columns.push(column_of(self.column, values, self.start.data_type)?);
        DataFrame::new(height, columns).map_err(internal)
    }
}

/// Days, microseconds, or ints as they are.
fn whole_numbers(eval: &Eval<'_>, bound: &Expr) -> Outcome<Int64Chunked> {
    let series = eval.column(bound)?;
    match bound.data_type {
        DataType::Date => Ok(days(&series)?.iter().map(|day| day.map(i64::from)).collect()),
        DataType::Datetime => micros(&series),
        _ => ints(&series),
    }
}

/// Appends the values from `start` on that are not beyond `stop`; `next` gives none where the type has no further value.
fn series(
    values: &mut Vec<i64>,
    start: i64,
    stop: i64,
    descends: bool,
    next: impl Fn(i64) -> Option<i64>,
) -> Outcome<()> {
    let mut at = Some(start);
    while let Some(current) = at.filter(|at| if descends { *at >= stop } else { *at <= stop }) {
        if values.len() >= IdxSize::MAX as usize - 1 {
            return Err(value("a series would make more than four billion rows"));
        }
        values.push(current);
        at = next(current);
    }
    Ok(())
}

/// So many months, days and microseconds on; none beyond the last day there is.
fn calendar_step(at: i64, step: [i64; 3], data_type: DataType) -> Option<i64> {
    let [months, days, micros] = step;
    let moved = |day: i64| calendar::add_months(day, months)?.checked_add(days);
    if data_type == DataType::Date {
        return moved(at).filter(|day| i32::try_from(*day).is_ok_and(calendar::is_valid));
    }
    let day = moved(at.div_euclid(MICROS_PER_DAY))?;
    let at = day.checked_mul(MICROS_PER_DAY)?.checked_add(at.rem_euclid(MICROS_PER_DAY))?.checked_add(micros);
    at.filter(|at| calendar::is_valid_instant(*at))
}

fn column_of(name: &str, values: Vec<i64>, data_type: DataType) -> Outcome<Column> {
    let series: Series = match data_type {
        DataType::Date => {
            let days: Int32Chunked = values.into_iter().map(|day| i32::try_from(day).ok()).collect();
            days.into_date().into_series()
        }
        DataType::Datetime => types::datetimes(Int64Chunked::from_vec("".into(), values)),
        _ => Int64Chunked::from_vec("".into(), values).into_series(),
    };
    Ok(series.with_name(name.into()).into())
}
