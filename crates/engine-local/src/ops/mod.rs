//! The operators of a plan, one a file, over whole tables.

pub(crate) mod aggregate;
pub(crate) mod asof;
pub(crate) mod batch;
pub(crate) mod context;
pub(crate) mod convert;
pub(crate) mod distinct;
pub(crate) mod expand;
pub(crate) mod fill;
pub(crate) mod filter;
pub(crate) mod input;
pub(crate) mod join;
pub(crate) mod limit;
pub(crate) mod listed;
pub(crate) mod operator;
pub(crate) mod project;
pub(crate) mod reject;
pub(crate) mod reject_log;
pub(crate) mod required_columns;
pub(crate) mod sample;
pub(crate) mod scan;
pub(crate) mod series;
pub(crate) mod set_op;
pub(crate) mod sort;
pub(crate) mod unit;
pub(crate) mod window;
pub(crate) mod working;
