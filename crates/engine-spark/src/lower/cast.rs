//! Casts that mean what `docs/semantics.md` says, and fail where a value does not fit.

use tidemill_core::table::DataType;

use super::float_text::float_text;
use super::literal::{null, quoted, spark_type};
use super::{Lowering, iso, refused};

/// White space at both ends, by Unicode.
pub(super) const WHITE_SPACE_AROUND: &str = r"\A\p{IsWhite_Space}+|\p{IsWhite_Space}+\z";
/// What fits every text: what does not fit is found as it is read.
const ANY: &str = r"\A";

/// What a failed cast says, for [`wrong_value`](crate::failure::wrong_value) to read: the value and the type.
pub(crate) const MARK: &str = "tidemill-value";

/// What a conversion says that finds a value which does not fit; which one, a query of its own tells.
pub(crate) const MISFIT: &str = "tidemill-misfit";

/// A value as another type.
pub(crate) fn cast(x: &str, from: DataType, to: DataType) -> Lowering<String> {
    Ok(match (from, to) {
        _ if from == to => x.to_owned(),
        (DataType::Null, _) => null(to),
        (DataType::String, _) => from_text(x, to, Unfit::Fails)?,
        (_, DataType::String) => to_text(x, from)?,
        (DataType::Int, DataType::Bool) => format!("({x} <> 0L)"),
        (DataType::Float, DataType::Int) => float_to_int(x),
        (DataType::Decimal { .. }, DataType::Int) => format!("cast(round({x}, 0) as bigint)"),
        (DataType::Datetime, DataType::Time) => format!("date_format({x}, 'HH:mm:ss.SSSSSS')"),
        (DataType::Bool, DataType::Int | DataType::Float)
        | (DataType::Int | DataType::Decimal { .. }, DataType::Float)
        | (DataType::Int | DataType::Decimal { .. } | DataType::Float, DataType::Decimal { .. })
        | (DataType::Date, DataType::Datetime)
        | (DataType::Datetime, DataType::Date) => format!("cast({x} as {})", spark_type(to)),
        (from, to) => return Err(refused(format!("{from} cannot be cast to {to}"))),
    })
}

/// The same, NULL where the value does not fit.
pub(super) fn try_cast(x: &str, from: DataType, to: DataType) -> Lowering<String> {
    match (from, to) {
        (DataType::String, to) if to != DataType::String => from_text(x, to, Unfit::Null),
        (from, to) if from == to => Ok(x.to_owned()),
        _ => Err(refused(format!("`try_cast` of {from} to {to} cannot be computed"))),
    }
}

/// What becomes of a text that is no such value.
#[derive(Clone, Copy)]
enum Unfit {
    Fails,
    Null,
}

pub(super) fn to_text(x: &str, from: DataType) -> Lowering<String> {
    Ok(match from {
        DataType::Bool | DataType::Int | DataType::Decimal { .. } | DataType::Date => format!("cast({x} as string)"),
        DataType::Float => float_text(x),
        // As much of the fraction as there is.
        DataType::Datetime => format!(
            "concat(date_format({x}, \"yyyy-MM-dd'T'HH:mm:ss\"), {})",
            fraction(&format!("date_format({x}, 'SSSSSS')"))
        ),
        DataType::Time => format!("concat(substring({x}, 1, 8), {})", fraction(&format!("substring({x}, 10)"))),
        other => return Err(refused(format!("{other} cannot be cast to string"))),
    })
}

/// `.25` of `250000`, nothing of `000000`.
fn fraction(digits: &str) -> String {
    format!("case when {digits} = '000000' then '' else concat('.', trim(trailing '0' from {digits})) end")
}

/// Half away from zero. Of floats beyond 2^52 nothing is left to round.
fn float_to_int(x: &str) -> String {
    let whole = format!("cast({x} as bigint)");
    let rounded =
        format!("case when abs({x} - {whole}) >= 0.5D then {whole} + cast(signum({x}) as bigint) else {whole} end");
    format!("cast(case when abs({x}) < 4503599627370496D then {rounded} else {x} end as bigint)")
}

fn from_text(x: &str, to: DataType, unfit: Unfit) -> Lowering<String> {
    let t = spark_type(to);
    let (pattern, value) = match to {
        DataType::Int => (r"\A[+-]?[0-9]+(?:\.0+)?\z", "try_cast(substring_index(v, '.', 1) as bigint)".to_owned()),
        DataType::Float => (
            r"\A[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\z",
            // Nor what vanishes to zero.
            format!(
                "case when abs(try_cast(v as double)) = double('Infinity') or (try_cast(v as double) = 0D and v rlike {}) \
                 then null else try_cast(v as double) end",
                quoted(r"\A[+-]?[0.]*[1-9]")
            ),
        ),
        DataType::Decimal { .. } => (r"\A[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)\z", format!("try_cast(v as {t})")),
        DataType::Bool => (r"\A(?i:true|false|yes|no|1|0)\z", "lower(v) in ('true', 'yes', '1')".to_owned()),
        // The day of any time.
        DataType::Date => (ANY, format!("cast({} as date)", iso::read("v", DataType::Datetime)?)),
        DataType::Datetime | DataType::Time => (ANY, iso::read("v", to)?),
        other => return Err(refused(format!("string cannot be cast to {other}"))),
    };
    let unfit = match unfit {
        Unfit::Null => null(to),
        Unfit::Fails => format!("raise_error(concat('{MARK}|', v, '|{to}'))"),
    };
    let trimmed = format!("regexp_replace({x}, {}, '')", quoted(WHITE_SPACE_AROUND));
    let pattern = quoted(pattern);
    let read = format!(
        "case when v is null then null when v rlike {pattern} then coalesce({value}, {unfit}) else {unfit} end"
    );
    Ok(format!("cast(element_at(transform(array({trimmed}), v -> {read}), 1) as {t})"))
}

/// A time of any precision as the text that it is on Spark.
pub(super) fn padded_time(x: &str) -> String {
    let seconds = format!("case when length({x}) = 5 then concat({x}, ':00') else {x} end");
    format!("substring(rpad(concat({seconds}, case when {x} like '%.%' then '' else '.' end), 15, '0'), 1, 15)")
}
