//! Functions of dates, datetimes and times.

use jiff::civil;
use polars::prelude::DataType as Physical;
use polars::prelude::{Int32Chunked, Int64Chunked, IntoSeries, Series, StringChunked};
use tidemill_core::table::{DataType, DatePart, Expr, Function, Modifier, read_datetime};

use super::context::EvalContext;
use super::eval::Eval;
use super::kernel::{Compute, Kernel, constant_text, first};
use super::{interval, zone};
use crate::arrays::operand::Operand;
use crate::arrays::typed::{days, ints, micros, nanos, texts};
use crate::arrays::types::{self, NANOS};
use crate::error::{Outcome, unsupported, value};
use crate::values::calendar::{self, MICROS_PER_DAY, MICROS_PER_SECOND};

pub(super) const KERNELS: &[Kernel] = &[
    Kernel { name: "date_trunc", compute: Compute::Values(date_trunc) },
    Kernel { name: "extract", compute: Compute::Values(extract) },
    Kernel { name: "strftime", compute: Compute::Expressions(strftime) },
    Kernel { name: "strptime", compute: Compute::Expressions(|eval, args, _| strptime(eval, args, true)) },
    Kernel { name: "try_strptime", compute: Compute::Expressions(|eval, args, _| strptime(eval, args, false)) },
    Kernel { name: "add_interval", compute: Compute::Values(interval::add) },
    Kernel { name: "to_timestamp", compute: Compute::Unary(zone::to_timestamp) },
    Kernel { name: "at_time_zone", compute: Compute::Expressions(zone::at_time_zone) },
];

fn date_trunc(context: &EvalContext<'_>, function: Function, values: &[&Series]) -> Outcome<Series> {
    let (part, x) = part_and_date(function, values)?;
    context.date_trunc(part, x)
}

fn extract(context: &EvalContext<'_>, function: Function, values: &[&Series]) -> Outcome<Series> {
    let (part, x) = part_and_date(function, values)?;
    context.extract(part, x)
}

/// The part that a function is told, and its argument.
fn part_and_date<'v>(function: Function, values: &[&'v Series]) -> Outcome<(DatePart, &'v Series)> {
    match (function.modifier, values) {
        (Some(Modifier::Part(part)), [x]) => Ok((part, x)),
        _ => Err(unsupported(format!("`{function}` of {} arguments", values.len()))),
    }
}

fn strftime(eval: &Eval<'_>, args: &[Expr], _: DataType) -> Outcome<Series> {
    eval.context.strftime(&eval.series(first(args)?)?, &constant_text(args.get(1))?)
}

/// The datetimes that texts name; what does not fit the format fails the task, or is NULL.
fn strptime(eval: &Eval<'_>, args: &[Expr], is_strict: bool) -> Outcome<Series> {
    let (series, format) = (eval.series(first(args)?)?, constant_text(args.get(1))?);
    let values = texts(&series)?;
    let values = Operand::new(&values);
    let read: Int64Chunked = eval.context.rows(&[&series], |row| {
        let text = values.at(row)?;
        match read_datetime(&format, text.trim()).and_then(calendar::from_datetime) {
            None if is_strict => Some(Err(format!("{text:?} does not fit the format {format:?}"))),
            read => read.map(Ok),
        }
    })?;
    Ok(types::datetimes(read))
}

impl EvalContext<'_> {
    fn date_trunc(&self, part: DatePart, x: &Series) -> Outcome<Series> {
        if matches!(part, DatePart::IsoYear | DatePart::Dow | DatePart::IsoDow | DatePart::Doy | DatePart::Epoch) {
            return Err(unsupported(format!("nothing can be cut to {part:?}")));
        }
        match x.dtype() {
            Physical::Date => {
                // The start of a period lies at most a year before the day.
                let result: Int32Chunked =
                    days(x)?.iter().map(|x| x.map(|x| start_of_period(part, x.into()) as i32)).collect();
                Ok(result.into_date().into_series())
            }
            Physical::Datetime(..) => {
                let result: Int64Chunked = micros(x)?.iter().map(|x| x.map(|x| trunc_micros(part, x))).collect();
                Ok(types::datetimes(result))
            }
            Physical::Null => Ok(x.clone()),
            other => Err(unsupported(format!("date_trunc of {other}"))),
        }
    }

    fn extract(&self, part: DatePart, x: &Series) -> Outcome<Series> {
        let result: Int64Chunked = match x.dtype() {
            Physical::Date => days(x)?.iter().map(|x| x.map(|x| part_of(part, x.into(), 0))).collect(),
            Physical::Datetime(..) => micros(x)?
                .iter()
                .map(|x| x.map(|x| part_of(part, x.div_euclid(MICROS_PER_DAY), x.rem_euclid(MICROS_PER_DAY))))
                .collect(),
            Physical::Time => nanos(x)?.iter().map(|x| x.map(|x| part_of(part, 0, x / NANOS))).collect(),
            _ => ints(x)?,
        };
        Ok(result.into_series())
    }

    fn strftime(&self, x: &Series, format: &str) -> Outcome<Series> {
        let shown = |at: Option<civil::DateTime>| -> Outcome<Option<String>> {
            at.map(|at| {
                jiff::fmt::strtime::format(format, at)
                    .map_err(|error| value(format!("the format {format:?} cannot be used: {error}")))
            })
            .transpose()
        };
        let at = |days: i64, micros: i64| calendar::to_datetime(days * MICROS_PER_DAY + micros);
        let result: Outcome<StringChunked> = match x.dtype() {
            Physical::Date => days(x)?.iter().map(|x| shown(x.and_then(|x| at(x.into(), 0)))).collect(),
            Physical::Datetime(..) => micros(x)?.iter().map(|x| shown(x.and_then(|x| at(0, x)))).collect(),
            Physical::Time => nanos(x)?.iter().map(|x| shown(x.and_then(|x| at(0, x / NANOS)))).collect(),
            Physical::Null => return Ok(Series::full_null("".into(), x.len(), &Physical::String)),
            other => return Err(unsupported(format!("strftime of {other}"))),
        };
        Ok(result?.into_series())
    }
}

/// The first day of the period that holds the day.
fn start_of_period(part: DatePart, day: i64) -> i64 {
    let (year, month, _) = calendar::civil_of(day);
    match part {
        DatePart::Year => calendar::days_of(year, 1, 1),
        DatePart::Quarter => calendar::days_of(year, (month - 1) / 3 * 3 + 1, 1),
        DatePart::Month => calendar::days_of(year, month, 1),
        DatePart::Week => day - calendar::weekday(day),
        _ => day,
    }
}

fn trunc_micros(part: DatePart, at: i64) -> i64 {
    let unit = match part {
        DatePart::Hour => 3_600 * MICROS_PER_SECOND,
        DatePart::Minute => 60 * MICROS_PER_SECOND,
        DatePart::Second => MICROS_PER_SECOND,
        _ => return start_of_period(part, at.div_euclid(MICROS_PER_DAY)) * MICROS_PER_DAY,
    };
    at.div_euclid(unit) * unit
}

/// A part of a day and a time of day in microseconds.
fn part_of(part: DatePart, day: i64, micros: i64) -> i64 {
    let seconds = micros / MICROS_PER_SECOND;
    let (year, month, of_month) = calendar::civil_of(day);
    match part {
        DatePart::Year => year,
        DatePart::IsoYear => calendar::iso_year(day),
        DatePart::Quarter => (month - 1) / 3 + 1,
        DatePart::Month => month,
        DatePart::Week => calendar::iso_week(day),
        DatePart::Day => of_month,
        DatePart::Dow => (calendar::weekday(day) + 1) % 7,
        DatePart::IsoDow => calendar::weekday(day) + 1,
        DatePart::Doy => calendar::day_of_year(day),
        DatePart::Hour => seconds / 3_600,
        DatePart::Minute => seconds / 60 % 60,
        DatePart::Second => seconds % 60,
        DatePart::Epoch => day * 86_400 + seconds,
    }
}
