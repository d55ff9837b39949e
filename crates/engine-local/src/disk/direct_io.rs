//! Direct I/O: large files, written past the system's page cache. Nobody is about to read them, and filling fresh pages with
//! them takes several times as long as the disk needs for them.

use std::fs::File;
use std::io::{self, ErrorKind, Write};

use crate::disk::background_writer::{ALIGNED, BLOCK};

/// A file whose large blocks go past the system's cache, where the system can do so. It is not synced by this.
pub(crate) struct DirectFile {
    file: File,
    is_direct: bool,
    /// Whether the system can do so, as far as is known.
    can: bool,
}

impl DirectFile {
    /// To be written from its beginning.
    pub fn new(file: File) -> Self {
        Self { file, is_direct: false, can: true }
    }

    fn turn(&mut self, direct: bool) -> io::Result<()> {
        if self.is_direct != direct {
            set_direct(&self.file, direct)?;
            self.is_direct = direct;
        }
        Ok(())
    }
}

impl Write for DirectFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let fits = bytes.len().is_multiple_of(BLOCK) && bytes.as_ptr().align_offset(ALIGNED) == 0;
        if fits && !bytes.is_empty() && self.can {
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
    use crate::disk::background_writer::BackgroundWriter;

    #[test]
    fn what_is_written_is_there_whatever_its_length() {
        let folder = tempfile::tempdir().unwrap();
        for length in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 4_097, 5 * BLOCK] {
            let path = folder.path().join("file");
            let bytes: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            let mut file = BackgroundWriter::new(DirectFile::new(File::create(&path).unwrap()));
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
        let mut file = BackgroundWriter::new(DirectFile::new(full));
        let written = (0..9).try_for_each(|_| file.write_all(&vec![1; BLOCK]));
        assert!(written.and_then(|()| file.finish().map(drop)).is_err());
    }
}
