//! The `tidemill` binary: the only place that wires parts together.

// Its macros are for all that follow.
#[macro_use]
mod terminal;

mod accounting;
#[cfg(test)]
mod against_sqlite;
mod at_rest;
mod cli;
mod commands;
mod condition;
mod doubts;
mod execute;
mod failure;
mod invocation;
mod kinds;
mod mask;
mod memory;
mod observers;
mod occasion;
#[cfg(test)]
#[path = "../tests/oracle/mod.rs"]
mod oracle;
mod outlook;
mod profile;
mod project;
mod retention;
mod run_log;
mod runner;
mod schedule;
mod secrets;
mod summary;
mod text_table;

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(code) = kinds::guard() {
        return code;
    }
    let code = cli::main();
    kinds::close_guardian();
    code
}
