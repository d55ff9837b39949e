//! The folder that this machine and all workers see under one path.
//!
//! ```text
//! <warehouse>/tidemill/<project>/attempts/<id>/part-…  _SUCCESS     one write of a table, never changed afterwards
//!                               tables/<digest>                     the name of the write that holds the table of that digest
//!                               staged/<digest>/part-…  _SUCCESS    tables of this machine, by their content
//! ```

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tidemill_core::ids::Digest;

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
}

impl Warehouse {
    /// The part of a warehouse that is a project's; the URL is one that [`folder_of`] has accepted.
    pub fn of(url: &str, project: &Path) -> Self {
        let path = folder_of(url).unwrap_or_else(|_| PathBuf::from(url));
        let project = std::fs::canonicalize(project).unwrap_or_else(|_| project.to_owned());
        let digest = blake3::hash(project.as_os_str().as_encoded_bytes()).to_hex();
        let root = path.join("tidemill").join(&digest[..16]);
        Self { folder: path, root }
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

    /// Has the table of that digest be the one in a folder of [`attempt`](Self::attempt), unless there is one already.
    ///
    /// # Errors
    /// If that cannot be written.
    pub fn point(&self, digest: &Digest, attempt: &Path) -> io::Result<()> {
        if self.table(digest).is_some() {
            return Ok(());
        }
        let pointer = self.pointer(digest);
        std::fs::create_dir_all(self.root.join("tables"))?;
        let name = attempt.file_name().unwrap_or_default();
        let new = pointer.with_extension(uuid());
        std::fs::write(&new, name.as_encoded_bytes())?;
        std::fs::rename(new, pointer)
    }

    /// The folder of the table of that digest, if it is whole.
    pub fn table(&self, digest: &Digest) -> Option<PathBuf> {
        let name = std::fs::read_to_string(self.pointer(digest)).ok()?;
        Some(self.attempt(&name)).filter(|folder| is_whole(folder))
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
        let now = self.now()?;
        let is_old = |path: &Path, age: Duration| {
            let changed = std::fs::metadata(path).and_then(|found| found.modified());
            changed.is_ok_and(|changed| now.duration_since(changed).is_ok_and(|since| since > age))
        };
        let mut named = HashSet::new();
        for pointer in self.entries("tables")? {
            let digest = pointer.file_name().and_then(|name| Digest::parse(&name.to_string_lossy()));
            if digest.is_some_and(|digest| live.contains(&digest)) || !is_old(&pointer, UNNAMED) {
                named.insert(std::fs::read_to_string(&pointer)?);
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
