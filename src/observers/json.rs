//! `--json`: every event as an object on a line of stdout.

use std::io::Write;

use tidemill_core::event::{Observer, RunEvent};

/// Prints events as they come.
pub struct JsonLines;

impl Observer for JsonLines {
    fn on_event(&mut self, event: &RunEvent) -> Result<(), String> {
        let line = serde_json::to_string(event).map_err(|error| error.to_string())?;
        writeln!(std::io::stdout().lock(), "{line}").map_err(|error| format!("cannot write to stdout: {error}"))
    }
}
