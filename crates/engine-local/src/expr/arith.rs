//! Arithmetic that fails instead of wrapping.

use polars::prelude::DataType as Physical;
use polars::prelude::{Float64Chunked, Int32Chunked, Int64Chunked, Int128Chunked, IntoSeries, NamedFrom, Series};
use tidemill_core::table::{ArithOp, DataType};

use super::bounded::bounded;
use super::context::EvalContext;
use super::notes::Notes;
use crate::arrays::operand::Operand;
use crate::arrays::typed::{days, digits, floats, ints, micros};
use crate::arrays::types;
use crate::error::{Outcome, unsupported, value};
use crate::values::calendar::MICROS_PER_DAY;
use crate::values::decimal;
use crate::values::decimal::fits;

/// The operation as messages call it.
fn noun(op: ArithOp) -> &'static str {
    match op {
        ArithOp::Add => "addition",
        ArithOp::Sub => "subtraction",
        ArithOp::Mul => "multiplication",
        ArithOp::Div => "division",
        ArithOp::Mod => "remainder",
    }
}

impl EvalContext<'_> {
    pub(super) fn arith(&self, op: ArithOp, left: &Series, right: &Series, data_type: DataType) -> Outcome<Series> {
        match data_type {
            DataType::Int if left.dtype() == &Physical::Date => self.days_between(left, right),
            DataType::Int => self.arith_int(op, left, right),
            DataType::Float => self.arith_float(op, left, right),
            DataType::Decimal { precision, scale } => self.arith_decimal(op, left, right, precision, scale),
            DataType::Date => self.shift_date(op, left, right),
            DataType::Datetime => self.shift_datetime(op, left, right),
            DataType::Null => Ok(Series::full_null("".into(), self.rows_of(&[left, right]), &Physical::Null)),
            other => Err(unsupported(format!("no arithmetic gives {other}"))),
        }
    }

    pub(super) fn negate(&self, operand: &Series) -> Outcome<Series> {
        match operand.dtype() {
            Physical::Float64 => {
                Ok(floats(operand)?.iter().map(|x| x.map(|x| -x)).collect::<Float64Chunked>().into_series())
            }
            Physical::Int64 => {
                let zero = Series::new("".into(), [0i64]);
                self.arith_int(ArithOp::Sub, &zero, operand)
            }
            Physical::Decimal(precision, scale) => {
                let negated: Int128Chunked = digits(operand)?.0.iter().map(|x| x.map(|x| -x)).collect();
                Ok(types::decimals(negated, *precision as u8, *scale as u8))
            }
            Physical::Null => Ok(operand.clone()),
            other => Err(unsupported(format!("{other} has no sign"))),
        }
    }

    fn arith_int(&self, op: ArithOp, left: &Series, right: &Series) -> Outcome<Series> {
        let (a, b) = (ints(left)?, ints(right)?);
        let (a, b) = (Operand::new(&a), Operand::new(&b));
        let rows = self.rows_of(&[left, right]);
        let result: Outcome<Int64Chunked> = (0..rows)
            .map(|row| {
                let (Some(a), Some(b)) = (a.at(row), b.at(row)) else { return Ok(None) };
                let result = match op {
                    ArithOp::Add => a.checked_add(b),
                    ArithOp::Sub => a.checked_sub(b),
                    ArithOp::Mul => a.checked_mul(b),
                    ArithOp::Div | ArithOp::Mod if b == 0 => {
                        Notes::count(&self.notes.zero_divisions, self.weight(rows));
                        return Ok(None);
                    }
                    ArithOp::Div => a.checked_div(b),
                    ArithOp::Mod => Some(a.wrapping_rem(b)),
                };
                match result {
                    Some(result) => Ok(Some(result)),
                    None => Err(self.overflow("int", op, row, &a.to_string(), &b.to_string())),
                }
            })
            .collect();
        Ok(result?.into_series())
    }

    fn arith_float(&self, op: ArithOp, left: &Series, right: &Series) -> Outcome<Series> {
        let (a, b) = (floats(left)?, floats(right)?);
        let (a, b) = (Operand::new(&a), Operand::new(&b));
        let rows = self.rows_of(&[left, right]);
        let result: Float64Chunked = (0..rows)
            .map(|row| {
                let (a, b) = (a.at(row)?, b.at(row)?);
                Some(match op {
                    ArithOp::Add => a + b,
                    ArithOp::Sub => a - b,
                    ArithOp::Mul => a * b,
                    ArithOp::Div | ArithOp::Mod if b == 0.0 => {
                        Notes::count(&self.notes.zero_divisions, self.weight(rows));
                        return None;
                    }
                    ArithOp::Div => a / b,
                    ArithOp::Mod => a % b,
                })
            })
            .collect();
        Ok(result.into_series())
    }

    fn arith_decimal(&self, op: ArithOp, left: &Series, right: &Series, precision: u8, scale: u8) -> Outcome<Series> {
        let ((a, a_scale), (b, b_scale)) = (digits(left)?, digits(right)?);
        let rows = self.rows_of(&[left, right]);
        if let Some(result) = bounded(op, (&a, a_scale), (&b, b_scale), (precision, scale), rows) {
            return Ok(types::decimals(result, precision, scale));
        }
        let (a, b) = (Operand::new(&a), Operand::new(&b));
        let common = a_scale.max(b_scale);
        let rescaled = |x: i128, from: u8| decimal::rescale_half_even(x, from, common);
        let result: Outcome<Int128Chunked> = (0..rows)
            .map(|row| {
                let (Some(a), Some(b)) = (a.at(row), b.at(row)) else { return Ok(None) };
                let exact = || match op {
                    ArithOp::Add => decimal::rescale_half_even(
                        rescaled(a, a_scale)?.checked_add(rescaled(b, b_scale)?)?,
                        common,
                        scale,
                    ),
                    ArithOp::Sub => decimal::rescale_half_even(
                        rescaled(a, a_scale)?.checked_sub(rescaled(b, b_scale)?)?,
                        common,
                        scale,
                    ),
                    ArithOp::Mul => decimal::rescale_half_even(a.checked_mul(b)?, a_scale + b_scale, scale),
                    ArithOp::Div => decimal::divide(a, a_scale, b, b_scale, scale),
                    ArithOp::Mod => {
                        decimal::rescale_half_even(rescaled(a, a_scale)? % rescaled(b, b_scale)?, common, scale)
                    }
                };
                if b == 0 && matches!(op, ArithOp::Div | ArithOp::Mod) {
                    Notes::count(&self.notes.zero_divisions, self.weight(rows));
                    return Ok(None);
                }
                match exact().filter(|result| fits(*result, precision)) {
                    Some(result) => Ok(Some(result)),
                    None => {
                        let text = tidemill_core::table::decimal_text;
                        Err(self.overflow("decimal", op, row, &text(a, a_scale), &text(b, b_scale)))
                    }
                }
            })
            .collect();
        Ok(types::decimals(result?, precision, scale))
    }

    fn days_between(&self, left: &Series, right: &Series) -> Outcome<Series> {
        let (a, b) = (days(left)?, days(right)?);
        let (a, b) = (Operand::new(&a), Operand::new(&b));
        let rows = self.rows_of(&[left, right]);
        let result: Int64Chunked = (0..rows).map(|row| Some(i64::from(a.at(row)?) - i64::from(b.at(row)?))).collect();
        Ok(result.into_series())
    }

    fn shift_date(&self, op: ArithOp, left: &Series, right: &Series) -> Outcome<Series> {
        // `int + date` is `date + int`.
        let (date, count) = if left.dtype() == &Physical::Date { (left, right) } else { (right, left) };
        let (date, count) = (days(date)?, ints(count)?);
        let (date, count) = (Operand::new(&date), Operand::new(&count));
        let rows = self.rows_of(&[left, right]);
        let result: Outcome<Int32Chunked> = (0..rows)
            .map(|row| {
                let (Some(date), Some(count)) = (date.at(row), count.at(row)) else { return Ok(None) };
                let day = i64::from(date);
                let moved = if op == ArithOp::Sub { day.checked_sub(count) } else { day.checked_add(count) };
                match moved
                    .and_then(|day| i32::try_from(day).ok())
                    .filter(|day| crate::values::calendar::is_valid(*day))
                {
                    Some(day) => Ok(Some(day)),
                    None => Err(self.overflow(
                        "date",
                        op,
                        row,
                        &crate::values::calendar::date_text(date),
                        &count.to_string(),
                    )),
                }
            })
            .collect();
        Ok(result?.into_date().into_series())
    }

    fn shift_datetime(&self, op: ArithOp, left: &Series, right: &Series) -> Outcome<Series> {
        let (at, count) = if left.dtype() == &Physical::Int64 { (right, left) } else { (left, right) };
        let (at, count) = (micros(at)?, ints(count)?);
        let (at, count) = (Operand::new(&at), Operand::new(&count));
        let rows = self.rows_of(&[left, right]);
        let result: Outcome<Int64Chunked> = (0..rows)
            .map(|row| {
                let (Some(at), Some(count)) = (at.at(row), count.at(row)) else { return Ok(None) };
                let span = count.checked_mul(MICROS_PER_DAY);
                let moved =
                    span.and_then(|span| if op == ArithOp::Sub { at.checked_sub(span) } else { at.checked_add(span) });
                match moved.filter(|at| crate::values::calendar::is_valid_instant(*at)) {
                    Some(at) => Ok(Some(at)),
                    None => Err(self.overflow("datetime", op, row, "the datetime", &count.to_string())),
                }
            })
            .collect();
        Ok(types::datetimes(result?))
    }

    fn overflow(&self, kind: &str, op: ArithOp, row: usize, a: &str, b: &str) -> tidemill_core::table::EngineError {
        let (noun, sign) = (noun(op), op.sign());
        value(format!("{kind} {noun} overflows in row {}: {a} {sign} {b}", self.place(row)))
    }
}
