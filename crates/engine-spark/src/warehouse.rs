//! The folder that this machine and all workers see under one path.
//!
//! ```text
//! <warehouse>/tidemill/<project>/attempts/<id>/part-…  _SUCCESS     one write of a table, never changed afterwards
//!                               tables/<digest>                     which write, or which files, hold the table of that digest
//!                               staged/<digest>/part-…  _SUCCESS    tables of this machine, by their content
//! ```

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use tidemill_core::ids::Digest;
use tidemill_core::storage::WarehouseFolder;

use crate::lower::{Ordinal, Source, Stored};
use crate::uuid::uuid;

/// The age from which a pointer goes that the cache does not name.
const UNNAMED: Duration = Duration::from_secs(3_600);
/// The age from which a folder goes that no pointer names.
const UNUSED: Duration = Duration::from_secs(86_400);

/// The file that Spark writes last.
const SUCCESS: &str = "_SUCCESS";

/// A warehouse on a file system.
pub(crate) struct Warehouse {
    /// The folder that its URL names.
    folder: PathBuf,
    /// What in it is a project's.
    root: PathBuf,
    /// What is published in it.
    outputs: WarehouseFolder,
}

impl Warehouse {
    /// The part of a warehouse that is a project's; the URL is one that [`folder_of`] has accepted.
    pub fn of(url: &str, project: &Path) -> Self {
        let path = folder_of(url).unwrap_or_else(|_| PathBuf::from(url));
        let outputs = WarehouseFolder::new(&path, project);
        Self { folder: path, root: outputs.root().to_owned(), outputs }
    }

    /// What is published in it.
    pub fn outputs(&self) -> &WarehouseFolder {
        &self.outputs
    }

    /// The folder that its URL names.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A folder for one write.
    pub fn attempt(&self, name: &str) -> PathBuf {
        self.root.join("attempts").join(name)
    }

    /// The folder of what this machine has brought, by its content.
    pub fn staged(&self, digest: &Digest) -> PathBuf {
        self.root.join("staged").join(digest.to_string())
    }

    /// A folder below which there may be anything meanwhile.
    pub fn temporary(&self, name: &str) -> PathBuf {
        self.root.join("staged").join(format!(".{name}"))
    }

    /// Has the table of that digest be the one in these files, unless there is one already.
    ///
    /// # Errors
    /// If that cannot be written.
    pub fn point(&self, digest: &Digest, rows: &TableFiles) -> io::Result<()> {
        if self.table(digest).is_some() {
            return Ok(());
        }
        let pointer = self.pointer(digest);
        std::fs::create_dir_all(self.root.join("tables"))?;
        let new = pointer.with_extension(uuid());
        std::fs::write(&new, serde_json::to_vec(&rows.pointer())?)?;
        std::fs::rename(new, pointer)
    }

    /// The files of the table of that digest, if they are whole and as they were.
    pub fn table(&self, digest: &Digest) -> Option<TableFiles> {
        let pointer = Pointer::read(&self.pointer(digest)).ok()?;
        let rows = match pointer {
            Pointer::Attempt(name) => TableFiles::Written(self.attempt(&name)),
            Pointer::Sorted(name) => TableFiles::Sorted(self.attempt(&name)),
            Pointer::Files(files) => TableFiles::Source(files),
        };
        rows.are_there().then_some(rows)
    }

    fn pointer(&self, digest: &Digest) -> PathBuf {
        self.root.join("tables").join(digest.to_string())
    }

    /// Removes pointers to tables that are not live, writes that no pointer names, and what was brought but not used, each if it
    /// is older than a run can be.
    ///
    /// # Errors
    /// If something cannot be removed; what went before that is gone.
    pub fn sweep(&self, live: &HashSet<Digest>) -> io::Result<()> {
        self.outputs.sweep()?;
        let now = self.now()?;
        let is_old = |path: &Path, age: Duration| {
            let changed = std::fs::metadata(path).and_then(|found| found.modified());
            changed.is_ok_and(|changed| now.duration_since(changed).is_ok_and(|since| since > age))
        };
        let mut named = HashSet::new();
        for pointer in self.entries("tables")? {
            let digest = pointer.file_name().and_then(|name| Digest::parse(&name.to_string_lossy()));
            if digest.is_some_and(|digest| live.contains(&digest)) || !is_old(&pointer, UNNAMED) {
                // What cannot be read names nothing, and is no table to anybody.
                if let Ok(Pointer::Attempt(name) | Pointer::Sorted(name)) = Pointer::read(&pointer) {
                    named.insert(name);
                }
            } else {
                std::fs::remove_file(&pointer)?;
            }
        }
        for folder in [self.entries("attempts")?, self.entries("staged")?].concat() {
            let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if !named.contains(&name) && is_old(&folder, UNUSED) {
                std::fs::remove_dir_all(&folder)?;
            }
        }
        Ok(())
    }

    /// The time by the clock of the warehouse's file system.
    fn now(&self) -> io::Result<SystemTime> {
        std::fs::create_dir_all(&self.root)?;
        let probe = self.root.join(format!(".{}", uuid()));
        std::fs::write(&probe, "")?;
        let now = std::fs::metadata(&probe).and_then(|found| found.modified());
        std::fs::remove_file(&probe)?;
        now
    }

    fn entries(&self, kind: &str) -> io::Result<Vec<PathBuf>> {
        match std::fs::read_dir(self.root.join(kind)) {
            Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }
}

/// What a file below `tables` says.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Pointer {
    /// The name of the write.
    Attempt(String),
    /// The name of a write whose files are sorted.
    Sorted(String),
    /// Files of somebody else's.
    Files(Vec<SourceFile>),
}

impl Pointer {
    fn read(path: &Path) -> io::Result<Self> {
        Ok(serde_json::from_slice(&std::fs::read(path)?)?)
    }
}

/// Where the rows of a table are.
#[derive(Clone, Debug)]
pub(crate) enum TableFiles {
    /// In a folder that the cluster has written.
    Written(PathBuf),
    /// The same, sorted as a whole.
    Sorted(PathBuf),
    /// In files that are read where they are, in this order.
    Source(Vec<SourceFile>),
}

impl TableFiles {
    /// As the cluster reads them.
    pub fn stored(&self, order: Vec<Ordinal>) -> Stored {
        match self {
            Self::Written(folder) => Stored::Written { folder: uri(folder), order },
            Self::Sorted(folder) => Stored::Sorted { folder: uri(folder) },
            Self::Source(files) => Stored::Files(Source::Files(files.iter().map(|file| file.path.clone()).collect())),
        }
    }

    /// The files with their sizes in bytes.
    pub fn files(&self) -> io::Result<Vec<(PathBuf, u64)>> {
        match self {
            Self::Written(folder) | Self::Sorted(folder) => files(folder),
            Self::Source(files) => Ok(files.iter().map(|file| (PathBuf::from(&file.path), file.bytes)).collect()),
        }
    }

    fn are_there(&self) -> bool {
        match self {
            Self::Written(folder) | Self::Sorted(folder) => is_whole(folder),
            Self::Source(files) => {
                files.iter().all(|file| SourceFile::of(&file.path).is_ok_and(|found| found == *file))
            }
        }
    }

    fn pointer(&self) -> Pointer {
        let name = |folder: &Path| folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match self {
            Self::Written(folder) => Pointer::Attempt(name(folder)),
            Self::Sorted(folder) => Pointer::Sorted(name(folder)),
            Self::Source(files) => Pointer::Files(files.clone()),
        }
    }
}

/// A file of somebody else's, by what tells that it has changed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct SourceFile {
    path: String,
    bytes: u64,
    /// Nanoseconds since 1970.
    modified: u128,
}

impl SourceFile {
    /// The file as it is now.
    ///
    /// # Errors
    /// If it is not there.
    pub fn of(path: &str) -> io::Result<Self> {
        let found = std::fs::metadata(path)?;
        // A time before 1970 is told apart from others by the size alone.
        let modified = found.modified()?.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Ok(Self { path: path.to_owned(), bytes: found.len(), modified: modified.as_nanos() })
    }
}

/// The folder that the URL of a warehouse names.
///
/// # Errors
/// What is wrong with the URL, as a sentence.
pub(crate) fn folder_of(url: &str) -> Result<PathBuf, String> {
    let path = url.strip_prefix("file://").filter(|path| path.starts_with('/'));
    let other = || format!("the warehouse {url} is no file:// URL, such as file:///mnt/shared/tidemill");
    let path = path.ok_or_else(other)?;
    // To Spark these stand for other characters, or end the name.
    match path.chars().find(|c| "`*?[]{}\\".contains(*c)) {
        Some(c) => Err(format!("the warehouse {url} may not have {c} in its path")),
        None => Ok(PathBuf::from(path)),
    }
}

/// The path of a folder as Spark reads it.
pub(crate) fn uri(folder: &Path) -> String {
    format!("file://{}", folder.display())
}

/// Whether a folder was written to its end.
pub(crate) fn is_whole(folder: &Path) -> bool {
    folder.join(SUCCESS).is_file()
}

/// Says that a folder was written to its end.
pub(crate) fn mark_whole(folder: &Path) -> io::Result<()> {
    std::fs::write(folder.join(SUCCESS), "")
}

/// The Parquet files of a folder in the order of their rows, with their sizes in bytes.
pub(crate) fn files(folder: &Path) -> io::Result<Vec<(PathBuf, u64)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with("part-") {
            found.push((entry.path(), entry.metadata()?.len()));
        }
    }
    found.sort();
    Ok(found)
}
