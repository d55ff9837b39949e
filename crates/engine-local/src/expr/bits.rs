//! Operators of bits.

use polars::prelude::{Int64Chunked, IntoSeries, Series};

use super::context::EvalContext;
use super::kernel::{Compute, Kernel};
use crate::arrays::typed::ints;
use crate::error::Outcome;

pub(super) const KERNELS: &[Kernel] = &[
    Kernel { name: "bitwise_and", compute: Compute::Binary(|context, a, b| each(context, a, b, |a, b| a & b)) },
    Kernel { name: "bitwise_or", compute: Compute::Binary(|context, a, b| each(context, a, b, |a, b| a | b)) },
    Kernel { name: "bitwise_xor", compute: Compute::Binary(|context, a, b| each(context, a, b, |a, b| a ^ b)) },
    Kernel { name: "bitwise_not", compute: Compute::Unary(|_, a| not(a)) },
    // As PostgreSQL on common processors: of the count the last six bits.
    Kernel {
        name: "shift_left",
        compute: Compute::Binary(|context, a, b| each(context, a, b, |a, count| a.wrapping_shl(count as u32))),
    },
    Kernel {
        name: "shift_right",
        compute: Compute::Binary(|context, a, b| each(context, a, b, |a, count| a.wrapping_shr(count as u32))),
    },
];

fn each(context: &EvalContext<'_>, a: &Series, b: &Series, f: impl Fn(i64, i64) -> i64) -> Outcome<Series> {
    Ok(context.of_ints::<_, Int64Chunked>(a, b, f)?.into_series())
}

fn not(a: &Series) -> Outcome<Series> {
    Ok(ints(a)?.iter().map(|a| a.map(|a| !a)).collect::<Int64Chunked>().into_series())
}
