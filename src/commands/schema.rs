//! `tidemill schema`: the JSON Schema of the pipeline file.

use std::process::ExitCode;

use clap::Parser;
use tidemill_core::spec::json_schema;

use super::CliCommand;
use crate::failure::Failure;
use crate::global::Global;
use crate::terminal::put;

/// The JSON Schema of the pipeline file, for editors
#[derive(Parser, Debug)]
#[command(name = "schema")]
pub struct SchemaArgs;

impl CliCommand for SchemaArgs {
    fn run(self, _: &Global) -> Result<ExitCode, Failure> {
        let text = serde_json::to_string_pretty(&json_schema(&crate::engine::task_types()))
            .map_err(|error| Failure::broken(format!("the schema cannot be written: {error}")))?;
        put(&format!("{text}\n"))
    }
}
