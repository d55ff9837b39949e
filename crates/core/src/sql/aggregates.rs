//! Aggregates, by name.

use sqlparser::ast::{
    DuplicateTreatment, Expr as Ast, Function as Call, FunctionArg, FunctionArgExpr, FunctionArguments, Spanned,
};
use sqlparser::tokenizer::Span;

use crate::diagnostic::Diagnostic;
use crate::table::{AggCall, AggFunc, DataType, Expr};

use super::binder::Binder;
use super::env::{Allowed, Env};
use super::functions::{arity, plain_args};
use super::literal;
use super::scalar::named;
use super::text::{Bound, both};
use super::types::{EXTRA_SCALE, MAX_PRECISION, coerce, decimal};

/// All of them.
pub(super) const NAMES: [&str; 17] = [
    "sum",
    "avg",
    "min",
    "max",
    "count",
    "median",
    "stddev",
    "stddev_samp",
    "variance",
    "var_samp",
    "first",
    "last",
    "corr",
    "string_agg",
    "bool_and",
    "bool_or",
    "every",
];

/// Whether it is the name of an aggregate.
pub(super) fn is_aggregate(name: &str) -> bool {
    NAMES.contains(&name)
}

/// An aggregate's call, registered in `env`.
pub(super) fn call(binder: &Binder<'_>, name: &str, span: Span, call: &Call, env: &mut Env<'_>) -> Bound<Expr> {
    if env.allowed == Allowed::Scalars {
        return Err(vec![
            Diagnostic::error(format!("`{name}` is an aggregate, and {} works row by row", env.clause))
                .at(binder.text.place(span), "not allowed here")
                .help("aggregates stand in `metrics`, `having`, or a query's select list"),
        ]);
    }
    if let Some(outer) = &env.within {
        return Err(vec![
            Diagnostic::error(format!("`{name}` cannot stand inside `{outer}`"))
                .at(binder.text.place(span), "an aggregate within an aggregate")
                .help("aggregate in two steps: a subquery, or a task before this one"),
        ]);
    }
    env.within = Some(name.to_owned());
    let bound = bind(binder, name, span, call, env);
    env.within = None;
    Ok(env.aggregate(bound?))
}

/// An aggregate's call.
pub(super) fn bind(binder: &Binder<'_>, name: &str, span: Span, call: &Call, env: &mut Env<'_>) -> Bound<AggCall> {
    if !call.within_group.is_empty() || call.null_treatment.is_some() {
        return Err(binder.text.unsupported(span, "`within group` and the treatment of nulls", ""));
    }
    let filter = call.filter.as_deref().map(|filter| binder.condition(filter, env)).transpose();
    let mut distinct = false;
    if let FunctionArguments::List(list) = &call.args {
        distinct = matches!(list.duplicate_treatment, Some(DuplicateTreatment::Distinct));
        if name == "count" && matches!(list.args.as_slice(), [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)]) {
            if distinct {
                return Err(binder.text.unsupported(span, "`count(distinct *)`", "name a column"));
            }
            let filter = filter?;
            return Ok(AggCall {
                func: AggFunc::Count,
                args: vec![],
                distinct: false,
                filter,
                data_type: DataType::Int,
            });
        }
    }
    let args = plain_args(binder, name, call)?;
    let takes = match name {
        "corr" | "string_agg" => 2,
        _ => 1,
    };
    if name == "count" && args.is_empty() {
        return Err(binder.text.wrong(span, "`count` counts values or rows", "write `count(*)`"));
    }
    if name == "count" && args.len() > 1 {
        let instead = "join the columns into one text with `||`, or count in a subquery with `distinct`";
        return Err(binder.text.unsupported(span, "`count` of several columns", instead));
    }
    arity(binder, name, span, args.len(), takes..=takes)?;
    let (filter, (func, args, data_type)) = both(filter, typed(binder, name, &args, env))?;
    if distinct && matches!(func, AggFunc::Corr | AggFunc::First | AggFunc::Last) {
        return Err(binder.text.unsupported(span, &format!("`{name}(distinct …)`"), ""));
    }
    // A value counts once for these anyway.
    let distinct = distinct && !matches!(func, AggFunc::Min | AggFunc::Max | AggFunc::BoolAnd | AggFunc::BoolOr);
    Ok(AggCall { func, args, distinct, filter, data_type })
}

type Typed = (AggFunc, Vec<Expr>, DataType);

fn typed(binder: &Binder<'_>, name: &str, args: &[&Ast], env: &mut Env<'_>) -> Bound<Typed> {
    use DataType::{Bool, Decimal, Float, Int};
    let what = format!("`{name}`");
    let first = args[0];
    let number = |env: &mut Env<'_>| -> Bound<Expr> {
        let value = binder.value(first, env)?;
        match value.data_type {
            Int | Float | Decimal { .. } => Ok(value),
            DataType::Null => Ok(coerce(value, Float)),
            other => {
                let diagnostic = Diagnostic::error(format!("{what} takes numbers"))
                    .at(binder.text.place(first.span()), format!("this is {}", named(other)));
                Err(vec![match other {
                    Bool => diagnostic.help("to count: `count(*) filter (where …)`"),
                    DataType::String => diagnostic
                        .help("convert it: `cast(… as float)`, or give the column a type in a `normalize` task"),
                    _ => diagnostic,
                }])
            }
        }
    };
    Ok(match name {
        "sum" => {
            let value = number(env)?;
            let data_type = match value.data_type {
                Decimal { scale, .. } => Decimal { precision: MAX_PRECISION, scale },
                other => other,
            };
            (AggFunc::Sum, vec![value], data_type)
        }
        "avg" | "median" => {
            let value = number(env)?;
            let data_type = match value.data_type {
                Decimal { scale, .. } => decimal(MAX_PRECISION, scale.saturating_add(EXTRA_SCALE)),
                _ => Float,
            };
            (if name == "avg" { AggFunc::Avg } else { AggFunc::Median }, vec![value], data_type)
        }
        "stddev" | "stddev_samp" => (AggFunc::Stddev, vec![coerce(number(env)?, Float)], Float),
        "variance" | "var_samp" => (AggFunc::Variance, vec![coerce(number(env)?, Float)], Float),
        "min" | "max" | "first" | "last" => {
            let value = binder.value(first, env)?;
            let data_type = value.data_type;
            let func = match name {
                "min" => AggFunc::Min,
                "max" => AggFunc::Max,
                "first" => AggFunc::First,
                _ => AggFunc::Last,
            };
            (func, vec![value], data_type)
        }
        "count" => (AggFunc::Count, vec![binder.value(first, env)?], Int),
        "corr" => {
            let numbers = &[Float, Int, DataType::MONEY];
            let (x, y) = both(binder.expect(first, env, &what, numbers), binder.expect(args[1], env, &what, numbers))?;
            (AggFunc::Corr, vec![coerce(x, Float), coerce(y, Float)], Float)
        }
        "string_agg" => {
            let (value, separator) =
                both(binder.expect(first, env, &what, &[DataType::String]), binder.value(args[1], env))?;
            let Some(separator) = literal::as_string(&separator) else {
                let message = "the separator of `string_agg` must be a text constant";
                return Err(binder.text.wrong(args[1].span(), message, ""));
            };
            (AggFunc::StringAgg { separator: separator.to_owned() }, vec![value], DataType::String)
        }
        _ => {
            let func = if name == "bool_or" { AggFunc::BoolOr } else { AggFunc::BoolAnd };
            (func, vec![binder.condition(first, env)?], Bool)
        }
    })
}
