//! What tasks read from and write to, checked before anything runs.

use std::path::Path;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::storage::{LocationMatch, Storage};
use crate::task::{FileInput, FileRole};

use super::PlannedTask;
use super::published::Published;

/// The files that a task reads and no other publishes must be there.
pub(super) fn check_sources(project: &Path, task: &PlannedTask, published: &Published, diagnostics: &mut Diagnostics) {
    for file in &task.io.files {
        let location = &file.path.value;
        // What leads nowhere that is known has been refused with its task.
        let Some(storage) = published.storage(location) else { continue };
        if !published.publishers(project, location).is_empty() {
            continue;
        }
        let wrong = match storage.find(project, location) {
            Ok(LocationMatch::One) => continue,
            Ok(LocationMatch::Nothing) => {
                diagnostics.push(missing(project, task, file, storage));
                continue;
            }
            Ok(LocationMatch::Matches(found)) if found.is_empty() => format!("no file matches `{location}`"),
            Ok(LocationMatch::Matches(_)) => continue,
            Err(error) => error.to_string(),
        };
        let reads = format!("task `{}` reads these files", task.name);
        diagnostics.push(Diagnostic::error(wrong).passing().of_task(&task.name).at(file.path.span, reads));
    }
}

/// That a file is not there, and what may help.
fn missing(project: &Path, task: &PlannedTask, file: &FileInput, storage: &dyn Storage) -> Diagnostic {
    let what = match file.role {
        FileRole::Template => "template",
        FileRole::Sql => "SQL file",
        FileRole::Source | FileRole::Sqlite | FileRole::Input => "file",
    };
    let diagnostic = Diagnostic::error(format!("{what} `{}` does not exist", file.path.value))
        .passing()
        .of_task(&task.name)
        .at(file.path.span, format!("task `{}` reads it", task.name));
    match storage.help_if_missing(project, &file.path.value) {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}
