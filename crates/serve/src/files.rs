//! Files that a pipeline has published, and nothing else of the disk.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::asked::Asked;
use crate::reply::{Problem, Reply};

/// A path below a folder as it really is; None if nothing is there, or if it leads out by `..` or a link.
pub fn within(folder: &Path, path: &str) -> Option<PathBuf> {
    let folder = folder.canonicalize().ok()?;
    let found = folder.join(path).canonicalize().ok()?;
    (found.starts_with(&folder) && found.is_file()).then_some(found)
}

/// Serves a file that the state says a task has published.
///
/// # Errors
/// If there is no such file, or it lies outside of the project.
pub fn published(asked: &Asked) -> Result<Reply, Problem> {
    let none = || Problem::missing("there is no such output");
    let served = asked.project()?;
    let path = asked.part("path");
    let pipeline = served.load(&*asked.app.program);
    let state = served.state()?.ok_or_else(none)?;
    let is_published = state.published(&pipeline.name)?.iter().any(|file| file.path == path);
    let found = within(served.folder(), path).filter(|_| is_published).ok_or_else(none)?;
    let file = File::open(&found).map_err(|error| Problem::broken(format!("cannot read the output: {error}")))?;
    let name = found.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    Ok(Reply::File { file, content_type: content_type(path), name, download: asked.query("download").is_some() })
}

fn ending(path: &str) -> String {
    Path::new(path).extension().map_or_else(String::new, |end| end.to_string_lossy().to_lowercase())
}

/// What a file is to look at: `picture`, `report`, `mail`, `text` or `data`.
pub fn kind(path: &str) -> &'static str {
    match ending(path).as_str() {
        "svg" | "png" | "jpg" | "jpeg" | "gif" | "webp" => "picture",
        "html" | "htm" => "report",
        "eml" => "mail",
        "md" | "txt" | "csv" | "tsv" | "json" | "jsonl" | "ndjson" | "log" => "text",
        _ => "data",
    }
}

fn content_type(path: &str) -> &'static str {
    match ending(path).as_str() {
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "html" | "htm" => "text/html; charset=utf-8",
        "json" => "application/json",
        "md" | "txt" | "csv" | "tsv" | "jsonl" | "ndjson" | "log" | "eml" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_the_folder_are_found() -> std::io::Result<()> {
        let outside = tempfile::tempdir()?;
        let folder = outside.path().join("project");
        std::fs::create_dir_all(folder.join("out"))?;
        std::fs::write(outside.path().join("secret"), "")?;
        std::fs::write(folder.join("out/a.svg"), "")?;
        std::os::unix::fs::symlink(outside.path().join("secret"), folder.join("out/link.svg"))?;
        std::os::unix::fs::symlink(outside.path(), folder.join("up"))?;
        assert!(within(&folder, "out/a.svg").is_some());
        assert!(within(&folder, "out/../out/a.svg").is_some());
        for path in ["../secret", "out/link.svg", "up/secret", "out", "", "/etc/passwd", "out/none.svg", "a\0b"] {
            assert_eq!(within(&folder, path), None, "{path}");
        }
        Ok(())
    }
}
