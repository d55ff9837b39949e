//! Folders in which attempts may leave what they like.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The one folder below a scratch folder that stays for the next attempt.
const LASTING: &str = "tmp";

/// A folder for each attempt at a time. It is emptied afterwards and serves the next one: to make and remove folders for each
/// of thousands of short tasks would take longer than the tasks.
pub struct ScratchFolders {
    /// What their paths begin with.
    prefix: PathBuf,
    folders: Mutex<Folders>,
}

#[derive(Default)]
struct Folders {
    free: Vec<PathBuf>,
    named: usize,
}

impl ScratchFolders {
    /// Folders below the project's `.tidemill`, for that run. None is made yet.
    pub fn new(project: &Path, run: &str) -> Self {
        let prefix = project.join(tidemill_state::FOLDER).join("scratch").join(run);
        Self { prefix, folders: Mutex::default() }
    }

    /// A path that no other attempt has. There is nothing, or an empty folder.
    pub fn take(&self) -> PathBuf {
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(free) = folders.free.pop() {
            return free;
        }
        folders.named += 1;
        let mut name = self.prefix.clone().into_os_string();
        name.push(format!("-{}", folders.named));
        name.into()
    }

    /// Takes a folder back, with whatever is in it.
    ///
    /// # Errors
    /// If something in it cannot be removed; then it serves nobody any more.
    pub fn give_back(&self, folder: PathBuf) -> io::Result<()> {
        empty(&folder)?;
        self.folders.lock().unwrap_or_else(PoisonError::into_inner).free.push(folder);
        Ok(())
    }

    /// Removes the folders that nobody has.
    pub fn remove(&self) {
        for folder in std::mem::take(&mut self.folders.lock().unwrap_or_else(PoisonError::into_inner).free) {
            // One that was never made is not there; one that cannot be removed is empty.
            let _ = fs::remove_dir_all(folder);
        }
    }
}

/// Removes all but an empty folder of the lasting name. Links are removed, not followed.
fn empty(folder: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_name() == LASTING && entry.file_type()?.is_dir() {
            for inner in fs::read_dir(entry.path())? {
                remove(&inner?)?;
            }
        } else {
            remove(&entry)?;
        }
    }
    Ok(())
}

fn remove(entry: &fs::DirEntry) -> io::Result<()> {
    if entry.file_type()?.is_dir() { fs::remove_dir_all(entry.path()) } else { fs::remove_file(entry.path()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_serves_again_when_it_is_empty() {
        let project = tempfile::tempdir().unwrap();
        let precious = project.path().join("precious");
        fs::write(&precious, "x").unwrap();
        let scratch = ScratchFolders::new(project.path(), "r");
        let (first, second) = (scratch.take(), scratch.take());
        assert!(first != second && !first.exists());
        fs::create_dir_all(first.join("tmp/deep")).unwrap();
        fs::write(first.join("tmp/deep/file"), "x").unwrap();
        std::os::unix::fs::symlink(project.path(), first.join("tmp/link")).unwrap();
        fs::create_dir_all(first.join("inputs")).unwrap();
        scratch.give_back(first.clone()).unwrap();
        assert!(precious.exists() && first.join("tmp").exists() && !first.join("inputs").exists());
        assert_eq!(fs::read_dir(first.join("tmp")).unwrap().count(), 0);
        assert_eq!(scratch.take(), first);
        // Somebody puts a link in place of the folder.
        fs::remove_dir(first.join("tmp")).unwrap();
        std::os::unix::fs::symlink(project.path(), first.join("tmp")).unwrap();
        scratch.give_back(first.clone()).unwrap();
        assert!(precious.exists() && !first.join("tmp").exists());
        scratch.give_back(second).unwrap();
        scratch.remove();
        assert!(!first.exists());
    }
}
