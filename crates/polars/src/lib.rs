//! Tidemill's table engine on Polars.
//!
//! Frames, gathering, hashing, sorting and files are Polars'; what an expression or a step *means* is ours, in small kernels
//! over typed arrays, because results have to be exact, the same every time, and fail rather than guess.

mod aggregate;
mod ahead;
mod allocator;
mod behind;
mod calendar;
mod checks;
mod convert;
mod diagnosis;
mod disk;
mod engine;
mod eval;
mod failure;
mod fetch;
mod few;
mod fill;
mod groups;
mod held;
mod ids;
mod in_order;
mod join;
mod keys;
mod money;
mod numbering;
mod object;
mod order;
mod parallel;
mod parse;
mod part;
mod past_cache;
mod profile;
mod quiet;
mod reject;
mod rows;
mod run;
mod scan;
mod setop;
mod sink;
mod stored;
mod stream;
mod types;
mod window;

pub use engine::{Files, PolarsEngine};
pub use held::Outgoing;

#[cfg(test)]
mod tests;
