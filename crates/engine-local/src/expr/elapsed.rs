//! The time between two datetimes, parts of intervals, and dates of their parts.

use polars::prelude::{Int32Chunked, Int64Chunked, IntoSeries, Series};
use tidemill_core::table::{DatePart, Function, Modifier};

use super::context::EvalContext;
use super::kernel::{Compute, Kernel};
use crate::arrays::operand::Operand;
use crate::arrays::typed::{ints, micros};
use crate::error::{Outcome, unsupported};
use crate::values::calendar::{self, MICROS_PER_DAY, MICROS_PER_SECOND};

pub(super) const KERNELS: &[Kernel] = &[
    Kernel {
        name: "date_diff",
        compute: Compute::Values(|context, function, values| between(context, function, values, begun)),
    },
    Kernel {
        name: "elapsed",
        compute: Compute::Values(|context, function, values| between(context, function, values, elapsed)),
    },
    Kernel {
        name: "age",
        compute: Compute::Values(|context, function, values| between(context, function, values, age)),
    },
    Kernel { name: "interval_part", compute: Compute::Values(interval_part) },
    Kernel { name: "make_date", compute: Compute::Ternary(make_date) },
];

const MICROS_PER_HOUR: i64 = 3_600 * MICROS_PER_SECOND;
const MICROS_PER_MINUTE: i64 = 60 * MICROS_PER_SECOND;

/// A number between two datetimes, which lie in years of four digits.
fn between(
    context: &EvalContext<'_>,
    function: Function,
    values: &[&Series],
    count: fn(DatePart, i64, i64) -> i64,
) -> Outcome<Series> {
    let (Some(Modifier::Part(part)), [a, b]) = (function.modifier, values) else {
        return Err(unsupported(format!("`{function}` of {} arguments", values.len())));
    };
    let (a, b) = (micros(a)?, micros(b)?);
    let (a, b) = (Operand::new(&a), Operand::new(&b));
    let counts: Int64Chunked = context.rows(values, |row| Some(Ok(count(part, a.at(row)?, b.at(row)?))))?;
    Ok(counts.into_series())
}

/// How often a part begins from one datetime to another; of weeks, how many lie between their days.
fn begun(part: DatePart, start: i64, end: i64) -> i64 {
    match part {
        DatePart::Week => begun(DatePart::Day, start, end) / 7,
        _ => count_of(part, end) - count_of(part, start),
    }
}

/// How many of a part have begun since some beginning.
fn count_of(part: DatePart, at: i64) -> i64 {
    let day = at.div_euclid(MICROS_PER_DAY);
    let (year, month, _) = calendar::civil_of(day);
    match part {
        DatePart::Year => year,
        DatePart::IsoYear => calendar::iso_year(day),
        DatePart::Quarter => year * 4 + (month - 1) / 3,
        DatePart::Month => year * 12 + month,
        DatePart::Hour => at.div_euclid(MICROS_PER_HOUR),
        DatePart::Minute => at.div_euclid(MICROS_PER_MINUTE),
        DatePart::Second => at.div_euclid(MICROS_PER_SECOND),
        _ => day,
    }
}

/// Whole days from the second to the first, or the microseconds that are left.
fn elapsed(part: DatePart, end: i64, start: i64) -> i64 {
    let whole = end - start;
    if part == DatePart::Day { whole / MICROS_PER_DAY } else { whole % MICROS_PER_DAY }
}

/// Whole months from the second to the first, the days or the microseconds that are left. As in PostgreSQL a day that is
/// missing is borrowed from the month of the earlier one.
fn age(part: DatePart, end: i64, start: i64) -> i64 {
    let (sign, late, early) = if end < start { (-1, start, end) } else { (1, end, start) };
    let split = |at: i64| (calendar::civil_of(at.div_euclid(MICROS_PER_DAY)), at.rem_euclid(MICROS_PER_DAY));
    let (((late_year, late_month, late_day), late_clock), ((year, month, day), clock)) = (split(late), split(early));
    let mut months = (late_year - year) * 12 + late_month - month;
    let mut days = late_day - day;
    let mut micros = late_clock - clock;
    if micros < 0 {
        micros += MICROS_PER_DAY;
        days -= 1;
    }
    while days < 0 {
        days += calendar::days_in_month(year, month);
        months -= 1;
    }
    sign * match part {
        DatePart::Month => months,
        DatePart::Day => days,
        _ => micros,
    }
}

/// A part of months, days and microseconds; seconds and the epoch in microseconds.
fn interval_part(context: &EvalContext<'_>, function: Function, values: &[&Series]) -> Outcome<Series> {
    let (Some(Modifier::Part(part)), [months, days, micros]) = (function.modifier, values) else {
        return Err(unsupported(format!("`{function}` of {} arguments", values.len())));
    };
    let (months, days, micros) = (ints(months)?, ints(days)?, ints(micros)?);
    let (months, days, micros) = (Operand::new(&months), Operand::new(&days), Operand::new(&micros));
    let parts: Int64Chunked = context.rows(values, |row| {
        let (months, days, micros) = (months.at(row)?, days.at(row)?, micros.at(row)?);
        Some(match part {
            DatePart::Year => Ok(months / 12),
            DatePart::Quarter => Ok(months % 12 / 3 + 1),
            DatePart::Month => Ok(months % 12),
            DatePart::Day => Ok(days),
            DatePart::Hour => Ok(micros / MICROS_PER_HOUR),
            DatePart::Minute => Ok(micros / MICROS_PER_MINUTE % 60),
            DatePart::Second => Ok(micros % MICROS_PER_MINUTE),
            _ => epoch(months, days, micros).ok_or_else(|| "the interval is too long".to_owned()),
        })
    })?;
    Ok(parts.into_series())
}

/// All of an interval in microseconds: a year has 365.25 days, a month 30.
fn epoch(months: i64, days: i64, micros: i64) -> Option<i64> {
    let hours = i128::from(months / 12) * 8_766 + i128::from(months % 12) * 720 + i128::from(days) * 24;
    i64::try_from(hours * i128::from(MICROS_PER_HOUR) + i128::from(micros)).ok()
}

fn make_date(context: &EvalContext<'_>, year: &Series, month: &Series, day: &Series) -> Outcome<Series> {
    let (years, months, days) = (ints(year)?, ints(month)?, ints(day)?);
    let (years, months, days) = (Operand::new(&years), Operand::new(&months), Operand::new(&days));
    let dates: Int32Chunked = context.rows(&[year, month, day], |row| {
        let (year, month, day) = (years.at(row)?, months.at(row)?, days.at(row)?);
        Some(calendar::date(year, month, day).ok_or_else(|| format!("there is no day {year}-{month}-{day}, made")))
    })?;
    Ok(dates.into_date().into_series())
}
