//! Copies of remote files on this machine.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use tidemill_core::attempt::NEVER_CANCELLED;
use tidemill_core::fingerprint::digest_of_file;
use tidemill_core::ids::Digest;
use tidemill_core::private;
use tidemill_core::table::Location;

use super::download::download;
use super::fault::Fault;
use super::file_state::FileState;
use super::remote_files::{Incoming, RemoteFiles};

/// What the names of copies on their way begin with.
pub(super) const PART: &str = ".part-";

/// Endings that stand behind another one.
const OUTER_ENDINGS: [&str; 4] = ["gz", "zst", "bz2", "xz"];

/// A folder with copies, each named by what it is a copy of: what has another identity has another name.
pub(crate) struct Copies {
    /// Below the project's folder.
    folder: PathBuf,
    /// Those that are being made: who wants the same one waits.
    under_way: Mutex<HashMap<String, Arc<Mutex<()>>>>,
}

impl Copies {
    /// In that folder below the project's.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), under_way: Mutex::default() }
    }

    /// The copy of a file, fetched if it is not there, and what the file is known by from now on.
    ///
    /// # Errors
    /// If it cannot be had whole.
    pub fn get(
        &self,
        project: &Path,
        remote: &dyn RemoteFiles,
        location: &Location,
        state: &FileState,
    ) -> Result<(PathBuf, FileState), Fault> {
        let folder = self.folder(project);
        let Some(identity) = &state.identity else { return fetch(&folder, remote, location, state) };
        let path = folder.join(name(&remote.address(location), location, identity));
        let turn = Arc::clone(self.lock().entry(path.to_string_lossy().into_owned()).or_default());
        let _mine = turn.lock().unwrap_or_else(PoisonError::into_inner);
        let found = path.metadata().ok().filter(|found| state.length.is_none_or(|length| length == found.len()));
        if found.is_some() {
            touch(&path);
            return Ok((path, state.clone()));
        }
        fetch(&folder, remote, location, state)
    }

    /// The copy of a file that is known by that, if it is there.
    pub fn whole(
        &self,
        project: &Path,
        remote: &dyn RemoteFiles,
        location: &Location,
        identity: &str,
    ) -> Option<PathBuf> {
        let path = self.folder(project).join(name(&remote.address(location), location, identity));
        path.is_file().then_some(path)
    }

    /// Where copies are.
    pub fn folder(&self, project: &Path) -> PathBuf {
        project.join(&self.folder)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Mutex<()>>>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says that a copy is in use: those that nobody has used for long are removed with what else is old in the cache.
fn touch(path: &Path) {
    // One whose time cannot be set is fetched again some day.
    let _ = File::options().append(true).open(path).and_then(|file| file.set_modified(SystemTime::now()));
}

/// Brings a file under a name of the moment, and gives it its own once it is whole.
fn fetch(
    folder: &Path,
    remote: &dyn RemoteFiles,
    location: &Location,
    state: &FileState,
) -> Result<(PathBuf, FileState), Fault> {
    private::folder(folder)?;
    let part = tempfile::Builder::new().prefix(PART).tempfile_in(folder)?;
    let mut incoming = Incoming::new(part.reopen()?);
    download(remote, location, state, &mut incoming)?;
    part.as_file().sync_data()?;
    let state = match &state.identity {
        Some(_) => state.clone(),
        None => {
            let (hash, length) = digest_of_file(part.path(), &NEVER_CANCELLED)?;
            FileState::of_content(&hash.to_string(), length)
        }
    };
    let path = folder.join(name(&remote.address(location), location, state.identity.as_deref().unwrap_or_default()));
    part.persist(&path).map_err(|error| Fault::from(error.error))?;
    Ok((path, state))
}

/// The name of the copy of a file that is known by that: its ending says how it is read.
fn name(address: &str, location: &Location, identity: &str) -> String {
    let digest = Digest::of(format!("{address}\n{location}\n{identity}").as_bytes());
    format!("{digest}{}", ending(location.as_str()))
}

/// `.csv` of `https://host/x.csv?key=1`, `.csv.gz` of `lake://x.csv.gz`.
fn ending(location: &str) -> String {
    let path = location.split('?').next().unwrap_or_default();
    let mut parts = path.rsplit('/').next().unwrap_or_default().rsplit('.');
    let is_plain = |part: &&str| !part.is_empty() && part.len() < 12 && part.chars().all(|c| c.is_ascii_alphanumeric());
    let (last, before) = (parts.next().filter(is_plain), parts.next());
    match (last, before) {
        (Some(last), Some(inner)) if OUTER_ENDINGS.contains(&last) && is_plain(&inner) && parts.next().is_some() => {
            format!(".{inner}.{last}")
        }
        (Some(last), Some(_)) => format!(".{last}"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_keeps_the_ending() {
        assert_eq!(ending("https://host/x.csv?key=a.b"), ".csv");
        assert_eq!(ending("lake://raw/2024.01.csv.gz"), ".csv.gz");
        assert_eq!(ending("lake://x.gz"), ".gz");
        assert_eq!(ending("https://host/export"), "");
        assert_eq!(ending("lake://a.b/strange.na me"), "");
    }

    #[test]
    fn another_identity_has_another_name() {
        let at = |location: &str, identity: &str| name("there", &Location::new(location), identity);
        assert_ne!(at("lake://x.csv", "ETag a"), at("lake://x.csv", "ETag b"));
        assert_ne!(at("lake://x.csv", "ETag a"), at("lake://y.csv", "ETag a"));
    }
}
