//! Large files, written past the system's cache. Nobody is about to read them, and filling fresh pages with them takes
//! several times as long as the disk needs for them.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};

use crate::parallel::THREAD;

/// Bytes that go to the disk together. A file that is smaller is written as any other.
const BLOCK: usize = 4 << 20;

/// What disks want the places of bytes to be multiples of, in the file and in memory; none wants more.
const ALIGNED: usize = 4096;

/// Blocks on their way at a time.
const UNDER_WAY: usize = 2;

/// A file that is written from its beginning to its end, on a thread of its own if it is large. It is not synced by this.
pub(crate) struct PastCache {
    file: File,
    block: Block,
    writer: Option<Writer>,
}

/// Some bytes to be written.
struct Block {
    /// Begins at a multiple of [`ALIGNED`] behind so many unused bytes.
    bytes: Vec<u8>,
    unused: usize,
    filled: usize,
}

struct Writer {
    full: SyncSender<Block>,
    empty: Receiver<Block>,
    thread: JoinHandle<io::Result<()>>,
}

impl PastCache {
    /// The file is empty.
    pub fn new(file: File) -> Self {
        Self { file, block: Block::new(), writer: None }
    }

    /// Writes what is still held back.
    ///
    /// # Errors
    /// If the system refuses, now or before.
    pub fn finish(mut self) -> io::Result<()> {
        if let Some(writer) = self.writer.take() {
            writer.finish()?;
            // The rest does not fill a block.
            past_cache(&self.file, false)?;
        }
        self.file.write_all(self.block.filled())
    }

    fn send(&mut self) -> io::Result<()> {
        let writer = match self.writer.take() {
            Some(writer) => writer,
            None => Writer::start(&self.file)?,
        };
        // Neither fails unless the thread has ended, which says why.
        let Ok(empty) = writer.empty.recv() else { return Err(writer.failure()) };
        let full = std::mem::replace(&mut self.block, empty);
        if writer.full.send(full).is_err() {
            return Err(writer.failure());
        }
        self.writer = Some(writer);
        Ok(())
    }
}

impl Write for PastCache {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.block.take(bytes);
        if self.block.filled == BLOCK {
            self.send()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Writer {
    fn start(file: &File) -> io::Result<Self> {
        let mut file = file.try_clone()?;
        // Where the system cannot do so, the file goes through its cache.
        let mut is_past_cache = past_cache(&file, true).is_ok();
        let (full, to_write) = sync_channel::<Block>(0);
        let (written, empty) = sync_channel(UNDER_WAY);
        for _ in 0..UNDER_WAY {
            // There is room for all.
            let _ = written.send(Block::new());
        }
        let work = move || {
            for mut block in to_write {
                match file.write_all(block.filled()) {
                    // So the file system says that it wants the bytes elsewhere; nothing has been written.
                    Err(error) if is_past_cache && error.kind() == ErrorKind::InvalidInput => {
                        is_past_cache = false;
                        past_cache(&file, false)?;
                        file.write_all(block.filled())?;
                    }
                    other => other?,
                }
                block.filled = 0;
                let _ = written.send(block);
            }
            Ok(())
        };
        let thread = Builder::new().name(format!("{THREAD}-disk")).spawn(work)?;
        Ok(Self { full, empty, thread })
    }

    fn finish(self) -> io::Result<()> {
        let Self { full, thread, .. } = self;
        drop(full);
        thread.join().unwrap_or_else(|_| Err(io::Error::other("the thread that writes broke")))
    }

    fn failure(self) -> io::Error {
        self.finish().err().unwrap_or_else(|| io::Error::other("the thread that writes ended"))
    }
}

impl Block {
    fn new() -> Self {
        let bytes = vec![0; BLOCK + ALIGNED];
        let unused = bytes.as_ptr().align_offset(ALIGNED).min(ALIGNED);
        Self { bytes, unused, filled: 0 }
    }

    /// Takes as many of the bytes as there is room for, and says how many.
    fn take(&mut self, bytes: &[u8]) -> usize {
        let taken = bytes.len().min(BLOCK - self.filled);
        let start = self.unused + self.filled;
        self.bytes[start..start + taken].copy_from_slice(&bytes[..taken]);
        self.filled += taken;
        taken
    }

    fn filled(&self) -> &[u8] {
        &self.bytes[self.unused..self.unused + self.filled]
    }
}

/// Whether the file's bytes go past the system's cache from now on.
#[cfg(target_os = "linux")]
fn past_cache(file: &File, past: bool) -> io::Result<()> {
    use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
    let mut flags = fcntl_getfl(file)?;
    flags.set(OFlags::DIRECT, past);
    Ok(fcntl_setfl(file, flags)?)
}

/// Elsewhere they never do.
#[cfg(not(target_os = "linux"))]
fn past_cache(_: &File, past: bool) -> io::Result<()> {
    if past { Err(ErrorKind::Unsupported.into()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_there_whatever_its_length() {
        let folder = tempfile::tempdir().unwrap();
        for length in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 4_097, 5 * BLOCK] {
            let path = folder.path().join("file");
            let bytes: Vec<u8> = (0..length).map(|at| (at * at / 7) as u8).collect();
            let mut file = PastCache::new(File::create(&path).unwrap());
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
        let mut file = PastCache::new(File::options().write(true).open("/dev/full").unwrap());
        let written = (0..9).try_for_each(|_| file.write_all(&vec![1; BLOCK])).and_then(|()| file.finish());
        assert!(written.is_err());
    }
}
