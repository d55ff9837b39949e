//! The logs of a run: one file for each task, and one of the run.

use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tidemill_core::ids::TaskName;
use tidemill_core::kind::LogLevel;

use crate::mask::Masker;

/// How logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum LogFormat {
    /// A line for people.
    #[default]
    Text,
    /// An object a line.
    Json,
}

/// The folder `logs/<run>/`. A log that cannot be written never harms the run.
pub struct RunLogs {
    folder: PathBuf,
    format: LogFormat,
    masker: Masker,
    files: Mutex<HashMap<TaskName, File>>,
}

impl RunLogs {
    /// Logs below this folder; nothing is created before the first line.
    pub fn new(folder: PathBuf, format: LogFormat, masker: Masker) -> Self {
        Self { folder, format, masker, files: Mutex::default() }
    }

    /// How they are written.
    pub fn format(&self) -> LogFormat {
        self.format
    }

    /// What takes the secrets out.
    pub fn masker(&self) -> &Masker {
        &self.masker
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The path of a task's log.
    pub fn path(&self, task: &TaskName) -> PathBuf {
        self.folder.join(format!("{task}.log"))
    }

    /// Writes a line to a task's log, and to the run's.
    pub fn write(&self, task: &TaskName, level: LogLevel, line: &str) {
        let line = self.masker.text(line);
        match level {
            LogLevel::Info => tracing::info!(task = task.as_str(), "{line}"),
            LogLevel::Warn => tracing::warn!(task = task.as_str(), "{line}"),
            LogLevel::Error => tracing::error!(task = task.as_str(), "{line}"),
        }
        let at = jiff::Timestamp::now();
        let text = match self.format {
            LogFormat::Text => {
                let name = match level {
                    LogLevel::Info => "INFO ",
                    LogLevel::Warn => "WARN ",
                    LogLevel::Error => "ERROR",
                };
                format!("{at:.3} {name} {line}\n")
            }
            LogFormat::Json => {
                let at = format!("{at:.3}");
                serde_json::json!({"at": at, "level": level, "task": task, "message": line}).to_string() + "\n"
            }
        };
        self.append(task, text.as_bytes());
    }

    /// Lets go of a task's log; who writes to it again opens it again.
    pub fn close(&self, task: &TaskName) {
        self.files.lock().unwrap_or_else(PoisonError::into_inner).remove(task);
    }

    /// Writes to a task's log as it is.
    pub fn append(&self, task: &TaskName, bytes: &[u8]) {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if !files.contains_key(task) {
            let path = self.path(task);
            let open = || File::options().create(true).append(true).open(&path);
            let opened = open().or_else(|_| std::fs::create_dir_all(&self.folder).and_then(|()| open()));
            match opened {
                Ok(file) => drop(files.insert(task.clone(), file)),
                Err(error) => return tracing::warn!("cannot write {}: {error}", path.display()),
            }
        }
        if let Some(Err(error)) = files.get_mut(task).map(|file| file.write_all(bytes)) {
            tracing::warn!("cannot write the log of {task}: {error}");
        }
    }
}
