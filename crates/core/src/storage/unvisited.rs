//! Storages that are not asked.

use std::io;
use std::path::{Path, PathBuf};

use super::{LocationMatch, Storage};
use crate::fingerprint::FileDigests;
use crate::ids::Digest;
use crate::table::Location;
use crate::task::FileRole;

/// Stands for every storage that is elsewhere than on this machine, where nothing may be asked: all is believed to be there.
pub(super) struct Unvisited;

impl Storage for Unvisited {
    fn leads_here(&self, scheme: Option<&str>) -> bool {
        scheme.is_some()
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
        Ok(vec![(location.to_string(), None)])
    }

    fn local_path(&self, _project: &Path, location: &Location) -> io::Result<PathBuf> {
        Err(io::Error::other(format!("`{location}` is not looked at offline")))
    }
}
