//! The pipeline as it was in a revision of its Git repository.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::failure::Failure;

/// A revision's files in a folder of their own, which goes with this. What Git does not know lies there as links: sources, results,
/// the state.
pub struct Checkout {
    /// The pipeline file in it.
    pub pipeline: PathBuf,
    /// The commit, in short.
    pub commit: String,
    _folder: tempfile::TempDir,
}

/// Puts the files of a revision into a folder. The repository and its working tree stay as they are. `published` are the files
/// that tasks write: what they lie in is not linked, for a pipeline may not write through a link.
///
/// # Errors
/// If there is no such revision, no repository, or no `git`.
pub fn check_out(pipeline: &Path, revision: &str, published: &[PathBuf]) -> Result<Checkout, Failure> {
    let file = std::path::absolute(pipeline).map_err(|error| Failure::broken(error.to_string()))?;
    let project = file.parent().unwrap_or(Path::new("/")).to_owned();
    let root = git(&project, ["rev-parse", "--show-toplevel"])?;
    let root = PathBuf::from(line(&root));
    let place = PathBuf::from(line(&git(&project, ["rev-parse", "--show-prefix"])?));
    let named = format!("{revision}^{{commit}}");
    let commit = git(&project, ["rev-parse", "--verify", "--quiet", "--short", "--end-of-options", &named]);
    let commit = line(&commit.map_err(|_| unknown(revision))?);
    let folder = tempfile::tempdir().map_err(|error| Failure::broken(format!("cannot make a folder: {error}")))?;
    let tree = folder.path().join("tree");
    let index = folder.path().join("index");
    // An index of its own: that of the working tree is not touched.
    let with_index = |arguments: &[&OsStr]| {
        let mut command = Command::new("git");
        command.arg("-C").arg(&root).args(arguments).env("GIT_INDEX_FILE", &index);
        finished(command)
    };
    with_index(&[OsStr::new("read-tree"), OsStr::new(&commit)])?;
    let mut prefix = std::ffi::OsString::from("--prefix=");
    prefix.push(tree.join(""));
    with_index(&[OsStr::new("checkout-index"), OsStr::new("--all"), &prefix])?;
    link_others(&root, &tree, published)?;
    let name = file.file_name().unwrap_or_default();
    let pipeline = tree.join(place).join(name);
    if !pipeline.is_file() {
        return Err(Failure::wrong(format!("`{revision}` has no {}", name.to_string_lossy()))
            .help("`git log --follow` tells since when there is one"));
    }
    Ok(Checkout { pipeline, commit, _folder: folder })
}

/// Links what lies in the working tree and is not in the repository.
fn link_others(root: &Path, tree: &Path, published: &[PathBuf]) -> Result<(), Failure> {
    let others = git(root, ["ls-files", "--others", "--directory", "-z"])?;
    for path in others.split(|byte| *byte == 0).filter(|path| !path.is_empty()) {
        let path = String::from_utf8_lossy(path);
        let path = Path::new(path.trim_end_matches('/'));
        let (from, to) = (root.join(path), tree.join(path));
        if to.symlink_metadata().is_ok() || published.iter().any(|file| file.starts_with(&from)) {
            continue;
        }
        let made = to.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| link(&from, &to));
        made.map_err(|error| Failure::broken(format!("cannot link {}: {error}", from.display())))?;
    }
    Ok(())
}

#[cfg(unix)]
fn link(from: &Path, to: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(from, to)
}

#[cfg(not(unix))]
fn link(from: &Path, to: &Path) -> std::io::Result<()> {
    if from.is_dir() {
        std::os::windows::fs::symlink_dir(from, to)
    } else {
        std::os::windows::fs::symlink_file(from, to)
    }
}

fn unknown(revision: &str) -> Failure {
    Failure::wrong(format!("`{revision}` is neither a run nor a revision of Git"))
        .help("`tidemill history` lists the runs; a revision is `main`, `HEAD~1` or a commit")
}

fn git<const N: usize>(folder: &Path, arguments: [&str; N]) -> Result<Vec<u8>, Failure> {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(arguments);
    finished(command)
}

fn finished(mut command: Command) -> Result<Vec<u8>, Failure> {
    let Output { status, stdout, stderr } = command.output().map_err(|error| {
        Failure::wrong(format!("`git` cannot be started: {error}")).help("revisions are read by it")
    })?;
    if status.success() {
        return Ok(stdout);
    }
    let said = String::from_utf8_lossy(&stderr);
    Err(Failure::wrong(format!("git: {}", said.trim().lines().next().unwrap_or("it failed and said nothing"))))
}

fn line(output: &[u8]) -> String {
    String::from_utf8_lossy(output).trim().to_owned()
}
