//! Whether the state is still where it was opened: somebody may remove `.tidemill` while a run goes on.

use std::fs::File;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

use crate::open::{connect, io};
use crate::{State, StateError};

/// What tells a file from another one of the same path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileIdentity(u64, u64);

impl FileIdentity {
    /// Of the file at a path; None if there is none.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let found = std::fs::metadata(path).ok()?;
        Some(Self(found.dev(), found.ino()))
    }
}

impl State {
    /// Writes the state again where it was, if it has been removed since it was opened: what it knows of effects that were sent
    /// shall outlive the removal.
    ///
    /// # Errors
    /// [`StateError::Replaced`] if another state is in its place; else if it cannot be written.
    pub(crate) fn keep_in_place(&mut self) -> Result<(), StateError> {
        match FileIdentity::of(&self.path) {
            found if found == self.identity => return Ok(()),
            Some(_) => return Err(StateError::Replaced { path: self.path.clone() }),
            None => {}
        }
        if let Some(folder) = self.path.parent() {
            tidemill_core::private::folder(folder).map_err(io("make", folder))?;
        }
        self.db.execute("VACUUM INTO ?", [self.path.to_string_lossy()])?;
        restrict(&self.path)?;
        self.db = connect(&self.path)?;
        self.db.pragma_update(None, "journal_mode", "WAL")?;
        self.identity = FileIdentity::of(&self.path);
        self.was_removed = true;
        Ok(())
    }

    /// Whether the state was removed while it was open, and has been written again.
    pub fn was_removed(&self) -> bool {
        self.was_removed
    }
}

/// Lets nobody else read a file.
fn restrict(path: &Path) -> Result<(), StateError> {
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o600)).map_err(io("restrict", path))
}

/// The files of the state, as far as they are there, that this process may not write: the database, and those that SQLite makes
/// beside it with the database's own rights, which outlast a change of these.
pub(crate) fn unwritable(path: &Path) -> Vec<PathBuf> {
    let beside = |suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    let files = [path.to_owned(), beside("-wal"), beside("-shm")];
    files.into_iter().filter(|file| file.exists() && access(file, Access::WRITE_OK).is_err()).collect()
}

/// Sees to it that the state can be written: files that a run has left which was not allowed to write get the database's rights.
///
/// # Errors
/// If one cannot be written nor given these rights.
pub(crate) fn make_writable(path: &Path) -> Result<(), StateError> {
    for file in unwritable(path) {
        let denied = || io("write", &file)(std::io::ErrorKind::PermissionDenied.into());
        if file == path {
            return Err(denied());
        }
        let rights = File::open(path).and_then(|file| file.metadata()).map_err(io("read", path))?.permissions();
        std::fs::set_permissions(&file, rights).map_err(|_| denied())?;
    }
    Ok(())
}
