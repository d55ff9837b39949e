//! Those who watch a run: the terminal, `--json`.

mod json;
mod lines;
mod progress;
mod terminal_reporter;

pub use json::JsonLines;
pub use lines::Lines;
pub use progress::Progress;
pub use terminal_reporter::TerminalReporter;
