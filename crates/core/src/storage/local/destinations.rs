//! Where on this machine outputs may be written.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::super::{DestinationCheck, DestinationRefusal};
use super::resolve;
use crate::attempt::real;
use crate::regular_file;
use crate::table::Location;

/// Below the project's folder and those that the pipeline allows, links followed, but not among Tidemill's own files.
pub(super) struct LocalDestinations {
    project: PathBuf,
    real_project: PathBuf,
    allowed: Vec<PathBuf>,
    folders: RealFolders,
}

impl LocalDestinations {
    /// Of the project in that folder, which allows those folders outside too.
    pub fn new(project: &Path, allow_outside: &[Location]) -> Self {
        Self {
            project: project.to_owned(),
            real_project: real(project),
            allowed: allow_outside.iter().map(|folder| real(&resolve(project, folder))).collect(),
            folders: RealFolders::default(),
        }
    }
}

impl DestinationCheck for LocalDestinations {
    fn refusals(&mut self, location: &Location) -> Vec<DestinationRefusal> {
        let path = resolve(&self.project, location);
        let place = self.folders.real(&path);
        let mut refusals = Vec::new();
        if !place.starts_with(&self.real_project) && !self.allowed.iter().any(|allowed| place.starts_with(allowed)) {
            refusals.push(DestinationRefusal {
                what: "would write outside the project".to_owned(),
                label: format!("this is {}", place.display()),
                help: "write below the folder of the pipeline file, or list the folder under `allow_outside`",
            });
        }
        if let Some(reserved) = reserved(&self.project, &path) {
            refusals.push(DestinationRefusal {
                what: format!("would write to {reserved}"),
                label: "Tidemill keeps its own files here".to_owned(),
                help: "choose another path",
            });
        }
        refusals.extend(not_a_file(&path));
        refusals
    }
}

/// That something other than a file is there, which a file must not replace. A link is replaced.
fn not_a_file(path: &Path) -> Option<DestinationRefusal> {
    let found = path.symlink_metadata().ok().filter(|found| !found.is_symlink())?;
    let error = regular_file::check(&found).err()?;
    Some(DestinationRefusal {
        what: "would replace what is no file".to_owned(),
        label: error.to_string(),
        help: "remove it, or choose another path",
    })
}

/// Folders whose links have been followed: the outputs of many tasks lie in few of them.
#[derive(Default)]
struct RealFolders {
    known: HashMap<PathBuf, PathBuf>,
}

impl RealFolders {
    /// As [`real`].
    fn real(&mut self, path: &Path) -> PathBuf {
        match (path.parent(), path.file_name()) {
            (Some(folder), Some(name)) if !path.is_symlink() => {
                if let Some(known) = self.known.get(folder) {
                    return known.join(name);
                }
                let found = real(folder);
                self.known.insert(folder.to_owned(), found.clone());
                found.join(name)
            }
            _ => real(path),
        }
    }
}

/// What of Tidemill's own lies at the path, if anything.
fn reserved(project: &Path, path: &Path) -> Option<&'static str> {
    let inside = path.strip_prefix(project).ok()?;
    match inside.components().next()?.as_os_str().to_str()? {
        ".tidemill" => Some("the folder `.tidemill`"),
        _ => None,
    }
}
