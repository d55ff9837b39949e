//! Those who watch a run: the terminal, `--json`.

mod json;
mod lines;
mod progress;

pub use json::JsonLines;
pub use lines::Lines;
pub use progress::Progress;
