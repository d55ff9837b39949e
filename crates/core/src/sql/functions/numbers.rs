//! Functions of numbers.

use sqlparser::ast::{BinaryOperator, CeilFloorKind, DateTimeField, Expr as Ast, Spanned};

use crate::sql::binder::Binder;
use crate::sql::env::Env;
use crate::sql::operators;
use crate::sql::text::Bound;
use crate::table::{DataType, Expr, ExprKind, Function, Value};

use super::call::{Call, scalar};
use super::definition::{Accepts, Example, FunctionDefinition, Meaning, NUMBER, Parameter, Returns};

const X: Parameter = Parameter::one("x", Accepts::OneOf(NUMBER));
const FLOAT: Parameter = Parameter::one("x", Accepts::Float);

pub(super) const FUNCTIONS: &[FunctionDefinition] = &[
    FunctionDefinition {
        name: "round",
        parameters: &[X, Parameter::optional("digits", Accepts::ConstantInt { least: -38, most: 38 })],
        summary: "to so many digits behind the point (a constant, 0 if not given), half away from zero; negative: before the point",
        examples: &[
            Example::new("round(2.5)", "3"),
            Example::new("round(cast('-1.25' as decimal(5,2)), 1)", "-1.30"),
            Example::new("round(1250, -2)", "1300"),
        ],
        meaning: Meaning::Expression(round),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "abs",
        parameters: &[X],
        summary: "without its sign; the smallest int fails the task",
        examples: &[Example::new("abs(-7)", "7")],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "floor",
        parameters: &[X],
        summary: "the largest whole number that is not above",
        examples: &[Example::new("floor(-1.5)", "-2")],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "ceil",
        aliases: &["ceiling"],
        parameters: &[X],
        summary: "the smallest whole number that is not below",
        examples: &[Example::new("ceil(1.2)", "2")],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "mod",
        parameters: &[Parameter::one("a", Accepts::OneOf(NUMBER)), Parameter::one("b", Accepts::OneOf(NUMBER))],
        returns: Returns::Words("that of `a % b`"),
        summary: "`a % b`: what is left of a division, with the sign of `a`; NULL by zero, with a counted warning",
        examples: &[Example::new("mod(-7, 3)", "-1")],
        meaning: Meaning::Text(modulo),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "sqrt",
        parameters: &[FLOAT],
        returns: Returns::Type(DataType::Float),
        summary: "the square root; NULL below zero, with a counted warning",
        examples: &[Example::new("sqrt(9)", "3"), Example::new("sqrt(-1)", "NULL")],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "power",
        aliases: &["pow"],
        parameters: &[FLOAT, Parameter::one("y", Accepts::Float)],
        returns: Returns::Type(DataType::Float),
        summary: "`x` to the power of `y`",
        examples: &[Example::new("power(2, 10)", "1024")],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "exp",
        parameters: &[FLOAT],
        returns: Returns::Type(DataType::Float),
        summary: "e to the power of `x`",
        examples: &[Example::new("exp(0)", "1")],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "ln",
        parameters: &[FLOAT],
        returns: Returns::Type(DataType::Float),
        summary: "the natural logarithm; NULL at or below zero, with a counted warning",
        examples: &[Example::new("ln(1)", "0"), Example::new("ln(0)", "NULL")],
        ..FunctionDefinition::SCALAR
    },
];

/// An engine is always told the digits.
fn round(mut args: Vec<Expr>) -> Expr {
    let data_type = Returns::Argument.of(&args);
    if args.len() == 1 {
        args.push(Expr::literal(Value::Int(0)));
    }
    Expr { kind: ExprKind::Call(Function::new("round"), args), data_type }
}

fn modulo(call: &Call<'_>, env: &mut Env<'_>) -> Bound<Expr> {
    operators::binary(call.binder, call.args[0], &BinaryOperator::Modulo, call.args[1], env)
}

/// `ceil(x)` and `floor(x)`, for which the grammar has a form of its own.
pub(in crate::sql) fn ceil_floor(
    binder: &Binder<'_>,
    name: &'static str,
    operand: &Ast,
    field: &CeilFloorKind,
    env: &mut Env<'_>,
) -> Bound<Expr> {
    if !matches!(field, CeilFloorKind::DateTimeField(DateTimeField::NoDateTime)) {
        let instead = "use `date_trunc` for dates and `round` for digits";
        return Err(binder.text.unsupported(operand.span(), &format!("`{name}` to a unit"), instead));
    }
    scalar(binder, name, operand.span(), &[operand], env)
}
