//! `tidemill man`: the manual page.

use std::process::ExitCode;

use clap::Parser;

use super::CliCommand;
use crate::failure::Failure;
use crate::global::Global;
use crate::terminal::put;

/// The manual page
#[derive(Parser, Debug)]
#[command(name = "man")]
pub struct ManArgs;

impl CliCommand for ManArgs {
    fn run(self, _: &Global) -> Result<ExitCode, Failure> {
        let mut page = Vec::new();
        clap_mangen::Man::new(crate::cli::command())
            .render(&mut page)
            .map_err(|error| Failure::broken(format!("cannot write the manual page: {error}")))?;
        put(&String::from_utf8_lossy(&page))
    }
}
