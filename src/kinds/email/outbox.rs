//! A message that goes nowhere yet: a file in a folder.

use lettre::Message;
use tidemill_core::kind::{RunCx, TaskFailure};
use tidemill_core::plan::resolve;
use tidemill_core::table::Location;

/// Writes the message as a file that mail programs open; its path.
///
/// # Errors
/// If the file cannot be written.
pub fn put(cx: &RunCx<'_>, message: &Message, outbox: &Location) -> Result<String, TaskFailure> {
    let folder = outbox.as_str().trim_end_matches('/');
    let path = Location::new(format!("{folder}/{}-{}.eml", cx.run.id, cx.task));
    let wrong = |error: std::io::Error| TaskFailure::new(format!("cannot write {path}: {error}"));
    let file = resolve(cx.project, &path);
    let parent = file.parent().unwrap_or(cx.project);
    std::fs::create_dir_all(parent).map_err(wrong)?;
    let mut staged = tempfile::Builder::new().prefix(".tidemill-").tempfile_in(parent).map_err(wrong)?;
    std::io::Write::write_all(&mut staged, &message.formatted()).map_err(wrong)?;
    staged.as_file().sync_all().map_err(wrong)?;
    (cx.begin_effect)()?;
    staged.persist(&file).map_err(|error| wrong(error.error))?;
    Ok(path.to_string())
}
