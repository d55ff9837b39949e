//! The file system of this machine.

mod destinations;
mod pattern;

use std::fs::Metadata;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use self::destinations::LocalDestinations;
use super::{DestinationCheck, LocationMatch, Storage};
use crate::attempt::real;
use crate::fingerprint::FileDigests;
use crate::ids::Digest;
use crate::regular_file;
use crate::table::Location;
use crate::task::FileRole;

pub use self::pattern::is_glob;

/// The path of a location: below the project unless it is absolute, with `.` and `..` resolved as text.
pub fn resolve(project: &Path, location: &Location) -> PathBuf {
    let mut resolved = PathBuf::new();
    for part in project.join(location.as_str()).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                if !resolved.pop() {
                    resolved.push("..");
                }
            }
            other => resolved.push(other),
        }
    }
    resolved
}

/// The file system of this machine: paths below the project's folder, and absolute ones.
#[derive(Clone, Copy, Debug, Default)]
pub struct LocalFileSystem;

impl Storage for LocalFileSystem {
    fn leads_here(&self, scheme: Option<&str>) -> bool {
        scheme.is_none()
    }

    fn absolute(&self, project: &Path, location: &Location) -> Location {
        Location::new(resolve(project, location).to_string_lossy())
    }

    fn real(&self, project: &Path, location: &Location) -> Location {
        Location::new(real(&resolve(project, location)).to_string_lossy())
    }

    fn find(&self, project: &Path, location: &Location) -> io::Result<LocationMatch> {
        let found = resolve(project, location).metadata();
        match (found, is_glob(location.as_str())) {
            (Ok(found), _) if is_readable(&found) => Ok(LocationMatch::One),
            (Ok(found), _) => regular_file::check(&found)
                .map(|()| LocationMatch::One)
                .map_err(|error| io::Error::new(error.kind(), format!("`{location}` cannot be read: {error}"))),
            (Err(_), true) => Ok(LocationMatch::Matches(pattern::entries(project, location)?)),
            (Err(_), false) => Ok(LocationMatch::Nothing),
        }
    }

    fn exists(&self, project: &Path, location: &Location) -> bool {
        resolve(project, location).metadata().is_ok_and(|found| is_readable(&found))
    }

    fn digests(
        &self,
        project: &Path,
        location: &Location,
        role: FileRole,
        known: &FileDigests,
    ) -> io::Result<Vec<(String, Option<Digest>)>> {
        let path = resolve(project, location);
        if is_glob(location.as_str()) && !path.exists() {
            let found = known.below(project, pattern::matches(project, location)?.into_iter().map(|(path, _)| path))?;
            return Ok(found.into_iter().map(|(name, digest)| (name, Some(digest))).collect());
        }
        let digest = match role {
            FileRole::Sqlite => known.sqlite(&path),
            FileRole::Input if path.is_dir() => known.folder(&path).map(Some),
            _ => known.file(&path),
        };
        Ok(vec![(location.to_string(), digest?)])
    }

    fn local_path(&self, project: &Path, location: &Location) -> io::Result<PathBuf> {
        Ok(project.join(location.as_str()))
    }

    fn content(&self, project: &Path, location: &Location, known: &FileDigests) -> io::Result<Option<Digest>> {
        known.file(&resolve(project, location))
    }

    fn open(&self, project: &Path, location: &Location) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(regular_file::open(&resolve(project, location))?))
    }

    /// The file of the same folder with the nearest name, or the folder that is missing.
    fn help_if_missing(&self, project: &Path, location: &Location) -> Option<String> {
        let path = resolve(project, location);
        let (folder, name) = (path.parent()?, path.file_name()?.to_str()?);
        let Ok(entries) = folder.read_dir() else {
            return Some(format!("there is no folder {}", folder.display()));
        };
        let mut names: Vec<String> =
            entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        Some(match crate::diagnostic::nearest(name, names.iter().map(String::as_str)) {
            Some(near) => {
                let parent = location.as_str().strip_suffix(name).unwrap_or_default();
                format!("did you mean `{parent}{near}`?")
            }
            None => "paths start at the folder of the pipeline file".to_owned(),
        })
    }

    fn destinations(&self, project: &Path, allow_outside: &[Location]) -> Box<dyn DestinationCheck> {
        Box::new(LocalDestinations::new(project, allow_outside))
    }
}

/// Whether it is a file or a folder. From anything else, such as a pipe, nothing may ever come.
fn is_readable(found: &Metadata) -> bool {
    found.is_file() || found.is_dir()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::super::StorageEntry;
    use super::*;

    type TestResult = Result<(), Box<dyn std::error::Error>>;

    #[test]
    fn dots_are_resolved_as_text() {
        let at = |path: &str| resolve(Path::new("/p/q"), &Location::new(path));
        assert_eq!(at("a/./b/../c.csv"), Path::new("/p/q/a/c.csv"));
        assert_eq!(at("../x"), Path::new("/p/x"));
        assert_eq!(at("/abs/x"), Path::new("/abs/x"));
    }

    #[test]
    fn a_pattern_is_sorted_and_takes_folders_whole() -> TestResult {
        let dir = tempfile::tempdir()?;
        std::fs::create_dir_all(dir.path().join("data/z/deep"))?;
        for name in ["data/b.csv", "data/a.csv", "data/z/deep/c.csv", "data/d.txt"] {
            std::fs::write(dir.path().join(name), name)?;
        }
        let digests = FileDigests::new(HashMap::new());
        let names = |pattern: &str| -> io::Result<Vec<String>> {
            let found = LocalFileSystem.digests(dir.path(), &Location::new(pattern), FileRole::Source, &digests)?;
            Ok(found.into_iter().map(|(name, _)| name).collect())
        };
        assert_eq!(names("data/*.csv")?, ["data/a.csv", "data/b.csv"]);
        assert_eq!(names("data/[z]")?, ["data/z/deep/c.csv"]);
        assert!(names("data/nothing*")?.is_empty());
        Ok(())
    }

    #[test]
    fn a_name_outranks_a_pattern() -> TestResult {
        let dir = tempfile::tempdir()?;
        std::fs::create_dir(dir.path().join("x1"))?;
        let find = |path: &str| LocalFileSystem.find(dir.path(), &Location::new(path));
        let matched = |path: &str, is_folder| StorageEntry { location: Location::new(path), is_folder };
        assert_eq!(find("x[1]")?, LocationMatch::Matches(vec![matched("x1", true)]));
        std::fs::write(dir.path().join("x[1]"), "")?;
        assert_eq!(find("x[1]")?, LocationMatch::One);
        assert_eq!(find("x?")?, LocationMatch::Matches(vec![matched("x1", true)]));
        assert_eq!((find("y")?, find("y*")?), (LocationMatch::Nothing, LocationMatch::Matches(Vec::new())));
        Ok(())
    }
}
