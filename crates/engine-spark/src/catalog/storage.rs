//! The connection `spark`: `spark://db.sales` is the table `sales` of the catalog's `db`.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tidemill_core::connection::{ConnectionError, Database};
use tidemill_core::fingerprint::FileDigests;
use tidemill_core::ids::Digest;
use tidemill_core::spec::{CLUSTER, ClusterConfig};
use tidemill_core::storage::{AnyDestination, DestinationCheck, LocationMatch, Storage};
use tidemill_core::table::Location;
use tidemill_core::task::FileRole;

use super::database::CatalogDatabase;

/// The tables of a cluster's catalog. Nothing connects before one is asked for.
pub struct SparkCatalog(Arc<CatalogDatabase>);

impl SparkCatalog {
    /// Those of that cluster.
    pub fn new(config: ClusterConfig) -> Self {
        Self(Arc::new(CatalogDatabase::new(config)))
    }
}

impl Storage for SparkCatalog {
    fn leads_here(&self, scheme: Option<&str>) -> bool {
        scheme == Some(CLUSTER)
    }

    fn database(&self, _location: &Location) -> Option<Arc<dyn Database>> {
        Some(Arc::clone(&self.0) as Arc<dyn Database>)
    }

    fn address(&self, _project: &Path, location: &Location) -> String {
        let table = location.as_str().split_once("://").map_or("", |(_, table)| table);
        format!("{}/{table}", self.0.identity())
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
        Ok(vec![(location.to_string(), Some(Digest::of(self.0.identity().as_bytes())))])
    }

    fn local_path(&self, _project: &Path, location: &Location) -> io::Result<PathBuf> {
        Err(io::Error::new(io::ErrorKind::Unsupported, format!("`{location}` is a table of a catalog, not a file")))
    }

    fn probe(&self) -> Result<String, ConnectionError> {
        self.0.probe()
    }

    /// What is written there is refused with the table that it would be.
    fn destinations(&self, _project: &Path, _allow_outside: &[Location]) -> Box<dyn DestinationCheck> {
        Box::new(AnyDestination)
    }
}
