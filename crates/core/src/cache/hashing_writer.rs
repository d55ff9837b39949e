//! Hashing what is written.

use std::io::{self, Write};

use crate::ids::Digest;

/// Writes on and hashes what was written.
pub struct HashingWriter<W> {
    to: W,
    hasher: blake3::Hasher,
}

impl<W> HashingWriter<W> {
    /// Nothing written yet.
    pub fn new(to: W) -> Self {
        Self { to, hasher: blake3::Hasher::new() }
    }

    /// The digest of all that was written.
    pub fn digest(&self) -> Digest {
        Digest(*self.hasher.finalize().as_bytes())
    }

    /// How many bytes were written.
    pub fn written(&self) -> u64 {
        self.hasher.count()
    }

    /// What it wrote to.
    pub fn into_inner(self) -> W {
        self.to
    }
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
