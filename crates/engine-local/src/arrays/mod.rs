//! Polars' columns as Tidemill's types: the type mapping, and rows and columns of frames.

pub(crate) mod select;
pub(crate) mod types;
