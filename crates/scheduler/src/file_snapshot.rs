//! The texts of a pipeline as they were when nothing was wrong with them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tidemill_core::diagnostic::{FileId, SourceMap};

use tidemill_runner::Failure;

/// Files with their texts, and what the system said of them when they were read.
#[derive(Clone, Debug, Default)]
pub struct FileSnapshot {
    stamps: Vec<(PathBuf, Option<Stamp>)>,
    texts: BTreeMap<PathBuf, String>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let found = std::fs::metadata(path).ok()?;
        Some(Self { length: found.len(), modified: found.modified().ok() })
    }
}

impl FileSnapshot {
    /// The files as they are now, with those texts of them that were read.
    pub fn of(files: &[PathBuf], sources: &SourceMap) -> Self {
        let stamps = files.iter().map(|path| (path.clone(), Stamp::of(path))).collect();
        let read = (0..).map_while(|id| sources.get(FileId(id)));
        // Whoever opens a pipeline by a relative path has it in the names of its texts.
        let whole = |name: &str| std::path::absolute(name).unwrap_or_else(|_| PathBuf::from(name));
        let texts = read.map(|file| (whole(&file.name), file.text.clone()));
        Self { stamps, texts: texts.filter(|(path, _)| files.contains(path)).collect() }
    }

    /// Whether the files are no longer as they were.
    pub fn have_changed(&self) -> bool {
        self.stamps.iter().any(|(path, stamp)| Stamp::of(path) != *stamp)
    }

    /// From now on, changes count from what is there now.
    pub fn look_again(&mut self) {
        self.stamps.iter_mut().for_each(|(path, stamp)| *stamp = Stamp::of(path));
    }

    /// The files.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.stamps.iter().map(|(path, _)| path.as_path())
    }

    /// Writes the texts to a file of the project, for a run that is to take them instead of what is on the disk; its path.
    pub fn keep(&self, project: &Path, pipeline: &str) -> Result<PathBuf, Failure> {
        let digest = tidemill_core::ids::Digest::of(pipeline.as_bytes());
        let path = kept(project).join(format!("{digest}.json"));
        self.write(&path)?;
        Ok(path)
    }

    /// Keeps the texts where they are found by the pipeline's file alone, once it cannot be read any more: whom to tell of that
    /// stands in them.
    pub fn keep_for_notices(&self, file: &Path) -> Result<(), Failure> {
        kept_for_notices(file).map_or(Ok(()), |path| self.write(&path))
    }

    fn write(&self, path: &Path) -> Result<(), Failure> {
        let written = path.parent().map_or(Ok(()), tidemill_core::private::folder);
        let written =
            written.and_then(|()| Ok(serde_json::to_vec(&self.texts)?)).and_then(|text| std::fs::write(path, text));
        written.map_err(|error| Failure::broken(format!("cannot write {}: {error}", path.display())))
    }
}

/// Where the texts are kept that a pipeline's file had when nothing was wrong with it, for telling of its mistakes.
pub fn kept_for_notices(file: &Path) -> Option<PathBuf> {
    let name = file.file_name()?.to_string_lossy();
    let digest = tidemill_core::ids::Digest::of(format!("notices of {name}").as_bytes());
    Some(kept(file.parent()?).join(format!("{digest}.json")))
}

fn kept(project: &Path) -> PathBuf {
    project.join(tidemill_state::FOLDER).join("last_good")
}
