//! Arithmetic on the digits of decimals without a check for each value: the largest digits of both sides show beforehand that
//! none can overflow. Where they do not show it, the caller goes value by value.

use polars::prelude::{ChunkFullNull, Int128Chunked};
use tidemill_core::table::ArithOp;

use super::decimal::power_of_ten;

/// The largest distance from zero, or a little more: the next power of two. What lies under a NULL counts.
pub(crate) fn magnitude(digits: impl Iterator<Item = i128>) -> u128 {
    // The digits below zero are turned, so that the highest bit that any value sets is the one that counts.
    let bits = digits.fold(0, |bits, digits| bits | (digits ^ (digits >> 127)));
    (bits.unsigned_abs() + 1).next_power_of_two()
}

/// One side of an operation: its digits, multiplied to have the scale of the result.
struct Side {
    digits: Int128Chunked,
    factor: i128,
    most: u128,
}

impl Side {
    fn new(digits: &Int128Chunked, factor: i128) -> Option<Self> {
        let digits = digits.rechunk().into_owned();
        let most = magnitude(digits.downcast_as_array().values_iter().copied()).checked_mul(factor.unsigned_abs())?;
        Some(Self { digits, factor, most })
    }

    fn values(&self) -> &[i128] {
        self.digits.downcast_as_array().values()
    }

    /// The one value of a constant; none if it is no constant or NULL.
    fn constant(&self, rows: usize) -> Option<i128> {
        if self.digits.len() == 1 && rows != 1 { Some(self.digits.get(0)? * self.factor) } else { None }
    }
}

/// `left op right` of so many rows, where one row stands for a constant. The sides have been given scales of `left_scale` and
/// `right_scale`, the result has `scale` and at most `precision` digits. None if it is not certain that every value fits, or
/// the operation has to look at each value.
pub(super) fn bounded(
    op: ArithOp,
    (left, left_scale): (&Int128Chunked, u8),
    (right, right_scale): (&Int128Chunked, u8),
    (precision, scale): (u8, u8),
    rows: usize,
) -> Option<Int128Chunked> {
    let is_null = |side: &Int128Chunked| side.len() == 1 && rows != 1 && side.null_count() == 1;
    if is_null(left) || is_null(right) {
        return Some(Int128Chunked::full_null("".into(), rows));
    }
    let factor = |from: u8| power_of_ten(scale.checked_sub(from)?);
    let (left, right) = match op {
        ArithOp::Add | ArithOp::Sub => (Side::new(left, factor(left_scale)?)?, Side::new(right, factor(right_scale)?)?),
        ArithOp::Mul if scale == left_scale + right_scale => (Side::new(left, 1)?, Side::new(right, 1)?),
        _ => return None,
    };
    let most = match op {
        ArithOp::Mul => left.most.checked_mul(right.most)?,
        _ => left.most.checked_add(right.most)?,
    };
    if most >= power_of_ten(precision.min(38))?.unsigned_abs() {
        return None;
    }
    let values = match op {
        // Half as wide numbers have products in one step.
        ArithOp::Mul if left.most <= 1 << 63 && right.most <= 1 << 63 => {
            each(&left, &right, rows, |a, b| i128::from(a as i64) * i128::from(b as i64))
        }
        // Nothing wraps: `most` bounds every result, and what lies under a NULL too.
        ArithOp::Mul => each(&left, &right, rows, i128::wrapping_mul),
        ArithOp::Add => each(&left, &right, rows, i128::wrapping_add),
        _ => each(&left, &right, rows, i128::wrapping_sub),
    };
    // A constant that is NULL has been dealt with.
    let validity = match (left.digits.downcast_as_array().validity(), right.digits.downcast_as_array().validity()) {
        (Some(a), Some(b)) => Some(a & b),
        (one, None) | (None, one) => one.cloned(),
    };
    Some(Int128Chunked::from_vec_validity("".into(), values, validity.filter(|validity| validity.len() == rows)))
}

fn each(left: &Side, right: &Side, rows: usize, op: impl Fn(i128, i128) -> i128 + Copy) -> Vec<i128> {
    match (left.constant(rows), right.constant(rows)) {
        (Some(a), Some(b)) => vec![op(a, b); rows],
        (Some(a), None) => scaled(right, |b| op(a, b)),
        (None, Some(b)) => scaled(left, |a| op(a, b)),
        (None, None) if left.factor == 1 && right.factor == 1 => {
            left.values().iter().zip(right.values()).map(|(a, b)| op(*a, *b)).collect()
        }
        (None, None) => {
            let (f, g) = (left.factor, right.factor);
            left.values().iter().zip(right.values()).map(|(a, b)| op(a.wrapping_mul(f), b.wrapping_mul(g))).collect()
        }
    }
}

fn scaled(side: &Side, op: impl Fn(i128) -> i128) -> Vec<i128> {
    match side.factor {
        1 => side.values().iter().map(|digits| op(*digits)).collect(),
        factor => side.values().iter().map(|digits| op(digits.wrapping_mul(factor))).collect(),
    }
}

/// The digits with a scale that is no smaller; none if it is smaller, or it is not certain that every value has at most
/// `precision` digits then.
pub(super) fn rescaled(digits: &Int128Chunked, from: u8, (precision, scale): (u8, u8)) -> Option<Int128Chunked> {
    let side = Side::new(digits, power_of_ten(scale.checked_sub(from)?)?)?;
    if side.most >= power_of_ten(precision.min(38))?.unsigned_abs() {
        return None;
    }
    if side.factor == 1 {
        return Some(side.digits);
    }
    let validity = side.digits.downcast_as_array().validity().cloned();
    Some(Int128Chunked::from_vec_validity("".into(), scaled(&side, |digits| digits), validity))
}
