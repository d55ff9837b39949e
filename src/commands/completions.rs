//! `tidemill completions`: what a shell completes.

use std::process::ExitCode;

use clap::Parser;

use super::CliCommand;
use crate::failure::Failure;
use crate::global::Global;
use crate::terminal::put;

/// Completions for a shell
#[derive(Parser, Debug)]
#[command(name = "completions")]
pub struct CompletionsArgs {
    /// The shell
    shell: clap_complete::Shell,
}

impl CliCommand for CompletionsArgs {
    fn run(self, _: &Global) -> Result<ExitCode, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut crate::cli::command(), "tidemill", &mut script);
        put(&String::from_utf8_lossy(&script))
    }
}
