//! Which task publishes which file, and who reads it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::attempt::OutputPlaces;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ids::TaskIx;
use crate::spec::{At, OutputOfItems, Spec};
use crate::storage::{Destinations, Storage, StorageRegistry, is_glob, resolve};
use crate::table::Location;

use super::PlannedTask;

/// Where the outputs of a pipeline may lie on this machine.
pub fn output_places(spec: &Spec) -> OutputPlaces {
    let allowed: Vec<PathBuf> =
        spec.allow_outside.iter().map(|at| resolve(&spec.project, &Location::new(at.value.as_str()))).collect();
    OutputPlaces::new([spec.project.as_path()].into_iter().chain(allowed.iter().map(PathBuf::as_path)))
}

/// A file that a task publishes.
struct PublishedOutput {
    /// Its location in the one way of writing it, links as they are.
    location: Location,
    task: TaskIx,
    written: At<Location>,
}

/// Which task publishes which location.
pub(super) struct Published {
    storages: Arc<StorageRegistry>,
    outputs: Vec<PublishedOutput>,
    /// Indices into `outputs`, by where each comes to lie.
    by_place: HashMap<Location, usize>,
    /// The tasks that publish something in a folder or below it, in order.
    by_folder: HashMap<Location, Vec<TaskIx>>,
    /// Folders whose links have been followed: the outputs of many tasks lie in few of them.
    folders: Mutex<HashMap<String, Location>>,
}

impl Published {
    /// Notes every output; two for one file, or one where nothing may be written, are mistakes.
    pub(super) fn gather(
        spec: &Spec,
        tasks: &[PlannedTask],
        storages: &Arc<StorageRegistry>,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let mut published = Self {
            storages: Arc::clone(storages),
            outputs: Vec::new(),
            by_place: HashMap::new(),
            by_folder: HashMap::new(),
            folders: Mutex::default(),
        };
        let allowed: Vec<Location> = spec.allow_outside.iter().map(|at| Location::new(at.value.as_str())).collect();
        let mut destinations = storages.destinations(&spec.project, &allowed);
        let project = published.place(&spec.project, &Location::new("x"));
        for (at, task) in tasks.iter().enumerate() {
            for output in &task.outputs {
                diagnostics.extend(refused(&mut destinations, task, &output.path, &output.path.value));
                let place = published.place(&spec.project, &output.path.value);
                match published.by_place.get(&place) {
                    Some(first) => {
                        diagnostics.push(two_for_one(output, tasks, &published.outputs[*first], task));
                    }
                    None => published.add(&spec.project, &project, TaskIx(at as u32), &output.path, place),
                }
            }
            // Nobody writes there today; who reads it need not find anything.
            for OutputOfItems { path, .. } in &task.spec.outputs_of_items {
                let place = published.place(&spec.project, &path.value);
                published.note_folders(&project, TaskIx(at as u32), &place);
                published.note(&spec.project, TaskIx(at as u32), path);
            }
            for folder in &task.io.folders {
                let file = Location::new(format!("{}/mail.eml", folder.value.as_str().trim_end_matches('/')));
                diagnostics.extend(refused(&mut destinations, task, folder, &file));
            }
        }
        published
    }

    /// `in_project` is the place of something in the project's folder.
    fn add(&mut self, project: &Path, in_project: &Location, task: TaskIx, written: &At<Location>, place: Location) {
        self.note_folders(in_project, task, &place);
        self.by_place.insert(place, self.outputs.len());
        self.note(project, task, written);
    }

    fn note(&mut self, project: &Path, task: TaskIx, written: &At<Location>) {
        let location = self.absolute(project, &written.value);
        self.outputs.push(PublishedOutput { location, task, written: written.clone() });
    }

    /// Notes who publishes something below the folders of a place.
    fn note_folders(&mut self, in_project: &Location, task: TaskIx, place: &Location) {
        // Nobody means all that is ever published when the project's folder itself is named.
        let root = Path::new(in_project.as_str()).parent();
        for folder in Path::new(place.as_str()).ancestors().skip(1).take_while(|folder| Some(*folder) != root) {
            let tasks = self.by_folder.entry(Location::new(folder.to_string_lossy())).or_default();
            if tasks.last() != Some(&task) {
                tasks.push(task);
            }
        }
    }

    /// The one way of writing a location. What leads nowhere that is known has been refused with its task.
    pub(super) fn absolute(&self, project: &Path, location: &Location) -> Location {
        self.storage(location).map_or_else(|| location.clone(), |storage| storage.absolute(project, location))
    }

    /// Where the file of a location is; None if it leads nowhere that is known.
    pub(super) fn storage(&self, location: &Location) -> Option<&dyn Storage> {
        self.storages.of(location).ok()
    }

    /// Where what is written to a location comes to lie: the links of its folders are followed.
    fn place(&self, project: &Path, location: &Location) -> Location {
        let absolute = self.absolute(project, location);
        let Some((folder, name)) = absolute.as_str().rsplit_once('/') else { return absolute };
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        let real = folders.entry(folder.to_owned()).or_insert_with(|| {
            let folder = Location::new(format!("{folder}/"));
            self.storage(&folder).map_or(folder.clone(), |storage| storage.real(project, &folder))
        });
        Location::new(format!("{}/{name}", real.as_str().trim_end_matches('/')))
    }

    /// The tasks that publish a location, something in a folder, or what matches a pattern or lies in a folder that does.
    pub(super) fn publishers(&self, project: &Path, location: &Location) -> Vec<TaskIx> {
        let place = self.place(project, location);
        if let Some(found) = self.at(&place) {
            return found;
        }
        let real = self.storage(location).map(|storage| storage.real(project, location));
        if let Some(found) = real.filter(|real| *real != place).and_then(|real| self.at(&real)) {
            return found;
        }
        if let Some(found) = self.folder_around(project, location) {
            return vec![found];
        }
        if !is_glob(location.as_str()) {
            return Vec::new();
        }
        let Ok(pattern) = glob::Pattern::new(self.absolute(project, location).as_str()) else { return Vec::new() };
        // As when the files are looked for: a `*` does not lead into further folders.
        let options = glob::MatchOptions { require_literal_separator: true, ..glob::MatchOptions::default() };
        let is_meant = |output: &&PublishedOutput| {
            let mut parts = Path::new(output.location.as_str()).ancestors().take_while(|part| *part != project);
            parts.any(|part| pattern.matches_path_with(part, options))
        };
        let mut tasks: Vec<TaskIx> = self.outputs.iter().filter(is_meant).map(|output| output.task).collect();
        tasks.sort();
        tasks.dedup();
        tasks
    }

    /// The task that publishes a folder below the warehouse in which a location lies. The folder's name is a link.
    fn folder_around(&self, project: &Path, location: &Location) -> Option<TaskIx> {
        if !self.outputs.iter().any(|output| output.written.value.below_warehouse().is_some()) {
            return None;
        }
        let absolute = self.absolute(project, location);
        let folders = Path::new(absolute.as_str()).ancestors().skip(1);
        let outputs = folders.filter_map(|folder| {
            let place = self.place(project, &Location::new(folder.to_string_lossy()));
            self.by_place.get(&place)
        });
        outputs
            .map(|output| &self.outputs[*output])
            .find(|output| output.written.value.below_warehouse().is_some())
            .map(|output| output.task)
    }

    /// The tasks that publish what lies there, or something in the folder that does.
    fn at(&self, place: &Location) -> Option<Vec<TaskIx>> {
        let file = self.by_place.get(place).map(|output| vec![self.outputs[*output].task]);
        file.or_else(|| self.by_folder.get(place).cloned())
    }
}

/// What keeps a task from writing to a location, told at its place in the file.
fn refused(
    destinations: &mut Destinations<'_>,
    task: &PlannedTask,
    written: &At<Location>,
    location: &Location,
) -> Vec<Diagnostic> {
    let tell = |refusal: crate::storage::DestinationRefusal| {
        let mistake = Diagnostic::error(format!("task `{}` {}", task.name, refusal.what));
        mistake.at(written.span, refusal.label).help(refusal.help)
    };
    destinations.refusals(location).into_iter().map(tell).collect()
}

fn two_for_one(
    output: &crate::task::OutputFile,
    tasks: &[PlannedTask],
    first: &PublishedOutput,
    task: &PlannedTask,
) -> Diagnostic {
    let other = &tasks[first.task.index()].name;
    let heading = if *other == task.name {
        format!("task `{}` publishes `{}` twice", task.name, output.path.value)
    } else {
        format!("tasks `{other}` and `{}` both publish `{}`", task.name, output.path.value)
    };
    let diagnostic = Diagnostic::error(heading)
        .at(output.path.span, "published here again")
        .at(first.written.span, "published here first")
        .help("give each output a path of its own");
    if task.name.key().is_some() && task.name.base() == other.base() {
        diagnostic.help("the instances of a `foreach` need `${{ item }}` in the path")
    } else {
        diagnostic
    }
}
