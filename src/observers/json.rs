//! `--json`: every event as an object on a line of stdout.

use std::io::{ErrorKind, Write};

use tidemill_core::event::{Observer, RunEvent};

use tidemill_secrets::masked;

/// Prints events as they come.
pub struct JsonLines;

impl Observer for JsonLines {
    fn on_event(&mut self, event: &RunEvent) -> Result<(), String> {
        let line = serde_json::to_string(event).map_err(|error| error.to_string())?;
        match writeln!(std::io::stdout().lock(), "{}", masked(line)) {
            // Whoever read them has seen enough.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            written => written.map_err(|error| format!("cannot write to stdout: {error}")),
        }
    }
}
