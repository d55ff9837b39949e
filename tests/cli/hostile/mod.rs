//! Files as they come: each is read rightly, or refused with a message that names the file, and the line where there is one.
//! Nothing panics, hangs, or becomes another number.

mod broken;
#[cfg(unix)]
mod endless;
#[cfg(target_os = "linux")]
mod large;
mod late;
mod readable;
mod special;

use std::collections::BTreeMap;

use crate::project::{Outcome, Project};

/// Files of the corpus, all read in one pipeline: a task for each.
struct Corpus {
    project: Project,
    tasks: String,
    /// Of each task, its file and what is expected.
    expected: BTreeMap<String, (String, String)>,
}

impl Corpus {
    fn new() -> Self {
        Self { project: Project::new(), tasks: String::new(), expected: BTreeMap::new() }
    }

    /// A file, the other keys of its `load` task, and what is expected of it.
    fn file(mut self, path: &str, content: impl AsRef<[u8]>, keys: &str, expected: &str) -> Self {
        self.project = self.project.file(path, content);
        self.task(path, keys, expected)
    }

    /// A task for something that is there already.
    fn task(mut self, path: &str, keys: &str, expected: &str) -> Self {
        let task = format!("f{}", self.expected.len());
        let keys = if keys.is_empty() { String::new() } else { format!(", {keys}") };
        self.tasks += &format!("  {task}: {{type: load, path: \"{path}\", output: out/{task}.csv{keys}}}\n");
        self.expected.insert(task, (path.to_owned(), expected.to_owned()));
        self
    }

    /// Changes the folder by other means.
    fn with(mut self, change: impl FnOnce(Project) -> Project) -> Self {
        self.project = change(self.project);
        self
    }

    fn written(self) -> (Project, BTreeMap<String, (String, String)>) {
        let text = format!("version: 1\nname: hostile\ntasks:\n{}", self.tasks);
        (self.project.file("pipeline.yaml", text), self.expected)
    }
}

/// Asserts that nothing has panicked and that each file is mentioned with what is expected.
#[track_caller]
fn all_are_told(outcome: &Outcome, expected: &BTreeMap<String, (String, String)>) {
    assert!(!outcome.stderr.contains("panicked"), "{}", outcome.stderr);
    let missing: Vec<_> = expected
        .values()
        .map(|(path, message)| format!("{path}{message}"))
        .filter(|message| !outcome.stderr.contains(message.as_str()))
        .collect();
    assert!(missing.is_empty(), "not told:\n{}\n── stderr\n{}", missing.join("\n"), outcome.stderr);
}

/// Asserts that each task has written what is expected of it.
#[track_caller]
fn all_are_right(project: &Project, expected: &BTreeMap<String, (String, String)>, outcome: &Outcome) {
    assert!(!outcome.stderr.contains("panicked"), "{}", outcome.stderr);
    let short = |text: &str| text.chars().take(300).collect::<String>();
    let wrong: Vec<String> = expected
        .iter()
        .filter_map(|(task, (path, expected))| {
            let file = format!("out/{task}.csv");
            let found = if project.has(&file) { project.read(&file) } else { "nothing".to_owned() };
            let differs = found != *expected;
            differs.then(|| format!("{path}\n  found    {:?}\n  expected {:?}", short(&found), short(expected)))
        })
        .collect();
    assert!(wrong.is_empty(), "{}\n── stderr\n{}", wrong.join("\n"), outcome.stderr);
}

/// Makes a named pipe, to which nobody will ever write.
#[cfg(unix)]
fn pipe(project: &Project, path: &str) {
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, project.root().join(path), rustix::fs::FileType::Fifo, mode, 0)
        .expect("a pipe");
}

/// Bytes packed as `.gz`.
pub fn gz(content: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(content).expect("memory takes everything");
    packer.finish().expect("memory takes everything")
}

/// A text as UTF-16, with or without a byte-order mark.
fn utf16(text: &str, mark: bool, big: bool) -> Vec<u8> {
    let units = text.encode_utf16();
    let units: Vec<u16> = if mark { std::iter::once(0xFEFF).chain(units).collect() } else { units.collect() };
    units.into_iter().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}
