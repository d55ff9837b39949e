//! What tasks publish below the warehouse: folders of Parquet.
//!
//! ```text
//! <warehouse>/<name>                                        a link to one of the folders below: who reads finds the old one or the new
//!             tidemill/<project>/outputs/<id>/part-…        a published table
//!                                             _files        the names and sizes of its files
//!                                published/<name>.json      which folder has that name, and what was published
//! ```

mod destinations;
mod folders;
mod links;

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{DestinationCheck, LocationMatch, Storage};
use crate::attempt::CancelToken;
use crate::fingerprint::{FileDigests, digest_of_file};
use crate::ids::Digest;
use crate::table::{Location, WAREHOUSE};
use crate::task::FileRole;

/// A warehouse that is a folder, as one project sees it.
#[derive(Clone, Debug)]
pub struct WarehouseFolder {
    /// The folder.
    folder: PathBuf,
    /// What in it is the project's.
    root: PathBuf,
}

/// What stands under a published name.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Pointer {
    /// The digest of what was published: of a file, or of the text that stands for a folder.
    content: String,
    /// The folder, from the project's part of the warehouse.
    folder: String,
}

/// The text that stands for a folder which an engine has written below the warehouse by itself.
#[derive(Serialize, Deserialize)]
struct WrittenFolder {
    tidemill_folder: String,
}

impl WarehouseFolder {
    /// The warehouse in that folder, for the project in the other one.
    pub fn new(folder: impl Into<PathBuf>, project: &Path) -> Self {
        let folder = folder.into();
        let project = std::fs::canonicalize(project).unwrap_or_else(|_| project.to_owned());
        let digest = blake3::hash(project.as_os_str().as_encoded_bytes()).to_hex();
        let root = folder.join("tidemill").join(&digest[..16]);
        Self { folder, root }
    }

    /// What in it is the project's.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder that was published under that id, if nothing in it has changed.
    pub fn output(&self, id: &str) -> Option<PathBuf> {
        let folder = self.root.join(folders::OUTPUTS).join(id);
        folders::is_intact(&folder).then_some(folder)
    }

    /// Makes a folder that was written elsewhere below the project's part the one of that id, unless there is one that is whole. Says
    /// by which text it is published.
    ///
    /// # Errors
    /// If it cannot be listed or moved.
    pub fn settle(&self, written: &Path, id: &str) -> io::Result<String> {
        folders::settle(&self.root, written, id)?;
        self.text(id)
    }

    /// By which text the folder of that id is published.
    ///
    /// # Errors
    /// Never in practice: it is plain data.
    pub fn text(&self, id: &str) -> io::Result<String> {
        let tidemill_folder = format!("{}/{id}", folders::OUTPUTS);
        serde_json::to_string(&WrittenFolder { tidemill_folder }).map_err(io::Error::other)
    }

    /// Removes folders that no name leads to any more, and that nobody can be reading still.
    ///
    /// # Errors
    /// If something cannot be removed; what went before that is gone.
    pub fn sweep(&self) -> io::Result<()> {
        folders::sweep(&self.root, &self.named()?)
    }

    /// The folders that names lead to.
    fn named(&self) -> io::Result<Vec<String>> {
        let mut named = Vec::new();
        for file in folders::files_below(&self.root.join(links::PUBLISHED))? {
            named.extend(links::read(&file).map(|pointer| pointer.folder));
        }
        Ok(named)
    }

    /// The folder of a file that is to be published, and from now on below the warehouse.
    fn folder_of(&self, file: &Path, content: Digest) -> io::Result<String> {
        let id = content.to_string();
        let written = std::fs::File::open(file).map(|file| {
            // The text is short, and a file of Parquet is none.
            let text = io::read_to_string(io::Read::take(file, 1 << 10)).unwrap_or_default();
            serde_json::from_str::<WrittenFolder>(&text).ok()
        })?;
        if let Some(written) = written {
            let is_there = folders::is_intact(&self.root.join(&written.tidemill_folder));
            let gone = || io::Error::other(format!("{} is gone from the warehouse", written.tidemill_folder));
            return if is_there { Ok(written.tidemill_folder) } else { Err(gone()) };
        }
        if self.output(&id).is_none() {
            folders::settle(&self.root, &folders::with_file(&self.root, file)?, &id)?;
        }
        Ok(format!("{}/{id}", folders::OUTPUTS))
    }
}

impl Storage for WarehouseFolder {
    fn leads_here(&self, scheme: Option<&str>) -> bool {
        scheme == Some(WAREHOUSE)
    }

    /// Who reads it names the path of the link.
    fn absolute(&self, _project: &Path, location: &Location) -> Location {
        match location.below_warehouse() {
            Some(name) => Location::new(self.folder.join(name).to_string_lossy()),
            None => location.clone(),
        }
    }

    fn find(&self, project: &Path, location: &Location) -> io::Result<LocationMatch> {
        let content = self.content(project, location, &FileDigests::new(HashMap::new()))?;
        Ok(content.map_or(LocationMatch::Nothing, |_| LocationMatch::One))
    }

    fn digests(
        &self,
        project: &Path,
        location: &Location,
        _role: FileRole,
        known: &FileDigests,
    ) -> io::Result<Vec<(String, Option<Digest>)>> {
        Ok(vec![(location.to_string(), self.content(project, location, known)?)])
    }

    fn local_path(&self, _project: &Path, location: &Location) -> io::Result<PathBuf> {
        let message = format!("`{location}` is a folder of the warehouse, not a file");
        Err(io::Error::new(io::ErrorKind::Unsupported, message))
    }

    fn publish(&self, _project: &Path, location: &Location, file: &Path, cancelled: &CancelToken) -> io::Result<()> {
        let name = location.below_warehouse().unwrap_or_default();
        let told = |error: io::Error| io::Error::new(error.kind(), format!("`{location}`: {error}"));
        let (content, _) = digest_of_file(file, cancelled)?;
        let folder = self.folder_of(file, content).map_err(told)?;
        let pointer = Pointer { content: content.to_string(), folder };
        links::publish(&self.folder, &self.root, name, &pointer).map_err(told)?;
        // What stays is swept another time.
        let _ = self.sweep();
        Ok(())
    }

    /// None also for what somebody has changed: there is no copy of a folder to be kept.
    fn content(&self, _project: &Path, location: &Location, _known: &FileDigests) -> io::Result<Option<Digest>> {
        let name = location.below_warehouse().unwrap_or_default();
        let found = links::read(&links::pointer(&self.root, name));
        let is_whole = |pointer: &Pointer| {
            links::leads_to(&self.folder, &self.root, name, &pointer.folder)
                && folders::is_intact(&self.root.join(&pointer.folder))
        };
        Ok(found.filter(is_whole).and_then(|pointer| Digest::parse(&pointer.content)))
    }

    fn destinations(&self, _project: &Path, _allow_outside: &[Location]) -> Box<dyn DestinationCheck> {
        Box::new(destinations::WarehouseDestinations { folder: self.folder.clone() })
    }
}

#[cfg(all(test, unix))]
mod tests;
