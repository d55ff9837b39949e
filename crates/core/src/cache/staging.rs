//! Folders for what is half written: one for each process, locked as long as it lives.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::CacheError;
use crate::private;

/// How often a folder is made that another process takes for a dead one's before it is locked.
const TRIES: usize = 16;

/// The folders of this process, by the store that they belong to.
static OWN: Mutex<BTreeMap<PathBuf, OwnFolder>> = Mutex::new(BTreeMap::new());

struct OwnFolder {
    path: PathBuf,
    /// Tells others that this process lives; the system lets go of it when it does not.
    _lock: File,
}

/// This process's folder for what is half written, in the store of that root; made if it is missing. What died processes have
/// left is removed then.
///
/// # Errors
/// If it cannot be made.
pub fn staging(root: &Path) -> Result<PathBuf, CacheError> {
    let mut own = own();
    if let Some(folder) = own.get(root).filter(|folder| folder.path.is_dir()) {
        return Ok(folder.path.clone());
    }
    let parent = parent(root);
    private::folder(&parent).map_err(CacheError::io("make the folder", &parent))?;
    // What cannot be removed now is tried again by the next process.
    let _ = remove_dead(root);
    for _ in 0..TRIES {
        let folder = tempfile::Builder::new().prefix("process-").tempdir_in(&parent);
        let path = folder.map_err(CacheError::io("make a folder in", &parent))?.keep();
        if let Some(lock) = locked(&path).filter(|_| path.is_dir()) {
            own.retain(|_, folder| folder.path.is_dir());
            own.insert(root.to_owned(), OwnFolder { path: path.clone(), _lock: lock });
            return Ok(path);
        }
    }
    Err(CacheError::io("lock a folder in", parent)(io::ErrorKind::WouldBlock.into()))
}

/// Removes this process's folder, if nothing lies in it.
pub(super) fn leave(root: &Path) {
    let mut own = own();
    if let Some(folder) = own.get(root)
        && std::fs::remove_dir(&folder.path).is_ok()
    {
        own.remove(root);
    }
}

/// Removes what died processes have left; how many files that were.
pub(super) fn remove_dead(root: &Path) -> Result<usize, CacheError> {
    let parent = parent(root);
    let mut removed = 0;
    for folder in folders(&parent)? {
        if let Some(_lock) = locked(&folder) {
            removed += files_in(&folder).len();
            match std::fs::remove_dir_all(&folder) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(CacheError::io("remove", folder)(error));
                }
                _ => {}
            }
        }
    }
    Ok(removed)
}

/// How many bytes are half written, or left by died processes.
pub(super) fn bytes(root: &Path) -> Result<u64, CacheError> {
    let parent = parent(root);
    let all = folders(&parent)?.into_iter().chain([parent]);
    Ok(all.flat_map(|folder| files_in(&folder)).sum())
}

pub(super) fn parent(root: &Path) -> PathBuf {
    root.join("tmp")
}

fn own() -> MutexGuard<'static, BTreeMap<PathBuf, OwnFolder>> {
    OWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The lock of a folder, if no living process has it.
fn locked(folder: &Path) -> Option<File> {
    let file = File::open(folder).ok()?;
    file.try_lock().is_ok().then_some(file)
}

fn folders(parent: &Path) -> Result<Vec<PathBuf>, CacheError> {
    let entries = match std::fs::read_dir(parent) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(CacheError::io("read", parent))?,
    };
    let is_folder = |entry: &std::fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
    Ok(entries.flatten().filter(is_folder).map(|entry| entry.path()).collect())
}

/// The sizes of the files in a folder.
fn files_in(folder: &Path) -> Vec<u64> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.metadata().ok()).filter(|found| found.is_file()).map(|found| found.len()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_dead_processes_left_goes_and_what_a_living_one_writes_stays() {
        let root = tempfile::tempdir().unwrap();
        let own = staging(root.path()).unwrap();
        std::fs::write(own.join("half"), "x").unwrap();
        let dead = parent(root.path()).join("process-dead");
        std::fs::create_dir(&dead).unwrap();
        std::fs::write(dead.join("left"), "left").unwrap();
        assert_eq!(bytes(root.path()).unwrap(), 5);
        assert_eq!(remove_dead(root.path()).unwrap(), 1);
        assert!(own.join("half").exists() && !dead.exists() && staging(root.path()).unwrap() == own);
        leave(root.path());
        assert!(own.exists());
        std::fs::remove_file(own.join("half")).unwrap();
        leave(root.path());
        assert!(!own.exists() && staging(root.path()).unwrap().exists());
    }
}
