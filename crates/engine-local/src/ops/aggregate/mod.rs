//! Aggregates over groups of rows.
//!
//! Every kernel goes over the rows once, in row order, and adds each to its group's place. So sums of floats are the same
//! every time, and there is one meaning of an aggregate, for `group by`, for windows and for filling.

mod accumulator;
mod compute;
mod counts;
mod exact;
mod exec;
mod float;
mod json;
mod kernel;
mod kernel_input;
mod moments;
mod ordered;
mod percentile;
mod rows;

pub(crate) use accumulator::{Accumulator, Grouping, PartialAggregate};
pub(crate) use compute::{Arguments, over_rows, running};
pub(crate) use exec::{AggregateExec, columns_read};
#[cfg(test)]
pub(crate) use kernel::aggregate_names;
pub(crate) use kernel::same_in_any_order;
pub(crate) use ordered::{middle, strictly_by_float};
