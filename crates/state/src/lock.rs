//! The lock of a pipeline: one run at a time.
//!
//! It is a lock of the operating system on a file, so it goes when its process does, however that ends, and nothing is ever
//! to be removed by hand. What the file holds is only for the message of whoever waits. The file stays: if it were
//! removed, two processes could each lock a file of that name.

use std::fmt;
use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::FOLDER;

/// How often a waiting process looks again.
const LOOK: Duration = Duration::from_millis(50);
/// How often a holder's words are looked for within that time.
const LOOKS: u32 = 10;

/// The lock of a pipeline, held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    file: File,
    pipeline: String,
}

/// Who holds a lock, as it says itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The process.
    pub pid: u32,
    /// Its run, once it has one.
    pub run: Option<String>,
    /// Since when.
    pub since: Timestamp,
    /// What it was called with.
    pub command: String,
}

/// Another process holds the lock. Prints as a sentence about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldBy {
    /// The pipeline.
    pub pipeline: String,
    /// Who; None if it has not yet said.
    pub holder: Option<Holder>,
}

/// Why a lock was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process holds it.
    #[error("{0}")]
    Held(HeldBy),
    /// The file cannot be made or locked.
    #[error("cannot lock {}: {source}", .path.display())]
    Io {
        /// The lock's file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

/// Who holds a lock, as it tells in the lock's file. It may be writing at this moment: a moment later it has.
fn told_by(file: &mut File) -> Option<Holder> {
    for _ in 0..LOOKS {
        let mut text = String::new();
        let read = file.rewind().and_then(|()| file.read_to_string(&mut text));
        if let Some(holder) = read.ok().and_then(|_| serde_json::from_str(&text).ok()) {
            return Some(holder);
        }
        std::thread::sleep(LOOK / LOOKS);
    }
    None
}

impl Lock {
    /// Takes the lock of a pipeline in that project's folder. `holder` is what others are told.
    ///
    /// # Errors
    /// [`LockError::Held`] if another process holds it; else if its file cannot be made.
    pub fn try_acquire(project: &Path, pipeline: &str, holder: &Holder) -> Result<Self, LockError> {
        let path = project.join(FOLDER).join(file_name(pipeline));
        let failed = |source| LockError::Io { path: path.clone(), source };
        tidemill_core::private::folder(&project.join(FOLDER)).map_err(failed)?;
        let options = || tidemill_core::private::file().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = options().map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {
                let mut lock = Self { file, pipeline: pipeline.to_owned() };
                lock.tell(holder).map_err(failed)?;
                Ok(lock)
            }
            Err(TryLockError::WouldBlock) => {
                Err(LockError::Held(HeldBy { pipeline: pipeline.to_owned(), holder: told_by(&mut file) }))
            }
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// Who holds the lock of a pipeline at this moment; nothing on the disk changes.
    ///
    /// # Errors
    /// If its file cannot be read.
    pub fn holder(project: &Path, pipeline: &str) -> Result<Option<HeldBy>, LockError> {
        let path = project.join(FOLDER).join(file_name(pipeline));
        let failed = |source| LockError::Io { path: path.clone(), source };
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(None),
            Err(TryLockError::WouldBlock) => {
                Ok(Some(HeldBy { pipeline: pipeline.to_owned(), holder: told_by(&mut file) }))
            }
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// Takes the lock as [`Lock::try_acquire`] does, but waits until it is free. `on_wait` is called when another process is found to hold it, and again
    /// every 50 ms; it may give up.
    ///
    /// # Errors
    /// [`LockError::Held`] if `on_wait` gave up; else if the file cannot be made.
    pub fn acquire_waiting(
        project: &Path,
        pipeline: &str,
        holder: &Holder,
        mut on_wait: impl FnMut(&HeldBy) -> ControlFlow<()>,
    ) -> Result<Self, LockError> {
        loop {
            match Self::try_acquire(project, pipeline, holder) {
                Err(LockError::Held(held)) => {
                    if on_wait(&held).is_break() {
                        return Err(LockError::Held(held));
                    }
                    std::thread::sleep(LOOK);
                }
                other => return other,
            }
        }
    }

    /// Tells others something new: the run's id.
    ///
    /// # Errors
    /// If the file cannot be written; the lock is held all the same.
    pub fn tell(&mut self, holder: &Holder) -> std::io::Result<()> {
        let text = serde_json::to_vec(holder)?;
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(&text)
    }

    /// The pipeline it belongs to.
    pub fn pipeline(&self) -> &str {
        &self.pipeline
    }
}

impl Holder {
    /// This process, from now on.
    pub fn current(command: impl Into<String>) -> Self {
        Self { pid: std::process::id(), run: None, since: Timestamp::now(), command: command.into() }
    }
}

impl fmt::Display for HeldBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is being run by another process", self.pipeline)?;
        let Some(holder) = &self.holder else { return Ok(()) };
        write!(f, ": `{}`, pid {}", holder.command, holder.pid)?;
        if let Some(run) = &holder.run {
            write!(f, ", run {run}")?;
        }
        write!(f, ", since {}", holder.since.strftime("%Y-%m-%d %H:%M:%S UTC"))
    }
}

/// The name of a pipeline's lock file: what may trouble a file system is written as `%` and its code.
fn file_name(pipeline: &str) -> String {
    let mut name = String::with_capacity(pipeline.len() + 5);
    for byte in pipeline.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_ ".contains(&byte) {
            name.push(char::from(byte));
        } else {
            name.push_str(&format!("%{byte:02x}"));
        }
    }
    // Never the name of one of our other files.
    name.push_str(".run.lock");
    name
}
