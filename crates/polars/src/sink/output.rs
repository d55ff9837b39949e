//! Text files on their way out, packed if their ending says so.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::path::Path;

use flate2::write::GzEncoder;
use polars_core::runtime::RAYON;
use rayon::prelude::*;
use tidemill_core::table::Sink;

use crate::ahead::Ahead;

/// Rows that are formatted together.
const CHUNK_ROWS: usize = 1 << 15;

/// A file that is written, as text or packed.
pub(super) enum Output {
    Plain(Ahead),
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
            Self::Plain(Ahead::new(file))
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

    /// Writes what is still held back.
    pub fn finish(self) -> io::Result<()> {
        match self {
            Self::Plain(file) => file.finish(),
            Self::Gzip(encoder) => encoder.finish()?.flush(),
            Self::Zstd(encoder) => encoder.finish()?.flush(),
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(file) => file.write(bytes),
            Self::Gzip(encoder) => encoder.write(bytes),
            Self::Zstd(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(file) => file.flush(),
            Self::Gzip(encoder) => encoder.flush(),
            Self::Zstd(encoder) => encoder.flush(),
        }
    }
}
