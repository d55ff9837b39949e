//! Functions that are nothing without `over`.

use crate::sql::literal;
use crate::table::{DataType, Expr, Value, WindowFunc};

use super::definition::{Accepts, Example, FunctionDefinition, Meaning, Parameter, Returns};

const VALUE: &[Parameter] = &[Parameter::one("value", Accepts::Any("any type"))];
const SHIFT: &[Parameter] = &[
    Parameter::one("value", Accepts::Common),
    Parameter::optional("offset", Accepts::ConstantInt { least: i64::MIN, most: i64::MAX }),
    Parameter::optional("default", Accepts::Common),
];

pub(super) const FUNCTIONS: &[FunctionDefinition] = &[
    FunctionDefinition {
        name: "row_number",
        returns: Returns::Type(DataType::Int),
        summary: "1, 2, 3 …",
        examples: &[Example::of(&[("x", &["10", "10", "20"])], "row_number() over (order by x)", "1, 2, 3")],
        meaning: Meaning::Window(|_| WindowFunc::RowNumber),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "rank",
        returns: Returns::Type(DataType::Int),
        summary: "peers share a rank, and gaps follow",
        examples: &[Example::of(&[("x", &["10", "10", "20"])], "rank() over (order by x)", "1, 1, 3")],
        meaning: Meaning::Window(|_| WindowFunc::Rank),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "dense_rank",
        returns: Returns::Type(DataType::Int),
        summary: "peers share a rank, without gaps",
        examples: &[Example::of(&[("x", &["10", "10", "20"])], "dense_rank() over (order by x)", "1, 1, 2")],
        meaning: Meaning::Window(|_| WindowFunc::DenseRank),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "lag",
        parameters: SHIFT,
        summary: "the value so many rows before, 1 if not given; the default, or NULL, where there is none",
        examples: &[Example::of(&[("x", &["1", "2", "3"])], "lag(x) over (order by x)", "NULL, 1, 2")],
        meaning: Meaning::Window(|args| shift(args, |offset| offset)),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "lead",
        parameters: SHIFT,
        summary: "the value so many rows behind, 1 if not given; the default, or NULL, where there is none",
        examples: &[Example::of(&[("x", &["1", "2", "3"])], "lead(x, 1, 0) over (order by x)", "2, 3, 0")],
        meaning: Meaning::Window(|args| shift(args, i64::saturating_neg)),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "first_value",
        parameters: VALUE,
        summary: "the value of the frame's first row",
        examples: &[Example::of(&[("x", &["1", "2", "3"])], "first_value(x) over (order by x)", "1, 1, 1")],
        meaning: Meaning::Window(|args| WindowFunc::FirstValue(value(args))),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "last_value",
        parameters: VALUE,
        summary: "the value of the frame's last row",
        examples: &[Example::of(&[("x", &["1", "2", "3"])], "last_value(x) over ()", "3, 3, 3")],
        meaning: Meaning::Window(|args| WindowFunc::LastValue(value(args))),
        ..FunctionDefinition::SCALAR
    },
];

/// The only argument; that there is one was checked.
fn value(args: Vec<Expr>) -> Expr {
    args.into_iter().next().unwrap_or_else(|| Expr::literal(Value::Null))
}

/// The value, how many rows back, and what stands where there is none.
fn shift(args: Vec<Expr>, back: fn(i64) -> i64) -> WindowFunc {
    let offset = args.get(1).and_then(literal::as_int).unwrap_or(1);
    let default = args.get(2).cloned();
    WindowFunc::Shift { value: value(args), offset: back(offset), default }
}
