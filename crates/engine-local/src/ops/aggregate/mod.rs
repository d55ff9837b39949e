//! Aggregates over groups of rows.
//!
//! Every kernel goes over the rows once, in row order, and adds each to its group's place. So sums of floats are the same
//! every time, and there is one meaning of an aggregate, for `group by`, for windows and for filling.

mod accumulator;
mod compute;
mod exact;
mod exec;
mod float;
mod ordered;
mod rows;

pub(crate) use accumulator::{Accumulator, Grouping, PartialAggregate};
pub(crate) use compute::{Arguments, over_rows, running};
pub(crate) use exec::{AggregateExec, columns_read};
pub(crate) use ordered::middle;
