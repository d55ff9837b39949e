//! Where outputs may be published, links followed.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::PublishError;

/// Where a pipeline may publish, and what it has published in a run. Links are followed whenever it is asked: a task may have
/// made one a moment ago.
#[derive(Debug, Default)]
pub struct OutputPlaces {
    /// The project and the folders outside in which outputs may lie.
    folders: Vec<PathBuf>,
    /// What was published, by where it lies, under the path that the pipeline file has.
    published: Mutex<HashMap<PathBuf, PathBuf>>,
}

impl OutputPlaces {
    /// The project's folder, and those that the pipeline allows beside it.
    pub fn new<'p>(folders: impl IntoIterator<Item = &'p Path>) -> Self {
        Self { folders: folders.into_iter().map(real).collect(), published: Mutex::default() }
    }

    /// Whether something that lies there, links followed, is in one of the folders.
    pub fn hold(&self, place: &Path) -> bool {
        self.folders.iter().any(|folder| place.starts_with(folder))
    }

    /// That a path may be written to now.
    ///
    /// # Errors
    /// If a link leads outside.
    pub fn check(&self, target: &Path) -> Result<PathBuf, PublishError> {
        let place = place(target);
        if self.hold(&place) { Ok(place) } else { Err(PublishError::Outside { path: target.to_owned(), place }) }
    }

    /// The same, and from now on the file is the one of this path.
    ///
    /// # Errors
    /// If a link leads outside, or another path that has been published leads there too.
    pub fn claim(&self, target: &Path) -> Result<(), PublishError> {
        let place = self.check(target)?;
        let mut published = self.published.lock().unwrap_or_else(PoisonError::into_inner);
        match published.get(&place) {
            Some(other) if other != target => {
                Err(PublishError::SameFile { path: target.to_owned(), other: other.clone() })
            }
            Some(_) => Ok(()),
            None => {
                published.insert(place, target.to_owned());
                Ok(())
            }
        }
    }
}

/// Where what is renamed to a path comes to lie: the links of its folders are followed, a link at the path itself is replaced.
pub fn place(path: &Path) -> PathBuf {
    match (path.parent(), path.file_name()) {
        (Some(folder), Some(name)) => real(folder).join(name),
        _ => real(path),
    }
}

/// The path with the links of its existing part followed.
pub fn real(path: &Path) -> PathBuf {
    for ancestor in path.ancestors() {
        if let (Ok(real), Ok(rest)) = (ancestor.canonicalize(), path.strip_prefix(ancestor)) {
            return if rest.as_os_str().is_empty() { real } else { real.join(rest) };
        }
    }
    path.to_path_buf()
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_of_folders_are_followed_and_a_link_at_the_place_itself_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let (project, outside) = (folder.path().join("p"), folder.path().join("outside"));
        for folder in [&project.join("a"), &outside] {
            std::fs::create_dir_all(folder).unwrap();
        }
        let places = OutputPlaces::new([project.as_path()]);
        symlink(&outside, project.join("link")).unwrap();
        symlink(project.join("a"), project.join("b")).unwrap();
        symlink(outside.join("x"), project.join("x")).unwrap();
        assert!(places.check(&project.join("x")).is_ok() && places.check(&project.join("new/deep/x")).is_ok());
        assert!(matches!(places.claim(&project.join("link/x")), Err(PublishError::Outside { .. })));
        assert!(places.claim(&project.join("a/x")).is_ok() && places.claim(&project.join("a/x")).is_ok());
        assert!(
            matches!(places.claim(&project.join("b/x")), Err(PublishError::SameFile { other, .. }) if other == project.join("a/x"))
        );
    }
}
