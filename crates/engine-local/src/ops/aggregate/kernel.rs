//! The kernels: how each aggregate is computed.

use polars::prelude::Series;
use tidemill_core::table::{AggCall, DataType};

use super::kernel_input::KernelInput;
use super::moments::{self, Divisor};
use super::{counts, exact, float, json, ordered, percentile};
use crate::error::{Outcome, unsupported};

/// How an aggregate of that name is computed.
///
/// `compute` gives each group's result from all of its rows; that is enough for groups, for all rows and over windows. The
/// rest says what may be computed without all rows at hand.
pub(super) struct Kernel {
    pub name: &'static str,
    pub compute: fn(&KernelInput<'_>) -> Outcome<Series>,
    /// What a batch's rows add, if it can be put together with what came before.
    pub partial: Partial,
    /// Whether it can tell each row's result over the rows up to itself in one pass.
    pub running: Running,
    /// Whether the order of exact values makes no difference.
    pub any_order: bool,
}

/// What exact sums make: each with its number of values, of that scale, in that type.
type OfExactSums = fn(&[(i128, i64)], u8, DataType) -> Outcome<Series>;

/// What sums of floats make: each with its number of values.
type OfFloatSums = fn(&[(f64, u64)]) -> Series;

/// What the rows of a batch add.
#[derive(Clone, Copy)]
pub(super) enum Partial {
    /// Nothing that could be put together.
    No,
    /// A number of rows.
    Counts,
    /// Sums and how many values are in each; and what these make.
    Sums { exact: OfExactSums, float: OfFloatSums },
    /// A value, which is computed again among those of all batches.
    Best,
}

/// Which rows an aggregate may leave out in one pass.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Running {
    /// It has no such pass.
    No,
    /// None: it looks at NULL too.
    EveryRow,
    /// Those with NULL, so that NULL can stand for what the filter leaves out.
    WithoutNull,
}

/// What most are: computed from all rows at once.
const WHOLE: Kernel = Kernel {
    name: "",
    compute: |input| Err(input.lacks("a kernel")),
    partial: Partial::No,
    running: Running::No,
    any_order: false,
};
/// The best of the values.
const BEST: Kernel = Kernel { partial: Partial::Best, running: Running::WithoutNull, any_order: true, ..WHOLE };
/// Added up.
const SUMS: Kernel = Kernel { running: Running::WithoutNull, any_order: true, ..WHOLE };

/// All of them.
#[rustfmt::skip]
static KERNELS: &[Kernel] = &[
    Kernel { name: "count", compute: counts::count, partial: Partial::Counts, ..SUMS },
    Kernel { name: "sum", compute: sum, partial: Partial::Sums { exact: exact::summed, float: float::summed }, ..SUMS },
    Kernel { name: "avg", compute: sum, partial: Partial::Sums { exact: exact::averaged, float: float::averaged }, ..SUMS },
    Kernel { name: "min", compute: |input| ordered::extreme(input, std::cmp::Ordering::Less), ..BEST },
    Kernel { name: "max", compute: |input| ordered::extreme(input, std::cmp::Ordering::Greater), ..BEST },
    Kernel { name: "any_value", compute: ordered::any_value, any_order: false, ..BEST },
    Kernel { name: "bool_and", compute: |input| counts::all(input, true), ..BEST },
    Kernel { name: "bool_or", compute: |input| counts::all(input, false), ..BEST },
    Kernel { name: "first", compute: |input| ordered::end(input, true), running: Running::EveryRow, ..WHOLE },
    Kernel { name: "last", compute: |input| ordered::end(input, false), running: Running::EveryRow, ..WHOLE },
    Kernel { name: "min_by", compute: |input| ordered::extreme_by(input, std::cmp::Ordering::Less), ..WHOLE },
    Kernel { name: "max_by", compute: |input| ordered::extreme_by(input, std::cmp::Ordering::Greater), ..WHOLE },
    Kernel { name: "mode", compute: counts::mode, ..WHOLE },
    Kernel { name: "median", compute: ordered::median, ..WHOLE },
    Kernel { name: "percentile_cont", compute: percentile::continuous, ..WHOLE },
    Kernel { name: "percentile_disc", compute: percentile::discrete, ..WHOLE },
    Kernel { name: "stddev", compute: |input| moments::variance(input, Divisor::Sample, f64::sqrt), ..WHOLE },
    Kernel { name: "stddev_pop", compute: |input| moments::variance(input, Divisor::Population, f64::sqrt), ..WHOLE },
    Kernel { name: "variance", compute: |input| moments::variance(input, Divisor::Sample, |variance| variance), ..WHOLE },
    Kernel { name: "var_pop", compute: |input| moments::variance(input, Divisor::Population, |variance| variance), ..WHOLE },
    Kernel { name: "covar_samp", compute: |input| moments::of_pairs(input, moments::covar_samp), ..WHOLE },
    Kernel { name: "covar_pop", compute: |input| moments::of_pairs(input, moments::covar_pop), ..WHOLE },
    Kernel { name: "corr", compute: |input| moments::of_pairs(input, moments::correlation), ..WHOLE },
    // As in PostgreSQL, what depends on the other is the first argument.
    Kernel { name: "regr_slope", compute: |input| moments::of_pairs(input, moments::slope), ..WHOLE },
    Kernel { name: "regr_intercept", compute: |input| moments::of_pairs(input, moments::intercept), ..WHOLE },
    Kernel { name: "regr_r2", compute: |input| moments::of_pairs(input, moments::r2), ..WHOLE },
    Kernel { name: "regr_sxx", compute: |input| moments::of_pairs(input, moments::sxx), ..WHOLE },
    Kernel { name: "regr_syy", compute: |input| moments::of_pairs(input, moments::syy), ..WHOLE },
    Kernel { name: "regr_sxy", compute: |input| moments::of_pairs(input, moments::sxy), ..WHOLE },
    Kernel { name: "string_agg", compute: ordered::joined, ..WHOLE },
    Kernel { name: "array_agg", compute: json::array, ..WHOLE },
];

/// The kernel of a call.
pub(super) fn kernel_of(call: &AggCall) -> Outcome<&'static Kernel> {
    KERNELS
        .iter()
        .find(|kernel| kernel.name == call.func.name)
        .ok_or_else(|| unsupported(format!("no aggregate is called {}", call.func.name)))
}

/// The names of all kernels.
#[cfg(test)]
pub(crate) fn aggregate_names() -> impl Iterator<Item = &'static str> {
    KERNELS.iter().map(|kernel| kernel.name)
}

/// Whether the result is the same in whatever order the rows come.
pub(crate) fn same_in_any_order(call: &AggCall) -> bool {
    let exact = || call.args.iter().all(|arg| arg.data_type != DataType::Float);
    call.order_by.is_empty()
        && kernel_of(call)
            .is_ok_and(|kernel| kernel.any_order && (matches!(kernel.partial, Partial::Counts) || exact()))
}

/// Added up, and what the kernel makes of the sums; NULL of no values.
fn sum(input: &KernelInput<'_>) -> Outcome<Series> {
    use polars::prelude::DataType as Physical;
    let Partial::Sums { exact, float } = kernel_of(input.call)?.partial else { return Err(input.lacks("sums")) };
    let (values, rows) = (input.one()?, input.rows);
    match values.dtype() {
        Physical::Float64 => Ok(float(&float::sums(values, rows)?)),
        Physical::Null => Ok(Series::full_null("".into(), rows.results(), &Physical::Null)),
        _ => {
            let (sums, scale) = exact::sums(values, rows)?;
            exact(&sums, scale, input.call.data_type)
        }
    }
}
