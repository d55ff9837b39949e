//! A project's folder and a storage of one connection.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;
use tidemill_connect::Connections;
use tidemill_core::connection::ConnectionConfig;
use tidemill_core::fingerprint::FileDigests;
use tidemill_core::ids::Digest;
use tidemill_core::storage::{Connector, LocationMatch, Storage};
use tidemill_core::table::Location;
use tidemill_core::task::FileRole;

/// Where copies are kept.
const FETCHED: &str = ".tidemill/cache/fetched";

pub struct Place {
    project: TempDir,
    pub storage: Arc<dyn Storage>,
}

impl Place {
    /// The storage of the connection `there`.
    pub fn of(url: &str, options: &[(&str, &str)], headers: &[(&str, &str)]) -> Self {
        let pairs = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let mut config = ConnectionConfig::of_url("there", url);
        (config.options, config.headers) = (pairs(options), pairs(headers));
        let storage = Connections::new(FETCHED).connect(config).expect("a connection");
        Self { project: tempfile::tempdir().expect("a folder"), storage }
    }

    /// The storage of URLs of a scheme.
    pub fn of_urls(scheme: &str) -> Self {
        let mut all = Connections::new(FETCHED).of_urls().into_iter();
        let storage = all.find(|storage| storage.leads_here(Some(scheme))).expect("the storage of that scheme");
        Self { project: tempfile::tempdir().expect("a folder"), storage }
    }

    pub fn project(&self) -> &Path {
        self.project.path()
    }

    pub fn find(&self, location: &str) -> Result<Vec<String>, String> {
        match self.storage.find(self.project(), &Location::new(location)) {
            Ok(LocationMatch::One) => Ok(vec![location.to_owned()]),
            Ok(LocationMatch::Nothing) => Ok(Vec::new()),
            Ok(LocationMatch::Matches(found)) => {
                Ok(found.into_iter().map(|entry| entry.location.to_string()).collect())
            }
            Err(error) => Err(error.to_string()),
        }
    }

    pub fn digests(&self, location: &str) -> Vec<(String, Option<Digest>)> {
        let known = FileDigests::new(HashMap::new());
        let found = self.storage.digests(self.project(), &Location::new(location), FileRole::Source, &known);
        found.expect("identities")
    }

    pub fn read(&self, location: &str) -> Result<String, String> {
        let path =
            self.storage.local_path(self.project(), &Location::new(location)).map_err(|error| error.to_string())?;
        Ok(std::fs::read_to_string(path).expect("the copy"))
    }

    /// The names in the folder of copies.
    pub fn copies(&self) -> Vec<String> {
        let Ok(entries) = self.project().join(FETCHED).read_dir() else { return Vec::new() };
        let mut names: Vec<String> =
            entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}
