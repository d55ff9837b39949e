//! The command line of Tidemill: the only place that wires the parts together.
//!
//! - `cli`: flags become requests; `commands/` has one file for each command, `global` the flags of all.
//! - `observers/`: who watches a run on this terminal.
//! - `failure`: the one place where an error becomes text and an exit code.
//! - `engine`: the one place that chooses what computes the tables.

// Its macros are for all that follow.
#[macro_use]
mod terminal;

mod accounting;
mod cli;
mod commands;
mod engine;
mod failure;
mod global;
mod observers;
mod profile;
mod summary;
mod table_rows;
mod text_table;
mod unknown_effects;
mod watchers;
mod wrapped;

use std::process::ExitCode;

/// The whole program: reads the command line, does what it asks, says what went wrong.
pub fn main() -> ExitCode {
    if let Some(code) = tidemill_tasks::guard() {
        return code;
    }
    let code = cli::main();
    tidemill_tasks::close_guardian();
    code
}
