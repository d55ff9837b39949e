//! Text files on their way out, packed if their ending says so.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::thread::{self, Builder};

use flate2::write::GzEncoder;
use polars_core::runtime::RAYON;
use rayon::prelude::*;
use tidemill_core::ids::Digest;
use tidemill_core::table::Sink;

use super::Failed;
use crate::behind::Behind;
use crate::parallel::THREAD;
use crate::past_cache::PastCache;

/// Rows that are formatted together.
const CHUNK_ROWS: usize = 1 << 15;

/// A file that is written, as text or packed.
pub(super) enum Output {
    /// With the digest of what has been written.
    Plain(Behind<PastCache>, Box<blake3::Hasher>),
    Gzip(GzEncoder<BufWriter<File>>),
    Zstd(zstd::stream::Encoder<'static, BufWriter<File>>),
}

impl Output {
    /// Creates the file at `path`; the ending of the sink's own path says how it is packed.
    pub fn create(sink: &Sink, path: &Path) -> io::Result<Self> {
        let file = File::create(path)?;
        let name = sink.path.as_str().to_ascii_lowercase();
        Ok(if name.ends_with(".gz") {
            // The header holds no time and no name, so equal tables give equal bytes.
            Self::Gzip(GzEncoder::new(BufWriter::new(file), flate2::Compression::default()))
        } else if name.ends_with(".zst") {
            Self::Zstd(zstd::stream::Encoder::new(BufWriter::new(file), zstd::DEFAULT_COMPRESSION_LEVEL)?)
        } else {
            Self::Plain(Behind::new(PastCache::new(file)), Box::default())
        })
    }

    /// Formats ranges of rows in parallel and writes them in order.
    pub fn rows(&mut self, rows: usize, format: impl Fn(Range<usize>, &mut Vec<u8>) + Sync) -> io::Result<()> {
        let chunks = rows.div_ceil(CHUNK_ROWS);
        // So many chunks are in memory at a time.
        let batch = 4 * RAYON.current_num_threads();
        let mut buffers: Vec<Vec<u8>> = vec![Vec::new(); batch.min(chunks)];
        for first in (0..chunks).step_by(batch) {
            let used = batch.min(chunks - first);
            RAYON.install(|| {
                buffers[..used].par_iter_mut().enumerate().for_each(|(at, buffer)| {
                    buffer.clear();
                    let start = (first + at) * CHUNK_ROWS;
                    format(start..rows.min(start + CHUNK_ROWS), buffer);
                });
            });
            buffers[..used].iter().try_for_each(|buffer| self.write_all(buffer))?;
        }
        Ok(())
    }

    /// Formats parts in parallel and writes them in order, while the next ones are formatted.
    pub fn parts(
        &mut self,
        count: usize,
        format: impl Fn(usize, &mut Vec<u8>) -> Result<(), Failed> + Sync,
    ) -> Result<(), Failed> {
        // So many parts are formatted side by side, as many are being written, and no more are in memory.
        let batch = 2 * RAYON.current_num_threads();
        let (full, to_write) = sync_channel::<Vec<Vec<u8>>>(0);
        let (written, empty) = sync_channel(2);
        for _ in 0..2 {
            // There is room for both.
            let _ = written.send(vec![Vec::new(); batch.min(count)]);
        }
        thread::scope(|scope| {
            let write = move || {
                for buffers in to_write {
                    buffers.iter().try_for_each(|buffer| self.write_all(buffer))?;
                    let _ = written.send(buffers);
                }
                Ok::<(), io::Error>(())
            };
            let writer = Builder::new().name(format!("{THREAD}-write")).spawn_scoped(scope, write)?;
            for first in (0..count).step_by(batch) {
                // If the writer has given up, it says below why.
                let Ok(mut buffers) = empty.recv() else { break };
                buffers.truncate(count - first);
                let formatted: Result<(), Failed> = RAYON.install(|| {
                    buffers.par_iter_mut().enumerate().try_for_each(|(at, buffer)| {
                        buffer.clear();
                        format(first + at, buffer)
                    })
                });
                formatted?;
                if full.send(buffers).is_err() {
                    break;
                }
            }
            drop(full);
            writer.join().map_err(|_| Failed::Writing("the thread that writes broke".to_owned()))?.map_err(Failed::from)
        })
    }

    /// Writes what is still held back. The digest of the file, unless it is packed.
    pub fn finish(self) -> io::Result<Option<Digest>> {
        match self {
            Self::Plain(file, hasher) => {
                file.finish()?;
                Ok(Some(Digest(*hasher.finalize().as_bytes())))
            }
            Self::Gzip(encoder) => encoder.finish()?.flush().map(|()| None),
            Self::Zstd(encoder) => encoder.finish()?.flush().map(|()| None),
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(file, hasher) => {
                let written = file.write(bytes)?;
                hasher.update(&bytes[..written]);
                Ok(written)
            }
            Self::Gzip(encoder) => encoder.write(bytes),
            Self::Zstd(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(file, _) => file.flush(),
            Self::Gzip(encoder) => encoder.flush(),
            Self::Zstd(encoder) => encoder.flush(),
        }
    }
}
