//! Functions of numbers.

use sqlparser::ast::{BinaryOperator, CeilFloorKind, DateTimeField, Expr as Ast, Spanned};

use crate::sql::binder::Binder;
use crate::sql::env::Env;
use crate::sql::literal;
use crate::sql::operators;
use crate::sql::text::Bound;
use crate::sql::types::{coerce, decimal};
use crate::table::{ArithOp, DataType, Expr, ExprKind, Function, Value};

use super::call::{Call, scalar};
use super::definition::{Accepts, Example, FunctionDefinition, INT, Meaning, NUMBER, Parameter, Returns};

const X: Parameter = Parameter::one("x", Accepts::OneOf(NUMBER));
const FEWER_DIGITS: Returns =
    Returns::Words("same type; of decimals with so many digits behind the point, or as many as there were");
const WHOLE_DIGITS: Returns = Returns::Words("same type; of decimals with no digit behind the point");
const FLOAT: Parameter = Parameter::one("x", Accepts::Float);

pub(super) const FUNCTIONS: &[FunctionDefinition] = &[
    FunctionDefinition {
        name: "round",
        parameters: &[X, Parameter::optional("digits", Accepts::ConstantInt { least: -38, most: 38 })],
        returns: FEWER_DIGITS,
        summary: "to so many digits behind the point (a constant, 0 if not given), half away from zero; negative: before the point",
        examples: &[
            Example::new("round(2.5)", "3"),
            Example::new("round(cast('-1.25' as decimal(5,2)), 1)", "-1.3"),
            Example::new("round(1250, -2)", "1300"),
        ],
        meaning: Meaning::Expression(|args| with_digits("round", args)),
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
        returns: WHOLE_DIGITS,
        summary: "the largest whole number that is not above",
        examples: &[Example::new("floor(-1.5)", "-2"), Example::new("floor(cast('1.50' as decimal(5,2)))", "1")],
        meaning: Meaning::Expression(|args| with_fewer_digits("floor", 0, args)),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "ceil",
        aliases: &["ceiling"],
        parameters: &[X],
        returns: WHOLE_DIGITS,
        summary: "the smallest whole number that is not below",
        examples: &[Example::new("ceil(1.2)", "2")],
        meaning: Meaning::Expression(|args| with_fewer_digits("ceil", 0, args)),
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
    FunctionDefinition {
        name: "log",
        parameters: &[Parameter::one("base", Accepts::Float), Parameter::optional("x", Accepts::Float)],
        returns: Returns::Type(DataType::Float),
        summary: "the logarithm of `x` to that base, whole for whole powers of it; of one argument, `log(x)`, to base 10; \
                  NULL at or below zero and to base 1, with a counted warning",
        examples: &[Example::new("log(2, 8)", "3"), Example::new("log(1000)", "3")],
        meaning: Meaning::Expression(log),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "log10",
        parameters: &[FLOAT],
        returns: Returns::Type(DataType::Float),
        summary: "the logarithm to base 10; NULL at or below zero, with a counted warning",
        examples: &[Example::new("log10(1000)", "3")],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "trunc",
        aliases: &["truncate"],
        parameters: &[X, Parameter::optional("digits", Accepts::ConstantInt { least: -38, most: 38 })],
        returns: FEWER_DIGITS,
        summary: "cut to so many digits behind the point (a constant, 0 if not given), towards zero; negative: before the point",
        examples: &[Example::new("trunc(-2.7)", "-2"), Example::new("trunc(1289, -2)", "1200")],
        meaning: Meaning::Expression(|args| with_digits("trunc", args)),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "sign",
        parameters: &[X],
        returns: Returns::Type(DataType::Int),
        summary: "-1 below zero, 0 at zero (and of NaN), 1 above",
        examples: &[Example::new("sign(-2.5)", "-1")],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "pi",
        returns: Returns::Type(DataType::Float),
        summary: "3.141592653589793",
        examples: &[Example::new("pi()", "3.141592653589793")],
        meaning: Meaning::Expression(|_| Expr::literal(Value::Float(std::f64::consts::PI))),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "sin",
        parameters: &[FLOAT],
        returns: Returns::Type(DataType::Float),
        summary: "the sine of an angle in radians",
        examples: &[Example::new("sin(0)", "0")],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "cos",
        parameters: &[FLOAT],
        returns: Returns::Type(DataType::Float),
        summary: "the cosine of an angle in radians",
        examples: &[Example::new("cos(0)", "1")],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "tan",
        parameters: &[FLOAT],
        returns: Returns::Type(DataType::Float),
        summary: "the tangent of an angle in radians",
        examples: &[Example::new("tan(0)", "0")],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "asin",
        parameters: &[FLOAT],
        returns: Returns::Type(DataType::Float),
        summary: "the angle in radians of which it is the sine; NULL beyond -1 to 1, with a counted warning",
        examples: &[Example::new("asin(0)", "0")],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "acos",
        parameters: &[FLOAT],
        returns: Returns::Type(DataType::Float),
        summary: "the angle in radians of which it is the cosine; NULL beyond -1 to 1, with a counted warning",
        examples: &[Example::new("acos(1)", "0")],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "atan",
        parameters: &[FLOAT],
        returns: Returns::Type(DataType::Float),
        summary: "the angle in radians of which it is the tangent",
        examples: &[Example::new("atan(0)", "0")],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "atan2",
        parameters: &[Parameter::one("y", Accepts::Float), Parameter::one("x", Accepts::Float)],
        returns: Returns::Type(DataType::Float),
        summary: "the angle in radians from the direction of `x` to the point at `x` and `y`",
        examples: &[Example::new("atan2(0, 1)", "0"), Example::new("degrees(atan2(0, -1))", "180")],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "degrees",
        parameters: &[FLOAT],
        returns: Returns::Type(DataType::Float),
        summary: "radians in degrees: `x / 0.017453292519943295`",
        examples: &[Example::new("degrees(pi())", "180")],
        meaning: Meaning::Expression(|args| times_radian(ArithOp::Div, args)),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "radians",
        parameters: &[FLOAT],
        returns: Returns::Type(DataType::Float),
        summary: "degrees in radians: `x * 0.017453292519943295`",
        examples: &[Example::new("radians(180)", "3.141592653589793")],
        meaning: Meaning::Expression(|args| times_radian(ArithOp::Mul, args)),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "width_bucket",
        parameters: &[
            FLOAT,
            Parameter::one("low", Accepts::Float),
            Parameter::one("high", Accepts::Float),
            Parameter::one("count", Accepts::OneOf(INT)),
        ],
        returns: Returns::Type(DataType::Int),
        summary: "in which of so many equal parts of the range it falls, from 1; 0 before the range, count + 1 at its end and \
                  behind; of a range from high to low likewise. A range without width or end, a count below 1 or NaN fails the task",
        examples: &[Example::new("width_bucket(5.35, 0, 10, 5)", "3"), Example::new("width_bucket(10, 0, 10, 5)", "6")],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        summary: "the bits that both have; `&`, `|`, `#`, `<<` and `>>` bind alike, from the left, weaker than `+`",
        examples: &[Example::new("12 & 10", "8")],
        ..bits("bitwise_and", &["a & b"], WHOLES)
    },
    FunctionDefinition {
        summary: "the bits that either has",
        examples: &[Example::new("12 | 10", "14")],
        ..bits("bitwise_or", &["a | b"], WHOLES)
    },
    FunctionDefinition {
        aliases: &["xor"],
        summary: "the bits that one of both has",
        examples: &[Example::new("12 # 10", "6"), Example::new("xor(12, 10)", "6")],
        ..bits("bitwise_xor", &["a # b"], WHOLES)
    },
    FunctionDefinition {
        summary: "all 64 bits turned: `-a - 1`; it takes all that binds stronger than `&`",
        examples: &[Example::new("~5", "-6")],
        ..bits("bitwise_not", &["~a"], &[Parameter::one("a", Accepts::OneOf(INT))])
    },
    FunctionDefinition {
        summary: "the bits so many places up, without those that leave the 64; a count is taken modulo 64",
        examples: &[Example::new("1 << 4", "16")],
        ..bits("shift_left", &["a << count"], SHIFTED)
    },
    FunctionDefinition {
        summary: "the bits so many places down, the sign kept; a count is taken modulo 64",
        examples: &[Example::new("-16 >> 2", "-4")],
        ..bits("shift_right", &["a >> count"], SHIFTED)
    },
];

const WHOLES: &[Parameter] = &[Parameter::one("a", Accepts::OneOf(INT)), Parameter::one("b", Accepts::OneOf(INT))];
const SHIFTED: &[Parameter] = &[Parameter::one("a", Accepts::OneOf(INT)), Parameter::one("count", Accepts::OneOf(INT))];

/// An operator of bits, which may be called by its name too.
const fn bits(
    name: &'static str,
    forms: &'static [&'static str],
    parameters: &'static [Parameter],
) -> FunctionDefinition {
    FunctionDefinition { name, forms, parameters, returns: Returns::Type(DataType::Int), ..FunctionDefinition::SCALAR }
}

/// `log(x)` to base 10, `log(base, x)` to any other.
fn log(args: Vec<Expr>) -> Expr {
    let name = if args.len() == 1 { "log10" } else { "log" };
    Expr { kind: ExprKind::Call(Function::new(name), args), data_type: DataType::Float }
}

/// Times, or by, the radians of one degree, as PostgreSQL multiplies.
fn times_radian(op: ArithOp, mut args: Vec<Expr>) -> Expr {
    let x = args.pop().map(Box::new).unwrap_or_else(|| Box::new(Expr::literal(Value::Null)));
    let degree = Box::new(Expr::literal(Value::Float(0.017_453_292_519_943_295)));
    Expr { kind: ExprKind::Arith(op, x, degree), data_type: DataType::Float }
}

/// An engine is always told the digits.
fn with_digits(name: &'static str, mut args: Vec<Expr>) -> Expr {
    if args.len() == 1 {
        args.push(Expr::literal(Value::Int(0)));
    }
    let digits = args.get(1).and_then(literal::as_int).unwrap_or(0);
    with_fewer_digits(name, digits, args)
}

/// A function that leaves so many digits behind the point, if there were more. An engine computes it with those that its
/// argument has, and one before the point that it may bring; what is left behind the point is nothing but zeros then.
fn with_fewer_digits(name: &'static str, digits: i64, mut args: Vec<Expr>) -> Expr {
    let call = |args, data_type| Expr { kind: ExprKind::Call(Function::new(name), args), data_type };
    let argument = Returns::Argument.of(&args);
    let DataType::Decimal { precision, scale } = argument else { return call(args, argument) };
    let left = u8::try_from(digits.max(0)).unwrap_or(scale).min(scale);
    let wide = decimal(precision.saturating_add(1), scale);
    args[0] = coerce(args[0].clone(), wide);
    call(args, wide).cast(decimal((precision - scale).saturating_add(1).saturating_add(left), left))
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
