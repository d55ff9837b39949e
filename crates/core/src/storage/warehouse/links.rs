//! Names in the warehouse: pointers, and links that are changed at once.

use std::io;
use std::path::{Path, PathBuf};

use super::Pointer;

/// The folder of the pointers.
pub(super) const PUBLISHED: &str = "published";

/// The file that says which folder has a name.
pub(super) fn pointer(root: &Path, name: &str) -> PathBuf {
    root.join(PUBLISHED).join(format!("{name}.json"))
}

/// What a pointer says; None if there is none.
pub(super) fn read(pointer: &Path) -> Option<Pointer> {
    serde_json::from_str(&std::fs::read_to_string(pointer).ok()?).ok()
}

/// Where the link of a name leads, from its own folder: so it does wherever the warehouse is mounted.
fn target(warehouse: &Path, root: &Path, name: &str, folder: &str) -> PathBuf {
    let up: PathBuf = name.split('/').skip(1).map(|_| "..").collect();
    up.join(root.strip_prefix(warehouse).unwrap_or(root)).join(folder)
}

/// Whether the link of a name leads to that folder.
pub(super) fn leads_to(warehouse: &Path, root: &Path, name: &str, folder: &str) -> bool {
    std::fs::read_link(warehouse.join(name)).is_ok_and(|found| found == target(warehouse, root, name, folder))
}

/// What lies under a name, or where one of its folders should be, and is no link that a pipeline has made.
pub(super) fn foreign(warehouse: &Path, name: &str) -> Option<PathBuf> {
    let link = warehouse.join(name);
    let found = link.symlink_metadata().ok()?;
    let is_ours = |target: PathBuf| target.components().any(|part| part.as_os_str() == "tidemill");
    let is_link = found.is_symlink() && std::fs::read_link(&link).is_ok_and(is_ours);
    (!is_link).then_some(link)
}

/// Lets a name lead to a folder: first the pointer, then the link. Who reads finds the old folder or the new one; if this ends in
/// between, they do not agree, and the output is published again.
pub(super) fn publish(warehouse: &Path, root: &Path, name: &str, new: &Pointer) -> io::Result<()> {
    if let Some(path) = foreign(warehouse, name) {
        return Err(io::Error::other(format!("{} is there, which no pipeline has published", path.display())));
    }
    let (pointer, link) = (pointer(root, name), warehouse.join(name));
    let before = read(&pointer).filter(|before| before.folder != new.folder);
    for path in [&pointer, &link] {
        std::fs::create_dir_all(path.parent().unwrap_or(warehouse))?;
    }
    replace(&pointer, |path| std::fs::write(path, serde_json::to_string(new).map_err(io::Error::other)?))?;
    let target = target(warehouse, root, name, &new.folder);
    replace(&link, |path| symlink(&target, path))?;
    if let Some(before) = before {
        // Its age is counted from now on. Where it is gone already there is nothing to mark.
        let _ = std::fs::write(root.join(before.folder).join("_replaced"), "");
    }
    Ok(())
}

/// Makes something beside its place, and then moves it there.
fn replace(path: &Path, make: impl FnMut(&Path) -> io::Result<()>) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    let made = tempfile::Builder::new().prefix(".tidemill-").make_in(folder, make)?;
    made.persist(path).map(drop).map_err(|error| error.error)?;
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(unix)]
fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

#[cfg(not(unix))]
fn symlink(_target: &Path, _link: &Path) -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "outputs below the warehouse need a system with symbolic links"))
}
