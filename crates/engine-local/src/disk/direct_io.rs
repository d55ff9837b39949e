//! Direct I/O: large files, written past the system's page cache. Nobody is about to read them, and filling fresh pages with
//! them takes several times as long as the disk needs for them.

use std::fs::File;
use std::io::{self, ErrorKind, Write};

/// Bytes that are written together.
const BLOCK: usize = 4 << 20;

/// The address of a block is a multiple of this, which is what disks want; none wants more.
const ALIGNED: usize = 4096;

/// A file that is written in large blocks, which go past the system's cache where the system can do so. It is not synced by
/// this.
pub(crate) struct DirectFile {
    block: Block,
    target: Target,
}

/// Some bytes to be written. They begin at a multiple of [`ALIGNED`] behind so many unused bytes, and never move.
struct Block {
    bytes: Vec<u8>,
    unused: usize,
}

struct Target {
    file: File,
    is_direct: bool,
    /// Whether the system can do so, as far as is known.
    can: bool,
}

impl DirectFile {
    /// To be written from its beginning.
    pub fn new(file: File) -> Self {
        Self { block: Block::new(), target: Target { file, is_direct: false, can: true } }
    }

    /// Writes what is still held back.
    ///
    /// # Errors
    /// If that fails.
    pub fn finish(mut self) -> io::Result<()> {
        self.target.write_all(self.block.filled())
    }
}

impl Write for DirectFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.block.take(bytes);
        if self.block.filled().len() == BLOCK {
            self.target.write_all(self.block.filled())?;
            self.block.empty();
        }
        Ok(taken)
    }

    /// Blocks go when they are full.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Block {
    fn new() -> Self {
        let mut bytes: Vec<u8> = Vec::with_capacity(BLOCK + ALIGNED);
        let unused = bytes.as_ptr().align_offset(ALIGNED).min(ALIGNED);
        bytes.resize(unused, 0);
        Self { bytes, unused }
    }

    /// Takes as many of the bytes as there is room for, and says how many.
    fn take(&mut self, bytes: &[u8]) -> usize {
        let taken = bytes.len().min(BLOCK - self.filled().len());
        self.bytes.extend_from_slice(&bytes[..taken]);
        taken
    }

    fn filled(&self) -> &[u8] {
        &self.bytes[self.unused..]
    }

    fn empty(&mut self) {
        self.bytes.truncate(self.unused);
    }
}

impl Target {
    fn turn(&mut self, direct: bool) -> io::Result<()> {
        if self.is_direct != direct {
            set_direct(&self.file, direct)?;
            self.is_direct = direct;
        }
        Ok(())
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // What is left of a block that was written in part lies anywhere.
        if bytes.len() == BLOCK && self.can {
            self.can = self.turn(true).is_ok();
            match self.file.write(bytes) {
                // So the file system says that it wants the bytes elsewhere; nothing has been written.
                Err(error) if self.is_direct && error.kind() == ErrorKind::InvalidInput => self.can = false,
                other => return other,
            }
        }
        self.turn(false)?;
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Whether the file's bytes go past the system's cache from now on.
#[cfg(target_os = "linux")]
fn set_direct(file: &File, direct: bool) -> io::Result<()> {
    use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
    let mut flags = fcntl_getfl(file)?;
    flags.set(OFlags::DIRECT, direct);
    Ok(fcntl_setfl(file, flags)?)
}

/// Elsewhere they never do.
#[cfg(not(target_os = "linux"))]
fn set_direct(_: &File, _: bool) -> io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_there_whatever_its_length() {
        let folder = tempfile::tempdir().unwrap();
        for length in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 4_097, 5 * BLOCK] {
            let path = folder.path().join("file");
            let bytes: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            let mut file = DirectFile::new(File::create(&path).unwrap());
            for piece in bytes.chunks(1_000_003) {
                file.write_all(piece).unwrap();
            }
            file.finish().unwrap();
            assert!(std::fs::read(&path).unwrap() == bytes, "{length}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_cannot_be_written_is_an_error() {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let mut file = DirectFile::new(full);
        let written = (0..9).try_for_each(|_| file.write_all(&vec![1; BLOCK]));
        assert!(written.and_then(|()| file.finish()).is_err());
    }
}
