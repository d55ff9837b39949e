//! Functions of dates and times.

use tidemill_core::table::{DataType, DatePart, Modifier};

use super::function::{Call, FunctionLowering};
use super::{Lowering, refused, strftime};

pub(super) const LOWERED: &[FunctionLowering] = &[
    FunctionLowering { name: "date_trunc", lower: date_trunc },
    FunctionLowering { name: "extract", lower: extract },
    FunctionLowering {
        name: "strftime",
        lower: |call| strftime::strftime(&call.args[0], call.of(0), call.text(1, "a format")?),
    },
    FunctionLowering { name: "add_interval", lower: add_interval },
];

fn part_of(call: &Call<'_>) -> Lowering<DatePart> {
    match call.modifier()? {
        Modifier::Part(part) => Ok(part),
        Modifier::Side(_) => Err(refused(format!("`{}` lacks its part", call.function.name))),
    }
}

fn date_trunc(call: &Call<'_>) -> Lowering<String> {
    let part = part_of(call)?;
    let unit = match part {
        DatePart::Year => "year",
        DatePart::Quarter => "quarter",
        DatePart::Month => "month",
        DatePart::Week => "week",
        DatePart::Day => "day",
        DatePart::Hour => "hour",
        DatePart::Minute => "minute",
        DatePart::Second => "second",
        other => return Err(refused(format!("`date_trunc` to {other:?} cannot be computed"))),
    };
    let x = &call.args[0];
    let is_within_a_day = matches!(part, DatePart::Day | DatePart::Hour | DatePart::Minute | DatePart::Second);
    match call.of(0) {
        DataType::Date if is_within_a_day => Ok(x.clone()),
        DataType::Date => Ok(format!("trunc({x}, '{unit}')")),
        DataType::Datetime => Ok(format!("cast(date_trunc('{unit}', {x}) as timestamp_ntz)")),
        other => Err(refused(format!("`date_trunc` of {other} cannot be computed"))),
    }
}

fn extract(call: &Call<'_>) -> Lowering<String> {
    let (part, x) = (part_of(call)?, &call.args[0]);
    let sql = match call.of(0) {
        DataType::Time => of_time(part, x)?,
        DataType::Date => of_date(part, x, None)?,
        DataType::Datetime => of_date(part, &format!("cast({x} as date)"), Some(x))?,
        other => return Err(refused(format!("a part of {other} cannot be computed"))),
    };
    Ok(format!("cast({sql} as bigint)"))
}

/// Of the text that a time is.
fn of_time(part: DatePart, x: &str) -> Lowering<String> {
    Ok(match part {
        DatePart::Hour => format!("substring({x}, 1, 2)"),
        DatePart::Minute => format!("substring({x}, 4, 2)"),
        DatePart::Second => format!("substring({x}, 7, 2)"),
        other => return Err(refused(format!("{other:?} of a time cannot be computed"))),
    })
}

/// Of a day, and of the datetime that it is the day of.
fn of_date(part: DatePart, day: &str, at: Option<&str>) -> Lowering<String> {
    // Whole seconds of the time of day, so that instants before 1970 come out right.
    let clock = |name: &str| at.map_or_else(|| format!("(unix_date({day}) * 0)"), |at| format!("{name}({at})"));
    Ok(match part {
        DatePart::Year => format!("year({day})"),
        DatePart::IsoYear => format!("extract(yearofweek from {day})"),
        DatePart::Quarter => format!("quarter({day})"),
        DatePart::Month => format!("month({day})"),
        DatePart::Week => format!("weekofyear({day})"),
        DatePart::Day => format!("day({day})"),
        DatePart::Dow => format!("dayofweek({day}) - 1"),
        DatePart::IsoDow => format!("weekday({day}) + 1"),
        DatePart::Doy => format!("dayofyear({day})"),
        DatePart::Hour => clock("hour"),
        DatePart::Minute => clock("minute"),
        DatePart::Second => clock("second"),
        DatePart::Epoch => format!(
            "unix_date({day}) * 86400L + ({} * 3600 + {} * 60 + {})",
            clock("hour"),
            clock("minute"),
            clock("second")
        ),
    })
}

/// Months, then days, then microseconds.
fn add_interval(call: &Call<'_>) -> Lowering<String> {
    let [date, months, days] = [0, 1, 2].map(|place| call.args.get(place).map_or("0L", String::as_str));
    match (call.of(0), call.args.get(3)) {
        (DataType::Date, None) => {
            Ok(format!("date_add(add_months({date}, cast({months} as int)), cast({days} as int))"))
        }
        (DataType::Datetime, None) => {
            Ok(format!("({date} + make_interval(0, cast({months} as int), 0, cast({days} as int)))"))
        }
        (DataType::Datetime, Some(micros)) => Ok(format!(
            "({date} + make_interval(0, cast({months} as int), 0, cast({days} as int)) + make_dt_interval(0, 0, 0, cast({micros} as decimal(30,6)) / 1000000))"
        )),
        (other, _) => Err(refused(format!("an interval cannot be added to {other}"))),
    }
}
