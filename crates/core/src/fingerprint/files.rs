//! Digests of files by their content, with what `stat` says as a shortcut.

use std::collections::{HashMap, HashSet};
use std::fs::Metadata;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::attempt::{CancelToken, NEVER_CANCELLED};
use crate::ids::Digest;
use crate::regular_file;

/// A file that changed less than so many nanoseconds before it was looked at is not trusted by `stat` the next time: it may
/// have changed again within one tick of the file system's clock (git calls this racily clean).
const RACY: i64 = 2_000_000_000;
/// Files are read in pieces of this size; pieces are hashed on several threads.
const PIECE: usize = 1 << 20;
/// How often a file that changes while it is read is read again.
const TRIES: usize = 3;
/// Bytes that take longer than a moment to be hashed.
const LONG: u64 = 64 << 20;

/// What `stat` says of a file: if none of it changed, the content did not either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Stat {
    /// Bytes.
    pub len: u64,
    /// When its content last changed, nanoseconds since 1970.
    pub mtime: i64,
    /// When its content or its inode last changed, nanoseconds since 1970; 0 where the system does not say.
    pub ctime: i64,
    /// Its number in its file system; 0 where the system does not say.
    pub inode: u64,
}

/// A file as it was last read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatRecord {
    /// What `stat` said before and after.
    pub stat: Stat,
    /// The digest of its content.
    pub digest: Digest,
}

impl Stat {
    /// Of a file that is open.
    pub fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let (ctime, inode) = {
            use std::os::unix::fs::MetadataExt;
            (metadata.ctime().saturating_mul(1_000_000_000).saturating_add(metadata.ctime_nsec()), metadata.ino())
        };
        #[cfg(not(unix))]
        let (ctime, inode) = (0, 0);
        Self { len: metadata.len(), mtime: metadata.modified().map_or(0, nanoseconds), ctime, inode }
    }

    /// What `stat` says now; None if there is no file.
    ///
    /// # Errors
    /// If the system does not say, or it is a folder.
    pub fn look(path: &Path) -> io::Result<Option<Self>> {
        stat(path)
    }

    /// Whether the file has been at rest since so long before that moment that any change since would show.
    pub fn rested_before(self, moment: SystemTime) -> bool {
        self.at_rest(nanoseconds(moment))
    }

    /// Whether the file had been at rest for long enough at `look` that a later change is sure to show.
    fn at_rest(self, look: i64) -> bool {
        self.mtime.max(self.ctime) < look.saturating_sub(RACY)
    }
}

/// Digests of files, remembered for the next look. May be used from several threads at once.
///
/// The records of an earlier process are given to [`FileDigests::new`] and those to keep are taken from
/// [`FileDigests::news`]; where they are kept is not its concern.
pub struct FileDigests {
    state: Mutex<State>,
    clock: fn() -> SystemTime,
}

#[derive(Default)]
struct State {
    known: HashMap<PathBuf, StatRecord>,
    news: HashMap<PathBuf, StatRecord>,
    asked: HashSet<PathBuf>,
    globs: bool,
}

impl Default for FileDigests {
    /// Nothing is known.
    fn default() -> Self {
        Self::new(HashMap::new())
    }
}

impl FileDigests {
    /// Starts from what is known; paths must be written as they will be asked for.
    pub fn new(known: HashMap<PathBuf, StatRecord>) -> Self {
        Self::with_clock(known, SystemTime::now)
    }

    /// The same, on another clock than the system's.
    pub fn with_clock(known: HashMap<PathBuf, StatRecord>, clock: fn() -> SystemTime) -> Self {
        Self { state: Mutex::new(State { known, ..State::default() }), clock }
    }

    /// The digest of a file's content; None if there is no file.
    ///
    /// # Errors
    /// If there is one and it cannot be read, or it is a folder.
    pub fn file(&self, path: &Path) -> io::Result<Option<Digest>> {
        self.state().asked.insert(path.to_owned());
        let Some(stat) = stat(path)? else { return Ok(None) };
        if let Some(record) = self.state().known.get(path)
            && record.stat == stat
        {
            return Ok(Some(record.digest));
        }
        for _ in 1..TRIES {
            let look = nanoseconds((self.clock)());
            let (before, digest, after) = match read(path, &NEVER_CANCELLED) {
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(error),
            };
            if before == after {
                let mut state = self.state();
                if before.at_rest(look) {
                    let record = StatRecord { stat: before, digest };
                    state.known.insert(path.to_owned(), record);
                    state.news.insert(path.to_owned(), record);
                } else {
                    state.known.remove(path);
                }
                return Ok(Some(digest));
            }
        }
        // It changes all the time: any digest will do, since the next look finds another one.
        read(path, &NEVER_CANCELLED).map(|(_, digest, _)| Some(digest))
    }

    /// Whether to ask for the digest of that file is to wait for it: it is large, and not known.
    pub fn takes_long(&self, path: &Path) -> bool {
        let stat = stat(path).ok().flatten();
        stat.is_some_and(|stat| stat.len > LONG && self.state().known.get(path).is_none_or(|known| known.stat != stat))
    }

    /// The digest of an SQLite database: its file, and the committed pages that are still in its `-wal`; None if there is no
    /// file.
    ///
    /// The digest also changes when pages only move from the one to the other. Then the load runs again, and since its table
    /// is the same, nothing after it.
    ///
    /// # Errors
    /// If one of the files cannot be read.
    pub fn sqlite(&self, path: &Path) -> io::Result<Option<Digest>> {
        let Some(main) = self.file(path)? else { return Ok(None) };
        let mut wal = path.as_os_str().to_owned();
        wal.push("-wal");
        let wal = Path::new(&wal);
        self.state().asked.insert(wal.to_owned());
        let Some(_) = stat(wal)?.filter(|stat| stat.len > 0) else { return Ok(Some(main)) };
        let Some(wal) = self.file(wal)? else { return Ok(Some(main)) };
        Ok(Some(Digest::of(&[main.0, wal.0].concat())))
    }

    /// The files that a pattern has matched, and all files below the folders among them, sorted, each with its digest and its
    /// name: relative to `project` if it lies below that.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn below(
        &self,
        project: &Path,
        matched: impl IntoIterator<Item = PathBuf>,
    ) -> io::Result<Vec<(String, Digest)>> {
        self.unwatchable();
        let mut files = Vec::new();
        for path in matched {
            below(path, &mut files)?;
        }
        files.sort();
        files.dedup();
        let mut digests = Vec::with_capacity(files.len());
        for path in files {
            if let Some(digest) = self.file(&path).map_err(|error| named(&path, &error))? {
                let shown = path.strip_prefix(project).unwrap_or(&path);
                digests.push((shown.to_string_lossy().into_owned(), digest));
            }
        }
        Ok(digests)
    }

    /// The digest of a folder: the names of all files below it, and their contents.
    ///
    /// # Errors
    /// If one of them cannot be read.
    pub fn folder(&self, folder: &Path) -> io::Result<Digest> {
        self.unwatchable();
        let mut files = Vec::new();
        below(folder.to_owned(), &mut files)?;
        files.sort();
        let mut bytes = Vec::new();
        for path in files {
            // One that goes meanwhile is not there.
            let Some(digest) = self.file(&path).map_err(|error| named(&path, &error))? else { continue };
            let name = path.strip_prefix(folder).unwrap_or(&path).as_os_str().as_encoded_bytes();
            bytes.extend_from_slice(&(name.len() as u64).to_le_bytes());
            bytes.extend_from_slice(name);
            bytes.extend_from_slice(&digest.0);
        }
        Ok(Digest::of(&bytes))
    }

    /// Something was asked for that may change without any file of [`asked`](Self::asked) doing so.
    pub fn unwatchable(&self) {
        self.state().globs = true;
    }

    /// The paths whose content, or absence, was asked for; None if a pattern was too, which further files may come to match, or
    /// what is no file of this machine.
    pub fn asked(&self) -> Option<Vec<PathBuf>> {
        let state = self.state();
        (!state.globs).then(|| state.asked.iter().cloned().collect())
    }

    /// What was learnt since the start or the last call, to be kept for the next process.
    pub fn news(&self) -> HashMap<PathBuf, StatRecord> {
        std::mem::take(&mut self.state().news)
    }

    /// A thread that panicked cannot have left the maps half-changed: they change by single calls.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The file itself, or all files below it if it is a folder.
fn below(path: PathBuf, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if path.is_dir() {
        for entry in std::fs::read_dir(&path)? {
            let entry = entry?;
            // Links to folders are not followed: they may lead back.
            if !(entry.file_type()?.is_symlink() && entry.path().is_dir()) {
                below(entry.path(), files)?;
            }
        }
    } else {
        files.push(path);
    }
    Ok(())
}

/// The error of one of several files.
fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

fn stat(path: &Path) -> io::Result<Option<Stat>> {
    match std::fs::metadata(path) {
        Ok(metadata) => regular_file::check(&metadata).map(|()| Some(Stat::of(&metadata))),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The digest of a file's content and its size, whatever is known of it. For files of the moment, which nobody asks for again.
///
/// # Errors
/// If the file cannot be read, or the work is cancelled.
pub fn digest_of_file(path: &Path, cancelled: &CancelToken) -> io::Result<(Digest, u64)> {
    read(path, cancelled).map(|(_, digest, after)| (digest, after.len))
}

/// Reads and hashes a file; says what `stat` said before and after. Read, not mapped: a mapped file that somebody cuts short
/// kills the process.
fn read(path: &Path, cancelled: &CancelToken) -> io::Result<(Stat, Digest, Stat)> {
    let file = regular_file::open(path)?;
    let before = Stat::of(&file.metadata()?);
    let mut file = cancelled.reader(file);
    let mut hasher = blake3::Hasher::new();
    let length = PIECE.min(usize::try_from(before.len).unwrap_or(PIECE).max(1 << 13));
    let (mut piece, mut next) = (vec![0; length], Vec::new());
    let mut filled = fill(&mut file, &mut piece)?;
    while filled > 0 {
        if filled < length || filled < 1 << 18 {
            // The end of the file, or a small one; it may have grown meanwhile.
            hasher.update(&piece[..filled]);
            filled = fill(&mut file, &mut piece)?;
            continue;
        }
        // The next piece comes while this one is hashed.
        next.resize(length, 0);
        let (_, more) = rayon::join(|| hasher.update_rayon(&piece), || fill(&mut file, &mut next));
        filled = more?;
        std::mem::swap(&mut piece, &mut next);
    }
    let digest = Digest(*hasher.finalize().as_bytes());
    // By path, not by handle: a file renamed over it meanwhile counts as a change.
    let after = Stat::of(&std::fs::metadata(path)?);
    Ok((before, digest, after))
}

/// Reads until the piece is full or the file ends; how much there is.
fn fill(file: &mut impl Read, piece: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < piece.len() {
        match file.read(&mut piece[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

fn nanoseconds(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |nanoseconds| -nanoseconds),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::time::Duration;

    use super::*;

    type TestResult = Result<(), Box<dyn std::error::Error>>;

    /// A clock an hour ahead: to it, every file has been at rest for long.
    fn later() -> SystemTime {
        SystemTime::now() + Duration::from_secs(3600)
    }

    #[test]
    fn content_counts_and_a_missing_file_has_none() -> TestResult {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("a.csv");
        let digests = FileDigests::new(HashMap::new());
        assert_eq!(digests.file(&path)?, None);
        std::fs::write(&path, "one")?;
        assert_eq!(digests.file(&path)?, Some(Digest::of(b"one")));
        std::fs::write(&path, "two")?;
        assert_eq!(digests.file(&path)?, Some(Digest::of(b"two")));
        assert!(digests.file(dir.path()).is_err());
        Ok(())
    }

    #[test]
    fn a_file_at_rest_is_not_read_again() -> TestResult {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("a.csv");
        std::fs::write(&path, "one")?;
        let first = FileDigests::with_clock(HashMap::new(), later);
        first.file(&path)?;
        let mut news = first.news();
        assert_eq!(news.len(), 1);
        // A false digest in the records shows whether they are believed.
        let record = news.get_mut(&path).ok_or("the file was noted")?;
        record.digest = Digest::of(b"believed");
        let believing = FileDigests::with_clock(news.clone(), later);
        assert_eq!(believing.file(&path)?, Some(Digest::of(b"believed")));
        std::fs::write(&path, "longer")?;
        assert_eq!(FileDigests::with_clock(news, later).file(&path)?, Some(Digest::of(b"longer")));
        Ok(())
    }

    #[test]
    fn a_file_that_just_changed_is_read_again() -> TestResult {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("a.csv");
        std::fs::write(&path, "one")?;
        let digests = FileDigests::new(HashMap::new());
        digests.file(&path)?;
        assert!(digests.news().is_empty());
        Ok(())
    }

    #[test]
    fn same_length_and_time_but_another_inode_is_another_file() -> TestResult {
        let dir = tempfile::tempdir()?;
        let (path, other) = (dir.path().join("a"), dir.path().join("b"));
        std::fs::write(&path, "one")?;
        std::fs::write(&other, "two")?;
        let time = SystemTime::now() - Duration::from_secs(1000);
        File::options().write(true).open(&path)?.set_modified(time)?;
        File::options().write(true).open(&other)?.set_modified(time)?;
        let digests = FileDigests::with_clock(HashMap::new(), later);
        assert_eq!(digests.file(&path)?, Some(Digest::of(b"one")));
        std::fs::rename(&other, &path)?;
        assert_eq!(digests.file(&path)?, Some(Digest::of(b"two")));
        Ok(())
    }

    #[test]
    fn the_wal_of_a_database_counts() -> TestResult {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("a.db");
        let digests = FileDigests::new(HashMap::new());
        std::fs::write(&path, "main")?;
        let alone = digests.sqlite(&path)?;
        assert_eq!(alone, Some(Digest::of(b"main")));
        std::fs::write(dir.path().join("a.db-wal"), "")?;
        assert_eq!(digests.sqlite(&path)?, alone);
        std::fs::write(dir.path().join("a.db-wal"), "frames")?;
        assert_ne!(digests.sqlite(&path)?, alone);
        Ok(())
    }

    #[test]
    fn a_folder_is_its_files_names_and_contents() -> TestResult {
        let folder = tempfile::tempdir()?;
        let (root, digests) = (folder.path(), FileDigests::new(HashMap::new()));
        std::fs::create_dir_all(root.join("a/b"))?;
        let mut seen = HashSet::from([digests.folder(root)?]);
        for (path, content) in [("a/b/x", "1"), ("a/b/x", "2"), ("a/y", ""), ("y", "")] {
            std::fs::write(root.join(path), content)?;
            assert!(seen.insert(digests.folder(root)?), "{path}");
        }
        std::fs::rename(root.join("y"), root.join("z"))?;
        assert!(seen.insert(digests.folder(root)?));
        assert!(!seen.insert(digests.folder(root)?) && digests.asked().is_none());
        Ok(())
    }

    #[test]
    fn large_files_hash_as_small_ones_do() -> TestResult {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("large");
        let content: Vec<u8> = (0..PIECE + 12_345).map(|at| (at % 251) as u8).collect();
        std::fs::write(&path, &content)?;
        assert_eq!(FileDigests::new(HashMap::new()).file(&path)?, Some(Digest::of(&content)));
        Ok(())
    }
}
