//! Text files on their way out, packed if their ending says so.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use flate2::write::GzEncoder;
use polars_core::runtime::RAYON;
use tidemill_core::cache::HashingWriter;
use tidemill_core::ids::Digest;
use tidemill_core::table::Sink;

use super::write_error::WriteError;
use crate::disk::direct_io::DirectFile;
use crate::runtime::ordered::for_each_in_order;

/// Rows that are formatted together.
const CHUNK_ROWS: usize = 1 << 15;

/// A file that is written, as text or packed.
pub(super) enum TextFileWriter {
    /// With the digest of what has been written.
    Plain(Box<HashingWriter<DirectFile>>),
    Gzip(GzEncoder<BufWriter<File>>),
    Zstd(zstd::stream::Encoder<'static, BufWriter<File>>),
}

impl TextFileWriter {
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
            Self::Plain(Box::new(HashingWriter::new(DirectFile::new(file))))
        })
    }

    /// Formats ranges of rows in parallel and writes them in order.
    pub fn rows(&mut self, rows: usize, format: impl Fn(Range<usize>, &mut Vec<u8>) + Sync) -> Result<(), WriteError> {
        let chunk = |at: usize| at * CHUNK_ROWS..rows.min((at + 1) * CHUNK_ROWS);
        self.parts(rows.div_ceil(CHUNK_ROWS), |at, text| {
            format(chunk(at), text);
            Ok(())
        })
    }

    /// Formats parts in parallel and writes them in order, while the next ones are formatted.
    pub fn parts(
        &mut self,
        count: usize,
        format: impl Fn(usize, &mut Vec<u8>) -> Result<(), WriteError> + Sync,
    ) -> Result<(), WriteError> {
        // Texts that have been written leave their room to the next ones.
        let (free, texts) = (Mutex::new(Vec::<Vec<u8>>::new()), 3 * RAYON.current_num_threads());
        let free = || free.lock().unwrap_or_else(PoisonError::into_inner);
        let formatted = |at: usize| {
            let mut text = free().pop().unwrap_or_default();
            text.clear();
            format(at, &mut text).map(|()| text)
        };
        for_each_in_order(count, texts, formatted, |text| {
            self.write_all(&text)?;
            free().push(text);
            Ok(())
        })
    }

    /// Writes what is still held back. The digest of the file, unless it is packed.
    pub fn finish(self) -> io::Result<Option<Digest>> {
        match self {
            Self::Plain(file) => {
                let digest = file.digest();
                file.into_inner().finish()?;
                Ok(Some(digest))
            }
            Self::Gzip(encoder) => encoder.finish()?.flush().map(|()| None),
            Self::Zstd(encoder) => encoder.finish()?.flush().map(|()| None),
        }
    }
}

impl Write for TextFileWriter {
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
