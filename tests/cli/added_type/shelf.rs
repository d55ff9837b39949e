//! `shelf://`: files that are somewhere else, here in a folder that no path leads to.

use std::io;
use std::path::{Path, PathBuf};

use tidemill_core::fingerprint::FileDigests;
use tidemill_core::ids::Digest;
use tidemill_core::storage::{LocationMatch, Storage, StorageEntry};
use tidemill_core::table::Location;
use tidemill_core::task::FileRole;

/// The folder `shelf` of the project, without folders in it. `shelf://*.csv` is a pattern for all files of that ending.
pub struct Shelf;

fn name(location: &Location) -> &str {
    location.as_str().trim_start_matches("shelf://")
}

impl Storage for Shelf {
    fn leads_here(&self, scheme: Option<&str>) -> bool {
        scheme == Some("shelf")
    }

    fn find(&self, project: &Path, location: &Location) -> io::Result<LocationMatch> {
        if self.local_path(project, location)?.exists() {
            return Ok(LocationMatch::One);
        }
        let Some(ending) = name(location).strip_prefix('*') else { return Ok(LocationMatch::Nothing) };
        let mut found = Vec::new();
        for entry in std::fs::read_dir(project.join("shelf"))? {
            let file = entry?.file_name().to_string_lossy().into_owned();
            if file.ends_with(ending) {
                found.push(StorageEntry { location: Location::new(format!("shelf://{file}")), is_folder: false });
            }
        }
        found.sort_by(|a, b| a.location.cmp(&b.location));
        Ok(LocationMatch::Matches(found))
    }

    fn digests(
        &self,
        project: &Path,
        location: &Location,
        _: FileRole,
        _: &FileDigests,
    ) -> io::Result<Vec<(String, Option<Digest>)>> {
        let found = match self.find(project, location)? {
            LocationMatch::Matches(found) => found.into_iter().map(|entry| entry.location).collect(),
            LocationMatch::One => vec![location.clone()],
            LocationMatch::Nothing => return Ok(vec![(location.to_string(), None)]),
        };
        let identity = |file: Location| {
            let bytes = std::fs::read(self.local_path(project, &file)?)?;
            Ok((file.to_string(), Some(Digest::of(&bytes))))
        };
        found.into_iter().map(identity).collect()
    }

    fn local_path(&self, project: &Path, location: &Location) -> io::Result<PathBuf> {
        Ok(project.join("shelf").join(name(location)))
    }
}
