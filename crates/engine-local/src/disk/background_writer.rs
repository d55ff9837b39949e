//! A background writer: bytes are written by a thread of their own, while the next ones are made.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};

use crate::runtime::parallel::THREAD;

/// Bytes that are written together.
pub(crate) const BLOCK: usize = 4 << 20;

/// The address of every block is a multiple of this, which is what disks want; none wants more.
pub(crate) const ALIGNED: usize = 4096;

/// Blocks on their way at a time.
const UNDER_WAY: usize = 3;

/// Writes to `W` in whole blocks, but for the last. There is no thread until the first block is full.
pub(crate) struct BackgroundWriter<W> {
    block: Block,
    mode: Mode<W>,
}

enum Mode<W> {
    Inline(W),
    Threaded(WriterThread<W>),
    /// The thread has ended with an error.
    Broken,
}

/// Some bytes to be written.
struct Block {
    /// Begins at a multiple of [`ALIGNED`] behind so many unused bytes.
    bytes: Vec<u8>,
    unused: usize,
}

struct WriterThread<W> {
    full: SyncSender<Block>,
    empty: Receiver<Block>,
    thread: JoinHandle<io::Result<W>>,
}

impl<W: Write + Send + 'static> BackgroundWriter<W> {
    /// Nothing written yet.
    pub fn new(to: W) -> Self {
        Self { block: Block::new(), mode: Mode::Inline(to) }
    }

    /// Writes what is still held back.
    ///
    /// # Errors
    /// If a write fails, or one has failed before.
    pub fn finish(self) -> io::Result<W> {
        let mut to = match self.mode {
            Mode::Inline(to) => to,
            Mode::Threaded(writer) => writer.finish()?,
            Mode::Broken => return Err(broke()),
        };
        to.write_all(self.block.filled())?;
        Ok(to)
    }

    fn send(&mut self) -> io::Result<()> {
        let writer = match std::mem::replace(&mut self.mode, Mode::Broken) {
            Mode::Inline(to) => WriterThread::start(to)?,
            Mode::Threaded(writer) => writer,
            Mode::Broken => return Err(broke()),
        };
        // Neither fails unless the thread has ended, which says why.
        let Ok(empty) = writer.empty.recv() else { return Err(writer.failure()) };
        let full = std::mem::replace(&mut self.block, empty);
        if writer.full.send(full).is_err() {
            return Err(writer.failure());
        }
        self.mode = Mode::Threaded(writer);
        Ok(())
    }
}

impl<W: Write + Send + 'static> Write for BackgroundWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.block.take(bytes);
        if self.block.filled().len() == BLOCK {
            self.send()?;
        }
        Ok(taken)
    }

    /// Blocks go when they are full.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<W: Write + Send + 'static> WriterThread<W> {
    fn start(mut to: W) -> io::Result<Self> {
        let (full, to_write) = sync_channel::<Block>(0);
        let (written, empty) = sync_channel(UNDER_WAY);
        for _ in 0..UNDER_WAY {
            // There is room for all.
            let _ = written.send(Block::new());
        }
        let work = move || {
            for mut block in to_write {
                to.write_all(block.filled())?;
                block.empty();
                let _ = written.send(block);
            }
            Ok(to)
        };
        let thread = Builder::new().name(format!("{THREAD}-disk")).spawn(work)?;
        Ok(Self { full, empty, thread })
    }

    fn finish(self) -> io::Result<W> {
        let Self { full, thread, .. } = self;
        drop(full);
        thread.join().unwrap_or_else(|_| Err(broke()))
    }

    fn failure(self) -> io::Error {
        self.finish().err().unwrap_or_else(broke)
    }
}

fn broke() -> io::Error {
    io::Error::other("the thread that writes broke")
}

impl Block {
    fn new() -> Self {
        let mut bytes: Vec<u8> = Vec::with_capacity(BLOCK + ALIGNED);
        let unused = bytes.as_ptr().align_offset(ALIGNED).min(ALIGNED);
        bytes.resize(unused, 0);
        Self { bytes, unused }
    }

    /// Takes as many of the bytes as there is room for, and says how many. What is held never moves.
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
