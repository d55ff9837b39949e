//! A message that goes nowhere yet: a file in a folder.

use lettre::Message;
use tidemill_core::attempt::Staging;
use tidemill_core::plan::resolve;
use tidemill_core::table::Location;
use tidemill_core::task::TaskFailure;

use super::MailPlace;

/// Writes the message as a file that mail programs open; its path.
///
/// # Errors
/// If the file cannot be written.
pub fn put(
    place: &MailPlace<'_>,
    message: &Message,
    begin: &dyn Fn() -> Result<(), TaskFailure>,
) -> Result<String, TaskFailure> {
    let folder = place.outbox.as_str().trim_end_matches('/');
    let path = Location::new(format!("{folder}/{}.eml", place.file));
    let wrong = |error: std::io::Error| TaskFailure::new(format!("cannot write {path}: {error}"));
    let file = resolve(place.project, &path);
    let staging = Staging::new();
    std::fs::write(staging.stage(&file), message.formatted()).map_err(wrong)?;
    begin()?;
    staging.publish(place.places).map_err(|error| TaskFailure::new(format!("cannot write {path}: {error}")))?;
    Ok(path.to_string())
}
