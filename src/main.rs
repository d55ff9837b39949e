//! The `tidemill` binary: the only place that wires parts together.

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
mod outlook;
mod profile;
mod project;
mod retention;
mod runner;
mod summary;
mod terminal;
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
