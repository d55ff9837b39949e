//! Instants: seconds since 1970, and what the clocks of a time zone show.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use polars::prelude::DataType as Physical;
use polars::prelude::{ChunkFullNull, Int64Chunked, Series};
use tidemill_core::table::{DataType, EngineError, Expr};

use super::context::EvalContext;
use super::eval::Eval;
use super::kernel::{constant_text, first};
use crate::arrays::typed::{floats, ints, micros};
use crate::arrays::types;
use crate::error::{Outcome, unsupported, value};
use crate::values::calendar::{self, MICROS_PER_SECOND};

/// Seconds since 1970-01-01 00:00 UTC, whole or not, as a datetime in UTC.
pub(super) fn to_timestamp(context: &EvalContext<'_>, seconds: &Series) -> Outcome<Series> {
    let checked = |(row, at): (usize, Option<Option<i64>>)| -> Outcome<Option<i64>> {
        let Some(at) = at else { return Ok(None) };
        at.filter(|at| calendar::is_valid_instant(*at)).map(Some).ok_or_else(|| EngineError::Value {
            message: format!("the seconds in row {} are beyond the year 9999", context.place(row)),
            help: Some("milliseconds since 1970 are `to_timestamp(x / 1000)`".to_owned()),
        })
    };
    let result: Outcome<Int64Chunked> = match seconds.dtype() {
        Physical::Null => return Ok(types::datetimes(Int64Chunked::full_null("".into(), seconds.len()))),
        Physical::Int64 => {
            let whole = |x: i64| x.checked_mul(MICROS_PER_SECOND);
            ints(seconds)?.iter().map(|x| x.map(whole)).enumerate().map(checked).collect()
        }
        _ => {
            // Beyond the range of ints a cast saturates, and that is no valid instant.
            let exact = |x: f64| x.is_finite().then(|| (x * MICROS_PER_SECOND as f64).round() as i64);
            floats(seconds)?.iter().map(|x| x.map(exact)).enumerate().map(checked).collect()
        }
    };
    Ok(types::datetimes(result?))
}

/// What the clocks of one zone show when those of another show the datetime. A time that a clock never shows is taken an
/// hour later, one that it shows twice as the first.
pub(super) fn at_time_zone(eval: &Eval<'_>, args: &[Expr], _: DataType) -> Outcome<Series> {
    let zone = |at: usize| -> Outcome<TimeZone> {
        let name = constant_text(args.get(at))?;
        TimeZone::get(&name).map_err(|error| unsupported(format!("the time zone `{name}`: {error}")))
    };
    let (from, to) = (zone(1)?, zone(2)?);
    let x = eval.series(first(args)?)?;
    if x.dtype() == &Physical::Null {
        return Ok(types::datetimes(Int64Chunked::full_null("".into(), x.len())));
    }
    let shifted = |(row, at): (usize, Option<i64>)| -> Outcome<Option<i64>> {
        let Some(at) = at else { return Ok(None) };
        moved(at, &from, &to).filter(|at| calendar::is_valid_instant(*at)).map(Some).ok_or_else(|| {
            value(format!("the time in row {} is out of range in the other time zone", eval.context.place(row)))
        })
    };
    let result: Outcome<Int64Chunked> = micros(&x)?.iter().enumerate().map(shifted).collect();
    Ok(types::datetimes(result?))
}

fn moved(at: i64, from: &TimeZone, to: &TimeZone) -> Option<i64> {
    let shown = calendar::to_datetime(at)?;
    let instant: Timestamp = from.to_ambiguous_timestamp(shown).compatible().ok()?;
    calendar::from_datetime(to.to_datetime(instant))
}
