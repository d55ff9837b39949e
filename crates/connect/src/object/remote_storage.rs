//! Remote files as a storage.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::slice;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tidemill_core::attempt::CancelToken;
use tidemill_core::connection::ConnectionError;
use tidemill_core::fingerprint::FileDigests;
use tidemill_core::ids::Digest;
use tidemill_core::storage::{DestinationCheck, DestinationRefusal, LocationMatch, PartialCopy, Storage, StorageEntry};
use tidemill_core::table::Location;
use tidemill_core::task::FileRole;

use super::copies::Copies;
use super::fault::{Fault, FaultKind};
use super::file_state::FileState;
use super::parts::Parts;
use super::remote_files::RemoteFiles;

/// How often a file may change while it is fetched.
const MOST_CHANGES: u32 = 3;

/// A file that is not longer is fetched whole.
const SHORT: u64 = 2 << 20;

/// So much of the end of a file is there from the beginning.
const END: u64 = 64 << 10;

/// By location and identity.
type PartsRead<R> = HashMap<(Location, String), Weak<Parts<R>>>;

/// The storage of a place with remote files.
pub(crate) struct RemoteStorage<R> {
    remote: Arc<R>,
    /// The connection's name; empty for URLs.
    connection: String,
    copies: Copies,
    /// Copies of parts that somebody reads, by the file and what identifies it.
    parts: Mutex<PartsRead<R>>,
    /// What files were when it was last asked what is there. Copies are of that, so that what is read is what was identified.
    known: Mutex<HashMap<Location, FileState>>,
}

impl<R: RemoteFiles + 'static> RemoteStorage<R> {
    /// Of the connection of that name, or of URLs. Copies are kept in that folder below the project's.
    pub fn new(remote: R, connection: &str, fetched: &Path) -> Self {
        Self {
            connection: connection.to_owned(),
            remote: Arc::new(remote),
            copies: Copies::new(fetched),
            parts: Mutex::default(),
            known: Mutex::default(),
        }
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<Location, FileState>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn told(&self, location: &Location, fault: Fault) -> io::Error {
        fault.of(&self.remote.shown(location))
    }

    /// What the file is now, asked anew.
    fn state(&self, location: &Location) -> Result<Option<FileState>, Fault> {
        let state = self.remote.state(location)?;
        match &state {
            Some(state) => self.known().insert(location.clone(), state.clone()),
            None => self.known().remove(location),
        };
        Ok(state)
    }

    /// The files that a location means now, each with what it is; None if it is one that is not there.
    fn meant(&self, location: &Location) -> Result<Option<Vec<(Location, FileState)>>, Fault> {
        if !self.remote.is_pattern(location) {
            return Ok(self.state(location)?.map(|state| vec![(location.clone(), state)]));
        }
        let mut found = self.remote.matches(location)?;
        // A file of that very name is meant before what the pattern matches.
        if let Some(at) = found.iter().position(|(name, _)| name == location) {
            found = vec![found.swap_remove(at)];
        }
        self.known().extend(found.iter().cloned());
        Ok(Some(found))
    }

    /// A copy of the file as it was when it was last asked what is there.
    fn copy(&self, project: &Path, location: &Location) -> Result<(PathBuf, FileState), Fault> {
        self.unchanged(location, |state| {
            self.copies.get(project, &*self.remote, location, state).map(|(path, state)| {
                self.known().insert(location.clone(), state.clone());
                (path, state)
            })
        })
    }

    /// What `get` makes of the file as it was when it was last asked what is there, or as it is now if it has changed since.
    fn unchanged<T>(&self, location: &Location, get: impl Fn(&FileState) -> Result<T, Fault>) -> Result<T, Fault> {
        let missing = || Fault::new(FaultKind::Missing, "it is not there");
        let mut known = self.known().get(location).cloned();
        for _ in 0..MOST_CHANGES {
            let state = match known.take() {
                Some(state) => state,
                None => self.state(location)?.ok_or_else(missing)?,
            };
            match get(&state) {
                Err(fault) if fault.kind == FaultKind::Changed => {}
                got => return got,
            }
        }
        Err(Fault::new(
            FaultKind::Changed,
            "it changes whenever it is read, or the server says of each answer something else",
        )
        .help("read it when nobody writes it"))
    }

    /// The parts of a file that is that; None if all of it is here or may as well be fetched.
    fn parts(&self, project: &Path, location: &Location, state: &FileState) -> Result<Option<Arc<Parts<R>>>, Fault> {
        let (Some(identity), Some(length)) = (&state.identity, state.length) else { return Ok(None) };
        let is_here = || self.copies.whole(project, &*self.remote, location, identity).is_some();
        if length <= SHORT || !self.remote.has_parts(state) || is_here() {
            return Ok(None);
        }
        let key = (location.clone(), identity.clone());
        let known = || self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(parts) = known().get(&key).and_then(Weak::upgrade) {
            return Ok(Some(parts));
        }
        let parts = Parts::new(&self.copies.folder(project), &self.remote, location, state, length)?;
        parts.bring(slice::from_ref(&(length - END..length)))?;
        let parts = Arc::new(parts);
        known().insert(key, Arc::downgrade(&parts));
        Ok(Some(parts))
    }

    /// What identifies a file in fingerprints.
    fn digest(&self, project: &Path, location: &Location, state: FileState) -> Result<Digest, Fault> {
        let identity = match state.identity {
            Some(identity) => identity,
            None => self.copy(project, location)?.1.identity.unwrap_or_default(),
        };
        Ok(Digest::of(format!("{}\n{identity}", self.remote.address(location)).as_bytes()))
    }
}

impl<R: RemoteFiles + 'static> Storage for RemoteStorage<R> {
    fn leads_here(&self, scheme: Option<&str>) -> bool {
        scheme.is_some_and(|scheme| self.remote.leads_here(scheme))
    }

    fn address(&self, _project: &Path, location: &Location) -> String {
        self.remote.known_as(location)
    }

    fn find(&self, _project: &Path, location: &Location) -> io::Result<LocationMatch> {
        let found = self.meant(location).map_err(|fault| self.told(location, fault))?;
        Ok(match found {
            None => LocationMatch::Nothing,
            Some(found) if found.len() == 1 && found[0].0 == *location => LocationMatch::One,
            Some(found) => {
                let entry = |(location, _)| StorageEntry { location, is_folder: false };
                LocationMatch::Matches(found.into_iter().map(entry).collect())
            }
        })
    }

    /// What was there a moment ago is; that it has gone since is said by who reads it.
    fn exists(&self, project: &Path, location: &Location) -> bool {
        self.known().contains_key(location) || matches!(self.find(project, location), Ok(LocationMatch::One))
    }

    fn digests(
        &self,
        project: &Path,
        location: &Location,
        _role: FileRole,
        _known: &FileDigests,
    ) -> io::Result<Vec<(String, Option<Digest>)>> {
        let found = self.meant(location).map_err(|fault| self.told(location, fault))?;
        let Some(found) = found else { return Ok(vec![(self.remote.shown(location), None)]) };
        let digest = |(location, state): (Location, FileState)| {
            let digest = self.digest(project, &location, state).map_err(|fault| self.told(&location, fault))?;
            Ok((self.remote.shown(&location), Some(digest)))
        };
        found.into_iter().map(digest).collect()
    }

    fn local_path(&self, project: &Path, location: &Location) -> io::Result<PathBuf> {
        self.copy(project, location).map(|(path, _)| path).map_err(|fault| self.told(location, fault))
    }

    fn partial_copy(&self, project: &Path, location: &Location) -> io::Result<Option<Arc<dyn PartialCopy>>> {
        let parts = self.unchanged(location, |state| self.parts(project, location, state));
        let parts = parts.map_err(|fault| self.told(location, fault))?;
        Ok(parts.map(|parts| parts as Arc<dyn PartialCopy>))
    }

    fn content(&self, project: &Path, location: &Location, known: &FileDigests) -> io::Result<Option<Digest>> {
        let told = |fault| self.told(location, fault);
        if let Some(noted) = self.remote.noted(location).map_err(told)? {
            return Ok(Some(noted));
        }
        match self.state(location).map_err(told)? {
            Some(_) => known.file(&self.local_path(project, location)?),
            None => Ok(None),
        }
    }

    fn publish(&self, _project: &Path, location: &Location, file: &Path, cancelled: &CancelToken) -> io::Result<()> {
        self.known().remove(location);
        self.remote.write(location, file, cancelled).map_err(|fault| self.told(location, fault))
    }

    fn help_if_missing(&self, _project: &Path, location: &Location) -> Option<String> {
        self.remote.help_if_missing(location)
    }

    fn probe(&self) -> Result<String, ConnectionError> {
        self.remote.probe().map_err(|fault| fault.of_connection(&self.connection))
    }

    fn destinations(&self, _project: &Path, _allow_outside: &[Location]) -> Box<dyn DestinationCheck> {
        if self.remote.is_writable() { Box::new(Anywhere) } else { Box::new(Nowhere) }
    }
}

/// Of an object store: its own rules say who may write where.
struct Anywhere;

impl DestinationCheck for Anywhere {
    fn refusals(&mut self, location: &Location) -> Vec<DestinationRefusal> {
        if !location.as_str().ends_with('/') {
            return Vec::new();
        }
        vec![DestinationRefusal {
            what: "would write to a folder".to_owned(),
            label: "an object has a name of its own".to_owned(),
            help: "write a name behind the last slash",
        }]
    }
}

/// Of the web.
struct Nowhere;

impl DestinationCheck for Nowhere {
    fn refusals(&mut self, _location: &Location) -> Vec<DestinationRefusal> {
        vec![DestinationRefusal {
            what: "would write to the web".to_owned(),
            label: "files of the web can only be read".to_owned(),
            help: "write to a path or an object store, or send it with a `webhook`",
        }]
    }
}
