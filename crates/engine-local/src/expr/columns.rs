//! Series as the typed arrays that kernels read.

use std::collections::BTreeSet;

use polars::prelude::{
    BooleanChunked, ChunkFullNull, DataType, Float64Chunked, Int32Chunked, Int64Chunked, Int128Chunked, Series,
    StringChunked,
};
use tidemill_core::table::{ArithOp, Expr, ExprKind};

use crate::error::{Outcome, internal, unsupported};
use crate::expr::decimal;

/// A column of nothing but NULL takes the type that is wanted.
fn typed(series: &Series, data_type: DataType) -> Series {
    if series.dtype() == &DataType::Null {
        Series::full_null(series.name().clone(), series.len(), &data_type)
    } else {
        series.clone()
    }
}

/// Bools.
pub(crate) fn bools(series: &Series) -> Outcome<BooleanChunked> {
    Ok(typed(series, DataType::Boolean).bool().map_err(internal)?.clone())
}

/// Texts.
pub(crate) fn texts(series: &Series) -> Outcome<StringChunked> {
    Ok(typed(series, DataType::String).str().map_err(internal)?.clone())
}

/// Ints.
pub(crate) fn ints(series: &Series) -> Outcome<Int64Chunked> {
    Ok(typed(series, DataType::Int64).i64().map_err(internal)?.clone())
}

/// Days since 1970 of a date.
pub(crate) fn days(series: &Series) -> Outcome<Int32Chunked> {
    let series = typed(series, DataType::Date);
    Ok(series.date().map_err(internal)?.physical().clone())
}

/// Microseconds since 1970 of a datetime.
pub(crate) fn micros(series: &Series) -> Outcome<Int64Chunked> {
    let series = typed(series, DataType::Datetime(polars::prelude::TimeUnit::Microseconds, None));
    Ok(series.datetime().map_err(internal)?.physical().clone())
}

/// Nanoseconds since midnight of a time of day.
pub(crate) fn nanos(series: &Series) -> Outcome<Int64Chunked> {
    let series = typed(series, DataType::Time);
    Ok(series.time().map_err(internal)?.physical().clone())
}

/// Any number as a float.
pub(crate) fn floats(series: &Series) -> Outcome<Float64Chunked> {
    match series.dtype() {
        DataType::Float64 => Ok(series.f64().map_err(internal)?.clone()),
        DataType::Int64 => Ok(ints(series)?.iter().map(|value| value.map(|value| value as f64)).collect()),
        DataType::Decimal(..) => {
            let (digits, scale) = digits(series)?;
            Ok(digits.iter().map(|value| value.map(|value| decimal::to_float(value, scale))).collect())
        }
        DataType::Null => Ok(Float64Chunked::full_null(series.name().clone(), series.len())),
        other => Err(unsupported(format!("{other} is not a number"))),
    }
}

/// An int or decimal as digits without the point, and its scale.
pub(crate) fn digits(series: &Series) -> Outcome<(Int128Chunked, u8)> {
    match series.dtype() {
        DataType::Decimal(_, scale) => {
            Ok((series.decimal().map_err(internal)?.physical().clone(), *scale as u8)) // at most 38
        }
        DataType::Int64 => Ok((ints(series)?.iter().map(|value| value.map(i128::from)).collect(), 0)),
        DataType::Null => Ok((Int128Chunked::full_null(series.name().clone(), series.len()), 0)),
        other => Err(unsupported(format!("{other} is not an exact number"))),
    }
}

/// The columns that expressions read.
pub(crate) fn columns_of<'a>(exprs: impl IntoIterator<Item = &'a Expr>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    exprs.into_iter().for_each(|expr| collect(expr, &mut names));
    names
}

/// Whether computing it twice or once makes no difference: it is sums, differences and products of columns, in which nothing
/// is counted as a warning, and no float constant, of which two may be equal and not the same.
pub(crate) fn is_repeatable(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Column(_) => true,
        ExprKind::Literal(_) => expr.data_type != tidemill_core::table::DataType::Float,
        ExprKind::Cast(operand) | ExprKind::Negate(operand) => is_repeatable(operand),
        ExprKind::Arith(ArithOp::Add | ArithOp::Sub | ArithOp::Mul, left, right) => {
            is_repeatable(left) && is_repeatable(right)
        }
        _ => false,
    }
}

fn collect(expr: &Expr, names: &mut BTreeSet<String>) {
    match &expr.kind {
        ExprKind::Column(name) => {
            names.insert(name.clone());
        }
        ExprKind::Literal(_) => {}
        ExprKind::Cast(operand) | ExprKind::Negate(operand) | ExprKind::Not(operand) => collect(operand, names),
        ExprKind::IsNull { operand, .. } | ExprKind::Like { operand, .. } => collect(operand, names),
        ExprKind::Arith(_, left, right)
        | ExprKind::Compare(_, left, right)
        | ExprKind::And(left, right)
        | ExprKind::Or(left, right) => {
            collect(left, names);
            collect(right, names);
        }
        ExprKind::InList { operand, list, .. } => {
            collect(operand, names);
            list.iter().for_each(|item| collect(item, names));
        }
        ExprKind::Case { branches, otherwise } => {
            for (condition, value) in branches {
                collect(condition, names);
                collect(value, names);
            }
            otherwise.iter().for_each(|value| collect(value, names));
        }
        ExprKind::Call(_, args) => args.iter().for_each(|arg| collect(arg, names)),
    }
}
