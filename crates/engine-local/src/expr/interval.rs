//! `date + interval`.

use polars::prelude::DataType as Physical;
use polars::prelude::{Int32Chunked, Int64Chunked, IntoSeries, Series};
use tidemill_core::table::Function;

use super::context::EvalContext;
use crate::arrays::operand::Operand;
use crate::arrays::typed::{days, ints, micros};
use crate::arrays::types;
use crate::error::{Outcome, unsupported, value};
use crate::values::calendar::{self, MICROS_PER_DAY};

/// A date or datetime, months, days and, of a datetime, microseconds.
pub(super) fn add(context: &EvalContext<'_>, function: Function, values: &[&Series]) -> Outcome<Series> {
    let (x, months, count, clock) = match *values {
        [x, months, count] => (x, months, count, None),
        [x, months, count, clock] => (x, months, count, Some(clock)),
        _ => return Err(unsupported(format!("`{function}` of {} arguments", values.len()))),
    };
    let (months, counts) = (ints(months)?, ints(count)?);
    let clock = clock.map_or_else(|| Ok(Int64Chunked::from_iter([Some(0)])), ints)?;
    let (months, counts, clock) = (Operand::new(&months), Operand::new(&counts), Operand::new(&clock));
    let rows = context.rows_of(values);
    let out_of_range =
        |row: usize| value(format!("the date in row {} plus the interval is out of range", context.place(row)));
    let moved = |row: usize, day: i64| -> Outcome<Option<i64>> {
        let (Some(months), Some(count)) = (months.at(row), counts.at(row)) else { return Ok(None) };
        let day = calendar::add_months(day, months).and_then(|day| day.checked_add(count));
        let day = day.filter(|day| i32::try_from(*day).is_ok_and(calendar::is_valid));
        day.map(Some).ok_or_else(|| out_of_range(row))
    };
    match x.dtype() {
        Physical::Date => {
            let dates = days(x)?;
            let dates = Operand::new(&dates);
            let result: Outcome<Int32Chunked> = (0..rows)
                .map(|row| match dates.at(row) {
                    None => Ok(None),
                    Some(day) => Ok(moved(row, day.into())?.map(|day| day as i32)), // checked above
                })
                .collect();
            Ok(result?.into_date().into_series())
        }
        Physical::Datetime(..) => {
            let instants = micros(x)?;
            let instants = Operand::new(&instants);
            let at = |row: usize| -> Outcome<Option<i64>> {
                let (Some(at), Some(clock)) = (instants.at(row), clock.at(row)) else { return Ok(None) };
                let Some(day) = moved(row, at.div_euclid(MICROS_PER_DAY))? else { return Ok(None) };
                let at = (day * MICROS_PER_DAY + at.rem_euclid(MICROS_PER_DAY)).checked_add(clock);
                at.filter(|at| calendar::is_valid_instant(*at)).map(Some).ok_or_else(|| out_of_range(row))
            };
            let result: Outcome<Int64Chunked> = (0..rows).map(at).collect();
            Ok(types::datetimes(result?))
        }
        Physical::Null => Ok(x.clone()),
        other => Err(unsupported(format!("{other} plus an interval"))),
    }
}
