//! Opens a pipeline, decides what must run, and runs it.
//!
//! - [`project`]: a pipeline file read, planned and checked.
//! - [`cache_index`]: what earlier runs left, and whether a task's result is among it.
//! - [`decision`]: whether a task must run, and why.
//! - [`dry_run`]: what a run would do and why, without doing it.
//! - [`pipeline_run`]: a run from the lock to the last handler; [`execute`] does its tasks.
//! - [`up_to_date`]: answers a run that has nothing to do without reading the pipeline.
//! - [`unit_test`]: the tests of a pipeline, which run nothing.
//! - [`retention`]: forgets old runs and results.
//! - [`leftovers`]: published files that no task makes any more.
//!
//! It prints nothing: what people should hear goes to a [`RunReporter`], what went wrong comes back as a [`Failure`].

pub mod cache_index;
mod command_line;
mod condition;
pub mod decision;
pub mod dry_run;

pub mod execute;
mod failure;
pub mod leftovers;
pub mod notify;
mod outgoing;
pub mod pipeline_run;
pub mod project;
mod reporter;
pub mod retention;
mod run_log;
mod run_session;
pub mod trigger;
pub mod unit_test;
pub mod up_to_date;

pub use failure::Failure;
pub use reporter::RunReporter;
