//! `+ - * / %`.

use tidemill_core::table::{ArithOp, DataType, Expr, Value};

use super::decimal::{MOST_DIGITS, Number, digits, quotient};
use super::expression::Scope;
use super::literal::{constant, null, spark_type};
use super::{Lowering, refused};

pub(super) fn arithmetic(scope: &Scope, op: ArithOp, left: &Expr, right: &Expr, to: DataType) -> Lowering<String> {
    let (x, y) = (scope.sql(left)?, scope.sql(right)?);
    let plain = format!("({x} {} {y})", op.sign());
    Ok(match to {
        DataType::Null => null(DataType::Null),
        DataType::Int if left.data_type == DataType::Date => format!("cast(datediff({x}, {y}) as bigint)"),
        DataType::Int if op == ArithOp::Mod => unless_zero(right, &y, plain, to),
        DataType::Int => plain,
        DataType::Float if matches!(op, ArithOp::Div | ArithOp::Mod) => unless_zero(right, &y, plain, to),
        DataType::Float => plain,
        DataType::Decimal { precision, scale } => match op {
            ArithOp::Div => {
                let (x, y) =
                    (Number { sql: &x, data_type: left.data_type }, Number { sql: &y, data_type: right.data_type });
                quotient(&x, &y, precision, scale)?
            }
            ArithOp::Mod => unless_zero(right, &y, format!("cast({plain} as {})", spark_type(to)), to),
            ArithOp::Mul if digits(left.data_type).1 + digits(right.data_type).1 > MOST_DIGITS => {
                return Err(refused(format!(
                    "a product of more than {MOST_DIGITS} digits behind the point cannot be computed"
                )));
            }
            _ => format!("cast({plain} as {})", spark_type(to)),
        },
        DataType::Date | DataType::Datetime => shifted(op, (left, &x), (right, &y), to),
        other => return Err(refused(format!("there is no arithmetic of {other}"))),
    })
}

/// NULL where the divisor is zero.
fn unless_zero(divisor: &Expr, y: &str, plain: String, to: DataType) -> String {
    let is_zero = match constant(divisor) {
        Some(Value::Int(number)) => Some(*number == 0),
        Some(Value::Float(number)) => Some(*number == 0.0),
        Some(Value::Decimal { unscaled, .. }) => Some(*unscaled == 0),
        _ => None,
    };
    match is_zero {
        Some(false) => plain,
        // Said outright: Spark computes constants beforehand, in a `case` too, and fails.
        Some(true) => null(to),
        None => format!("(case when {y} = 0 then null else {plain} end)"),
    }
}

/// A date or datetime and a number of days.
fn shifted(op: ArithOp, left: (&Expr, &str), right: (&Expr, &str), to: DataType) -> String {
    let ((_, day), (_, days)) = if left.0.data_type == DataType::Int { (right, left) } else { (left, right) };
    let days = if op == ArithOp::Sub { format!("(- {days})") } else { days.to_owned() };
    match to {
        DataType::Date => format!("date_add({day}, cast({days} as int))"),
        _ => format!("({day} + make_dt_interval(cast({days} as int)))"),
    }
}
