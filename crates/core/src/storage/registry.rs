//! The storages that a program knows, by the schemes of locations.

use std::io;
use std::path::Path;

use super::{DestinationCheck, DestinationRefusal, LocalFileSystem, Storage};
use crate::diagnostic::Diagnostic;
use crate::spec::At;
use crate::table::Location;

/// The storages that a program knows; the file system of this machine is always among them.
pub struct StorageRegistry {
    list: Vec<Box<dyn Storage>>,
}

impl Default for StorageRegistry {
    fn default() -> Self {
        Self { list: vec![Box::new(LocalFileSystem)] }
    }
}

impl StorageRegistry {
    /// With one more.
    #[must_use]
    pub fn with(mut self, storage: impl Storage + 'static) -> Self {
        self.list.push(Box::new(storage));
        self
    }

    /// The storage that a location leads to.
    ///
    /// # Errors
    /// If its scheme is not known.
    pub fn of(&self, location: &Location) -> io::Result<&dyn Storage> {
        let wrong = || io::Error::other(unknown(location.scheme().unwrap_or_default()));
        self.place(location).map(|at| &*self.list[at]).ok_or_else(wrong)
    }

    /// That a location leads nowhere that is known, if it does not.
    pub fn unsupported(&self, location: &At<Location>) -> Option<Diagnostic> {
        let scheme = location.value.scheme().filter(|_| self.place(&location.value).is_none())?;
        Some(
            Diagnostic::error(unknown(scheme))
                .at(location.span, "this does not lead to a file of this machine")
                .help("name a path; a `command` task can fetch a file, or send one"),
        )
    }

    /// What says where outputs of a project may be written.
    pub fn destinations(&self, project: &Path, allow_outside: &[Location]) -> Destinations<'_> {
        let checks = self.list.iter().map(|storage| storage.destinations(project, allow_outside)).collect();
        Destinations { storages: self, checks }
    }

    fn place(&self, location: &Location) -> Option<usize> {
        let scheme = location.scheme();
        self.list.iter().position(|storage| match scheme {
            None => storage.schemes().is_empty(),
            Some(scheme) => storage.schemes().contains(&scheme),
        })
    }
}

fn unknown(scheme: &str) -> String {
    format!("the scheme `{scheme}` is not supported by this version")
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
