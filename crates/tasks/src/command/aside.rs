//! Former outputs, put aside while a command may write to their places itself.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Where former outputs wait.
const FOLDER: &str = ".tidemill/aside";
/// What says where each belongs.
const RECORD: &str = "record.json";

/// One output of a command.
#[derive(Serialize, Deserialize)]
struct Former {
    /// Its place.
    target: PathBuf,
    /// Whether there was a file before.
    existed: bool,
}

/// Former outputs of one command, out of its way. Whatever becomes of the command, and of the runner, they are brought back
/// before anything takes their place.
pub struct Aside {
    folder: PathBuf,
    formers: Vec<Former>,
    /// Locked as long as the runner or a process of the command lives.
    record: File,
}

impl Aside {
    /// Puts aside what is at these places now.
    ///
    /// # Errors
    /// If the file system refuses; then all is as before.
    pub fn put(project: &Path, targets: Vec<PathBuf>) -> io::Result<Self> {
        let parent = project.join(FOLDER);
        tidemill_core::private::folder(&parent)?;
        let folder = tempfile::Builder::new().prefix("command-").tempdir_in(&parent)?.keep();
        let former = |target: PathBuf| {
            let existed = fs::symlink_metadata(&target).is_ok_and(|found| !found.is_dir());
            Former { target, existed }
        };
        let formers: Vec<Former> = targets.into_iter().map(former).collect();
        let mut record = File::options().read(true).write(true).create_new(true).open(folder.join(RECORD))?;
        record.lock()?;
        io::Write::write_all(&mut record, &serde_json::to_vec(&formers)?)?;
        // Before anything moves, it is known where it belongs.
        record.sync_all()?;
        let aside = Self { folder, formers, record };
        for (at, former) in aside.formers.iter().enumerate().filter(|(_, former)| former.existed) {
            if let Err(error) = move_file(&former.target, &aside.place(at)) {
                aside.bring_back()?;
                return Err(error);
            }
        }
        Ok(aside)
    }

    /// What keeps others from bringing back while it is open.
    pub fn lock(&self) -> BorrowedFd<'_> {
        self.record.as_fd()
    }

    /// Puts everything back as it was; what the command has written there meanwhile goes.
    ///
    /// # Errors
    /// If the file system refuses; then it is tried again by the next run.
    pub fn bring_back(self) -> io::Result<()> {
        for (at, former) in self.formers.iter().enumerate() {
            let place = self.place(at);
            if former.existed {
                // If it never came here it is still where it was.
                if fs::symlink_metadata(&place).is_ok() {
                    move_file(&place, &former.target)?;
                }
            } else {
                match fs::remove_file(&former.target) {
                    Err(error) if fs::symlink_metadata(&former.target).is_ok_and(|found| !found.is_dir()) => {
                        return Err(error);
                    }
                    _ => {}
                }
            }
        }
        fs::remove_dir_all(&self.folder)
    }

    fn place(&self, at: usize) -> PathBuf {
        self.folder.join(at.to_string())
    }
}

/// Brings back what commands of a run that died had put aside, after waiting for their last processes to end. To be called at
/// the start of a run, by whoever holds the project; returns the files that came back.
///
/// # Errors
/// If the file system refuses.
pub fn restore_aside(project: &Path) -> io::Result<Vec<PathBuf>> {
    let mut restored = Vec::new();
    let entries = match fs::read_dir(project.join(FOLDER)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(restored),
        entries => entries?,
    };
    for entry in entries {
        let folder = entry?.path();
        let mut record = match File::options().read(true).write(true).open(folder.join(RECORD)) {
            // It died before it noted anything, and so before it moved anything.
            Err(error) if error.kind() == ErrorKind::NotFound => {
                fs::remove_dir_all(&folder)?;
                continue;
            }
            record => record?,
        };
        record.lock()?;
        let mut text = String::new();
        io::Read::read_to_string(&mut record, &mut text)?;
        // Half a record: nothing was moved yet.
        let formers: Vec<Former> = serde_json::from_str(&text).unwrap_or_default();
        restored.extend(formers.iter().filter(|former| former.existed).map(|former| former.target.clone()));
        Aside { folder, formers, record }.bring_back()?;
    }
    Ok(restored)
}

/// Also between file systems.
fn move_file(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == ErrorKind::CrossesDevices => {
            fs::copy(from, to)?;
            File::open(to)?.sync_all()?;
            fs::remove_file(from)
        }
        moved => moved,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_there_comes_back_and_what_was_not_goes() {
        let project = tempfile::tempdir().unwrap();
        let (old, new) = (project.path().join("old.csv"), project.path().join("new.csv"));
        fs::write(&old, "former").unwrap();
        let aside = Aside::put(project.path(), vec![old.clone(), new.clone()]).unwrap();
        assert!(!old.exists());
        fs::write(&old, "half").unwrap();
        fs::write(&new, "half").unwrap();
        aside.bring_back().unwrap();
        assert_eq!(fs::read_to_string(&old).unwrap(), "former");
        assert!(!new.exists());
        assert!(restore_aside(project.path()).unwrap().is_empty());
    }

    #[test]
    fn a_dead_runs_files_are_brought_back_once() {
        let project = tempfile::tempdir().unwrap();
        let (old, new) = (project.path().join("old.csv"), project.path().join("new.csv"));
        fs::write(&old, "former").unwrap();
        drop(Aside::put(project.path(), vec![old.clone(), new.clone()]).unwrap());
        fs::write(&new, "half").unwrap();
        assert_eq!(restore_aside(project.path()).unwrap(), std::slice::from_ref(&old));
        assert_eq!(fs::read_to_string(&old).unwrap(), "former");
        assert!(!new.exists());
        assert!(restore_aside(project.path()).unwrap().is_empty());
    }

    #[test]
    fn without_a_whole_record_nothing_is_touched() {
        let project = tempfile::tempdir().unwrap();
        let folder = project.path().join(FOLDER).join("command-x");
        fs::create_dir_all(&folder).unwrap();
        assert!(restore_aside(project.path()).unwrap().is_empty() && !folder.exists());
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(RECORD), "[{\"target\"").unwrap();
        assert!(restore_aside(project.path()).unwrap().is_empty() && !folder.exists());
    }
}
