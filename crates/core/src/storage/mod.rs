//! Where the files are that tasks read and write: a [`Storage`] for each scheme of a [`Location`].

mod database;
mod destination;
mod local;
mod named_file;
mod partial_copy;
mod registry;
mod unvisited;
mod warehouse;

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use database::DatabaseStorage;
pub use destination::{AnyDestination, DestinationCheck, DestinationRefusal};
pub use local::{LocalFileSystem, is_glob, resolve};
pub use named_file::NamedFile;
pub use partial_copy::PartialCopy;
pub use registry::{Connector, Destinations, StorageRegistry, no_warehouse};
pub use warehouse::WarehouseFolder;

use crate::attempt::CancelToken;
use crate::connection::{ConnectionError, Database};
use crate::fingerprint::FileDigests;
use crate::ids::Digest;
use crate::regular_file;
use crate::table::Location;
use crate::task::FileRole;

/// A place where files are: the file system of this machine, an object store, the web.
///
/// `project` is the project's folder, where relative paths start. A location with a scheme is whole in itself.
pub trait Storage: Send + Sync {
    /// Whether locations of that scheme lead here: `s3` of `s3://bucket/key`, `shop` of `shop://orders` for a connection of that
    /// name; None: of no scheme.
    fn leads_here(&self, scheme: Option<&str>) -> bool;

    /// The database that the location is a table or query of, if it is no file.
    fn database(&self, _location: &Location) -> Option<Arc<dyn Database>> {
        None
    }

    /// What is wrong with a location that is meant to lead here and cannot.
    fn refusal(&self, _location: &Location) -> Option<ConnectionError> {
        None
    }

    /// The one way of writing a location by which it is told from all others.
    fn absolute(&self, _project: &Path, location: &Location) -> Location {
        location.clone()
    }

    /// The same with links followed: two locations that lead to one file come to one.
    fn real(&self, project: &Path, location: &Location) -> Location {
        self.absolute(project, location)
    }

    /// The URL by which other programs know it, whatever a connection is called: `s3://bucket/key`,
    /// `postgres://host:5432/shop/public.orders`, the path of a file. Without password and signature.
    fn address(&self, project: &Path, location: &Location) -> String {
        self.real(project, location).to_string()
    }

    /// What the location means now. A file that has the very name of a pattern is meant before what the pattern matches.
    ///
    /// # Errors
    /// If what a pattern matches cannot be found out.
    fn find(&self, project: &Path, location: &Location) -> io::Result<LocationMatch>;

    /// Whether there is a file or folder of that very name.
    fn exists(&self, project: &Path, location: &Location) -> bool {
        matches!(self.find(project, location), Ok(LocationMatch::One))
    }

    /// The identities of all files that the location means, each under its name: equal ones mean equal content. None for a
    /// file that is not there. What is known of earlier looks may be used, and added to.
    ///
    /// # Errors
    /// If one cannot be found out.
    fn digests(
        &self,
        project: &Path,
        location: &Location,
        role: FileRole,
        known: &FileDigests,
    ) -> io::Result<Vec<(String, Option<Digest>)>>;

    /// The file as one of this machine: itself, or a copy of what it is now.
    ///
    /// # Errors
    /// If it cannot be copied.
    fn local_path(&self, project: &Path, location: &Location) -> io::Result<PathBuf>;

    /// A copy of parts of the file as it is now, with its end: None where a whole one is as good.
    ///
    /// # Errors
    /// If it cannot be begun.
    fn partial_copy(&self, _project: &Path, _location: &Location) -> io::Result<Option<Arc<dyn PartialCopy>>> {
        Ok(None)
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// If it cannot be read.
    fn open(&self, project: &Path, location: &Location) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(regular_file::open(&self.local_path(project, location)?)?))
    }

    /// Makes a file of this machine the content of a location, whole and at once: who reads there finds the old one or the new.
    ///
    /// # Errors
    /// If it cannot be written there, or the work was cancelled; then what was there is there still.
    fn publish(&self, _project: &Path, location: &Location, _file: &Path, _cancelled: &CancelToken) -> io::Result<()> {
        Err(io::Error::new(io::ErrorKind::Unsupported, format!("nothing can be written to `{location}`")))
    }

    /// The digest of the content that is there, as far as outputs are compared by it; None if nothing is. What is known of earlier
    /// looks may be used, and added to.
    ///
    /// # Errors
    /// If it cannot be found out.
    fn content(&self, project: &Path, location: &Location, known: &FileDigests) -> io::Result<Option<Digest>> {
        match self.find(project, location)? {
            LocationMatch::One => known.file(&self.local_path(project, location)?),
            LocationMatch::Matches(_) | LocationMatch::Nothing => Ok(None),
        }
    }

    /// What may help somebody who names a file that is not there.
    fn help_if_missing(&self, _project: &Path, _location: &Location) -> Option<String> {
        None
    }

    /// Looks whether it can be reached, without changing anything there: what was found, as a sentence without a full stop.
    ///
    /// # Errors
    /// If it cannot.
    fn probe(&self) -> Result<String, ConnectionError> {
        Ok("can be used".to_owned())
    }

    /// What says where outputs may be written; `allow_outside` are the folders that the pipeline allows beside its own. By
    /// default nowhere.
    fn destinations(&self, _project: &Path, _allow_outside: &[Location]) -> Box<dyn DestinationCheck> {
        Box::new(destination::ReadOnly)
    }
}

/// What a location means at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LocationMatch {
    /// A file or folder of that very name.
    One,
    /// What its pattern matches, in the order of the names; maybe nothing.
    Matches(Vec<StorageEntry>),
    /// Nothing, and it is no pattern.
    Nothing,
}

/// A file or folder that a pattern matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageEntry {
    /// Where it is: relative to the project's folder if it lies below that.
    pub location: Location,
    /// Whether it is a folder.
    pub is_folder: bool,
}
