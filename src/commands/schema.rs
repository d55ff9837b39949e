//! `tidemill schema`: the JSON Schema of the pipeline file.

use std::process::ExitCode;

use tidemill_core::spec::json_schema;

use crate::failure::Failure;
use crate::terminal::put;

/// Prints it.
pub fn run() -> Result<ExitCode, Failure> {
    let text = serde_json::to_string_pretty(&json_schema(&tidemill_tasks::all()))
        .map_err(|error| Failure::broken(format!("the schema cannot be written: {error}")))?;
    put(&format!("{text}\n"))
}
