//! Aggregates.

use crate::sql::literal;
use crate::table::{AggFunc, DataType, Expr};

use super::definition::{
    Accepts, Aggregate, Distinct, Example, FunctionDefinition, Meaning, Parameter, Returns, STRING,
};

const ANY: &[Parameter] = &[Parameter::one("value", Accepts::Any("any type"))];
const NUMBER: &[Parameter] = &[Parameter::one("x", Accepts::Summand)];
const FLOAT: &[Parameter] = &[Parameter::one("x", Accepts::FloatSummand)];
const CONDITION: &[Parameter] = &[Parameter::one("condition", Accepts::Condition)];

/// What most aggregates are: equal values count once with `distinct`, and there is no form over windows.
const PLAIN: Aggregate =
    Aggregate { func: |_| AggFunc::Count, distinct: Distinct::Once, over_windows: false, counts_rows: false };

pub(super) const FUNCTIONS: &[FunctionDefinition] = &[
    FunctionDefinition {
        name: "sum",
        parameters: NUMBER,
        returns: Returns::Sum,
        summary: "the sum, floats added in row order; an overflow fails the task; NULL of no values",
        examples: &[Example::of(&[("x", &["1", "2", "null"])], "sum(x)", "3")],
        meaning: Meaning::Aggregate(Aggregate { func: |_| AggFunc::Sum, over_windows: true, ..PLAIN }),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "avg",
        parameters: NUMBER,
        returns: Returns::Mean,
        summary: "the mean, of decimals half-even; NULL of no values",
        examples: &[Example::of(&[("x", &["1", "2", "null"])], "avg(x)", "1.5")],
        meaning: Meaning::Aggregate(Aggregate { func: |_| AggFunc::Avg, over_windows: true, ..PLAIN }),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "min",
        parameters: ANY,
        summary: "the smallest value; NULL of no values",
        examples: &[Example::of(&[("x", &["'b'", "'a'", "null"])], "min(x)", "a")],
        meaning: Meaning::Aggregate(Aggregate {
            func: |_| AggFunc::Min,
            distinct: Distinct::Same,
            over_windows: true,
            ..PLAIN
        }),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "max",
        parameters: ANY,
        summary: "the largest value; NULL of no values",
        examples: &[Example::of(&[("x", &["'b'", "'a'", "null"])], "max(x)", "b")],
        meaning: Meaning::Aggregate(Aggregate {
            func: |_| AggFunc::Max,
            distinct: Distinct::Same,
            over_windows: true,
            ..PLAIN
        }),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "count",
        forms: &["count(*)", "count(distinct value)"],
        parameters: ANY,
        returns: Returns::Type(DataType::Int),
        summary: "how many values are not NULL; with `*`, how many rows; 0 of no values",
        examples: &[
            Example::of(&[("x", &["1", "1", "null"])], "count(x)", "2"),
            Example::of(&[("x", &["1", "1", "null"])], "count(*)", "3"),
            Example::of(&[("x", &["1", "1", "null"])], "count(distinct x)", "1"),
        ],
        meaning: Meaning::Aggregate(Aggregate {
            func: |_| AggFunc::Count,
            over_windows: true,
            counts_rows: true,
            ..PLAIN
        }),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "median",
        parameters: NUMBER,
        returns: Returns::Mean,
        summary: "the value in the middle, or the mean of the two, of decimals half-even; NULL of no values",
        examples: &[Example::of(&[("x", &["1", "5", "3", "100"])], "median(x)", "4")],
        meaning: Meaning::Aggregate(Aggregate { func: |_| AggFunc::Median, ..PLAIN }),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "stddev",
        aliases: &["stddev_samp"],
        parameters: FLOAT,
        returns: Returns::Type(DataType::Float),
        summary: "the standard deviation of a sample (n − 1); NULL of fewer than two values",
        examples: &[Example::of(&[("x", &["2", "4", "6"])], "stddev(x)", "2")],
        meaning: Meaning::Aggregate(Aggregate { func: |_| AggFunc::Stddev, ..PLAIN }),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "variance",
        aliases: &["var_samp"],
        parameters: FLOAT,
        returns: Returns::Type(DataType::Float),
        summary: "the variance of a sample (n − 1); NULL of fewer than two values",
        examples: &[Example::of(&[("x", &["2", "4", "6"])], "variance(x)", "4")],
        meaning: Meaning::Aggregate(Aggregate { func: |_| AggFunc::Variance, ..PLAIN }),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "first",
        parameters: ANY,
        summary: "the first row's value, NULL included; NULL of no rows",
        examples: &[Example::of(&[("x", &["3", "1", "2"])], "first(x)", "3")],
        meaning: Meaning::Aggregate(Aggregate { func: |_| AggFunc::First, distinct: Distinct::Refused, ..PLAIN }),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "last",
        parameters: ANY,
        summary: "the last row's value, NULL included; NULL of no rows",
        examples: &[Example::of(&[("x", &["3", "1", "2"])], "last(x)", "2")],
        meaning: Meaning::Aggregate(Aggregate { func: |_| AggFunc::Last, distinct: Distinct::Refused, ..PLAIN }),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "corr",
        parameters: &[Parameter::one("x", Accepts::Float), Parameter::one("y", Accepts::Float)],
        returns: Returns::Type(DataType::Float),
        summary: "Pearson's correlation, over the rows where both are there; NULL if either does not vary",
        examples: &[Example::of(&[("x", &["1", "2"]), ("y", &["20", "10"])], "corr(x, y)", "-1")],
        meaning: Meaning::Aggregate(Aggregate { func: |_| AggFunc::Corr, distinct: Distinct::Refused, ..PLAIN }),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "string_agg",
        parameters: &[
            Parameter::one("text", Accepts::OneOf(STRING)),
            Parameter::one("separator", Accepts::ConstantText),
        ],
        returns: Returns::Type(DataType::String),
        summary: "texts joined in row order by the separator, a constant; NULL of no values",
        examples: &[Example::of(&[("x", &["'a'", "'b'", "null"])], "string_agg(x, ', ')", "a, b")],
        meaning: Meaning::Aggregate(Aggregate { func: string_agg, ..PLAIN }),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "bool_and",
        aliases: &["every"],
        parameters: CONDITION,
        returns: Returns::Type(DataType::Bool),
        summary: "whether all are true; NULL of no values",
        examples: &[Example::of(&[("x", &["true", "false", "null"])], "bool_and(x)", "false")],
        meaning: Meaning::Aggregate(Aggregate { func: |_| AggFunc::BoolAnd, distinct: Distinct::Same, ..PLAIN }),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "bool_or",
        parameters: CONDITION,
        returns: Returns::Type(DataType::Bool),
        summary: "whether any is true; NULL of no values",
        examples: &[Example::of(&[("x", &["true", "false", "null"])], "bool_or(x)", "true")],
        meaning: Meaning::Aggregate(Aggregate { func: |_| AggFunc::BoolOr, distinct: Distinct::Same, ..PLAIN }),
        ..FunctionDefinition::SCALAR
    },
];

/// The separator is a part of the aggregate.
fn string_agg(args: &mut Vec<Expr>) -> AggFunc {
    let separator = args.pop();
    let separator = separator.as_ref().and_then(literal::as_string).unwrap_or_default().to_owned();
    AggFunc::StringAgg { separator }
}
