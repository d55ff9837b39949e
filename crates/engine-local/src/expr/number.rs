//! Functions of numbers.

use polars::prelude::DataType as Physical;
use polars::prelude::{Float64Chunked, Int64Chunked, Int128Chunked, IntoSeries, Series, StringChunked};
use tidemill_core::table::{Expr, NumberTemplate};

use super::context::EvalContext;
use super::eval::Eval;
use super::kernel::{Compute, Kernel, constant_text, first};
use super::notes::Notes;
use crate::arrays::operand::Operand;
use crate::arrays::typed::{digits, floats, ints};
use crate::arrays::types;
use crate::error::{Outcome, unsupported, value};
use crate::values::decimal;
use crate::values::decimal::fits;
use crate::values::fdlibm;

pub(super) const KERNELS: &[Kernel] = &[
    Kernel { name: "abs", compute: Compute::Unary(|context, x| context.abs(x)) },
    Kernel { name: "round", compute: Compute::Binary(|context, x, digits| context.round(x, digits)) },
    Kernel { name: "floor", compute: Compute::Unary(|context, x| context.floor(x)) },
    Kernel { name: "ceil", compute: Compute::Unary(|context, x| context.ceil(x)) },
    Kernel { name: "sqrt", compute: Compute::Unary(|context, x| context.sqrt(x)) },
    Kernel { name: "power", compute: Compute::Binary(|context, x, y| context.both_floats(x, y, fdlibm::pow)) },
    Kernel { name: "exp", compute: Compute::Unary(|context, x| context.exp(x)) },
    Kernel { name: "sin", compute: Compute::Unary(|context, x| context.each_float(x, f64::sin)) },
    Kernel { name: "cos", compute: Compute::Unary(|context, x| context.each_float(x, f64::cos)) },
    Kernel { name: "tan", compute: Compute::Unary(|context, x| context.each_float(x, f64::tan)) },
    Kernel { name: "asin", compute: Compute::Unary(|context, x| context.arc(x, f64::asin)) },
    Kernel { name: "acos", compute: Compute::Unary(|context, x| context.arc(x, f64::acos)) },
    Kernel { name: "atan", compute: Compute::Unary(|context, x| context.each_float(x, f64::atan)) },
    Kernel { name: "atan2", compute: Compute::Binary(|context, y, x| context.both_floats(y, x, f64::atan2)) },
    Kernel { name: "ln", compute: Compute::Unary(|context, x| context.ln(x)) },
    Kernel { name: "log10", compute: Compute::Unary(|context, x| context.log10(x)) },
    Kernel { name: "log", compute: Compute::Binary(|context, base, x| context.log(base, x)) },
    Kernel { name: "trunc", compute: Compute::Binary(|context, x, digits| context.trunc(x, digits)) },
    Kernel { name: "to_char", compute: Compute::Expressions(|eval, args, _| to_char(eval, args)) },
    Kernel { name: "sign", compute: Compute::Unary(|_, x| sign(x)) },
    Kernel { name: "width_bucket", compute: Compute::Values(|context, _, values| context.width_bucket(values)) },
];

impl EvalContext<'_> {
    fn abs(&self, x: &Series) -> Outcome<Series> {
        match x.dtype() {
            Physical::Int64 => {
                let result: Outcome<Int64Chunked> = ints(x)?
                    .iter()
                    .enumerate()
                    .map(|(row, x)| {
                        x.map(|x| x.checked_abs().ok_or_else(|| self.too_large("abs", row, &x.to_string()))).transpose()
                    })
                    .collect();
                Ok(result?.into_series())
            }
            Physical::Float64 => self.each_float(x, f64::abs),
            Physical::Decimal(..) => self.each_decimal(x, |x, _| Some(x.abs())),
            Physical::Null => Ok(x.clone()),
            other => Err(unsupported(format!("abs of {other}"))),
        }
    }

    fn round(&self, x: &Series, places: &Series) -> Outcome<Series> {
        let places = ints(places)?.get(0).unwrap_or(0).clamp(-400, 400) as i32;
        match x.dtype() {
            Physical::Float64 => self.each_float(x, |x| round_float(x, places)),
            Physical::Int64 if places >= 0 => Ok(x.clone()),
            Physical::Int64 => {
                let result: Outcome<Int64Chunked> = ints(x)?
                    .iter()
                    .enumerate()
                    .map(|(row, x)| {
                        let Some(x) = x else { return Ok(None) };
                        round_digits(x.into(), -places)
                            .and_then(|x| i64::try_from(x).ok())
                            .map(Some)
                            .ok_or_else(|| self.too_large("round", row, &x.to_string()))
                    })
                    .collect();
                Ok(result?.into_series())
            }
            Physical::Decimal(..) => self.each_decimal(x, |x, scale| round_digits(x, i32::from(scale) - places)),
            Physical::Null => Ok(x.clone()),
            other => Err(unsupported(format!("round of {other}"))),
        }
    }

    fn floor(&self, x: &Series) -> Outcome<Series> {
        match x.dtype() {
            Physical::Float64 => self.each_float(x, f64::floor),
            Physical::Decimal(..) => self.each_decimal(x, |x, scale| {
                let unit = decimal::power_of_ten(scale)?;
                x.div_euclid(unit).checked_mul(unit)
            }),
            _ => Ok(x.clone()),
        }
    }

    fn ceil(&self, x: &Series) -> Outcome<Series> {
        match x.dtype() {
            Physical::Float64 => self.each_float(x, f64::ceil),
            Physical::Decimal(..) => self.each_decimal(x, |x, scale| {
                let unit = decimal::power_of_ten(scale)?;
                (-(-x).div_euclid(unit)).checked_mul(unit)
            }),
            _ => Ok(x.clone()),
        }
    }

    fn sqrt(&self, x: &Series) -> Outcome<Series> {
        self.partial_float(x, &self.notes.roots, |x| x < 0.0, f64::sqrt)
    }

    fn ln(&self, x: &Series) -> Outcome<Series> {
        self.partial_float(x, &self.notes.logarithms, |x| x <= 0.0, fdlibm::ln)
    }

    fn log10(&self, x: &Series) -> Outcome<Series> {
        self.partial_float(x, &self.notes.logarithms, |x| x <= 0.0, fdlibm::log10)
    }

    fn log(&self, base: &Series, x: &Series) -> Outcome<Series> {
        let (bases, values) = (floats(base)?, floats(x)?);
        let (bases, values) = (Operand::new(&bases), Operand::new(&values));
        let rows = self.rows_of(&[base, x]);
        let logarithm = |row| {
            let (base, x) = (bases.at(row)?, values.at(row)?);
            if x <= 0.0 || base <= 0.0 || base == 1.0 {
                Notes::count(&self.notes.logarithms, self.weight(rows));
                return None;
            }
            let power = fdlibm::ln(x) / fdlibm::ln(base);
            let whole = power.round();
            Some(if fdlibm::pow(base, whole) == x { whole } else { power })
        };
        Ok((0..rows).map(logarithm).collect::<Float64Chunked>().into_series())
    }

    fn trunc(&self, x: &Series, places: &Series) -> Outcome<Series> {
        let places = ints(places)?.get(0).unwrap_or(0).clamp(-400, 400) as i32;
        match x.dtype() {
            Physical::Float64 => self.each_float(x, |x| trunc_float(x, places)),
            Physical::Int64 => {
                // Nearer to zero fits.
                let cut = |x: i64| trunc_digits(x.into(), -places) as i64;
                Ok(ints(x)?.iter().map(|x| x.map(cut)).collect::<Int64Chunked>().into_series())
            }
            Physical::Decimal(..) => self.each_decimal(x, |x, scale| Some(trunc_digits(x, i32::from(scale) - places))),
            Physical::Null => Ok(x.clone()),
            other => Err(unsupported(format!("trunc of {other}"))),
        }
    }

    fn width_bucket(&self, values: &[&Series]) -> Outcome<Series> {
        let [x, low, high, count] = values else { return Err(unsupported("width_bucket takes four arguments")) };
        let (x, low, high, count) = (floats(x)?, floats(low)?, floats(high)?, ints(count)?);
        let (x, low, high) = (Operand::new(&x), Operand::new(&low), Operand::new(&high));
        let count = Operand::new(&count);
        let buckets: Int64Chunked =
            self.rows(values, |row| Some(bucket(x.at(row)?, low.at(row)?, high.at(row)?, count.at(row)?)))?;
        Ok(buckets.into_series())
    }

    fn exp(&self, x: &Series) -> Outcome<Series> {
        self.each_float(x, fdlibm::exp)
    }

    /// The angle of a sine or cosine.
    fn arc(&self, x: &Series, angle: fn(f64) -> f64) -> Outcome<Series> {
        self.partial_float(x, &self.notes.arcs, |x| x.abs() > 1.0, angle)
    }

    fn both_floats(&self, x: &Series, y: &Series, f: fn(f64, f64) -> f64) -> Outcome<Series> {
        let (a, b) = (floats(x)?, floats(y)?);
        let (a, b) = (Operand::new(&a), Operand::new(&b));
        let result: Float64Chunked = (0..self.rows_of(&[x, y])).map(|row| Some(f(a.at(row)?, b.at(row)?))).collect();
        Ok(result.into_series())
    }

    fn each_float(&self, x: &Series, f: impl Fn(f64) -> f64) -> Outcome<Series> {
        Ok(floats(x)?.iter().map(|x| x.map(&f)).collect::<Float64Chunked>().into_series())
    }

    /// A function that is not there for some numbers: they give NULL and are counted.
    fn partial_float(
        &self,
        x: &Series,
        note: &std::sync::atomic::AtomicU64,
        outside: impl Fn(f64) -> bool,
        f: impl Fn(f64) -> f64,
    ) -> Outcome<Series> {
        let rows = x.len();
        let result: Float64Chunked = floats(x)?
            .iter()
            .map(|x| {
                let x = x?;
                if outside(x) {
                    Notes::count(note, self.weight(rows));
                    return None;
                }
                Some(f(x))
            })
            .collect();
        Ok(result.into_series())
    }

    /// A function of a decimal's digits and scale that keeps the type; None is an overflow.
    fn each_decimal(&self, x: &Series, f: impl Fn(i128, u8) -> Option<i128>) -> Outcome<Series> {
        let Physical::Decimal(precision, scale) = x.dtype() else { return Err(unsupported("not a decimal")) };
        let (precision, scale) = (*precision as u8, *scale as u8); // both at most 38
        let (values, _) = digits(x)?;
        let result: Outcome<Int128Chunked> = values
            .iter()
            .enumerate()
            .map(|(row, x)| {
                let Some(x) = x else { return Ok(None) };
                f(x, scale)
                    .filter(|x| fits(*x, precision))
                    .map(Some)
                    .ok_or_else(|| self.too_large("the result", row, &tidemill_core::table::decimal_text(x, scale)))
            })
            .collect();
        Ok(types::decimals(result?, precision, scale))
    }

    fn too_large(&self, what: &str, row: usize, x: &str) -> tidemill_core::table::EngineError {
        value(format!("{what} of {x} in row {} is too large for its type", self.place(row)))
    }
}

/// -1, 0 or 1; 0 of NaN.
fn sign(x: &Series) -> Outcome<Series> {
    let of = |x: f64| i64::from(x > 0.0) - i64::from(x < 0.0);
    let signs: Int64Chunked = match x.dtype() {
        Physical::Float64 => floats(x)?.iter().map(|x| x.map(of)).collect(),
        _ => digits(x)?.0.iter().map(|x| x.map(|x| x.signum() as i64)).collect(),
    };
    Ok(signs.into_series())
}

/// In which of so many equal parts of a range a number falls, as PostgreSQL computes it.
fn bucket(x: f64, low: f64, high: f64, count: i64) -> Result<i64, String> {
    if x.is_nan() || !low.is_finite() || !high.is_finite() || low == high {
        return Err(format!("`width_bucket` of {x} needs a range that has an end and a width, not {low} to {high},"));
    }
    let Some(beyond) = count.checked_add(1).filter(|_| count > 0) else {
        return Err(format!("`width_bucket` needs at least one part, not {count},"));
    };
    let (before, behind) = if low < high { (x < low, x >= high) } else { (x > low, x <= high) };
    if before || behind {
        return Ok(if before { 0 } else { beyond });
    }
    // Halves, where the width of the range is too large for a float.
    let width = high - low;
    let share = if width.is_finite() { (x - low) / width } else { (x / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0) };
    // The share could be rounded to the whole range.
    Ok(((count as f64 * share) as i64).min(count - 1) + 1)
}

/// Cuts at so many digits behind the point, towards zero, by the float's decimal form as people read it.
fn trunc_float(x: f64, places: i32) -> f64 {
    if !x.is_finite() || places == 0 {
        return x.trunc();
    }
    let Ok(behind) = usize::try_from(places) else {
        let unit = 10_f64.powi(-places);
        return (x / unit).trunc() * unit;
    };
    // Without exponent: Display of floats never writes one.
    let text = x.to_string();
    let end = text.find('.').map_or(text.len(), |point| (point + 1 + behind).min(text.len()));
    text[..end].parse().unwrap_or(x)
}

/// Zeros in the last `places` digits.
fn trunc_digits(x: i128, places: i32) -> i128 {
    let Ok(places) = u8::try_from(places) else { return if places < 0 { x } else { 0 } };
    decimal::power_of_ten(places).map_or(0, |unit| x / unit * unit)
}

/// Rounds at so many digits behind the point, half away from zero, by the float's decimal form as people read it.
fn round_float(x: f64, places: i32) -> f64 {
    if !x.is_finite() || places > 17 {
        return x;
    }
    if places == 0 {
        return x.round();
    }
    if let Ok(scale) = u8::try_from(places)
        && let Some(digits) = super::cast::float_to_decimal(x, scale)
    {
        let rounded = decimal::to_float(digits, scale);
        return if digits == 0 && x.is_sign_negative() { -0.0 } else { rounded };
    }
    let unit = 10f64.powi(-places);
    let rounded = (x / unit).round() * unit;
    if rounded.is_finite() { rounded } else { x }
}

/// Zeros in the last `places` digits, rounded half away from zero.
fn round_digits(x: i128, places: i32) -> Option<i128> {
    let Ok(places) = u8::try_from(places) else { return Some(if places < 0 { x } else { 0 }) };
    match decimal::power_of_ten(places) {
        Some(unit) => decimal::div_half_away(x, unit)?.checked_mul(unit),
        None => Some(0),
    }
}
/// Numbers as texts by a template.
fn to_char(eval: &Eval<'_>, args: &[Expr]) -> Outcome<Series> {
    let template = constant_text(args.get(1))?;
    let format = NumberTemplate::parse(&template).map_err(|error| unsupported(format!("the template: {error}")))?;
    let x = eval.series(first(args)?)?;
    let written: Outcome<StringChunked> = match x.dtype() {
        Physical::Float64 => floats(&x)?.iter().map(|x| x.map(|x| Ok(written_float(&format, x))).transpose()).collect(),
        Physical::Null => return Ok(Series::full_null("".into(), x.len(), &Physical::String)),
        _ => {
            let (digits, scale) = digits(&x)?;
            let one = |x: i128| {
                written_digits(&format, x, scale).ok_or_else(|| value(format!("{x} is too large for to_char")))
            };
            digits.iter().map(|x| x.map(one).transpose()).collect()
        }
    };
    Ok(written?.into_series())
}

fn written_float(format: &NumberTemplate, x: f64) -> String {
    if !x.is_finite() {
        return x.to_string();
    }
    let text = format!("{:.*}", format.places(), x.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    format.write(x < 0.0 && text.bytes().any(|digit| (b'1'..=b'9').contains(&digit)), whole, fraction)
}

/// None if the rounded number does not fit 128 bits.
fn written_digits(format: &NumberTemplate, x: i128, scale: u8) -> Option<String> {
    let places = u8::try_from(format.places()).ok()?;
    let rounded = decimal::rescale_half_away(x, scale, places)?;
    let text = tidemill_core::table::decimal_text(rounded.checked_abs()?, places);
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    Some(format.write(rounded < 0, whole, fraction))
}
