//! Functions of dates and times.

use tidemill_core::table::{DataType, DatePart, Modifier};

use super::call::{Call, FunctionLowering};
use super::{Lowering, refused, strftime};

pub(super) const LOWERED: &[FunctionLowering] = &[
    FunctionLowering { name: "date_trunc", lower: date_trunc },
    FunctionLowering { name: "extract", lower: extract },
    FunctionLowering {
        name: "strftime",
        lower: |call| strftime::strftime(&call.args[0], call.of(0), call.text(1, "a format")?),
    },
    FunctionLowering { name: "add_interval", lower: add_interval },
    FunctionLowering { name: "date_diff", lower: date_diff },
    FunctionLowering { name: "elapsed", lower: elapsed },
    FunctionLowering { name: "interval_part", lower: interval_part },
    FunctionLowering { name: "make_date", lower: make_date },
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

/// The microseconds of a date or datetime since 1970.
fn micros(x: &str) -> String {
    format!("unix_micros(cast(cast({x} as timestamp_ntz) as timestamp))")
}

/// How often a part begins from one datetime to another; of weeks, how many lie between their days.
fn date_diff(call: &Call<'_>) -> Lowering<String> {
    let (part, start, end) = (part_of(call)?, &call.args[0], &call.args[1]);
    let day = |x: &str| format!("cast({x} as date)");
    let count = |x: &str| match part {
        DatePart::Year => format!("year({x})"),
        DatePart::IsoYear => format!("extract(yearofweek from {})", day(x)),
        DatePart::Quarter => format!("(year({x}) * 4 + quarter({x}))"),
        DatePart::Month => format!("(year({x}) * 12 + month({x}))"),
        DatePart::Hour => format!("floor({} / 3600000000)", micros(x)),
        DatePart::Minute => format!("floor({} / 60000000)", micros(x)),
        DatePart::Second => format!("floor({} / 1000000)", micros(x)),
        _ => format!("unix_date({})", day(x)),
    };
    let between = format!("({} - {})", count(end), count(start));
    let weeks = if part == DatePart::Week { " div 7" } else { "" };
    Ok(format!("cast({between}{weeks} as bigint)"))
}

/// Whole days from the second to the first, or the microseconds that are left.
fn elapsed(call: &Call<'_>) -> Lowering<String> {
    let whole = format!("({} - {})", micros(&call.args[0]), micros(&call.args[1]));
    let left = if part_of(call)? == DatePart::Day { "div" } else { "%" };
    Ok(format!("({whole} {left} 86400000000L)"))
}

/// A part of months, days and microseconds; seconds and the epoch in microseconds.
fn interval_part(call: &Call<'_>) -> Lowering<String> {
    let [months, days, micros] = [&call.args[0], &call.args[1], &call.args[2]];
    let value = match part_of(call)? {
        DatePart::Year => format!("{months} div 12"),
        DatePart::Quarter => format!("{months} % 12 div 3 + 1"),
        DatePart::Month => format!("{months} % 12"),
        DatePart::Day => days.clone(),
        DatePart::Hour => format!("{micros} div 3600000000L"),
        DatePart::Minute => format!("{micros} div 60000000L % 60"),
        DatePart::Second => format!("{micros} % 60000000L"),
        // A year has 365.25 days, a month 30.
        _ => format!("({months} div 12 * 8766L + {months} % 12 * 720L + {days} * 24L) * 3600000000L + {micros}"),
    };
    Ok(format!("(case when {months} is null or {days} is null or {micros} is null then null else {value} end)"))
}

fn make_date(call: &Call<'_>) -> Lowering<String> {
    let [year, month, day] = [&call.args[0], &call.args[1], &call.args[2]];
    let told = format!("concat('there is no day ', {year}, '-', {month}, '-', {day})");
    let made = |day: &str| format!("make_date(cast({year} as int), cast({month} as int), {day})");
    let is_in_month = format!("{day} between 1 and day(last_day({}))", made("1"));
    let (year_is, month_is) = (format!("{year} between -9999 and 9999"), format!("{month} between 1 and 12"));
    let date = made(&format!("cast({day} as int)"));
    Ok(format!(
        "(case when {year} is null or {month} is null or {day} is null then null when {year_is} and {month_is} then case when {is_in_month} then {date} else raise_error({told}) end else raise_error({told}) end)"
    ))
}
