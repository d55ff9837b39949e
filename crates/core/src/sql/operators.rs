//! Binary operators.

use sqlparser::ast::{BinaryOperator, Expr as Ast, Spanned};
use sqlparser::tokenizer::Span;

use crate::diagnostic::Diagnostic;
use crate::table::{ArithOp, CmpOp, DataType, Expr, ExprKind, Function};

use super::binder::Binder;
use super::env::Env;
use super::row_values::row;
use super::text::{Bound, both};
use super::type_names::named;
use super::types::{coerce, common, decimal_arith, harden, is_soft};
use super::walk::compare;
use super::{functions, interval, literal};

/// `left op right`.
pub(super) fn binary(
    binder: &Binder<'_>,
    left: &Ast,
    op: &BinaryOperator,
    right: &Ast,
    env: &mut Env<'_>,
) -> Bound<Expr> {
    if let Some(op) = comparison(op) {
        if let (Some(left), Some(right)) = (row(left), row(right)) {
            return binder.compare_rows(op, left, right, env);
        }
        if let (Some(left), Ast::Subquery(query)) = (row(left), right) {
            return binder.compare_with_row(op, left, query, env);
        }
        if let Some(result) = interval::compared(binder, left, op, right, env) {
            return result;
        }
        let (a, b) = comparable(binder, left, right, env)?;
        return Ok(compare(op, a, b));
    }
    let arith = match op {
        BinaryOperator::Plus => ArithOp::Add,
        BinaryOperator::Minus => ArithOp::Sub,
        BinaryOperator::Multiply => ArithOp::Mul,
        BinaryOperator::Divide => ArithOp::Div,
        BinaryOperator::Modulo => ArithOp::Mod,
        BinaryOperator::StringConcat => return concat(binder, left, right, env),
        BinaryOperator::BitwiseAnd => return bitwise(binder, "bitwise_and", &[left, right], env),
        BinaryOperator::BitwiseOr => return bitwise(binder, "bitwise_or", &[left, right], env),
        BinaryOperator::PGBitwiseXor => return bitwise(binder, "bitwise_xor", &[left, right], env),
        BinaryOperator::PGBitwiseShiftLeft => return bitwise(binder, "shift_left", &[left, right], env),
        BinaryOperator::PGBitwiseShiftRight => return bitwise(binder, "shift_right", &[left, right], env),
        BinaryOperator::Arrow => return functions::json_member(binder, "json_extract", left, right, env),
        BinaryOperator::LongArrow => return functions::json_member(binder, "json_extract_string", left, right, env),
        other => {
            let span = left.span().union(&right.span());
            let instead = match other {
                BinaryOperator::PGRegexMatch | BinaryOperator::PGRegexIMatch => "use `regexp_like(text, pattern)`",
                BinaryOperator::Xor => "use `<>` between conditions",
                BinaryOperator::HashArrow => "use `-> '$.a.b[0]'`",
                BinaryOperator::HashLongArrow => "use `->> '$.a.b[0]'`",
                BinaryOperator::PGExp | BinaryOperator::BitwiseXor => "use `power(x, y)`",
                _ => "",
            };
            return Err(binder.text.unsupported(span, &format!("the operator `{other}`"), instead));
        }
    };
    if let Some(result) = interval::add(binder, left, arith, right, env) {
        return result;
    }
    let (a, b) = both(binder.expr(left, env), binder.expr(right, env))?;
    arithmetic(binder, arith, (a, left), (b, right))
}

pub(super) fn comparison(op: &BinaryOperator) -> Option<CmpOp> {
    Some(match op {
        BinaryOperator::Eq => CmpOp::Eq,
        BinaryOperator::NotEq => CmpOp::Ne,
        BinaryOperator::Lt => CmpOp::Lt,
        BinaryOperator::LtEq => CmpOp::Le,
        BinaryOperator::Gt => CmpOp::Gt,
        BinaryOperator::GtEq => CmpOp::Ge,
        _ => return None,
    })
}

/// `~operand`.
pub(super) fn bitwise_not(binder: &Binder<'_>, operand: &Ast, env: &mut Env<'_>) -> Bound<Expr> {
    bitwise(binder, "bitwise_not", &[operand], env)
}

fn bitwise(binder: &Binder<'_>, name: &str, operands: &[&Ast], env: &mut Env<'_>) -> Bound<Expr> {
    let span = operands.iter().map(|operand| operand.span()).reduce(|a, b| a.union(&b)).unwrap_or_else(Span::empty);
    functions::scalar(binder, name, span, operands, env)
}

/// `a op b` of bound operands.
pub(super) fn arithmetic(
    binder: &Binder<'_>,
    op: ArithOp,
    (a, left): (Expr, &Ast),
    (b, right): (Expr, &Ast),
) -> Bound<Expr> {
    use DataType::{Date, Datetime, Decimal, Float, Int, Null};
    let a = if a.data_type == Null && b.data_type.is_numeric() { coerce(a, b.data_type) } else { a };
    let b = if b.data_type == Null && a.data_type.is_numeric() { coerce(b, a.data_type) } else { b };
    match (a.data_type, op, b.data_type) {
        (Date, ArithOp::Sub, Date) => Ok(binder.arith(op, a, b, Int)),
        (Date | Datetime, ArithOp::Add | ArithOp::Sub, Int) => {
            let data_type = a.data_type;
            Ok(binder.arith(op, a, b, data_type))
        }
        (Int, ArithOp::Add, Date | Datetime) => {
            let data_type = b.data_type;
            Ok(binder.arith(op, b, a, data_type))
        }
        (Null, _, Null) => Ok(Expr::literal(crate::table::Value::Null)),
        (Int, ArithOp::Div, Int) => Ok(binder.arith(op, coerce(a, Float), coerce(b, Float), Float)),
        (Int, _, Int) => Ok(binder.arith(op, a, b, Int)),
        (x, _, y) if x.is_numeric() && y.is_numeric() => {
            let exact = |expr: &Expr| matches!(expr.data_type, Decimal { .. }) && !is_soft(expr);
            if x != Float && y != Float && (exact(&a) || exact(&b)) {
                Ok(decimal_arith(op, a, b))
            } else {
                Ok(binder.arith(op, coerce(a, Float), coerce(b, Float), Float))
            }
        }
        (x, _, y) => {
            let message = format!("`{}` does not work between {} and {}", op.sign(), named(x), named(y));
            let diagnostic = Diagnostic::error(message)
                .at(binder.text.place(left.span()), named(x))
                .at(binder.text.place(right.span()), named(y));
            let text = literal::as_string(&a).or(literal::as_string(&b));
            let has_moment = x.is_temporal() || y.is_temporal();
            Err(vec![match (x, op, y) {
                (DataType::String, ArithOp::Add | ArithOp::Sub, _) | (_, ArithOp::Add | ArithOp::Sub, DataType::String)
                    if has_moment =>
                {
                    diagnostic.help(beside_a_date(text))
                }
                (DataType::String, ArithOp::Add, _) | (_, ArithOp::Add, DataType::String) => {
                    diagnostic.help("texts are joined by `||`; to calculate, `cast(… as float)`")
                }
                (DataType::String, ..) | (_, _, DataType::String) => {
                    diagnostic.help("convert the text: `cast(… as float)`, or give the column a type in `normalize`")
                }
                (Date | Datetime, _, Date | Datetime) => diagnostic.help(
                    "their difference is an interval, which no column holds: seconds are `extract(epoch from (a - b))`, \
                     whole units `date_diff('hour', b, a)`",
                ),
                _ => diagnostic,
            }])
        }
    }
}

/// What to write instead of a text that is added to a date, or taken from one.
fn beside_a_date(text: Option<&str>) -> String {
    match text {
        Some(text) if text.parse::<jiff::civil::Date>().is_ok() => format!("write it as a date: `date '{text}'`"),
        Some(text) if text.parse::<jiff::civil::DateTime>().is_ok() => {
            format!("write it as a time: `timestamp '{text}'`")
        }
        Some(text) => format!("a length of time is written `interval '{text}'`, a day `date '2024-12-31'`"),
        None => "convert the text: `cast(… as date)`, or give the column a type in `normalize`".to_owned(),
    }
}

/// `a || b`; what is not a text is written as one.
fn concat(binder: &Binder<'_>, left: &Ast, right: &Ast, env: &mut Env<'_>) -> Bound<Expr> {
    let (a, b) = both(binder.value(left, env), binder.value(right, env))?;
    let args = [a, b].into_iter().map(|arg| coerce(arg, DataType::String)).collect();
    Ok(Expr { kind: ExprKind::Call(Function::CONCAT, args), data_type: DataType::String })
}

/// Two operands as one type, for a comparison; a text constant beside a date is read as one.
pub(super) fn comparable(binder: &Binder<'_>, left: &Ast, right: &Ast, env: &mut Env<'_>) -> Bound<(Expr, Expr)> {
    let (a, b) = both(binder.expr(left, env), binder.expr(right, env))?;
    comparable_exprs(binder, (a, left), (b, right))
}

/// As [`comparable`], of bound operands.
pub(super) fn comparable_exprs(
    binder: &Binder<'_>,
    (a, left): (Expr, &Ast),
    (b, right): (Expr, &Ast),
) -> Bound<(Expr, Expr)> {
    let a = read_as(binder, a, left, b.data_type)?;
    let b = read_as(binder, b, right, a.data_type)?;
    if is_soft(&a) && is_soft(&b) {
        return Ok((harden(a), harden(b)));
    }
    if let Some(data_type) = common(&a, &b) {
        return Ok((coerce(a, data_type), coerce(b, data_type)));
    }
    let (x, y) = (a.data_type, b.data_type);
    let diagnostic = Diagnostic::error(format!("{} cannot be compared with {}", named(x), named(y)))
        .at(binder.text.place(left.span()), named(x))
        .at(binder.text.place(right.span()), named(y));
    let help = match (x, y) {
        (DataType::String, other) | (other, DataType::String)
            if literal::as_string(&a).is_some() || literal::as_string(&b).is_some() =>
        {
            format!("write the value as {}, without quotes", named(other))
        }
        (DataType::String, other) | (other, DataType::String) => {
            format!("convert the text: `cast(… as {other})`, or give the column a type in `normalize`")
        }
        (x, _) => format!("convert one: `cast(… as {x})`"),
    };
    Err(vec![diagnostic.help(help)])
}

/// A text constant beside a date, datetime or time is read as one.
fn read_as(binder: &Binder<'_>, expr: Expr, ast: &Ast, other: DataType) -> Bound<Expr> {
    match literal::as_string(&expr) {
        Some(string) if other == DataType::Date && string.trim().len() > 10 => {
            literal::parse_as(binder.text, string, DataType::Datetime, ast.span()).map(Expr::literal)
        }
        Some(string) if other.is_temporal() || other == DataType::Time => {
            literal::parse_as(binder.text, string, other, ast.span()).map(Expr::literal)
        }
        _ => Ok(expr),
    }
}
