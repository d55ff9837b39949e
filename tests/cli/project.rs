//! A project in a folder of its own, the real binary in it, and what came out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use regex::Regex;
use tempfile::TempDir;

/// A folder with a pipeline and its files. It is gone when the value is.
pub struct Project {
    /// Holds `project/`, so that a test may write beside it.
    outside: TempDir,
}

impl Project {
    /// An empty folder.
    pub fn new() -> Self {
        let outside = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir(outside.path().join("project")).expect("an empty folder");
        Self { outside }
    }

    /// The folder.
    pub fn root(&self) -> PathBuf {
        self.outside.path().join("project")
    }

    /// Writes `pipeline.yaml`; the indentation that all its lines share goes.
    pub fn pipeline(self, text: &str) -> Self {
        self.file("pipeline.yaml", dedent(text))
    }

    /// Writes a file.
    pub fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.root().join(path);
        std::fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("a folder");
        std::fs::write(path, content).expect("a file");
        self
    }

    /// Writes a file of a project that is in use.
    pub fn file_later(&self, path: &str, content: &str) {
        std::fs::write(self.root().join(path), content).expect("a file");
    }

    /// Removes a file.
    pub fn gone(&self, path: &str) {
        std::fs::remove_file(self.root().join(path)).expect("it was there");
    }

    /// Makes a folder.
    pub fn folder(self, path: &str) -> Self {
        std::fs::create_dir_all(self.root().join(path)).expect("a folder");
        self
    }

    /// Makes an SQLite database by these statements.
    pub fn sqlite(self, path: &str, statements: &str) -> Self {
        let this = self.file(path, "");
        let database = rusqlite::Connection::open(this.root().join(path)).expect("a database");
        database.execute_batch(statements).expect("well-formed statements");
        this
    }

    /// Makes a symbolic link.
    #[cfg(unix)]
    pub fn link(self, path: &str, target: impl AsRef<Path>) -> Self {
        std::os::unix::fs::symlink(target, self.root().join(path)).expect("a link");
        self
    }

    /// Copies files or folders of this repository.
    pub fn copy(self, names: &[&str]) -> Self {
        names.iter().for_each(|name| copy(&repository().join(name), &self.root().join(name)));
        self
    }

    /// The binary, ready to be started in the folder with nothing of this process's environment.
    pub fn command<const N: usize>(&self, arguments: [&str; N]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidemill"));
        command.args(arguments).current_dir(self.root()).stdin(Stdio::null()).env_clear();
        command
    }

    /// Runs the binary to its end.
    pub fn run<const N: usize>(&self, arguments: [&str; N]) -> Outcome {
        let output = self.command(arguments).output().expect("the binary starts");
        self.outcome(output)
    }

    /// Waits for a binary that was started before.
    pub fn wait(&self, child: Child) -> Outcome {
        self.outcome(child.wait_with_output().expect("the binary was started"))
    }

    fn outcome(&self, output: Output) -> Outcome {
        let text = |bytes: Vec<u8>| self.plain(&String::from_utf8(bytes).expect("the binary writes UTF-8"));
        Outcome { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// The text without what differs from run to run: folders, run ids, instants, durations.
    fn plain(&self, text: &str) -> String {
        let real = self.outside.path().canonicalize().expect("the folder is there");
        let mut text = text.to_owned();
        for folder in [self.outside.path(), &real] {
            text = text.replace(&folder.display().to_string(), "[folder]");
        }
        let filters = [
            (r"\b\d{8}-\d{6}-[0-9a-f]{4}\b", "[run]"),
            (r"\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z", "[instant]"),
            (r" +(\d+ ms|\d+\.\d+ s|\d+ m \d+ s)\b", "  [time]"),
            (r"(?m) +time$", "  time"),
            (r"in  \[time\]:", "in [time]:"),
        ];
        for (pattern, plain) in filters {
            text = Regex::new(pattern).expect("a regular expression").replace_all(&text, plain).into_owned();
        }
        text
    }

    /// Whether the file is there.
    pub fn has(&self, path: &str) -> bool {
        self.root().join(path).exists()
    }

    /// The text of a file.
    pub fn read(&self, path: &str) -> String {
        String::from_utf8(self.bytes(path)).expect("a text")
    }

    /// The content of a file.
    pub fn bytes(&self, path: &str) -> Vec<u8> {
        std::fs::read(self.root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// The one log that the last and only run has written for a task.
    pub fn log(&self, task: &str) -> String {
        let mut runs = self.root().join("logs").read_dir().expect("a run has been").flatten();
        let run = runs.next().expect("a run has been").path();
        assert!(runs.next().is_none(), "there was more than one run");
        self.plain(&std::fs::read_to_string(run.join(format!("{task}.log"))).expect("the task has a log"))
    }

    /// All files below a folder by their paths within it.
    pub fn files(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        gather(&self.root().join(folder), "", &mut files);
        files
    }
}

fn gather(folder: &Path, below: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in folder.read_dir().into_iter().flatten().flatten() {
        let name = format!("{below}{}", entry.file_name().to_string_lossy());
        match entry.path().is_dir() {
            true => gather(&entry.path(), &format!("{name}/"), files),
            false => drop(files.insert(name, std::fs::read(entry.path()).expect("a file"))),
        }
    }
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        std::fs::create_dir_all(to).expect("a folder");
        for entry in from.read_dir().expect("a folder").flatten() {
            // What a run in the repository itself has left there is no source.
            if entry.file_name() != "processed" {
                copy(&entry.path(), &to.join(entry.file_name()));
            }
        }
    } else {
        std::fs::copy(from, to).expect("a file");
    }
}

/// Where this repository is.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What a run of the binary has left.
#[derive(Debug)]
pub struct Outcome {
    pub code: Option<i32>,
    /// The data.
    pub stdout: String,
    /// The story.
    pub stderr: String,
}

impl Outcome {
    /// Asserts the exit code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "\n── stdout\n{}\n── stderr\n{}", self.stdout, self.stderr);
        self
    }

    /// The warnings, each on one line.
    pub fn warnings(&self) -> String {
        let mut warnings: Vec<String> = Vec::new();
        let mut is_warning = false;
        for line in self.stderr.lines() {
            if line.starts_with("warning") {
                warnings.push(line.to_owned());
                is_warning = true;
            } else if let (true, Some(last)) = (is_warning && line.starts_with(' '), warnings.last_mut()) {
                *last += " ";
                *last += line.trim();
            } else {
                is_warning = false;
            }
        }
        warnings.join("\n")
    }
}

/// The text without the first line break, and without the indentation that its lines share.
pub fn dedent(text: &str) -> String {
    let text = text.strip_prefix('\n').unwrap_or(text);
    let lines = || text.lines().filter(|line| !line.trim().is_empty());
    let common = lines().map(|line| line.len() - line.trim_start_matches(' ').len()).min().unwrap_or(0);
    text.lines().map(|line| line.get(common..).unwrap_or_default().to_owned() + "\n").collect()
}
