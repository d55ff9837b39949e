//! Outputs on their way: written beside their final place, then moved there whole.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::OutputPlaces;

/// What the names of staged files begin with.
const PREFIX: &str = ".tidemill-";

/// The longest part of the final name that a staged one repeats, in bytes: with the prefix it stays below the 255 that file
/// systems allow.
const KEPT_NAME: usize = 200;

/// Why the outputs of an attempt could not be published. Nothing has been left half written under a final name.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// An output was promised and not made.
    #[error("`{}` was not written", .0.display())]
    NotWritten(PathBuf),
    /// A folder is where a file should be.
    #[error("`{}` is a folder where a file should be", .0.display())]
    Folder(PathBuf),
    /// A link leads out of where outputs may lie.
    #[error("`{}` would be written outside the project: a link leads to {}", .path.display(), .place.display())]
    Outside {
        /// The final path.
        path: PathBuf,
        /// Where that is.
        place: PathBuf,
    },
    /// Another path leads to the same file, and was published before.
    #[error("`{}` and `{}` are one file: a link leads from one to the other, and a task would overwrite what another has published", .path.display(), .other.display())]
    SameFile {
        /// The final path.
        path: PathBuf,
        /// The other one.
        other: PathBuf,
    },
    /// The file system refused.
    #[error("cannot publish `{}`: {source}", .path.display())]
    Io {
        /// The final path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The outputs of one attempt, not yet published. What has not been published when this is dropped is removed.
#[derive(Debug, Default)]
pub struct Staging {
    files: Mutex<Vec<StagedFile>>,
}

#[derive(Debug)]
struct StagedFile {
    target: PathBuf,
    staged: PathBuf,
}

impl Staging {
    /// Nothing staged yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Where to write what will be `target`: the same folder, a hidden name, the same ending. Asked twice, it answers the same.
    /// The folder is made; if that is impossible, writing there fails and says why.
    pub fn stage(&self, target: &Path) -> PathBuf {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = files.iter().find(|file| file.target == target) {
            return file.staged.clone();
        }
        if let Some(folder) = folder_of(target) {
            let _ = fs::create_dir_all(folder);
        }
        let staged = target.with_file_name(staged_name(target.file_name().unwrap_or_default()));
        files.push(StagedFile { target: target.to_owned(), staged: staged.clone() });
        staged
    }

    /// Moves every output to its final place: all are complete and on the disk before the first is moved. Returns the final
    /// paths, in the order in which they were staged.
    ///
    /// # Errors
    /// If one is missing, is none of the places where it may lie, or the file system refuses; then what was not moved is
    /// removed.
    pub fn publish(self, places: &OutputPlaces) -> Result<Vec<PathBuf>, PublishError> {
        let files = std::mem::take(&mut *self.files.lock().unwrap_or_else(PoisonError::into_inner));
        let claimed = files.iter().try_for_each(|file| places.claim(&file.target));
        let moved = claimed.and_then(|()| check_and_sync(&files)).and_then(|()| move_all(&files));
        if moved.is_err() {
            remove(&files);
        }
        moved
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        remove(&std::mem::take(&mut *self.files.lock().unwrap_or_else(PoisonError::into_inner)));
    }
}

/// Whether a file's name is one that [`Staging::stage`] gives: in the absence of a run, what a killed one has left.
pub fn is_staged_name(name: &OsStr) -> bool {
    let Some(rest) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else { return false };
    rest.split_once('.').is_some_and(|(tag, _)| tag.len() == 16 && tag.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn check_and_sync(files: &[StagedFile]) -> Result<(), PublishError> {
    for StagedFile { target, staged } in files {
        let io = |source| PublishError::Io { path: target.clone(), source };
        match fs::metadata(staged) {
            Ok(found) if found.is_dir() => return Err(PublishError::Folder(target.clone())),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(PublishError::NotWritten(target.clone()));
            }
            Err(error) => return Err(io(error)),
        }
        if fs::symlink_metadata(target).is_ok_and(|found| found.is_dir()) {
            return Err(PublishError::Folder(target.clone()));
        }
        File::open(staged).and_then(|file| file.sync_all()).map_err(io)?;
    }
    Ok(())
}

fn move_all(files: &[StagedFile]) -> Result<Vec<PathBuf>, PublishError> {
    let mut folders = BTreeSet::new();
    for StagedFile { target, staged } in files {
        fs::rename(staged, target).map_err(|source| PublishError::Io { path: target.clone(), source })?;
        folders.extend(folder_of(target).map(|folder| (folder, target)));
    }
    let mut synced = None;
    for (folder, target) in folders {
        if synced != Some(folder) {
            sync_folder(folder).map_err(|source| PublishError::Io { path: target.clone(), source })?;
            synced = Some(folder);
        }
    }
    Ok(files.iter().map(|file| file.target.clone()).collect())
}

/// Makes the names in a folder durable. Where a folder cannot be opened as a file, the system sees to that itself.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Best effort: what stays is recognised by its name and removed by a later run.
fn remove(files: &[StagedFile]) {
    for file in files {
        let _ = match fs::symlink_metadata(&file.staged) {
            Ok(found) if found.is_dir() => fs::remove_dir_all(&file.staged),
            _ => fs::remove_file(&file.staged),
        };
    }
}

/// The folder of a path; of a bare name, the current one.
fn folder_of(path: &Path) -> Option<&Path> {
    let parent = path.parent()?;
    Some(if parent.as_os_str().is_empty() { Path::new(".") } else { parent })
}

/// A hidden name that no other attempt has, with the end of `name` at its end.
fn staged_name(name: &OsStr) -> OsString {
    let tag = RandomState::new().build_hasher().finish();
    let mut staged = OsString::from(format!("{PREFIX}{tag:016x}."));
    match name.to_str().filter(|text| text.len() > KEPT_NAME) {
        Some(text) => {
            let start =
                (text.len() - KEPT_NAME..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
            staged.push(&text[start..]);
        }
        None => staged.push(name),
    }
    staged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(folder: &Path) -> OutputPlaces {
        OutputPlaces::new([folder])
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn outputs_appear_together_and_whole() {
        let folder = tempfile::tempdir().unwrap();
        let (report, table) = (folder.path().join("new/deep/report.html"), folder.path().join("table.csv"));
        fs::write(&table, "old").unwrap();
        let staging = Staging::new();
        let staged = staging.stage(&report);
        assert_eq!(staged, staging.stage(&report));
        assert!(staged.to_str().unwrap().ends_with(".report.html"));
        fs::write(staged, "report").unwrap();
        fs::write(staging.stage(&table), "new").unwrap();
        assert!(!report.exists());
        assert_eq!(staging.publish(&places(folder.path())).unwrap(), [report.clone(), table.clone()]);
        assert_eq!(fs::read_to_string(report).unwrap() + &fs::read_to_string(table).unwrap(), "reportnew");
        assert_eq!(names(folder.path()), ["new", "table.csv"]);
    }

    #[test]
    fn if_one_is_missing_none_appears_and_nothing_stays_behind() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (folder.path().join("a.csv"), folder.path().join("b.csv"));
        let staging = Staging::new();
        fs::write(staging.stage(&first), "a").unwrap();
        staging.stage(&second);
        let error = staging.publish(&places(folder.path())).unwrap_err();
        assert_eq!(error.to_string(), format!("`{}` was not written", second.display()));
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn a_folder_in_the_way_is_found_before_anything_moves() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (folder.path().join("a.csv"), folder.path().join("b.csv"));
        fs::create_dir(&second).unwrap();
        let staging = Staging::new();
        fs::write(staging.stage(&first), "a").unwrap();
        fs::write(staging.stage(&second), "b").unwrap();
        assert!(matches!(staging.publish(&places(folder.path())), Err(PublishError::Folder(path)) if path == second));
        assert_eq!(names(folder.path()), ["b.csv"]);
    }

    #[test]
    fn what_is_not_published_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let staging = Staging::new();
        fs::write(staging.stage(&folder.path().join("a.csv")), "half").unwrap();
        let left = names(folder.path());
        assert!(left.len() == 1 && is_staged_name(OsStr::new(&left[0])));
        drop(staging);
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn staged_names_are_recognised_and_never_too_long() {
        let long = format!("{}.csv", "ä".repeat(120));
        let staged = staged_name(OsStr::new(&long)).into_string().unwrap();
        assert!(staged.len() < 255 && staged.ends_with("ä.csv"));
        assert!(is_staged_name(OsStr::new(&staged)));
        for other in [".tidemill-notes.txt", "tidemill-0123456789abcdef.csv", ".tidemill-0123456789abcdef"] {
            assert!(!is_staged_name(OsStr::new(other)), "{other}");
        }
    }
}
