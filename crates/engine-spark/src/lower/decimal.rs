//! Exact decimals.

use tidemill_core::table::DataType;

use super::{Lowering, refused};

/// The most digits that a decimal has.
pub(super) const MOST_DIGITS: u8 = 38;

/// Digits in all and behind the point; those of an int as a decimal.
pub(super) fn digits(data_type: DataType) -> (u8, u8) {
    match data_type {
        DataType::Decimal { precision, scale } => (precision, scale),
        _ => (19, 0),
    }
}

/// A decimal type.
pub(super) fn decimal(precision: u8, scale: u8) -> DataType {
    DataType::Decimal { precision, scale }
}

/// A number, with its type.
pub(super) struct Number<'a> {
    /// In SQL.
    pub sql: &'a str,
    /// An int or a decimal.
    pub data_type: DataType,
}

/// The quotient of decimals rounded half-even, NULL if the divisor is zero.
///
/// Spark's own quotient is rounded half up at a scale of its own, and rounding it once more would round twice. So what remains
/// of the dividend modulo `divisor · 10^-scale` decides: more than half of it rounds away from zero, half of it to the even digit.
pub(super) fn quotient(dividend: &Number<'_>, divisor: &Number<'_>, precision: u8, scale: u8) -> Lowering<String> {
    let (_, dividend_scale) = digits(dividend.data_type);
    let (_, divisor_scale) = digits(divisor.data_type);
    let fine = (divisor_scale + scale).max(dividend_scale);
    if fine >= MOST_DIGITS {
        let (a, b) = (dividend.data_type, divisor.data_type);
        return Err(refused(format!("the quotient of {a} and {b} needs more than {MOST_DIGITS} digits")));
    }
    let exact = |number: &Number<'_>| match number.data_type {
        DataType::Int => format!("cast({} as decimal(19,0))", number.sql),
        _ => number.sql.to_owned(),
    };
    let (x, y) = (exact(dividend), exact(divisor));
    let wide = format!("decimal({MOST_DIGITS},{fine})");
    let unit_type = format!("decimal({},{scale})", scale + 1);
    let unit = format!("cast('1e-{scale}' as {unit_type})");
    // A value is bound to a name by a transform over an array of one.
    let numbers = format!(
        "named_struct('a', cast({x} as {wide}), 'b', {y}, 'd', cast(cast({y} as decimal({MOST_DIGITS},{divisor_scale})) * {unit} as {wide}))"
    );
    let parts =
        format!("named_struct('r', z.a % z.d, 'q', cast((z.a - z.a % z.d) / z.b as decimal({MOST_DIGITS},{scale})))");
    let is_more = "abs(w.r) * 2 > abs(z.d)";
    let is_half = format!("(abs(w.r) * 2 = abs(z.d) and w.q % (2 * {unit}) <> 0)");
    let step = format!(
        "case when {is_more} or {is_half} then case when (z.a < 0) = (z.b < 0) then {unit} else - {unit} end else cast(0 as {unit_type}) end"
    );
    let rounded = format!("cast(w.q + {step} as decimal({precision},{scale}))");
    let inner = format!("element_at(transform(array({parts}), w -> {rounded}), 1)");
    Ok(format!("(case when {y} = 0 then null else element_at(transform(array({numbers}), z -> {inner}), 1) end)"))
}
