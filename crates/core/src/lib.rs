//! The heart of Tidemill: no Polars, no terminal, no SQLite.
//!
//! `ids ← spec ← plan ← sched ← run`: a pipeline file becomes a [`spec`], a spec a plan, a plan a run. Tables are described
//! in [`table`] and computed elsewhere.

pub mod attempt;
pub mod cache;
pub mod clock;
pub mod connection;
pub mod cron;
pub mod diagnostic;
pub mod event;
pub mod fingerprint;
pub mod ids;
pub mod notify;
pub mod plan;
pub mod printable;
pub mod private;
pub mod regular_file;
pub mod run;
pub mod sched;
pub mod schedule;
mod side_by_side;
pub mod spec;
pub mod sql;
pub mod storage;
pub mod table;
pub mod task;
pub mod template;
pub mod trace;

/// How numbers are written.
pub use tidemill_format as format;
