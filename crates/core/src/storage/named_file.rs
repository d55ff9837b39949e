//! An SQLite file under the name of a connection: `local: sqlite:data/shop.db`.

use std::io;
use std::path::{Path, PathBuf};

use super::{LocationMatch, Storage};
use crate::connection::{ConnectionError, ConnectionErrorKind};
use crate::fingerprint::FileDigests;
use crate::ids::Digest;
use crate::table::Location;
use crate::task::FileRole;

/// A file that loads read by the name of a connection. That name is not the scheme of any location.
pub struct NamedFile {
    name: String,
    file: PathBuf,
}

impl NamedFile {
    /// The file of that connection.
    pub fn new(name: impl Into<String>, file: impl Into<PathBuf>) -> Self {
        Self { name: name.into(), file: file.into() }
    }

    fn only_read(&self) -> ConnectionError {
        let message = "is an SQLite file, whose tables are read; nothing is written into them";
        let help = format!(
            "write a file of its own, such as `output: results.db`, or reach it by a driver that writes into it: \
             `{}: {{driver: adbc_driver_sqlite, options: {{uri: …}}}}`",
            self.name
        );
        ConnectionError::new(ConnectionErrorKind::Config, &self.name, message).help(help)
    }

    fn nothing<T>(&self) -> io::Result<T> {
        Err(io::Error::new(io::ErrorKind::Unsupported, self.only_read().to_string()))
    }
}

impl Storage for NamedFile {
    fn leads_here(&self, scheme: Option<&str>) -> bool {
        scheme == Some(&self.name)
    }

    fn refusal(&self, _location: &Location) -> Option<ConnectionError> {
        Some(self.only_read())
    }

    fn find(&self, _project: &Path, _location: &Location) -> io::Result<LocationMatch> {
        self.nothing()
    }

    fn digests(
        &self,
        _project: &Path,
        _location: &Location,
        _role: FileRole,
        _known: &FileDigests,
    ) -> io::Result<Vec<(String, Option<Digest>)>> {
        self.nothing()
    }

    fn local_path(&self, _project: &Path, _location: &Location) -> io::Result<PathBuf> {
        self.nothing()
    }

    fn probe(&self) -> Result<String, ConnectionError> {
        let missing = |message: String| ConnectionError::new(ConnectionErrorKind::Missing, &self.name, message);
        let found = std::fs::metadata(&self.file);
        let found = found.map_err(|error| missing(format!("cannot read {}: {error}", self.file.display())))?;
        match found.is_file() {
            true => Ok(format!("{}, {} bytes", self.file.display(), found.len())),
            false => Err(missing(format!("leads to {}, which is no file", self.file.display()))),
        }
    }
}
