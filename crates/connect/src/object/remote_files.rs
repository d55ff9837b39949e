//! What a place with remote files can do.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;

use tidemill_core::attempt::CancelToken;
use tidemill_core::ids::Digest;
use tidemill_core::table::Location;

use super::fault::Fault;
use super::file_state::FileState;

/// A place with files that are not on this machine. Its methods wait for it.
pub(crate) trait RemoteFiles: Send + Sync {
    /// Looks whether the place of the connection can be reached: what was found, as a sentence without a full stop.
    ///
    /// # Errors
    /// If it cannot.
    fn probe(&self) -> Result<String, Fault>;

    /// Whether locations of that scheme lead here.
    fn leads_here(&self, scheme: &str) -> bool;

    /// The location as it may be shown and written down: without password and signature.
    fn shown(&self, location: &Location) -> String;

    /// Where the file is, whatever the connection is called: the same for the same file. Without password and signature.
    fn address(&self, location: &Location) -> String;

    /// The same as other programs know it: `s3://bucket/key`, whichever server has the bucket.
    fn known_as(&self, location: &Location) -> String {
        self.address(location)
    }

    /// Whether the location may be a pattern.
    fn is_pattern(&self, location: &Location) -> bool;

    /// What the file is now; None if it is not there.
    ///
    /// # Errors
    /// If that cannot be found out.
    fn state(&self, location: &Location) -> Result<Option<FileState>, Fault>;

    /// The files that a pattern matches, in the order of their names.
    ///
    /// # Errors
    /// If they cannot be found out.
    fn matches(&self, pattern: &Location) -> Result<Vec<(Location, FileState)>, Fault>;

    /// The digest of the content that was noted with a file when it was written here; None if none was, or the file is not there.
    ///
    /// # Errors
    /// If that cannot be found out.
    fn noted(&self, _location: &Location) -> Result<Option<Digest>, Fault> {
        Ok(None)
    }

    /// Whether parts of a file that is that can be had.
    fn has_parts(&self, _state: &FileState) -> bool {
        false
    }

    /// Brings the rest of what `into` is to hold of the file that was said to be `expected`: from where it has come to.
    ///
    /// # Errors
    /// If it is not, or not any more, to be had as that; or breaks off.
    fn read(&self, location: &Location, expected: &FileState, into: &mut Incoming) -> Result<(), Fault>;

    /// Makes a file of this machine its content, whole and at once.
    ///
    /// # Errors
    /// If that is refused, or the work was cancelled.
    fn write(&self, location: &Location, file: &Path, cancelled: &CancelToken) -> Result<(), Fault>;

    /// Whether files can be written there at all.
    fn is_writable(&self) -> bool;

    /// What may help somebody who names a file that is not there.
    fn help_if_missing(&self, _location: &Location) -> Option<String> {
        None
    }
}

/// A copy on its way, of a file or of a part of it.
pub(crate) struct Incoming {
    file: File,
    from: u64,
    /// Where the part ends; None: with the file.
    end: Option<u64>,
    written: u64,
}

impl Incoming {
    /// Of a file, into an empty one.
    pub fn new(file: File) -> Self {
        Self { file, from: 0, end: None, written: 0 }
    }

    /// Of a part of a file, into the same part of one as long.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn part(mut file: File, part: Range<u64>) -> io::Result<Self> {
        file.seek(SeekFrom::Start(part.start))?;
        Ok(Self { file, from: part.start, end: Some(part.end), written: 0 })
    }

    /// How many bytes have come.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Where in the file the next byte belongs.
    pub fn position(&self) -> u64 {
        self.from + self.written
    }

    /// Where the part ends; None if it is the whole file.
    pub fn end(&self) -> Option<u64> {
        self.end
    }

    /// Forgets what has come.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn restart(&mut self) -> io::Result<()> {
        if self.end.is_none() {
            self.file.set_len(0)?;
        }
        self.file.seek(SeekFrom::Start(self.from))?;
        self.written = 0;
        Ok(())
    }

    /// Takes what comes next.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.written += bytes.len() as u64;
        Ok(())
    }
}
