//! The logs of a run: one file for each task, and one of the run.

use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tidemill_core::ids::TaskName;
use tidemill_core::private;
use tidemill_core::task::LogLevel;

use tidemill_secrets::Masker;

/// Of what commands write, a log takes so many bytes: a command that never stops talking shall not fill the disk.
const MOST: u64 = 64 << 20;

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
    /// How many bytes a log may have before no more output is taken.
    most: u64,
    open: Mutex<HashMap<TaskName, Log>>,
}

/// The log of a task that is under way.
#[derive(Default)]
struct Log {
    file: Option<File>,
    /// What goes into the file if anything does.
    held: Vec<u8>,
    /// Whether the last line in the file goes on: one that was begun before, by another attempt, has an end.
    in_line: bool,
    /// How long the file is.
    length: u64,
    /// How many bytes of output it does not have.
    left_out: u64,
}

impl RunLogs {
    /// Logs below this folder; nothing is created before the first line.
    pub fn new(folder: PathBuf, format: LogFormat, masker: Masker) -> Self {
        Self { folder, format, masker, most: MOST, open: Mutex::default() }
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
        let left_out = self.open().get(task).map_or(0, |log| log.left_out);
        if left_out > 0 {
            self.write(task, LogLevel::Warn, &format!("{left_out} bytes of output were left out of the log"));
        }
        self.open().remove(task);
    }

    /// Writes to a task's log as it is.
    fn append(&self, task: &TaskName, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.put(task, self.open().entry(task.clone()).or_default(), bytes);
        }
    }

    /// Writes to a task's log what its command has written, as long as it is not too long: a line says where it is cut.
    pub fn append_output(&self, task: &TaskName, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let mut open = self.open();
        let log = open.entry(task.clone()).or_default();
        if log.file.is_none() {
            // An attempt before may have written much.
            log.length = std::fs::metadata(self.path(task)).map_or(0, |found| found.len());
        }
        let room = self.most.saturating_sub(log.length);
        let fits = usize::try_from(room).map_or(bytes.len(), |room| room.min(bytes.len()));
        let kept = match log.left_out {
            0 if fits == bytes.len() => bytes,
            // Whole lines: the rest of one belongs to what is left out.
            0 => &bytes[..bytes[..fits].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1)],
            _ => &[],
        };
        let is_first = log.left_out == 0 && kept.len() < bytes.len();
        log.left_out += (bytes.len() - kept.len()) as u64;
        self.put(task, log, kept);
        drop(open);
        if is_first {
            self.cut(
                task,
                &format!("the log ends here, at {} bytes: what the command writes from now on is left out", self.most),
            );
        }
    }

    /// Writes where a log is cut, on a line of its own.
    fn cut(&self, task: &TaskName, line: &str) {
        let text = self.line(task, LogLevel::Warn, line);
        let is_open = self.format == LogFormat::Text && self.open().get(task).is_some_and(|log| log.in_line);
        self.append(task, if is_open { format!("\n{text}") } else { text }.as_bytes());
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
        log.length += (held.len() + bytes.len()) as u64;
        log.in_line = bytes.last().or(held.last()) != Some(&b'\n');
        let written = if held.is_empty() { file.write_all(bytes) } else { file.write_all(&[&held, bytes].concat()) };
        if let Err(error) = written {
            tracing::warn!("cannot write the log of {task}: {error}");
        }
    }

    fn create(&self, task: &TaskName) -> std::io::Result<File> {
        let path = self.path(task);
        let open = || private::file().create(true).append(true).open(&path);
        open().or_else(|_| private::folder(&self.folder).and_then(|()| open()))
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
    fn a_log_takes_so_much_output_and_says_where_it_is_cut() {
        let folder = tempfile::tempdir().unwrap();
        let (logs, task) = logs(folder.path());
        let logs = RunLogs { most: 25, ..logs };
        for output in ["first line\n", "second line\nthird", " line\n", "fourth line\n"] {
            logs.append_output(&task, output.as_bytes());
        }
        logs.write(&task, LogLevel::Info, "done");
        logs.close(&task);
        logs.append_output(&task, b"a second attempt\n");
        let text = std::fs::read_to_string(logs.path(&task)).unwrap();
        let lines: Vec<&str> = text.lines().map(|line| line.split_once("Z ").map_or(line, |(_, line)| line)).collect();
        assert_eq!(lines[..2], ["first line", "second line"]);
        assert_eq!(lines[2], "WARN  the log ends here, at 25 bytes: what the command writes from now on is left out");
        assert_eq!(lines[3..5], ["INFO  done", "WARN  23 bytes of output were left out of the log"]);
        assert!(lines[5].starts_with("WARN  the log ends here") && lines.len() == 6, "{text}");
    }

    #[test]
    fn nothing_but_what_is_held_leaves_no_file_unless_it_is_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let (logs, task) = logs(folder.path());
        logs.hold(&task, LogLevel::Info, "first");
        logs.append_output(&task, b"");
        logs.close(&task);
        logs.show(&task);
        assert!(!logs.folder().exists());
        logs.hold(&task, LogLevel::Info, "second");
        logs.show(&task);
        assert_eq!(lines(&logs, &task), ["second"]);
    }
}
