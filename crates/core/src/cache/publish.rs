//! Files appear under their final names whole or not at all.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use tempfile::NamedTempFile;

use super::CacheError;

/// What the names of temporary files begin with. The dot keeps them out of globs.
const PREFIX: &str = ".tidemill-";
/// What they end with.
const SUFFIX: &str = ".tmp";
/// How many letters and digits stand between the two.
const TAG: usize = 6;

/// Copies a file to `to`: to a temporary name in the folder of `to`, synced, then renamed over it. The folder is made if it
/// is missing. A link at `to` is replaced, not followed. Where the file system can, the two share their blocks.
///
/// # Errors
/// If `from` cannot be read or `to` cannot be written; then what was at `to` is still there.
pub fn publish_file(from: &Path, to: &Path) -> Result<(), CacheError> {
    let folder = folder(to);
    std::fs::create_dir_all(folder).map_err(CacheError::io("make the folder", folder))?;
    let mut source = File::open(from).map_err(CacheError::io("read", from))?;
    let mut staged = temporary(folder)?;
    io::copy(&mut source, staged.as_file_mut()).map_err(CacheError::io("write", to))?;
    persist(staged, to)
}

/// Whether a file's name is one that [`publish_file`] writes under before it gives the final one: in the absence of a run, what a
/// killed one has left.
pub fn is_temporary_name(name: &OsStr) -> bool {
    let tag = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX));
    tag.is_some_and(|tag| tag.len() == TAG && tag.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// Removes the files in `folder` that are older than `age` at `now`: there are only temporary ones. Says how many went.
///
/// # Errors
/// If the folder cannot be read or a file cannot be removed; a folder that is not there is empty.
pub(super) fn sweep(folder: &Path, age: Duration, now: SystemTime) -> Result<usize, CacheError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(CacheError::io("read", folder)(error)),
    };
    let mut removed = 0;
    for entry in entries {
        let entry = entry.map_err(CacheError::io("read", folder))?;
        let found = entry.metadata().ok().filter(std::fs::Metadata::is_file);
        let Some(modified) = found.and_then(|found| found.modified().ok()) else { continue };
        let is_old = now.duration_since(modified).is_ok_and(|since| since >= age);
        if is_old && super::store::remove(&entry.path())? {
            removed += 1;
        }
    }
    Ok(removed)
}

/// A new file with a temporary name in `folder`, with the rights that the user's umask gives to new files.
pub(super) fn temporary(folder: &Path) -> Result<NamedTempFile, CacheError> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX).rand_bytes(TAG);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder).map_err(CacheError::io("write into", folder))
}

/// Gives a finished temporary file its final name, for good: also after a power cut it is there whole or not at all.
pub(super) fn persist(staged: NamedTempFile, to: &Path) -> Result<(), CacheError> {
    staged.as_file().sync_all().map_err(CacheError::io("sync", to))?;
    staged.persist(to).map_err(|error| CacheError::io("write", to)(error.error))?;
    sync_folder(folder(to))
}

/// Makes the names in a folder last. Where folders cannot be opened, the system sees to it.
pub(super) fn sync_folder(folder: &Path) -> Result<(), CacheError> {
    if cfg!(unix) {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(CacheError::io("sync", folder))?;
    }
    Ok(())
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type TestResult = Result<(), Box<dyn std::error::Error>>;

    #[test]
    fn a_published_file_replaces_the_one_before_and_leaves_nothing_else() -> TestResult {
        let dir = tempfile::tempdir()?;
        let (from, to) = (dir.path().join("from"), dir.path().join("deep/er/report.txt"));
        for content in ["one", "two"] {
            std::fs::write(&from, content)?;
            publish_file(&from, &to)?;
            assert_eq!(std::fs::read_to_string(&to)?, content);
        }
        assert_eq!(std::fs::read_dir(dir.path().join("deep/er"))?.count(), 1);
        Ok(())
    }

    #[test]
    fn what_cannot_be_published_leaves_what_was_there() -> TestResult {
        let dir = tempfile::tempdir()?;
        let to = dir.path().join("report.txt");
        std::fs::write(&to, "old")?;
        assert!(publish_file(&dir.path().join("missing"), &to).is_err());
        assert_eq!(std::fs::read_to_string(&to)?, "old");
        Ok(())
    }

    #[cfg(unix)]
    #[test]
    fn others_may_read_what_is_published_as_the_umask_says() -> TestResult {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir()?;
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        std::fs::write(&from, "x")?;
        publish_file(&from, &to)?;
        let mode = |path: &Path| std::fs::metadata(path).map(|metadata| metadata.permissions().mode());
        assert_eq!(mode(&to)?, mode(&from)?);
        Ok(())
    }

    #[test]
    fn temporary_names_are_recognised() -> TestResult {
        let dir = tempfile::tempdir()?;
        let temporary = temporary(dir.path())?;
        assert!(temporary.path().file_name().is_some_and(is_temporary_name));
        for other in [".tidemill-notes.tmp2", ".tidemill-a.b-c.tmp", "tidemill-abcdef.tmp", ".tidemill-abcdefg.tmp"] {
            assert!(!is_temporary_name(OsStr::new(other)), "{other}");
        }
        Ok(())
    }

    #[test]
    fn only_old_temporary_files_are_swept() -> TestResult {
        let dir = tempfile::tempdir()?;
        std::fs::write(dir.path().join(".tidemill-abc.tmp"), "x")?;
        std::fs::create_dir(dir.path().join("process-x"))?;
        let hour = Duration::from_secs(3600);
        assert_eq!(sweep(dir.path(), hour, SystemTime::now())?, 0);
        assert_eq!(sweep(dir.path(), hour, SystemTime::now() + 2 * hour)?, 1);
        assert_eq!(std::fs::read_dir(dir.path())?.count(), 1);
        assert_eq!(sweep(&dir.path().join("missing"), hour, SystemTime::now())?, 0);
        Ok(())
    }
}
