//! What tasks read from and write to, checked before anything runs.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ids::TaskIx;
use crate::spec::{At, Spec};
use crate::storage::{Found, Storage, StorageRegistry, is_glob};
use crate::table::Location;
use crate::task::{FileInput, FileRole};

use super::PlannedTask;

/// Which task publishes which location.
pub(super) struct Published {
    storages: Arc<StorageRegistry>,
    by_location: HashMap<Location, (TaskIx, At<Location>)>,
}

impl Published {
    /// Notes every output; two for one location, or one where nothing may be written, are mistakes.
    pub(super) fn gather(
        spec: &Spec,
        tasks: &[PlannedTask],
        storages: &Arc<StorageRegistry>,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let mut published = Self { storages: Arc::clone(storages), by_location: HashMap::new() };
        let allowed: Vec<Location> = spec.allow_outside.iter().map(|at| Location::new(at.value.as_str())).collect();
        let mut destinations = storages.destinations(&spec.project, &allowed);
        for (at, task) in tasks.iter().enumerate() {
            let ix = TaskIx(at as u32);
            for output in &task.outputs {
                for refusal in destinations.refusals(&output.path.value) {
                    let mistake = Diagnostic::error(format!("task `{}` {}", task.name, refusal.what));
                    diagnostics.push(mistake.at(output.path.span, refusal.label).help(refusal.help));
                }
                let location = published.absolute(&spec.project, &output.path.value);
                match published.by_location.get(&location) {
                    Some((first, span)) => diagnostics.push(two_for_one(output, tasks, *first, task, span)),
                    None => drop(published.by_location.insert(location, (ix, output.path.clone()))),
                }
            }
        }
        published
    }

    /// The one way of writing a location. What leads nowhere that is known has been refused with its task.
    pub(super) fn absolute(&self, project: &Path, location: &Location) -> Location {
        self.storages.of(location).map_or_else(|_| location.clone(), |storage| storage.absolute(project, location))
    }

    /// The tasks that publish a location, or a file that matches a pattern.
    pub(super) fn publishers(&self, project: &Path, location: &Location) -> Vec<TaskIx> {
        let absolute = self.absolute(project, location);
        if let Some((task, _)) = self.by_location.get(&absolute) {
            return vec![*task];
        }
        if !is_glob(location.as_str()) {
            return Vec::new();
        }
        let Ok(pattern) = glob::Pattern::new(absolute.as_str()) else { return Vec::new() };
        let is_meant = |location: &Location| pattern.matches(location.as_str());
        let found = self.by_location.iter().filter(|(location, _)| is_meant(location));
        let mut tasks: Vec<TaskIx> = found.map(|(_, (task, _))| *task).collect();
        tasks.sort();
        tasks.dedup();
        tasks
    }
}

fn two_for_one(
    output: &crate::task::OutputFile,
    tasks: &[PlannedTask],
    first: TaskIx,
    task: &PlannedTask,
    span: &At<Location>,
) -> Diagnostic {
    let other = &tasks[first.index()].name;
    let heading = if *other == task.name {
        format!("task `{}` publishes `{}` twice", task.name, output.path.value)
    } else {
        format!("tasks `{other}` and `{}` both publish `{}`", task.name, output.path.value)
    };
    let diagnostic = Diagnostic::error(heading)
        .at(output.path.span, "published here again")
        .at(span.span, "published here first")
        .help("give each output a path of its own");
    if task.name.key().is_some() && task.name.base() == other.base() {
        diagnostic.help("the instances of a `foreach` need `${{ item }}` in the path")
    } else {
        diagnostic
    }
}

/// The files that a task reads and no other publishes must be there.
pub(super) fn check_sources(project: &Path, task: &PlannedTask, published: &Published, diagnostics: &mut Diagnostics) {
    for file in &task.io.files {
        let location = &file.path.value;
        // What leads nowhere that is known has been refused with its task.
        let Ok(storage) = published.storages.of(location) else { continue };
        if !published.publishers(project, location).is_empty() {
            continue;
        }
        let wrong = match storage.find(project, location) {
            Ok(Found::One) => continue,
            Ok(Found::Nothing) => {
                diagnostics.push(missing(project, task, file, storage));
                continue;
            }
            Ok(Found::Matches(found)) if found.is_empty() => format!("no file matches `{location}`"),
            Ok(Found::Matches(_)) => continue,
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
