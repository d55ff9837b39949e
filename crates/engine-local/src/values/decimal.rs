//! Exact arithmetic on the digits of decimals.

/// 10 to that power, if it fits.
pub(crate) fn power_of_ten(exponent: u8) -> Option<i128> {
    10i128.checked_pow(exponent.into())
}

/// Whether a decimal of `precision` digits can hold these.
pub(crate) fn fits(digits: i128, precision: u8) -> bool {
    digits.unsigned_abs() < 10u128.pow(u32::from(precision.min(38)))
}

/// The quotient, rounded to the even neighbour if it lies in the middle. `by` is not zero.
pub(crate) fn div_half_even(digits: i128, by: i128) -> Option<i128> {
    let (quotient, rest) = (digits.checked_div(by)?, digits.checked_rem(by)?);
    let (rest, half) = (rest.unsigned_abs(), by.unsigned_abs() - rest.unsigned_abs());
    let up = rest > half || (rest == half && quotient % 2 != 0);
    Some(if up { quotient + toward(digits, by) } else { quotient })
}

/// The quotient, rounded away from zero if it lies in the middle. `by` is not zero.
pub(crate) fn div_half_away(digits: i128, by: i128) -> Option<i128> {
    let (quotient, rest) = (digits.checked_div(by)?, digits.checked_rem(by)?.unsigned_abs());
    Some(if rest >= by.unsigned_abs() - rest { quotient + toward(digits, by) } else { quotient })
}

/// The direction away from zero of a quotient.
fn toward(digits: i128, by: i128) -> i128 {
    if (digits < 0) == (by < 0) { 1 } else { -1 }
}

/// The same number with another scale; `divide` rounds where digits are lost.
fn rescale(digits: i128, from: u8, to: u8, divide: impl Fn(i128, i128) -> Option<i128>) -> Option<i128> {
    match to.checked_sub(from) {
        Some(more) => digits.checked_mul(power_of_ten(more)?),
        None => divide(digits, power_of_ten(from - to)?),
    }
}

/// The same number with another scale, half to even; None on overflow.
pub(crate) fn rescale_half_even(digits: i128, from: u8, to: u8) -> Option<i128> {
    rescale(digits, from, to, div_half_even)
}

/// The same number with another scale, half away from zero; None on overflow.
pub(crate) fn rescale_half_away(digits: i128, from: u8, to: u8) -> Option<i128> {
    rescale(digits, from, to, div_half_away)
}

/// `left / right` with `scale` digits behind the point, half-even; None on overflow. `right` is not zero.
///
/// Divides digit by digit, so that only the result has to fit and not the dividend with all its zeros.
pub(crate) fn divide(left: i128, left_scale: u8, right: i128, right_scale: u8, scale: u8) -> Option<i128> {
    let shift = i32::from(scale) - i32::from(left_scale) + i32::from(right_scale);
    if shift < 0 {
        // More digits behind the point than the result takes: the divisor grows instead.
        return div_half_even(left, right.checked_mul(power_of_ten(u8::try_from(-shift).ok()?)?)?);
    }
    let shift = shift as u8; // at most 76
    if let Some(dividend) = power_of_ten(shift).and_then(|power| left.checked_mul(power)) {
        return div_half_even(dividend, right);
    }
    let divisor = right.unsigned_abs();
    let (mut quotient, mut rest) = (left.unsigned_abs() / divisor, left.unsigned_abs() % divisor);
    for _ in 0..shift {
        rest = rest.checked_mul(10)?;
        quotient = quotient.checked_mul(10)?.checked_add(rest / divisor)?;
        rest %= divisor;
    }
    let half = divisor - rest;
    if rest > half || (rest == half && quotient % 2 == 1) {
        quotient += 1;
    }
    let quotient = i128::try_from(quotient).ok()?;
    Some(if (left < 0) == (right < 0) { quotient } else { -quotient })
}

/// The nearest float.
pub(crate) fn to_float(digits: i128, scale: u8) -> f64 {
    const EXACT: u128 = 1 << 53;
    if digits.unsigned_abs() <= EXACT && scale <= 22 {
        // Both operands are exact, so the division rounds once.
        digits as f64 / 10f64.powi(scale.into())
    } else {
        // The text of a number always parses.
        tidemill_core::table::decimal_text(digits, scale).parse().unwrap_or(f64::NAN)
    }
}
