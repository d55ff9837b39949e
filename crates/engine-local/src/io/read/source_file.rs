//! Files of a source: opened with clear words when they cannot be, unpacked, and decoded to text.

use std::fs::{self, File};
use std::io::{self, BufReader, ErrorKind, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use encoding_rs::{DecoderResult, Encoding, UTF_8};
use flate2::read::MultiGzDecoder;
use tidemill_core::attempt::CancelToken;
use tidemill_core::regular_file;
use tidemill_core::storage::{PartialCopy, StorageRegistry};
use tidemill_core::table::{EngineError, Location, Scan};

use super::{encoding, foreign};
use crate::runtime::memory;

/// Bytes that are read between two looks at how much memory is held.
const PIECE: u64 = 16 << 20;

/// One file of a source.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// As the user knows it.
    pub shown: String,
    /// Where it is.
    pub path: PathBuf,
    /// What fetches the parts of it that are wanted, if it is elsewhere and `path` holds no others.
    pub parts: Option<Arc<dyn PartialCopy>>,
    /// Cancelled when what is in it is no longer wanted.
    pub cancelled: CancelToken,
}

/// The text of a file, or of its beginning.
pub struct Text {
    /// Without a byte-order mark.
    pub text: String,
    /// Whether this is all of it.
    pub whole: bool,
}

impl SourceFile {
    /// The files of a source, on this machine; of those that are elsewhere, if they are read in parts, what was asked for.
    ///
    /// # Errors
    /// If there is none, or one is elsewhere and cannot be had.
    pub fn all_of(
        storages: &StorageRegistry,
        project: &Path,
        source: &Scan,
        in_parts: bool,
        cancelled: &CancelToken,
    ) -> Result<Vec<Self>, EngineError> {
        if source.files.is_empty() {
            return Err(EngineError::Internal("a source without files".into()));
        }
        source.files.iter().map(|file| Self::new(storages, project, file, in_parts, cancelled)).collect()
    }

    fn new(
        storages: &StorageRegistry,
        project: &Path,
        file: &Location,
        in_parts: bool,
        cancelled: &CancelToken,
    ) -> Result<Self, EngineError> {
        let local = storages.of(file).and_then(|storage| {
            let parts = if in_parts { storage.partial_copy(project, file)? } else { None };
            let path = match &parts {
                Some(parts) => parts.path().to_owned(),
                None => storage.local_path(project, file)?,
            };
            Ok((path, parts))
        });
        let (shown, cancelled) = (file.as_str().to_owned(), cancelled.clone());
        let mut found = Self { shown, path: PathBuf::new(), parts: None, cancelled };
        (found.path, found.parts) = local.map_err(|error| found.io_error(&error))?;
        Ok(found)
    }

    /// Sees to it that these bytes of it can be read; of a file of this machine, all can.
    ///
    /// # Errors
    /// If they are elsewhere and cannot be had, or are no longer wanted.
    pub fn fetch(&self, parts: &[Range<u64>]) -> Result<(), EngineError> {
        self.uncancelled()?;
        let copy = self.parts.as_ref();
        copy.map_or(Ok(()), |copy| copy.fetch(parts)).map_err(|error| self.io_error(&error))
    }

    /// An error once what is in it is no longer wanted, or what came of it takes more memory than there may be.
    pub fn uncancelled(&self) -> Result<(), EngineError> {
        if self.cancelled.is_cancelled() { Err(EngineError::Cancelled) } else { memory::check() }
    }

    /// What `work` says of a part of it, as long as that is wanted.
    pub fn unless_cancelled<T>(&self, work: impl FnOnce() -> T) -> Result<T, EngineError> {
        self.uncancelled().map(|()| work())
    }

    /// That something is wrong with it.
    pub fn error(&self, line: Option<u64>, message: impl Into<String>) -> EngineError {
        EngineError::Source { path: self.shown.clone(), line, message: message.into(), help: None, part: None }
    }

    /// That something is wrong with it, and what to do.
    pub fn error_with_help(
        &self,
        line: Option<u64>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> EngineError {
        EngineError::Source {
            path: self.shown.clone(),
            line,
            message: message.into(),
            help: Some(help.into()),
            part: None,
        }
    }

    /// Sees to it that it is a file with content that may be read.
    pub fn open(&self) -> Result<File, EngineError> {
        // A pipe is not opened, for that would wait until somebody writes to it.
        let metadata = fs::metadata(&self.path).map_err(|error| self.io_error(&error))?;
        if metadata.is_dir() {
            return Err(self.error_with_help(
                None,
                "is a folder, not a file",
                "name a file in it, or use a glob such as `folder/*.csv`",
            ));
        }
        if !metadata.is_file() {
            return Err(self.error_with_help(
                None,
                "is a pipe or a device, which cannot be read twice",
                "write its content to a file first",
            ));
        }
        if metadata.len() == 0 {
            return Err(self.error(None, "is empty"));
        }
        regular_file::open(&self.path).map_err(|error| self.io_error(&error))
    }

    /// The text of the file, decoded; at most about `limit` bytes of it.
    pub fn text(&self, encoding: Option<&str>, limit: Option<usize>) -> Result<Text, EngineError> {
        let (bytes, whole) = self.bytes(limit)?;
        let text = self.decode(bytes, encoding, whole)?;
        Ok(Text { text, whole })
    }

    fn bytes(&self, limit: Option<usize>) -> Result<(Vec<u8>, bool), EngineError> {
        let file = self.open()?;
        let size = file.metadata().map_or(0, |metadata| metadata.len());
        let name = self.shown.to_ascii_lowercase();
        let packed = name.ends_with(".gz") || name.ends_with(".zst");
        let reader: Box<dyn Read> = if name.ends_with(".gz") {
            Box::new(MultiGzDecoder::new(BufReader::new(file)))
        } else if name.ends_with(".zst") {
            Box::new(zstd::stream::Decoder::new(file).map_err(|error| self.io_error(&error))?)
        } else {
            Box::new(file)
        };
        let limit = limit.unwrap_or(usize::MAX);
        let mut bytes = Vec::new();
        if !packed {
            let wanted = usize::try_from(size).unwrap_or(usize::MAX).min(limit);
            memory::room_for(wanted as u128, || self.shown.clone())?;
            bytes.reserve(wanted.saturating_add(1));
        }
        // One byte more than asked for tells whether there is more.
        let ask = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
        let mut reader = self.cancelled.reader(reader).take(ask);
        let read = loop {
            match reader.by_ref().take(PIECE).read_to_end(&mut bytes) {
                Ok(0) => break Ok(()),
                Ok(_) => self.uncancelled()?,
                Err(error) => break Err(error),
            }
        };
        read.map_err(|error| match error.kind() {
            _ if self.cancelled.is_cancelled() => EngineError::Cancelled,
            ErrorKind::PermissionDenied => self.io_error(&error),
            _ if packed => self.error(None, format!("is damaged or cut off: it cannot be unpacked ({error})")),
            _ => self.io_error(&error),
        })?;
        let whole = bytes.len() <= limit;
        bytes.truncate(limit);
        if bytes.is_empty() {
            return Err(self.error(None, "is empty"));
        }
        match foreign::content(&bytes) {
            Some((what, help)) => Err(self.error_with_help(None, what, help)),
            None => Ok((bytes, whole)),
        }
    }

    fn decode(&self, bytes: Vec<u8>, label: Option<&str>, whole: bool) -> Result<String, EngineError> {
        let declared = match label {
            None => UTF_8,
            Some(label) => encoding::by_label(label).ok_or_else(|| {
                self.error_with_help(
                    None,
                    format!("there is no encoding `{label}`"),
                    "use `utf-8`, `latin1`, `macintosh`, `utf-16le`, `shift_jis` or another label of the WHATWG encoding standard",
                )
            })?,
        };
        let (encoding, mark) = Encoding::for_bom(&bytes).unwrap_or((declared, 0));
        if encoding == UTF_8 {
            if let Some(label) = encoding::unmarked_utf_16(&bytes[mark..]) {
                let help = format!("say `options: {{encoding: {}}}`", label.to_lowercase());
                return Err(self.error_with_help(None, format!("is {label} without a mark that says so"), help));
            }
            return self.utf_8(bytes, mark, whole);
        }
        let mut decoder = encoding.new_decoder_without_bom_handling();
        let source = &bytes[mark..];
        let room = decoder.max_utf8_buffer_length_without_replacement(source.len()).unwrap_or(source.len());
        let mut text = String::with_capacity(room);
        match decoder.decode_to_string_without_replacement(source, &mut text, whole) {
            (DecoderResult::InputEmpty, _) => Ok(text),
            (DecoderResult::OutputFull, _) => Err(self.error(None, "is too large to decode")),
            (DecoderResult::Malformed(..), _) => {
                let line = line_at(&text, text.len());
                let help = "say how it is encoded, for example `options: {encoding: utf-8}`";
                Err(self.error_with_help(Some(line), format!("is not valid {}", encoding.name()), help))
            }
        }
    }

    fn utf_8(&self, mut bytes: Vec<u8>, mark: usize, whole: bool) -> Result<String, EngineError> {
        bytes.drain(..mark);
        let error = match String::from_utf8(bytes) {
            Ok(text) => return Ok(text),
            Err(error) => error,
        };
        let fault = error.utf8_error();
        let mut bytes = error.into_bytes();
        if !whole && fault.error_len().is_none() {
            bytes.truncate(fault.valid_up_to());
            return String::from_utf8(bytes).map_err(|_| self.error(None, "is not valid UTF-8"));
        }
        let before = String::from_utf8_lossy(&bytes[..fault.valid_up_to()]);
        let line = line_at(&before, before.len());
        let byte = bytes.get(fault.valid_up_to()).copied().unwrap_or_default();
        let help = encoding::help(&bytes, fault.valid_up_to());
        Err(self.error_with_help(Some(line), format!("is not valid UTF-8: byte 0x{byte:02X}"), help))
    }

    /// Says so if the beginning of the file is UTF-8 although a label says that it is not.
    pub fn encoding_remark(&self, label: Option<&str>) -> Option<String> {
        let label = label.filter(|label| encoding::by_label(label).is_some_and(Encoding::is_single_byte))?;
        let (bytes, _) = self.bytes(Some(1 << 16)).ok()?;
        let end = match std::str::from_utf8(&bytes) {
            Ok(_) => bytes.len(),
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => return None,
        };
        let is_utf_8 = !bytes[..end].is_ascii();
        is_utf_8
            .then(|| format!("is UTF-8, but is read as `{label}`; take `encoding` away if its letters come out wrong"))
    }

    /// What the operating system says, in our words.
    pub fn io_error(&self, error: &io::Error) -> EngineError {
        let is_of_this_machine = error.raw_os_error().is_some();
        match error.kind() {
            ErrorKind::NotFound if is_of_this_machine => self.error(None, "there is no such file"),
            ErrorKind::PermissionDenied if is_of_this_machine => {
                self.error_with_help(None, "may not be read (permission denied)", "give yourself the right to read it")
            }
            _ => {
                // What another place says begins with the file's name.
                let said = error.to_string();
                let said = said.strip_prefix(&format!("`{}`: ", self.shown)).unwrap_or(&said);
                self.error(None, format!("cannot be read: {said}"))
            }
        }
    }
}

/// The line, from 1, that the byte at `offset` is on; a line ends with LF, CR LF or CR.
pub(super) fn line_at(text: &str, offset: usize) -> u64 {
    let bytes = text.as_bytes();
    let end = offset.min(bytes.len());
    1 + count_lines(bytes, 0, end)
}

/// How many line ends begin in that range of the text.
pub(super) fn count_lines(bytes: &[u8], from: usize, to: usize) -> u64 {
    let mut lines = 0;
    for at in from..to {
        lines += u64::from(bytes[at] == b'\n' || (bytes[at] == b'\r' && bytes.get(at + 1) != Some(&b'\n')));
    }
    lines
}
