//! A database as a storage: its tables are what its locations name.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tidemill_core::connection::{ConnectionConfig, ConnectionError, Database};
use tidemill_core::fingerprint::FileDigests;
use tidemill_core::ids::Digest;
use tidemill_core::storage::{AnyDestination, DestinationCheck, LocationMatch, Storage};
use tidemill_core::table::Location;
use tidemill_core::task::FileRole;

/// The database of a connection: `shop://orders` is its table `orders`.
pub(crate) struct DatabaseStorage {
    /// The connection's name.
    name: String,
    database: Arc<dyn Database>,
}

impl DatabaseStorage {
    /// That of a connection.
    ///
    /// # Errors
    /// If one of its keys has a value that means nothing.
    pub fn open(config: ConnectionConfig, open: OpenDatabase) -> Result<Arc<dyn Storage>, ConnectionError> {
        let name = config.name.clone();
        Ok(Arc::new(Self { name, database: open(config)? }))
    }
}

impl Storage for DatabaseStorage {
    fn leads_here(&self, scheme: Option<&str>) -> bool {
        scheme == Some(&self.name)
    }

    fn database(&self, _location: &Location) -> Option<Arc<dyn Database>> {
        Some(Arc::clone(&self.database))
    }

    fn absolute(&self, _project: &Path, location: &Location) -> Location {
        let Some((scheme, table)) = location.as_str().split_once("://") else { return location.clone() };
        Location::new(format!("{scheme}://{}", self.database.table_name(table)))
    }

    /// Two connections may lead to one database, each with another schema of it.
    fn real(&self, _project: &Path, location: &Location) -> Location {
        let Some((_, table)) = location.as_str().split_once("://") else { return location.clone() };
        let identity = self.database.identity();
        let schema = self.database.table_name("any").schema;
        let server = schema.and_then(|schema| identity.strip_suffix(&format!("/{schema}"))).unwrap_or(&identity);
        match table {
            "" => Location::new(format!("{server}/")),
            table => Location::new(format!("{server}/{}", self.database.table_name(table))),
        }
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
        let identity = self.database.identity();
        Ok(vec![(location.to_string(), Some(Digest::of(identity.as_bytes())))])
    }

    fn local_path(&self, _project: &Path, location: &Location) -> io::Result<PathBuf> {
        Err(no_file(location))
    }

    fn probe(&self) -> Result<String, ConnectionError> {
        self.database.probe()
    }

    fn destinations(&self, _project: &Path, _allow_outside: &[Location]) -> Box<dyn DestinationCheck> {
        Box::new(AnyDestination)
    }
}

/// How a database is made of a connection.
pub(crate) type OpenDatabase = fn(ConnectionConfig) -> Result<Arc<dyn Database>, ConnectionError>;

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
