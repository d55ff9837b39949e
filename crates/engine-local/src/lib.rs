//! Tidemill's local engine: computes neutral table jobs on this machine.
//!
//! Polars gives the columns: typed Arrow arrays, frames of them, gathering, filtering, comparing, hashing and sorting, and the
//! reading and writing of Parquet. What an expression or a step *means* is ours, in small kernels over those arrays, because
//! results have to be exact, the same every time, and fail rather than guess. Which kernel is whose, and why:
//! `docs/design/engine-local.md`.
//!
//! | folder | what it holds |
//! |---|---|
//! | `values` | single values: dates, decimals, money, texts that are read as values |
//! | `arrays` | the mapping between Tidemill's types and Polars', rows and columns of frames |
//! | `runtime` | threads, panics and memory of the process |
//! | `disk` | how bytes get to the disk |
//! | `expr` | scalar expressions |
//! | `keys` | equality of keys: groups, interned keys |
//! | `store` | tables in memory or in the engine's own files |
//! | `io` | sources read, outputs written |
//! | `ops` | the operators of a plan over whole tables |
//! | `check` | statements about a result |
//! | `exec` | carries out a job, operator by operator or in a pipeline of batches |
//! | `engine` | the engine's face to the core |
//!
//! A folder imports only those above it, and `error`.

mod arrays;
mod check;
mod disk;
mod engine;
mod error;
mod exec;
mod expr;
mod io;
mod keys;
mod ops;
mod runtime;
mod store;
mod values;

pub use engine::LocalEngine;
pub use io::files::Files;
pub use io::formats::{FormatCodec, FormatCodecs};
pub use io::read::source_file::SourceFile;
pub use io::read::source_rows::SourceRows;
pub use io::write::write_error::WriteError;
pub use polars::prelude::DataFrame;
pub use store::output_table::OutputTable;
pub use store::stored_table::TableView;
pub use store::view_object::{ViewObject, ViewedFile};

#[cfg(test)]
mod tests;
