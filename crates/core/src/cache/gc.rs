//! What is in the store, whether it is sound, and what may go.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use super::publish::sweep;
use super::staging::{bytes, parent, remove_dead};
use super::store::remove;
use super::{CacheError, ContentStore, Object};
use crate::ids::Digest;

/// An object that nothing refers to is kept for so long: a run of another pipeline may just have put it.
const GRACE: Duration = Duration::from_secs(3600);
/// A temporary file in no process's folder is left alone for so long: somebody may still write it.
const TEMPORARY: Duration = Duration::from_secs(24 * 3600);
/// A copy of a file that is elsewhere is kept for so long after it was last used: it can be fetched again.
const UNUSED_COPY: Duration = Duration::from_secs(7 * 24 * 3600);

/// How much there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, serde::Serialize)]
pub struct Stats {
    /// Objects.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// What a collection did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, serde::Serialize)]
pub struct GcReport {
    /// What went.
    pub removed: Stats,
    /// What stayed.
    pub kept: Stats,
    /// Temporary files of died processes that went.
    pub temporary: usize,
}

impl ContentStore {
    /// Counts the objects.
    ///
    /// # Errors
    /// If a folder cannot be read.
    pub fn stats(&self) -> Result<Stats, CacheError> {
        let mut stats = Stats::default();
        for found in self.objects()? {
            stats.add(found.object.size);
        }
        Ok(stats)
    }

    /// How many bytes are half written, or left by died processes.
    ///
    /// # Errors
    /// If a folder cannot be read.
    pub fn temporary(&self) -> Result<u64, CacheError> {
        bytes(&self.root)
    }

    /// Verifies every object and removes the damaged ones. Returns what went.
    ///
    /// # Errors
    /// If a folder cannot be read, or a damaged object can neither be read nor removed.
    pub fn verify(&self) -> Result<Vec<Digest>, CacheError> {
        let mut damaged = Vec::new();
        for found in self.objects()? {
            if self.get(&found.object.digest)?.is_none() {
                damaged.push(found.object.digest);
            }
        }
        Ok(damaged)
    }

    /// Removes objects that nothing refers to, then, while there are more than `max_size` bytes, those last used longest
    /// ago; and what died processes left behind. `last_used` holds the objects that are referred to and when they were last
    /// used, in any unit that grows with time; `now` decides what is too young to go. Copies of files that are elsewhere go when they
    /// have not been used for a week.
    ///
    /// # Errors
    /// If a folder cannot be read or an object cannot be removed.
    pub fn gc(
        &self,
        last_used: &HashMap<Digest, i64>,
        max_size: Option<u64>,
        now: SystemTime,
    ) -> Result<GcReport, CacheError> {
        let temporary = remove_dead(&self.root)?
            + sweep(&parent(&self.root), TEMPORARY, now)?
            + sweep(&self.root.join(super::FETCHED), UNUSED_COPY, now)?;
        let mut report = GcReport { temporary, ..GcReport::default() };
        let mut rest = Vec::new();
        for found in self.objects()? {
            match last_used.get(&found.object.digest) {
                Some(used) => rest.push((*used, found)),
                // What was only just put comes last by age.
                None if now.duration_since(found.modified).is_ok_and(|age| age < GRACE) => rest.push((i64::MAX, found)),
                None => self.discard(&found, &mut report)?,
            }
        }
        rest.sort_by_key(|(used, found)| (*used, found.object));
        let mut bytes: u64 = rest.iter().map(|(_, found)| found.object.size).sum();
        for (_, found) in rest {
            if max_size.is_some_and(|max| bytes > max) {
                bytes -= found.object.size;
                self.discard(&found, &mut report)?;
            } else {
                report.kept.add(found.object.size);
            }
        }
        Ok(report)
    }

    /// The objects that are there.
    ///
    /// # Errors
    /// If a folder cannot be read.
    pub fn digests(&self) -> Result<HashSet<Digest>, CacheError> {
        Ok(self.objects()?.into_iter().map(|found| found.object.digest).collect())
    }

    /// Removes every object.
    ///
    /// # Errors
    /// If a folder cannot be read or an object cannot be removed.
    pub fn clear(&self) -> Result<Stats, CacheError> {
        let mut report = GcReport::default();
        for found in self.objects()? {
            self.discard(&found, &mut report)?;
        }
        Ok(report.removed)
    }

    fn discard(&self, found: &Found, report: &mut GcReport) -> Result<(), CacheError> {
        if remove(&found.path)? {
            report.removed.add(found.object.size);
        }
        Ok(())
    }

    /// Every object, unverified; files that have no name of an object are nobody's business.
    fn objects(&self) -> Result<Vec<Found>, CacheError> {
        let mut found = Vec::new();
        for (fan, folder) in entries(&self.root)? {
            if fan.len() != 2 || !folder.is_dir() {
                continue;
            }
            for (rest, path) in entries(&folder)? {
                let (Some(digest), Ok(metadata)) = (Digest::parse(&format!("{fan}{rest}")), path.metadata()) else {
                    continue;
                };
                let object = Object { digest, size: metadata.len() };
                found.push(Found { object, path, modified: metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH) });
            }
        }
        Ok(found)
    }
}

/// An object as it lies there.
struct Found {
    object: Object,
    path: PathBuf,
    modified: SystemTime,
}

impl Stats {
    fn add(&mut self, bytes: u64) {
        self.objects += 1;
        self.bytes += bytes;
    }
}

/// Names and paths in a folder; none if it is not there.
fn entries(folder: &std::path::Path) -> Result<Vec<(String, PathBuf)>, CacheError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(CacheError::io("read", folder)(error)),
    };
    entries
        .map(|entry| entry.map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path())))
        .collect::<Result<_, _>>()
        .map_err(CacheError::io("read", folder))
}
