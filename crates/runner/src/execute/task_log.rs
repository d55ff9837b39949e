//! The logs of a run: one file for each task, and one of the run.

use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tidemill_core::ids::TaskName;
use tidemill_core::task::LogLevel;

use tidemill_secrets::Masker;

/// How logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
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
    open: Mutex<HashMap<TaskName, Log>>,
}

/// The log of a task that is under way.
#[derive(Default)]
struct Log {
    file: Option<File>,
    /// What goes into the file if anything does.
    held: Vec<u8>,
}

impl RunLogs {
    /// Logs below this folder; nothing is created before the first line.
    pub fn new(folder: PathBuf, format: LogFormat, masker: Masker) -> Self {
        Self { folder, format, masker, open: Mutex::default() }
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
        let text = self.line(task, level, line);
        self.append(task, text.as_bytes());
    }

    /// The same for a line that is not worth a file of its own: thousands of short commands that say nothing would leave as many
    /// files that say so. If nothing else comes, it is in the run's log alone.
    pub fn hold(&self, task: &TaskName, level: LogLevel, line: &str) {
        let text = self.line(task, level, line);
        let mut open = self.open();
        let log = open.entry(task.clone()).or_default();
        log.held.extend_from_slice(text.as_bytes());
        if log.file.is_some() {
            self.put(task, log, &[]);
        }
    }

    /// Writes what has been held back.
    pub fn show(&self, task: &TaskName) {
        if let Some(log) = self.open().get_mut(task) {
            self.put(task, log, &[]);
        }
    }

    /// Tells the run's log of a line; as it stands in the task's.
    fn line(&self, task: &TaskName, level: LogLevel, line: &str) -> String {
        let line = self.masker.text(line);
        match level {
            LogLevel::Info => tracing::info!(task = task.as_str(), "{line}"),
            LogLevel::Warn => tracing::warn!(task = task.as_str(), "{line}"),
            LogLevel::Error => tracing::error!(task = task.as_str(), "{line}"),
        }
        let at = jiff::Timestamp::now();
        match self.format {
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
        }
    }

    /// Lets go of a task's log; who writes to it again opens it again.
    pub fn close(&self, task: &TaskName) {
        self.open().remove(task);
    }

    /// Writes to a task's log as it is.
    pub fn append(&self, task: &TaskName, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.put(task, self.open().entry(task.clone()).or_default(), bytes);
        }
    }

    /// Writes what has been held back and then this.
    fn put(&self, task: &TaskName, log: &mut Log, bytes: &[u8]) {
        let held = std::mem::take(&mut log.held);
        if held.is_empty() && bytes.is_empty() {
            return;
        }
        let file = match &mut log.file {
            Some(file) => file,
            none => match self.create(task) {
                Ok(file) => none.insert(file),
                Err(error) => return tracing::warn!("cannot write {}: {error}", self.path(task).display()),
            },
        };
        let written = if held.is_empty() { file.write_all(bytes) } else { file.write_all(&[&held, bytes].concat()) };
        if let Err(error) = written {
            tracing::warn!("cannot write the log of {task}: {error}");
        }
    }

    fn create(&self, task: &TaskName) -> std::io::Result<File> {
        let path = self.path(task);
        let open = || File::options().create(true).append(true).open(&path);
        open().or_else(|_| std::fs::create_dir_all(&self.folder).and_then(|()| open()))
    }

    fn open(&self) -> MutexGuard<'_, HashMap<TaskName, Log>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logs(folder: &Path) -> (RunLogs, TaskName) {
        (RunLogs::new(folder.join("logs"), LogFormat::Text, Masker::new([""])), TaskName::new("t"))
    }

    /// What stands in the log behind time and level.
    fn lines(logs: &RunLogs, task: &TaskName) -> Vec<String> {
        let text = std::fs::read_to_string(logs.path(task)).unwrap();
        text.lines().map(|line| line.split_once("INFO  ").unwrap().1.to_owned()).collect()
    }

    #[test]
    fn what_is_held_comes_before_what_it_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let (logs, task) = logs(folder.path());
        logs.hold(&task, LogLevel::Info, "starts");
        assert!(!logs.path(&task).exists());
        logs.write(&task, LogLevel::Info, "says");
        assert_eq!(lines(&logs, &task), ["starts", "says"]);
        logs.hold(&task, LogLevel::Info, "done");
        assert_eq!(lines(&logs, &task), ["starts", "says", "done"]);
    }

    #[test]
    fn nothing_but_what_is_held_leaves_no_file_unless_it_is_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let (logs, task) = logs(folder.path());
        logs.hold(&task, LogLevel::Info, "first");
        logs.append(&task, b"");
        logs.close(&task);
        logs.show(&task);
        assert!(!logs.folder().exists());
        logs.hold(&task, LogLevel::Info, "second");
        logs.show(&task);
        assert_eq!(lines(&logs, &task), ["second"]);
    }
}
