//! Which types go together, and what comes of them.

use crate::table::{ArithOp, DataType, Expr, ExprKind, Value, decimal_digits};

/// The most digits a decimal has.
pub(super) const MAX_PRECISION: u8 = 38;
/// Digits that division and means add behind the point.
pub(super) const EXTRA_SCALE: u8 = 6;
/// Digits of the largest int.
const INT_DIGITS: u8 = 19;

pub(super) fn decimal(precision: u8, scale: u8) -> DataType {
    let scale = scale.min(MAX_PRECISION);
    DataType::Decimal { precision: precision.clamp(scale.max(1), MAX_PRECISION), scale }
}

/// A number written with a point, whose type its neighbour decides: a decimal beside a decimal, else a float.
pub(super) fn is_soft(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Literal(Value::Decimal { .. }))
}

/// A number with a point that stands beside nothing is a float.
pub(super) fn harden(expr: Expr) -> Expr {
    if is_soft(&expr) { coerce(expr, DataType::Float) } else { expr }
}

/// The value as that type, with constants converted at once where that is exact.
pub(super) fn coerce(expr: Expr, to: DataType) -> Expr {
    if expr.data_type == to && !is_soft(&expr) {
        return expr;
    }
    if let ExprKind::Literal(value) = &expr.kind
        && let Some(value) = convert(value, to)
    {
        return Expr { kind: ExprKind::Literal(value), data_type: to };
    }
    expr.cast(to)
}

/// A constant of another type, if it can be had without loss (a decimal's nearest float counts as such).
fn convert(value: &Value, to: DataType) -> Option<Value> {
    match (value, to) {
        (Value::Null, _) => Some(Value::Null),
        (Value::Int(int), DataType::Float) => Some(Value::Float(*int as f64)),
        (Value::Int(int), DataType::Decimal { precision, scale }) => rescale(i128::from(*int), 0, precision, scale),
        (Value::Decimal { unscaled, scale: from }, DataType::Decimal { precision, scale }) => {
            rescale(*unscaled, *from, precision, scale)
        }
        (Value::Decimal { .. }, DataType::Float) => value.to_string().parse().ok().map(Value::Float),
        _ => None,
    }
}

fn rescale(unscaled: i128, from: u8, precision: u8, scale: u8) -> Option<Value> {
    let factor = 10_i128.checked_pow(u32::from(scale.checked_sub(from)?))?;
    let unscaled = unscaled.checked_mul(factor)?;
    (decimal_digits(unscaled) <= precision).then_some(Value::Decimal { unscaled, scale })
}

/// Whether two types are the same but for a decimal's digits.
pub(super) fn same_kind(a: DataType, b: DataType) -> bool {
    std::mem::discriminant(&a) == std::mem::discriminant(&b)
}

/// The type that both can become without loss, if there is one: NULL fits all, int widens to decimal and float, decimal to
/// float, date to datetime.
pub(super) fn common(a: &Expr, b: &Expr) -> Option<DataType> {
    if let Some(fitting) = literal_fit(a, b).or_else(|| literal_fit(b, a)) {
        return Some(fitting);
    }
    if (is_soft(a) && !is_exact(b)) || (is_soft(b) && !is_exact(a)) {
        return match (a.data_type, b.data_type) {
            (x, y) if x.is_numeric() && y.is_numeric() => Some(DataType::Float),
            (x, DataType::Null) | (DataType::Null, x) if x.is_numeric() => Some(DataType::Float),
            _ => None,
        };
    }
    common_type(a.data_type, b.data_type)
}

/// A decimal that is not a mere literal.
fn is_exact(expr: &Expr) -> bool {
    matches!(expr.data_type, DataType::Decimal { .. }) && !is_soft(expr)
}

/// A decimal's own type, if the literal beside it fits into that.
fn literal_fit(literal: &Expr, other: &Expr) -> Option<DataType> {
    let ExprKind::Literal(value @ (Value::Int(_) | Value::Decimal { .. })) = &literal.kind else { return None };
    (is_exact(other) && convert(value, other.data_type).is_some()).then_some(other.data_type)
}

/// As [`common`], of types alone.
pub fn common_type(a: DataType, b: DataType) -> Option<DataType> {
    use DataType::{Date, Datetime, Decimal, Float, Int, Null};
    match (a, b) {
        (a, b) if a == b => Some(a),
        (Null, other) | (other, Null) => Some(other),
        (Float, Int | Decimal { .. }) | (Int | Decimal { .. }, Float) => Some(Float),
        (Int | Decimal { .. }, Int | Decimal { .. }) => {
            let ((p1, s1), (p2, s2)) = (digits(a), digits(b));
            let scale = s1.max(s2);
            Some(decimal((p1 - s1).max(p2 - s2).saturating_add(scale), scale))
        }
        (Date, Datetime) | (Datetime, Date) => Some(Datetime),
        _ => None,
    }
}

/// Precision and scale of an exact number.
fn digits(data_type: DataType) -> (u8, u8) {
    match data_type {
        DataType::Decimal { precision, scale } => (precision.max(scale), scale),
        _ => (INT_DIGITS, 0),
    }
}

/// Digits of an operand: of a whole number that stands in the text as many as it has.
fn operand_digits(expr: &Expr) -> (u8, u8) {
    match &expr.kind {
        ExprKind::Literal(Value::Int(int)) => (decimal_digits(i128::from(*int)), 0),
        _ => digits(expr.data_type),
    }
}

/// `a op b` of two exact numbers of which at least one is a decimal.
///
/// `+`, `-` and `%`: both become the result's type. `*` and `/`: each keeps its own precision and scale.
pub(super) fn decimal_arith(op: ArithOp, a: Expr, b: Expr) -> Expr {
    let ((p1, s1), (p2, s2)) = (operand_digits(&a), operand_digits(&b));
    let own = |expr: Expr, (precision, scale)| coerce(expr, decimal(precision, scale));
    let (left, right, result) = match op {
        ArithOp::Add | ArithOp::Sub => {
            let scale = s1.max(s2);
            let result = decimal((p1 - s1).max(p2 - s2).saturating_add(scale).saturating_add(1), scale);
            (coerce(a, result), coerce(b, result), result)
        }
        ArithOp::Mod => {
            let scale = s1.max(s2);
            let result = decimal((p1 - s1).max(p2 - s2).saturating_add(scale), scale);
            (coerce(a, result), coerce(b, result), result)
        }
        ArithOp::Mul => {
            let result = decimal(p1.saturating_add(p2), s1.saturating_add(s2));
            (own(a, (p1, s1)), own(b, (p2, s2)), result)
        }
        ArithOp::Div => {
            let kept = if matches!(a.data_type, DataType::Decimal { .. }) { s1 } else { s2 };
            let result = decimal(MAX_PRECISION, kept.saturating_add(EXTRA_SCALE));
            (own(a, (p1, s1)), own(b, (p2, s2)), result)
        }
    };
    Expr { kind: ExprKind::Arith(op, Box::new(left), Box::new(right)), data_type: result }
}
