//! Polars' columns as Tidemill's types: the type mapping, and rows and columns of frames.

pub(crate) mod long_text;
pub(crate) mod operand;
pub(crate) mod plain;
pub(crate) mod select;
pub(crate) mod stack;
pub(crate) mod typed;
pub(crate) mod types;
