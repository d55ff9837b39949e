//! Databases as storages: those of connections, and those that a URL names.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tidemill_core::connection::{ConnectionConfig, ConnectionError, Database};
use tidemill_core::fingerprint::FileDigests;
use tidemill_core::ids::Digest;
use tidemill_core::storage::{DatabaseStorage, LocationMatch, Storage};
use tidemill_core::table::Location;
use tidemill_core::task::FileRole;

/// How a database is made of a connection.
pub(crate) type OpenDatabase = fn(ConnectionConfig) -> Result<Arc<dyn Database>, ConnectionError>;

/// The database of a connection, under its name.
///
/// # Errors
/// If one of its keys has a value that means nothing.
pub(crate) fn of_connection(config: ConnectionConfig, open: OpenDatabase) -> Result<Arc<dyn Storage>, ConnectionError> {
    let name = config.name.clone();
    Ok(Arc::new(DatabaseStorage::new(name, open(config)?)))
}

/// Databases by URLs that stand for themselves, each opened once.
pub(crate) struct DatabaseUrls {
    schemes: &'static [&'static str],
    open: OpenDatabase,
    opened: Mutex<HashMap<Location, Arc<dyn Database>>>,
}

impl DatabaseUrls {
    /// Those of these schemes.
    pub fn new(schemes: &'static [&'static str], open: OpenDatabase) -> Self {
        Self { schemes, open, opened: Mutex::default() }
    }

    fn opened(&self, location: &Location) -> Result<Arc<dyn Database>, ConnectionError> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(database) = opened.get(location) {
            return Ok(Arc::clone(database));
        }
        let url = location.as_str();
        let database = (self.open)(ConnectionConfig::of_url(shown(url), url))?;
        opened.insert(location.clone(), Arc::clone(&database));
        Ok(database)
    }
}

impl Storage for DatabaseUrls {
    fn leads_here(&self, scheme: Option<&str>) -> bool {
        scheme.is_some_and(|scheme| self.schemes.contains(&scheme))
    }

    fn database(&self, location: &Location) -> Option<Arc<dyn Database>> {
        self.opened(location).ok()
    }

    fn refusal(&self, location: &Location) -> Option<ConnectionError> {
        self.opened(location).err()
    }

    fn find(&self, _project: &Path, _location: &Location) -> io::Result<LocationMatch> {
        Ok(LocationMatch::One)
    }

    fn digests(
        &self,
        _project: &Path,
        location: &Location,
        _role: FileRole,
        _known: &FileDigests,
    ) -> io::Result<Vec<(String, Option<Digest>)>> {
        let shown = shown(location.as_str());
        let identity = self.database(location).map_or_else(|| shown.clone(), |database| database.identity());
        Ok(vec![(shown, Some(Digest::of(identity.as_bytes())))])
    }

    fn local_path(&self, _project: &Path, location: &Location) -> io::Result<PathBuf> {
        Err(no_file(location))
    }
}

/// A URL without password and query.
pub(crate) fn shown(url: &str) -> String {
    let Ok(mut parsed) = url::Url::parse(url) else { return url.split(['@', '?']).next().unwrap_or(url).to_owned() };
    // A URL that cannot have a password has none.
    let _ = parsed.set_password(None);
    parsed.set_query(None);
    parsed.to_string()
}

fn no_file(location: &Location) -> io::Error {
    let shown = shown(location.as_str());
    io::Error::new(io::ErrorKind::Unsupported, format!("`{shown}` is a table of a database, not a file"))
}
