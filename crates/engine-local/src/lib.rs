//! Tidemill's local engine: computes neutral table jobs on this machine.
//!
//! Polars gives the columns: typed Arrow arrays, frames of them, gathering, filtering, comparing, hashing and sorting, and the
//! reading and writing of Parquet. What an expression or a step *means* is ours, in small kernels over those arrays, because
//! results have to be exact, the same every time, and fail rather than guess. Which kernel is whose, and why:
//! `docs/design/engine-local.md`.
//!
//! | folder | what it holds | imports |
//! |---|---|---|
//! | `arrays` | the mapping between Tidemill's types and Polars', rows and columns of frames | |
//! | `expr` | scalar expressions, parsing of values, the calendar | `arrays` |
//! | `keys` | equality of keys: groups, interned keys | `arrays`, `expr` |
//! | `ops` | the steps of a plan over whole tables | `keys`, `expr` |
//! | `store` | tables held in memory or in the engine's own files | `arrays`, `io` |
//! | `io` | sources read, outputs written, bytes on their way to the disk | `store` |
//! | `check` | statements about a result | `keys`, `expr` |
//! | `exec` | carries out a job, at once or in a pipeline of batches | all |
//! | `engine` | the engine's face to the core | `exec` |

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
pub use store::output_table::OutputTable;

#[cfg(test)]
mod tests;
