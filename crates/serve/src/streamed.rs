//! A file as the body of an answer.

use std::fs::File;
use std::io::{self, Read as _};
use std::sync::Arc;

use axum::body::Body;
use futures_util::stream;
use tidemill_secrets::{MaskedStream, Masker};

/// So many bytes are read at a time.
const PIECE: u64 = 64 << 10;

/// A file that is being sent.
struct Sending {
    file: File,
    masker: Arc<Masker>,
    masked: MaskedStream,
    has_ended: bool,
}

/// A file piece by piece, however long it is, without secrets.
pub fn streamed(file: File, masker: Arc<Masker>) -> Body {
    let sending = Sending { file, masker, masked: MaskedStream::default(), has_ended: false };
    Body::from_stream(stream::unfold(sending, async |mut sending| {
        if sending.has_ended {
            return None;
        }
        let read = tokio::task::spawn_blocking(move || (sending.piece(), sending));
        let (piece, mut sending) = read.await.ok()?;
        sending.has_ended |= piece.is_err();
        Some((piece, sending))
    }))
}

impl Sending {
    /// The next piece, which may be empty.
    fn piece(&mut self) -> io::Result<Vec<u8>> {
        let mut piece = Vec::new();
        (&self.file).take(PIECE).read_to_end(&mut piece)?;
        self.has_ended = piece.is_empty();
        Ok(match self.has_ended {
            true => self.masked.end(&self.masker),
            false => self.masked.push(&self.masker, &piece).into_owned(),
        })
    }
}
