//! Carries out a job: operator after operator over whole tables, or batch by batch in a pipeline.

mod dispatch;
pub(crate) mod executor;
pub(crate) mod pipeline;
mod recursion;
mod shared;
