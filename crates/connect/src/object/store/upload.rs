//! Making a file of this machine an object, whole and at once.

use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::path::Path as FilePath;

use bytes::Bytes;
use object_store::path::Path;
use object_store::{Attribute, Attributes, MultipartUpload, ObjectStore, PutMultipartOptions, PutOptions, PutPayload};
use tidemill_core::attempt::CancelToken;
use tidemill_core::fingerprint::digest_of_file;
use tokio::task::JoinSet;

use super::super::fault::{Fault, FaultKind};
use super::failure;

/// Under which key the digest of the content stands with an object.
pub(super) const CONTENT: Attribute = Attribute::Metadata(Cow::Borrowed("tidemill"));

/// Up to so many bytes go in one request.
const WHOLE: u64 = 16 << 20;

/// Stores take ten thousand parts of an object.
const MOST_PARTS: u64 = 9_000;

/// Parts that are on their way at a time.
const AT_A_TIME: usize = 4;

/// Puts a file under a key, with the digest of its content. Nobody sees it before all of it is there.
///
/// # Errors
/// If it cannot be read or is refused, or the work was cancelled; then there is what was there before.
pub(super) async fn upload(
    store: &dyn ObjectStore,
    bucket: &str,
    key: &Path,
    file: &FilePath,
    cancelled: &CancelToken,
) -> Result<(), Fault> {
    let mut content = File::open(file).map_err(|error| unreadable(&error))?;
    let length = content.metadata().map_err(|error| unreadable(&error))?.len();
    let refused = |error: object_store::Error| failure::fault(&error, bucket);
    let (digest, _) = digest_of_file(file, cancelled).map_err(|error| unreadable(&error))?;
    let attributes = Attributes::from_iter([(CONTENT, digest.to_string())]);
    if length <= WHOLE {
        stopped(cancelled)?;
        let part = read_part(&mut content, WHOLE)?;
        let options = PutOptions { attributes, ..PutOptions::default() };
        return store.put_opts(key, PutPayload::from_bytes(part), options).await.map(drop).map_err(refused);
    }
    let options = PutMultipartOptions { attributes, ..PutMultipartOptions::default() };
    let mut upload = store.put_multipart_opts(key, options).await.map_err(refused)?;
    let size = WHOLE.max(length / MOST_PARTS + 1);
    let sent = match send(&mut *upload, bucket, &mut content, size, cancelled).await {
        Ok(()) => upload.complete().await.map(drop).map_err(refused),
        Err(fault) => Err(fault),
    };
    if sent.is_err() {
        // What cannot be withdrawn is no object; the store's own rules for unfinished uploads remove it.
        let _ = upload.abort().await;
    }
    sent
}

/// Sends all parts.
async fn send(
    upload: &mut dyn MultipartUpload,
    bucket: &str,
    content: &mut File,
    size: u64,
    cancelled: &CancelToken,
) -> Result<(), Fault> {
    let mut under_way = JoinSet::new();
    loop {
        stopped(cancelled)?;
        let part = read_part(content, size)?;
        let is_last = part.is_empty();
        if !is_last {
            under_way.spawn(upload.put_part(PutPayload::from_bytes(part)));
        }
        while under_way.len() >= if is_last { 1 } else { AT_A_TIME } {
            let Some(done) = under_way.join_next().await else { break };
            let done = done.map_err(|error| Fault::new(FaultKind::Local, format!("a part cannot be sent: {error}")))?;
            done.map_err(|error| failure::fault(&error, bucket))?;
            stopped(cancelled)?;
        }
        if is_last {
            return Ok(());
        }
    }
}

fn read_part(content: &mut File, size: u64) -> Result<Bytes, Fault> {
    let mut part = Vec::new();
    content.take(size).read_to_end(&mut part).map_err(|error| unreadable(&error))?;
    Ok(part.into())
}

fn stopped(cancelled: &CancelToken) -> Result<(), Fault> {
    if cancelled.is_cancelled() { Err(Fault::new(FaultKind::Local, "stopped")) } else { Ok(()) }
}

fn unreadable(error: &std::io::Error) -> Fault {
    Fault::new(FaultKind::Local, format!("what is to be written there cannot be read: {error}"))
}
