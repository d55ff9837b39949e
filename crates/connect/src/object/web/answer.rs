//! What an answer of the web says of a file.

use reqwest::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderName, LAST_MODIFIED, TRANSFER_ENCODING,
};
use reqwest::{Response, StatusCode, Version};

use super::super::fault::{Fault, FaultKind};
use super::super::file_state::FileState;

/// How an answer serves a request for content.
pub(crate) enum Answered {
    /// With what is missing.
    Rest,
    /// With all of it.
    Whole,
}

fn header(answer: &Response, name: HeaderName) -> Option<String> {
    Some(answer.headers().get(name)?.to_str().ok()?.trim().to_owned())
}

/// The first byte and the length of the whole, of `bytes 100-199/200`; of `bytes */0` the length alone.
fn content_range(answer: &Response) -> Option<(Option<u64>, Option<u64>)> {
    let text = header(answer, CONTENT_RANGE)?;
    let (range, length) = text.strip_prefix("bytes")?.trim().split_once('/')?;
    let first = range.split_once('-').and_then(|(first, _)| first.parse().ok());
    Some((first, length.parse().ok()))
}

/// The length of the whole file.
fn length(answer: &Response) -> Option<u64> {
    match answer.status() {
        StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => content_range(answer)?.1,
        _ => header(answer, CONTENT_LENGTH)?.parse().ok(),
    }
}

fn read_state(answer: &Response) -> FileState {
    FileState::new(header(answer, ETAG), None, header(answer, LAST_MODIFIED), length(answer))
}

/// What the file is; None if it is not there.
pub(crate) fn state_of(answer: &Response) -> Result<Option<FileState>, Fault> {
    let is_empty = answer.status() == StatusCode::RANGE_NOT_SATISFIABLE && length(answer) == Some(0);
    match answer.status() {
        StatusCode::NOT_FOUND | StatusCode::GONE => Ok(None),
        status if status.is_success() || is_empty => Ok(Some(read_state(answer))),
        status => Err(refused(status)),
    }
}

/// Whether the content that begins now is that of the expected file, of which so many bytes are there.
pub(crate) fn accept(answer: &Response, expected: &FileState, written: u64) -> Result<Answered, Fault> {
    let changed = || Fault::new(FaultKind::Changed, "it changed while it was read");
    match answer.status() {
        StatusCode::OK | StatusCode::PARTIAL_CONTENT => {}
        StatusCode::RANGE_NOT_SATISFIABLE | StatusCode::PRECONDITION_FAILED => return Err(changed()),
        StatusCode::NOT_FOUND | StatusCode::GONE => {
            return Err(Fault::new(FaultKind::Missing, "it is not there any more"));
        }
        status => return Err(refused(status)),
    }
    if let Some(encoding) = header(answer, CONTENT_ENCODING).filter(|encoding| encoding != "identity") {
        let message = format!("the server packs it as `{encoding}` though it was not asked to");
        return Err(Fault::new(FaultKind::Unsupported, message));
    }
    let now = read_state(answer);
    let differs = expected.identity.is_some() && now.identity.is_some() && now.identity != expected.identity;
    let has_other_length = now.length.is_some() && expected.length.is_some() && now.length != expected.length;
    if differs || has_other_length {
        return Err(changed());
    }
    if answer.status() == StatusCode::PARTIAL_CONTENT {
        let first = content_range(answer).and_then(|(first, _)| first);
        return if first == Some(written) { Ok(Answered::Rest) } else { Err(changed()) };
    }
    let has_end = header(answer, CONTENT_LENGTH).is_some() || header(answer, TRANSFER_ENCODING).is_some();
    if !has_end && expected.length.is_none() && answer.version() < Version::HTTP_2 {
        let message = "the server does not say how long it is, so that a part of it would look like the whole";
        return Err(Fault::new(FaultKind::Unsupported, message));
    }
    Ok(Answered::Whole)
}

/// An answer that will not change by asking again.
/// That the server does not give what was asked for.
pub(crate) fn refused(status: StatusCode) -> Fault {
    let (what, help) = match status {
        StatusCode::UNAUTHORIZED => {
            ("wants to know who asks", Some("give a connection with `headers: {Authorization: …}`"))
        }
        StatusCode::FORBIDDEN => {
            ("refuses access", Some("check what the keys or headers of the connection are allowed to do"))
        }
        _ => ("does not give it", None),
    };
    let fault = Fault::new(FaultKind::Refused, format!("the server {what}: {status}"));
    help.into_iter().fold(fault, Fault::help)
}
