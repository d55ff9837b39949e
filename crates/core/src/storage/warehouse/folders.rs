//! Folders that hold published tables.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Where they are.
pub(super) const OUTPUTS: &str = "outputs";
/// Where they are made.
const ATTEMPTS: &str = "attempts";
/// The names and sizes of a folder's files. Spark leaves out what begins so.
const FILES: &str = "_files";
/// What Spark writes last.
const SUCCESS: &str = "_SUCCESS";
/// The age from which a folder goes that no name leads to: who has begun to read it has done so.
const UNUSED: Duration = Duration::from_secs(86_400);

/// The files of a folder that hold rows, with their sizes.
fn files(folder: &Path) -> io::Result<BTreeMap<String, u64>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with(['.', '_']) {
            found.insert(name, entry.metadata()?.len());
        }
    }
    Ok(found)
}

/// Whether a folder has just the files with which it was published.
pub(super) fn is_intact(folder: &Path) -> bool {
    let listed = fs::read_to_string(folder.join(FILES)).ok();
    let listed = listed.and_then(|text| serde_json::from_str::<BTreeMap<String, u64>>(&text).ok());
    listed.is_some_and(|listed| files(folder).is_ok_and(|found| found == listed))
}

/// A new folder with a copy of a file.
pub(super) fn with_file(root: &Path, file: &Path) -> io::Result<PathBuf> {
    let attempts = root.join(ATTEMPTS);
    fs::create_dir_all(&attempts)?;
    let folder = tempfile::Builder::new().prefix("file-").tempdir_in(&attempts)?.keep();
    // Others read it, whatever this program keeps for itself.
    #[cfg(unix)]
    fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    let part = folder.join("part-00000.parquet");
    fs::copy(file, &part)?;
    fs::File::open(&part)?.sync_all()?;
    fs::write(folder.join(SUCCESS), "")?;
    Ok(folder)
}

/// Lists the files of a folder and moves it to its place. One that is there already and whole is kept; one that is not makes way.
pub(super) fn settle(root: &Path, written: &Path, id: &str) -> io::Result<()> {
    let place = root.join(OUTPUTS).join(id);
    if is_intact(&place) {
        return fs::remove_dir_all(written);
    }
    fs::create_dir_all(root.join(OUTPUTS))?;
    fs::write(written.join(FILES), serde_json::to_string(&files(written)?).map_err(io::Error::other)?)?;
    if place.symlink_metadata().is_ok() {
        let damaged = tempfile::Builder::new().prefix("damaged-").tempdir_in(root.join(ATTEMPTS))?.keep();
        fs::rename(&place, damaged.join("folder"))?;
    }
    fs::rename(written, place)
}

/// Removes folders that are not named and have not changed for long.
pub(super) fn sweep(root: &Path, named: &[String]) -> io::Result<()> {
    let now = SystemTime::now();
    let entries = match fs::read_dir(root.join(OUTPUTS)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let folder = format!("{OUTPUTS}/{}", entry.file_name().to_string_lossy());
        let changed = entry.metadata()?.modified()?;
        let is_old = now.duration_since(changed).is_ok_and(|since| since > UNUSED);
        if is_old && !named.contains(&folder) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

/// All files below a folder.
pub(super) fn files_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => found.extend(files_below(&entry.path())?),
            false => found.push(entry.path()),
        }
    }
    Ok(found)
}
