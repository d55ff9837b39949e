//! Aggregates.

use crate::table::DataType;

use super::definition::{
    Accepts, Aggregate, Distinct, Example, FunctionDefinition, Meaning, Parameter, Returns, STRING, Takes,
};

const ANY: &[Parameter] = &[Parameter::one("value", Accepts::Any("any type"))];
const NUMBER: &[Parameter] = &[Parameter::one("x", Accepts::Summand)];
const FLOAT: &[Parameter] = &[Parameter::one("x", Accepts::FloatSummand)];
const CONDITION: &[Parameter] = &[Parameter::one("condition", Accepts::Condition)];

const BOTH: &[Parameter] = &[Parameter::one("x", Accepts::Float), Parameter::one("y", Accepts::Float)];
/// As PostgreSQL has it, what depends on the other stands first.
const DEPENDENT: &[Parameter] = &[Parameter::one("y", Accepts::Float), Parameter::one("x", Accepts::Float)];
const BY: &[Parameter] =
    &[Parameter::one("value", Accepts::Any("any type")), Parameter::one("key", Accepts::Any("any type"))];

/// What most aggregates are: equal values count once with `distinct`, and rows are taken as they come.
const PLAIN: Aggregate = Aggregate { engine: None, distinct: Distinct::Once, takes: Takes::Rows, counts_rows: false };
/// What needs no `distinct`.
const SAME: Aggregate = Aggregate { distinct: Distinct::Same, ..PLAIN };
/// What looks at each row.
const EACH_ROW: Aggregate = Aggregate { distinct: Distinct::Refused, ..PLAIN };

pub(super) const FUNCTIONS: &[FunctionDefinition] = &[
    FunctionDefinition {
        name: "sum",
        parameters: NUMBER,
        returns: Returns::Sum,
        summary: "the sum, floats added in row order; an overflow fails the task; NULL of no values",
        examples: &[Example::of(&[("x", &["1", "2", "null"])], "sum(x)", "3")],
        meaning: Meaning::Aggregate(PLAIN),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "avg",
        parameters: NUMBER,
        returns: Returns::Mean,
        summary: "the mean, of decimals half-even; NULL of no values",
        examples: &[Example::of(&[("x", &["1", "2", "null"])], "avg(x)", "1.5")],
        meaning: Meaning::Aggregate(PLAIN),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "min",
        parameters: ANY,
        summary: "the smallest value; NULL of no values",
        examples: &[Example::of(&[("x", &["'b'", "'a'", "null"])], "min(x)", "a")],
        meaning: Meaning::Aggregate(SAME),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "max",
        parameters: ANY,
        summary: "the largest value; NULL of no values",
        examples: &[Example::of(&[("x", &["'b'", "'a'", "null"])], "max(x)", "b")],
        meaning: Meaning::Aggregate(SAME),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "count",
        forms: &["count(*)", "count(distinct value, …)"],
        parameters: &[Parameter::many("value", Accepts::Any("any type, with `distinct` several"))],
        returns: Returns::Type(DataType::Int),
        summary: "how many values are not NULL; with `*`, how many rows; of several, how many combinations without NULL; 0 of no values",
        examples: &[
            Example::of(&[("x", &["1", "1", "null"])], "count(x)", "2"),
            Example::of(&[("x", &["1", "1", "null"])], "count(*)", "3"),
            Example::of(&[("x", &["1", "1", "null"])], "count(distinct x)", "1"),
        ],
        meaning: Meaning::Aggregate(Aggregate { counts_rows: true, ..PLAIN }),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "median",
        parameters: NUMBER,
        returns: Returns::Mean,
        summary: "the value in the middle, or the mean of the two, of decimals half-even; NULL of no values",
        examples: &[Example::of(&[("x", &["1", "5", "3", "100"])], "median(x)", "4")],
        meaning: Meaning::Aggregate(PLAIN),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "stddev",
        aliases: &["stddev_samp"],
        parameters: FLOAT,
        returns: Returns::Type(DataType::Float),
        summary: "the standard deviation of a sample (n − 1); NULL of fewer than two values",
        examples: &[Example::of(&[("x", &["2", "4", "6"])], "stddev(x)", "2")],
        meaning: Meaning::Aggregate(PLAIN),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "variance",
        aliases: &["var_samp"],
        parameters: FLOAT,
        returns: Returns::Type(DataType::Float),
        summary: "the variance of a sample (n − 1); NULL of fewer than two values",
        examples: &[Example::of(&[("x", &["2", "4", "6"])], "variance(x)", "4")],
        meaning: Meaning::Aggregate(PLAIN),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "first",
        parameters: ANY,
        summary: "the first row's value, NULL included; NULL of no rows",
        examples: &[Example::of(&[("x", &["3", "1", "2"])], "first(x)", "3")],
        meaning: Meaning::Aggregate(EACH_ROW),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "last",
        parameters: ANY,
        summary: "the last row's value, NULL included; NULL of no rows",
        examples: &[Example::of(&[("x", &["3", "1", "2"])], "last(x)", "2")],
        meaning: Meaning::Aggregate(EACH_ROW),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "corr",
        parameters: BOTH,
        returns: Returns::Type(DataType::Float),
        summary: "Pearson's correlation, over the rows where both are there; NULL if either does not vary",
        examples: &[Example::of(&[("x", &["1", "2"]), ("y", &["20", "10"])], "corr(x, y)", "-1")],
        meaning: Meaning::Aggregate(EACH_ROW),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "string_agg",
        parameters: &[
            Parameter::one("text", Accepts::OneOf(STRING)),
            Parameter::one("separator", Accepts::ConstantText),
        ],
        returns: Returns::Type(DataType::String),
        summary: "texts joined in row order by the separator, a constant, or by `order by` behind it; NULL of no values",
        examples: &[Example::of(&[("x", &["'a'", "'b'", "null"])], "string_agg(x, ', ')", "a, b")],
        meaning: Meaning::Aggregate(PLAIN),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "bool_and",
        aliases: &["every"],
        parameters: CONDITION,
        returns: Returns::Type(DataType::Bool),
        summary: "whether all are true; NULL of no values",
        examples: &[Example::of(&[("x", &["true", "false", "null"])], "bool_and(x)", "false")],
        meaning: Meaning::Aggregate(SAME),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "bool_or",
        parameters: CONDITION,
        returns: Returns::Type(DataType::Bool),
        summary: "whether any is true; NULL of no values",
        examples: &[Example::of(&[("x", &["true", "false", "null"])], "bool_or(x)", "true")],
        meaning: Meaning::Aggregate(SAME),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "var_pop",
        parameters: FLOAT,
        returns: Returns::Type(DataType::Float),
        summary: "the variance of a population (n); NULL of no values",
        examples: &[Example::of(&[("x", &["2", "4", "6", "8"])], "var_pop(x)", "5")],
        meaning: Meaning::Aggregate(PLAIN),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "stddev_pop",
        parameters: FLOAT,
        returns: Returns::Type(DataType::Float),
        summary: "the standard deviation of a population (n); NULL of no values",
        examples: &[Example::of(&[("x", &["2", "4", "6", "8"])], "stddev_pop(x) * stddev_pop(x)", "5.000000000000001")],
        meaning: Meaning::Aggregate(PLAIN),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "covar_samp",
        parameters: BOTH,
        returns: Returns::Type(DataType::Float),
        summary: "the covariance of a sample (n − 1), over the rows where both are there; NULL of fewer than two",
        examples: &[Example::of(&[("x", &["1", "2", "3"]), ("y", &["3", "5", "7"])], "covar_samp(x, y)", "2")],
        meaning: Meaning::Aggregate(EACH_ROW),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "covar_pop",
        parameters: BOTH,
        returns: Returns::Type(DataType::Float),
        summary: "the covariance of a population (n), over the rows where both are there; NULL of none",
        examples: &[Example::of(&[("x", &["1", "2", "3"]), ("y", &["3", "5", "7"])], "covar_pop(x, y) * 3", "4")],
        meaning: Meaning::Aggregate(EACH_ROW),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "regr_slope",
        parameters: DEPENDENT,
        returns: Returns::Type(DataType::Float),
        summary: "the slope of the line of least squares, over the rows where both are there; NULL if `x` does not vary",
        examples: &[Example::of(&[("x", &["1", "2", "3"]), ("y", &["3", "5", "7"])], "regr_slope(y, x)", "2")],
        meaning: Meaning::Aggregate(EACH_ROW),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "regr_intercept",
        parameters: DEPENDENT,
        returns: Returns::Type(DataType::Float),
        summary: "where the line of least squares crosses `x = 0`; NULL if `x` does not vary",
        examples: &[Example::of(&[("x", &["1", "2", "3"]), ("y", &["3", "5", "7"])], "regr_intercept(y, x)", "1")],
        meaning: Meaning::Aggregate(EACH_ROW),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "regr_r2",
        parameters: DEPENDENT,
        returns: Returns::Type(DataType::Float),
        summary: "how much of the variance of `y` the line of least squares explains, 0 to 1: the square of the correlation; 1 if `y` does not vary, NULL if `x` does not",
        examples: &[Example::of(&[("x", &["1", "2", "3"]), ("y", &["3", "5", "7"])], "regr_r2(y, x)", "1")],
        meaning: Meaning::Aggregate(EACH_ROW),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "regr_sxx",
        parameters: DEPENDENT,
        returns: Returns::Type(DataType::Float),
        summary: "the sum of (x − mean)², over the rows where both are there; NULL of none",
        examples: &[Example::of(&[("x", &["1", "2", "3"]), ("y", &["3", "5", "7"])], "regr_sxx(y, x)", "2")],
        meaning: Meaning::Aggregate(EACH_ROW),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "regr_syy",
        parameters: DEPENDENT,
        returns: Returns::Type(DataType::Float),
        summary: "the sum of (y − mean)², over the rows where both are there; NULL of none",
        examples: &[Example::of(&[("x", &["1", "2", "3"]), ("y", &["3", "5", "7"])], "regr_syy(y, x)", "8")],
        meaning: Meaning::Aggregate(EACH_ROW),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "regr_sxy",
        parameters: DEPENDENT,
        returns: Returns::Type(DataType::Float),
        summary: "the sum of (x − mean of x) · (y − mean of y), over the rows where both are there; NULL of none",
        examples: &[Example::of(&[("x", &["1", "2", "3"]), ("y", &["3", "5", "7"])], "regr_sxy(y, x)", "4")],
        meaning: Meaning::Aggregate(EACH_ROW),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "percentile_cont",
        aliases: &["quantile_cont"],
        forms: &["percentile_cont(fraction) within group (order by x)"],
        parameters: &[Parameter::one("x", Accepts::Float), Parameter::one("fraction", Accepts::ConstantFraction)],
        returns: Returns::Type(DataType::Float),
        summary: "the value at that part of the sorted values, between two of them on the line from one to the other; NULL of no values",
        examples: &[Example::of(
            &[("x", &["1", "2", "4", "null"])],
            "percentile_cont(0.75) within group (order by x)",
            "3",
        )],
        meaning: Meaning::Aggregate(Aggregate { takes: Takes::Sorted, ..EACH_ROW }),
    },
    FunctionDefinition {
        name: "percentile_disc",
        aliases: &["quantile_disc", "quantile"],
        forms: &["percentile_disc(fraction) within group (order by value)"],
        parameters: &[
            Parameter::one("value", Accepts::Any("any type")),
            Parameter::one("fraction", Accepts::ConstantFraction),
        ],
        summary: "the first of the sorted values that at least that part of them does not exceed; NULL of no values",
        examples: &[Example::of(
            &[("x", &["1", "2", "4", "null"])],
            "percentile_disc(0.5) within group (order by x)",
            "2",
        )],
        meaning: Meaning::Aggregate(Aggregate { takes: Takes::Sorted, ..EACH_ROW }),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "mode",
        forms: &["mode() within group (order by value)"],
        parameters: ANY,
        summary: "the most frequent value, of several the one that comes first; NULL of no values",
        examples: &[Example::of(&[("x", &["3", "1", "3", "1", "2"])], "mode() within group (order by x)", "1")],
        meaning: Meaning::Aggregate(Aggregate { takes: Takes::WithinGroup, ..EACH_ROW }),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "any_value",
        parameters: ANY,
        summary: "the first value that is not NULL; NULL of no values",
        examples: &[Example::of(&[("x", &["null", "3", "1"])], "any_value(x)", "3")],
        meaning: Meaning::Aggregate(SAME),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "max_by",
        aliases: &["arg_max"],
        parameters: BY,
        summary: "the value of the row with the largest key, the first of several, where neither is NULL; NULL of none",
        examples: &[Example::of(&[("x", &["'a'", "'b'", "'c'"]), ("y", &["1", "3", "2"])], "max_by(x, y)", "b")],
        meaning: Meaning::Aggregate(SAME),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "min_by",
        aliases: &["arg_min"],
        parameters: BY,
        summary: "the value of the row with the smallest key, the first of several, where neither is NULL; NULL of none",
        examples: &[Example::of(&[("x", &["'a'", "'b'", "'c'"]), ("y", &["1", "3", "2"])], "min_by(x, y)", "a")],
        meaning: Meaning::Aggregate(SAME),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "approx_count_distinct",
        parameters: ANY,
        returns: Returns::Type(DataType::Int),
        summary: "how many different values there are, exactly: `count(distinct value)`",
        examples: &[Example::of(&[("x", &["1", "1", "2", "null"])], "approx_count_distinct(x)", "2")],
        meaning: Meaning::Aggregate(Aggregate { engine: Some("count"), distinct: Distinct::Always, ..PLAIN }),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "array_agg",
        aliases: &["json_agg"],
        forms: &["array_agg(value order by …)"],
        parameters: ANY,
        returns: Returns::Type(DataType::String),
        summary: "the values, NULL included, in row order or by `order by` behind them, as JSON: `[1, null]`; NULL of no rows",
        examples: &[Example::of(&[("x", &["2", "null", "1"])], "array_agg(x order by x)", "[1, 2, null]")],
        meaning: Meaning::Aggregate(PLAIN),
    },
];
