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
        let texts = read.map(|file| (PathBuf::from(&file.name), file.text.clone()));
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
        let folder = project.join(tidemill_state::FOLDER).join("last_good");
        let digest = tidemill_core::ids::Digest::of(pipeline.as_bytes());
        let path = folder.join(format!("{digest}.json"));
        let written = tidemill_core::private::folder(&folder)
            .and_then(|()| Ok(serde_json::to_vec(&self.texts)?))
            .and_then(|text| std::fs::write(&path, text));
        written.map_err(|error| Failure::broken(format!("cannot write {}: {error}", path.display())))?;
        Ok(path)
    }
}
