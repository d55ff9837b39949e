//! Arithmetic on the digits of decimals without a check for each value: the largest digits of both sides show beforehand that
//! none can overflow. Where they do not show it, the caller goes value by value.

use polars::prelude::{ChunkFullNull, Int128Chunked};
use tidemill_core::table::ArithOp;

use crate::values::decimal::power_of_ten;

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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::values::decimal::{fits, rescale_half_even};

    /// Digits about the edges of 64 and 128 bits and of ten digits, and small ones.
    fn digits() -> impl Strategy<Value = Option<i128>> {
        let edges =
            [0, 1 << 31, i64::MAX as i128, 1 << 64, 10i128.pow(10), 10i128.pow(19), i128::MAX / 2, i128::MAX - 3];
        let near = (prop::sample::select(edges.to_vec()), -2..3i128, any::<bool>())
            .prop_map(|(edge, more, negative)| if negative { -(edge + more) } else { edge + more });
        prop::option::weighted(0.9, prop_oneof![near, -1_000..1_000i128])
    }

    fn exact(op: ArithOp, a: (i128, u8), b: (i128, u8), scale: u8) -> Option<i128> {
        match op {
            ArithOp::Mul => a.0.checked_mul(b.0),
            _ => {
                let (a, b) = (rescale_half_even(a.0, a.1, scale)?, rescale_half_even(b.0, b.1, scale)?);
                if op == ArithOp::Add { a.checked_add(b) } else { a.checked_sub(b) }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn what_is_computed_without_a_check_is_what_the_check_lets_through(
            left in prop::collection::vec(digits(), 0..6),
            right in prop::collection::vec(digits(), 6),
            is_constant: bool,
            scales in (0..4u8, 0..4u8),
            precision in 1..39u8,
            op in prop_oneof![Just(ArithOp::Add), Just(ArithOp::Sub), Just(ArithOp::Mul)],
        ) {
            let rows = left.len();
            let right = &right[..if is_constant { 1 } else { rows }];
            let scale = if op == ArithOp::Mul { scales.0 + scales.1 } else { scales.0.max(scales.1) };
            let (a, b): (Int128Chunked, Int128Chunked) = (left.iter().copied().collect(), right.iter().copied().collect());
            let Some(found) = bounded(op, (&a, scales.0), (&b, scales.1), (precision, scale), rows) else {
                // Small values are never refused where there is room for them.
                let small = left.iter().chain(right).flatten().all(|digits| digits.unsigned_abs() <= 1_000);
                prop_assert!(!small || precision < 20);
                return Ok(());
            };
            prop_assert_eq!(found.len(), rows);
            for (row, (left, found)) in left.iter().zip(found.iter()).enumerate() {
                let right = right[if is_constant { 0 } else { row }];
                let wanted = left.zip(right).map(|(a, b)| exact(op, (a, scales.0), (b, scales.1), scale).unwrap());
                prop_assert_eq!(found, wanted);
                prop_assert!(wanted.is_none_or(|digits| fits(digits, precision)));
            }
        }

        #[test]
        fn a_scale_is_widened_without_a_check_only_where_there_is_room(
            values in prop::collection::vec(digits(), 0..6),
            scales in (0..4u8, 0..8u8),
            precision in 1..39u8,
        ) {
            let digits: Int128Chunked = values.iter().copied().collect();
            if let Some(found) = rescaled(&digits, scales.0, (precision, scales.1)) {
                for (value, found) in values.iter().zip(found.iter()) {
                    prop_assert_eq!(found, value.map(|value| rescale_half_even(value, scales.0, scales.1).unwrap()));
                    prop_assert!(found.is_none_or(|digits| fits(digits, precision)));
                }
            }
        }

        #[test]
        fn nothing_is_further_from_zero_than_the_magnitude(values in prop::collection::vec(any::<i128>(), 0..4)) {
            let most = magnitude(values.iter().copied());
            prop_assert!(values.iter().all(|value| value.unsigned_abs() <= most));
        }
    }
}
