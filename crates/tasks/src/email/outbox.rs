//! A message that goes nowhere yet: a file in a folder.

use lettre::Message;
use tidemill_core::attempt::Staging;
use tidemill_core::plan::resolve;
use tidemill_core::table::Location;
use tidemill_core::task::{RunContext, TaskFailure};

/// Writes the message as a file that mail programs open; its path.
///
/// # Errors
/// If the file cannot be written.
pub fn put(cx: &RunContext<'_>, message: &Message, outbox: &Location) -> Result<String, TaskFailure> {
    let folder = outbox.as_str().trim_end_matches('/');
    let path = Location::new(format!("{folder}/{}-{}.eml", cx.run.id, cx.task));
    let wrong = |error: std::io::Error| TaskFailure::new(format!("cannot write {path}: {error}"));
    let file = resolve(cx.project, &path);
    let staging = Staging::new();
    std::fs::write(staging.stage(&file), message.formatted()).map_err(wrong)?;
    (cx.begin_effect)()?;
    staging.publish(cx.places).map_err(|error| TaskFailure::new(format!("cannot write {path}: {error}")))?;
    Ok(path.to_string())
}
