//! Scalar functions, each by its name.
//!
//! A function of the registry stands here or among [`REFUSED`]; a test goes over the registry, so that a new one is decided on.

use tidemill_core::table::{DataType, Expr, Function};

use super::call::{Call, FunctionLowering};
use super::cast::try_cast;
use super::expression::{Scope, balanced};
use super::{Lowering, function_dates, function_numbers, function_texts, refused_because};

const PLAIN: &[FunctionLowering] = &[
    FunctionLowering { name: "coalesce", lower: |call| Ok(format!("coalesce({})", call.list())) },
    FunctionLowering { name: "nullif", lower: |call| Ok(format!("nullif({})", call.list())) },
    FunctionLowering { name: "greatest", lower: |call| Ok(call.several("greatest")) },
    FunctionLowering { name: "least", lower: |call| Ok(call.several("least")) },
    FunctionLowering { name: "try_cast", lower: |call| try_cast(&call.args[0], call.exprs[0].data_type, call.to) },
    FunctionLowering { name: "single_row", lower: single_row },
    FunctionLowering { name: "concat", lower: |call| Ok(balanced(&call.args, "||")) },
];

/// Functions that are computed on this machine alone, and why.
pub(super) const REFUSED: &[(&str, &str)] = &[
    ("sin", LAST_DIGIT),
    ("cos", LAST_DIGIT),
    ("tan", LAST_DIGIT),
    ("asin", LAST_DIGIT),
    ("acos", LAST_DIGIT),
    ("atan", LAST_DIGIT),
    ("atan2", LAST_DIGIT),
    ("width_bucket", UNPROVED),
    ("shift_left", UNPROVED),
    ("shift_right", UNPROVED),
    ("initcap", "words begin at other places there"),
    ("translate", UNPROVED),
    ("split_part", UNPROVED),
    ("regexp_replace", "matches are found otherwise there"),
    ("regexp_extract", "matches are found otherwise there"),
    ("regexp_count", "matches are found otherwise there"),
    ("regexp_split_part", "matches are found otherwise there"),
    ("json_extract", "JSON is read otherwise there"),
    ("json_extract_string", "JSON is read otherwise there"),
    ("json_array_length", "JSON is read otherwise there"),
    ("at_time_zone", "the rules of time zones are another version there"),
    ("age", UNPROVED),
    ("to_char", UNPROVED),
    ("strptime", UNPROVED),
    ("try_strptime", UNPROVED),
    ("to_timestamp", UNPROVED),
];

const LAST_DIGIT: &str = "its last digit differs there";
const UNPROVED: &str = "it is not proved to be equal there";

/// The functions that Spark computes.
pub(super) fn lowered() -> impl Iterator<Item = &'static FunctionLowering> {
    [PLAIN, function_numbers::LOWERED, function_texts::LOWERED, function_dates::LOWERED].into_iter().flatten()
}

/// A call in SQL.
pub(super) fn call(scope: &Scope, function: Function, exprs: &[Expr], to: DataType) -> Lowering<String> {
    let Some(known) = lowered().find(|known| known.name == function.name) else {
        let why = REFUSED.iter().find(|(name, _)| *name == function.name).map_or(UNPROVED, |(_, why)| why);
        return Err(refused_because(format!("`{}` cannot be computed", function.name), why));
    };
    let args = exprs.iter().map(|arg| scope.sql(arg)).collect::<Lowering<Vec<_>>>()?;
    (known.lower)(&Call { function, exprs, args, to })
}

/// The value of a subquery, unless it gave several rows.
fn single_row(call: &Call<'_>) -> Lowering<String> {
    let (value, rows, place) = (&call.args[0], &call.args[1], &call.args[2]);
    let told = format!("concat('the subquery at ', {place}, ' is used as a value and gives ', {rows}, ' rows')");
    Ok(format!("(case when {rows} > 1 then raise_error({told}) else {value} end)"))
}
