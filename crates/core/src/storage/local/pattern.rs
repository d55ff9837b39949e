//! Patterns for several files.

use std::io;
use std::path::{Component, Path, PathBuf};

use super::super::StorageEntry;
use crate::table::Location;

/// Whether the path is a pattern for several files.
pub fn is_glob(path: &str) -> bool {
    path.contains(['*', '?', '['])
}

/// What the pattern means now, as locations.
pub(super) fn entries(project: &Path, pattern: &Location) -> io::Result<Vec<StorageEntry>> {
    // The library has left out names that are no UTF-8.
    let entry = |(path, is_folder): (PathBuf, bool)| {
        let location = Location::new(path.strip_prefix(project).unwrap_or(&path).to_str()?);
        Some(StorageEntry { location, is_folder })
    };
    Ok(matches(project, pattern)?.into_iter().filter_map(entry).collect())
}

/// The files and folders that a pattern means now, sorted, each with whether it is a folder: names that begin with a dot only
/// where the pattern has that dot too, as in a shell.
///
/// # Errors
/// If it is no pattern, a folder cannot be read, or a link leads to nothing: the rows behind it would be missing unnoticed.
pub(super) fn matches(project: &Path, pattern: &Location) -> io::Result<Vec<(PathBuf, bool)>> {
    let pattern = pattern.as_str();
    let root = match Path::new(pattern).is_absolute() {
        true => String::new(),
        false => format!("{}/", glob::Pattern::escape(&project.to_string_lossy())),
    };
    let found = glob::glob(&format!("{root}{pattern}")).map_err(io::Error::other)?;
    let mut paths = found.map(|path| path.map_err(io::Error::from)).collect::<io::Result<Vec<_>>>()?;
    // The library's own option for this also leaves out hidden files that are named.
    let named: Vec<glob::Pattern> =
        pattern.split('/').filter(|part| part.starts_with('.')).filter_map(|part| part.parse().ok()).collect();
    let is_meant = |part: Component<'_>| match part {
        Component::Normal(name) => {
            let name = name.to_string_lossy();
            !name.starts_with('.') || named.iter().any(|pattern| pattern.matches(&name))
        }
        _ => true,
    };
    let base = if root.is_empty() { Path::new("") } else { project };
    paths.retain(|path| path.strip_prefix(base).unwrap_or(path).components().all(is_meant));
    paths.sort();
    let with_kind = |path: PathBuf| match path.metadata() {
        Ok(metadata) => Ok((path, metadata.is_dir())),
        Err(_) if path.is_symlink() => Err(dead_link(path.strip_prefix(project).unwrap_or(&path))),
        Err(_) => Ok((path, false)),
    };
    paths.into_iter().map(with_kind).collect()
}

/// That the file of a link is not there.
fn dead_link(link: &Path) -> io::Error {
    io::Error::other(format!("`{}` is a link to a file that is not there", link.display()))
}
