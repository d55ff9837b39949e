//! The storages that a program knows, by the schemes of locations.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::unvisited::Unvisited;
use super::{DestinationCheck, DestinationRefusal, LocalFileSystem, NamedFile, Storage};
use crate::connection::{ConnectionConfig, ConnectionError, Database};
use crate::diagnostic::Diagnostic;
use crate::spec::At;
use crate::table::{Location, WAREHOUSE};

/// Makes storages of connections.
pub trait Connector: Send + Sync {
    /// The storage that a connection of the file leads to, under the connection's name. It does not connect.
    ///
    /// # Errors
    /// If what the file says of the connection cannot be used.
    fn connect(&self, config: ConnectionConfig) -> Result<Arc<dyn Storage>, ConnectionError>;

    /// The storages of URLs that stand for themselves, without a connection of the file.
    fn of_urls(&self) -> Vec<Arc<dyn Storage>>;
}

/// The storages that a program knows; the file system of this machine is always among them.
#[derive(Clone)]
pub struct StorageRegistry {
    list: Vec<Arc<dyn Storage>>,
    connector: Option<Arc<dyn Connector>>,
    /// The connections of the file, by name.
    connections: Vec<(String, Arc<dyn Storage>)>,
    /// Those that are not in the file.
    implied: Vec<(String, Arc<dyn Storage>)>,
    /// Whether nothing is asked that lies elsewhere than on this machine.
    is_offline: bool,
    /// Connections that cannot be used, with why.
    refused: BTreeMap<String, Vec<Diagnostic>>,
}

impl Default for StorageRegistry {
    fn default() -> Self {
        Self {
            list: vec![Arc::new(LocalFileSystem)],
            connector: None,
            connections: Vec::new(),
            implied: Vec::new(),
            is_offline: false,
            refused: BTreeMap::new(),
        }
    }
}

impl StorageRegistry {
    /// With one more.
    #[must_use]
    pub fn with(mut self, storage: impl Storage + 'static) -> Self {
        self.list.push(Arc::new(storage));
        self
    }

    /// With what makes storages of connections, and those of URLs.
    #[must_use]
    pub fn with_connector(mut self, connector: impl Connector + 'static) -> Self {
        self.list.extend(connector.of_urls());
        self.connector = Some(Arc::new(connector));
        self
    }

    /// With a connection of the file.
    ///
    /// # Errors
    /// If it cannot be used.
    pub fn connect(&mut self, config: ConnectionConfig) -> Result<(), ConnectionError> {
        let Some(connector) = &self.connector else { return Ok(()) };
        let name = config.name.clone();
        let storage = connector.connect(config)?;
        self.list.push(Arc::clone(&storage));
        self.connections.push((name, storage));
        Ok(())
    }

    /// With a connection of the file that is a name for a file of this machine.
    pub fn name_file(&mut self, name: &str, file: impl Into<PathBuf>) {
        let storage: Arc<dyn Storage> = Arc::new(NamedFile::new(name, file));
        self.list.push(Arc::clone(&storage));
        self.connections.push((name.to_owned(), storage));
    }

    /// With a connection that is not in the file: its name leads there.
    pub fn imply(&mut self, name: &str, storage: Arc<dyn Storage>) {
        self.list.push(Arc::clone(&storage));
        self.implied.push((name.to_owned(), storage));
    }

    /// The same, asking nothing that lies elsewhere than on this machine: what is there is believed to be.
    #[must_use]
    pub fn offline(self) -> Self {
        Self { is_offline: true, ..self }
    }

    /// The connections of the file that can be used, by name.
    pub fn connections(&self) -> impl Iterator<Item = (&str, &dyn Storage)> {
        self.connections.iter().map(|(name, storage)| (name.as_str(), &**storage))
    }

    /// All connections that are databases, also such as are not in the file.
    pub fn databases(&self) -> impl Iterator<Item = (&str, Arc<dyn Database>)> {
        let implied = self.implied.iter().map(|(name, storage)| (name.as_str(), &**storage));
        self.connections()
            .chain(implied)
            .filter_map(|(name, storage)| Some((name, storage.database(&Location::new(format!("{name}://")))?)))
    }

    /// Why connections of the file cannot be used, by name.
    pub fn refused(&self) -> impl Iterator<Item = (&str, &[Diagnostic])> {
        self.refused.iter().map(|(name, mistakes)| (name.as_str(), mistakes.as_slice()))
    }

    /// Notes why a connection of the file cannot be used.
    pub fn refuse(&mut self, name: &str, mistakes: Vec<Diagnostic>) {
        self.refused.insert(name.to_owned(), mistakes);
    }

    /// The database that the location is a table or query of, if it is no file.
    pub fn database(&self, location: &Location) -> Option<Arc<dyn Database>> {
        self.list[self.place(location)?].database(location)
    }

    /// The storage that a location leads to.
    ///
    /// # Errors
    /// If its scheme is not known.
    pub fn of(&self, location: &Location) -> io::Result<&dyn Storage> {
        if self.is_offline && location.scheme().is_some() && self.database(location).is_none() {
            return Ok(&Unvisited);
        }
        let wrong = || io::Error::other(unknown(location.scheme().unwrap_or_default()));
        self.place(location).map(|at| &*self.list[at]).ok_or_else(wrong)
    }

    /// That a location leads nowhere that is known, if it does not.
    pub fn unsupported(&self, location: &At<Location>) -> Vec<Diagnostic> {
        if let Some(at) = self.place(&location.value) {
            return self.list[at].refusal(&location.value).iter().map(|error| refused(error, location)).collect();
        }
        let Some(scheme) = location.value.scheme() else { return Vec::new() };
        if let Some(mistakes) = self.refused.get(scheme) {
            return mistakes.iter().map(|mistake| mistake.clone().at(location.span, "used here")).collect();
        }
        if scheme == WAREHOUSE {
            return vec![no_warehouse(location)];
        }
        let mistake = Diagnostic::error(unknown(scheme))
            .at(location.span, "this does not lead to a file of this machine")
            .help("name a path; a `command` task can fetch a file, or send one");
        let known =
            self.connections.iter().map(|(name, _)| name.as_str()).chain(self.refused.keys().map(String::as_str));
        vec![mistake.suggest(scheme, known)]
    }

    /// What says where outputs of a project may be written.
    pub fn destinations(&self, project: &Path, allow_outside: &[Location]) -> Destinations<'_> {
        let checks = self.list.iter().map(|storage| storage.destinations(project, allow_outside)).collect();
        Destinations { storages: self, checks }
    }

    fn place(&self, location: &Location) -> Option<usize> {
        let scheme = location.scheme();
        self.list.iter().position(|storage| storage.leads_here(scheme))
    }
}

fn refused(error: &ConnectionError, location: &At<Location>) -> Diagnostic {
    let mistake = Diagnostic::error(error.to_string()).at(location.span, "used here");
    error.help.iter().fold(mistake, |mistake, help| mistake.help(help.clone()))
}

/// That a path is one below a warehouse which the file does not have.
pub fn no_warehouse(path: &At<Location>) -> Diagnostic {
    Diagnostic::error(format!("`{}` is a path below the warehouse, and `engine` names no folder as one", path.value))
        .at(path.span, "")
        .help("name it, as `engine: {type: local, warehouse: file:///mnt/shared/tidemill}`; the profile that has it may be chosen with `--profile`")
}

fn unknown(scheme: &str) -> String {
    format!("`{scheme}://` is neither a connection of the file nor a kind of URL that is known here")
}

/// Where outputs of a project may be written, by the schemes of their locations.
pub struct Destinations<'a> {
    storages: &'a StorageRegistry,
    checks: Vec<Box<dyn DestinationCheck>>,
}

impl Destinations<'_> {
    /// Why nothing may be written to the location; nothing if it may.
    pub fn refusals(&mut self, location: &Location) -> Vec<DestinationRefusal> {
        self.storages.place(location).map_or_else(Vec::new, |at| self.checks[at].refusals(location))
    }
}
