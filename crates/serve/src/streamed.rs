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
    masking: Option<(Arc<Masker>, MaskedStream)>,
    has_ended: bool,
}

/// A file piece by piece, however long it is; a text without secrets.
pub fn streamed(file: File, masker: Option<Arc<Masker>>) -> Body {
    let masking = masker.map(|masker| (masker, MaskedStream::default()));
    let sending = Sending { file, masking, has_ended: false };
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
        Ok(match &mut self.masking {
            None => piece,
            Some((masker, masking)) if self.has_ended => masking.end(masker),
            Some((masker, masking)) => masking.push(masker, &piece).into_owned(),
        })
    }
}
