//! A database as a storage: its tables are what its locations name.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{AnyDestination, DestinationCheck, LocationMatch, Storage};
use crate::connection::{ConnectionError, Database};
use crate::fingerprint::FileDigests;
use crate::ids::Digest;
use crate::table::Location;
use crate::task::FileRole;

/// The database of a connection: `shop://orders` is its table `orders`.
pub struct DatabaseStorage {
    /// The connection's name.
    name: String,
    database: Arc<dyn Database>,
}

impl DatabaseStorage {
    /// That of the connection of that name.
    pub fn new(name: impl Into<String>, database: Arc<dyn Database>) -> Self {
        Self { name: name.into(), database }
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
        Err(io::Error::new(io::ErrorKind::Unsupported, format!("`{location}` is a table of a database, not a file")))
    }

    fn probe(&self) -> Result<String, ConnectionError> {
        self.database.probe()
    }

    /// What is written to a database that is only read is refused with the table that it would be.
    fn destinations(&self, _project: &Path, _allow_outside: &[Location]) -> Box<dyn DestinationCheck> {
        Box::new(AnyDestination)
    }
}
