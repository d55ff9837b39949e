//! Threads, panics and memory of the process.

pub(crate) mod allocator;
pub(crate) mod memory;
pub(crate) mod memory_budget;
pub(crate) mod ordered;
pub(crate) mod panic_hook;
pub(crate) mod parallel;
