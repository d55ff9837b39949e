//! Objects: put, found, verified, published.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::publish::{persist, publish_file, sync_folder, temporary};
use super::staging::{leave, staging};
use super::{CacheError, HashingWriter};
use crate::attempt::CancelToken;
use crate::fingerprint::{FileDigests, Stat};
use crate::ids::Digest;
use crate::{private, regular_file};

/// The name of an object and its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Object {
    /// The digest of its bytes.
    pub digest: Digest,
    /// How many bytes it has.
    pub size: u64,
}

/// A folder of immutable objects. Several processes may use one at once; several threads may share one value.
pub struct ContentStore {
    pub(super) root: PathBuf,
    /// Objects verified by this process; by the rules of [`FileDigests`], one is hashed again if its file was touched or is
    /// only seconds old.
    verified: FileDigests,
    /// Objects that [`ContentStore::get`] has given out, as they were then. They are not hashed again however young they are:
    /// no program of ours changes an object, and nobody else does so in the very tick in which it was looked at.
    given: Mutex<HashMap<Digest, Stat>>,
}

impl ContentStore {
    /// The store in `root` (`.tidemill/cache`). Nothing is made or read until something is put.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), verified: FileDigests::new(HashMap::new()), given: Mutex::default() }
    }

    /// Puts what `write` writes.
    ///
    /// # Errors
    /// If it cannot be written, or `write` fails; then nothing is put.
    pub fn put(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<Object, CacheError> {
        let mut staged = self.staged_file()?;
        restrict(staged.as_file()).map_err(CacheError::io("write into", &self.root))?;
        let mut writer = HashingWriter::new(io::BufWriter::new(staged.as_file_mut()));
        write(&mut writer).and_then(|()| writer.flush()).map_err(CacheError::io("write into", &self.root))?;
        let object = Object { digest: writer.digest(), size: writer.written() };
        drop(writer);
        if !self.renew(&object)? {
            persist(staged, &self.place(&object.digest)?)?;
        }
        Ok(object)
    }

    /// A file to write into. Another store of this process that ends may take the folder away while it is empty.
    fn staged_file(&self) -> Result<NamedTempFile, CacheError> {
        const TRIES: usize = 16;
        let mut tried = 1;
        loop {
            match temporary(&self.staging()?) {
                Err(CacheError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound && tried < TRIES => {
                    tried += 1
                }
                made => return made,
            }
        }
    }

    /// Puts a copy of a file.
    ///
    /// # Errors
    /// If the file cannot be read, the object cannot be written, or the work is cancelled.
    pub fn put_file(&self, from: &Path, cancelled: &CancelToken) -> Result<Object, CacheError> {
        let file = regular_file::open(from).map_err(CacheError::io("read", from))?;
        self.put(|to| io::copy(&mut cancelled.reader(file), to).map(drop))
    }

    /// Takes a file that was written below [`ContentStore::staging`], or elsewhere on the same file system, for its own; the
    /// file is gone from there. `said` is the digest that its writer claims; it must be that of its bytes.
    ///
    /// # Errors
    /// [`CacheError::NotWhatWasSaid`] if it is not, then the file stays; else if it cannot be read or renamed.
    pub fn adopt(&self, file: &Path, said: Digest) -> Result<Object, CacheError> {
        let found = self.digest(file)?.ok_or_else(|| not_found(file))?;
        if found != said {
            return Err(CacheError::NotWhatWasSaid { path: file.to_owned(), said, found });
        }
        let handle = File::open(file).map_err(CacheError::io("read", file))?;
        let size = handle.metadata().map_err(CacheError::io("read", file))?.len();
        let object = Object { digest: said, size };
        if self.renew(&object)? {
            remove(file)?;
            return Ok(object);
        }
        restrict(&handle).map_err(CacheError::io("restrict", file))?;
        handle.sync_all().map_err(CacheError::io("sync", file))?;
        let to = self.place(&said)?;
        std::fs::rename(file, &to).map_err(CacheError::io("write", &to))?;
        sync_folder(to.parent().unwrap_or(&self.root))?;
        Ok(object)
    }

    /// Whether there is an object of that name and size. Reads none of its bytes: enough to leave a task alone, not to use
    /// its result.
    pub fn has(&self, object: &Object) -> bool {
        self.find(object).is_some()
    }

    /// The path of an object of that name and size, its bytes unread.
    pub fn find(&self, object: &Object) -> Option<PathBuf> {
        let path = self.path(&object.digest);
        let is_it = |found: std::fs::Metadata| found.is_file() && found.len() == object.size;
        std::fs::metadata(&path).is_ok_and(is_it).then_some(path)
    }

    /// The path of an object whose bytes were found to be what its name says, to be read and not changed. None if there is
    /// none; a damaged one is removed.
    ///
    /// # Errors
    /// If it cannot be read, or is damaged and cannot be removed.
    pub fn get(&self, digest: &Digest) -> Result<Option<PathBuf>, CacheError> {
        let path = self.path(digest);
        let given = || self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let stat = Stat::look(&path).ok().flatten();
        if stat.is_some() && given().get(digest) == stat.as_ref() {
            return Ok(Some(path));
        }
        match self.verified.file(&path) {
            Ok(None) => Ok(None),
            Ok(Some(found)) if found == *digest => {
                stat.and_then(|stat| given().insert(*digest, stat));
                Ok(Some(path))
            }
            Ok(Some(_)) => remove(&path).map(|_| None),
            Err(error) if error.kind() == io::ErrorKind::IsADirectory => remove(&path).map(|_| None),
            // No verdict on the object: it may be that the process has too many files open.
            Err(error) => Err(CacheError::io("read", &path)(error)),
        }
    }

    /// Puts a copy of an object at `to`, whole or not at all: see [`publish_file`].
    ///
    /// # Errors
    /// [`CacheError::Absent`] if there is no such object or it is damaged; else if `to` cannot be written.
    pub fn publish(&self, digest: &Digest, to: &Path) -> Result<(), CacheError> {
        let from = self.get(digest)?.ok_or(CacheError::Absent(*digest))?;
        publish_file(&from, to)
    }

    /// This process's folder for files that are to be adopted, made if it is missing.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn staging(&self) -> Result<PathBuf, CacheError> {
        staging(&self.root)
    }

    /// Where an object of that name is, or would be.
    pub(super) fn path(&self, digest: &Digest) -> PathBuf {
        let name = digest.to_string();
        let (fan, rest) = name.split_at(2);
        self.root.join(fan).join(rest)
    }

    /// The same, with its folder made and nothing in the way of a rename.
    fn place(&self, digest: &Digest) -> Result<PathBuf, CacheError> {
        let path = self.path(digest);
        if path.is_dir() {
            remove(&path)?;
        }
        if let Some(folder) = path.parent()
            && !folder.is_dir()
        {
            private::folder(folder).map_err(CacheError::io("make the folder", folder))?;
            sync_folder(&self.root)?;
        }
        Ok(path)
    }

    /// Whether a sound object is there already; if so it counts as new again, so that no collection in another process takes
    /// it before it is noted who needs it.
    fn renew(&self, object: &Object) -> Result<bool, CacheError> {
        if !self.has(object) {
            return Ok(false);
        }
        let Some(path) = self.get(&object.digest)? else { return Ok(false) };
        let touched = File::options().write(true).open(&path).and_then(|file| file.set_modified(SystemTime::now()));
        Ok(touched.is_ok())
    }

    fn digest(&self, path: &Path) -> Result<Option<Digest>, CacheError> {
        self.verified.file(path).map_err(CacheError::io("read", path))
    }
}

impl Drop for ContentStore {
    fn drop(&mut self) {
        leave(&self.root);
    }
}

/// Lets nobody else read an object: it holds what the sources hold.
fn restrict(file: &File) -> io::Result<()> {
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(())
}

/// Removes a file, or a folder that stands where a file should; false if there is none.
pub(super) fn remove(path: &Path) -> Result<bool, CacheError> {
    let removed = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
    match removed {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(CacheError::io("remove", path)(error)),
    }
}

fn not_found(path: &Path) -> CacheError {
    CacheError::io("read", path)(io::ErrorKind::NotFound.into())
}
