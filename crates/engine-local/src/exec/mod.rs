//! Carries out a job: step after step over whole tables, or batch by batch in a pipeline.

pub(crate) mod allocator;
pub(crate) mod ordered;
pub(crate) mod panic_hook;
pub(crate) mod parallel;
pub(crate) mod pipeline;
pub(crate) mod run;
